"""The journey: each touchpoint in order, with how many were asked and answered, the score, what the comments there
speak of most, and who went no further.

At a touchpoint is who was asked there by name or answered there. Drop-off: of the people who were at a touchpoint for
the first time in the period, the share who were at none of the later ones after that, up to now. Whoever was there
less than EARLY days ago may still go on, and is left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from accounts.acting import Actor
from segments.compiling import patience
from surveys import grouping, nps, ordering_touchpoints, privacy, reporting, topping_themes, veiling
from surveys.filtering import Filter
from surveys.nps import Counts
from surveys.reporting import Guard, Scored
from surveys.topping_themes import Topic
from surveys.weighing_channels import Rate

EARLY = 30  # days


@dataclass(frozen=True)
class Dropped:
    """Of `n` people `left` were at no later touchpoint since; the share, and its Wilson interval, from 0 to 1.

    `early` were here too lately to tell, and are not in `n`.
    """

    n: int
    left: int
    early: int

    @property
    def share(self) -> float | None:
        return self.left / self.n if self.n else None

    @property
    def low(self) -> float | None:
        found = nps.proportion(self.left, self.n)
        return found.low if found else None

    @property
    def high(self) -> float | None:
        found = nps.proportion(self.left, self.n)
        return found.high if found else None


@dataclass(frozen=True)
class Stop:
    """One touchpoint. `scored` is of the last answer of each customer there; `answers` are all of the period.

    `rate` is None where nobody was asked by name, or it stays hidden; `dropped` at the last touchpoint, too.
    `comments` is None for those who may not read answers. `topics`: what is spoken of most, as far as it may be told.
    """

    touchpoint: str
    scored: Scored
    answers: int | None
    rate: Rate | None
    comments: int | None
    dropped: Dropped | None
    last: bool
    topics: tuple[Topic, ...] = ()


@dataclass(frozen=True)
class Journey:
    """The touchpoints in order; `without` answers name none, None where that stays hidden."""

    stops: tuple[Stop, ...]
    revision: int
    without: int | None

    @property
    def is_empty(self) -> bool:
        return not self.stops


def of_all_touchpoints(chosen: Filter) -> Filter:
    """The filter without what a map of touchpoints cannot be narrowed to.

    An invitation carries no stage: those who were asked could not be narrowed with those who answered.
    """
    return replace(chosen.of_everybody(), touchpoint="", stage="")


def journey(chosen: Filter, actor: Actor, *, now: dt.datetime | None = None) -> Journey:
    """Raises compiling.TooSlow."""
    chosen, now = of_all_touchpoints(chosen), now or timezone.now()
    standing = ordering_touchpoints.order()
    guard = Guard.of(actor, chosen)
    responses = chosen.responses(actor)
    with patience():
        counts = _counts(responses)
        volume = _volume(responses)
        asked = _asked(chosen, actor)
        gone = _dropped(chosen, actor, standing.touchpoints, now)
        spoken = topping_themes.topics(
            chosen, actor, [key for key, (_n, worded) in volume.items() if key and worded], guard=guard
        )
    hidden = _hidden(chosen, actor, guard, {key: each.n for key, each in counts.items()})
    reads = actor.may("response.view")
    last = len(standing.touchpoints) - 1
    stops = []
    for place, touchpoint in enumerate(standing.touchpoints):
        secret = touchpoint in hidden
        answers, worded = volume.get(touchpoint, (0, 0))
        rate, dropped = asked.get(touchpoint), gone.get(touchpoint)
        stops.append(
            Stop(
                touchpoint,
                Scored(counts.get(touchpoint, Counts(0, 0, 0)), hidden=secret),
                None if secret else answers,
                None if secret or _small(guard, (rate.answered, rate.asked) if rate else None) else rate,
                worded if reads and not secret else None,
                None
                if secret or place == last or _small(guard, (dropped.left, dropped.n) if dropped else None)
                else dropped,
                place == last,
                () if secret else tuple(spoken.get(touchpoint, ())),
            )
        )
    without = None if "" in hidden else counts.get("", Counts(0, 0, 0)).n
    return Journey(tuple(stops), standing.revision, without)


def _counts(responses: Any) -> dict[str, Counts]:
    """By touchpoint, of the last answer of each customer at it."""
    rows = grouping.last_of_each(responses, "touchpoint").values("touchpoint").annotate(**grouping.three())
    return {
        row["touchpoint"]: Counts(row["detractors"], row["passives"], row["promoters"])
        for row in rows.order_by()
    }


def _volume(responses: Any) -> dict[str, tuple[int, int]]:
    rows = responses.order_by().values("touchpoint")
    counted = rows.annotate(n=Count("id"), worded=Count("id", filter=~Q(comment="")))
    return {row["touchpoint"]: (row["n"], row["worded"]) for row in counted}


def _asked(chosen: Filter, actor: Actor) -> dict[str, Rate]:
    rows = reporting.asked_of(chosen, actor).order_by().values("distribution__touchpoint")
    counted = rows.annotate(
        n=Count("id"),
        answered=Count("id", filter=Q(started_at__isnull=False)),
        sent=Count("id", filter=Q(sent_at__isnull=False)),
    )
    return {row["distribution__touchpoint"]: Rate(row["n"], row["answered"], row["sent"]) for row in counted}


def _hidden(chosen: Filter, actor: Actor, guard: Guard, sizes: dict[str, int]) -> set[Hashable]:
    """Small touchpoints, the next smallest, and those by which a filter of the other pages would tell of few."""
    if not guard.is_on:
        return set()
    everywhere: dict[Hashable, int] = dict(sizes.items())
    found = privacy.hidden(everywhere, guard.threshold)
    return found | {
        touchpoint
        for touchpoint in sizes
        if touchpoint
        and touchpoint not in found
        and veiling.gives_away(replace(chosen, touchpoint=touchpoint), actor, guard.least)
    }


def _small(guard: Guard, part: tuple[int, int] | None) -> bool:
    """Whether a share tells of fewer people than may be told, those in it or those beside it."""
    if part is None or not guard.is_on:
        return False
    inside, of = part
    return any(0 < n < guard.threshold for n in (inside, of - inside))


_GONE = """
WITH place AS (
    SELECT touchpoint, place FROM unnest(%s::text[]) WITH ORDINALITY AS given (touchpoint, place)
), visit AS (
    SELECT customer_id, touchpoint, min(at) AS first FROM ({visits}) AS here GROUP BY 1, 2
), later AS (
    SELECT customer_id, touchpoint, max(at) AS last FROM ({anytime}) AS ever GROUP BY 1, 2
), judged AS (
    SELECT visit.touchpoint, visit.first > %s AS early, EXISTS (
        SELECT FROM later JOIN place AS next USING (touchpoint)
        WHERE later.customer_id = visit.customer_id AND next.place > place.place AND later.last > visit.first
    ) AS went_on
    FROM visit JOIN place USING (touchpoint)
)
SELECT touchpoint, count(*) FILTER (WHERE NOT early), count(*) FILTER (WHERE NOT early AND NOT went_on),
    count(*) FILTER (WHERE early)
FROM judged GROUP BY 1
"""


def _dropped(
    chosen: Filter, actor: Actor, touchpoints: tuple[str, ...], now: dt.datetime
) -> dict[str, Dropped]:
    """Where somebody went on to counts whatever the filter: by another channel, in another survey, after the period."""
    anywhere = Filter(chosen.organization, period="all", imported=chosen.imported)
    here, here_given = _visits(chosen, actor)
    ever, ever_given = _visits(anywhere, actor)
    if not here or not ever or not touchpoints:
        return {}
    sql = _GONE.replace("{visits}", here).replace("{anytime}", ever)
    given = [list(touchpoints), *here_given, *ever_given, now - dt.timedelta(days=EARLY)]
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return {touchpoint: Dropped(n, left, early) for touchpoint, n, left, early in cursor.fetchall()}


def _visits(chosen: Filter, actor: Actor) -> tuple[str, list[Any]]:
    """Statement and parameters: customer_id, touchpoint, at; one row for each time somebody was at a touchpoint."""
    asked = reporting.asked_of(chosen, actor).exclude(customer=None).order_by()
    answered = chosen.responses(actor).exclude(customer=None).order_by()
    found: list[QuerySet[Any, Any]] = [
        asked.values_list("customer_id", F("distribution__touchpoint"), "issued_at"),
        answered.values_list("customer_id", "touchpoint", "answered_at"),
    ]
    parts, given = [], []
    for rows in found:
        try:
            sql, params = rows.query.sql_with_params()
        except EmptyResultSet:
            continue
        parts.append(f"SELECT * FROM ({sql}) AS part (customer_id, touchpoint, at)")
        given += list(params)
    return " UNION ALL ".join(parts), given
