"""Bringing customers in and keeping them up to date: one at a time or by the thousand, the same way."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.models import Mode
from accounts.recording import record
from accounts.tenancy.context import current_organization_id
from accounts.tenancy.staging import fresh_statistics
from accounts.zones import zone_names
from segments import keeping_companies, origins, stages, staging
from segments.addresses import BadAddress, normal_email, normal_phone
from segments.models import Attribute, AttributeChange, Category, Company, Customer, CustomerKey, KeyKind
from segments.values import BadValue, Value, read

# Above this many rows a temporary table and COPY are cheaper than one JSON parameter.
FEW = 40

# From this many new rows on, the planner is told.
MANY = 1_000

# Fields of the row itself that a caller may set; None leaves them as they are.
PLAIN = ("name", "first_name", "email", "phone", "locale", "time_zone", "stage", "roles")
LONGEST = {"name": 200, "first_name": 100, "locale": 16, "time_zone": 64, "stage": 40, "external_id": 200}


@dataclass(frozen=True)
class Person:
    """What a caller knows of one customer. None: say nothing about it; an attribute of None: take it away.

    The first of external_id, crm, anonymous_id, email, phone that is given says who it is; an address beside
    an id is a contact point only, which two people may share.
    """

    external_id: str = ""
    crm: tuple[str, str] | None = None
    anonymous_id: str = ""
    email: str | None = None
    phone: str | None = None
    name: str | None = None
    first_name: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    stage: str | None = None
    company: str | None = None
    # What they do in their company, as ContactRole.written has it.
    roles: str | None = None
    # Facts of that company: what is given is told of it, by whoever comes last.
    company_revenue: Decimal | None = None
    company_renewal: date | None = None
    company_owner: int | None = None
    unit_id: int | None = None
    attributes: dict[str, Value] = field(default_factory=dict)
    created_at: datetime | None = None

    @property
    def identity(self) -> tuple[str, str, str] | None:
        """(kind, source, value) of the key that tells this person from others; None when there is none."""
        if self.external_id:
            return (KeyKind.EXTERNAL.value, "", self.external_id)
        return next(iter(self.keys), None)

    @property
    def keys(self) -> list[tuple[str, str, str]]:
        keys = []
        if self.external_id:
            keys.append((KeyKind.EXTERNAL.value, "", self.external_id))
        if self.crm:
            keys.append((KeyKind.CRM.value, *self.crm))
        if self.anonymous_id:
            keys.append((KeyKind.ANONYMOUS.value, "", self.anonymous_id))
        if not keys and self.email:
            keys.append((KeyKind.EMAIL.value, "", self.email.lower()))
        if not keys and self.phone:
            keys.append((KeyKind.PHONE.value, "", self.phone))
        return keys


@dataclass(frozen=True)
class Outcome:
    """What became of one row: created, updated, unchanged, skipped or refused (then `error` says why)."""

    what: str
    customer_id: int | None = None
    error: str = ""
    path: str = ""

    @property
    def created(self) -> bool:
        return self.what == "created"


class Refused(ValueError):
    """A person that cannot be brought in; carries the path of the field at fault."""

    def __init__(self, message: str, path: str = "") -> None:
        self.path = path
        super().__init__(message)


def upsert(
    *,
    by: Actor | None = None,
    mode: str | None = None,
    source: str = "api",
    at: datetime | None = None,
    **facts: Any,
) -> tuple[Customer, bool]:
    """Create or update one customer from the fields of Person; gives (customer, created). Raises Refused."""
    outcome = upsert_many([Person(**facts)], by=by, mode=mode, source=source, at=at)[0]
    if outcome.what == "refused":
        raise Refused(outcome.error, outcome.path)
    assert outcome.customer_id is not None
    return Customer.objects.get(pk=outcome.customer_id), outcome.created


@transaction.atomic
def upsert_many(
    people: Iterable[Person],
    *,
    by: Actor | None = None,
    mode: str | None = None,
    source: str = "api",
    existing: str = "update",
    at: datetime | None = None,
    checked: bool = False,
) -> list[Outcome]:
    """Create or update many customers in a handful of statements; one Outcome per person, in their order.

    `existing="skip"` leaves those we know as they are. The same identity twice in one call: the later row is
    applied over the earlier. `checked` says that every person went through `checked_person` already.
    """
    at = at or timezone.now()
    mode = mode or (by.mode if by is not None else Mode.LIVE.value)
    rows: list[Person] = list(people)
    outcomes: list[Outcome | None] = [None] * len(rows)
    if not checked:
        schema = Schema.load()
        for number, person in enumerate(rows):
            try:
                rows[number] = checked_person(person, schema)
            except Refused as refusal:
                outcomes[number] = Outcome("refused", error=str(refusal), path=refusal.path)
    waiting = [number for number in range(len(rows)) if outcomes[number] is None]
    while waiting:
        # The same person twice goes in two waves, so that one statement never meets a row twice.
        wave: dict[tuple[str, str, str], int] = {}
        later = []
        for number in waiting:
            identity = rows[number].identity
            assert identity is not None
            if identity in wave:
                later.append(number)
            else:
                wave[identity] = number
        written = _write(
            [rows[number] for number in wave.values()],
            by=by,
            mode=mode,
            source=source,
            existing=existing,
            at=at,
        )
        for number, outcome in zip(wave.values(), written, strict=True):
            outcomes[number] = outcome
        waiting = later
    created = sum(1 for outcome in outcomes if outcome is not None and outcome.created)
    if created >= MANY and believed_rows() < created:
        # While the planner believes the tables small, look-ups take the wrong index (docs/tenancy.md).
        fresh_statistics(Customer)
        fresh_statistics(CustomerKey)
    return [outcome for outcome in outcomes if outcome is not None]


def believed_rows() -> float:
    """How many customers the planner believes there are, of all organizations."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'segments_customer'::regclass")
        return float(cursor.fetchone()[0])


@dataclass(frozen=True)
class Schema:
    """The attributes that the business has declared, by key."""

    attributes: dict[str, Attribute]
    plan: stages.Plan

    @classmethod
    def load(cls) -> "Schema":
        declared = {attribute.key: attribute for attribute in Attribute.objects.present()}
        return cls(declared, stages.plan())


def checked_person(person: Person, schema: Schema) -> Person:
    """The same with addresses in their one form and typed attributes. Raises Refused with a path."""
    changes: dict[str, Any] = {}
    for name, longest in LONGEST.items():
        text = getattr(person, name)
        if text is None:
            continue
        if not isinstance(text, str):
            raise Refused(_("expected a text"), name)
        if len(text) > longest:
            raise Refused(_("at most %(most)d characters") % {"most": longest}, name)
        if "\x00" in text:
            raise Refused(_("a text without null characters"), name)
        if text != text.strip():
            changes[name] = text.strip()
    for name, normal in (("email", normal_email), ("phone", normal_phone)):
        if getattr(person, name):
            try:
                changes[name] = normal(getattr(person, name))
            except BadAddress as error:
                raise Refused(str(error), name) from None
    if person.time_zone and person.time_zone not in zone_names():
        raise Refused(_("“%(zone)s” is not a time zone.") % {"zone": person.time_zone[:64]}, "time_zone")
    if person.stage:
        changes["stage"] = schema.plan.key_of(person.stage)
        if changes["stage"] is None:
            raise Refused(no_such_stage(person.stage, schema.plan), "stage")
    if person.attributes:
        changes["attributes"] = typed_attributes(person.attributes, schema)
    person = replace(person, **changes)
    if person.identity is None:
        raise Refused(_("Give an external id, an e-mail address or a phone number."), "external_id")
    if (person.crm or person.anonymous_id) and any(len(value) > 254 for *_kind, value in person.keys):
        raise Refused(_("at most %(most)d characters") % {"most": 254}, "external_id")
    return person


def no_such_stage(told: str, plan: stages.Plan) -> str:
    return _("There is no stage “%(stage)s”; there are %(names)s.") % {
        "stage": told[:40],
        "names": ", ".join(plan.names.values()),
    }


def typed_attributes(raw: dict[str, Any], schema: Schema, *, path: str = "attributes") -> dict[str, Value]:
    """Each value checked against its declaration. Raises Refused at the first that does not fit."""
    if not isinstance(raw, dict):
        raise Refused(_("expected an object"), path)
    typed: dict[str, Value] = {}
    for key, value in raw.items():
        attribute = schema.attributes.get(key)
        if attribute is None:
            raise Refused(_("There is no attribute “%(key)s”.") % {"key": str(key)[:60]}, f"{path}.{key}")
        try:
            typed[key] = read(attribute.kind, value, attribute.choices)
        except BadValue as error:
            raise Refused(str(error), f"{path}.{key}") from None
    return typed


@transaction.atomic
def note_answer(
    customer_id: int,
    score: int,
    at: datetime,
    channel: str = "",
    touchpoint: str = "",
    response_id: int | None = None,
) -> None:
    """Move the customer's latest NPS facts on. The same response again amends its score and moves nothing.

    An answer older than the latest (told late) becomes the previous one where none is known.
    """
    category = str(Category.of(score))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE segments_customer SET
              previous_score = CASE WHEN again THEN previous_score WHEN newer THEN last_score
                                    ELSE COALESCE(previous_score, %(score)s) END,
              previous_category = CASE WHEN again THEN previous_category WHEN newer THEN last_category
                                       WHEN previous_category = '' THEN %(category)s
                                       ELSE previous_category END,
              last_score = CASE WHEN again OR newer THEN %(score)s ELSE last_score END,
              last_category = CASE WHEN again OR newer THEN %(category)s ELSE last_category END,
              last_responded_at = CASE WHEN newer AND NOT again THEN %(at)s ELSE last_responded_at END,
              last_channel = CASE WHEN newer AND NOT again THEN %(channel)s ELSE last_channel END,
              last_touchpoint = CASE WHEN newer AND NOT again THEN %(touchpoint)s ELSE last_touchpoint END,
              last_response_id = CASE WHEN newer AND NOT again THEN %(response)s ELSE last_response_id END,
              answer_count = answer_count + CASE WHEN again THEN 0 ELSE 1 END,
              updated_at = now()
            FROM (
              SELECT id AS which,
                     COALESCE(last_response_id = %(response)s, false) AS again,
                     (last_responded_at IS NULL OR last_responded_at <= %(at)s) AS newer
              FROM segments_customer
              WHERE organization_id = %(organization)s AND id = %(customer)s AND unprofiled_at IS NULL
              FOR NO KEY UPDATE
            ) was
            WHERE organization_id = %(organization)s AND id = was.which
            """,
            {
                "organization": current_organization_id(),
                "customer": customer_id,
                "score": score,
                "category": category,
                "at": at,
                "channel": channel,
                "touchpoint": touchpoint[:80],
                "response": response_id,
            },
        )


def company_ids(names: Iterable[str], *, mode: str, source: str) -> dict[str, int]:
    """The companies of these names, made where they are missing."""
    wanted = {name.strip() for name in names if name.strip()}
    if not wanted:
        return {}
    found = {
        company.name: company.pk
        for company in Company.objects.present().filter(name__in=wanted).order_by("-id")
    }
    missing = sorted(wanted - found.keys())
    made = Company.objects.bulk_create([Company(name=name, mode=mode, source=source) for name in missing])
    return found | {company.name: company.pk for company in made}


# Staged columns and their SQL types; `mine` is the customer's number, given before anything is written.
STAGED = {
    "mine": "bigint",
    "is_new": "boolean",
    "name": "text",
    "first_name": "text",
    "email": "text",
    "phone": "text",
    "locale": "text",
    "time_zone": "text",
    "stage": "text",
    "roles": "text",
    "company_id": "bigint",
    "unit_id": "bigint",
    "attributes": "jsonb",
    "created_at": "timestamptz",
}

INSERT = """
INSERT INTO segments_customer (organization_id, id, name, first_name, email, email_lower, phone, locale,
  time_zone, stage, stage_since, stage_told, roles, company_id, unit_id, attributes, mode, source, last_category,
  previous_category, last_channel, last_touchpoint, answer_count, revision, changed, created_at, recorded_at,
  updated_at)
SELECT %(organization)s, s.mine, COALESCE(s.name, ''), COALESCE(s.first_name, ''), COALESCE(s.email, ''),
  lower(COALESCE(s.email, '')), COALESCE(s.phone, ''), COALESCE(s.locale, ''), COALESCE(s.time_zone, ''),
  COALESCE(s.stage, ''), CASE WHEN s.stage <> '' THEN %(at)s::timestamptz END,
  COALESCE(s.stage, '') <> '', COALESCE(s.roles, ''), s.company_id, s.unit_id,
  jsonb_strip_nulls(s.attributes), %(mode)s, %(source)s, '', '', '', '', 0, 1, 0,
  COALESCE(s.created_at, %(at)s), %(at)s, %(now)s
FROM {staged} s WHERE s.is_new
"""

UPDATE = """
WITH before AS (
  SELECT c.id AS mine, c.attributes, c.name AS was_name, c.email AS was_email, c.phone AS was_phone,
         c.locale AS was_locale, c.time_zone AS was_time_zone, c.roles AS was_roles,
         c.stage_told, c.company_id AS was_company_id, c.unit_id AS was_unit_id
  FROM segments_customer c
  JOIN {staged} s ON c.organization_id = %(organization)s AND c.id = s.mine AND NOT s.is_new
  ORDER BY c.id FOR NO KEY UPDATE OF c
), wanted AS (
  SELECT b.mine, b.attributes AS old_attributes, s.attributes AS said,
         jsonb_strip_nulls(b.attributes || s.attributes) AS attributes,
         s.name, s.first_name, s.email, s.phone, s.locale, s.time_zone,
         -- Blank takes back what was told; the stage that follows from the rules stays.
         CASE WHEN s.stage <> '' OR b.stage_told THEN s.stage END AS stage, s.roles,
         s.company_id, s.unit_id, b.was_name, b.was_email, b.was_phone, b.was_locale, b.was_time_zone,
         b.was_roles, b.was_company_id, b.was_unit_id
  FROM before b JOIN {staged} s ON s.mine = b.mine
), noted AS (
  INSERT INTO segments_attributechange (organization_id, customer_id, key, old, new, source, at)
  SELECT %(organization)s, w.mine, e.key, w.old_attributes -> e.key, NULLIF(e.value, 'null'::jsonb),
         %(source)s, %(at)s
  FROM wanted w CROSS JOIN LATERAL jsonb_each(w.said) e
  WHERE (w.old_attributes -> e.key) IS DISTINCT FROM NULLIF(e.value, 'null'::jsonb)
  UNION ALL
  SELECT %(organization)s, w.mine, f.key, to_jsonb(NULLIF(f.old, '')), to_jsonb(NULLIF(f.new, '')),
         %(source)s, %(at)s
  FROM wanted w CROSS JOIN LATERAL (VALUES
    ('.name', w.was_name, w.name), ('.email', w.was_email, w.email), ('.phone', w.was_phone, w.phone),
    ('.locale', w.was_locale, w.locale), ('.time_zone', w.was_time_zone, w.time_zone),
    ('.roles', w.was_roles, w.roles)
  ) f(key, old, new)
  WHERE f.new IS NOT NULL AND f.new <> f.old
  UNION ALL
  SELECT %(organization)s, w.mine, f.key, CASE WHEN f.old IS NOT NULL THEN 'true'::jsonb END, 'true'::jsonb,
         %(source)s, %(at)s
  FROM wanted w CROSS JOIN LATERAL (VALUES
    ('.company', w.was_company_id, w.company_id), ('.unit', w.was_unit_id, w.unit_id)
  ) f(key, old, new)
  WHERE f.new IS NOT NULL AND f.new IS DISTINCT FROM f.old
)
UPDATE segments_customer c SET
  name = COALESCE(w.name, c.name), first_name = COALESCE(w.first_name, c.first_name),
  email = COALESCE(w.email, c.email), email_lower = lower(COALESCE(w.email, c.email)),
  phone = COALESCE(w.phone, c.phone), locale = COALESCE(w.locale, c.locale),
  time_zone = COALESCE(w.time_zone, c.time_zone), stage = COALESCE(w.stage, c.stage),
  stage_since = CASE WHEN w.stage IS DISTINCT FROM c.stage AND w.stage IS NOT NULL
                     THEN %(at)s::timestamptz ELSE c.stage_since END,
  stage_told = CASE WHEN w.stage IS NULL THEN c.stage_told ELSE w.stage <> '' END,
  roles = COALESCE(w.roles, c.roles),
  company_id = COALESCE(w.company_id, c.company_id), unit_id = COALESCE(w.unit_id, c.unit_id),
  attributes = w.attributes, revision = c.revision + 1, updated_at = %(now)s
FROM wanted w
WHERE c.organization_id = %(organization)s AND c.id = w.mine
  AND (c.name, c.first_name, c.email, c.phone, c.locale, c.time_zone, c.stage, c.stage_told,
       c.roles, c.company_id, c.unit_id, c.attributes) IS DISTINCT FROM
      (COALESCE(w.name, c.name), COALESCE(w.first_name, c.first_name), COALESCE(w.email, c.email),
       COALESCE(w.phone, c.phone), COALESCE(w.locale, c.locale), COALESCE(w.time_zone, c.time_zone),
       COALESCE(w.stage, c.stage), COALESCE(w.stage <> '', c.stage_told),
       COALESCE(w.roles, c.roles),
       COALESCE(w.company_id, c.company_id), COALESCE(w.unit_id, c.unit_id), w.attributes)
RETURNING c.id
"""


def _write(
    rows: Sequence[Person], *, by: Actor | None, mode: str, source: str, existing: str, at: datetime
) -> list[Outcome]:
    """One wave: no identity occurs twice."""
    found = _resolve(rows)
    if any(one.customer_id is None and not one.ambiguous for one in found):
        # New people are made one transaction at a time per organization: two that bring the same new person
        # at the same moment must not both find nobody. A statement after the lock sees what the other made.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [NEW_PEOPLE, current_organization_id()])
        found = _resolve(rows)
    branch = by.branch_ids if by is not None else None
    home = by.branch.pk if by is not None and by.branch is not None else None
    companies = company_ids((row.company for row in rows if row.company), mode=mode, source=source)
    said: dict[int, dict[str, Any]] = {}
    for row in rows:
        if row.company and row.company.strip():
            said.setdefault(companies[row.company.strip()], {}).update(keeping_companies.told_by(row))
    keeping_companies.tell(said)
    fresh = new_ids(sum(one.customer_id is None and not one.ambiguous for one in found))
    outcomes: list[Outcome] = []
    staged: list[tuple[Any, ...]] = []
    keys: list[tuple[int, str, str, str]] = []
    for row, one in zip(rows, found, strict=True):
        is_new = one.customer_id is None
        why = refusal(one, unit_id=row.unit_id, by_email=bool(row.email), branch=branch)
        if why is not None:
            outcomes.append(why)
            continue
        if not is_new and existing == "skip":
            outcomes.append(Outcome("skipped", one.customer_id))
            continue
        mine = fresh.pop() if is_new else one.customer_id
        assert mine is not None
        unit_id = row.unit_id if row.unit_id is not None or not is_new else home
        staged.append(
            (
                mine,
                is_new,
                *(getattr(row, name) for name in PLAIN),
                companies.get(row.company.strip()) if row.company else None,
                unit_id,
                json.dumps(row.attributes),
                row.created_at,
            )
        )
        keys += [(mine, *key) for key in (row.keys[1:] if one.by_key else row.keys)]
        outcomes.append(Outcome("created" if is_new else "unchanged", mine))
    if not staged:
        return outcomes
    params: dict[str, Any] = {
        "organization": current_organization_id(),
        "mode": mode,
        "source": source,
        "at": at,
        "now": timezone.now(),
    }
    with connection.cursor() as cursor:
        relation = _stage(cursor, staged, params)
        if any(line[1] for line in staged):
            cursor.execute(INSERT.format(staged=relation), params)
        if keys:
            cursor.execute(
                "INSERT INTO segments_customerkey"
                " (organization_id, customer_id, kind, source, value, created_at)"
                " SELECT %s, k.*, %s FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) k"
                " ON CONFLICT DO NOTHING",
                [params["organization"], at, *(list(column) for column in zip(*keys, strict=True))],
            )
        if seen := [
            row.crm for row, outcome in zip(rows, outcomes, strict=True) if row.crm and outcome.customer_id
        ]:
            _note_seen(cursor, seen, at)
        changed: set[int] = set()
        if not all(line[1] for line in staged):
            cursor.execute(UPDATE.format(staged=relation), params)
            changed = {line[0] for line in cursor.fetchall()}
        if relation == _TABLE:
            cursor.execute(f"DROP TABLE {_TABLE}")
    return [
        replace(outcome, what="updated") if outcome.customer_id in changed else outcome
        for outcome in outcomes
    ]


def _note_seen(cursor: Any, names: list[tuple[str, str]], at: datetime) -> None:
    """A CRM named these customers: the link is alive. Written once a day, because a sync names everybody."""
    cursor.execute(
        "UPDATE segments_customerkey k SET seen_at = %s"
        " FROM unnest(%s::text[], %s::text[]) n(source, value)"
        " WHERE k.organization_id = %s AND k.kind = 'crm' AND k.source = n.source AND k.value = n.value"
        " AND (k.seen_at IS NULL OR k.seen_at < %s::timestamptz - interval '1 day')",
        [at, *(list(column) for column in zip(*names, strict=True)), current_organization_id(), at],
    )


# First key of the advisory lock on making people; any number of ours that no other lock uses.
NEW_PEOPLE = 5101
_TABLE = "pg_temp.staged_people"


@dataclass(frozen=True)
class Found:
    """Whom a row means; nobody, or (ambiguous) more than one."""

    customer_id: int | None = None
    unit_id: int | None = None
    deleted: bool = False
    ambiguous: bool = False
    by_key: bool = False


def _resolve(rows: Sequence[Person]) -> list[Found]:
    """Whom each row means: by its key; an address that is nobody's key, by the one customer who has it."""
    identities = [row.identity for row in rows]
    organization_id = current_organization_id()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.n, c.id, c.unit_id, c.deleted_at IS NOT NULL
            FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[]) AS s(n, kind, source, value)
            JOIN segments_customerkey k ON k.organization_id = %s AND k.kind = s.kind
                 AND k.source = s.source AND k.value = s.value
            JOIN segments_customer c ON c.organization_id = %s AND c.id = k.customer_id
            """,
            [
                list(range(len(rows))),
                *([identity[part] for identity in identities if identity] for part in range(3)),
                organization_id,
                organization_id,
            ],
        )
        found = {
            number: Found(customer_id, unit_id, deleted, by_key=True)
            for number, customer_id, unit_id, deleted in cursor.fetchall()
        }
    for kind, column in ((KeyKind.EMAIL, "email_lower"), (KeyKind.PHONE, "phone")):
        asked = {
            identity[2]: number
            for number, identity in enumerate(identities)
            if identity and identity[0] == kind and number not in found
        }
        if not asked:
            continue
        holders: dict[str, list[Any]] = {}
        for customer in (
            Customer.objects.present()
            .filter(**{f"{column}__in": list(asked)})
            .values_list(column, "id", "unit_id")
        ):
            holders.setdefault(customer[0], []).append(customer[1:])
        for value, several in holders.items():
            found[asked[value]] = Found(*several[0]) if len(several) == 1 else Found(ambiguous=True)
    return [found.get(number, Found()) for number in range(len(rows))]


def refusal(
    one: Found, *, unit_id: int | None, by_email: bool, branch: tuple[int, ...] | None
) -> Outcome | None:
    """Why a row that means `one` and names a unit may not be written by somebody of the branch; None if it may."""
    if one.ambiguous:
        sentence = _("Several customers have this address; say which by an external id.")
        return Outcome("refused", error=sentence, path="email" if by_email else "phone")
    if one.deleted:
        return Outcome(
            "refused", error=_("This customer was deleted; restore them first."), path="external_id"
        )
    if branch is not None and one.customer_id is not None and one.unit_id not in branch:
        return Outcome("refused", error=_("This customer belongs to another unit."), path="unit")
    if branch is not None and unit_id is not None and unit_id not in branch:
        return Outcome("refused", error=_("There is no such unit."), path="unit")
    return None


def new_ids(count: int) -> list[int]:
    """Numbers for new customers, to be taken from the end."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('segments_customer', 'id')) FROM generate_series(1, %s)",
            [count],
        )
        # Taken from the end, so that customers are numbered in the order of the rows.
        return [line[0] for line in reversed(cursor.fetchall())]


def _stage(cursor: Any, staged: list[tuple[Any, ...]], params: dict[str, Any]) -> str:
    """Where the statements read the rows from: a few travel as one JSON parameter, many through COPY."""
    columns = ", ".join(f"{name} {kind}" for name, kind in STAGED.items())
    if len(staged) <= FEW:
        objects = [dict(zip(STAGED, line, strict=True)) for line in staged]
        for one in objects:
            one["attributes"] = json.loads(one["attributes"])
            one["created_at"] = one["created_at"].isoformat() if one["created_at"] else None
        params["rows"] = json.dumps(objects)
        return f"(SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS t({columns}))"
    cursor.execute(f"DROP TABLE IF EXISTS {_TABLE}")
    cursor.execute(f"CREATE TEMPORARY TABLE staged_people ({columns}) ON COMMIT DROP")
    with cursor.copy(f"COPY {_TABLE} FROM STDIN") as copy:
        for line in staged:
            copy.write_row(line)
    cursor.execute(f"ANALYZE {_TABLE}")
    return _TABLE


@transaction.atomic
def save_by_hand(
    customer: Customer | None,
    facts: dict[str, Any],
    attributes: dict[str, Value],
    *,
    expected: int,
    by: Actor,
) -> Customer:
    """Add or correct one customer from the form. Raises Stale, and Refused for a unit out of reach."""
    made = customer is None
    customer = customer or Customer(mode=by.mode, source="page")
    if not by.sees_unit(facts["unit_id"]):
        raise Refused(_("There is no such unit."), "unit")
    external_id, company = facts.pop("external_id"), facts.pop("company")
    at = timezone.now()
    before = origins.facts_of(customer)
    told = facts.pop("stage")
    if told != (customer.stage if customer.stage_told else ""):
        customer.stage, customer.stage_told, customer.stage_since = told, bool(told), at
    for name, value in facts.items():
        setattr(customer, name, value)
    customer.company_id = company_ids([company], mode=customer.mode, source="page").get(company.strip())
    changes = [
        AttributeChange(
            customer_id=customer.pk,
            key=key,
            old=customer.attributes.get(key),
            new=value,
            source="page",
            at=at,
        )
        for key, value in attributes.items()
        if customer.attributes.get(key) != value
    ]
    merged = {**customer.attributes, **attributes}
    customer.attributes = {key: value for key, value in merged.items() if value is not None}
    if made:
        customer.save()
    else:
        customer.save_revision(expected, by=by)
        changes += origins.changes_of(customer, before, source="page", at=at)
        AttributeChange.objects.bulk_create(changes)
    _set_external_id(customer, external_id)
    staging.follow([customer.pk])
    record("customer.created" if made else "customer.changed", customer)
    audit("customer.edit", customer, by=by, did="created" if made else "changed")
    return customer


def _set_external_id(customer: Customer, value: str) -> None:
    keys = CustomerKey.objects.filter(customer=customer, kind=KeyKind.EXTERNAL, source="")
    if not value:
        keys.delete()
    elif not keys.filter(value=value).exists():
        keys.delete()
        CustomerKey.objects.create(customer=customer, kind=KeyKind.EXTERNAL, value=value)
    if not value and customer.email and not CustomerKey.objects.filter(customer=customer).exists():
        # Somebody who is known by the address only is found by it when they come again.
        taken = CustomerKey.objects.filter(kind=KeyKind.EMAIL, source="", value=customer.email_lower)
        if not taken.exists():
            CustomerKey.objects.create(customer=customer, kind=KeyKind.EMAIL, value=customer.email_lower)
