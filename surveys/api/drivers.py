"""REST: which rated aspects go with the score of a survey (the page “Drivers”)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response as Answered

from accounts.api.base import ApiView, Out
from accounts.api.ids import OpaqueId
from accounts.api.problems import Problem
from segments.compiling import TooSlow, Unanswerable
from surveys import drivers, weighing_drivers
from surveys.filtering import Filter


class DriverOut(Out):
    weight = serializers.FloatField(help_text="Share in per cent of what the aspects explain together.")
    low = serializers.FloatField(help_text="95 %, bootstrap by customer.")
    high = serializers.FloatField()
    goes_with = serializers.BooleanField(help_text="It surely weighs more than an aspect of pure noise.")
    odds = serializers.FloatField(
        allow_null=True, help_text="Of a higher category, for one step more of the rating, others the same."
    )
    odds_low = serializers.FloatField(allow_null=True)
    odds_high = serializers.FloatField(allow_null=True)


class AspectOut(Out):
    question = serializers.CharField(source="key")
    text = serializers.CharField(source="label")
    steps = serializers.IntegerField()
    rated = serializers.SerializerMethodField(help_text="Answers that rate it; null: hidden.")
    left_out = serializers.ChoiceField(
        ["", "rare", "alike"], help_text="Empty: it is weighed. rare: under half rated it. alike: all as one."
    )
    mean = serializers.FloatField(allow_null=True)
    driver = DriverOut(allow_null=True)

    def get_rated(self, aspect: weighing_drivers.Aspect) -> int | None:
        return aspect.rated or None


class ExplainedOut(Out):
    n = serializers.IntegerField()
    r2 = serializers.FloatField(help_text="Share of the differences in score that the aspects explain.")
    r2_low = serializers.FloatField()
    r2_high = serializers.FloatField()
    without_model = serializers.ChoiceField(
        ["", "separated", "alike"], help_text="Why there are no odds; empty where there are."
    )


class DriversOut(Out):
    filter = serializers.CharField()
    survey = OpaqueId("survey", source="survey.pk", allow_null=True, default=None)
    hidden = serializers.BooleanField()
    complete = serializers.IntegerField(
        allow_null=True, help_text=f"Answers that rate all; {drivers.FEWEST} are needed. Null: hidden."
    )
    explained = ExplainedOut(source="fit", allow_null=True)
    aspects = AspectOut(many=True, help_text="Heaviest first.")


class DriversView(ApiView):
    """Which rated aspects go with the score, and how much of it; not why."""

    actions = {"GET": "report.view"}

    @extend_schema(
        responses=DriversOut,
        parameters=[
            OpenApiParameter(name, str)
            for name in (
                "survey",
                "period",
                "from",
                "to",
                "channel",
                "touchpoint",
                "stage",
                "segment",
                "imported",
            )
        ],
        operation_id="drivers_get",
    )
    def get(self, request: Any) -> Answered:
        try:
            chosen = weighing_drivers.of_one_survey(
                Filter.read(request.query_params, self.actor.organization), self.actor
            )
            found = weighing_drivers.weighed(chosen, self.actor)
        except (TooSlow, Unanswerable) as error:
            raise Problem("too_slow", 422, str(error)) from None
        body = {
            "filter": chosen.words(),
            "survey": found.survey,
            "hidden": found.hidden,
            "complete": None if found.hidden else found.complete,
            "fit": found.fit,
            "aspects": found.aspects,
        }
        return Answered(DriversOut(body).data)
