"""REST: how good the data of the customers is."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.base import ApiView, Out
from accounts.api.problems import Problem
from segments import compiling, quality


class NumberOut(Out):
    number = serializers.IntegerField(source="value")
    rule = serializers.DictField(
        help_text="The rule that finds these customers: try it, or make it a segment."
    )


class SourceOut(Out):
    source = serializers.CharField(  # type: ignore[assignment]
        help_text="page, api, import, merge, my data, or a name of your own."
    )
    number = serializers.IntegerField()
    rule = serializers.DictField()


class ValueOut(Out):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    known = NumberOut()
    missing = NumberOut()
    share_known = serializers.FloatField(source="share", allow_null=True, help_text="Null without customers.")
    within_90_days = serializers.IntegerField(source="fresh", help_text="Set or changed in the last 90 days.")
    within_a_year = serializers.IntegerField(source="between", help_text="Before that, within a year.")
    older = NumberOut(source="old")
    shared = NumberOut(
        allow_null=True, help_text="The same value as somebody else; null where many have the same by nature."
    )
    sources = serializers.SerializerMethodField()

    @extend_schema_field(SourceOut(many=True))
    def get_sources(self, value: quality.Value) -> Any:
        rows = [
            {"source": source, "number": number.value, "rule": number.rule}
            for source, number in value.sources
        ]
        return SourceOut(rows, many=True).data


class UnreachableOut(Out):
    why = serializers.ChoiceField(["no_address", "bounced", "complained", "stopped"])
    number = serializers.IntegerField()
    rule = serializers.DictField()


class CrmOut(Out):
    system = serializers.CharField()
    linked = NumberOut()
    stale = NumberOut(help_text="Not named by that system for 30 days.")


class DataQualityOut(Out):
    customers = serializers.IntegerField(source="total")
    at = serializers.DateTimeField()
    values = ValueOut(many=True)
    unreachable = serializers.SerializerMethodField()
    crm = CrmOut(many=True)

    @extend_schema_field(UnreachableOut(many=True))
    def get_unreachable(self, found: quality.Quality) -> Any:
        rows = [
            {"why": why, "number": number.value, "rule": number.rule}
            for why, (_words, number) in found.unreachable.items()
        ]
        return UnreachableOut(rows, many=True).data


class DataQualityView(ApiView):
    """Completeness, age, duplicates and sources of each value, unreachable addresses, stale CRM links."""

    actions = {"GET": "customer.view"}

    @extend_schema(responses=DataQualityOut, operation_id="data_quality")
    def get(self, request: Any) -> Response:
        try:
            found = quality.look(self.actor)
        except compiling.TooSlow as error:
            raise Problem("too_slow", 422, str(error)) from None
        return Response(DataQualityOut(found).data)
