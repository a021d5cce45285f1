"""What comes first among improvements: reach, impact, confidence, effort, with reach and impact from real counts.

Reach is people: those who speak of the theme, or answered in the group, within the units and segments that it
touches; without either, the customers of its segments or who answered in its units. Impact is points per person
reached: the real difference of those with the theme against all other commenters, or of the group against all
others, all groups of the list judged together; where that cannot be told, what people expect, and confidence is
low then. Confidence and effort (days of work) are said by people. Priority = reach x impact x confidence / effort.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from accounts.acting import Actor
from segments.compiling import TooSlow, Unanswerable, members, patience
from segments.models import Customer, Segment
from surveys import comparing, grouping, improving, privacy, weighing_themes
from surveys.comparing import TESTED_FROM, Compared, Verdict
from surveys.filtering import Filter
from surveys.grouping import Dimension, Slice
from surveys.models import Improvement, Mention
from surveys.models.response import ResponseQuerySet
from surveys.nps import Counts
from surveys.reporting import NOTHING, Guard

SURE = {
    Improvement.Confidence.HIGH: 1.0,
    Improvement.Confidence.MEDIUM: 0.8,
    Improvement.Confidence.LOW: 0.5,
}


class Reached(StrEnum):
    """Whom the reach counts."""

    SPEAK = "speak"
    GROUP = "group"
    SEGMENTS = "segments"
    UNITS = "units"
    NOBODY = "nobody"  # it says neither what it is about nor whom it touches
    SLOW = "slow"  # a segment took too long to count


class Basis(StrEnum):
    """Where the impact comes from."""

    REAL = "real"
    SMALL = "small"
    EXPECTED = "expected"
    UNKNOWN = "unknown"
    OTHER_WAY = "other_way"
    HIDDEN = "hidden"


@dataclass(frozen=True)
class Impact:
    """Points per person reached, without sign; ends as of the difference. None where nothing can be told."""

    points: float | None
    basis: Basis
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Priority:
    """`reach` is None where hidden or unknown; `score` is None where a factor is missing."""

    improvement: Improvement
    reach: int | None
    reached: Reached
    hidden: bool
    impact: Impact

    @property
    def confidence(self) -> str:
        """As people said; low where the impact is what people expect."""
        if self.impact.basis is Basis.EXPECTED:
            return Improvement.Confidence.LOW.value
        return self.improvement.confidence

    @property
    def confidence_label(self) -> str:
        return str(Improvement.Confidence(self.confidence).label)

    @property
    def score(self) -> float | None:
        if self.reach is None or self.impact.points is None:
            return None
        sure = SURE[Improvement.Confidence(self.confidence)]
        return self.reach * self.impact.points * sure / self.improvement.effort


def priorities(improvements: Sequence[Improvement], chosen: Filter, actor: Actor) -> list[Priority]:
    """Each with its numbers, the first to be done first; those that cannot be ranked last, as given."""
    chosen = chosen.of_everybody()
    guard = Guard.of(actor, chosen)
    weighing = _Weighing(chosen, actor, guard, improvements)
    found = [weighing.priority(each) for each in improvements]
    found.sort(key=lambda each: (each.score is None, -(each.score or 0.0)))
    return found


class _Weighing:
    """The counts that several improvements share, made once."""

    def __init__(
        self, chosen: Filter, actor: Actor, guard: Guard, improvements: Sequence[Improvement]
    ) -> None:
        self.chosen, self.actor, self.guard = chosen, actor, guard
        self.last = grouping.last_of_each(chosen.responses(actor))
        self.themes = (
            weighing_themes.weighed(chosen, actor) if any(each.theme_id for each in improvements) else None
        )
        self.groups = self._groups(improvements)

    def _groups(self, improvements: Sequence[Improvement]) -> dict[tuple[str, str], _Group]:
        """(fact, value) -> the group of it, all judged as one family."""
        offered = {each.key: each for each in grouping.dimensions(self.actor)}
        found: dict[tuple[str, str], _Group] = {}
        pairs: dict[Any, tuple[Counts, Counts]] = {}
        least = max(TESTED_FROM, self.guard.threshold)
        for by in dict.fromkeys(each.fact for each in improvements if each.fact in offered):
            slices, without = grouping.by_value(self.last, offered[by])
            hidden = privacy.hidden(
                {**{each.key: each.counts.n for each in slices}, **({None: without} if without else {})},
                self.guard.threshold,
            )
            total = sum((each.counts for each in slices), NOTHING)
            for each in slices:
                found[by, each.key] = _Group(offered[by], each, hidden=each.key in hidden)
                wanted = any((one.fact, one.value) == (by, each.key) for one in improvements)
                rest = total - each.counts
                if wanted and each.key not in hidden and each.counts.n >= least and rest.n >= least:
                    pairs[by, each.key] = (each.counts, rest)
        compared = comparing.compare(pairs) if pairs else {}
        for key, judged in compared.items():
            found[key].compared = judged  # type: ignore[index]
        return found

    def priority(self, improvement: Improvement) -> Priority:
        reached, reach, hidden = self._reach(improvement)
        return Priority(improvement, None if hidden else reach, reached, hidden, self._impact(improvement))

    def _reach(self, improvement: Improvement) -> tuple[Reached, int | None, bool]:
        units = improving.touched_units(improvement)
        segments = improving.touched_segments(improvement)
        try:
            with patience():
                return self._counted(improvement, improving.branches(units) if units else None, segments)
        except TooSlow:
            return Reached.SLOW, None, False

    def _counted(
        self, improvement: Improvement, units: frozenset[int] | None, segments: Sequence[Segment]
    ) -> tuple[Reached, int | None, bool]:
        narrowed = units is not None or bool(segments)
        if improvement.theme_id and self.themes is not None:
            if any(each.theme.pk == improvement.theme_id and each.hidden for each in self.themes.rows):
                return Reached.SPEAK, None, True
            spoken = weighing_themes.commenters_of(self.chosen, self.actor).filter(
                pk__in=Mention.objects.filter(theme=improvement.theme_id).values("response_id")
            )
            return self._within(Reached.SPEAK, spoken, units, segments, narrowed)
        if improvement.fact:
            group = self.groups.get((improvement.fact, improvement.value))
            if group is None or group.hidden:
                return Reached.GROUP, None if group else 0, group is not None
            if not narrowed:
                return Reached.GROUP, group.slice.counts.n, False
            keys = grouping.keyed(self.last, group.dimension)
            inside = self.last.annotate(group=keys.expression).filter(group=_typed(group))
            return self._within(Reached.GROUP, inside, units, segments, narrowed)
        if segments and units is None:
            return Reached.SEGMENTS, self._customers(segments), False
        if units is not None:
            return self._within(Reached.UNITS, self.last, units, segments, True)
        return Reached.NOBODY, None, False

    def _within(
        self,
        reached: Reached,
        answers: ResponseQuerySet,
        units: frozenset[int] | None,
        segments: Sequence[Segment],
        narrowed: bool,
    ) -> tuple[Reached, int | None, bool]:
        """How many of these are in the units and the segments. Narrowed parts of a whole tell of small groups, so
        readers to whom these are hidden are told none of them."""
        if narrowed and self.guard.is_on:
            return reached, None, True
        if units is not None:
            answers = answers.filter(unit_id__in=units)
        if segments:
            answers = answers.filter(customer_id__in=self._inside(segments).values("pk"))
        return reached, answers.count(), False

    def _customers(self, segments: Sequence[Segment]) -> int:
        return self._inside(segments).count()

    def _inside(self, segments: Sequence[Segment]) -> Any:
        """Customers in any of the segments; one that cannot be asked any more holds nobody."""
        found = Customer.objects.none()
        for each in segments:
            try:
                found = found | Customer.objects.filter(pk__in=members(each).order_by().values("pk"))
            except (Unanswerable, ValueError):
                continue
        return found.visible_to(self.actor)

    def _impact(self, improvement: Improvement) -> Impact:
        compared: Compared | None = None
        hidden = False
        if improvement.theme_id and self.themes is not None:
            weighed = next((e for e in self.themes.rows if e.theme.pk == improvement.theme_id), None)
            compared, hidden = (weighed.compared, weighed.hidden) if weighed else (None, False)
        elif improvement.fact:
            group = self.groups.get((improvement.fact, improvement.value))
            compared, hidden = (group.compared, group.hidden) if group else (None, False)
        ends: tuple[float, float, float] | None = None
        if compared is not None:
            difference = compared.difference
            ends = (difference.value * 100, difference.low * 100, difference.high * 100)
            if compared.verdict is not Verdict.UNKNOWN:
                sign = -1 if improvement.side == Improvement.Side.PAIN else 1
                if compared.verdict is Verdict.REAL and sign * ends[0] < 0:
                    return Impact(None, Basis.OTHER_WAY, *ends)
                points = max(0.0, sign * ends[0])
                return Impact(points, Basis(compared.verdict.value), *ends)
        if improvement.expected is not None:
            return Impact(float(improvement.expected), Basis.EXPECTED, *(ends or ()))
        return Impact(None, Basis.HIDDEN if hidden else Basis.UNKNOWN, *(ends or ()))


@dataclass
class _Group:
    dimension: Dimension
    slice: Slice
    hidden: bool
    compared: Compared | None = None


def _typed(group: _Group) -> Any:
    """The key as the database holds it: parts of numbers and versions are whole numbers."""
    if group.dimension.kind in grouping.NUMBERS or group.dimension.key == "version":
        return int(group.slice.key)
    return group.slice.key
