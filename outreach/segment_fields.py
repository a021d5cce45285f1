"""The words that outreach brings to the rule language: cases, campaigns, what was stopped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from outreach.models import Campaign, Case, Outcome, SendKey
from segments.catalog import Asked, Field, compared, window_edges
from segments.edges import AnyEdge
from segments.fact_logs import Log
from segments.rules import Condition
from segments.rules.tree import Option


def fields() -> list[Field]:
    """Open case, late case, closed cases; campaign received."""
    care, reach = _("Care"), _("Reach out")
    return [
        Field("open_case", _("open case"), "flag", care, condition=_open_case, reads=("case",)),
        Field(
            "late_case",
            _("late case"),
            "flag",
            care,
            condition=_late_case,
            reads=("case",),
            edges=_late_edges,
        ),
        Field(
            "cases_closed",
            _("number of closed cases"),
            "count",
            care,
            options=(Option("days", "days", required=False),),
            condition=_cases_closed,
            reads=("case",),
            edges=_closed_edges,
            phrase=_said_closed,
        ),
        Field(
            "campaign_received",
            _("campaign received"),
            "flag",
            reach,
            options=(Option("name", "text"),),
            condition=_campaign_received,
            reads=("send",),
            phrase=_said_campaign,
            suggest=lambda: list(
                Campaign.objects.present().exclude(launched_at=None).values_list("name", flat=True)[:30]
            ),
        ),
    ]


def log() -> Log:
    """Cases; what became of messages is told of by a trigger."""
    return Log("case", Case.objects.exclude(customer=None))


def _flag(found: models.QuerySet, asked_for: Condition) -> Q:
    inside = Q(pk__in=found.exclude(customer=None).values("customer_id"))
    return inside if asked_for.operator == "is_true" else ~inside


def _open_case(asked_for: Condition, asked: Asked) -> Q:
    return _flag(asked.theirs(Case.objects.open().filter(deleted_at=None)), asked_for)


def _late_case(asked_for: Condition, asked: Asked) -> Q:
    return _flag(asked.theirs(Case.objects.late(asked.now).filter(deleted_at=None)), asked_for)


def _late_edges(asked_for: Condition, asked: Asked) -> list[AnyEdge]:
    return window_edges(Case.objects.ticking().exclude(customer=None), "due_at", None)


def _closed_edges(asked_for: Condition, asked: Asked) -> list[AnyEdge]:
    return window_edges(Case.objects.exclude(customer=None), "closed_at", asked_for.option("days"))


def _cases_closed(asked_for: Condition, asked: Asked) -> Q:
    """People by how many of their cases were closed; 0 for those who never had one."""
    rows = asked.theirs(Case.objects.closed().filter(closed_at__lte=asked.now).exclude(customer=None))
    days = asked_for.option("days")
    if days is not None:
        rows = rows.filter(closed_at__gt=asked.now - timedelta(days=days))
    fits, comparison = compared(asked_for.operator, asked_for.value)
    totals = rows.order_by().values("customer_id").annotate(total=models.Count("id"))
    if not fits(0):
        return Q(pk__in=totals.filter(comparison).values("customer_id"))
    return ~Q(pk__in=totals.exclude(comparison).values("customer_id"))


def _campaign_received(asked_for: Condition, asked: Asked) -> Q:
    """Sent counts as received; skipped, failed and unknown do not."""
    campaigns = Campaign.objects.filter(name=asked_for.option("name")).values("pk")
    sent = SendKey.objects.filter(
        origin_kind="campaign", origin_id__in=campaigns, outcome__in=[Outcome.ACCEPTED, Outcome.DELIVERED]
    )
    return _flag(asked.theirs(sent), asked_for)


def _said_closed(options: Mapping[str, Any]) -> str:
    if options.get("days"):
        return gettext("number of cases closed in the last %(days)s days") % options
    return gettext("number of closed cases")


def _said_campaign(options: Mapping[str, Any]) -> str:
    return gettext("received the campaign “%(name)s”") % options
