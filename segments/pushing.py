"""What happened here goes to the other side: a queue of whom it is about, and what to say when its turn comes.

Each line says only that something of a person or a case changed; what is written is looked up when it goes. So many
changes are one, the last one is what holds, and writing it twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import connection as database
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import doorbells
from accounts.models import Mode, Organization
from accounts.models.news import News
from accounts.sockets import plugged
from accounts.tenancy.changes import ceiling, horizon
from accounts.tenancy.context import acting_for, current_organization_id
from segments import stages
from segments.connecting import their_id
from segments.connectors.base import Connector, Facts, NotNow, NotTaken, Task, Written
from segments.connectors.calling import iso
from segments.models import Connection, Customer, CustomerKey, Errand, KeyKind, Outgoing, SegmentStay

PERSON = "person"
ATTEMPTS = 8
FILL = 500


class ErrandOwner(Protocol):
    """Who has things that are tasks or tickets elsewhere (config/sockets.py, ERRANDS)."""

    kind: str

    def tasks(self, ids: Sequence[int]) -> dict[int, Assignment]:
        """What is to stand there for each; those left out are not to be told."""

    def hear(self, subject: int, *, done: bool, at: datetime, vendor: Connection) -> None:
        """It was done there, or opened again."""


@dataclass(frozen=True)
class Assignment:
    """A task, and the customer whom it is about."""

    task: Task
    customer_id: int | None


# --- queueing -------------------------------------------------------------------------------------------------


def queue(
    connection_ids: Iterable[int], kind: str, subjects: Iterable[int], *, at: datetime | None = None
) -> None:
    """Something changed of each of these; what is queued already goes once, but after this."""
    wanted = sorted(set(subjects))
    if not wanted:
        return
    table = Outgoing._meta.db_table
    with database.cursor() as cursor:
        for connection_id in connection_ids:
            cursor.execute(
                f"INSERT INTO {table} AS o (organization_id, connection_id, kind, subject, version, due_at,"
                " attempts, fault, unsure)"
                " SELECT %s, %s, %s, s, 1, %s, 0, '', false FROM unnest(%s::bigint[]) s"
                " ON CONFLICT (organization_id, connection_id, kind, subject) DO UPDATE SET"
                " version = o.version + 1, held_at = NULL, due_at = LEAST(o.due_at, EXCLUDED.due_at),"
                " attempts = CASE WHEN o.held_at IS NULL THEN o.attempts ELSE 0 END",
                [current_organization_id(), connection_id, kind, at or timezone.now(), wanted],
            )


def person_changed(customer_id: int | None) -> None:
    """The facts that are written elsewhere changed for this customer."""
    if customer_id is None:
        return
    writing = list(Connection.objects.pushing().values_list("pk", flat=True))
    if writing and Customer.objects.filter(pk=customer_id, mode=Mode.LIVE).exists():
        queue(writing, PERSON, [customer_id])
        doorbells.ring(current_organization_id())


def errand_changed(kind: str, subject: int) -> None:
    """Something that is a task or ticket elsewhere changed."""
    making = list(Connection.objects.present().filter(errands=True).values_list("pk", flat=True))
    if making:
        queue(making, kind, [subject])
        doorbells.ring(current_organization_id())


def answered(news: News) -> None:
    """Listens to answers: the score of their giver is another."""
    person_changed(news.facts.get("customer"))


def merged(news: News) -> None:
    """Listens to merges: what both said is told of one."""
    person_changed(news.subject_id)


def queue_everybody(connection: Connection) -> None:
    """The next batch of everybody of whom there is something to say, for a connection that begins to write."""
    assert connection.filled_upto is not None
    within = SegmentStay.objects.open().filter(segment_id__in=connection.segments, customer_id=OuterRef("pk"))
    found = list(
        Customer.objects.present()
        .filter(Q(last_score__isnull=False) | Exists(within), pk__gt=connection.filled_upto, mode=Mode.LIVE)
        .order_by("pk")
        .values_list("pk", flat=True)[:FILL]
    )
    queue([connection.pk], PERSON, found)
    connection.filled_upto = found[-1] if len(found) == FILL else None


def anybody_moved(connection: Connection) -> bool:
    """Whether somebody entered or left one of its segments since the last look."""
    moved = SegmentStay.objects.filter(segment_id__in=connection.segments, changed__gte=connection.stays_upto)
    return bool(connection.segments) and moved.exists()


def queue_moved(connection: Connection) -> bool:
    """Who entered or left one of its segments since the last look; whether more may come in a moment."""
    if not connection.segments:
        return False
    behind = horizon()
    moved = list(
        SegmentStay.objects.filter(
            segment_id__in=connection.segments, changed__gte=connection.stays_upto, changed__lt=behind
        )
        .order_by("changed", "id")
        .values_list("customer_id", "changed")[:5_000]
    )
    whole = len(moved) < 5_000
    live = Customer.objects.filter(pk__in={one for one, _number in moved}, mode=Mode.LIVE)
    queue([connection.pk], PERSON, live.values_list("pk", flat=True))
    # A transaction's rows have one number: from the last one read, which may have more, unless all were read.
    connection.stays_upto = behind if whole else max(moved[-1][1], connection.stays_upto + 1)
    later = SegmentStay.objects.filter(segment_id__in=connection.segments, changed__gte=behind)
    return not whole or (behind < ceiling() and later.exists())


# --- writing --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One line of the queue, as it was when its turn came."""

    pk: int
    kind: str
    subject: int
    version: int
    attempts: int
    unsure: bool


def due_lines(connection: Connection, most: int, *, at: datetime) -> list[Line]:
    """The next lines of one kind, longest waiting first."""
    rows = list(Outgoing.objects.filter(connection=connection).due(at).order_by("due_at", "id")[:most])
    first = rows[0].kind if rows else ""
    return [
        Line(row.pk, row.kind, row.subject, row.version, row.attempts, row.unsure)
        for row in rows
        if row.kind == first
    ]


def send(connection: Connection, connector: Connector, lines: Sequence[Line]) -> int:
    """Write these, outside any transaction; how many were written. Raises NotNow, AccessEnded, after noting them."""
    if lines[0].kind == PERSON:
        return _send_people(connection, connector, lines)
    done = 0
    for line in lines:
        done += _send_errand(connection, connector, line)
    return done


def _send_people(connection: Connection, connector: Connector, lines: Sequence[Line]) -> int:
    organization_id = _organization(connection)
    with acting_for(organization_id):
        told = facts_of(connection, [line.subject for line in lines])
        silent = [line for line in lines if line.subject not in told]
        _settle(silent)
    spoken = [line for line in lines if line.subject in told]
    if not spoken:
        return 0
    outcomes = _written(connector, [told[line.subject] for line in spoken], make=connection.makes_people)
    with acting_for(organization_id):
        _link(connection, [(line.subject, one.id) for line, one in zip(spoken, outcomes, strict=True)])
        _settle([line for line, one in zip(spoken, outcomes, strict=True) if not one.error])
        for line, one in zip(spoken, outcomes, strict=True):
            if one.error:
                _hold(line, one.error)
        written = sum(bool(one.id and not one.error) for one in outcomes)
        _count(connection, written)
    return written


def _written(connector: Connector, facts: Sequence[Facts], *, make: bool) -> list[Written]:
    """A batch that is refused as a whole is parted, until the one that is at fault stands alone."""
    try:
        return connector.write(facts, make=make)
    except NotTaken as refusal:
        if len(facts) == 1:
            return [Written(facts[0].id, str(refusal))]
    half = len(facts) // 2
    return _written(connector, facts[:half], make=make) + _written(connector, facts[half:], make=make)


def _send_errand(connection: Connection, connector: Connector, line: Line) -> int:
    organization_id = _organization(connection)
    owner = next((one for one in plugged("ERRANDS") if one.kind == line.kind), None)
    with acting_for(organization_id):
        found: dict[int, Assignment] = owner.tasks([line.subject]) if owner is not None else {}
        errand = Errand.objects.filter(connection=connection, kind=line.kind, subject=line.subject).first()
        assignment = found.get(line.subject)
        # What was over before it was ever told there is not told any more.
        if assignment is None or (
            errand.done == assignment.task.done if errand is not None else assignment.task.done
        ):
            _settle([line])
            return 0
        person = their_id(connection, assignment.customer_id)
        stranger = errand is None and not person and assignment.task.email
    if stranger:
        person = connector.find(assignment.task.email)
    with acting_for(organization_id):
        if stranger and person and assignment.customer_id is not None:
            _link(connection, [(assignment.customer_id, person)])
        # From here on it may have been made, whatever becomes of this process.
        Outgoing.objects.filter(pk=line.pk).update(unsure=True)
    task = replace(assignment.task, person=person)
    try:
        theirs = connector.put_task(task, errand.theirs if errand is not None else "", unsure=line.unsure)
    except NotTaken as refusal:
        with acting_for(organization_id):
            _hold(line, str(refusal))
        return 0
    except NotNow as away:
        if not away.unsure:
            with acting_for(organization_id):
                Outgoing.objects.filter(pk=line.pk).update(unsure=line.unsure)
        raise
    with acting_for(organization_id):
        Errand.objects.update_or_create(
            connection=connection,
            kind=line.kind,
            subject=line.subject,
            defaults={"theirs": theirs, "done": task.done, "at": timezone.now()},
        )
        _settle([line])
        _count(connection, 1)
    return 1


def facts_of(connection: Connection, ids: Sequence[int]) -> dict[int, Facts]:
    """What is to be written of these customers; only of those who are live and present, in a business that is."""
    organization = Organization.objects.get(pk=current_organization_id())
    if organization.kind == Organization.Kind.DEMO or not connection.fields_out:
        return {}
    customers = Customer.objects.present().filter(pk__in=ids, mode=Mode.LIVE)
    keys: dict[int, str] = dict(
        CustomerKey.objects.filter(kind=KeyKind.CRM, source=connection.vendor, customer_id__in=ids)
        .order_by("id")
        .values_list("customer_id", "value")
    )
    within: dict[int, list[str]] = {}
    for customer_id, name in (
        SegmentStay.objects.open()
        .filter(segment_id__in=connection.segments, customer_id__in=ids, segment__deleted_at=None)
        .order_by("segment__name")
        .values_list("customer_id", "segment__name")
    ):
        within.setdefault(customer_id, []).append(name)
    names = stages.plan().names
    kinds = {str(one["name"]): str(one["kind"]) for one in connection.their_fields}
    told = {}
    for customer in customers:
        said = _facts(customer, within.get(customer.pk, []), names)
        values = {
            theirs: converted(said[ours], kinds.get(theirs, "text"))
            for ours, theirs in connection.fields_out.items()
        }
        told[customer.pk] = Facts(keys.get(customer.pk, ""), customer.email, customer.name, values)
    return told


def _facts(customer: Customer, within: list[str], stage_names: dict[str, Any]) -> dict[str, Any]:
    return {
        "score": customer.last_score,
        "category": customer.last_category or None,
        "previous_category": customer.previous_category or None,
        "movement": customer.score_change,
        "answered_at": customer.last_responded_at,
        "touchpoint": customer.last_touchpoint or None,
        "stage": str(stage_names.get(customer.stage, customer.stage)) or None,
        "segments": "; ".join(within) or None,
    }


def converted(value: Any, kind: str) -> Any:
    """A fact in the form that a field of this kind takes."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return iso(value)[:10] if kind == "date" else iso(value)
    return value if kind == "number" else str(value)


def _organization(connection: Connection) -> int:
    assert connection.organization_id is not None
    return connection.organization_id


def _settle(lines: Sequence[Line]) -> None:
    """Done, unless it was queued again meanwhile: then it goes once more."""
    table = Outgoing._meta.db_table
    with database.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} o USING unnest(%s::bigint[], %s::int[]) l(id, version)"
            " WHERE o.organization_id = %s AND o.id = l.id AND o.version = l.version",
            [[line.pk for line in lines], [line.version for line in lines], current_organization_id()],
        )
    Outgoing.objects.filter(pk__in=[line.pk for line in lines]).update(attempts=0, unsure=False, fault="")


def _hold(line: Line, why: str) -> None:
    """Refused for good: set aside with the reason, unless it was queued again meanwhile."""
    Outgoing.objects.filter(pk=line.pk, version=line.version).update(
        held_at=timezone.now(), fault=(why or _("It refused."))[:300], unsure=False
    )


def put_off(connection: Connection, lines: Sequence[Line], why: str, *, at: datetime) -> None:
    """Not now: again after 30 seconds, a minute, two ...; after eight times it is set aside."""
    for line in lines:
        row = Outgoing.objects.filter(pk=line.pk)
        attempts = line.attempts + 1
        if attempts >= ATTEMPTS:
            row.update(attempts=attempts, fault=why[:300], held_at=at)
        else:
            wait = timedelta(seconds=min(6 * 3600, 15 * 2**attempts))
            row.update(attempts=attempts, fault=why[:300], due_at=at + wait)


def _link(connection: Connection, found: Sequence[tuple[int, str]]) -> None:
    """Who was found there by the address has an id there from now on."""
    CustomerKey.objects.bulk_create(
        [
            CustomerKey(customer_id=pk, kind=KeyKind.CRM, source=connection.vendor, value=theirs)
            for pk, theirs in found
            if theirs
        ],
        ignore_conflicts=True,
    )


def _count(connection: Connection, written: int) -> None:
    if written:
        Connection.objects.filter(pk=connection.pk).update(
            written=F("written") + written, pushed_at=timezone.now()
        )
