"""Making messages: drafts go in, each at most once, whatever is repeated (docs/engine.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts import doorbells
from accounts.tenancy.context import current_organization_id
from outreach.models.message import MessageState
from outreach.models.send_key import Channel, MessageClass, Outcome
from outreach.models.wording import Wording

CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Draft:
    """One message to make.

    `key` names the deed it is the message of ("campaign 7 run 1 customer 12 email"): a second draft of the
    same key makes nothing. `topic` is the purpose consent is asked for: surveys, marketing, service.
    Without an `address` the customer's own at the time of sending is used; an alert to a member names one.
    `facts` are small values of this one copy, merged at the root; ids, never tokens: {"invitation": 5,
    "generation": 1} gives `survey_link`, {"sender": 3, "generation": 1} gives `link`, the proof of an address.
    """

    key: str
    wording: Wording | int
    origin_kind: str
    origin_id: int
    customer: int | None = None
    address: str = ""
    message_class: str = MessageClass.RELATIONSHIP
    topic: str = "surveys"
    mode: str = "live"
    due_at: datetime | None = None
    expires_at: datetime | None = None
    paused: bool = False
    facts: Mapping[str, object] = field(default_factory=dict)
    capped: bool | None = None
    """Whether the clock of any contact holds it back; by default all but service. An automatic follow-up to
    a person's own answer stands outside it for 7 days after the answer."""

    @property
    def is_service(self) -> bool:
        return self.message_class == MessageClass.SERVICE


@transaction.atomic
def queue(drafts: Iterable[Draft], *, at: datetime | None = None) -> dict[str, int]:
    """Make the messages that do not exist yet and ring for them. Returns key -> send key id of the new ones."""
    at = at or timezone.now()
    made: dict[str, int] = {}
    batch: list[Draft] = []
    for draft in drafts:
        batch.append(draft)
        if len(batch) == CHUNK:
            made.update(_insert(batch, at))
            batch = []
    if batch:
        made.update(_insert(batch, at))
    if made:
        doorbells.ring(current_organization_id(), at=at)
    return made


def test_send(
    wording: Wording, *, address: str, origin_id: int, facts: Mapping[str, object], key: str
) -> int:
    """A copy to oneself, marked as a test: held by nothing but a standstill of the whole installation."""
    draft = Draft(
        key=key,
        wording=wording,
        origin_kind="test",
        origin_id=origin_id,
        address=address,
        message_class=MessageClass.SERVICE,
        topic="service",
        mode="test",
        facts=facts,
    )
    return queue([draft])[key]


def record_past(drafts: Iterable[Draft], *, outcome: str, at: datetime, reason: str = "") -> int:
    """Ledger rows of messages that went out in the past (the demo world, an import): nothing is sent."""
    rows = [
        (
            current_organization_id(), d.key, d.customer, Channel.EMAIL.value, d.message_class, d.topic, d.mode,
            d.origin_kind, d.origin_id, outcome, reason, d.due_at or at, d.due_at or at,
        )
        for d in drafts
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO outreach_sendkey (organization_id, key, customer_id, channel, message_class, topic,
                 mode, origin_kind, origin_id, outcome, reason, possible_duplicate, created_at, settled_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, false, %s, %s)
               ON CONFLICT (organization_id, key) DO NOTHING""",
            rows,
        )
    return len(rows)


@transaction.atomic
def pause(origin_kind: str, *origin_ids: int) -> int:
    """Hold what has not been claimed yet."""
    return _move(origin_kind, origin_ids, MessageState.QUEUED, MessageState.PAUSED)


@transaction.atomic
def resume(origin_kind: str, *origin_ids: int) -> int:
    """Let it go on; what expired meanwhile is settled as too late when its turn comes."""
    moved = _move(origin_kind, origin_ids, MessageState.PAUSED, MessageState.QUEUED)
    if moved:
        doorbells.ring(current_organization_id())
    return moved


def _move(origin_kind: str, origin_ids: Sequence[int], old: str, new: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE outreach_message m SET state = %s FROM outreach_sendkey k
               WHERE k.organization_id = %s AND k.origin_kind = %s AND k.origin_id = ANY(%s)
                 AND k.outcome = 'live' AND m.organization_id = k.organization_id AND m.id = k.id AND m.state = %s""",
            [new, current_organization_id(), origin_kind, list(origin_ids), old],
        )
        return cursor.rowcount


@transaction.atomic
def withdraw(origin_kind: str, *origin_ids: int, reason: str, at: datetime | None = None) -> int:
    """Settle what has not been claimed yet as skipped, with a reason. What is on its way goes its way."""
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH gone AS (
                 DELETE FROM outreach_message m USING outreach_sendkey k
                 WHERE k.organization_id = %(org)s AND k.origin_kind = %(kind)s AND k.origin_id = ANY(%(ids)s)
                   AND k.outcome = 'live' AND m.organization_id = k.organization_id AND m.id = k.id
                   AND m.state IN ('queued', 'paused') RETURNING m.*),
               logged AS (
                 INSERT INTO outreach_settledmessage (organization_id, id, wording_id, outcome, reason, answer,
                   possible_duplicate, attempts, due_at, wire_started_at, at)
                 SELECT organization_id, id, wording_id, 'skipped', %(reason)s, answer, possible_duplicate,
                   attempts, due_at, wire_started_at, %(at)s FROM gone)
               UPDATE outreach_sendkey k SET outcome = 'skipped', reason = %(reason)s, settled_at = %(at)s
               FROM gone WHERE k.organization_id = gone.organization_id AND k.id = gone.id""",
            {
                "org": current_organization_id(),
                "kind": origin_kind,
                "ids": list(origin_ids),
                "reason": reason,
                "at": at or timezone.now(),
            },
        )
        return cursor.rowcount


def _insert(drafts: Sequence[Draft], at: datetime) -> dict[str, int]:
    columns: dict[str, tuple[str, list[Any]]] = {
        "key": ("text", [d.key for d in drafts]),
        "wording": ("bigint", [d.wording if isinstance(d.wording, int) else d.wording.pk for d in drafts]),
        "kind": ("text", [d.origin_kind for d in drafts]),
        "origin": ("bigint", [d.origin_id for d in drafts]),
        "customer": ("bigint", [d.customer for d in drafts]),
        "address": ("text", [d.address for d in drafts]),
        "class": ("text", [str(d.message_class) for d in drafts]),
        "topic": ("text", [d.topic for d in drafts]),
        "mode": ("text", [str(d.mode) for d in drafts]),
        "due": ("timestamptz", [d.due_at or at for d in drafts]),
        "expires": ("timestamptz", [d.expires_at for d in drafts]),
        "capped": ("boolean", [not d.is_service if d.capped is None else d.capped for d in drafts]),
        "gapped": ("boolean", [d.origin_kind == "invitation" and not d.is_service for d in drafts]),
        "state": ("text", [(MessageState.PAUSED if d.paused else MessageState.QUEUED).value for d in drafts]),
        "facts": ("text", [json.dumps(dict(d.facts)) for d in drafts]),
    }
    arrays = ", ".join(f"%s::{kind}[]" for kind, _ in columns.values())
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH draft AS (
                  SELECT DISTINCT ON (key) * FROM unnest({arrays}) WITH ORDINALITY AS d ({names}, n) ORDER BY key, n),
                made AS (
                  INSERT INTO outreach_sendkey (organization_id, key, customer_id, channel, message_class, topic,
                    mode, origin_kind, origin_id, outcome, reason, possible_duplicate, created_at)
                  SELECT %s, key, customer, %s, class, topic, mode, kind, origin, %s, '', false, %s
                  FROM draft ORDER BY n
                  ON CONFLICT (organization_id, key) DO NOTHING RETURNING id, key)
                INSERT INTO outreach_message (organization_id, id, state, reason, answer, possible_duplicate,
                  due_at, expires_at, urgent, capped, gapped, quiet, attempts, wording_id, customer_id, address,
                  channel, message_class, topic, mode, origin_kind, origin_id, facts)
                SELECT %s, made.id, draft.state, '', '', false, due, expires, class = 'service', capped, gapped,
                  class <> 'service', 0, wording,
                  customer, address, %s, class, topic, mode, kind, origin, facts::jsonb
                FROM made JOIN draft USING (key)
                RETURNING id""",
            [
                *[values for _, values in columns.values()],
                current_organization_id(), Channel.EMAIL.value, Outcome.LIVE.value, at,
                current_organization_id(), Channel.EMAIL.value,
            ],
        )  # fmt: skip
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "SELECT key, id FROM outreach_sendkey WHERE organization_id = %s AND id = ANY(%s)",
            [current_organization_id(), ids],
        )
        return dict(cursor.fetchall())
