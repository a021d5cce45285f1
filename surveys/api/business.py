"""REST: the link with the business (the page “Business link”)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response as Answered

from accounts.api.base import ApiView, Out
from accounts.api.problems import Problem
from segments.compiling import TooSlow, Unanswerable
from surveys import linking_business, surviving, valuing
from surveys.api.surveys import ScoreOut
from surveys.filtering import Filter


class KeptOut(Out):
    active = serializers.IntegerField(help_text="Customers who were there at the beginning.")
    kept = serializers.IntegerField(help_text="Of these: still there at the end.")
    lost = serializers.IntegerField(help_text="Of these: lost at the end.")
    by_rules = serializers.IntegerField(
        help_text="Called lost by a change of the rules meanwhile; in no other figure."
    )
    retention = serializers.FloatField(allow_null=True, help_text="0 to 1.")
    churn = serializers.FloatField(allow_null=True, help_text="0 to 1.")
    churn_low = serializers.FloatField(source="low", allow_null=True, help_text="95 % Wilson interval.")
    churn_high = serializers.FloatField(source="high", allow_null=True)


class KeptMonthOut(Out):
    start = serializers.DateField()
    finished = serializers.BooleanField()
    kept = KeptOut(allow_null=True, help_text="Null: hidden.")


class ScoredQuarterOut(Out):
    start = serializers.DateField(source="period.start")
    finished = serializers.BooleanField(source="period.finished")
    scored = ScoreOut(source="period.scored")
    kept = KeptOut(allow_null=True, help_text="Null: hidden, or no stage was known then.")


class KeptGroupsOut(Out):
    promoter = KeptOut()
    passive = KeptOut()
    detractor = KeptOut()
    none = KeptOut(help_text="No answer before the month began.")


class RetentionOut(Out):
    since = serializers.DateTimeField(allow_null=True, help_text="When the first stage was computed.")
    months = KeptMonthOut(many=True)
    by_category = KeptGroupsOut(
        source="groups",
        allow_null=True,
        help_text="Finished months added up, by category of the last answer before each began. Null: hidden, or "
        "no stage is known.",
    )


class HorizonOut(Out):
    days = serializers.IntegerField(source="day", help_text="After the answer.")
    staying = serializers.FloatField(source="share", help_text="Kaplan-Meier, 0 to 1.")
    low = serializers.FloatField(help_text="95 %, Greenwood on log(-log).")
    high = serializers.FloatField()
    at_risk = serializers.IntegerField(help_text="People still looked at on that day.")
    left = serializers.IntegerField(help_text="Until then.")


class StayingOut(Out):
    category = serializers.CharField()
    n = serializers.IntegerField()
    left = serializers.IntegerField()
    horizons = HorizonOut(
        source="told", many=True, help_text=f"Those with at least {surviving.SHOWN_FROM} at risk."
    )


class LogrankOut(Out):
    statistic = serializers.FloatField(help_text="Chi-square.")
    degrees = serializers.IntegerField()
    p = serializers.FloatField()


class SurvivalOut(Out):
    groups = StayingOut(many=True)
    test = LogrankOut(allow_null=True, help_text="Null: too few people or departures to test.")
    already_lost = serializers.IntegerField(source="already", help_text="Left out: nobody knows since when.")
    without_stage = serializers.IntegerField(source="unknown", help_text="Left out.")
    looked_at_late = serializers.IntegerField(
        source="late", help_text="In the groups; their stages were first computed after the answer."
    )


class AtRiskOut(Out):
    category = serializers.CharField()
    people = serializers.IntegerField(help_text="Here now, with this category as their last.")
    amount = serializers.DecimalField(
        max_digits=22, decimal_places=2, help_text="What they brought in over the last 365 days."
    )
    days = serializers.IntegerField()
    risk = serializers.FloatField(help_text="Share of such people who left within so many days, 0 to 1.")
    low = serializers.FloatField()
    high = serializers.FloatField()
    at_risk = serializers.DecimalField(source="lost", max_digits=22, decimal_places=2)
    at_risk_low = serializers.DecimalField(source="lost_low", max_digits=22, decimal_places=2)
    at_risk_high = serializers.DecimalField(source="lost_high", max_digits=22, decimal_places=2)


class BroughtInOut(Out):
    category = serializers.CharField()
    n = serializers.IntegerField()
    median_so_far = serializers.FloatField(
        source="so_far", allow_null=True, help_text="Brought in up to the answer."
    )
    median_after = serializers.FloatField(
        source="after", allow_null=True, help_text=f"In the {valuing.WINDOW} days after it."
    )
    again = serializers.IntegerField(help_text="Paid at least once in these days.")
    share = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class EstimateOut(Out):
    value = serializers.FloatField()
    low = serializers.FloatField(help_text="95 %, bootstrap by customer.")
    high = serializers.FloatField()
    n = serializers.IntegerField()


class GrownOut(Out):
    category = serializers.CharField()
    n = serializers.IntegerField(help_text="Customers for as long as that before the answer.")
    before = serializers.FloatField()
    after = serializers.FloatField()
    growth = EstimateOut(
        allow_null=True, help_text="0.1: ten per cent more. Null: too few, or nothing before."
    )


class WorthOut(Out):
    currency = serializers.CharField()
    too_early = serializers.IntegerField(source="early")
    drawn_of = serializers.IntegerField(
        allow_null=True, help_text=f"Of so many people {valuing.MOST} were drawn; null: all are in it."
    )
    by_category = BroughtInOut(source="values", many=True)
    score_and_revenue_after = EstimateOut(
        source="goes_with", allow_null=True, help_text="Spearman's rank correlation."
    )


class BusinessOut(Out):
    filter = serializers.CharField()
    quarters = ScoredQuarterOut(many=True)
    retention = RetentionOut(allow_null=True, help_text="Null: hidden.")
    survival = SurvivalOut(allow_null=True, help_text="Null: hidden, or there is no stage “lost”.")
    revenue_at_risk = AtRiskOut(source="at_risk", many=True, allow_null=True)
    worth = WorthOut(allow_null=True, help_text="Null: hidden.")
    growth = GrownOut(many=True, allow_null=True, help_text="Null: hidden.")
    score_and_growth = EstimateOut(allow_null=True)


class BusinessView(ApiView):
    """The score per quarter, retention, survival and what customers bring in, by the category of their answer."""

    actions = {"GET": "report.view"}

    @extend_schema(
        responses=BusinessOut,
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
        operation_id="business_link_get",
    )
    def get(self, request: Any) -> Answered:
        chosen = linking_business.of_answers(Filter.read(request.query_params, self.actor.organization))
        try:
            found = linking_business.link(chosen, self.actor)
        except (TooSlow, Unanswerable) as error:
            raise Problem("too_slow", 422, str(error)) from None
        grows = found.worth if found.shows_growth else None
        body = {
            "filter": chosen.words(),
            "quarters": found.quarters,
            "retention": found.retention,
            "survival": found.survival,
            "at_risk": found.at_risk,
            "worth": found.worth,
            "growth": grows.grown if grows else None,
            "score_and_growth": grows.grows_with if grows else None,
        }
        return Answered(BusinessOut(body).data)
