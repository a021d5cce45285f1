"""The link with the business: the score per quarter, who stays, and what customers bring in, by what they answered.

For readers for whom small groups are hidden each part is shown whole or not at all: not where it, or what it adds to
the parts before it, speaks of fewer people than the threshold. With a filter they are shown the score alone, since
people can be told apart here by more than their answers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.utils import timezone

from accounts.acting import Actor
from segments import stages
from surveys import reporting, retaining, surviving, valuing
from surveys.filtering import Filter
from surveys.reporting import Guard, Period
from surveys.retaining import Kept, Month, Retention
from surveys.surviving import AtRisk, Survival
from surveys.valuing import Worth


@dataclass(frozen=True)
class Quarter:
    """`kept` is None where it stays hidden, or no stage was known when the quarter began."""

    period: Period
    kept: Kept | None


@dataclass(frozen=True)
class Link:
    """What is None stays hidden. `lost` is what the business calls the stage; "" where it has none of that key."""

    quarters: tuple[Quarter, ...]
    retention: Retention | None
    survival: Survival | None
    at_risk: tuple[AtRisk, ...] | None
    worth: Worth | None
    shows_growth: bool
    lost: str
    guarded: bool = False
    veiled: bool = False
    anonymous: bool = False

    @property
    def is_empty(self) -> bool:
        return not any(each.period.scored.n for each in self.quarters) and not (
            self.retention and not self.retention.is_empty
        )


def of_answers(chosen: Filter) -> Filter:
    """Categories are what is compared here, so that none narrows it; nor do words and themes."""
    return replace(chosen.of_everybody(), step="quarter")


def link(chosen: Filter, actor: Actor, *, now: dt.datetime | None = None) -> Link:
    """Raises compiling.Unanswerable and TooSlow."""
    chosen, now = of_answers(chosen), now or timezone.now()
    guard = Guard.of(actor, chosen)
    periods = reporting.trend(chosen, actor, now=now)
    lost = stages.plan().names.get(retaining.LOST, "")
    veiled = guard.is_on and bool(chosen.chips())
    anonymous = chosen.survey is not None and chosen.survey.anonymous
    if veiled or anonymous:
        quarters = tuple(Quarter(each, None) for each in periods)
        return Link(quarters, None, None, None, None, False, lost, guard.is_on, veiled, anonymous)
    retention = retaining.retention(chosen, actor, now=now) if lost else Retention((), None, None)
    by_quarter = (
        retaining.retention(chosen, actor, step="quarter", now=now) if lost and not guard.is_on else None
    )
    survival = surviving.survival_of(chosen, actor, now=now) if lost else None
    worth = valuing.worth_of(chosen, actor, now=now)
    risk = surviving.at_risk(chosen, actor, survival, now=now) if survival else None
    kept = {each.start: each.kept for each in by_quarter.months} if by_quarter else {}
    quarters = tuple(Quarter(each, kept.get(each.start)) for each in periods)
    if not guard.is_on:
        return Link(quarters, retention, survival, risk, worth, True, lost)
    return _veil(Link(quarters, retention, survival, risk, worth, True, lost, True), guard.threshold)


def _veil(found: Link, least: int) -> Link:
    """Without the parts that speak of few."""
    shown: list[dict[str, int]] = []

    def tells(groups: dict[str, int], others: Iterable[int]) -> bool:
        """Whether these sizes can be told beside those of the parts before."""
        apart = [abs(size - other[key]) for other in shown for key, size in groups.items()]
        if not _large((*groups.values(), *others, *apart), least):
            return False
        shown.append(groups)
        return True

    worth, survival = found.worth, found.survival
    if worth is not None:
        others = [n for each in worth.values for n in (each.again, each.n - each.again)]
        if not tells({each.category: each.n for each in worth.values}, (*others, worth.early)):
            worth = None
    shows_growth = worth is not None and tells({each.category: each.n for each in worth.grown}, ())
    if survival is not None:
        others = [survival.already, survival.unknown, survival.late]
        for group in survival.groups:
            others += [group.left, group.n - group.left, *_between(group)]
        if not tells({each.category: each.n for each in survival.groups}, others):
            survival = None
    risk = found.at_risk
    if survival is None or not _large((each.people for each in risk or ()), least):
        risk = None
    retention = None if found.retention is None else _retention(found.retention, least)
    return replace(
        found, retention=retention, survival=survival, at_risk=risk, worth=worth, shows_growth=shows_growth
    )


def _between(group: surviving.Group) -> list[int]:
    """How many left, and how many went out of sight, between the horizons that are told, and at each."""
    sizes, left, seen = [], 0, group.n
    for step in group.told:
        sizes += [step.left - left, seen - step.at_risk, step.at_risk]
        left, seen = step.left, step.at_risk
    return sizes


def _retention(found: Retention, least: int) -> Retention:
    """Months in which few left, or all but few, are hidden, and then the categories, which add months up."""
    months = tuple(
        each
        if each.kept is None or _safe(each.kept, least)
        else Month(each.start, each.label, each.finished, None)
        for each in found.months
    )
    whole = all(each.kept is not None for each in months)
    groups = (
        found.groups if whole and all(_safe(each, least) for each in (found.groups or {}).values()) else None
    )
    return Retention(months, groups, found.since)


def _safe(kept: Kept, least: int) -> bool:
    return _large((kept.active, kept.lost, kept.kept, kept.by_rules), least)


def _large(sizes: Iterable[int], least: int) -> bool:
    return all(size == 0 or size >= least for size in sizes)
