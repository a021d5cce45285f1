"""REST: what the customers brought in, and how much of it the best hold."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.base import ApiView, Out
from accounts.api.ids import OpaqueId
from accounts.api.problems import Problem
from segments import compiling, worth


class HeldOut(Out):
    percent = serializers.IntegerField(help_text="Of the customers with revenue, those who brought in most.")
    customers = serializers.IntegerField()
    amount = serializers.DecimalField(max_digits=24, decimal_places=4)
    share = serializers.FloatField(help_text="Of the total, 0 to 1.")
    rule = serializers.DictField(help_text="The rule that finds them: try it, or make it a segment.")


class BestOut(Out):
    customer = OpaqueId("customer")
    amount = serializers.DecimalField(max_digits=24, decimal_places=4)


class RevenueOut(Out):
    currency = serializers.CharField()
    total = serializers.DecimalField(max_digits=24, decimal_places=4)
    customers = serializers.IntegerField(help_text="With revenue above zero.")
    nothing = serializers.IntegerField(help_text="Customers without.")
    median = serializers.DecimalField(max_digits=24, decimal_places=4, allow_null=True)
    held = HeldOut(many=True)
    best = BestOut(many=True)
    elsewhere = serializers.IntegerField(help_text="Amounts in other currencies, left out.")


class RevenueView(ApiView):
    """Sums of the amounts of events; of all time, or of the last days."""

    actions = {"GET": "customer.view"}

    @extend_schema(
        responses=RevenueOut,
        parameters=[OpenApiParameter("days", int, description="1 to 3650; left out: of all time.")],
        operation_id="revenue_get",
    )
    def get(self, request: Any) -> Response:
        said = request.query_params.get("days", "")
        if said and not (said.isascii() and said.isdigit() and 1 <= int(said[:6]) <= 3650):
            raise serializers.ValidationError({"days": ["1 - 3650"]})
        days = int(said) if said else None
        try:
            found = worth.revenue(self.actor, days=days)
        except compiling.TooSlow as error:
            raise Problem("too_slow", 422, str(error)) from None
        told = {name: getattr(found, name) for name in ("currency", "total", "customers", "nothing")}
        told |= {
            "median": found.median,
            "elsewhere": found.elsewhere,
            "held": [
                {
                    "percent": each.percent,
                    "customers": each.customers,
                    "amount": each.amount,
                    "share": each.share,
                    "rule": each.rule_within(days),
                }
                for each in found.held
            ],
            "best": [{"customer": customer.pk, "amount": amount} for customer, amount in found.best],
        }
        return Response(RevenueOut(told).data)
