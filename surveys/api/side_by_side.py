"""REST: segments side by side, and two against each other (the page “Side by side”)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response as Answered

from accounts.api.base import ApiView, Out
from accounts.api.ids import OpaqueId
from accounts.api.problems import Problem
from segments.compiling import TIMEOUT_MS, TooSlow, Unanswerable
from surveys import overlapping
from surveys.api.surveys import ScoreOut
from surveys.disjoint import Against, Parts, Said
from surveys.filtering import Filter

FILTER = [
    OpenApiParameter(name, str)
    for name in ("survey", "period", "from", "to", "channel", "touchpoint", "imported")
]


class PlacedOut(Out):
    segment = OpaqueId("segment", source="segment.pk")
    name = serializers.CharField(source="segment.name")
    scored = ScoreOut()
    by_score = serializers.BooleanField(
        help_text="The rule of the segment asks for scores, so its own follows from it and drifts back."
    )


class SideBySideOut(Out):
    filter = serializers.CharField()
    membership = serializers.CharField(help_text="now: who is in a segment today, not when they answered.")
    segments = PlacedOut(many=True, source="groups", help_text="By score, the highest first.")
    everybody = ScoreOut(source="whole")
    several = serializers.IntegerField(
        allow_null=True, help_text="People in more than one of these; null where that stays hidden."
    )
    none = serializers.IntegerField(allow_null=True, help_text="People in none of these.")


class WayOut(Out):
    asked = serializers.IntegerField()
    sent = serializers.IntegerField(source="delivered")
    opened = serializers.IntegerField(help_text="By people and machines.")
    scored = serializers.IntegerField()
    reasons = serializers.IntegerField()
    rate = serializers.FloatField(
        allow_null=True, help_text="Share of those asked, 0 to 1, who sent a score."
    )
    rate_low = serializers.FloatField(allow_null=True)
    rate_high = serializers.FloatField(allow_null=True)


class SideOut(Out):
    segment = OpaqueId("segment", source="segment.pk")
    name = serializers.CharField(source="segment.name")
    scored = ScoreOut()
    histogram = serializers.SerializerMethodField(help_text="How many gave 0 to 10; null where hidden.")
    comments = serializers.IntegerField(allow_null=True)
    way = WayOut(allow_null=True)
    by_score = serializers.BooleanField()

    def get_histogram(self, side: overlapping.Side) -> list[int] | None:
        return None if side.scored.hidden else list(side.histogram)


class AgainstOut(Out):
    parts = serializers.ChoiceField(
        [(each.value, each.value) for each in Parts],
        help_text="Who is compared: whole (nobody is in both); apart (those in one alone); inside_second (the first"
        " against the rest of the second); inside_first (the rest of the first against the second); same.",
    )
    verdict = serializers.ChoiceField([(each.value, each.value) for each in Said], source="said")
    n_first = serializers.IntegerField(source="first.n", help_text="Answers of the compared part.")
    n_second = serializers.IntegerField(source="second.n")
    difference = serializers.SerializerMethodField(
        help_text="Points, first minus second, of the adjusted scores."
    )
    low = serializers.SerializerMethodField()
    high = serializers.SerializerMethodField()
    p = serializers.SerializerMethodField()
    detectable = serializers.SerializerMethodField(help_text="Points that groups of these sizes would show.")

    def get_difference(self, against: Against) -> float | None:
        return against.compared.difference.value * 100 if against.compared else None

    def get_low(self, against: Against) -> float | None:
        return against.compared.difference.low * 100 if against.compared else None

    def get_high(self, against: Against) -> float | None:
        return against.compared.difference.high * 100 if against.compared else None

    def get_p(self, against: Against) -> float | None:
        return against.compared.difference.p if against.compared else None

    def get_detectable(self, against: Against) -> int | None:
        return round(against.compared.detectable * 100) if against.compared else None


class ComparisonOut(Out):
    filter = serializers.CharField()
    first = SideOut()
    second = SideOut()
    both = serializers.IntegerField(
        allow_null=True, help_text="People in both who answered; null where hidden."
    )
    against = AgainstOut(allow_null=True, help_text="Null where anything of the two stays hidden.")
    words = serializers.CharField(help_text="Which people are compared, in words.")


class SideBySideView(ApiView):
    """The scores of several segments, as of now; people can be in several."""

    actions = {"GET": "report.view"}

    @extend_schema(
        responses=SideBySideOut,
        parameters=[
            *FILTER,
            OpenApiParameter(
                "among", str, description="Segments, with commas; those with most people if left out."
            ),
        ],
        operation_id="side_by_side_list",
    )
    def get(self, request: Any) -> Answered:
        chosen = Filter.read(request.query_params, self.actor.organization).of_everybody().without_segment()
        found = overlapping.beside(chosen, self.actor)
        if found.slow:
            raise Problem(
                "too_slow", 503, _("These rules take longer than %(s)d seconds.") % {"s": TIMEOUT_MS // 1000}
            )
        facts = {name: getattr(found, name) for name in found.__dataclass_fields__}
        return Answered(SideBySideOut({**facts, "filter": chosen.words(), "membership": "now"}).data)


class ComparisonView(ApiView):
    """Two segments: both scores, and the difference of those who are in one alone."""

    actions = {"GET": "report.view"}

    @extend_schema(
        responses=ComparisonOut,
        parameters=[
            OpenApiParameter("a", str, required=True, description="The first segment."),
            OpenApiParameter("b", str, required=True, description="The second segment."),
            *FILTER,
        ],
        operation_id="side_by_side_comparison",
    )
    def get(self, request: Any) -> Answered:
        chosen = Filter.read(request.query_params, self.actor.organization).of_everybody().without_segment()
        for name, segment in (("a", chosen.first), ("b", chosen.second)):
            if segment is None:
                raise ValidationError({name: ["a segment"]})
        try:
            found = overlapping.compared(chosen, self.actor)
        except (TooSlow, Unanswerable) as error:
            raise Problem("cannot_be_asked", 422, str(error)) from None
        if found is None:
            raise ValidationError({"b": ["another segment than a"]})
        facts = {name: getattr(found, name) for name in found.__dataclass_fields__}
        words = overlapping.parts_told(found) if found.against else ""
        return Answered(ComparisonOut({**facts, "filter": chosen.words(), "words": words}).data)
