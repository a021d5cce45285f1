"""What each channel brings: how many answer, how fast, how much of the survey, which score; and what follows.

Rates and times are of those who were asked by name in the period; scores and lengths of the answers of the period.
Opening a page is no fact about a person (machines open too), so no time is counted from it. People are not given
their channel by lot: a difference between channels may be one between the people.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, FloatField, Func, Q
from django.utils.translation import gettext as _

from accounts.acting import Actor
from surveys import comparing, costing, grouping, nps, privacy, proportions, reporting
from surveys.charts.drawing import signed
from surveys.comparing import TESTED_FROM, Verdict
from surveys.filtering import Filter
from surveys.grouping import Dimension
from surveys.models import Answer
from surveys.nps import Counts
from surveys.reporting import Guard, Scored

FAR_APART = 2.0  # a response rate so many times another one is a warning (design: numbers.md)


@dataclass(frozen=True)
class Rate:
    """Of `asked` people `sent` were written to and `answered` did so; the share of all, and its Wilson interval.

    From 0 to 1; None where nobody was asked.
    """

    asked: int
    answered: int
    sent: int = 0

    @property
    def value(self) -> float | None:
        return self.answered / self.asked if self.asked else None

    @property
    def low(self) -> float | None:
        found = nps.proportion(self.answered, self.asked)
        return found.low if found else None

    @property
    def high(self) -> float | None:
        found = nps.proportion(self.answered, self.asked)
        return found.high if found else None


@dataclass(frozen=True)
class Hours:
    """From the sending to the answer: a quarter, half and three quarters answered within so many hours; `n` people."""

    n: int
    quarter: float
    half: float
    three_quarters: float


@dataclass(frozen=True)
class Length:
    """Questions answered in each answer on average, and how many of `n` answers reached the last page."""

    n: int
    answered: float
    complete: int

    @property
    def share_complete(self) -> float:
        return self.complete / self.n


@dataclass(frozen=True)
class Cost:
    """In the organization's currency: what asking one person was said to cost, all who were sent it, one answer."""

    per_asked: Decimal
    sent: int
    answered: int

    @property
    def total(self) -> Decimal:
        return self.per_asked * self.sent

    @property
    def per_answer(self) -> Decimal | None:
        return self.total / self.answered if self.answered else None


@dataclass(frozen=True)
class Channel:
    """One channel. Everything but the name is None where it stays hidden, or where there is nothing to tell."""

    key: str
    label: str
    scored: Scored
    rate: Rate | None
    hours: Hours | None
    length: Length | None
    # What was entered, whoever looks; the sums only where the rate is told.
    per_asked: Decimal | None = None
    cost: Cost | None = None


@dataclass(frozen=True)
class Advice:
    """One sentence of advice; `kind` is that of a note: info or warn."""

    kind: str
    words: str


@dataclass(frozen=True)
class Weighed:
    channels: list[Channel]
    advice: list[Advice]

    @property
    def is_empty(self) -> bool:
        return not self.channels


class _Quartiles(Aggregate):
    template = "percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = ArrayField(FloatField())


class _Seconds(Func):
    template = "EXTRACT(EPOCH FROM %(expressions)s)"
    output_field = FloatField()


def weighed(chosen: Filter, actor: Actor) -> Weighed:
    """Every channel on which somebody was asked or answered, the one with the most answers first."""
    chosen = replace(chosen.of_everybody(), channel="")
    guard = Guard.of(actor, chosen)
    dimension = Dimension("channel", _("Channel"))
    slices, without = grouping.by_value(grouping.last_of_each(chosen.responses(actor)), dimension)
    counts = {each.key: each.counts for each in slices}
    sizes: dict[Hashable, int] = {key: each.n for key, each in counts.items()}
    hidden = privacy.hidden({**sizes, **({"": without} if without else {})}, guard.threshold)
    asked = _rates(chosen, actor)
    hours, lengths = _hours(chosen, actor), _lengths(chosen, actor)
    label = grouping.labeller(dimension)
    channels = [
        Channel(
            key,
            label(key),
            Scored(counts.get(key, reporting.NOTHING), hidden=key in hidden),
            None if key in hidden or (guard.is_on and _small(asked.get(key), guard)) else asked.get(key),
            None if key in hidden or guard.is_on else hours.get(key),
            None if key in hidden or guard.is_on else lengths.get(key),
        )
        for key in sorted({*counts, *asked})
    ]
    # Not by n where it is hidden: the order would tell it.
    costs = costing.entered()
    channels = [_with_cost(each, costs.get(each.key)) for each in channels]
    channels.sort(
        key=lambda each: (each.scored.hidden, -(0 if each.scored.hidden else each.scored.n), each.label)
    )
    return Weighed(channels, _advice(channels))


def _with_cost(channel: Channel, per_asked: Decimal | None) -> Channel:
    if per_asked is None or channel.rate is None:
        return replace(channel, per_asked=per_asked)
    return replace(
        channel, per_asked=per_asked, cost=Cost(per_asked, channel.rate.sent, channel.rate.answered)
    )


def _small(rate: Rate | None, guard: Guard) -> bool:
    return rate is not None and 0 < rate.answered < guard.threshold


def _rates(chosen: Filter, actor: Actor) -> dict[str, Rate]:
    rows = reporting.asked_of(chosen, actor).order_by().values("distribution__channel")
    counted = rows.annotate(
        n=Count("id"),
        answered=Count("id", filter=Q(started_at__isnull=False)),
        sent=Count("id", filter=Q(sent_at__isnull=False)),
    )
    return {row["distribution__channel"]: Rate(row["n"], row["answered"], row["sent"]) for row in counted}


def _hours(chosen: Filter, actor: Actor) -> dict[str, Hours]:
    """Of those with both times; an answer before the sending is noted is none."""
    timed = reporting.asked_of(chosen, actor).filter(started_at__gte=F("sent_at"))
    taken = ExpressionWrapper(F("started_at") - F("sent_at"), output_field=DurationField())
    rows: Any = timed.order_by().values("distribution__channel")
    found = rows.annotate(n=Count("id"), cuts=_Quartiles(_Seconds(taken)))
    return {
        row["distribution__channel"]: Hours(row["n"], *(each / 3600 for each in row["cuts"])) for row in found
    }


def _lengths(chosen: Filter, actor: Actor) -> dict[str, Length]:
    responses = chosen.responses(actor).order_by()
    answers = Answer.objects.filter(response__in=responses.values("pk")).order_by()
    given = dict(answers.values_list("response__channel").annotate(n=Count("id")))
    rows = responses.values("channel").annotate(
        n=Count("id"), complete=Count("id", filter=Q(state="complete"))
    )
    return {
        row["channel"]: Length(row["n"], given.get(row["channel"], 0) / row["n"], row["complete"])
        for row in rows
    }


def _advice(channels: list[Channel]) -> list[Advice]:
    shown = [each for each in channels if not each.scored.hidden]
    found = [*_on_rates(shown), *_on_costs(shown), *_on_times(shown), *_on_scores(shown)]
    used = [each for each in shown if each.scored.n or each.rate]
    if len(used) == 1:
        one = _(
            "Only %(channel)s was used here. What another channel would bring cannot be told before it is tried."
        )
        found.append(Advice("info", one % {"channel": used[0].label}))
    if used and not found:
        found.append(Advice("info", _("Too few people were asked or answered to advise anything yet.")))
    return found


def _on_rates(channels: list[Channel]) -> list[Advice]:
    """The most answered channel against each other one with people enough; all of the intervals at once."""
    rated = [
        (each, each.rate)
        for each in channels
        if each.rate is not None and each.rate.asked >= TESTED_FROM and each.rate.value is not None
    ]
    rated.sort(key=lambda pair: pair[1].value or 0.0, reverse=True)
    told = []
    for channel, rate in rated[1:]:
        best, highest = rated[0]
        level = 1 - 0.05 / (len(rated) - 1)
        gap = proportions.difference((highest.answered, highest.asked), (rate.answered, rate.asked), level)
        if gap is None:
            continue
        names = {"best": best.label, "other": channel.label}
        if gap.low <= 0:
            words = _("Whether more people answer on %(best)s than on %(other)s cannot be told yet.") % names
            told.append(Advice("info", words))
            continue
        ends = {"low": round(gap.low * 100), "high": round(gap.high * 100)}
        words = _("More people answer on %(best)s than on %(other)s: %(low)s to %(high)s of a hundred more.")
        told.append(Advice("info", words % {**names, **ends}))
        if rate.value is None or (highest.value or 0.0) > FAR_APART * rate.value:
            words = _(
                "Response differs by more than two times, so those silent on %(other)s may feel otherwise."
            )
            told.append(Advice("warn", words % names))
    return told


def _on_costs(channels: list[Channel]) -> list[Advice]:
    """What an answer cost, where it was entered and enough were asked: told as it is, without a test."""
    priced = [
        (each.cost.per_answer, each.label)
        for each in channels
        if each.cost is not None and each.cost.per_answer is not None and each.cost.sent >= TESTED_FROM
    ]
    if len(priced) < 2:
        return []
    cheap, dear = min(priced), max(priced)
    words = _("By what was entered, an answer cost %(low)s on %(cheap)s and %(high)s on %(dear)s.")
    facts = {"low": f"{cheap[0]:.2f}", "cheap": cheap[1], "high": f"{dear[0]:.2f}", "dear": dear[1]}
    return [Advice("info", words % facts)]


def _on_times(channels: list[Channel]) -> list[Advice]:
    words = _(
        "On %(channel)s three quarters of those who answer do so within %(hours)s hours; a reminder before that"
        " reaches many who would answer anyway."
    )
    return [
        Advice("info", words % {"channel": each.label, "hours": max(1, round(each.hours.three_quarters))})
        for each in channels
        if each.hours is not None and each.hours.n >= TESTED_FROM
    ]


def _on_scores(channels: list[Channel]) -> list[Advice]:
    """Pair by pair as one family: which channels really score differently."""
    tested = [each for each in channels if each.scored.n >= TESTED_FROM]
    beside = [(tested[at], tested[other]) for at in range(len(tested)) for other in range(at)]
    pairs: dict[Hashable, tuple[Counts, Counts]] = {
        at: (first.scored.counts, second.scored.counts) for at, (first, second) in enumerate(beside)
    }
    told = []
    for (first, second), compared in zip(beside, comparing.compare(pairs).values(), strict=True):
        names = {"first": first.label, "second": second.label}
        if compared.verdict is Verdict.REAL:
            ends = (compared.difference.low * 100, compared.difference.high * 100)
            words = _(
                "%(first)s scores %(low)s to %(high)s points against %(second)s. Who answers where is not by lot, so"
                " keep the mix of channels steady, or read each by itself, when you compare periods."
            )
            told.append(Advice("warn", words % {**names, "low": signed(ends[0]), "high": signed(ends[1])}))
        elif compared.verdict is Verdict.UNKNOWN:
            words = _(
                "Whether %(first)s and %(second)s score differently cannot be told; from about %(n)s points on it"
                " could."
            )
            told.append(Advice("info", words % {**names, "n": round(compared.detectable * 100)}))
    return told
