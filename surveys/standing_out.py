"""Which themes are spoken of more here than among the rest, and which less.

Here is what a filter lets through; the rest are all other commenters of the same survey and period. Shares of
commenters, the difference with Newcombe's interval, Fisher's exact p, and Benjamini-Hochberg over all themes at once;
the intervals of those called real are widened for having been picked out, as everywhere (surveys/comparing.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db.models import Count

from accounts.acting import Actor
from surveys import comparing, proportions
from surveys.comparing import FALSE_SHARE, TESTED_FROM
from surveys.filtering import Filter
from surveys.models import Mention, Theme
from surveys.models.response import ResponseQuerySet
from surveys.nps import Interval
from surveys.reporting import Guard
from surveys.weighing_themes import commenters_of


@dataclass(frozen=True)
class Standing:
    """One theme: (who speak of it, commenters) here and among the rest; `real` after control of all themes."""

    theme: Theme
    here: tuple[int, int]
    rest: tuple[int, int]
    interval: Interval
    adjusted_p: float

    @property
    def real(self) -> bool:
        return self.adjusted_p <= FALSE_SHARE

    @property
    def share_here(self) -> float:
        return self.here[0] / self.here[1]

    @property
    def share_rest(self) -> float:
        return self.rest[0] / self.rest[1]

    @property
    def value(self) -> float:
        return self.share_here - self.share_rest

    @property
    def points(self) -> float:
        return self.value * 100

    @property
    def points_low(self) -> float:
        return self.interval.low * 100

    @property
    def points_high(self) -> float:
        return self.interval.high * 100


@dataclass(frozen=True)
class Standings:
    """Themes that really stand out first. `narrow`: the filter is one; `few`: under 30 commenters on a side; `hidden`:
    for this reader small groups are, and a part of the answers beside the whole could tell of one."""

    rows: list[Standing]
    here: int
    rest: int
    narrow: bool = True
    hidden: bool = False

    @property
    def few(self) -> bool:
        return min(self.here, self.rest) < TESTED_FROM


def standings(chosen: Filter, actor: Actor) -> Standings:
    """What the filter lets through against all else of the same survey and period."""
    chosen = chosen.without_theme()
    wide = replace(chosen.of_everybody(), channel="", touchpoint="", stage="", segment=None)
    if chosen == wide:
        return Standings([], 0, 0, narrow=False)
    if Guard.of(actor, wide).is_on:
        return Standings([], 0, 0, hidden=True)
    inside = commenters_of(chosen, actor)
    # Somebody who is here with one answer is no part of the rest with another.
    known = inside.exclude(customer=None).values("customer")
    outside = commenters_of(wide, actor).exclude(pk__in=inside.values("pk")).exclude(customer__in=known)
    here, rest = inside.count(), outside.count()
    found = Standings([], here, rest)
    if found.few:
        return found
    counted, others = _counted(inside), _counted(outside)
    themes = [each for each in Theme.objects.present() if counted.get(each.pk) or others.get(each.pk)]
    pairs = [((counted.get(each.pk, 0), here), (others.get(each.pk, 0), rest)) for each in themes]
    after = comparing.adjusted([proportions.exact_p(*pair) for pair in pairs])
    picked = sum(p <= FALSE_SHARE for p in after)
    rows = []
    for theme, pair, p in zip(themes, pairs, after, strict=True):
        level = 1 - picked * FALSE_SHARE / len(pairs) if p <= FALSE_SHARE else 0.95
        interval = proportions.difference(*pair, level=min(level, 1 - 1e-12))
        assert interval is not None
        rows.append(Standing(theme, *pair, interval, p))
    rows.sort(key=lambda each: (not each.real, -abs(each.value)))
    return replace(found, rows=rows)


def _counted(commenters: ResponseQuerySet) -> dict[int, int]:
    rows = Mention.objects.present().filter(response__in=commenters.values("pk")).order_by()
    return dict(rows.values_list("theme_id").annotate(n=Count("id")))
