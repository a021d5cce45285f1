"""The clock of a case, pure: when it runs out, and how long it stood still. Instants come in and go out in UTC.

The promise is a person within 24 hours. Days on which the business is closed do not count, so a Friday
afternoon's answer is due on Monday afternoon; nights of open days do count, the promise being in hours.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

FIRST_CONTACT = timedelta(hours=24)
LOOK_AHEAD = 60
"""Days after which a calendar without any open day is taken to be a mistake and ignored."""


@dataclass(frozen=True)
class Calendar:
    """The days a business is open: weekdays 0 (Monday) to 6, less the holidays, in its own zone."""

    zone: str = "UTC"
    weekdays: frozenset[int] = frozenset(range(7))
    holidays: Collection[date] = field(default_factory=frozenset)

    def is_open(self, day: date) -> bool:
        return day.weekday() in self.weekdays and day not in self.holidays


def due(start: datetime, calendar: Calendar, length: timedelta = FIRST_CONTACT) -> datetime:
    """The instant at which `length` of counting time has passed since `start`."""
    zone = ZoneInfo(calendar.zone)
    now = start.astimezone(UTC)
    left = length
    for _day in range(LOOK_AHEAD):
        local_day = now.astimezone(zone).date()
        midnight = datetime.combine(local_day + timedelta(days=1), datetime.min.time(), zone).astimezone(UTC)
        if calendar.is_open(local_day):
            if left <= midnight - now:
                return now + left
            left -= midnight - now
        now = midnight
    return start.astimezone(UTC) + length


def stood_still(due_at: datetime, paused_at: datetime, resumed_at: datetime, calendar: Calendar) -> datetime:
    """The new deadline after a pause: what was left at the pause is left again when the clock runs on."""
    left = due_at - paused_at
    if left <= timedelta(0):
        return due_at
    return due(resumed_at, calendar, counting(paused_at, due_at, calendar))


def counting(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """How much time counts between two instants: closed days left out."""
    if end <= start:
        return timedelta(0)
    zone = ZoneInfo(calendar.zone)
    now, total = start.astimezone(UTC), timedelta(0)
    while now < end:
        local_day = now.astimezone(zone).date()
        midnight = datetime.combine(local_day + timedelta(days=1), datetime.min.time(), zone).astimezone(UTC)
        stop = min(midnight, end.astimezone(UTC))
        if calendar.is_open(local_day):
            total += stop - now
        now = stop
    return total


@dataclass(frozen=True)
class Reading:
    """What a dial shows: `share` of the whole that is left (0 to 1), and the words' figures beside it."""

    state: str  # running | late | paused | met | closed
    share: float
    left: timedelta
    soon: bool = False


def read(
    *,
    at: datetime,
    due_at: datetime,
    first_contact_at: datetime | None = None,
    waiting_since: datetime | None = None,
    closed_at: datetime | None = None,
) -> Reading:
    """How the dial of a case stands at an instant."""
    if closed_at is not None:
        return Reading("closed", 0.0, timedelta(0))
    if waiting_since is not None:
        return Reading("paused", _share(due_at - waiting_since), due_at - waiting_since)
    if first_contact_at is not None:
        return Reading("met", 1.0, due_at - first_contact_at)
    left = due_at - at
    if left <= timedelta(0):
        return Reading("late", 0.0, -left)
    return Reading("running", _share(left), left, soon=left < FIRST_CONTACT / 4)


def _share(left: timedelta) -> float:
    return max(0.0, min(1.0, left / FIRST_CONTACT))
