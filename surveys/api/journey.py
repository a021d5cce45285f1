"""REST: the touchpoints of the journey in order (the page “Journey”), and putting them in order."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response as Answered

from accounts.api.base import ApiView, In, Out
from accounts.api.ids import OpaqueId
from accounts.api.problems import Problem
from segments.compiling import TooSlow
from surveys import mapping_journey, ordering_touchpoints
from surveys.api.channels import RateOut
from surveys.api.surveys import ScoreOut
from surveys.api.themes import TonesOut
from surveys.filtering import Filter


class DroppedOut(Out):
    n = serializers.IntegerField(help_text="People who were here for the first time in the period.")
    left = serializers.IntegerField(help_text="Of these: at no later touchpoint since.")
    share = serializers.FloatField(allow_null=True, help_text="0 to 1.")
    low = serializers.FloatField(allow_null=True, help_text="95 % Wilson interval.")
    high = serializers.FloatField(allow_null=True)
    early = serializers.IntegerField(
        help_text=f"Here in the last {mapping_journey.EARLY} days: too early to tell, and not in n."
    )


class TopicOut(Out):
    theme = OpaqueId("theme", source="theme.pk")
    name = serializers.CharField(source="theme.name")
    n = serializers.IntegerField(help_text="Customers whose last comment here speaks of it.")
    tones = TonesOut(allow_null=True, help_text="How they speak of it; null: hidden.")


class StopOut(Out):
    touchpoint = serializers.CharField()
    scored = ScoreOut(help_text="Of the last answer of each customer at this touchpoint.")
    answers = serializers.IntegerField(allow_null=True, help_text="All of the period; null: hidden.")
    response_rate = RateOut(
        source="rate", allow_null=True, help_text="Null: nobody was asked by name, or hidden."
    )
    comments = serializers.IntegerField(allow_null=True, help_text="Null without the right to read answers.")
    drop_off = DroppedOut(
        source="dropped",
        allow_null=True,
        help_text="Null at the last touchpoint, where nobody was, or hidden.",
    )
    themes = TopicOut(
        many=True, source="topics", help_text="The three that most comments here speak of, most first."
    )


class JourneyOut(Out):
    filter = serializers.CharField()
    revision = serializers.IntegerField(help_text="Of the order; 0: nobody has put them in order.")
    without = serializers.IntegerField(
        allow_null=True, help_text="Customers who answered without a touchpoint."
    )
    touchpoints = StopOut(many=True, source="stops")


class JourneyOrderIn(In):
    revision = serializers.IntegerField(min_value=0, help_text="The one that you read.")
    touchpoints = serializers.ListField(
        child=serializers.CharField(max_length=ordering_touchpoints.LONGEST),
        min_length=1,
        max_length=ordering_touchpoints.MOST,
        help_text="Names in order; those left out stand behind as long as they occur.",
    )


class JourneyOrderOut(Out):
    revision = serializers.IntegerField()
    touchpoints = serializers.ListField(child=serializers.CharField())


class JourneyView(ApiView):
    """Each touchpoint in order: who was asked and answered, the score, and the share who went no further."""

    actions = {"GET": "report.view"}

    @extend_schema(
        responses=JourneyOut,
        parameters=[
            OpenApiParameter(name, str)
            for name in ("survey", "period", "from", "to", "channel", "segment", "imported")
        ],
        operation_id="journey_get",
    )
    def get(self, request: Any) -> Answered:
        chosen = Filter.read(request.query_params, self.actor.organization)
        chosen = mapping_journey.of_all_touchpoints(chosen)
        try:
            found = mapping_journey.journey(chosen, self.actor)
        except TooSlow as error:
            raise Problem("too_slow", 422, str(error)) from None
        facts = {name: getattr(found, name) for name in ("revision", "without", "stops")}
        return Answered(JourneyOut({**facts, "filter": chosen.words()}).data)


class JourneyOrderView(ApiView):
    """The order of the touchpoints."""

    actions = {"PUT": "journey.order"}

    @extend_schema(request=JourneyOrderIn, responses=JourneyOrderOut, operation_id="journey_order")
    @transaction.atomic
    def put(self, request: Any) -> Answered:
        given = JourneyOrderIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        try:
            order = ordering_touchpoints.put_in_order(
                given.validated_data["touchpoints"],
                expected=given.validated_data["revision"],
                by=self.actor,
            )
        except ordering_touchpoints.NotOrdered as error:
            raise serializers.ValidationError({error.path: [str(error)]}) from None
        return Answered(
            JourneyOrderOut({"revision": order.revision, "touchpoints": list(order.touchpoints)}).data
        )
