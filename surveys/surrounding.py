"""What the score was in equal windows before and after a day: a comparison, and never a cause.

The window before ends the day before; the one after begins with the day itself and holds whole days only. In
each, the last answer of a customer stands for them. The difference is adjusted Wald (surveys.nps); under 30
answers on a side nothing is compared (design: numbers.md).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.acting import Actor
from surveys import comparing, grouping, nps, reporting
from surveys.comparing import TESTED_FROM
from surveys.filtering import Filter
from surveys.nps import Difference
from surveys.reporting import Guard, Scored

WINDOWS = (14, 30, 60, 90)
LEAST_DAYS = 7


class Said(StrEnum):
    """What the two windows say."""

    EARLY = "early"
    HIDDEN = "hidden"
    FEW = "few"
    REAL = "real"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Around:
    """`days` of each window, fewer than wanted while the days after are not over. Differences in points."""

    day: dt.date
    wanted: int
    days: int
    before: Scored
    after: Scored
    difference: Difference | None
    detectable: int | None
    said: Said

    @property
    def starts(self) -> dt.date:
        return self.day - dt.timedelta(days=self.days)

    @property
    def ends(self) -> dt.date:
        """The last day of the window after."""
        return self.day + dt.timedelta(days=self.days - 1)

    @property
    def value(self) -> float | None:
        return self.difference.value * 100 if self.difference else None

    @property
    def low(self) -> float | None:
        return self.difference.low * 100 if self.difference else None

    @property
    def high(self) -> float | None:
        return self.difference.high * 100 if self.difference else None


def told(chosen: Filter) -> str:
    """The filter in words, without its period: the windows are told by their days."""
    parts = [chosen.survey.name if chosen.survey else _("All surveys of customers")]
    return " · ".join([*parts, *(words for _parameter, words in chosen.chips())])


def around(
    day: dt.date, chosen: Filter, actor: Actor, *, days: int = 30, today: dt.date | None = None
) -> Around:
    """The windows around `day`, of the answers that the filter lets through at any time."""
    today = today or timezone.now().astimezone(chosen.zone).date()
    whole = max(0, min(days, (today - day).days))
    guard = Guard.of(actor, chosen)
    windows = []
    for start in (day - dt.timedelta(days=whole), day):
        window = replace(chosen, period="custom", start=start, end=start + dt.timedelta(days=whole - 1))
        found = reporting.counts_of(grouping.last_of_each(window.responses(actor)))
        windows.append(guard.scored(found if whole else reporting.NOTHING))
    before, after = windows
    difference, detectable = None, None
    if whole < LEAST_DAYS:
        said = Said.EARLY
    elif before.hidden or after.hidden:
        said = Said.HIDDEN
    elif min(before.n, after.n) < TESTED_FROM:
        said = Said.FEW
    else:
        difference = nps.difference(after.counts, before.counts)
        detectable = round(comparing.detectable(after.counts, before.counts) * 100)
        real = difference is not None and (difference.low > 0 or difference.high < 0)
        said = Said.REAL if real else Said.UNKNOWN
    return Around(day, days, whole, before, after, difference, detectable, said)
