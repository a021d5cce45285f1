"""A file of customers on its way in: looked at, mapped, tried, then written chunk by chunk.

Each chunk is one transaction that writes its rows, its errors and how far it came. A process killed anywhere
leaves whole chunks, and whoever calls `step` next goes on from there: the task, or the engine when the broker
is away (config/sockets.py, DUE_WORK).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, BinaryIO, cast

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import doorbells
from accounts.acting import Actor, member_actor
from accounts.auditing import audit
from accounts.models import Membership, Organization
from accounts.recording import record
from accounts.storing import discard, store_bytes
from accounts.tenancy.context import acting_for, current_organization_id
from accounts.tenancy.staging import fresh_owners, fresh_statistics
from segments.customers import MANY, Schema, believed_rows
from segments.hinting import hint
from segments.loading import Loaded, count_known, load
from segments.mapping import Block, Row, RowReader
from segments.models import (
    Attribute,
    Customer,
    CustomerImport,
    CustomerKey,
    ExistingPolicy,
    ImportRowError,
    ImportState,
)
from segments.sheets import LONGEST_CELL, BadFile, Rows, Sheet, read_sheet
from segments.suggesting import TARGETS, Column, as_before, suggest

CHUNK = 5_000
TRIED_ROWS = 20_000
# A running import that nobody has touched for so long is taken up by the engine.
STALE = timedelta(seconds=10)
# The choices of an attribute made by an import are those that occur, if they are so few.
MOST_CHOICES = 50


# On what ground the people of a file may be asked; kept with the import as evidence.
GROUNDS = {
    "contract": gettext_lazy("They are our customers, and surveys and service are part of that."),
    "consent": gettext_lazy("They said yes to being asked; we can show it."),
    "none": gettext_lazy("No ground yet: we only keep the records."),
}


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
    attributes = list(Attribute.objects.present())
    proposed = suggest(sheet.header, sheet.sample, attributes)
    before = _alike(sheet.header, by)
    if before is not None:
        proposed = as_before(columns_of(before), proposed, attributes)
    about = {"taken": sheet.taken, "left": sheet.left, "as_before": before.file_name if before else ""}
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
        preview={
            "sample": [row[: len(sheet.header)] for row in sheet.sample[:5]],
            "about": about,
            **_blanks(sheet),
        },
        existing=before.existing if before else ExistingPolicy.UPDATE,
        consent_ground=before.consent_ground if before else "",
        started_by=by.name[:200],
    )


def _alike(header: Sequence[str], by: Actor) -> CustomerImport | None:
    """The latest import with these columns: what was chosen then is proposed again."""
    begun = CustomerImport.objects.all().visible_to(by).exclude(started_at=None)
    return begun.filter(header=list(header)).order_by("-started_at").first()


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
    ground: str = "",
    mode: str | None = None,
) -> CustomerImport:
    """Set what each column is, and try it without writing anything. `ground` is one of GROUNDS, or not said yet.

    Raises NotMapped.
    """
    locked = CustomerImport.objects.select_for_update(of=("self",)).get(pk=customer_import.pk)
    if locked.state not in (ImportState.MAPPING, ImportState.READY):
        raise NotMapped(_("This import has begun already."))
    _check_columns(locked, columns)
    locked.mapping = {"columns": [column.as_json() for column in columns]}
    locked.existing = existing
    locked.consent_ground = f"{ground}: {GROUNDS[ground]}"[:500] if ground else ""
    if mode is not None:
        locked.mode = mode
    locked.preview = {**locked.preview, "tried": try_out(locked, columns).as_json()}
    locked.state = ImportState.READY
    locked.save()
    return locked


@transaction.atomic
def start(customer_import: CustomerImport, *, by: Actor) -> CustomerImport:
    """Make the new attributes and set the import off; a second start changes nothing. Raises NotMapped."""
    locked = CustomerImport.objects.select_for_update(of=("self",)).get(pk=customer_import.pk)
    if locked.state == ImportState.MAPPING:
        raise NotMapped(_("Say what the columns are first."))
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
    with default_storage.open(locked.file.key, "rb") as file:
        source = Rows(cast(BinaryIO, file), locked.offset, locked.delimiter)
        rows = list(islice(source, chunk))
        end = source.end
    block = RowReader(columns_of(locked), Schema.load(), locked.header).read_block(rows, locked.rows_seen + 1)
    loaded = load(
        block.people,
        by=_importer(locked),
        mode=locked.mode,
        source=f"import:{locked.pk}",
        existing=locked.existing,
    )
    more = len(rows) == chunk
    _tell_planner(sum(what == "created" for what in loaded.what), first=more and locked.rows_seen == 0)
    _settle(locked, rows, block, loaded)
    locked.rows_seen += len(rows)
    locked.offset = end if rows else locked.offset
    locked.touched_at = timezone.now()
    if not more:
        _finish(locked)
    locked.save()
    if more:
        doorbells.ring(current_organization_id(), timezone.now() + STALE)
    return more


def _tell_planner(created: int, *, first: bool) -> None:
    """The planner must know of the new rows before the next chunk looks for them."""
    if created >= MANY and believed_rows() < created:
        tell = fresh_statistics
    elif created and first:
        tell = fresh_owners
    else:
        return
    tell(Customer)
    tell(CustomerKey)


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
    assert customer_import.file is not None
    tried = Tried()
    reader = RowReader(columns, Schema.load(), customer_import.header)
    keys: set[tuple[str, str]] = set()
    with default_storage.open(customer_import.file.key, "rb") as file:
        source = iter(Rows(cast(BinaryIO, file), customer_import.offset, customer_import.delimiter))
        while rows := list(islice(source, min(CHUNK, most - tried.rows))):
            block = reader.read_block(rows, tried.rows + 1)
            tried.rows += len(rows)
            keys.update(zip(block.people.kinds, block.people.values, strict=True))
            for row in block.problems:
                _try(tried, row)
    by_kind: dict[str, list[str]] = {}
    for kind, value in keys:
        by_kind.setdefault(kind, []).append(value)
    tried.updated = sum(count_known(kind, values) for kind, values in by_kind.items())
    tried.created = len(keys) - tried.updated
    return tried


def _try(tried: Tried, row: Row) -> None:
    tried.warned += bool(row.warnings)
    tried.refused += row.person is None
    column, problem = (row.column, row.error) if row.error else row.warnings[0]
    if len(tried.examples) < 8:
        tried.examples.append(
            {"row": row.number, "column": column, "problem": problem, "refused": bool(row.error)}
        )


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
    for place in ("company_owner", "company_revenue", "company_renewal"):
        if place in taken and "company" not in taken:
            raise NotMapped(_("Say which column names the company."), taken[place])
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


def _settle(locked: CustomerImport, rows: Sequence[list[str]], block: Block, loaded: Loaded) -> None:
    """Count the chunk and write its lines of the report."""
    errors = [_report(locked, row, row.column, row.error) for row in block.problems if row.error]
    warned = {row.number: row for row in block.problems if row.person is not None}
    twice = _brought_before(locked, loaded)
    for place, number in enumerate(block.numbers):
        if place not in loaded.refused and place not in twice and number not in warned:
            continue
        row = warned.get(number) or Row(number, rows[number - locked.rows_seen - 1])
        if place in loaded.refused:
            sentence, column = loaded.refused[place]
            errors.append(_report(locked, row, column, sentence))
            continue
        if place in twice:
            sentence = _("An earlier row of this file is the same customer; this one was applied over it.")
            if locked.existing == ExistingPolicy.SKIP:
                sentence = _("An earlier row of this file is the same customer; this one was left out.")
            errors.append(_report(locked, row, "", sentence, warning=True))
        errors += [_report(locked, row, column, text, warning=True) for column, text in row.warnings]
    counts = Counter(loaded.what)
    locked.created += counts["created"]
    locked.updated += counts["updated"]
    locked.skipped += counts["skipped"]
    locked.unchanged += counts["unchanged"]
    locked.refused += len({error.row_number for error in errors if not error.warning})
    locked.warned += len({error.row_number for error in errors if error.warning})
    ImportRowError.objects.bulk_create(errors, batch_size=1000)


def _brought_before(locked: CustomerImport, loaded: Loaded) -> set[int]:
    """Places of rows whose customer came from an earlier row of this very file, of this chunk or one before."""
    again = [place for place, what in enumerate(loaded.what) if what in ("updated", "unchanged", "skipped")]
    if not again:
        return set()
    first: dict[int, int] = {}
    for place, customer_id in enumerate(loaded.ids):
        if customer_id is not None:
            first.setdefault(customer_id, place)
    earlier = set(
        Customer.objects.filter(
            pk__in=[loaded.ids[place] for place in again], source=f"import:{locked.pk}"
        ).values_list("pk", flat=True)
    ) - {customer_id for what, customer_id in zip(loaded.what, loaded.ids, strict=True) if what == "created"}
    return {
        place
        for place in again
        if (customer_id := loaded.ids[place]) is not None
        and (customer_id in earlier or first[customer_id] < place)
    }


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
