"""REST: benchmarks: own units and surveys, competitors rated by the same people, figures of others."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response as Answered

from accounts.api.base import ApiView, In, Out
from accounts.api.ids import OpaqueId, find
from accounts.api.pages import PAGE_PARAMETERS, CursorPage, page_of
from surveys import benchmarking, competing, reporting
from surveys.api.surveys import ScoreOut
from surveys.api.themes import FILTER_PARAMETERS
from surveys.filtering import EARLIEST, LATEST, Filter
from surveys.models import Benchmark


class BenchmarkOut(Out):
    id = OpaqueId("benchmark", source="pk")
    whose = serializers.CharField()
    score = serializers.FloatField(help_text="-100 to 100, as its source gives it.")
    year = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment]
    link = serializers.CharField()
    method = serializers.CharField()
    people = serializers.IntegerField(allow_null=True)
    revision = serializers.IntegerField()


class BenchmarkIn(In):
    whose = serializers.CharField(max_length=120)
    score = serializers.DecimalField(max_digits=4, decimal_places=1, min_value=-100, max_value=100)
    year = serializers.IntegerField(min_value=EARLIEST, max_value=LATEST)
    source = serializers.CharField(max_length=200)  # type: ignore[assignment]
    link = serializers.URLField(max_length=500, required=False, allow_blank=True)
    method = serializers.CharField(max_length=300, help_text="Who was asked, how, and on which scale.")
    people = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, allow_null=True, help_text="How many were asked."
    )


class BenchmarkChangesIn(In):
    whose = serializers.CharField(max_length=120, required=False)
    score = serializers.DecimalField(
        max_digits=4, decimal_places=1, min_value=-100, max_value=100, required=False
    )
    year = serializers.IntegerField(min_value=EARLIEST, max_value=LATEST, required=False)
    source = serializers.CharField(max_length=200, required=False)  # type: ignore[assignment]
    link = serializers.URLField(max_length=500, required=False, allow_blank=True)
    method = serializers.CharField(max_length=300, required=False)
    people = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False, allow_null=True)
    revision = serializers.IntegerField(required=False, help_text="Refused if somebody saved since.")


class FigureStandingOut(Out):
    benchmark = BenchmarkOut()
    place = serializers.ChoiceField(
        [(each.value, each.value) for each in benchmarking.Place],
        help_text="Of the own 95 % interval: above the figure, below it, around it; unknown: too few answers.",
    )
    difference = serializers.FloatField(allow_null=True, help_text="Points, ours minus theirs.")


class UnitScoreOut(Out):
    label = serializers.CharField()  # type: ignore[assignment]
    scored = ScoreOut()


class SurveyScoreOut(Out):
    survey = OpaqueId("survey", source="survey.pk")
    name = serializers.CharField(source="survey.name")
    scored = ScoreOut()


class RivalOut(Out):
    name = serializers.CharField()
    theirs = ScoreOut(help_text="Of those who rated both.")
    ours = ScoreOut(help_text="Of the same people.")
    difference = serializers.FloatField(
        source="value", allow_null=True, help_text="Points, ours minus theirs."
    )
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    said = serializers.ChoiceField(
        [(each, each) for each in ("real", "unknown", "few", "hidden")],
        help_text=f"few: under {competing.TESTED_FROM} people rated both.",
    )


class BenchmarkedOut(Out):
    filter = serializers.CharField()
    ours = ScoreOut()
    units = UnitScoreOut(many=True)
    surveys = SurveyScoreOut(many=True)
    competitors = RivalOut(many=True)
    outside = FigureStandingOut(many=True)


def _benchmarks() -> QuerySet[Benchmark]:
    return Benchmark.objects.present()  # type: ignore[no-any-return]


class BenchmarksView(ApiView):
    """Figures of others, as somebody entered them."""

    actions = {"GET": "report.view", "POST": "benchmark.edit"}

    @extend_schema(
        responses=page_of(BenchmarkOut), parameters=PAGE_PARAMETERS, operation_id="benchmarks_list"
    )
    def get(self, request: Any) -> Answered:
        return CursorPage(request, _benchmarks(), out=BenchmarkOut).response()

    @extend_schema(request=BenchmarkIn, responses={201: BenchmarkOut}, operation_id="benchmarks_create")
    def post(self, request: Any) -> Answered:
        given = BenchmarkIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        return Answered(
            BenchmarkOut(benchmarking.enter(given.validated_data, by=self.actor)).data, status=201
        )


class BenchmarkView(ApiView):
    """One figure."""

    actions = {"GET": "report.view", "PATCH": "benchmark.edit", "DELETE": "benchmark.edit"}

    @extend_schema(responses=BenchmarkOut, operation_id="benchmarks_get")
    def get(self, request: Any, id: str) -> Answered:
        return Answered(BenchmarkOut(find(_benchmarks(), "benchmark", id)).data)

    @extend_schema(request=BenchmarkChangesIn, responses=BenchmarkOut, operation_id="benchmarks_change")
    @transaction.atomic
    def patch(self, request: Any, id: str) -> Answered:
        benchmark = find(_benchmarks(), "benchmark", id)
        given = BenchmarkChangesIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        facts = dict(given.validated_data)
        revision = facts.pop("revision", benchmark.revision)
        changed = benchmarking.change(benchmark, facts, revision=revision, by=self.actor)
        return Answered(BenchmarkOut(changed).data)

    @extend_schema(responses={204: None}, operation_id="benchmarks_delete")
    def delete(self, request: Any, id: str) -> Answered:
        benchmarking.put_away(find(_benchmarks(), "benchmark", id), by=self.actor)
        return Answered(status=status.HTTP_204_NO_CONTENT)


class ComparisonView(ApiView):
    """The own score beside its units, surveys, competitors rated by the same people, and figures of others."""

    actions = {"GET": "report.view"}

    @extend_schema(responses=BenchmarkedOut, parameters=FILTER_PARAMETERS, operation_id="benchmarks_compared")
    def get(self, request: Any) -> Answered:
        chosen = Filter.read(request.query_params, self.actor.organization).of_everybody()
        ours = reporting.overall(chosen, self.actor).scored
        units = benchmarking.by_unit(chosen, self.actor)
        told = {
            "filter": chosen.words(),
            "ours": ours,
            "units": units.groups if units else [],
            "surveys": benchmarking.by_survey(chosen, self.actor),
            "competitors": competing.rivals(chosen, self.actor),
            "outside": [
                {"benchmark": each.benchmark, "place": each.place.value, "difference": each.difference}
                for each in benchmarking.standings(ours)
            ],
        }
        return Answered(BenchmarkedOut(told).data)
