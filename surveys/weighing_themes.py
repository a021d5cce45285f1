"""What the themes weigh: how many speak of each and how, the score of those who do, and what it does to the whole.

Of a customer the last answer with words counts. The score of commenters with a theme is compared with that of all
other commenters, all themes as one family (surveys/comparing.py). The leverage is the share of those with the theme
among everybody who answered, times that difference: by how many points the score of all would move, had they scored
like the other commenters. Its interval is that of the difference; the share is taken as counted. People who comment
differ from those who do not, and a theme need not be the cause of a score.

Themes share comments, so for readers to whom small groups are hidden a theme is told as long as no sum and difference
of what is told speaks of a small group (`privacy.tellable_sums`), the oldest theme first; then its tones likewise.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from accounts.acting import Actor
from surveys import comparing, cusum, grouping, nps, privacy, reporting
from surveys.comparing import FALSE_SHARE, TESTED_FROM, Compared, Verdict
from surveys.filtering import Filter
from surveys.models import Mention, Response, Theme
from surveys.models.response import ResponseQuerySet
from surveys.nps import Counts, Interval
from surveys.reporting import NOTHING, Guard, Scored

SENTIMENTS = (-1, 0, 1)


@dataclass(frozen=True)
class Spoken:
    """How often a theme is spoken of as a complaint, neither, as praise."""

    negative: int
    neutral: int
    positive: int


@dataclass(frozen=True)
class Weighed:
    """One theme among the comments of a filter. Shares are 0 to 1, scores and leverage in points.

    `hidden`: nothing of it may be told. `tones` is None where they may not. `compared` is None under 30 on a side.
    """

    theme: Theme
    counts: Counts
    commenters: int
    answers: int
    hidden: bool = False
    tones: Spoken | None = None
    compared: Compared | None = None

    @property
    def n(self) -> int:
        return 0 if self.hidden else self.counts.n

    @property
    def scored(self) -> Scored:
        return Scored(self.counts, hidden=self.hidden)

    @property
    def share(self) -> float | None:
        return None if self.hidden or not self.commenters else self.counts.n / self.commenters

    @property
    def share_interval(self) -> Interval | None:
        return None if self.hidden else nps.proportion(self.counts.n, self.commenters)

    @property
    def verdict(self) -> Verdict | None:
        return self.compared.verdict if self.compared else None

    @property
    def value(self) -> float | None:
        return self.compared.difference.value * 100 if self.compared else None

    @property
    def low(self) -> float | None:
        return self.compared.difference.low * 100 if self.compared else None

    @property
    def high(self) -> float | None:
        return self.compared.difference.high * 100 if self.compared else None

    @property
    def adjusted_p(self) -> float | None:
        return self.compared.adjusted_p if self.compared else None

    def _of_all(self, value: float | None) -> float | None:
        return None if value is None or not self.answers else value * self.counts.n / self.answers

    @property
    def leverage(self) -> float | None:
        return self._of_all(self.value)

    @property
    def leverage_low(self) -> float | None:
        return self._of_all(self.low)

    @property
    def leverage_high(self) -> float | None:
        return self._of_all(self.high)


@dataclass(frozen=True)
class Themes:
    """All themes of a filter, those with the greatest effect on the score first, then by how many speak of them.

    `untold` commenters speak of no theme; None where that stays hidden, as do the numbers of a hidden whole.
    """

    rows: list[Weighed]
    commenters: int
    answers: int
    untold: int | None
    hidden: bool = False

    @property
    def tested(self) -> int:
        return sum(each.compared is not None for each in self.rows)

    def of(self, theme: Theme) -> Weighed:
        return next(each for each in self.rows if each.theme.pk == theme.pk)


def commenters_of(chosen: Filter, actor: Actor) -> ResponseQuerySet:
    """The last answer with words of each customer that the filter lets through."""
    worded: ResponseQuerySet = chosen.without_theme().responses(actor)
    return grouping.last_of_each(worded.with_words())


def weighed(chosen: Filter, actor: Actor) -> Themes:
    """Every theme that is there, as the filter lets its comments through."""
    chosen = chosen.without_theme()
    guard = Guard.of(actor, chosen)
    themes = list(Theme.objects.present().order_by("pk"))
    commenters = commenters_of(chosen, actor)
    total = reporting.counts_of(commenters)
    answers = grouping.last_of_each(chosen.responses(actor)).count()
    if 0 < total.n < guard.threshold:
        return Themes([Weighed(each, NOTHING, 0, 0, hidden=True) for each in themes], 0, 0, None, hidden=True)
    told = Told.of(commenters, themes, guard)
    counted = _counted(commenters)
    rows = []
    for theme in themes:
        spoken = counted.get(theme.pk, {})
        counts = sum((spoken[each] for each in spoken), NOTHING)
        tones = Spoken(*(spoken.get(each, NOTHING).n for each in SENTIMENTS))
        if theme.pk not in told.themes:
            rows.append(Weighed(theme, counts, total.n, answers, hidden=True))
        else:
            rows.append(
                Weighed(theme, counts, total.n, answers, tones=tones if theme.pk in told.tones else None)
            )
    rows = _compared(rows, total, guard)
    rows.sort(key=lambda each: (each.hidden, -abs(each.leverage or 0.0), -each.n, each.theme.name))
    return Themes(rows, total.n, answers, told.untold)


@dataclass(frozen=True)
class Told:
    """Which themes, and whose tones, may be told to this reader; `untold` commenters speak of no theme."""

    themes: frozenset[int]
    tones: frozenset[int]
    untold: int | None

    @classmethod
    def of(cls, commenters: ResponseQuerySet, themes: Sequence[Theme], guard: Guard) -> Told:
        keys = [each.pk for each in themes]
        if not guard.is_on:
            spoken = Mention.objects.present().filter(response__in=commenters.values("pk"))
            silent = commenters.exclude(pk__in=spoken.values("response_id")).count()
            return cls(frozenset(keys), frozenset(keys), silent)
        parts = _parts(commenters, keys)
        # Places: all themes, then the complaints and the praise of each.
        order = list(range(3 * len(keys)))
        told = set(privacy.tellable_sums(parts, order, guard.threshold))
        shown = [key for place, key in enumerate(keys) if place in told]
        toned = [
            key
            for place, key in enumerate(keys)
            if {place, len(keys) + 2 * place, len(keys) + 2 * place + 1} <= told
        ]
        return cls(frozenset(shown), frozenset(toned), None)


def _parts(commenters: ResponseQuerySet, keys: Sequence[int]) -> dict[tuple[bool, ...], int]:
    """How many commenters are in each way of speaking of some themes, and of others not."""
    place = {key: at for at, key in enumerate(keys)}
    said: dict[int, list[bool]] = defaultdict(lambda: [False] * (3 * len(keys)))
    rows = Mention.objects.present().filter(response__in=commenters.values("pk"))
    for response, theme, sentiment in rows.values_list("response_id", "theme_id", "sentiment").iterator():
        if theme in place:
            line = said[response]
            line[place[theme]] = True
            if sentiment:
                line[len(keys) + 2 * place[theme] + (sentiment > 0)] = True
    parts: Counter[tuple[bool, ...]] = Counter(tuple(line) for line in said.values())
    silent = commenters.count() - len(said)
    if silent > 0:
        parts[(False,) * (3 * len(keys))] += silent
    return dict(parts)


def _counted(commenters: ResponseQuerySet) -> dict[int, dict[int, Counts]]:
    """Theme -> sentiment -> the scores of those who speak of it so."""
    rows = (
        Mention.objects.present()
        .filter(response__in=commenters.values("pk"))
        .order_by()
        .values("theme_id", "sentiment")
        .annotate(
            detractors=Count("id", filter=Q(response__score__lte=6)),
            passives=Count("id", filter=Q(response__score__gte=7, response__score__lte=8)),
            promoters=Count("id", filter=Q(response__score__gte=9)),
        )
    )
    found: dict[int, dict[int, Counts]] = defaultdict(dict)
    for row in rows:
        found[row["theme_id"]][row["sentiment"]] = Counts(
            row["detractors"], row["passives"], row["promoters"]
        )
    return found


def _compared(rows: list[Weighed], total: Counts, guard: Guard) -> list[Weighed]:
    """With and without each theme, as one family of tests."""
    least = max(TESTED_FROM, guard.threshold)
    pairs: dict[Any, tuple[Counts, Counts]] = {
        each.theme.pk: (each.counts, total - each.counts)
        for each in rows
        if not each.hidden and each.counts.n >= least and total.n - each.counts.n >= least
    }
    found: Mapping[Any, Compared] = comparing.compare(pairs, false_share=FALSE_SHARE) if pairs else {}
    return [replace(each, compared=found.get(each.theme.pk)) for each in rows]


@dataclass(frozen=True)
class Span:
    """A theme in one period: how many of the commenters speak of it, and how."""

    start: dt.date
    label: str
    commenters: int
    counts: Counts
    tones: Spoken | None
    finished: bool
    hidden: bool = False

    @property
    def n(self) -> int:
        return 0 if self.hidden else self.counts.n

    @property
    def share(self) -> float | None:
        return None if self.hidden or not self.commenters else self.counts.n / self.commenters

    @property
    def share_interval(self) -> Interval | None:
        return None if self.hidden else nps.proportion(self.counts.n, self.commenters)


@dataclass(frozen=True)
class Turn:
    """The share of commenters who speak of a theme really moved: since one period, sure with another."""

    began: Span
    rang: Span
    up: bool
    before: float
    after: float


@dataclass(frozen=True)
class Line:
    spans: list[Span]
    turns: list[Turn]


def line(theme: Theme, chosen: Filter, actor: Actor, *, now: dt.datetime | None = None) -> Line:
    """How often a theme is spoken of by calendar periods of the organization, and where that really shifted.

    The alarm is the one of the score (surveys/cusum.py), on the share of commenters who speak of it.
    """
    chosen = chosen.without_theme()
    guard = Guard.of(actor, chosen)
    truncated = reporting.TRUNCATED[chosen.step]("answered_at", tzinfo=chosen.zone)
    worded = chosen.responses(actor).with_words().annotate(period=truncated)
    last = grouping.last_of_each(worded, "period").annotate(period=truncated)
    totals = {
        row["period"].date(): row["n"]
        for row in last.values("period").annotate(n=Count("id")).order_by("period")
    }
    spoken: dict[dt.date, dict[int, Counts]] = defaultdict(dict)
    for sentiment in SENTIMENTS:
        having = last.filter(
            pk__in=Mention.objects.filter(theme=theme, sentiment=sentiment).values("response_id")
        )
        for row in having.values("period").annotate(**grouping.three()).order_by("period"):
            spoken[row["period"].date()][sentiment] = Counts(
                row["detractors"], row["passives"], row["promoters"]
            )
    starts = reporting.period_starts(chosen, totals, now)
    within = {start: sum(spoken[start].values(), NOTHING) for start in starts}
    hidden = _hidden_periods(theme, chosen, actor, guard, totals, within)
    today = (now or timezone.now()).astimezone(chosen.zone).date()
    spans = [
        Span(
            start=start,
            label=reporting.period_label(start, chosen.step),
            commenters=totals.get(start, 0) if start not in hidden else 0,
            counts=within[start] if start not in hidden else NOTHING,
            tones=None
            if guard.is_on
            else Spoken(*(spoken[start].get(each, NOTHING).n for each in SENTIMENTS)),
            finished=reporting.period_after(start, chosen.step) <= today,
            hidden=start in hidden,
        )
        for start in starts
    ]
    return Line(spans, _turns(spans))


def _hidden_periods(
    theme: Theme,
    chosen: Filter,
    actor: Actor,
    guard: Guard,
    totals: Mapping[dt.date, int],
    within: Mapping[dt.date, Counts],
) -> set[dt.date]:
    if not guard.is_on:
        return set()
    if weighed(chosen, actor).of(theme).hidden:
        return set(within)
    sizes: dict[Any, int] = {}
    for start, counts in within.items():
        sizes[start, True] = counts.n
        sizes[start, False] = totals.get(start, 0) - counts.n
    hidden = privacy.hidden_with_sums(sizes, guard.threshold)
    return {
        start for start in within if start in hidden.rows or hidden.cells & {(start, True), (start, False)}
    }


def _turns(spans: Sequence[Span]) -> list[Turn]:
    """Of the finished periods: each person counts 1 or 0, so the share is a score without detractors."""
    periods = [
        Counts(0, each.commenters - each.counts.n, each.counts.n)
        if each.finished and not each.hidden
        else NOTHING
        for each in spans
    ]
    return [
        Turn(
            spans[each.began],
            spans[each.at],
            each.up,
            each.before.promoters / each.before.n,
            each.after.promoters / each.after.n,
        )
        for each in cusum.shifts(periods)
    ]


def quotes(theme: Theme, chosen: Filter, actor: Actor, *, most: int = 6) -> list[Response]:
    """Comments that speak of the theme, for those who may read single answers: complaints and praise in turn, those
    of middle length first, since they say something and say it shortly."""
    found = reporting.comments(replace(chosen, theme=theme, tone=""), actor)
    latest = list(found.select_related("customer")[:200])
    spoken = dict(
        Mention.objects.filter(theme=theme, response__in=[each.pk for each in latest]).values_list(
            "response_id", "sentiment"
        )
    )
    return _in_turn(
        [[each for each in latest if spoken.get(each.pk) == sentiment] for sentiment in (-1, 1, 0)],
        most,
    )


_ADDRESS = re.compile(r"\S+@\S+\.\S+|\+?\d(?:[\s/().-]?\d){6,}")


def without_names(response: Response) -> str:
    """The comment without addresses and numbers to call, and without the name of who wrote it."""
    words = _ADDRESS.sub("…", response.comment)
    customer = response.customer
    for part in (customer.name if customer else "").split():
        if len(part) > 1:
            words = re.sub(rf"\b{re.escape(part)}\b", "…", words, flags=re.IGNORECASE)
    return words


def _in_turn(piles: Iterable[list[Response]], most: int) -> list[Response]:
    waiting = [sorted(pile, key=_length_from_best) for pile in piles]
    taken: list[Response] = []
    said: set[str] = set()
    while len(taken) < most and any(waiting):
        for pile in waiting:
            while pile and pile[0].comment in said:
                pile.pop(0)
            if pile and len(taken) < most:
                said.add(pile[0].comment)
                taken.append(pile.pop(0))
    return taken


def _length_from_best(response: Response) -> tuple[int, int]:
    return (abs(len(response.comment) - 90) // 40, -response.pk)
