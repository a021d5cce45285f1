"""The word of the rule language about what customers brought in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import DecimalField, Q, QuerySet, Subquery
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from segments import compiling, worth
from segments.catalog import Asked, Field, compared, window_edges
from segments.edges import AnyEdge
from segments.models import CustomerEvent
from segments.rules import Condition
from segments.rules.tree import Option


def fields() -> list[Field]:
    return [
        Field(
            "lifetime_value",
            _("lifetime value"),
            "money",
            _("Behaviour"),
            options=(Option("days", "days", required=False),),
            condition=_lifetime_value,
            reads=("event",),
            edges=_amount_edges,
            phrase=_said,
        )
    ]


def _lifetime_value(asked_for: Condition, asked: Asked) -> Q:
    """Unknown for those without any amount, as any other fact that is not known."""
    rows = worth.totals(asked, asked_for.option("days"))
    if asked_for.operator != "top_percent":
        rows = asked.theirs(rows)
    operator = asked_for.operator
    if operator in ("is_known", "is_unknown"):
        known = Q(pk__in=rows.values("customer_id"))
        return known if operator == "is_known" else ~known
    if operator == "top_percent":
        return Q(pk__in=_highest(rows, asked_for.value, asked).values("customer_id"))
    if operator == "is_not":
        _fits, same = compared("is", asked_for.value)
        return ~Q(pk__in=rows.filter(same).values("customer_id"))
    _fits, comparison = compared(operator, asked_for.value)
    return Q(pk__in=rows.filter(comparison).values("customer_id"))


def _amount_edges(asked_for: Condition, asked: Asked) -> list[AnyEdge]:
    """There is no index of amounts by their instant: a look once in a while."""
    rows = CustomerEvent.objects.filter(amount__isnull=False)
    return window_edges(rows, "at", asked_for.option("days"), every=timedelta(minutes=10))


class _Edge(Subquery):
    """The smallest total that still belongs to the highest share of all totals; see compiling._Quantile."""

    template = "(SELECT percentile_disc(%(share)s) WITHIN GROUP (ORDER BY sums.total DESC) FROM (%(subquery)s) AS sums)"
    output_field = DecimalField()


def _highest(rows: QuerySet, percent: int, asked: Asked) -> QuerySet:
    """As for any other rank (compiling._highest): at least one person, and whoever ties with the last of them."""
    all_of_them = rows.filter(customer_id__in=compiling.everybody(asked).values("pk")).values("total")
    return rows.filter(total__gte=_Edge(all_of_them, share=repr(percent / 100 - 1e-9)))


def _said(options: Mapping[str, Any]) -> str:
    if options.get("days"):
        return gettext("revenue of the last %(days)s days") % options
    return gettext("lifetime value")
