"""Retention and churn, month by month: of the customers who were there when it began, how many were when it ended.

There is everybody who has a stage and is not in the one that says they are lost (segments.staging keeps its days).
Before a customer's first stage nothing is known of them, and they are in no month. Who is only called lost because
somebody changed the rules has no day on which they left, and counts neither as kept nor as lost.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Min, QuerySet
from django.utils import timezone

from accounts.acting import Actor
from accounts.tenancy.context import current_organization_id
from segments import compiling
from segments.catalog import Asked
from segments.models import Customer, StageChange
from segments.models.stage import Why
from segments.profiling import PROFILED
from surveys import nps, reporting
from surveys.filtering import CATEGORIES, Filter

LOST = "lost"  # the key of the stage; its name and rule are the business's
MOST_MONTHS = 36
SILENT = "none"  # no answer before the month began
GROUPS = (*CATEGORIES, SILENT)
ANSWER = ("bigint", "timestamptz", "integer")  # customer, instant, score


@dataclass(frozen=True)
class Kept:
    """Of `active` people at the beginning those who were still there at the end; `lost` are the others.

    `by_rules` were called lost by a change of the rules meanwhile, and are in no other figure.
    """

    active: int
    lost: int
    by_rules: int = 0

    @property
    def kept(self) -> int:
        return self.active - self.lost

    @property
    def retention(self) -> float | None:
        return self.kept / self.active if self.active else None

    @property
    def churn(self) -> float | None:
        return self.lost / self.active if self.active else None

    @property
    def low(self) -> float | None:
        """Of the churn; 1 less the upper end is the lower end of the retention."""
        found = nps.proportion(self.lost, self.active)
        return found.low if found else None

    @property
    def high(self) -> float | None:
        found = nps.proportion(self.lost, self.active)
        return found.high if found else None

    def __add__(self, other: Kept) -> Kept:
        return Kept(self.active + other.active, self.lost + other.lost, self.by_rules + other.by_rules)


NOBODY = Kept(0, 0)


@dataclass(frozen=True)
class Month:
    """A calendar period of the organization; `kept` is None where it stays hidden."""

    start: dt.date
    label: str
    finished: bool
    kept: Kept | None


@dataclass(frozen=True)
class Retention:
    """`months` in order; `groups` are finished months added up, by category of the last answer before each began.

    `groups` is None where it stays hidden, or nothing is known. `since` is when the first stage was computed.
    """

    months: tuple[Month, ...]
    groups: dict[str, Kept] | None
    since: dt.datetime | None

    @property
    def is_empty(self) -> bool:
        return not any(each.kept is None or each.kept.active for each in self.months)


def retention(
    chosen: Filter, actor: Actor, *, step: str = "month", now: dt.datetime | None = None
) -> Retention:
    """All customers whom the actor sees, narrowed to the segment of the filter alone.

    Who answered in a month was there in it: to narrow people to those who answered would make leaving look rare. The
    rest of the filter narrows the answers by which `groups` are told apart. Raises Unanswerable, TooSlow.
    """
    now = now or timezone.now()
    since: dt.datetime | None = StageChange.objects.aggregate(first=Min("at"))["first"]
    if since is None:
        return Retention((), None, None)
    wanted = replace(chosen, step=step)
    if wanted.start is None or wanted.start < since.astimezone(chosen.zone).date():
        wanted = replace(wanted, start=since.astimezone(chosen.zone).date())
    starts = [day for day in reporting.period_starts(wanted, (), now) if _at(chosen, day) < now][
        -MOST_MONTHS:
    ]
    ends = [min(_at(chosen, reporting.period_after(day, step)), now) for day in starts]
    found = _counted(chosen, actor, [_at(chosen, day) for day in starts], ends, now)
    months = tuple(
        Month(
            day,
            reporting.period_label(day, step),
            end < now or _at(chosen, reporting.period_after(day, step)) <= now,
            sum((found.get((place, group), NOBODY) for group in GROUPS), NOBODY),
        )
        for place, (day, end) in enumerate(zip(starts, ends, strict=True))
    )
    groups = {
        group: sum(
            (found.get((place, group), NOBODY) for place, month in enumerate(months) if month.finished),
            NOBODY,
        )
        for group in GROUPS
    }
    return Retention(months, groups, since)


_MONTHS = """
WITH period AS (
    SELECT place, start, finish FROM unnest(%s::timestamptz[], %s::timestamptz[]) WITH ORDINALITY
        AS given (start, finish, place)
), person (customer_id) AS MATERIALIZED ({people}), stay AS MATERIALIZED (
    SELECT c.customer_id, c.new, c.why, c.at, lead(c.at) OVER (PARTITION BY c.customer_id ORDER BY c.at, c.id) AS until
    FROM segments_stagechange c JOIN person USING (customer_id)
    WHERE c.organization_id = %s AND c.at <= %s
), answer (customer_id, at, score) AS ({answers}), voice AS MATERIALIZED (
    SELECT customer_id, at, lead(at) OVER (PARTITION BY customer_id ORDER BY at) AS until,
        CASE WHEN score >= 9 THEN 'promoter' WHEN score >= 7 THEN 'passive' ELSE 'detractor' END AS category
    FROM answer
)
SELECT period.place - 1, coalesce(voice.category, 'none'),
    count(*) FILTER (WHERE NOT (ended.new = %s AND ended.why = %s)),
    count(*) FILTER (WHERE ended.new = %s AND ended.why <> %s),
    count(*) FILTER (WHERE ended.new = %s AND ended.why = %s)
FROM period
JOIN stay AS began ON began.at <= period.start AND (began.until IS NULL OR began.until > period.start)
    AND began.new <> %s
JOIN stay AS ended ON ended.customer_id = began.customer_id AND ended.at <= period.finish
    AND (ended.until IS NULL OR ended.until > period.finish)
LEFT JOIN voice ON voice.customer_id = began.customer_id AND voice.at < period.start
    AND (voice.until IS NULL OR voice.until >= period.start)
GROUP BY 1, 2
"""


def _counted(
    chosen: Filter, actor: Actor, starts: Sequence[dt.datetime], ends: Sequence[dt.datetime], now: dt.datetime
) -> dict[tuple[int, str], Kept]:
    answers, answers_given = statement(
        replace(chosen.of_everybody(), segment=None)
        .responses(actor, whole_time=True)
        .filter(customer__in=Customer.objects.present().filter(PROFILED).order_by().values("pk"))
        .order_by()
        .values_list("customer_id", "answered_at", "score"),
        *ANSWER,
    )
    people, people_given = statement(customers(chosen, actor, now).order_by().values_list("pk"), "bigint")
    sql = _MONTHS.replace("{people}", people).replace("{answers}", answers)
    rules = Why.RULES.value
    given: list[Any] = [
        list(starts),
        list(ends),
        *people_given,
        current_organization_id(),
        now,
        *answers_given,
    ]
    given += [LOST, rules, LOST, rules, LOST, rules, LOST]
    with compiling.patience(), connection.cursor() as cursor:
        # Nobody's stays can be estimated from within; a loop in a loop over them would take minutes.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(sql, given)
        found = {
            (place, group): Kept(active, lost, by_rules)
            for place, group, active, lost, by_rules in cursor.fetchall()
        }
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")
    return found


def customers(chosen: Filter, actor: Actor, now: dt.datetime) -> QuerySet[Any]:
    """The people of the filter's segment, else everybody, whom the actor sees."""
    asked = Asked.of(chosen.organization, now)
    people = compiling.members(chosen.segment, asked=asked) if chosen.segment else compiling.everybody(asked)
    return people.visible_to(actor)


def statement(rows: QuerySet[Any, Any], *types: str) -> tuple[str, list[Any]]:
    """A query as text and parameters; no rows of these types where Django knows that it finds nothing."""
    try:
        sql, given = rows.query.sql_with_params()
    except EmptyResultSet:
        return "SELECT " + ", ".join(f"NULL::{each}" for each in types) + " WHERE false", []
    return sql, list(given)


def _at(chosen: Filter, day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), chosen.zone)
