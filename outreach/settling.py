"""Marks: what is about to be written, what became of it, and what to think of a lease that ran out.

One transaction per window settles the window before and marks the next one as being written, in one round trip.
Every statement is fenced on the attempt: a process that comes late overwrites nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg
import structlog
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from accounts.tenancy.context import acting_for, current_organization_id
from outreach import failpoints
from outreach.arrays import bigints, texts
from outreach.claiming import Claimed, prepared
from outreach.delivery.smtp import Answer, Verdict
from outreach.models.attempt import AttemptOutcome
from outreach.models.send_key import MessageClass
from outreach.pace import PACE, Pace
from segments import contacting
from surveys.distributing import note_receipt

log = structlog.get_logger(__name__)

DATABASE_PATIENCE = 120.0
"""Seconds to go on trying to write down what a mail server has already accepted."""

# Sent before the first byte of a window: only a row with this mark can ever be unknown.
WIRE = """
UPDATE outreach_message SET wire_started_at = clock_timestamp()
WHERE organization_id = %(organization)s AND id = ANY(%(ids)s::bigint[]) AND attempt = %(attempt)s
  AND state = 'sending' AND lease_until > clock_timestamp() + %(half)s
RETURNING id
"""

# Takes the rows out of the hot table, into the log, and writes the outcome to the ledger.
SETTLE = """
WITH said AS (
  SELECT * FROM unnest(%(ids)s::bigint[], %(outcomes)s::text[], %(reasons)s::text[], %(answers)s::text[])
    AS s(id, outcome, reason, answer)),
gone AS (
  DELETE FROM outreach_message m USING said s
  WHERE m.organization_id = %(organization)s AND m.id = s.id AND m.attempt = %(attempt)s
    AND m.state IN ('sending', 'ambiguous')
  RETURNING m.organization_id, m.id, m.wording_id, s.outcome, s.reason, s.answer, m.possible_duplicate, m.attempts,
    m.due_at, m.wire_started_at, m.origin_kind, m.origin_id),
logged AS (
  INSERT INTO outreach_settledmessage (organization_id, id, wording_id, outcome, reason, answer, possible_duplicate,
    attempts, due_at, wire_started_at, at)
  SELECT organization_id, id, wording_id, outcome, reason, answer, possible_duplicate, attempts, due_at,
    wire_started_at, clock_timestamp() FROM gone)
UPDATE outreach_sendkey k
SET outcome = g.outcome, reason = g.reason, possible_duplicate = g.possible_duplicate, settled_at = clock_timestamp()
FROM gone g WHERE k.organization_id = %(organization)s AND k.id = g.id
RETURNING k.id, g.outcome, g.reason, g.origin_kind, g.origin_id
"""

# Back into the queue: put off by the server, or never written.
REQUEUE = """
UPDATE outreach_message m
SET state = 'queued', lease_until = NULL, wire_started_at = NULL, reason = s.reason, answer = s.answer,
    due_at = s.due_at, possible_duplicate = m.possible_duplicate OR s.doubtful
FROM unnest(%(ids)s::bigint[], %(reasons)s::text[], %(answers)s::text[], %(dues)s::timestamptz[],
            %(doubtful)s::boolean[]) AS s(id, reason, answer, due_at, doubtful)
WHERE m.organization_id = %(organization)s AND m.id = s.id AND m.attempt = %(attempt)s AND m.state = 'sending'
RETURNING m.id
"""

# Our own doubt, known at once: the connection ended while the answer was awaited.
DOUBT = """
WITH lost AS (
  UPDATE outreach_message SET state = 'ambiguous', answer = 'no answer',
         lease_until = clock_timestamp() + %(late_answers)s
  WHERE organization_id = %(organization)s AND id = ANY(%(ids)s::bigint[]) AND attempt = %(attempt)s
    AND state = 'sending' AND wire_started_at IS NOT NULL
  RETURNING id, origin_kind, origin_id, possible_duplicate)
UPDATE outreach_sendkey k SET outcome = 'ambiguous', reason = 'no_answer', settled_at = clock_timestamp(),
  possible_duplicate = lost.possible_duplicate
FROM lost WHERE k.organization_id = %(organization)s AND k.id = lost.id
RETURNING k.id, 'ambiguous', 'no_answer', lost.origin_kind, lost.origin_id
"""

# A lease ran out: without a wire mark nothing was written; with one nobody knows.
REAP = """
WITH lost AS (
  SELECT id FROM outreach_message
  WHERE organization_id = %(organization)s AND state = 'sending' AND lease_until < clock_timestamp()
  ORDER BY lease_until LIMIT 1000 FOR UPDATE SKIP LOCKED),
found AS (
  UPDATE outreach_message m
  SET state = CASE WHEN m.wire_started_at IS NULL THEN 'queued'
                   WHEN m.message_class = 'service' AND NOT m.possible_duplicate THEN 'queued'
                   ELSE 'ambiguous' END,
      possible_duplicate = m.possible_duplicate OR (m.wire_started_at IS NOT NULL AND m.message_class = 'service'),
      reason = '',
      -- The attempt stays: a late, true acceptance still settles the row.
      lease_until = clock_timestamp() + %(late_answers)s
  FROM lost WHERE m.organization_id = %(organization)s AND m.id = lost.id
  RETURNING m.id, m.state, m.attempt, m.wire_started_at, m.origin_kind, m.origin_id, m.organization_id,
    m.possible_duplicate),
noted AS (
  INSERT INTO outreach_attempt (organization_id, send_key_id, number, outcome, answer, at)
  SELECT organization_id, id, attempt, CASE WHEN wire_started_at IS NULL THEN 'lost' ELSE 'unknown' END, '',
         clock_timestamp() FROM found),
told AS (
  UPDATE outreach_sendkey k SET outcome = 'ambiguous', reason = 'no_answer', settled_at = clock_timestamp(),
    possible_duplicate = f.possible_duplicate
  FROM found f WHERE f.state = 'ambiguous' AND k.organization_id = %(organization)s AND k.id = f.id)
SELECT id, state, '', origin_kind, origin_id FROM found
"""

# Ambiguous rows are kept a while for a late answer, then they leave the hot table as what they are.
CLOSE = """
WITH gone AS (
  DELETE FROM outreach_message
  WHERE organization_id = %(organization)s AND id IN (
    SELECT id FROM outreach_message
    WHERE organization_id = %(organization)s AND state = 'ambiguous' AND lease_until < clock_timestamp()
    ORDER BY lease_until LIMIT 1000 FOR UPDATE SKIP LOCKED)
  RETURNING *)
INSERT INTO outreach_settledmessage (organization_id, id, wording_id, outcome, reason, answer, possible_duplicate,
  attempts, due_at, wire_started_at, at)
SELECT organization_id, id, wording_id, 'ambiguous', 'no_answer', answer, possible_duplicate, attempts, due_at,
  wire_started_at, clock_timestamp() FROM gone
"""

ATTEMPT = """
INSERT INTO outreach_attempt (organization_id, send_key_id, number, outcome, answer, at)
SELECT %(organization)s, s.id, %(attempt)s, s.outcome, s.answer, clock_timestamp()
FROM unnest(%(ids)s::bigint[], %(outcomes)s::text[], %(answers)s::text[]) AS s(id, outcome, answer)
"""

RECEIPTS = {
    "accepted": "sent",
    "skipped": "skipped",
    "expired": "skipped",
    "failed": "failed",
    "ambiguous": "unknown",
}


@dataclass
class Findings:
    """What is known of a window and not yet written down."""

    settled: list[tuple[int, str, str, str]] = field(default_factory=list)
    requeued: list[tuple[int, str, str, datetime, bool]] = field(default_factory=list)
    doubted: list[int] = field(default_factory=list)
    attempts: list[tuple[int, str, str]] = field(default_factory=list)
    bounced: list[str] = field(default_factory=list)
    # Whether somebody below waits for a receipt: only then the rows are read within the transaction.
    tells: bool = False

    def __bool__(self) -> bool:
        return bool(self.settled or self.requeued or self.doubted)


def judge(findings: Findings, answer: Answer, message: Claimed, *, pace: Pace = PACE) -> None:
    """Turn the answer of a mail server into what is to be written down."""
    now = timezone.now()
    findings.tells |= message.origin_kind == "invitation" or answer.verdict is Verdict.REFUSED
    if answer.verdict is Verdict.ACCEPTED:
        findings.settled.append((answer.key, "accepted", "", answer.text))
    elif answer.verdict is Verdict.REFUSED:
        findings.settled.append((answer.key, "failed", f"refused: {answer.text}"[:200], answer.text))
        findings.attempts.append((answer.key, AttemptOutcome.REFUSED, answer.text))
        if answer.unknown_recipient:
            findings.bounced.append(message.address)
    elif answer.verdict is Verdict.DEFERRED:
        findings.attempts.append((answer.key, AttemptOutcome.DEFERRED, answer.text))
        if message.attempts >= pace.attempts:
            findings.tells = True
            findings.settled.append((answer.key, "failed", f"gave_up: {answer.text}"[:200], answer.text))
        else:
            due = now + pace.back_off(message.attempts)
            findings.requeued.append((answer.key, f"put_off: {answer.text}"[:200], answer.text, due, False))
    elif answer.verdict is Verdict.UNTOUCHED:
        findings.requeued.append((answer.key, "", answer.text, now + timedelta(seconds=2), False))
    elif message.message_class == MessageClass.SERVICE and not message.possible_duplicate:
        findings.attempts.append((answer.key, AttemptOutcome.UNANSWERED, answer.text))
        findings.requeued.append((answer.key, "", answer.text, now + timedelta(seconds=30), True))
    else:
        findings.attempts.append((answer.key, AttemptOutcome.UNANSWERED, answer.text))
        findings.doubted.append(answer.key)


def mark(
    organization: int, attempt: int, *, findings: Findings, wire: Sequence[int], pace: Pace = PACE
) -> set[int]:
    """Write down `findings`, mark `wire` as being written; the ids that may be written.

    While the database is away it goes on trying: what a mail server accepted must not be forgotten.
    """
    give_up = time.monotonic() + DATABASE_PATIENCE
    while True:
        try:
            return _mark(organization, attempt, findings, wire, pace)
        except (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError):
            if connection.in_atomic_block or time.monotonic() > give_up:
                raise
            log.warning("database_away", settled=len(findings.settled))
            connection.close()
            time.sleep(0.3)


def _mark(organization: int, attempt: int, findings: Findings, wire: Sequence[int], pace: Pace) -> set[int]:
    raw = prepared()
    common = {"organization": organization, "attempt": attempt}
    wired = None
    telling: list[psycopg.Cursor[Any]] = []
    with raw.pipeline(), acting_for(organization):
        for statement, parameters in _statements(findings, pace):
            cursor = psycopg.Cursor(raw)
            cursor.execute(statement, {**common, **parameters}, prepare=True)
            if statement in (SETTLE, DOUBT):
                telling.append(cursor)
        if wire:
            wired = psycopg.Cursor(raw)
            wired.execute(WIRE, {**common, "ids": bigints(wire), "half": pace.lease / 2}, prepare=True)
        for address in findings.bounced:
            contacting.suppress(address, reason="bounced", source="refused")
        if findings.tells:
            _tell([row for cursor in telling for row in cursor.fetchall()])
        failpoints.reached("mark")
    return {row[0] for row in wired.fetchall()} if wired else set()


def _statements(findings: Findings, pace: Pace) -> list[tuple[str, dict[str, Any]]]:
    made: list[tuple[str, dict[str, Any]]] = []
    if findings.settled:
        ids, outcomes, reasons, answers = (list(column) for column in zip(*findings.settled, strict=True))
        told = {"outcomes": texts(outcomes), "reasons": texts(reasons), "answers": texts(answers)}
        made.append((SETTLE, {"ids": bigints(ids), **told}))
    if findings.doubted:
        made.append((DOUBT, {"ids": bigints(findings.doubted), "late_answers": pace.late_answers}))
    if findings.attempts:
        ids, outcomes, answers = (list(column) for column in zip(*findings.attempts, strict=True))
        made.append((ATTEMPT, {"ids": bigints(ids), "outcomes": texts(outcomes), "answers": texts(answers)}))
    if findings.requeued:
        ids, reasons, answers, dues, doubtful = (
            list(column) for column in zip(*findings.requeued, strict=True)
        )
        made.append(
            (
                REQUEUE,
                {
                    "ids": bigints(ids),
                    "reasons": texts(reasons),
                    "answers": texts(answers),
                    "dues": dues,
                    "doubtful": doubtful,
                },
            )
        )
    return made


def _tell(rows: Sequence[tuple[Any, ...]]) -> None:
    """Receipts go down to the invitations, in the transaction that settles their messages; a failed send frees
    the place it held in the ledger of contacts."""
    told: dict[tuple[str, str], list[int]] = {}
    failed = []
    for row in rows:
        send_key_id, outcome, reason, origin_kind, origin_id = row
        if origin_kind == "invitation" and outcome in RECEIPTS:
            told.setdefault((RECEIPTS[outcome], reason.partition(":")[0]), []).append(origin_id)
        if outcome in ("failed", "skipped"):
            failed.append(send_key_id)
    for (kind, reason), ids in told.items():
        note_receipt(ids, kind, reason=reason)
    if failed:
        contacting.release_contact(failed)


def tell_refused(rows: Sequence[tuple[str, int, str]]) -> None:
    """Receipts for what the claim itself refused: (origin kind, origin id, reason)."""
    told: dict[str, list[int]] = {}
    for origin_kind, origin_id, reason in rows:
        if origin_kind == "invitation":
            told.setdefault(reason, []).append(origin_id)
    for reason, ids in told.items():
        note_receipt(ids, "skipped", reason=reason)


def reap(*, pace: Pace = PACE) -> int:
    """Settle leases that ran out, of the acting organization. Returns how many there were."""
    parameters: dict[str, Any] = {
        "organization": current_organization_id(),
        "late_answers": pace.late_answers,
    }
    with connection.cursor() as cursor:
        cursor.execute(REAP, parameters)
        rows = cursor.fetchall()
        _tell([row for row in rows if row[1] == "ambiguous"])
        cursor.execute(CLOSE, parameters)
    return len(rows)


def next_lease_end() -> datetime | None:
    """When the next lease of the acting organization runs out, if any is held."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT min(lease_until) FROM outreach_message
               WHERE organization_id = %s AND state IN ('sending', 'ambiguous')""",
            [current_organization_id()],
        )
        return cursor.fetchone()[0]
