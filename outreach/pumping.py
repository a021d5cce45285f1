"""The pump: all due work of one organization, in small turns. Whoever calls it, and how many at once, is all one.

Rows are the queue. A doorbell row says that an organization has work due; it is taken down when a pump that
began after it was read has done its turn, so a pump that is killed leaves it standing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import connection
from django.utils import timezone

from accounts import doorbells
from accounts.models import Organization
from accounts.models.doorbell import Doorbell
from accounts.relaying import relay
from accounts.sockets import plugged
from accounts.tenancy.context import acting_for
from outreach import sending, settling
from outreach.claiming import anything_due
from outreach.hinting import hint
from outreach.pace import PACE, Pace

log = structlog.get_logger(__name__)

BUDGET = 1.0
"""Seconds of one turn: then the next organization has its turn."""

OVERDUE = timedelta(seconds=10)
AWAY = timedelta(seconds=10)
"""How long to leave a mail server alone that could not be reached."""


@dataclass(frozen=True)
class Pumped:
    """What one turn did; `more` is due at once."""

    accepted: int = 0
    more: bool = False
    fault: str = ""


def pump(
    organization_id: int,
    budget: float = BUDGET,
    *,
    by: str = "engine",
    pace: Pace = PACE,
    stopping: Callable[[], bool] = bool,
) -> Pumped:
    """One turn for one organization: news, what falls due, leases that ran out, mails; then rings for what is left.

    Call it outside any context: it opens one short transaction after another. `by` is the name under which its
    progress is noted.
    """
    began = time.monotonic()
    bells = list(
        Doorbell.objects.due(timezone.now())
        .filter(organization_id=organization_id)
        .values_list("id", flat=True)
    )
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is None:
        Doorbell.objects.filter(pk__in=bells).delete()
        return Pumped()

    def has_time() -> bool:
        return time.monotonic() - began < budget and not stopping()

    more = False
    while relay(organization).more:
        if not has_time():
            more = True
            break
    for work in plugged("DUE_WORK"):
        # A fault in one must not keep mails from going out, nor the other way round.
        try:
            while work(organization, timezone.now()):
                if not has_time():
                    more = True
                    break
        except Exception:
            log.exception(
                "due_work_failed", work=f"{work.__module__}.{work.__name__}", organization=organization_id
            )
    accepted, fault = 0, ""
    with acting_for(organization_id):
        settling.reap(pace=pace)
        due = anything_due()
    while due:
        sent = sending.send_due(organization_id, pace=pace)
        accepted += sent.accepted
        fault = sent.away
        if sent.away or not sent.looked:
            break
        if not has_time():
            more = True
            break
    _note(by, accepted, fault)
    _ring_for_the_rest(organization_id, more=more, fault=fault)
    Doorbell.objects.filter(pk__in=bells).delete()
    return Pumped(accepted, more, fault)


def _ring_for_the_rest(organization_id: int, *, more: bool, fault: str) -> None:
    """A doorbell for the next instant at which something will be due: held mails, leases, what is left of now."""
    now = timezone.now()
    with acting_for(organization_id):
        if more:
            doorbells.ring(organization_id)
            return
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT least(
                     (SELECT due_at FROM outreach_message WHERE organization_id = %(organization)s
                        AND state = 'queued' AND urgent ORDER BY due_at LIMIT 1),
                     (SELECT due_at FROM outreach_message WHERE organization_id = %(organization)s
                        AND state = 'queued' AND NOT urgent ORDER BY due_at LIMIT 1),
                     (SELECT lease_until FROM outreach_message WHERE organization_id = %(organization)s
                        AND state IN ('sending', 'ambiguous') ORDER BY lease_until LIMIT 1)),
                   EXISTS (SELECT FROM accounts_doorbell WHERE organization_id = %(organization)s)""",
                {"organization": organization_id},
            )
            instant, _any_bell = cursor.fetchone()
        if instant is None:
            return
        if fault or instant <= now:
            # Due, yet not sent: the server is away or sending is paused. Not to be tried every moment.
            instant = now + AWAY
        # A lease that ends is looked at a little later, so that one look is enough.
        instant += timedelta(milliseconds=50)
        if not Doorbell.objects.filter(
            organization_id=organization_id, due_at__gt=now, due_at__lte=instant
        ).exists():
            doorbells.ring(organization_id, at=instant)


def sweep(*, by: str = "engine", pump_late_only: bool = True, stopping: Callable[[], bool] = bool) -> int:
    """Go round all organizations with work due, longest waiting first: ring the workers, and pump those that were
    not served (the broker is away, or the work is overdue). Returns how many were due."""
    rings = doorbells.due()
    for ring in rings:
        if stopping():
            break
        overdue = timezone.now() - ring.due_at > OVERDUE
        told = hint(ring.organization_id)
        if not told or overdue or not pump_late_only:
            try:
                pump(ring.organization_id, by=by, stopping=stopping)
            except Exception:
                # Another organization must not wait for this one's fault; its bell stays up.
                log.exception("pump_failed", organization=ring.organization_id)
    return len(rings)


def tick(name: str) -> None:
    """Note that this kind of process has looked, whether or not anything was due."""
    _note(name, 0, None)


def _note(name: str, accepted: int, fault: str | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO outreach_enginetick AS t (name, looked_at, sent_at, sent, fault)
               VALUES (%(name)s, now(), CASE WHEN %(sent)s > 0 THEN now() END, %(sent)s, COALESCE(%(fault)s, ''))
               ON CONFLICT (name) DO UPDATE SET looked_at = now(), sent = t.sent + %(sent)s,
                 sent_at = CASE WHEN %(sent)s > 0 THEN now() ELSE t.sent_at END,
                 fault = COALESCE(%(fault)s, t.fault)""",
            {"name": name, "sent": accepted, "fault": fault[:300] if fault is not None else None},
        )


def progress(now: datetime | None = None) -> dict[str, object]:
    """Health is progress: the oldest work due, and when each kind of process last looked and last sent."""
    from outreach.models import EngineTick, Standstill

    now = now or timezone.now()
    oldest = doorbells.next_due()
    return {
        "oldest_due_seconds": max(0, int((now - oldest).total_seconds())) if oldest else None,
        "standstill": Standstill.objects.exists(),
        "ticks": {
            tick.name: {
                "looked_seconds_ago": int((now - tick.looked_at).total_seconds()),
                "sent_seconds_ago": int((now - tick.sent_at).total_seconds()) if tick.sent_at else None,
                "sent": tick.sent,
                "fault": tick.fault,
            }
            for tick in EngineTick.objects.order_by("name")
        },
    }
