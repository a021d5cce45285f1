"""Segments side by side, and two of them against each other.

Who is in a segment is so now, and may not have been when they answered: a segment keeps no past. People can be in
several segments, so the groups do not add up, and two of them are compared by the people they do not share
(surveys.disjoint). Small groups: surveys.veiling.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, F, Q
from django.utils.translation import gettext as _

from accounts.acting import Actor
from segments.compiling import TooSlow, Unanswerable, patience
from segments.models import Segment
from surveys import disjoint, grouping, reporting, veiling
from surveys.disjoint import Against, Parts
from surveys.filtering import Filter
from surveys.nps import Counts
from surveys.reporting import NOTHING, Breakdown, Group, Guard, Scored, Way
from surveys.veiling import Membership

SHOWN = 12  # segments, where nobody chose any: those with the most people
BY_SCORE = frozenset({"score", "category", "score_change", "previous_category"})


@dataclass(frozen=True)
class Placed:
    """One segment and the answers of its people. `by_score`: its rule asks for scores, so its own follows from it."""

    segment: Segment
    scored: Scored
    by_score: bool

    @property
    def label(self) -> str:
        return self.segment.name


@dataclass(frozen=True)
class Beside:
    """Segments by score, the highest first; those without one at the end.

    `several` people are in more than one of these segments, `none` in none of them; None where that stays hidden.
    `unasked` segments have a rule that cannot be asked; `others` segments are not shown; `slow`: nothing is, because
    the database took too long.
    """

    groups: list[Placed]
    whole: Scored
    several: int | None
    none: int | None
    unasked: list[Segment]
    others: int
    slow: bool = False

    @property
    def asks_for_scores(self) -> bool:
        return any(each.by_score for each in self.groups)


@dataclass(frozen=True)
class Side:
    """One of two segments. `way` and `comments` are None where they stay hidden; `histogram` is then all zero."""

    segment: Segment
    scored: Scored
    histogram: tuple[int, ...]
    comments: int | None
    way: Way | None
    by_score: bool


@dataclass(frozen=True)
class Comparison:
    """Two segments: `both` people answered and are in both; `against` compares those who are in one alone.

    `both` and `against` are None where anything of the two stays hidden.
    """

    first: Side
    second: Side
    both: int | None
    against: Against | None

    @property
    def hidden(self) -> bool:
        return self.against is None

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.first, self.second

    @property
    def value(self) -> float | None:
        """The difference in points, first minus second."""
        found = self.against.compared if self.against else None
        return found.difference.value * 100 if found else None

    @property
    def low(self) -> float | None:
        found = self.against.compared if self.against else None
        return found.difference.low * 100 if found else None

    @property
    def high(self) -> float | None:
        found = self.against.compared if self.against else None
        return found.difference.high * 100 if found else None

    @property
    def detectable(self) -> int | None:
        """The smallest difference, in points, that groups of these sizes would show."""
        found = self.against.compared if self.against else None
        return round(found.detectable * 100) if found else None


def beside(chosen: Filter, actor: Actor) -> Beside:
    """The segments that the filter names, or those with the most people, side by side."""
    guard = Guard.of(actor, chosen)
    present = Segment.objects.present()
    segments = list(chosen.among) or list(
        present.order_by(F("counted").desc(nulls_last=True), "name")[:SHOWN]
    )
    try:
        with patience():
            answerable, parts = veiling.parts_of(chosen, actor, segments)
            told = _told(chosen, actor, guard)
    except TooSlow:
        return Beside([], Scored(NOTHING), None, None, [], present.count(), slow=True)
    groups = [
        Placed(
            segment,
            Scored(counts, hidden=counts.n > 0 and not _is_in(told, segment)),
            asks_for_scores(segment),
        )
        for segment, counts in zip(answerable, _sums(parts, len(answerable)), strict=True)
    ]
    groups.sort(key=lambda each: (each.scored.score is None, -(each.scored.score or 0.0), each.label))
    hides = any(each.scored.hidden for each in groups)
    return Beside(
        groups=groups,
        whole=guard.scored(_together(parts.values())),
        several=None if hides else _together(c for key, c in parts.items() if sum(key) > 1).n,
        none=None if hides else _together(c for key, c in parts.items() if not any(key)).n,
        unasked=[each for each in segments if each not in answerable],
        others=present.count() - len(segments),
    )


def compared(chosen: Filter, actor: Actor) -> Comparison | None:
    """The filter's two segments against each other; None unless there are two.

    Raises compiling.TooSlow, and compiling.Unanswerable for a rule that cannot be asked.
    """
    if chosen.first is None or chosen.second is None or chosen.first == chosen.second:
        return None
    pair = (chosen.first, chosen.second)
    guard = Guard.of(actor, chosen)
    with patience():
        bars, words = _bars(chosen, actor, pair)
        told = _told(chosen, actor, guard)
        sides = [_side(chosen, actor, pair, place, bars, words, told) for place in (0, 1)]
    three = {part: Counts.of_histogram(bars[part]) for part in bars}
    hides = any(side.scored.hidden for side in sides)
    return Comparison(
        first=sides[0],
        second=sides[1],
        both=None if hides else three[True, True].n,
        against=None
        if hides
        else disjoint.against(three[True, False], three[True, True], three[False, True]),
    )


def breakdown(chosen: Filter, actor: Actor) -> Breakdown | None:
    """The score by one attribute or fact, or by segment; None for something unknown."""
    if chosen.by != grouping.SEGMENTS:
        return reporting.breakdown(chosen, actor)
    found = beside(chosen, actor)
    return Breakdown(
        grouping.SEGMENTS,
        _("Segment"),
        [Group(each.label, each.scored) for each in found.groups],
        protected=Guard.of(actor, chosen).is_on,
        overlapping=True,
    )


def asks_for_scores(segment: Segment) -> bool:
    """Whether the rule of the segment itself asks for scores; not those of segments within it."""
    return not segment.static and any(each in BY_SCORE for each in _fields(segment.rule))


def names_of(comparison: Comparison) -> tuple[str, str]:
    """What the two compared parts are called."""
    assert comparison.against is not None
    first, second = comparison.first.segment.name, comparison.second.segment.name
    alone_first = _("%(name)s, without %(other)s") % {"name": first, "other": second}
    alone_second = _("%(name)s, without %(other)s") % {"name": second, "other": first}
    return {
        Parts.WHOLE: (first, second),
        Parts.APART: (alone_first, alone_second),
        Parts.INSIDE_SECOND: (first, alone_second),
        Parts.INSIDE_FIRST: (alone_first, second),
        Parts.SAME: (first, second),
    }[comparison.against.parts]


def parts_told(comparison: Comparison) -> str:
    """Which people the comparison leaves out, and why."""
    assert comparison.against is not None
    names = {"first": comparison.first.segment.name, "second": comparison.second.segment.name}
    words = {
        Parts.WHOLE: _("Nobody who answered is in both, so the two are compared whole."),
        Parts.APART: _(
            "Who is in both weighs on both scores alike. So those in %(first)s alone are compared with those in"
            " %(second)s alone."
        ),
        Parts.INSIDE_SECOND: _(
            "Everybody of %(first)s who answered is also in %(second)s. So %(first)s is compared with the rest of"
            " %(second)s."
        ),
        Parts.INSIDE_FIRST: _(
            "Everybody of %(second)s who answered is also in %(first)s. So the rest of %(first)s is compared with"
            " %(second)s."
        ),
        Parts.SAME: _("Those who answered are the same people in both, so there is nothing to compare."),
    }
    return words[comparison.against.parts] % names


def _fields(node: Any) -> Iterable[str]:
    if isinstance(node, Mapping):
        if isinstance(node.get("field"), str):
            yield node["field"]
        for value in node.values():
            yield from _fields(value)
    elif isinstance(node, list):
        for value in node:
            yield from _fields(value)


def _told(chosen: Filter, actor: Actor, guard: Guard) -> set[int] | None:
    """The segments that can be told; None for all. Judged by all answers: what two of them share is a part of both."""
    if not guard.is_on:
        return None
    return veiling.told_segments(replace(chosen.of_everybody(), segment=None), actor, guard.threshold)


def _is_in(told: set[int] | None, segment: Segment) -> bool:
    return told is None or segment.pk in told


def _sums(parts: Mapping[Membership, Counts], number: int) -> list[Counts]:
    return [_together(counts for key, counts in parts.items() if key[place]) for place in range(number)]


def _together(found: Iterable[Counts]) -> Counts:
    total = NOTHING
    for each in found:
        total += each
    return total


def _bars(
    chosen: Filter, actor: Actor, pair: Sequence[Segment]
) -> tuple[dict[Membership, list[int]], dict[Membership, int]]:
    """By (in the first, in the second): how many gave 0 to 10, and how many of them with words."""
    answerable, responses = veiling.belonging(grouping.last_of_each(chosen.responses(actor)), pair)
    parts = [(first, second) for first in (True, False) for second in (True, False)]
    bars: dict[Membership, list[int]] = {part: [0] * 11 for part in parts}
    words: dict[Membership, int] = dict.fromkeys(parts, 0)
    if len(answerable) < len(pair):
        raise Unanswerable(_("One of the two segments has a rule that cannot be asked."))
    rows = responses.values("in_0", "in_1", "score").annotate(
        number=Count("id"), worded=Count("id", filter=~Q(comment=""))
    )
    for row in rows.order_by():
        bars[row["in_0"], row["in_1"]][row["score"]] += row["number"]
        words[row["in_0"], row["in_1"]] += row["worded"]
    return bars, words


def _side(
    chosen: Filter,
    actor: Actor,
    pair: Sequence[Segment],
    place: int,
    bars: Mapping[Membership, list[int]],
    words: Mapping[Membership, int],
    told: set[int] | None,
) -> Side:
    segment, mine = pair[place], [part for part in bars if part[place]]
    histogram = [sum(heights) for heights in zip(*(bars[part] for part in mine), strict=True)]
    counts = Counts.of_histogram(histogram)
    hidden = counts.n > 0 and not _is_in(told, segment)
    return Side(
        segment=segment,
        scored=Scored(counts, hidden=hidden),
        histogram=(0,) * 11 if hidden else tuple(histogram),
        comments=None if hidden else sum(words[part] for part in mine),
        way=None if hidden else reporting.way(replace(chosen, segment=segment), actor),
        by_score=asks_for_scores(segment),
    )
