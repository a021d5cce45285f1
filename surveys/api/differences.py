"""REST: which groups really differ (the page “What differs”)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response as Answered

from accounts.api.base import ApiView, Out
from surveys import scanning
from surveys.comparing import Verdict
from surveys.filtering import Filter


class ComparedOut(Out):
    attribute = serializers.CharField(source="dimension.key")
    attribute_label = serializers.CharField(source="dimension.label")
    value = serializers.CharField(source="slice.key")
    value_label = serializers.CharField(source="slice.label")
    n = serializers.IntegerField(source="compared.counts.n")
    n_rest = serializers.IntegerField(source="compared.rest.n")
    difference = serializers.FloatField(
        source="value", help_text="Points, group minus rest, of the adjusted scores."
    )
    low = serializers.FloatField(help_text="Widened for selection where the verdict is real.")
    high = serializers.FloatField()
    adjusted_p = serializers.FloatField(
        source="compared.adjusted_p", help_text="Benjamini-Hochberg over every comparison of this answer."
    )
    verdict = serializers.ChoiceField([(each.value, each.value) for each in Verdict])
    detectable = serializers.IntegerField(help_text="Points that groups of these sizes would show.")


class WholeOut(Out):
    attribute = serializers.CharField(source="dimension.key")
    attribute_label = serializers.CharField(source="dimension.label")
    groups = serializers.IntegerField(source="tested")
    statistic = serializers.FloatField(source="omnibus.statistic", allow_null=True, default=None)
    degrees = serializers.IntegerField(source="omnibus.degrees", allow_null=True, default=None)
    p = serializers.FloatField(source="omnibus.p", allow_null=True, default=None)


class DifferencesOut(Out):
    filter = serializers.CharField()
    n = serializers.IntegerField(help_text="People, the last answer of each; 0 where that stays hidden.")
    tests = serializers.IntegerField()
    false_share = serializers.FloatField(help_text="Share of those called real that is chance on average.")
    too_small = serializers.IntegerField(help_text="Groups with fewer than 30 answers on one side.")
    hidden = serializers.IntegerField()
    compared = ComparedOut(many=True, source="findings")
    attributes = WholeOut(many=True, source="wholes")


class DifferencesView(ApiView):
    """Every group against the rest, judged as one family of tests."""

    actions = {"GET": "report.view"}

    @extend_schema(
        responses=DifferencesOut,
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
        operation_id="differences_list",
    )
    def get(self, request: Any) -> Answered:
        chosen = Filter.read(request.query_params, self.actor.organization)
        scan = scanning.scan(chosen, self.actor)
        facts = {name: getattr(scan, name) for name in scan.__dataclass_fields__}
        return Answered(DifferencesOut({**facts, "tests": scan.tests, "filter": chosen.words()}).data)
