"""REST: what each channel brings (the page “Channels”)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response as Answered

from accounts.api.base import ApiView, In, Out
from surveys import costing, weighing_channels
from surveys.api.surveys import ScoreOut
from surveys.filtering import Filter


class RateOut(Out):
    asked = serializers.IntegerField(help_text="People asked by name in the period.")
    answered = serializers.IntegerField()
    value = serializers.FloatField(allow_null=True, help_text="0 to 1.")
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class HoursOut(Out):
    n = serializers.IntegerField()
    quarter = serializers.FloatField(help_text="A quarter of those who answered did so within so many hours.")
    half = serializers.FloatField()
    three_quarters = serializers.FloatField()


class LengthOut(Out):
    n = serializers.IntegerField(help_text="Answers of the period.")
    answered = serializers.FloatField(help_text="Questions answered in each, on average.")
    complete = serializers.IntegerField(help_text="Answers that reached the last page.")


class CostOut(Out):
    sent = serializers.IntegerField()
    total = serializers.DecimalField(max_digits=20, decimal_places=2)
    per_answer = serializers.DecimalField(max_digits=20, decimal_places=4, allow_null=True)


class CostIn(In):
    channel = serializers.CharField(max_length=20)
    per_asked = serializers.DecimalField(
        max_digits=10,
        decimal_places=costing.PLACES,
        min_value=0,
        max_value=costing.MOST,
        allow_null=True,
        help_text="Of asking one person, in the organization's currency; null takes it away.",
    )


class ChannelOut(Out):
    channel = serializers.CharField(source="key")
    label = serializers.CharField()  # type: ignore[assignment]
    scored = ScoreOut()
    response_rate = RateOut(
        source="rate", allow_null=True, help_text="Null: nobody was asked by name, or hidden."
    )
    hours_to_answer = HoursOut(source="hours", allow_null=True)
    length = LengthOut(allow_null=True)
    per_asked = serializers.DecimalField(
        max_digits=10,
        decimal_places=costing.PLACES,
        allow_null=True,
        help_text="As entered; null: it was not.",
    )
    cost = CostOut(allow_null=True, help_text="Null where no figure was entered, or nobody asked by name.")


class AdviceOut(Out):
    kind = serializers.CharField(help_text="info or warn.")
    words = serializers.CharField()


class ChannelsOut(Out):
    filter = serializers.CharField()
    channels = ChannelOut(many=True)
    advice = AdviceOut(many=True)


class ChannelsView(ApiView):
    """Response rate, time to answer, length and score of each channel, and what follows."""

    actions = {"GET": "report.view"}

    @extend_schema(
        responses=ChannelsOut,
        parameters=[
            OpenApiParameter(name, str)
            for name in ("survey", "period", "from", "to", "touchpoint", "segment", "imported")
        ],
        operation_id="channels_list",
    )
    def get(self, request: Any) -> Answered:
        chosen = Filter.read(request.query_params, self.actor.organization).of_everybody().without_channel()
        found = weighing_channels.weighed(chosen, self.actor)
        body = {"filter": chosen.words(), "channels": found.channels, "advice": found.advice}
        return Answered(ChannelsOut(body).data)


class ChannelCostView(ApiView):
    """What asking one person on a channel costs; the business enters it."""

    actions = {"PUT": "channel.cost"}

    @extend_schema(request=CostIn, responses={204: None}, operation_id="channels_cost")
    def put(self, request: Any) -> Answered:
        given = CostIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        costing.enter(**given.validated_data, by=self.actor)
        return Answered(status=status.HTTP_204_NO_CONTENT)
