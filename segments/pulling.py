"""What changed at the other side comes in: people as customers, tickets as events of theirs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Mode
from accounts.sockets import plugged
from segments.connecting import ATTRIBUTE
from segments.connectors.base import Page, Remote, Ticket
from segments.customers import Outcome, Person, Schema, upsert_many
from segments.models import (
    Attribute,
    Connection,
    Customer,
    CustomerKey,
    Errand,
    HeardTicket,
    KeyKind,
    NotTakenIn,
)
from segments.timeline import Happening, append_many
from segments.values import BadValue, read, read_text

OPENED, SOLVED = "ticket opened", "ticket solved"
FEW = 100


def take_in(connection: Connection, page: Page, *, at: datetime) -> None:
    """Write what a page brought, in the caller's transaction, which also keeps the place behind it.

    Nobody is woken: what another system says is no answer. The same page twice changes nothing.
    """
    outcomes = take_people(connection, page.people, at=at)
    connection.seen += len(page.people)
    connection.created += sum(one.created for one in outcomes)
    connection.updated += sum(one.what == "updated" for one in outcomes)
    if page.tickets:
        take_tickets(connection, page.tickets, at=at)


def take_people(connection: Connection, people: Sequence[Remote], *, at: datetime) -> list[Outcome]:
    """One outcome per person, in their order; what is refused is kept with its reason until it comes in."""
    schema = Schema.load()
    outcomes: dict[str, Outcome] = {}
    meant: dict[str, Person] = {}
    for remote in people:
        try:
            meant[remote.id] = person_of(connection, remote, schema)
        except BadValue as error:
            path, _blank, why = str(error).partition("\0")
            outcomes[remote.id] = Outcome("refused", error=why, path=path)
    known = _link_known(connection, meant, outcomes)
    waiting = [theirs for theirs in meant if theirs not in outcomes]
    rows = [replace(meant[one], external_id="") if one in known else meant[one] for one in waiting]
    written = upsert_many(rows, mode=Mode.LIVE.value, source=connection.vendor, at=at)
    outcomes |= dict(zip(waiting, written, strict=True))
    _note_refused(connection, outcomes, at=at)
    return [outcomes[remote.id] for remote in people]


def person_of(connection: Connection, remote: Remote, schema: Schema) -> Person:
    """What the other side says of a person; what is blank there says nothing. Raises BadValue, "field\\0why"."""
    facts: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    for ours, theirs in connection.fields_in.items():
        value = remote.values.get(theirs)
        if value is None or value == "":
            continue
        try:
            if ours.startswith(ATTRIBUTE):
                attribute = schema.attributes.get(ours.removeprefix(ATTRIBUTE))
                if attribute is not None:
                    attributes[attribute.key] = _attribute(attribute, value)
            elif isinstance(value, bool) or not isinstance(value, str | int | float):
                raise BadValue(_("expected a text"))
            else:
                facts[ours] = str(value).replace("\x00", "").strip()
        except BadValue as error:
            raise BadValue(f"{theirs}\0{error}") from None
    if facts.get("phone") and not facts["phone"].startswith("+"):
        # A CRM keeps numbers as they were typed; without a country one means nobody.
        facts.pop("phone")
    return Person(crm=(connection.vendor, remote.id), attributes=attributes, **facts)


def _attribute(attribute: Attribute, value: Any) -> Any:
    if isinstance(value, str) and attribute.kind not in ("text", "choice"):
        return read_text(attribute.kind, value, attribute.choices)
    return read(attribute.kind, value, attribute.choices)


def _link_known(connection: Connection, meant: dict[str, Person], outcomes: dict[str, Outcome]) -> set[str]:
    """Give customers whom we know otherwise their id at the other side; gives the ids that are somebody's now.

    By the external id, else by the address, if it is one customer's alone and that customer is not linked yet.
    """
    keys = CustomerKey.objects.filter(kind=KeyKind.CRM, source=connection.vendor)
    known = set(keys.filter(value__in=meant).values_list("value", flat=True))
    strangers = {theirs: person for theirs, person in meant.items() if theirs not in known}
    if not strangers:
        return known
    by_external = dict(
        CustomerKey.objects.filter(
            kind=KeyKind.EXTERNAL,
            source="",
            value__in=[p.external_id for p in strangers.values() if p.external_id],
        ).values_list("value", "customer_id")
    )
    emails = {p.email.lower() for p in strangers.values() if p.email}
    holders: dict[str, list[int]] = {}
    for email, pk in (
        Customer.objects.present()
        .filter(email_lower__in=emails, mode__in=(Mode.LIVE.value, Mode.IMPORTED.value))
        .order_by("id")
        .values_list("email_lower", "pk")
    ):
        holders.setdefault(email, []).append(pk)
    linked = set(
        keys.filter(
            customer_id__in=[*by_external.values(), *(pk for several in holders.values() for pk in several)]
        ).values_list("customer_id", flat=True)
    )
    made = []
    for theirs, person in strangers.items():
        pk = by_external.get(person.external_id)
        if pk is None and not person.external_id and person.email:
            several = [one for one in holders.get(person.email.lower(), []) if one not in linked]
            if len(several) > 1:
                outcomes[theirs] = Outcome(
                    "refused", error=_("Several customers have this address; merge them first."), path="email"
                )
                continue
            pk = several[0] if several else None
        if pk is not None and pk not in linked:
            linked.add(pk)
            known.add(theirs)
            made.append(CustomerKey(customer_id=pk, kind=KeyKind.CRM, source=connection.vendor, value=theirs))
    CustomerKey.objects.bulk_create(made, ignore_conflicts=True)
    return known


def _note_refused(connection: Connection, outcomes: dict[str, Outcome], *, at: datetime) -> None:
    refused = {theirs: one for theirs, one in outcomes.items() if one.what == "refused"}
    came = [theirs for theirs in outcomes if theirs not in refused]
    NotTakenIn.objects.filter(connection=connection, theirs__in=came).delete()
    NotTakenIn.objects.bulk_create(
        [
            NotTakenIn(
                connection=connection, theirs=theirs, field=one.path[:120], message=one.error[:300], at=at
            )
            for theirs, one in refused.items()
        ],
        update_conflicts=True,
        unique_fields=["organization", "connection", "theirs"],
        update_fields=["field", "message", "at", "again"],
    )


def asked_again(connection: Connection) -> list[str]:
    """The ids of those that are to be read once more, a few at a time."""
    waiting = NotTakenIn.objects.filter(connection=connection, again=True).order_by("id")
    return list(waiting.values_list("theirs", flat=True)[:FEW])


def take_again(
    connection: Connection, asked: Sequence[str], people: Sequence[Remote], *, at: datetime
) -> None:
    """What was read once more comes in, or is refused once more; who is gone there is forgotten here."""
    take_people(connection, people, at=at)
    gone = set(asked) - {one.id for one in people}
    NotTakenIn.objects.filter(connection=connection, theirs__in=gone).delete()


# --- tickets --------------------------------------------------------------------------------------------------


def take_tickets(connection: Connection, tickets: Sequence[Ticket], *, at: datetime) -> None:
    """Each ticket is an event when it was opened, and one each time it was solved; ours are told to their owners."""
    ours = {
        one.theirs: one
        for one in Errand.objects.filter(connection=connection, theirs__in=[one.id for one in tickets])
    }
    others = [one for one in tickets if one.id not in ours and not one.case]
    for ticket in tickets:
        if ticket.id in ours:
            _hear_ours(ours[ticket.id], ticket)
    people = {one.person.id: one.person for one in others if one.person is not None}
    take_people(connection, list(people.values()), at=at)
    whose = dict(
        CustomerKey.objects.filter(
            kind=KeyKind.CRM, source=connection.vendor, value__in=people, customer__deleted_at=None
        ).values_list("value", "customer_id")
    )
    before = {
        one.theirs: one
        for one in HeardTicket.objects.select_for_update(of=("self",)).filter(
            connection=connection, theirs__in=[one.id for one in others]
        )
    }
    modes = dict(Customer.objects.filter(pk__in=whose.values()).values_list("pk", "mode"))
    happened: list[Happening] = []
    for ticket in others:
        customer_id = whose.get(ticket.person.id) if ticket.person is not None else None
        known = before.get(ticket.id)
        if customer_id is not None:
            happened += _happenings(connection, ticket, customer_id, known, modes[customer_id])
    append_many(happened)
    HeardTicket.objects.bulk_create(
        [
            HeardTicket(
                connection=connection,
                theirs=ticket.id,
                customer_id=whose.get(ticket.person.id) if ticket.person is not None else None,
                solved=ticket.solved,
                at=ticket.changed_at,
            )
            for ticket in _last_of_each(others)
        ],
        update_conflicts=True,
        unique_fields=["organization", "connection", "theirs"],
        update_fields=["customer_id", "solved", "at"],
    )
    connection.tickets += sum(one.id not in before for one in _last_of_each(others))


def _happenings(
    connection: Connection, ticket: Ticket, customer_id: int, known: HeardTicket | None, mode: str
) -> Iterable[Happening]:
    facts = {"ticket": ticket.id, "subject": ticket.subject, "channel": ticket.channel}
    name = f"{connection.vendor}:{connection.pk}:{ticket.id}"

    def happening(what: str, when: datetime, message_id: str) -> Happening:
        return Happening(
            customer_id=customer_id,
            name=what,
            at=when,
            properties={key: value for key, value in facts.items() if value},
            mode=mode,
            source=connection.vendor,
            message_id=message_id,
        )

    yield happening(OPENED, ticket.opened_at, f"{name}:opened")
    if ticket.solved and not (known is not None and known.solved):
        yield happening(SOLVED, ticket.changed_at, f"{name}:solved:{ticket.changed_at.isoformat()}")


def _last_of_each(tickets: Sequence[Ticket]) -> list[Ticket]:
    return list({one.id: one for one in tickets}.values())


def _hear_ours(errand: Errand, ticket: Ticket) -> None:
    """A ticket that stands for something of ours was solved or opened again there."""
    if ticket.solved == errand.done:
        return
    errand.done, errand.at = ticket.solved, ticket.changed_at
    errand.save(update_fields=["done", "at"])
    for owner in plugged("ERRANDS"):
        if owner.kind == errand.kind:
            owner.hear(errand.subject, done=ticket.solved, at=ticket.changed_at, vendor=errand.connection)
