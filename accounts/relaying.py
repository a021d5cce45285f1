"""Relaying news to their listeners: at least once, in order per subject, poison set aside.

A listener is called as `listener(news)` in the organization's context, in one transaction with the mark that
it was told. What it writes is therefore written once; what it does outside the database may happen again.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.utils import timezone

from accounts import doorbells
from accounts.models.news import News
from accounts.models.organization import Organization
from accounts.sockets import listeners
from accounts.tenancy.context import acting_for, current_organization_id

log = structlog.get_logger(__name__)

BATCH = 100
ATTEMPTS = 8
LOCK_SPACE = 0x6E65  # "ne": keeps these advisory locks apart from others
# If at least this share of a batch fails, the fault is ours and nothing is set aside for it.
OUR_FAULT = 0.2
FEW = 5


@dataclass(frozen=True)
class Relayed:
    """What one call did. `more` says that news is left that is due now."""

    told: int = 0
    failed: int = 0
    held: int = 0
    more: bool = False

    def __add__(self, other: Relayed) -> Relayed:
        return Relayed(
            self.told + other.told,
            self.failed + other.failed,
            self.held + other.held,
            self.more or other.more,
        )


def relay(organization: Organization | int, *, batch: int = BATCH, at: datetime | None = None) -> Relayed:
    """Tell one batch per lane. Several may run at once, also for one organization; each lane has one teller.

    Opens acting_for itself, one transaction per lane: call it outside any context.
    """
    total = Relayed()
    for lane in _waiting_lanes(organization, at or timezone.now()):
        with acting_for(organization):
            total += _relay_lane(lane, batch, at or timezone.now())
    return total


def hold_back(news: News, *, fault: str, at: datetime) -> None:
    """Set poison aside: it is listed, the subject's later news go on without it."""
    news.held_at, news.fault = at, fault
    log.error("news_held", news=news.name, id=news.pk, fault=fault)


@transaction.atomic
def release(news: News, *, at: datetime | None = None) -> None:
    """Give held news another round of attempts, after its later news if need be."""
    now = at or timezone.now()
    News.objects.filter(pk=news.pk, recorded_at=news.recorded_at).update(
        held_at=None, attempts=0, fault="", due_at=now
    )
    doorbells.ring(current_organization_id(), now)


def oldest_waiting(at: datetime | None = None) -> datetime | None:
    """Since when the oldest due news has been waiting; for the health of the engine."""
    due = News.objects.due(at or timezone.now())
    return due.order_by("id").values_list("recorded_at", flat=True).first()


def _waiting_lanes(organization: Organization | int, at: datetime) -> list[int]:
    with acting_for(organization):
        return list(News.objects.due(at).order_by("lane").values_list("lane", flat=True).distinct())


def _relay_lane(lane: int, batch: int, at: datetime) -> Relayed:
    if not _only_teller_of(lane):
        return Relayed()
    waiting = list(News.objects.waiting().filter(lane=lane).order_by("id")[:batch])
    stopped: set[tuple[str, int]] = set()
    told, failed = [], []
    for news in waiting:
        subject = (news.subject_kind, news.subject_id)
        if subject in stopped:
            continue
        if news.due_at > at:
            # Its time for another try has not come; later news of the subject wait behind it.
            stopped.add(subject)
            continue
        if fault := _tell(news):
            news.fault = fault
            stopped.add(subject)
            failed.append(news)
        else:
            news.settled_at, news.fault = timezone.now(), ""
            told.append(news)
    held = _judge(failed, len(told), at)
    for news in (*told, *failed):
        News.objects.filter(pk=news.pk, recorded_at=news.recorded_at).update(
            settled_at=news.settled_at,
            held_at=news.held_at,
            due_at=news.due_at,
            attempts=news.attempts,
            told=news.told,
            fault=news.fault,
        )
    if failed:
        doorbells.ring(current_organization_id(), min(news.due_at for news in failed))
    return Relayed(len(told), len(failed), held, more=len(waiting) == batch and bool(told))


def _only_teller_of(lane: int) -> bool:
    """Take the lane until the transaction ends; False if another relay has it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))",
            [LOCK_SPACE, f"{current_organization_id()}/{lane}"],
        )
        return bool(cursor.fetchone()[0])


def _tell(news: News) -> str:
    """Call every listener that has not had it; returns the fault of the first that failed, or ""."""
    for path, listener in listeners(news.name).items():
        if path in news.told:
            continue
        if fault := _call(listener, news):
            return fault
        news.told = [*news.told, path]
    return ""


def _call(listener: Callable[[News], None], news: News) -> str:
    try:
        with transaction.atomic():
            listener(news)
    except Exception as error:
        log.exception("listener_failed", news=news.name, id=news.pk, attempts=news.attempts + 1)
        return _where(error)
    return ""


def _where(error: Exception) -> str:
    """Class and place of an error, without its text: that may quote a person."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].name}:{frames[-1].lineno}" if frames else "?"
    return f"{type(error).__name__} in {place}"[:200]


def _judge(failed: list[News], told: int, at: datetime) -> int:
    """Give failures their next try, or hold them; returns how many were held."""
    share = len(failed) / max(1, len(failed) + told)
    ours = len(failed) >= FEW and share >= OUR_FAULT
    held = 0
    for news in failed:
        if not ours:
            news.attempts += 1
        if news.attempts >= ATTEMPTS:
            hold_back(news, fault=news.fault, at=at)
            held += 1
        else:
            # 2, 4, 8 ... seconds, at most ten minutes.
            news.due_at = at + timedelta(seconds=min(600, 2 ** (news.attempts + 1)))
    return held
