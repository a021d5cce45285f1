"""What the answers say: scores with intervals, histogram, trend, breakdown, the way to a reason.

Everything is computed from counts per category; where a customer answered more than once, their last
answer in the period stands for them. Reports are frozen values with n, and with what must stay hidden.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDay, TruncMonth, TruncQuarter, TruncWeek
from django.utils import timezone
from django.utils.formats import date_format

from accounts.acting import Actor
from segments.compiling import members
from surveys import cusum, grouping, nps, privacy, veiling
from surveys.filtering import Filter
from surveys.models import Annotation, Invitation, Response
from surveys.models.invitation import InvitationQuerySet
from surveys.models.response import ResponseQuerySet
from surveys.nps import Counts

TRUNCATED = {"day": TruncDay, "week": TruncWeek, "month": TruncMonth, "quarter": TruncQuarter}
MOST_PERIODS = 400
MOST_GROUPS = 40
BEYOND = 10**12  # answers; more than any group has
MOST_NOTES = 26  # on one line: a letter for each
NOTHING = Counts(0, 0, 0)


@dataclass(frozen=True)
class Scored:
    """A score as people read it, -100 to 100. `verdict`: none, hidden, few (< 10), weak (< 30), enough."""

    counts: Counts
    hidden: bool = False

    @property
    def n(self) -> int:
        return self.counts.n

    @property
    def score(self) -> float | None:
        value = nps.score(self.counts)
        return None if self.hidden or value is None else value * 100

    @property
    def low(self) -> float | None:
        found = nps.interval(self.counts)
        return None if self.hidden or found is None else found.low * 100

    @property
    def high(self) -> float | None:
        found = nps.interval(self.counts)
        return None if self.hidden or found is None else found.high * 100

    @property
    def verdict(self) -> str:
        if self.hidden:
            return "hidden"
        if self.n == 0:
            return "none"
        if self.n < nps.JUDGED_FROM:
            return "few"
        return "weak" if self.n < nps.WEAK_BELOW else "enough"

    @property
    def detectable(self) -> int | None:
        """The smallest difference, in points, that two groups of this size would show."""
        found = nps.detectable(self.counts)
        return None if found is None or self.hidden else round(found * 100)


@dataclass(frozen=True)
class Change:
    """Against the period just before, in points."""

    value: float
    low: float
    high: float
    n_before: int

    @property
    def is_real(self) -> bool:
        """The whole interval lies on one side of zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Overall:
    """The score of everybody the filter lets through."""

    scored: Scored
    histogram: tuple[int, ...]
    answers: int
    set_aside: int
    excluded: int
    change: Change | None = None


@dataclass(frozen=True)
class Noted:
    """A note that stands on the line in a period."""

    pk: int
    day: dt.date
    words: str


@dataclass(frozen=True)
class Period:
    """One period of a trend; `year_before` is the same period a year earlier."""

    start: dt.date
    label: str
    scored: Scored
    finished: bool
    year_before: Scored | None = None
    notes: tuple[Noted, ...] = ()


@dataclass(frozen=True)
class Shifted:
    """A real shift of the line: it began with one period and was sure with another; the scores of the stretch
    before it and of the periods from one to the other. `at` is the place of the period in the trend."""

    began: Period
    rang: Period
    at: int
    up: bool
    before: Scored
    after: Scored


@dataclass(frozen=True)
class Group:
    """One value of a breakdown."""

    label: str
    scored: Scored


@dataclass(frozen=True)
class Breakdown:
    by: str
    label: str
    groups: list[Group]
    without: int = 0
    protected: bool = False
    # Groups that may share people, as of now: they do not add up.
    overlapping: bool = False


@dataclass(frozen=True)
class Way:
    """From the invitation to the reason; the rate with its interval, shares from 0 to 1."""

    asked: int
    delivered: int
    failed: int
    opened: int
    scored: int
    reasons: int
    rate: float | None
    rate_low: float | None
    rate_high: float | None


@dataclass(frozen=True)
class Guard:
    """What must stay hidden from this reader: nothing, groups smaller than the threshold, or everything.

    `least` is the organization's threshold, for people to read. Where the filter itself would give a small group
    away, `veiled`, the threshold is beyond every group.
    """

    threshold: int = 1
    reasons: tuple[str, ...] = field(default_factory=tuple)
    least: int = 1
    veiled: bool = False

    @property
    def is_on(self) -> bool:
        return self.threshold > 1

    @classmethod
    def of(cls, actor: Actor, chosen: Filter) -> Guard:
        """Anonymous surveys for everybody; the rest for those who may not read single answers."""
        reasons = []
        if chosen.survey is not None and (
            chosen.survey.anonymous or Response.objects.of(chosen.survey).filter(anonymous=True).exists()
        ):
            reasons.append("anonymous")
        if not actor.may("response.view"):
            reasons.append("rights")
        if not reasons:
            return cls()
        least = chosen.organization.privacy_threshold
        veiled = veiling.gives_away(chosen, actor, least)
        return cls(BEYOND if veiled else least, tuple(reasons), least, veiled)

    def scored(self, counts: Counts) -> Scored:
        return Scored(counts, hidden=0 < counts.n < self.threshold)


def overall(chosen: Filter, actor: Actor) -> Overall:
    """Score, histogram, and the change against the period before."""
    guard = Guard.of(actor, chosen)
    everything = chosen.responses(actor)
    bars = _histogram(grouping.last_of_each(everything))
    counts = Counts.of_histogram(bars)
    scored = guard.scored(counts)
    left_out = chosen.responses(actor, counting=False).filter(score__isnull=False, mode__in=chosen.modes)
    return Overall(
        scored=scored,
        histogram=tuple(bars) if not scored.hidden else (0,) * 11,
        answers=everything.count() if not scored.hidden else 0,
        set_aside=left_out.exclude(set_aside_at=None).count() if not scored.hidden else 0,
        excluded=left_out.exclude(excluded_at=None).count() if not scored.hidden else 0,
        change=_change(chosen, actor, guard, counts),
    )


def trend(chosen: Filter, actor: Actor, *, now: dt.datetime | None = None) -> list[Period]:
    """The score by calendar periods of the organization, with the same period of the year before."""
    now = now or timezone.now()
    guard = Guard.of(actor, chosen)
    found = _by_period(chosen.responses(actor, whole_time=True), chosen)
    starts = period_starts(chosen, found, now)
    hidden = privacy.hidden({start: found.get(start, NOTHING).n for start in starts}, guard.threshold)
    ends = {start: period_after(start, chosen.step) for start in starts}
    today = now.astimezone(chosen.zone).date()
    notes = _notes(chosen, starts, ends)
    periods = []
    for start in starts:
        earlier = found.get(_year_before(start, chosen.step))
        periods.append(
            Period(
                start=start,
                label=period_label(start, chosen.step),
                scored=Scored(found.get(start, NOTHING), hidden=start in hidden),
                finished=ends[start] <= today,
                year_before=guard.scored(earlier) if earlier is not None else None,
                notes=tuple(each for each in notes if start <= each.day < ends[start]),
            )
        )
    return periods


def shifts(chosen: Filter, periods: list[Period]) -> list[Shifted]:
    """Where the line of a trend really shifted; hidden and unfinished periods are passed by.

    None for a segment, a category or words: who is in it today may be there for the last score, and the line of
    such people bends by itself.
    """
    if chosen.segment is not None or chosen != chosen.of_everybody():
        return []
    counts = [each.scored.counts if each.finished and not each.scored.hidden else NOTHING for each in periods]
    return [
        Shifted(
            began=periods[each.began],
            rang=periods[each.at],
            at=each.began,
            up=each.up,
            before=Scored(each.before),
            after=Scored(each.after),
        )
        for each in cusum.shifts(counts)
    ]


def breakdown(chosen: Filter, actor: Actor) -> Breakdown | None:
    """The score by one attribute or fact, as it was when people answered; None for an unknown one."""
    dimension = next((each for each in grouping.dimensions(actor) if each.key == chosen.by), None)
    if dimension is None:
        return None
    guard = Guard.of(actor, chosen)
    slices, without = grouping.by_value(grouping.last_of_each(chosen.responses(actor)), dimension)
    slices = grouping.merged(slices, MOST_GROUPS)
    hidden = privacy.hidden(
        {**{each.key: each.counts.n for each in slices}, **({None: without} if without else {})},
        guard.threshold,
    )
    groups = [Group(each.label, Scored(each.counts, hidden=each.key in hidden)) for each in slices]
    # Not by n: the order would tell the size of the hidden ones.
    groups.sort(key=lambda each: (each.scored.hidden, -(each.scored.n if not each.scored.hidden else 0)))
    return Breakdown(
        dimension.key,
        dimension.label,
        groups,
        without=0 if None in hidden else without,
        protected=guard.is_on,
    )


def asked_of(chosen: Filter, actor: Actor) -> InvitationQuerySet:
    """The invitations of the period that went out, or will, as the filter narrows them."""
    asked: InvitationQuerySet = (
        Invitation.objects.all().visible_to(actor).asked().filter(mode__in=chosen.modes)
    )
    asked = asked.exclude(source="test")
    asked = (
        asked.filter(distribution__survey=chosen.survey)
        if chosen.survey
        else asked.filter(distribution__anonymous=False)
    )
    if chosen.begins():
        asked = asked.filter(issued_at__gte=chosen.begins())
    if chosen.ends():
        asked = asked.filter(issued_at__lt=chosen.ends())
    if chosen.touchpoint:
        asked = asked.filter(distribution__touchpoint=chosen.touchpoint)
    if chosen.channel:
        asked = asked.filter(distribution__channel=chosen.channel)
    if chosen.segment:
        asked = asked.filter(customer__in=members(chosen.segment).order_by().values("pk"))
    return asked


def way(chosen: Filter, actor: Actor) -> Way:
    """Of those asked in the period: who was reached, who looked, who sent a score, who gave a reason.

    Looking at the page is told and is no success: machines look too.
    """
    asked = asked_of(chosen, actor)
    failed = Q(outcome__in=[Invitation.Outcome.FAILED, Invitation.Outcome.UNKNOWN])
    counted = asked.order_by().aggregate(
        asked=Count("id"),
        failed=Count("id", filter=failed & Q(started_at=None)),
        sent=Count("id", filter=Q(sent_at__isnull=False) | Q(started_at__isnull=False)),
        opened=Count("id", filter=Q(opened_at__isnull=False)),
        scored=Count("id", filter=Q(started_at__isnull=False)),
    )
    reasons = (
        Response.objects.all()
        .visible_to(actor)
        .filter(invitation__in=asked.order_by().values("pk"))
        .with_words()
        .count()
    )
    delivered = max(counted["sent"] - counted["failed"], counted["scored"])
    rate = nps.proportion(counted["scored"], counted["asked"])
    return Way(
        asked=counted["asked"],
        delivered=delivered,
        failed=counted["failed"],
        opened=counted["opened"],
        scored=counted["scored"],
        reasons=reasons,
        rate=counted["scored"] / counted["asked"] if counted["asked"] else None,
        rate_low=rate.low if rate else None,
        rate_high=rate.high if rate else None,
    )


def comments(chosen: Filter, actor: Actor) -> QuerySet[Response]:
    """Answers with words, newest first; nobody's for those who may not read single answers.

    Anonymous surveys show words only once the group is large enough to hide in.
    """
    found: ResponseQuerySet = chosen.responses(actor)
    if not actor.may("response.view"):
        return found.none()
    guard = Guard.of(actor, chosen)
    if guard.is_on and found.count() < guard.threshold:
        return found.none()
    return found.with_words().order_by("-answered_at", "-id")


def counts_of(responses: QuerySet[Response]) -> Counts:
    """The three counts of some answers."""
    return Counts(**responses.order_by().aggregate(**grouping.three()))


def _histogram(responses: QuerySet[Response]) -> list[int]:
    bars = [0] * 11
    for score, number in responses.order_by().values_list("score").annotate(number=Count("id")):
        bars[score] = number
    return bars


def _change(chosen: Filter, actor: Actor, guard: Guard, counts: Counts) -> Change | None:
    before = chosen.before()
    if before is None or counts.n < max(guard.threshold, nps.JUDGED_FROM):
        return None
    earlier = counts_of(grouping.last_of_each(before.responses(actor)))
    found = nps.difference(counts, earlier)
    if found is None or earlier.n < max(guard.threshold, nps.JUDGED_FROM):
        return None
    return Change(found.value * 100, found.low * 100, found.high * 100, earlier.n)


def _by_period(responses: ResponseQuerySet, chosen: Filter) -> dict[dt.date, Counts]:
    truncated = TRUNCATED[chosen.step]("answered_at", tzinfo=chosen.zone)
    start = chosen.begins()
    if start is not None:
        responses = responses.filter(answered_at__gte=start - dt.timedelta(days=400))
    if chosen.ends() is not None:
        responses = responses.filter(answered_at__lt=chosen.ends())
    dated = grouping.last_of_each(responses.annotate(period=truncated), "period").annotate(period=truncated)
    rows = dated.values("period").annotate(**grouping.three()).order_by("period")
    return {
        row["period"].date(): Counts(row["detractors"], row["passives"], row["promoters"]) for row in rows
    }


def period_starts(chosen: Filter, found: Iterable[dt.date], now: dt.datetime | None = None) -> list[dt.date]:
    """Every period from the first to the last, also those in which nobody answered."""
    today = (now or timezone.now()).astimezone(chosen.zone).date()
    first = chosen.start or min(found, default=today)
    last = min(chosen.end or today, today)
    start = _start_of(first, chosen.step)
    starts: list[dt.date] = []
    while start <= last and len(starts) < MOST_PERIODS:
        starts.append(start)
        start = period_after(start, chosen.step)
    return starts


def _notes(chosen: Filter, starts: list[dt.date], ends: dict[dt.date, dt.date]) -> list[Noted]:
    if not starts:
        return []
    found = Annotation.objects.present().about(chosen.survey)
    found = found.between(starts[0], ends[starts[-1]] - dt.timedelta(days=1)).order_by("day", "id")
    return [Noted(each.pk, each.day, each.words) for each in found[:MOST_NOTES]]


def _start_of(day: dt.date, step: str) -> dt.date:
    if step == "week":
        return day - dt.timedelta(days=day.weekday())
    if step == "month":
        return day.replace(day=1)
    if step == "quarter":
        return dt.date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return day


def period_after(start: dt.date, step: str) -> dt.date:
    if step in ("day", "week"):
        return start + dt.timedelta(days=1 if step == "day" else 7)
    months = 1 if step == "month" else 3
    month = start.year * 12 + start.month - 1 + months
    return dt.date(month // 12, month % 12 + 1, 1)


def _year_before(start: dt.date, step: str) -> dt.date:
    """The same calendar period; for weeks the one 52 weeks earlier, so that weekdays agree."""
    if step == "week":
        return start - dt.timedelta(weeks=52)
    if (start.month, start.day) == (2, 29):
        return dt.date(start.year - 1, 2, 28)
    return start.replace(year=start.year - 1)


def period_label(start: dt.date, step: str) -> str:
    if step == "quarter":
        return f"Q{(start.month - 1) // 3 + 1} {start:%y}"
    if step == "month":
        return date_format(start, "M") if start.month != 1 else date_format(start, "M y")
    return date_format(start, "j M")
