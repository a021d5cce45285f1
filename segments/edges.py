"""When time alone makes a rule hold, or cease to: edges, and whom they touch between two instants.

An edge says: this long after the instant of this fact, a condition may turn for its customer. Everybody whose edge
lies between two looks is asked again; until the next edge of anybody, nobody has to be.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Collate

TICK = timedelta(microseconds=1)
"""The smallest step of an instant: "more than 30 days ago" holds one of these after the 30 days."""


@dataclass(frozen=True)
class Edge:
    """`after` the instant in `column` of one of `rows`, something may turn for the customer of that row.

    `every` is for columns without an index: the next one is not looked up, there is a look once in so long.
    """

    rows: QuerySet
    column: str
    after: timedelta = timedelta(0)
    customer: str = "customer_id"
    every: timedelta | None = None

    def crossed(self, since: datetime, until: datetime, zone: ZoneInfo) -> QuerySet:
        """The customers (ids) of the rows whose edge lies in [since, until]."""
        low, high = _back(since, self.after), _back(until, self.after)
        within = {f"{self.column}__gte": low, f"{self.column}__lte": high}
        return self.rows.filter(**within).order_by().values_list(self.customer, flat=True)

    def next_after(
        self, at: datetime, zone: ZoneInfo, people: Iterable[int] | None = None
    ) -> datetime | None:
        """The earliest edge after `at`, of these people or of anybody; None when there is none in sight."""
        rows = self.rows.filter(**{f"{self.column}__gte": _back(at, self.after)})
        if people is not None:
            rows = rows.filter(**{f"{self.customer}__in": list(people)})
        elif self.every is not None:
            return at + self.every
        first = rows.order_by(self.column).values_list(self.column, flat=True).first()
        return None if first is None else _on(first, self.after) + TICK


@dataclass(frozen=True)
class DayEdge:
    """As Edge, for days in the organization's zone: with the first instant of the day `after` days later.

    `held` gives the day of a row as a text, "2026-01-31". There is an edge of somebody at every midnight.
    """

    rows: QuerySet
    held: Combinable
    after: int
    customer: str = "pk"

    def crossed(self, since: datetime, until: datetime, zone: ZoneInfo) -> QuerySet:
        before, today = (at.astimezone(zone).date() for at in (since, until))
        low, high = _day(before, -self.after), _day(today, -self.after)
        days = self.rows.annotate(held_day=Collate(self.held, "C"))
        found = days.filter(held_day__gt=low.isoformat(), held_day__lte=high.isoformat())
        return found.order_by().values_list(self.customer, flat=True)

    def next_after(
        self, at: datetime, zone: ZoneInfo, people: Iterable[int] | None = None
    ) -> datetime | None:
        tomorrow = _day(at.astimezone(zone).date(), 1)
        return datetime.combine(tomorrow, time(), zone)


AnyEdge = Edge | DayEdge


def _back(at: datetime, by: timedelta) -> datetime:
    try:
        return at - by
    except OverflowError:
        return datetime.min.replace(tzinfo=at.tzinfo)


def _on(at: datetime, by: timedelta) -> datetime:
    try:
        return at + by
    except OverflowError:
        return datetime.max.replace(tzinfo=at.tzinfo) - TICK


def _day(day: date, by: int) -> date:
    try:
        return day + timedelta(days=by)
    except OverflowError:
        return date.max if by > 0 else date.min
