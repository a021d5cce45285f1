"""Customers by the thousand, column by column: what `customers.upsert_many` does for people who came in a file."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.acting import Actor
from accounts.tenancy.context import current_organization_id
from segments import keeping_companies
from segments.customers import (
    INSERT,
    NEW_PEOPLE,
    PLAIN,
    STAGED,
    UPDATE,
    Found,
    Person,
    company_ids,
    new_ids,
    refusal,
)
from segments.models import Customer, KeyKind

_TABLE = "pg_temp.loaded_people"
_ADDRESSES = ((KeyKind.EMAIL.value, "email_lower"), (KeyKind.PHONE.value, "phone"))


@dataclass
class People:
    """Checked people as columns of equal length. None: say nothing about it.

    Each has one key (kind, value) of the business's own; `attributes` are JSON objects as text; `facts` are the
    columns of customers.PLAIN, the name of the company and what is told of it, as far as any of them is given.
    """

    kinds: list[str]
    values: list[str]
    attributes: list[str]
    facts: dict[str, list[Any]] = field(default_factory=dict)
    unit_ids: list[int | None] | None = None
    created_at: list[datetime | None] | None = None

    def __len__(self) -> int:
        return len(self.values)

    def put(self, place: int, person: Person) -> None:
        """Set one line, whatever stood there."""
        self.kinds[place], _source, self.values[place] = person.keys[0]
        self.attributes[place] = json.dumps(person.attributes, ensure_ascii=False)
        for name in (*PLAIN, "company", *keeping_companies.TOLD):
            value = getattr(person, name)
            if name in self.facts or value is not None:
                self.facts.setdefault(name, [None] * len(self))[place] = value
        if self.unit_ids is not None or person.unit_id is not None:
            self.unit_ids = self.unit_ids or [None] * len(self)
            self.unit_ids[place] = person.unit_id
        if self.created_at is not None or person.created_at is not None:
            self.created_at = self.created_at or [None] * len(self)
            self.created_at[place] = person.created_at

    def some(self, places: Sequence[int]) -> "People":
        """Those at the places, in that order."""

        def of(column: Sequence[Any]) -> list[Any]:
            return [column[place] for place in places]

        return People(
            of(self.kinds),
            of(self.values),
            of(self.attributes),
            {name: of(column) for name, column in self.facts.items()},
            None if self.unit_ids is None else of(self.unit_ids),
            None if self.created_at is None else of(self.created_at),
        )


@dataclass
class Loaded:
    """What became of each line: created, updated, unchanged, skipped or refused (then why, and the field).

    `ids` are known of everybody whom another line could mean as well, and of those who were there.
    """

    what: list[str]
    ids: list[int | None]
    refused: dict[int, tuple[str, str]] = field(default_factory=dict)


@transaction.atomic
def load(people: People, *, by: Actor | None, mode: str, source: str, existing: str) -> Loaded:
    """Create or update them in a handful of statements; `existing="skip"` leaves those we know as they are.

    The same key twice: the later line is applied over the earlier.
    """
    at = timezone.now()
    if not len(people):
        return Loaded([], [])
    # New people are made one transaction at a time per organization (customers._write says why).
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [NEW_PEOPLE, current_organization_id()])
    waves = _waves(people)
    if len(waves) == 1:
        return _load(people, False, by=by, mode=mode, source=source, existing=existing, at=at)
    loaded = Loaded([""] * len(people), [None] * len(people))
    for places in waves:
        part = _load(people.some(places), True, by=by, mode=mode, source=source, existing=existing, at=at)
        for number, place in enumerate(places):
            loaded.what[place], loaded.ids[place] = part.what[number], part.ids[number]
            if number in part.refused:
                loaded.refused[place] = part.refused[number]
    return loaded


def count_known(kind: str, values: Iterable[str]) -> int:
    """How many of the keys are somebody's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM jsonb_array_elements_text(%s::jsonb) s(value)"
            " WHERE EXISTS (SELECT 1 FROM segments_customerkey k WHERE k.organization_id = %s"
            " AND k.kind = %s AND k.source = '' AND k.value = s.value)",
            [json.dumps(list(values)), current_organization_id(), kind],
        )
        return int(cursor.fetchone()[0])


def _waves(people: People) -> list[list[int]]:
    """Places in groups within which no key occurs twice, so that one statement never meets a row twice."""
    if people.kinds.count(people.kinds[0]) == len(people) == len(set(people.values)):
        return [list(range(len(people)))]
    keys = zip(people.kinds, people.values, strict=True)
    waves: list[list[int]] = []
    times: dict[tuple[str, str], int] = {}
    for place, key in enumerate(keys):
        before = times.get(key, 0)
        times[key] = before + 1
        if before == len(waves):
            waves.append([])
        waves[before].append(place)
    return waves


def _load(
    people: People,
    with_ids: bool,
    *,
    by: Actor | None,
    mode: str,
    source: str,
    existing: str,
    at: datetime,
) -> Loaded:
    """One wave: no key occurs twice. Without `with_ids` the numbers of new customers may be missing."""
    count = len(people)
    loaded = Loaded(["created"] * count, [None] * count)
    found = _found(people)
    branch = by.branch_ids if by is not None else None
    _decide(loaded, people, found, branch, existing)
    staged = [place for place, what in enumerate(loaded.what) if what in ("created", "unchanged")]
    if not staged:
        return loaded
    home = by.branch.pk if by is not None and by.branch is not None else None
    if len(staged) < count:
        people = people.some(staged)
    columns = _columns(people, mode=mode, source=source)
    is_new = [loaded.what[place] == "created" for place in staged]
    all_new = all(is_new)
    if not all_new or with_ids:
        for place, mine in zip(
            [place for place, new in zip(staged, is_new, strict=True) if new],
            reversed(new_ids(sum(is_new))),
            strict=True,
        ):
            loaded.ids[place] = mine
        columns["mine"] = [str(loaded.ids[place]) for place in staged]
        columns["is_new"] = ["t" if new else "f" for new in is_new]
    if people.unit_ids is not None or home is not None:
        units = people.unit_ids or [None] * len(staged)
        columns["unit_id"] = [
            _number(home if unit is None and new else unit) for unit, new in zip(units, is_new, strict=True)
        ]
    # Who was found by the key has it already.
    by_key = {place for place, one in found.items() if one.by_key}
    columns["key_kind"] = people.kinds
    columns["key_value"] = (
        [None if place in by_key else value for place, value in zip(staged, people.values, strict=True)]
        if by_key
        else people.values
    )
    changed = _write(columns, mode=mode, source=source, at=at, any_new=any(is_new), all_new=all_new)
    if changed:
        for place in staged:
            if loaded.ids[place] in changed:
                loaded.what[place] = "updated"
    return loaded


def _found(people: People) -> dict[int, Found]:
    """Whom the lines mean that mean anybody: by the key; an address that is nobody's key, by who has it."""
    found: dict[int, Found] = {}
    organization_id = current_organization_id()
    for kind in dict.fromkeys(people.kinds):
        places = [place for place, one in enumerate(people.kinds) if one == kind]
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT s.n, c.id, c.unit_id, c.deleted_at IS NOT NULL
                FROM jsonb_array_elements_text(%s::jsonb) WITH ORDINALITY AS s(value, n)
                JOIN segments_customerkey k ON k.organization_id = %s AND k.kind = %s AND k.source = ''
                     AND k.value = s.value
                JOIN segments_customer c ON c.organization_id = %s AND c.id = k.customer_id
                """,
                [
                    json.dumps([people.values[place] for place in places]),
                    organization_id,
                    kind,
                    organization_id,
                ],
            )
            for number, customer_id, unit_id, deleted in cursor.fetchall():
                found[places[number - 1]] = Found(customer_id, unit_id, deleted, by_key=True)
    for kind, column in _ADDRESSES:
        asked = {
            people.values[place]: place
            for place, one in enumerate(people.kinds)
            if one == kind and place not in found
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
    return found


def _decide(
    loaded: Loaded, people: People, found: dict[int, Found], branch: tuple[int, ...] | None, existing: str
) -> None:
    """Who is refused, left alone or written; a line that means nobody is somebody new."""
    nobody, emails = Found(), people.facts.get("email")
    for place in found if branch is None else range(len(people)):
        one = found.get(place, nobody)
        why = refusal(
            one,
            unit_id=people.unit_ids[place] if people.unit_ids is not None else None,
            by_email=bool(emails and emails[place]),
            branch=branch,
        )
        if why is not None:
            loaded.what[place] = "refused"
            loaded.refused[place] = (why.error, why.path)
        elif one.customer_id is not None:
            loaded.what[place] = "skipped" if existing == "skip" else "unchanged"
            loaded.ids[place] = one.customer_id


def _columns(people: People, *, mode: str, source: str) -> dict[str, Sequence[str | None]]:
    """The columns to stage, as texts."""
    columns: dict[str, Sequence[str | None]] = {
        name: people.facts[name] for name in PLAIN if name in people.facts
    }
    columns["attributes"] = people.attributes
    if "company" in people.facts:
        names = people.facts["company"]
        companies = company_ids((name for name in set(names) if name), mode=mode, source=source)
        keeping_companies.tell(_told(people, companies))
        columns["company_id"] = [_number(companies.get(name.strip())) if name else None for name in names]
    if people.created_at is not None:
        columns["created_at"] = [None if day is None else day.isoformat() for day in people.created_at]
    return columns


def _told(people: People, companies: dict[str, int]) -> dict[int, dict[str, Any]]:
    """Company -> what the lines say of it; a later line over an earlier, a blank says nothing."""
    given = [name for name in keeping_companies.TOLD if name in people.facts]
    found: dict[int, dict[str, Any]] = {}
    if given:
        for place, name in enumerate(people.facts["company"]):
            if name and name.strip():
                told = {one: people.facts[one][place] for one in given}
                known = {one: value for one, value in told.items() if value is not None}
                found.setdefault(companies[name.strip()], {}).update(known)
    return found


def _number(value: int | None) -> str | None:
    return None if value is None else str(value)


# Where all are new, the table numbers them itself.
_DEFAULTS = {"mine": " DEFAULT nextval('segments_customer_id_seq')", "is_new": " DEFAULT true"}

_KEYS = (
    "INSERT INTO segments_customerkey (organization_id, customer_id, kind, source, value, created_at)"
    f" SELECT %(organization)s, s.mine, s.key_kind, '', s.key_value, %(at)s FROM {_TABLE} s"
    " WHERE s.key_value IS NOT NULL"
)
# Whoever follows the facts meets new customers as a whole: their keys are no lines of that queue (migration 0019).
_NEWCOMERS = "SELECT set_config('loopwell.newcomers', told, true) FROM (SELECT {} AS told) AS here"


def _write(
    columns: dict[str, Sequence[str | None]],
    *,
    mode: str,
    source: str,
    at: datetime,
    any_new: bool,
    all_new: bool,
) -> set[int]:
    """Stage and write; gives the ids of those who were there and changed."""
    staged = {**STAGED, "key_kind": "text", "key_value": "text"}
    made = ", ".join(
        f"{name} {kind}{_DEFAULTS.get(name, '')}" if all_new else f"{name} {kind}"
        for name, kind in staged.items()
    )
    params: dict[str, Any] = {
        "organization": current_organization_id(),
        "mode": mode,
        "source": source,
        "at": at,
        "now": timezone.now(),
    }
    changed: set[int] = set()
    with connection.cursor() as cursor:
        cursor.execute(
            f"DROP TABLE IF EXISTS {_TABLE}; CREATE TEMPORARY TABLE loaded_people ({made}) ON COMMIT DROP"
        )
        with cursor.copy(f"COPY {_TABLE} ({', '.join(columns)}) FROM STDIN") as copy:
            copy.write(copied(list(columns.values())))
        if not all_new:
            # A join is planned; for new people alone the table is only read.
            cursor.execute(f"ANALYZE {_TABLE}")
        if any_new:
            cursor.execute(INSERT.format(staged=_TABLE), params)
            cursor.execute(_NEWCOMERS.format("pg_current_xact_id()::text"))
            cursor.execute(_KEYS + " AND s.is_new ON CONFLICT DO NOTHING", params)
            cursor.execute(_NEWCOMERS.format("''"))
        if not all_new:
            cursor.execute(_KEYS + " AND NOT s.is_new ON CONFLICT DO NOTHING", params)
            cursor.execute(UPDATE.format(staged=_TABLE), params)
            changed = {line[0] for line in cursor.fetchall()}
        cursor.execute(f"DROP TABLE {_TABLE}")
    return changed


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copied(columns: Sequence[Sequence[str | None]]) -> str:
    r"""Columns as the text format of COPY: \N for None, backslash, tab and line ends escaped."""
    written: list[Sequence[str]] = []
    for column in columns:
        texts = "".join(filter(None, column))
        if any(special in texts for special in "\\\t\n\r"):
            column = [None if text is None else text.translate(_ESCAPES) for text in column]
        written.append([r"\N" if text is None else text for text in column])
    return "\n".join(map("\t".join, zip(*written, strict=True))) + "\n"
