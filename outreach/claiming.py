"""S1: claim due messages, judging in the same statement who may have them (docs/engine.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils import timezone

from accounts.tenancy.context import current_organization_id
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


@dataclass(frozen=True)
class _Standing:
    paused: bool
    daily_cap: int
    zone: str
    claimed_today: int
    day: date


@transaction.atomic
def claim(*, pace: Pace = PACE, at: datetime | None = None) -> Claim:
    """Take due messages of the acting organization. Claims of one organization wait for each other: caps are exact."""
    at = at or timezone.now()
    standing = _standing(at)
    room = max(standing.daily_cap - standing.claimed_today, 0)
    if standing.paused:
        rows, held = _take(at, pace, bulk=0, only_tests=True, day=standing.day), 0
    elif room == 0:
        tomorrow = _next_day(standing)
        held = _put_off(at, until=tomorrow)
        rows = _take(at, pace, bulk=0, only_tests=False, day=standing.day)
    else:
        rows, held = _take(at, pace, bulk=min(pace.batch, room), only_tests=False, day=standing.day), 0
    attempt = rows[0][-2] if rows else 0
    go = tuple(Claimed(*row[:-3]) for row in rows if row[-1] == "go")
    refused = tuple(Claimed(*row[:-3]) for row in rows if row[-1] == "refused")
    waits = [row[-3] for row in rows if row[-1] == "held"]
    return Claim(attempt, go, refused, len(rows) + held, min(waits) if waits else None)


def _standing(at: datetime) -> _Standing:
    organization = current_organization_id()
    with connection.cursor() as cursor:
        # A statement of its own: the claim's snapshot must be younger than the lock.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_SPACE, organization % 2**31])
        cursor.execute(
            """SELECT o.sending_paused_at IS NOT NULL OR EXISTS (SELECT FROM outreach_standstill),
                      o.daily_send_cap, o.time_zone, COALESCE(d.claimed, 0), timezone(o.time_zone, %(at)s::timestamptz)::date
               FROM accounts_organization o
               LEFT JOIN outreach_sendingday d ON d.organization_id = o.id
                     AND d.day = timezone(o.time_zone, %(at)s::timestamptz)::date
               WHERE o.id = %(organization)s""",
            {"organization": organization, "at": at},
        )
        paused, cap, zone, claimed, day = cursor.fetchone()
    return _Standing(paused, cap, zone, claimed, day)


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


def _take(at: datetime, pace: Pace, *, bulk: int, only_tests: bool, day: date) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            claim_statement(urgent=pace.urgent, bulk=bulk, only_tests=only_tests),
            {
                "organization": current_organization_id(),
                "at": at,
                "lease": pace.lease,
                "day": day,
            },
        )
        return cursor.fetchall()


def claim_statement(*, urgent: int, bulk: int, only_tests: bool) -> str:
    """The claim. Limits are literals: as parameters they made claims 30-100 times slower."""
    return f"""
WITH urgent AS (
  SELECT id FROM outreach_message
  WHERE organization_id = %(organization)s AND state = 'queued' AND urgent AND due_at <= %(at)s
    {"AND origin_kind = 'test'" if only_tests else ""}
  ORDER BY due_at, id LIMIT {int(urgent)} FOR UPDATE SKIP LOCKED),
bulk AS (
  SELECT id FROM outreach_message
  WHERE organization_id = %(organization)s AND state = 'queued' AND NOT urgent AND due_at <= %(at)s
  ORDER BY due_at, id LIMIT {int(bulk)} FOR UPDATE SKIP LOCKED),
due AS MATERIALIZED (
  SELECT m.id, m.customer_id, m.channel, m.topic AS purpose, m.address AS own_address, m.expires_at,
         m.origin_kind = 'test' AS is_test, m.quiet,
         -- A message that was claimed before holds its place in the ledger of contacts.
         m.capped AND m.attempts = 0 AS capped, m.gapped AND m.attempts = 0 AS gapped
  FROM (SELECT id FROM urgent UNION ALL SELECT id FROM bulk) p
  JOIN outreach_message m ON m.organization_id = %(organization)s AND m.id = p.id),
person AS (SELECT * FROM due WHERE customer_id IS NOT NULL AND NOT is_test),
judgement AS (SELECT id, reason, free_at, address FROM ({contacting_sql.judged("person")}) j),
verdict AS (
  SELECT d.id, j.free_at,
         CASE WHEN d.is_test OR d.customer_id IS NULL THEN d.own_address ELSE j.address END AS address,
         CASE WHEN d.is_test THEN NULL
              WHEN d.expires_at <= %(at)s THEN 'expired'
              WHEN d.customer_id IS NULL THEN (
                SELECT 'suppressed' FROM segments_suppression s JOIN accounts_organization o ON o.id = %(organization)s
                WHERE s.organization_id = %(organization)s AND s.channel = d.channel AND s.purpose IN ('', d.purpose)
                  AND s.address_hash = {contacting_sql.HASH.format(address="lower(d.own_address)")} LIMIT 1)
              WHEN j.id IS NULL THEN 'missing'
              ELSE j.reason END AS reason,
         j.reason IN {_WAITING} AND (d.expires_at IS NULL OR j.free_at < d.expires_at) AS waits
  FROM due d LEFT JOIN judgement j ON j.id = d.id),
number AS (SELECT nextval(pg_get_serial_sequence('outreach_attempt', 'id')) AS attempt),
moved AS (
  UPDATE outreach_message m
  SET state = CASE WHEN v.reason IS NULL THEN 'sending' ELSE 'queued' END,
      reason = COALESCE(v.reason, ''),
      due_at = CASE WHEN v.reason IS NULL THEN m.due_at ELSE v.free_at END,
      attempt = CASE WHEN v.reason IS NULL THEN number.attempt ELSE m.attempt END,
      attempts = m.attempts + CASE WHEN v.reason IS NULL THEN 1 ELSE 0 END,
      lease_until = CASE WHEN v.reason IS NULL THEN clock_timestamp() + %(lease)s END,
      wire_started_at = NULL
  FROM verdict v, number
  WHERE m.organization_id = %(organization)s AND m.id = v.id
    AND (v.reason IS NULL OR (COALESCE(v.waits, false) AND v.reason IN {_WAITING}))
  RETURNING m.*, v.address AS to_address),
refused AS (
  DELETE FROM outreach_message m USING verdict v
  WHERE m.organization_id = %(organization)s AND m.id = v.id
    AND v.reason IS NOT NULL AND NOT (COALESCE(v.waits, false) AND v.reason IN {_WAITING})
  RETURNING m.*, v.reason AS verdict, v.address AS to_address),
logged AS (
  INSERT INTO outreach_settledmessage (organization_id, id, wording_id, outcome, reason, answer, possible_duplicate,
    attempts, due_at, wire_started_at, at)
  SELECT organization_id, id, wording_id, CASE verdict WHEN 'expired' THEN 'expired' ELSE 'skipped' END, verdict,
    answer, possible_duplicate, attempts, due_at, wire_started_at, %(at)s FROM refused),
told AS (
  UPDATE outreach_sendkey k
  SET outcome = CASE r.verdict WHEN 'expired' THEN 'expired' ELSE 'skipped' END, reason = r.verdict, settled_at = %(at)s,
      possible_duplicate = r.possible_duplicate
  FROM refused r WHERE k.organization_id = %(organization)s AND k.id = r.id),
released AS (
  DELETE FROM segments_contact c USING refused r WHERE c.organization_id = %(organization)s AND c.send_id = r.id),
reserved AS (
  INSERT INTO segments_contact (organization_id, customer_id, channel, purpose, counted, at, send_id, subject)
  SELECT m.organization_id, m.customer_id, m.channel,
    -- The clock between surveys counts surveys only, not what else is sent with their consent.
    CASE WHEN m.topic = 'surveys' AND NOT m.gapped THEN 'service' ELSE m.topic END,
    m.capped, %(at)s, m.id, w.title
  FROM moved m
  JOIN outreach_wording w ON w.organization_id = m.organization_id AND w.id = m.wording_id
  WHERE m.state = 'sending' AND m.attempts = 1 AND m.customer_id IS NOT NULL AND m.origin_kind <> 'test'
  ON CONFLICT DO NOTHING),
counted AS (
  INSERT INTO outreach_sendingday (organization_id, day, claimed)
  SELECT %(organization)s, %(day)s, count(*) FROM moved
  WHERE state = 'sending' AND attempts = 1 AND NOT urgent HAVING count(*) > 0
  ON CONFLICT (organization_id, day) DO UPDATE
  SET claimed = outreach_sendingday.claimed + excluded.claimed),
rows AS (
  SELECT id, customer_id, wording_id, message_class, topic, mode, origin_kind, origin_id, facts, possible_duplicate,
         attempts, reason, to_address AS address, due_at, attempt,
         CASE state WHEN 'sending' THEN 'go' ELSE 'held' END AS fate FROM moved
  UNION ALL
  SELECT id, customer_id, wording_id, message_class, topic, mode, origin_kind, origin_id, facts, possible_duplicate,
         attempts, verdict, to_address, due_at, attempt, 'refused' FROM refused)
SELECT r.id, r.customer_id, r.wording_id, r.message_class, r.topic, r.mode, r.origin_kind, r.origin_id,
       r.facts::text, r.possible_duplicate, r.attempts, r.reason, r.address,
       c.name, c.first_name, c.email, c.phone, c.locale, c.stage, c.attributes::text, y.name, u.name,
       r.due_at, r.attempt, r.fate
FROM rows r
LEFT JOIN segments_customer c ON c.organization_id = %(organization)s AND c.id = r.customer_id AND r.fate = 'go'
LEFT JOIN segments_company y ON y.organization_id = %(organization)s AND y.id = c.company_id
LEFT JOIN accounts_unit u ON u.organization_id = %(organization)s AND u.id = c.unit_id
ORDER BY r.fate, r.message_class = 'service' DESC, r.id
"""
