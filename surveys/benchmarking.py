"""Figures of others, entered with source, year and method; and how the own score stands to them.

Nobody ships such figures with the program: a number without its source is worth nothing, and its method decides
half of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from django.db import transaction

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.deleting import delete
from accounts.models import Deletion
from surveys import grouping, privacy, reporting
from surveys.filtering import Filter
from surveys.models import Benchmark, Survey
from surveys.nps import Counts
from surveys.reporting import Breakdown, Guard, Scored

FIELDS = ("whose", "score", "year", "source", "link", "method", "people")
SHOWN = 30  # surveys


class Place(Enum):
    """Where the own score lies: its whole 95 % interval above the figure, below it, or around it."""

    ABOVE = "above"
    BELOW = "below"
    AROUND = "around"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Standing:
    """An outside figure and the own score beside it; `difference` in points, None where there is no own score."""

    benchmark: Benchmark
    place: Place
    difference: float | None


@dataclass(frozen=True)
class OfSurvey:
    survey: Survey
    scored: Scored


@transaction.atomic
def enter(facts: Mapping[str, Any], *, by: Actor) -> Benchmark:
    """A figure of somebody else; `facts` are FIELDS, checked by the form or the serializer."""
    by.require("benchmark.edit")
    made: Benchmark = Benchmark.objects.create(**{name: facts[name] for name in FIELDS if name in facts})
    audit("benchmark.edit", made, by=by, did="created")
    return made


@transaction.atomic
def change(benchmark: Benchmark, facts: Mapping[str, Any], *, revision: int, by: Actor) -> Benchmark:
    """Raises Stale when somebody saved since `revision`."""
    by.require("benchmark.edit")
    changing = [name for name in FIELDS if name in facts]
    for name in changing:
        setattr(benchmark, name, facts[name])
    benchmark.save_revision(revision, by=by, update_fields=changing)
    audit("benchmark.edit", benchmark, by=by, did="changed")
    return benchmark


@transaction.atomic
def put_away(benchmark: Benchmark, *, by: Actor) -> Deletion:
    """Can be taken back for 30 days."""
    by.require("benchmark.edit")
    return delete(benchmark, by=by, action="benchmark.edit")


def standings(ours: Scored) -> list[Standing]:
    """Every figure, the latest year first, beside this score."""
    return [_standing(each, ours) for each in Benchmark.objects.present()]


def _standing(benchmark: Benchmark, ours: Scored) -> Standing:
    figure = float(benchmark.score)
    if ours.score is None or ours.low is None or ours.high is None or ours.verdict == "few":
        return Standing(benchmark, Place.UNKNOWN, None)
    place = Place.ABOVE if ours.low > figure else Place.BELOW if ours.high < figure else Place.AROUND
    return Standing(benchmark, place, ours.score - figure)


def by_unit(chosen: Filter, actor: Actor) -> Breakdown | None:
    """The own units; None where the organization has none that answers belong to."""
    found = reporting.breakdown(replace(chosen, by="unit"), actor)
    return found if found is not None and found.groups else None


def by_survey(chosen: Filter, actor: Actor) -> list[OfSurvey]:
    """The own surveys that were answered, the most answered first; small ones hidden where others are."""
    chosen = replace(chosen, survey=None)
    rows = grouping.last_of_each(chosen.responses(actor), "survey").values("survey")
    counted = {
        row["survey"]: Counts(row["detractors"], row["passives"], row["promoters"])
        for row in rows.annotate(**grouping.three()).order_by()
    }
    surveys = Survey.objects.present().in_bulk(list(counted))
    guard = Guard.of(actor, chosen)
    hidden = privacy.hidden({key: each.n for key, each in counted.items()}, guard.threshold)
    found = []
    for key, survey in surveys.items():
        own = Guard.of(actor, replace(chosen, survey=survey))
        secret = key in hidden or own.scored(counted[key]).hidden
        found.append(OfSurvey(survey, Scored(counted[key], hidden=secret)))
    # Not by n where it is hidden: the order would tell it.
    found.sort(
        key=lambda each: (each.scored.hidden, -(0 if each.scored.hidden else each.scored.n), each.survey.name)
    )
    return found[:SHOWN]
