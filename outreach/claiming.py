"""S1: claim due messages, judging in the same statement who may have them (docs/engine.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.tenancy.context import current_organization_id
from outreach import arrays
from outreach.models.send_key import MessageClass
from outreach.pace import PACE, Pace
from segments import contacting_sql

LOCK_SPACE = 0x6D61  # "ma": keeps these advisory locks apart from others

# Reasons that end by themselves. The message waits until then, unless it would be too late.
_WAITING = "('quiet_hours', 'cap', 'survey_gap')"


@dataclass(frozen=True, slots=True)
class Claimed:
    """One row of a claim: to be sent when `reason` is empty, else already settled for that reason."""

    id: int
    customer_id: int | None
    wording_id: int
    message_class: str
    topic: str
    mode: str
    origin_kind: str
    origin_id: int
    facts: str
    possible_duplicate: bool
    attempts: int
    reason: str
    address: str
    capped: bool
    gapped: bool
    name: str | None
    first_name: str | None
    email: str | None
    phone: str | None
    locale: str | None
    stage: str | None
    attributes: str | None
    company: str | None
    unit: str | None


@dataclass(frozen=True)
class Claim:
    """What one claim took (`go`, leased under `attempt`), refused, and when to look again (None: now)."""

    attempt: int = 0
    go: tuple[Claimed, ...] = ()
    refused: tuple[Claimed, ...] = ()
    looked: int = 0
    again_at: datetime | None = None
    misled: bool = False
    """The planner believes the hot table to be (nearly) empty while whole batches come out of it: then it looks rows
    up by organization and compares them all. Once a table was vacuumed empty it believes so until told otherwise."""


@dataclass(frozen=True)
class _Standing:
    paused: bool
    daily_cap: int
    zone: str
    claimed_today: int
    day: date
    believed: float


def anything_due(at: datetime | None = None) -> bool:
    """Whether a claim would find anything: looked at before a mail server is troubled."""
    with connection.cursor() as cursor:
        cursor.execute(
            " OR ".join(
                f"""{"SELECT " if flag == "urgent" else ""}EXISTS (SELECT FROM outreach_message
                    WHERE organization_id = %(organization)s AND state = 'queued' AND {flag} AND due_at <= %(at)s)"""
                for flag in ("urgent", "NOT urgent")
            ),
            {"organization": current_organization_id(), "at": at or timezone.now()},
        )
        return bool(cursor.fetchone()[0])


@transaction.atomic
def claim(*, pace: Pace = PACE, at: datetime | None = None) -> Claim:
    """Take due messages of the acting organization. Claims of one organization wait for each other: caps are exact."""
    at = at or timezone.now()
    standing = _standing(at)
    room = max(standing.daily_cap - standing.claimed_today, 0)
    held = 0
    if standing.paused:
        ids = _pick(at, urgent=pace.urgent, bulk=0, only="AND origin_kind = 'test'")
    else:
        if room == 0:
            held = _put_off(at, until=_next_day(standing))
        ids = _pick(at, urgent=pace.urgent, bulk=min(pace.batch, room))
    if not ids:
        return Claim(looked=held)
    rows = _judge(ids, at, pace)
    attempt = rows[0][-2]
    go = tuple(Claimed(*row[:-3]) for row in rows if row[-1] == "go")
    refused = tuple(Claimed(*row[:-3]) for row in rows if row[-1] == "refused")
    waits = [row[-3] for row in rows if row[-1] == "held"]
    if refused:
        _settle_refused(refused, at)
    if go:
        _reserve(go, at, standing.day)
    return Claim(
        attempt,
        go,
        refused,
        len(rows) + held,
        min(waits) if waits else None,
        misled=standing.believed < 5 * pace.batch <= 5 * len(rows),
    )


def prepared() -> psycopg.Connection:
    """The raw connection, with statements prepared where the database is reached directly.

    Planning a claim costs as much as running it. A pooler that mixes sessions wants DATABASE_PREPARES off.
    """
    connection.ensure_connection()
    raw = connection.connection
    if raw.prepare_threshold is None and settings.DATABASE_PREPARES:
        raw.prepare_threshold = 1_000_000  # only what asks for it
    return raw


BY_KEY = "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
"""Everything here looks up a few rows by key. The planner may believe a filling table to be empty, and once prepared
it would read the whole of it for every batch."""


def run(statement: str, parameters: dict[str, object]) -> psycopg.Cursor:
    """Execute a prepared statement on the connection of the acting transaction."""
    cursor = psycopg.Cursor(prepared())
    cursor.execute(statement, parameters, prepare=True)
    return cursor


def _standing(at: datetime) -> _Standing:
    organization = current_organization_id()
    with connection.cursor() as cursor:
        # Statements of their own: the claim's snapshot must be younger than the lock.
        cursor.execute(f"{BY_KEY}; SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_SPACE, organization % 2**31])
        cursor.execute(
            """SELECT o.sending_paused_at IS NOT NULL OR EXISTS (SELECT FROM outreach_standstill),
                      o.daily_send_cap, o.time_zone, COALESCE(d.claimed, 0), t.day,
                      (SELECT reltuples FROM pg_class WHERE oid = 'outreach_message'::regclass)
               FROM accounts_organization o
               CROSS JOIN LATERAL (SELECT timezone(o.time_zone, %(at)s::timestamptz)::date AS day) t
               LEFT JOIN outreach_sendingday d ON d.organization_id = %(organization)s AND d.day = t.day
               WHERE o.id = %(organization)s""",
            {"organization": organization, "at": at},
        )
        return _Standing(*cursor.fetchone())


def _next_day(standing: _Standing) -> datetime:
    tomorrow = standing.day + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=ZoneInfo(standing.zone))


def _put_off(at: datetime, *, until: datetime) -> int:
    """The limit of the day is reached: what is due waits for tomorrow, and says so."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE outreach_message SET due_at = %(until)s, reason = 'daily_cap'
               WHERE organization_id = %(organization)s AND id IN (
                 SELECT id FROM outreach_message
                 WHERE organization_id = %(organization)s AND state = 'queued' AND NOT urgent AND due_at <= %(at)s
                 ORDER BY due_at, id LIMIT 5000 FOR UPDATE SKIP LOCKED)""",
            {"organization": current_organization_id(), "until": until, "at": at},
        )
        return cursor.rowcount


def _pick(at: datetime, *, urgent: int, bulk: int, only: str = "") -> list[int]:
    """Lock due rows, urgent ones first. Limits are literals: as parameters they made claims 30-100 times slower."""
    ids: list[int] = []
    for flag, limit in (("urgent", urgent), ("NOT urgent", bulk)):
        if limit:
            cursor = run(
                f"""SELECT id FROM outreach_message
                    WHERE organization_id = %(organization)s AND state = 'queued' AND {flag} AND due_at <= %(at)s {only}
                    ORDER BY due_at, id LIMIT {int(limit)} FOR UPDATE SKIP LOCKED""",
                {"organization": current_organization_id(), "at": at},
            )
            ids += [row[0] for row in cursor.fetchall()]
    return ids


def _judge(ids: list[int], at: datetime, pace: Pace) -> list[tuple]:
    parameters = {
        "organization": current_organization_id(),
        "at": at,
        "lease": pace.lease,
        "ids": arrays.bigints(ids),
    }
    return run(CLAIM, parameters).fetchall()


CLAIM = f"""
WITH due AS MATERIALIZED (
  SELECT m.id, m.customer_id, m.channel, m.topic AS purpose, m.address AS own_address, m.expires_at,
         m.origin_kind = 'test' AS is_test, m.quiet,
         -- A message that was claimed before holds its place in the ledger of contacts.
         m.capped AND m.attempts = 0 AS capped, m.gapped AND m.attempts = 0 AS gapped
  FROM unnest(%(ids)s::bigint[]) AS p(id)
  JOIN outreach_message m ON m.organization_id = %(organization)s AND m.id = p.id),
person AS (SELECT * FROM due WHERE customer_id IS NOT NULL AND NOT is_test),
-- Each branch looks its rows up by key; to join the judgements to the batch would compare every pair.
verdict AS MATERIALIZED (
  SELECT id, free_at, address, CASE WHEN expires_at <= %(at)s::timestamptz THEN 'expired' ELSE reason END AS reason,
         COALESCE(reason IN {_WAITING} AND (expires_at IS NULL OR free_at < expires_at), false) AS waits
  FROM ({contacting_sql.judged("person", facts=False, carried=("expires_at",))}) j
  UNION ALL
  SELECT d.id, NULL, d.own_address,
         CASE WHEN d.is_test THEN NULL
              WHEN d.expires_at <= %(at)s::timestamptz THEN 'expired'
              ELSE (
                SELECT 'suppressed' FROM segments_suppression s, accounts_organization o
                WHERE o.id = %(organization)s AND s.organization_id = %(organization)s AND s.channel = d.channel
                  AND s.purpose IN ('', d.purpose)
                  AND s.address_hash = {contacting_sql.HASH.format(address="lower(d.own_address)")} LIMIT 1) END,
         false
  FROM due d WHERE d.is_test OR d.customer_id IS NULL
  UNION ALL
  SELECT d.id, NULL, NULL, CASE WHEN d.expires_at <= %(at)s::timestamptz THEN 'expired' ELSE 'missing' END, false
  FROM person d
  WHERE NOT EXISTS (
    SELECT FROM segments_customer c WHERE c.organization_id = %(organization)s AND c.id = d.customer_id)),
number AS MATERIALIZED (SELECT nextval(pg_get_serial_sequence('outreach_attempt', 'id')) AS attempt),
moved AS (
  UPDATE outreach_message m
  SET state = CASE WHEN v.reason IS NULL THEN 'sending' ELSE m.state END,
      reason = COALESCE(v.reason, ''),
      due_at = CASE WHEN v.waits THEN v.free_at ELSE m.due_at END,
      attempt = CASE WHEN v.reason IS NULL THEN n.attempt ELSE m.attempt END,
      attempts = m.attempts + CASE WHEN v.reason IS NULL THEN 1 ELSE 0 END,
      lease_until = CASE WHEN v.reason IS NULL THEN clock_timestamp() + %(lease)s::interval END,
      wire_started_at = NULL
  FROM verdict v, number n
  WHERE m.organization_id = %(organization)s AND m.id = v.id
  RETURNING m.*, v.address AS to_address,
    CASE WHEN v.reason IS NULL THEN 'go' WHEN v.waits AND v.reason IN {_WAITING} THEN 'held' ELSE 'refused' END AS fate)
SELECT r.id, r.customer_id, r.wording_id, r.message_class, r.topic, r.mode, r.origin_kind, r.origin_id,
       r.facts::text, r.possible_duplicate, r.attempts, r.reason, r.to_address, r.capped, r.gapped,
       c.name, c.first_name, c.email, c.phone, c.locale, c.stage, c.attributes::text, y.name, u.name,
       CASE r.fate WHEN 'held' THEN r.due_at END, r.attempt, r.fate
FROM moved r
LEFT JOIN segments_customer c ON c.organization_id = %(organization)s AND c.id = r.customer_id
LEFT JOIN segments_company y ON y.organization_id = %(organization)s AND y.id = c.company_id
LEFT JOIN accounts_unit u ON u.organization_id = %(organization)s AND u.id = c.unit_id
ORDER BY r.fate, r.message_class = 'service' DESC, r.id
"""

REFUSE = """
WITH gone AS (
  DELETE FROM outreach_message m USING unnest(%(ids)s::bigint[]) AS r(id)
  WHERE m.organization_id = %(organization)s AND m.id = r.id RETURNING m.*),
logged AS (
  INSERT INTO outreach_settledmessage (organization_id, id, wording_id, outcome, reason, answer, possible_duplicate,
    attempts, due_at, wire_started_at, at)
  SELECT organization_id, id, wording_id, CASE reason WHEN 'expired' THEN 'expired' ELSE 'skipped' END, reason,
    answer, possible_duplicate, attempts, due_at, wire_started_at, %(at)s FROM gone),
released AS (
  DELETE FROM segments_contact c USING gone g WHERE c.organization_id = %(organization)s AND c.send_id = g.id)
UPDATE outreach_sendkey k
SET outcome = CASE g.reason WHEN 'expired' THEN 'expired' ELSE 'skipped' END, reason = g.reason, settled_at = %(at)s,
    possible_duplicate = g.possible_duplicate
FROM gone g WHERE k.organization_id = %(organization)s AND k.id = g.id
"""

RESERVE = """
WITH reserved AS (
  INSERT INTO segments_contact (organization_id, customer_id, channel, purpose, counted, at, send_id, subject)
  SELECT %(organization)s, c.customer, 'email', c.purpose, c.counted = 1, %(at)s, c.id, w.title
  FROM unnest(%(ids)s::bigint[], %(customers)s::bigint[], %(purposes)s::text[], %(counted)s::int[],
              %(wordings)s::bigint[]) AS c(id, customer, purpose, counted, wording)
  JOIN outreach_wording w ON w.organization_id = %(organization)s AND w.id = c.wording
  ON CONFLICT DO NOTHING)
INSERT INTO outreach_sendingday (organization_id, day, claimed) VALUES (%(organization)s, %(day)s, %(bulk)s)
ON CONFLICT (organization_id, day) DO UPDATE SET claimed = outreach_sendingday.claimed + excluded.claimed
"""


def _settle_refused(refused: tuple[Claimed, ...], at: datetime) -> None:
    ids = arrays.bigints(one.id for one in refused)
    run(REFUSE, {"organization": current_organization_id(), "ids": ids, "at": at})


def _reserve(go: tuple[Claimed, ...], at: datetime, day: date) -> None:
    """A place in the ledger of contacts for each first claim; given back if the message is skipped after all."""
    first = [
        one for one in go if one.attempts == 1 and one.customer_id is not None and one.origin_kind != "test"
    ]
    run(
        RESERVE,
        {
            "organization": current_organization_id(),
            "at": at,
            "day": day,
            "bulk": sum(one.attempts == 1 and one.message_class != MessageClass.SERVICE for one in go),
            "ids": arrays.bigints(one.id for one in first),
            "customers": arrays.bigints(one.customer_id or 0 for one in first),
            # The clock between surveys counts surveys only, not what else is sent with their consent.
            "purposes": arrays.texts(
                "service" if one.topic == "surveys" and not one.gapped else one.topic for one in first
            ),
            "counted": arrays.bigints(int(one.capped) for one in first),
            "wordings": arrays.bigints(one.wording_id for one in first),
        },
    )
