"""Sending: claim, render, mark, write to the wire, settle (docs/engine.md has the promises).

`queue(drafts)` makes messages; `send_due` sends what is due for one organization. It opens its own short
transactions and holds none while it speaks to a mail server: call it outside any context.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings
from django.utils import timezone

from accounts.tenancy.context import acting_for
from accounts.tenancy.staging import fresh_statistics
from outreach import failpoints, merging, settling
from outreach.claiming import Claim, Claimed, claim
from outreach.delivery.smtp import Connection, DeliveryError, Envelope, Server, Verdict
from outreach.models.message import Message
from outreach.pace import PACE, Pace
from outreach.queueing import Draft, pause, queue, record_past, resume, test_send, withdraw

__all__ = [
    "Draft",
    "Sent",
    "pause",
    "queue",
    "record_past",
    "resume",
    "send_due",
    "test_send",
    "wire",
    "withdraw",
]

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Sent:
    """What one batch did. `looked` rows were due; with none left and `again_at`, come back then."""

    looked: int = 0
    accepted: int = 0
    refused: int = 0
    again_at: datetime | None = None
    away: str = ""


def server_from_settings() -> Server | None:
    """The mail server of EMAIL_URL; None where mail is switched off (a bare trial)."""
    if not settings.EMAIL_HOST or "smtp" not in settings.EMAIL_BACKEND:
        return None
    security = "tls" if settings.EMAIL_USE_SSL else "starttls" if settings.EMAIL_USE_TLS else ""
    return Server(
        host=settings.EMAIL_HOST,
        port=int(settings.EMAIL_PORT),
        username=settings.EMAIL_HOST_USER or "",
        password=settings.EMAIL_HOST_PASSWORD or "",
        security=security,
        greeting=settings.MAIL_GREETING,
    )


_wires: dict[Server, Connection] = {}


def wire(pace: Pace = PACE) -> Connection | None:
    """This process's connection to the mail server, kept from batch to batch."""
    server = server_from_settings()
    if server is None:
        return None
    if server not in _wires:
        hang_up()
        _wires[server] = Connection(
            server, timeout=min(pace.socket_timeout, 30.0), most=pace.mails_per_connection
        )
    return _wires[server]


def hang_up() -> None:
    """Close what is open: before a process forks or ends, or when idle for long."""
    while _wires:
        _wires.popitem()[1].close()


def send_due(
    organization: int, *, connection: Connection | None = None, pace: Pace = PACE, at: datetime | None = None
) -> Sent:
    """One batch of one organization's due messages, to the end. Several processes may do so at once."""
    connection = connection or wire(pace)
    if connection is None:
        return Sent(away="No mail server is configured (EMAIL_URL).")
    if not settings.SENDING:
        return Sent(away="Sending is switched off (SENDING).")
    try:
        # Before the claim: nothing is leased, and no attempt counted, while the server is away.
        connection.refresh()
    except DeliveryError as error:
        log.warning("mail_server_away", reason=str(error))
        return Sent(away=str(error))
    with acting_for(organization):
        claimed = claim(pace=pace, at=at)
        if claimed.refused:
            settling.tell_refused([(one.origin_kind, one.origin_id, one.reason) for one in claimed.refused])
        letters = merging.letters(organization, list({one.wording_id for one in claimed.go}))
    failpoints.reached("claim")
    if claimed.misled:
        _tell_planner(organization)
    accepted = _send(organization, claimed, letters, connection, pace) if claimed.go else 0
    return Sent(claimed.looked, accepted, len(claimed.refused), claimed.again_at)


_told_at = float("-inf")


def _tell_planner(organization: int) -> None:
    """Statistics of the hot table, at most every five seconds, in a transaction of their own."""
    global _told_at
    if time.monotonic() - _told_at > 5:
        _told_at = time.monotonic()
        with acting_for(organization):
            fresh_statistics(Message)


def _send(
    organization: int,
    claimed: Claim,
    letters: dict[int, merging.Letter | merging.Unmergeable],
    connection: Connection,
    pace: Pace,
) -> int:
    """Window after window: mark this one and settle the one before in one transaction, then write."""
    accepted = 0
    findings = settling.Findings()
    unsent: set[int] = set()
    messages = {one.id: one for one in claimed.go}
    for window in _windows(claimed.go, pace.window):
        envelopes = _render(organization, window, letters, findings)
        failpoints.reached("render")
        marked = settling.mark(
            organization, claimed.attempt, findings=findings, wire=[one.key for one in envelopes], pace=pace
        )
        findings = settling.Findings()
        # Only what the wire mark returned may be written: the rest is not ours any more, or its lease is old.
        unsent |= {one.key for one in envelopes} - marked
        failpoints.reached("wire")
        deadline = time.monotonic() + pace.lease.total_seconds() / 2
        for answer in connection.send([one for one in envelopes if one.key in marked], deadline=deadline):
            accepted += answer.verdict is Verdict.ACCEPTED
            settling.judge(findings, answer, messages[answer.key], pace=pace)
    for key in unsent:
        # If they are still ours: back to the queue. The fence leaves others' rows alone.
        findings.requeued.append((key, "", "", timezone.now(), False))
    if findings:
        settling.mark(organization, claimed.attempt, findings=findings, wire=(), pace=pace)
    return accepted


def _render(
    organization: int,
    window: Sequence[Claimed],
    letters: dict[int, merging.Letter | merging.Unmergeable],
    findings: settling.Findings,
) -> list[Envelope]:
    date = merging.date_now(timezone.now())
    made = []
    for message in window:
        try:
            made.append(merging.envelope(organization, message, letters.get(message.wording_id), date))
        except merging.Unmergeable as fault:
            findings.settled.append((message.id, "skipped", fault.reason, ""))
            findings.tells = True
    return made


def _windows(rows: Sequence[Claimed], size: int) -> Iterator[Sequence[Claimed]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
