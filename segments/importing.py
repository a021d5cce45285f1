"""A file of customers on its way in: looked at, mapped, tried, then written chunk by chunk.

Each chunk is one transaction that writes its rows, its errors and how far it came. A process killed anywhere
leaves whole chunks, and whoever calls `step` next goes on from there: the task, or the engine when the broker
is away (config/sockets.py, DUE_WORK).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from itertools import islice
from typing import Any, BinaryIO, cast

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts import doorbells
from accounts.acting import Actor, member_actor
from accounts.auditing import audit
from accounts.models import Membership, Organization, Unit
from accounts.recording import record
from accounts.storing import discard, store_bytes
from accounts.tenancy.context import acting_for, current_organization_id
from accounts.tenancy.staging import fresh_statistics
from accounts.zones import zone_names
from segments.customers import Outcome, Person, Refused, Schema, checked_person, upsert_many
from segments.hinting import hint
from segments.models import (
    Attribute,
    Customer,
    CustomerImport,
    CustomerKey,
    ExistingPolicy,
    ImportRowError,
    ImportState,
)
from segments.sheets import LONGEST_CELL, BadFile, Sheet, read_sheet, rows_from
from segments.suggesting import TARGETS, Column, suggest
from segments.values import BadValue, parse_date, read_text

CHUNK = 2_000
TRIED_ROWS = 20_000
# A running import that nobody has touched for so long is taken up by the engine.
STALE = timedelta(seconds=10)
KINDS_THAT_MISS_BLANKS = ("number", "money", "date", "yes_no")
# The choices of an attribute made by an import are those that occur, if they are so few.
MOST_CHOICES = 50


class NotMapped(ValueError):
    """The columns cannot be used as chosen; `column` is the name of the one at fault, or empty."""

    def __init__(self, message: str, column: str = "") -> None:
        self.column = column
        super().__init__(message)


@transaction.atomic
def begin(raw: bytes, *, name: str, by: Actor) -> CustomerImport:
    """Keep an uploaded file and propose what its columns are. Raises BadFile."""
    sheet = read_sheet(raw)
    file = store_bytes(
        sheet.content, name=name[:200], content_type="text/csv", purpose="import", by=by, ending=".csv"
    )
    proposed = suggest(sheet.header, sheet.sample, list(Attribute.objects.present()))
    return CustomerImport.objects.create(
        file=file,
        file_name=name[:200],
        file_bytes=len(raw),
        encoding=sheet.encoding,
        delimiter=sheet.delimiter,
        header=sheet.header,
        mapping={"columns": [column.as_json() for column in proposed]},
        rows_total=sheet.rows,
        offset=sheet.first_row_at,
        mode=by.mode,
        preview={"sample": [row[: len(sheet.header)] for row in sheet.sample[:5]], **_blanks(sheet)},
        started_by=by.name[:200],
    )


def _blanks(sheet: Sheet) -> dict[str, list[int]]:
    counts = [
        sum(1 for row in sheet.sample if number >= len(row) or not row[number].strip())
        for number in range(len(sheet.header))
    ]
    return {"blanks": counts}


def columns_of(customer_import: CustomerImport) -> list[Column]:
    return [Column(**one) for one in customer_import.mapping["columns"]]


@transaction.atomic
def choose(
    customer_import: CustomerImport,
    columns: Sequence[Column],
    *,
    by: Actor,
    existing: str = ExistingPolicy.UPDATE,
    consent_ground: str = "",
    mode: str | None = None,
) -> CustomerImport:
    """Set what each column is, and try it without writing anything. Raises NotMapped."""
    locked = CustomerImport.objects.select_for_update(of=("self",)).get(pk=customer_import.pk)
    if locked.state not in (ImportState.MAPPING, ImportState.READY):
        raise NotMapped(_("This import has begun already."))
    _check_columns(locked, columns)
    locked.mapping = {"columns": [column.as_json() for column in columns]}
    locked.existing, locked.consent_ground = existing, consent_ground[:500]
    if mode is not None:
        locked.mode = mode
    locked.preview = {**locked.preview, "tried": try_out(locked, columns).as_json()}
    locked.state = ImportState.READY
    locked.save()
    return locked


@transaction.atomic
def start(customer_import: CustomerImport, *, by: Actor) -> CustomerImport:
    """Make the new attributes and set the import off; a second start changes nothing."""
    locked = CustomerImport.objects.select_for_update(of=("self",)).get(pk=customer_import.pk)
    if locked.state != ImportState.READY:
        return locked
    columns = columns_of(locked)
    _make_attributes(columns, by.organization)
    locked.mapping = {
        "columns": [
            replace(column, to=f"attribute:{column.key}", made=True).as_json()
            if column.to == "new"
            else column.as_json()
            for column in columns
        ]
    }
    locked.state, locked.started_at, locked.started_by = ImportState.RUNNING, timezone.now(), by.name[:200]
    locked.save()
    audit("customer.import", locked, by=by, rows=locked.rows_total, did="started")
    _wake(locked)
    return locked


@transaction.atomic
def cancel(customer_import: CustomerImport, *, by: Actor) -> CustomerImport:
    """Stop after the chunk that is being written; what came in stays."""
    locked = CustomerImport.objects.select_for_update(of=("self",)).get(pk=customer_import.pk)
    if locked.state in (ImportState.MAPPING, ImportState.READY, ImportState.RUNNING):
        running = locked.state == ImportState.RUNNING
        locked.state, locked.finished_at = ImportState.CANCELLED, timezone.now()
        locked.save()
        if running:
            audit("customer.import", locked, by=by, rows=locked.rows_seen, did="cancelled")
    return locked


def run(organization_id: int, import_id: int, *, seconds: float = 20) -> bool:
    """Take steps, each in a transaction of its own, for about so long; whether there is more to do."""
    begun = timezone.now()
    while True:
        with acting_for(organization_id):
            customer_import = CustomerImport.objects.filter(pk=import_id).first()
            more = customer_import is not None and step(customer_import)
        if not more or (timezone.now() - begun).total_seconds() > seconds:
            return more


def due(organization: Organization | int, now: datetime | None = None) -> int:
    """The engine's share: go on with imports that nobody is at. Gives how many rows were read."""
    organization_id = organization if isinstance(organization, int) else organization.pk
    now = now or timezone.now()
    with acting_for(organization_id):
        waiting = [
            (one.pk, one.rows_seen)
            for one in CustomerImport.objects.running()
            if (one.touched_at or one.started_at or now) <= now - STALE
        ]
    read = 0
    for import_id, rows_seen in waiting:
        more = run(organization_id, import_id, seconds=5)
        with acting_for(organization_id):
            read += CustomerImport.objects.get(pk=import_id).rows_seen - rows_seen
            if more:
                doorbells.ring(organization_id, timezone.now())
    return read


@transaction.atomic
def step(customer_import: CustomerImport, *, chunk: int = CHUNK) -> bool:
    """Read and write one chunk; whether there is more. Somebody else at the same import: nothing is done."""
    locked = (
        CustomerImport.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=customer_import.pk, state=ImportState.RUNNING)
        .first()
    )
    if locked is None or locked.file is None:
        return False
    columns = columns_of(locked)
    with default_storage.open(locked.file.key, "rb") as file:
        lines = list(islice(rows_from(cast(BinaryIO, file), locked.offset, locked.delimiter), chunk))
    reader = RowReader(columns, Schema.load(), locked.header)
    read = [reader.read(cells, locked.rows_seen + number) for number, (cells, _end) in enumerate(lines, 1)]
    good = [row for row in read if row.person is not None]
    outcomes = upsert_many(
        [row.person for row in good if row.person is not None],
        by=_importer(locked),
        mode=locked.mode,
        source=f"import:{locked.pk}",
        existing=locked.existing,
        checked=True,
    )
    if locked.rows_seen == 0 and any(outcome.created for outcome in outcomes):
        # The planner must know of the new rows before the next chunk looks for them, whatever it believed.
        fresh_statistics(Customer)
        fresh_statistics(CustomerKey)
    _settle(locked, read, good, outcomes)
    locked.rows_seen += len(lines)
    locked.offset = lines[-1][1] if lines else locked.offset
    locked.touched_at = timezone.now()
    more = len(lines) == chunk
    if not more:
        _finish(locked)
    locked.save()
    if more:
        doorbells.ring(current_organization_id(), timezone.now() + STALE)
    return more


def _importer(locked: CustomerImport) -> Actor | None:
    """Who brought the file, as they are now: a member of a branch changes and makes customers of it only."""
    user_id = locked.file.created_by_id if locked.file is not None else None
    membership = (
        Membership.objects.filter(organization_id=current_organization_id(), user_id=user_id)
        .select_related("organization", "user")
        .first()
        if user_id is not None
        else None
    )
    return member_actor(membership) if membership is not None else None


@dataclass
class Row:
    """One row as read: a person, or the reason why not; and what was missing in it."""

    number: int
    cells: list[str]
    person: Person | None = None
    error: str = ""
    column: str = ""
    warnings: list[tuple[str, str]] = field(default_factory=list)


class RowReader:
    """Cells -> Person, by the chosen columns."""

    def __init__(self, columns: Sequence[Column], schema: Schema, header: Sequence[str]) -> None:
        self.columns, self.schema, self.header = columns, schema, header
        self.zones = frozenset(zone_names())
        self.units = {name.lower(): pk for pk, name in Unit.objects.all().values_list("pk", "name")}
        self.kinds = {
            number: self._kind(column)
            for number, column in enumerate(columns)
            if column.to == "new" or column.to.startswith("attribute:")
        }

    def _kind(self, column: Column) -> tuple[str, str, list[str]]:
        if column.to == "new":
            return column.key, column.kind, []
        attribute = self.schema.attributes[column.to.removeprefix("attribute:")]
        return attribute.key, str(attribute.kind), attribute.choices

    def read(self, cells: list[str], number: int) -> Row:
        """Never raises: what is wrong with a row is part of what was read."""
        row = Row(number, cells)
        try:
            row.person = self._person(row)
        except Refused as refusal:
            row.error, row.column = str(refusal), refusal.path
        return row

    def _person(self, row: Row) -> Person:
        if len(row.cells) > len(self.header) and any(cell.strip() for cell in row.cells[len(self.header) :]):
            raise Refused(
                _("The row has %(cells)d cells, the first row has %(names)d.")
                % {"cells": len(row.cells), "names": len(self.header)}
            )
        facts: dict[str, Any] = {}
        attributes: dict[str, Any] = {}
        for number, column in enumerate(self.columns):
            if column.to == "ignore":
                continue
            cell = row.cells[number] if number < len(row.cells) else ""
            name = self.header[number]
            if len(cell) > LONGEST_CELL:
                raise Refused(
                    _("The cell has %(length)d characters; at most %(most)d can be kept.")
                    % {"length": len(cell), "most": LONGEST_CELL},
                    name,
                )
            try:
                if number in self.kinds:
                    key, kind, choices = self.kinds[number]
                    value = read_text(kind, cell, choices, day_first=column.day_first)
                    if value is not None:
                        attributes[key] = value
                    elif kind in KINDS_THAT_MISS_BLANKS and (column.full or cell):
                        row.warnings.append((name, _("The cell is blank; the customer came in without it.")))
                elif cell.strip():
                    facts[column.to] = self._fact(column, cell.strip())
            except BadValue as error:
                raise Refused(str(error), name) from None
        return self._checked(facts, attributes)

    def _fact(self, column: Column, cell: str) -> Any:
        if column.to == "created_at":
            day = parse_date(cell, day_first=column.day_first)
            return timezone.make_aware(datetime.combine(day, time(12)))
        if column.to == "unit":
            if cell.lower() not in self.units:
                raise BadValue(_("There is no unit “%(name)s”.") % {"name": cell[:60]})
            return self.units[cell.lower()]
        if column.to == "time_zone" and cell not in self.zones:
            raise BadValue(_("“%(zone)s” is not a time zone.") % {"zone": cell[:64]})
        return cell

    def _checked(self, facts: dict[str, Any], attributes: dict[str, Any]) -> Person:
        last_name = facts.pop("last_name", "")
        if last_name and "name" not in facts:
            facts["name"] = " ".join(part for part in (facts.get("first_name", ""), last_name) if part)
        if "unit" in facts:
            facts["unit_id"] = facts.pop("unit")
        person = Person(**facts)
        try:
            person = checked_person(person, self.schema)
        except Refused as refusal:
            raise Refused(str(refusal), self._column_name(refusal.path)) from None
        # Checked while they were read: typed values, so not a second time.
        person.attributes.update(attributes)
        return person

    def _column_name(self, target: str) -> str:
        for number, column in enumerate(self.columns):
            if column.to == target:
                return self.header[number]
        return ""


@dataclass
class Tried:
    """What would become of the first rows."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    refused: int = 0
    warned: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return dict(self.__dict__)


def try_out(customer_import: CustomerImport, columns: Sequence[Column], *, most: int = TRIED_ROWS) -> Tried:
    """Read the first rows as the import would, and count; nothing is written."""
    tried = Tried()
    reader = RowReader(columns, Schema.load(), customer_import.header)
    identities: set[tuple[str, str, str]] = set()
    for row in _rows(customer_import, reader, most):
        tried.rows += 1
        tried.warned += bool(row.warnings)
        if row.person is None:
            tried.refused += 1
        elif row.person.identity is not None:
            identities.add(row.person.identity)
        problem = row.error or (row.warnings[0][1] if row.warnings else "")
        if problem and len(tried.examples) < 8:
            column = row.column if row.error else row.warnings[0][0]
            tried.examples.append(
                {"row": row.number, "column": column, "problem": problem, "refused": bool(row.error)}
            )
    known = _known(identities)
    tried.created, tried.updated = len(identities) - known, known
    return tried


def _rows(customer_import: CustomerImport, reader: RowReader, most: int) -> Iterator[Row]:
    assert customer_import.file is not None
    with default_storage.open(customer_import.file.key, "rb") as file:
        for number, (cells, _end) in enumerate(
            islice(_from_start(cast(BinaryIO, file), customer_import), most), 1
        ):
            yield reader.read(cells, number)


def _from_start(file: BinaryIO, customer_import: CustomerImport) -> Iterator[tuple[list[str], int]]:
    return rows_from(file, customer_import.offset, customer_import.delimiter)


def _known(identities: set[tuple[str, str, str]]) -> int:
    if not identities:
        return 0
    kinds, sources, values = zip(*identities, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM unnest(%s::text[], %s::text[], %s::text[]) s(kind, source, value)"
            " WHERE EXISTS (SELECT 1 FROM segments_customerkey k WHERE k.organization_id = %s"
            " AND k.kind = s.kind AND k.source = s.source AND k.value = s.value)",
            [list(kinds), list(sources), list(values), current_organization_id()],
        )
        return int(cursor.fetchone()[0])


def _check_columns(customer_import: CustomerImport, columns: Sequence[Column]) -> None:
    names = customer_import.header
    if len(columns) != len(names):
        raise NotMapped(_("Say for every column what it is."))
    taken: dict[str, str] = {}
    declared = {attribute.key for attribute in Attribute.objects.all()}
    present = {attribute.key for attribute in Attribute.objects.present()}
    for column, name in zip(columns, names, strict=True):
        if column.to == "ignore":
            continue
        place = f"attribute:{column.key}" if column.to == "new" else column.to
        if column.to == "new":
            if not column.key or slugify(column.key).replace("-", "_") != column.key.replace("-", "_"):
                raise NotMapped(_("A key has letters, digits and _ only."), name)
            if column.kind not in ("text", "number", "money", "date", "yes_no", "choice", "list"):
                raise NotMapped(_("Choose what kind of value it is."), name)
            if column.key in declared:
                raise NotMapped(_("There is an attribute “%(key)s” already.") % {"key": column.key}, name)
        elif column.to.startswith("attribute:"):
            if column.to.removeprefix("attribute:") not in present:
                raise NotMapped(_("This attribute is gone."), name)
        elif column.to not in TARGETS:
            raise NotMapped(_("Choose where this column goes."), name)
        if place in taken:
            raise NotMapped(
                _("“%(name)s” and “%(other)s” cannot both go there.") % {"name": name, "other": taken[place]},
                name,
            )
        taken[place] = name
    if not {"external_id", "email", "phone"} & taken.keys():
        raise NotMapped(
            _("One column must tell customers apart: an external id, an e-mail or a phone number.")
        )


def _make_attributes(columns: Sequence[Column], organization: Organization) -> None:
    position = Attribute.objects.all().count()
    Attribute.objects.bulk_create(
        [
            Attribute(
                key=column.key,
                label=column.label or column.key,
                kind=column.kind,
                currency=organization.currency if column.kind == "money" else "",
                position=position + number,
            )
            for number, column in enumerate(one for one in columns if one.to == "new")
        ]
    )


def _settle(
    locked: CustomerImport, read: Sequence[Row], good: Sequence[Row], outcomes: Sequence[Outcome]
) -> None:
    """Count the chunk and write its lines of the report."""
    errors = [_report(locked, row, row.column, row.error) for row in read if row.error]
    again = _brought_before(locked, outcomes)
    seen: set[int] = set()
    for row, outcome in zip(good, outcomes, strict=True):
        if outcome.what == "refused":
            errors.append(_report(locked, row, outcome.path, outcome.error))
            continue
        twice = outcome.customer_id in again or outcome.customer_id in seen
        if outcome.customer_id is not None:
            seen.add(outcome.customer_id)
        if twice and outcome.what != "created":
            sentence = _("An earlier row of this file is the same customer; this one was applied over it.")
            if locked.existing == ExistingPolicy.SKIP:
                sentence = _("An earlier row of this file is the same customer; this one was left out.")
            errors.append(_report(locked, row, "", sentence, warning=True))
        errors += [_report(locked, row, column, text, warning=True) for column, text in row.warnings]
        match outcome.what:
            case "created":
                locked.created += 1
            case "updated":
                locked.updated += 1
            case "skipped":
                locked.skipped += 1
            case _:
                locked.unchanged += 1
    locked.refused += len({error.row_number for error in errors if not error.warning})
    locked.warned += len({error.row_number for error in errors if error.warning})
    ImportRowError.objects.bulk_create(errors, batch_size=1000)


def _brought_before(locked: CustomerImport, outcomes: Sequence[Outcome]) -> set[int]:
    """Customers that were there and came from an earlier chunk of this very file."""
    known = [
        outcome.customer_id
        for outcome in outcomes
        if outcome.what in ("updated", "unchanged", "skipped") and outcome.customer_id is not None
    ]
    if not known:
        return set()
    made = {outcome.customer_id for outcome in outcomes if outcome.created}
    earlier = Customer.objects.filter(pk__in=known, source=f"import:{locked.pk}").values_list("pk", flat=True)
    return set(earlier) - {pk for pk in made if pk is not None}


def _report(
    locked: CustomerImport, row: Row, column: str, message: str, *, warning: bool = False
) -> ImportRowError:
    cells = [
        cell.replace("\x00", "")
        if len(cell) <= LONGEST_CELL
        else _("(a cell of %(length)d characters)") % {"length": len(cell)}
        for cell in row.cells[: len(locked.header)]
    ]
    return ImportRowError(
        customer_import=locked,
        row_number=row.number,
        column=column[:200],
        message=message[:500],
        warning=warning,
        cells=cells,
    )


def _finish(locked: CustomerImport) -> None:
    locked.state, locked.finished_at = ImportState.DONE, timezone.now()
    locked.rows_total = max(locked.rows_total, locked.rows_seen)
    _offer_choices([one["key"] for one in locked.mapping["columns"] if one.get("made")])
    record(
        "customer_import.finished",
        locked,
        created=locked.created,
        updated=locked.updated,
        refused=locked.refused,
    )


def _offer_choices(keys: Sequence[str]) -> None:
    """Attributes that this import made as a choice offer the values that occur."""
    for attribute in Attribute.objects.present().filter(key__in=keys, kind="choice"):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT attributes ->> %s FROM segments_customer WHERE organization_id = %s"
                " AND attributes ? %s ORDER BY 1 LIMIT %s",
                [attribute.key, current_organization_id(), attribute.key, MOST_CHOICES + 1],
            )
            found = [line[0] for line in cursor.fetchall()]
        if len(found) <= MOST_CHOICES:
            attribute.choices = found
            attribute.save(update_fields=["choices"])


def _wake(customer_import: CustomerImport) -> None:
    """A task now, and the engine if no task comes."""
    organization_id, import_id = current_organization_id(), customer_import.pk
    doorbells.ring(organization_id, timezone.now() + STALE)

    transaction.on_commit(lambda: hint(organization_id, import_id))


def forget(customer_import: CustomerImport) -> None:
    """Throw the file away; what came in stays, and so does the report."""
    if customer_import.file is not None:
        file = customer_import.file
        CustomerImport.objects.filter(pk=customer_import.pk).update(file=None)
        discard(file)


__all__ = [
    "BadFile",
    "NotMapped",
    "begin",
    "cancel",
    "choose",
    "columns_of",
    "due",
    "forget",
    "run",
    "start",
    "step",
    "try_out",
]
