"""The scan: every value of every attribute against the rest, and which differences are real.

One comparison after the other finds differences by chance: of 45 groups in which nothing is real, somebody
who looks at each sees one "significant" in nine of ten scans. Here all comparisons are one family.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from accounts.acting import Actor
from segments.models import AttributeKind
from surveys import comparing, grouping, privacy, reporting
from surveys.comparing import TESTED_FROM, Compared, Omnibus, Verdict
from surveys.filtering import Filter
from surveys.grouping import Dimension, Slice
from surveys.nps import Counts

MOST_VALUES = 200  # an attribute with more, such as a name, tells nobody apart from everybody else


@dataclass(frozen=True)
class Finding:
    """One value against the rest of those who have a value. Points, -200 to 200."""

    dimension: Dimension
    slice: Slice
    compared: Compared

    @property
    def verdict(self) -> Verdict:
        return self.compared.verdict

    @property
    def value(self) -> float:
        return self.compared.difference.value * 100

    @property
    def low(self) -> float:
        return self.compared.difference.low * 100

    @property
    def high(self) -> float:
        return self.compared.difference.high * 100

    @property
    def detectable(self) -> int:
        return round(self.compared.detectable * 100)


@dataclass(frozen=True)
class Whole:
    """One attribute as a whole: do its groups differ at all?"""

    dimension: Dimension
    tested: int
    omnibus: Omnibus | None


@dataclass(frozen=True)
class Scan:
    """What was compared. `too_small` groups had fewer than 30 answers on one side; `hidden` stay so.

    `same_groups` make the same groups as another dimension, and are compared once.
    """

    findings: list[Finding]
    wholes: list[Whole]
    n: int
    too_small: int
    hidden: int
    too_many_values: list[Dimension]
    same_groups: list[Dimension]
    false_share: float

    @property
    def tests(self) -> int:
        return len(self.findings)

    def of(self, verdict: Verdict) -> list[Finding]:
        return [each for each in self.findings if each.verdict is verdict]


def scan(chosen: Filter, actor: Actor, *, false_share: float = comparing.FALSE_SHARE) -> Scan:
    """Compare all groups that the filter lets through, as the attributes were when people answered."""
    guard = reporting.Guard.of(actor, chosen)
    responses = grouping.last_of_each(chosen.responses(actor))
    pairs: dict[Hashable, tuple[Counts, Counts]] = {}
    slices: dict[Hashable, tuple[Dimension, Slice]] = {}
    wholes, too_many, same = [], [], []
    seen: set[frozenset[tuple[str, Counts]]] = set()
    too_small = hidden_groups = 0
    # Attributes first: where a fact makes the same groups, a segment can be made of the attribute.
    for dimension in sorted(grouping.dimensions(actor), key=lambda each: not each.attribute):
        found, without = grouping.by_value(responses, dimension)
        if len(found) > MOST_VALUES:
            too_many.append(dimension)
            continue
        if not found:
            continue
        groups = frozenset((each.label, each.counts) for each in found)
        if groups in seen:  # a unit for each store: the same people by another name
            same.append(dimension)
            continue
        seen.add(groups)
        sizes: dict[Hashable, int] = {each.key: each.counts.n for each in found}
        hidden = privacy.hidden({**sizes, **({None: without} if without else {})}, guard.threshold)
        hidden_groups += len(hidden - {None})
        total = Counts(0, 0, 0)
        for each in found:
            total += each.counts
        tested = [
            each
            for each in found
            if each.key not in hidden
            and each.counts.n >= TESTED_FROM
            and total.n - each.counts.n >= max(TESTED_FROM, guard.threshold)
        ]
        too_small += len([each for each in found if each not in tested and each.key not in hidden])
        if not tested:
            continue
        wholes.append(Whole(dimension, len(tested), comparing.omnibus([each.counts for each in tested])))
        for each in _once(dimension, found, tested):
            pairs[dimension.key, each.key] = (each.counts, _minus(total, each.counts))
            slices[dimension.key, each.key] = (dimension, each)
    compared = comparing.compare(pairs, false_share=false_share)
    findings = [Finding(*slices[key], each) for key, each in compared.items()]
    findings.sort(key=lambda each: (each.compared.adjusted_p, -abs(each.value)))
    n = reporting.counts_of(responses).n
    return Scan(
        findings=findings,
        wholes=sorted(wholes, key=lambda each: each.omnibus.p if each.omnibus else 1.0),
        n=0 if 0 < n < guard.threshold else n,
        too_small=too_small,
        hidden=hidden_groups,
        too_many_values=too_many,
        same_groups=same,
        false_share=false_share,
    )


def _once(dimension: Dimension, found: list[Slice], tested: list[Slice]) -> list[Slice]:
    """Two values are one comparison seen from two sides: the smaller group speaks, yes rather than no."""
    if len(found) != 2 or len(tested) != 2:
        return tested
    if dimension.kind == AttributeKind.YES_NO:
        return [next((each for each in tested if each.key == "true"), tested[0])]
    return [min(tested, key=lambda each: (each.counts.n, each.key))]


def _minus(total: Counts, part: Counts) -> Counts:
    return Counts(
        total.detractors - part.detractors, total.passives - part.passives, total.promoters - part.promoters
    )
