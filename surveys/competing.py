"""How people would recommend a competitor, beside how the same people would recommend us.

An NPS question that does not count may name whom it is about. Of each customer the last answer to a version with such
a question counts; only those who rated both are compared, so that what differs between the two is not who was asked.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accounts.acting import Actor
from surveys import grouping, paired, privacy
from surveys.comparing import TESTED_FROM
from surveys.filtering import Filter
from surveys.models import Answer, Version
from surveys.models.response import ResponseQuerySet
from surveys.nps import Counts
from surveys.paired import Net
from surveys.reporting import NOTHING, Guard, Scored

LONGEST = 80


@dataclass(frozen=True)
class Rival:
    """One competitor: both scores of those who rated both, and ours minus theirs in points with its 95 % interval.

    `hidden`: too few to be told of. The difference is None under TESTED_FROM people.
    """

    name: str
    theirs: Scored
    ours: Scored
    net: Net | None
    hidden: bool = False

    @property
    def n(self) -> int:
        return self.ours.n

    @property
    def value(self) -> float | None:
        return self.net.value * 100 if self.net else None

    @property
    def low(self) -> float | None:
        return self.net.low * 100 if self.net else None

    @property
    def high(self) -> float | None:
        return self.net.high * 100 if self.net else None

    @property
    def said(self) -> str:
        """hidden, few, real (the interval lies on one side of zero), unknown"""
        if self.hidden:
            return "hidden"
        if self.net is None:
            return "few"
        return "real" if self.net.low > 0 or self.net.high < 0 else "unknown"


def rivals(chosen: Filter, actor: Actor) -> list[Rival]:
    """Every competitor that anybody rated under the filter, by name."""
    asked = _asked()
    if not asked:
        return []
    last = grouping.last_of_each(
        chosen.responses(actor).filter(version_id__in={version for version, _question in asked})
    )
    rated: dict[int, dict[str, tuple[int, int]]] = defaultdict(dict)
    rows = Answer.objects.filter(response__in=last.values("pk"), kind="nps", number__isnull=False)
    told = rows.values_list("response_id", "response__version_id", "question", "number", "response__score")
    for response, version, question, number, score in told.order_by("pk").iterator():
        if (version, question) in asked:
            rated[response][asked[version, question].casefold()] = (number, score)
    keys = sorted({key for ratings in rated.values() for key in ratings})
    tables = {key: [[0] * 3 for _row in range(3)] for key in keys}
    for ratings in rated.values():
        for key, (theirs, ours) in ratings.items():
            tables[key][_category(theirs)][_category(ours)] += 1
    told_of = _tellable(last, rated, keys, Guard.of(actor, chosen))
    names = {name.casefold(): name for name in sorted(asked.values())}
    return [_rival(names[key], tables[key], hidden=key not in told_of) for key in keys]


def _tellable(
    last: ResponseQuerySet, rated: Mapping[int, Mapping[str, object]], keys: Sequence[str], guard: Guard
) -> set[str]:
    """The competitors that may be told of: beside the surveys too, whose sizes their own pages tell."""
    if not guard.is_on:
        return set(keys)
    of = dict(last.values_list("pk", "survey_id"))
    surveys = sorted(set(of.values()))
    parts = Counter(
        (*(survey == each for each in surveys), *(key in rated.get(response, ()) for key in keys))
        for response, survey in of.items()
    )
    order = range(len(surveys) + len(keys))
    found = privacy.tellable(parts, order, guard.threshold)
    return {keys[place - len(surveys)] for place in found if place >= len(surveys)}


def _rival(name: str, table: list[list[int]], *, hidden: bool) -> Rival:
    if hidden:
        return Rival(name, Scored(NOTHING, hidden=True), Scored(NOTHING, hidden=True), None, hidden=True)
    theirs = Counts(*(sum(row) for row in table))
    ours = Counts(*(sum(row[place] for row in table) for place in range(3)))
    return Rival(name, Scored(theirs), Scored(ours), paired.net(table) if ours.n >= TESTED_FROM else None)


def _asked() -> dict[tuple[int, str], str]:
    """(version, key of a question) -> the competitor that it asks about."""
    return {
        (version, question["key"]): str(question["settings"]["competitor"])
        for version, definition in Version.objects.values_list("pk", "definition")
        for question in definition.get("questions", [])
        if question.get("kind") == "nps" and question.get("settings", {}).get("competitor")
    }


def _category(score: int) -> int:
    return 0 if score <= 6 else 1 if score <= 8 else 2
