"""REST: who uses, gave up or never used which feature (the page “Features”)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response as Answered

from accounts.api.base import ApiView, Out
from accounts.api.ids import OpaqueId
from accounts.api.problems import Problem
from segments.compiling import TooSlow, Unanswerable
from surveys import adopting
from surveys.api.surveys import ScoreOut
from surveys.filtering import Filter


class UseOut(Out):
    use = serializers.ChoiceField([(use, use) for use in adopting.USES])
    n = serializers.IntegerField(allow_null=True, help_text="People; null where that stays hidden.")
    share = serializers.FloatField(allow_null=True, help_text="Of the people of the line, 0 to 1.")
    low = serializers.FloatField(allow_null=True, help_text="95 % Wilson interval.")
    high = serializers.FloatField(allow_null=True)
    rule = serializers.DictField(
        allow_null=True, help_text="Finds exactly these people: try it, or make it a segment."
    )


class UsedByOut(Out):
    key = serializers.CharField(
        help_text="A category, `none` for no score; or the key of a stage, empty for none."
    )
    label = serializers.CharField()  # type: ignore[assignment]
    n = serializers.IntegerField(allow_null=True)
    uses = UseOut(many=True, source="cells")


class UseScoresOut(Out):
    uses = ScoreOut()
    gave_up = ScoreOut()
    avoids = ScoreOut()


class AdoptedOut(Out):
    feature = OpaqueId("feature", source="feature.pk")
    name = serializers.CharField(source="feature.name")
    silent_days = serializers.IntegerField(source="feature.silent_days")
    told_since = serializers.DateTimeField(
        allow_null=True, help_text="Of its first event; null: there is none."
    )
    all = UseOut(many=True, source="whole.cells")
    by_category = UsedByOut(many=True)
    by_stage = UsedByOut(many=True)
    scores = UseScoresOut()


class AdoptionOut(Out):
    filter = serializers.CharField()
    people = serializers.IntegerField(allow_null=True)
    features = AdoptedOut(many=True)


class AdoptionView(ApiView):
    """Of everybody, by category of the last answer and by stage of today: who uses, gave up or never used a feature."""

    actions = {"GET": "report.view"}

    @extend_schema(
        responses=AdoptionOut,
        parameters=[OpenApiParameter(name, str) for name in ("category", "channel", "touchpoint", "segment")],
        operation_id="adoption_get",
    )
    def get(self, request: Any) -> Answered:
        chosen = adopting.of_people(Filter.read(request.query_params, self.actor.organization))
        try:
            found = adopting.adoption(chosen, self.actor)
        except (TooSlow, Unanswerable) as error:
            raise Problem("too_slow", 422, str(error)) from None
        body = {"filter": adopting.words(chosen), "people": found.people, "features": found.features}
        return Answered(AdoptionOut(body).data)
