"""One table of everything that happened to a customer; the storeys above append, the customer page reads."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import opaque
from accounts.acting import Actor
from accounts.models import Mode
from accounts.sockets import plugged
from accounts.tenancy.staging import copy_rows
from segments.models import Customer, CustomerEvent, EventMessageId

# Above this many, events are copied.
FEW = 200
COPIED = (
    "customer_id",
    "name",
    "at",
    "recorded_at",
    "amount",
    "currency",
    "properties",
    "mode",
    "source",
    "unit",
)
ATTNAMES = tuple(
    str(CustomerEvent._meta.get_field(name).attname)  # type: ignore[union-attr]
    for name in COPIED
)


@dataclass(frozen=True)
class Line:
    """One line of a customer's page."""

    at: datetime
    title: str
    icon: str = "clock"
    kind: str = "event"
    score: int | None = None
    quote: str = ""
    more: str = ""
    response_id: int | None = None
    amount: Decimal | None = None
    currency: str = ""


# name -> (icon, kind, what it is called on the page). The business's own names are shown as they are.
TITLES: dict[str, tuple[str, str, str | Promise]] = {
    "survey.answered": ("comment", "answer", _("Answered “%(survey)s”")),
    "survey.sent": ("mail", "message", _("Asked: “%(survey)s”")),
    "case.opened": ("case", "case", _("Case %(case)s opened")),
    "case.closed": ("check", "case", _("Case %(case)s closed")),
    "contact.stopped": ("hand", "message", _("Asked us to stop")),
}


class _Blank(dict[str, Any]):
    """A fact that an event does not carry is left out of its title."""

    def __missing__(self, name: str) -> str:
        return ""


def lines(customer: Customer, actor: Actor, *, limit: int = 100) -> list[Line]:
    """Everything, newest first; an answer in the customer's own words where the actor may read them."""
    brought: list[Line] = []
    for bring in plugged("TIMELINE"):
        brought += bring(customer, actor)
    told = {line.response_id for line in brought if line.response_id is not None}
    events = [_line(event) for event in CustomerEvent.objects.of(customer.pk).newest_first()[:limit]]
    kept = [line for line in events if line.response_id is None or line.response_id not in told]
    return sorted([*kept, *brought], key=lambda line: line.at, reverse=True)[:limit]


def _line(event: CustomerEvent) -> Line:
    told = event.properties
    if event.name in TITLES:
        icon, kind, title = TITLES[event.name]
        text, more = str(title) % _Blank(told), ""
    else:
        icon, kind = ("order" if event.amount is not None else "zap"), "event"
        text = event.name[:1].upper() + event.name[1:]
        more = ", ".join(f"{name}: {value}" for name, value in told.items() if isinstance(value, str | int))
    score = told.get("score")
    return Line(
        event.at,
        text,
        icon,
        kind,
        score=score if isinstance(score, int) and 0 <= score <= 10 else None,
        more=more[:200],
        response_id=opaque.decode("response", told.get("response")),
        amount=event.amount,
        currency=event.currency,
    )


@dataclass(frozen=True)
class Happening:
    """One event to append. `message_id` is the caller's own id: the same one counts once."""

    customer_id: int
    name: str
    at: datetime | None = None
    amount: Decimal | None = None
    currency: str = ""
    properties: dict[str, Any] = field(default_factory=dict)
    mode: str = Mode.LIVE
    source: str = "loopwell"
    unit_id: int | None = None
    message_id: str = ""


def append(
    customer: Customer | int,
    name: str,
    at: datetime | None = None,
    *,
    amount: Decimal | None = None,
    currency: str = "",
    properties: dict[str, Any] | None = None,
    mode: str | None = None,
    source: str = "loopwell",
    unit_id: int | None = None,
    message_id: str = "",
) -> CustomerEvent | None:
    """Append one event; None when its message_id has been seen before."""
    customer_id = customer if isinstance(customer, int) else customer.pk
    if mode is None:
        mode = Mode.LIVE if isinstance(customer, int) else customer.mode
    made = append_many(
        [
            Happening(
                customer_id, name, at, amount, currency, properties or {}, mode, source, unit_id, message_id
            )
        ]
    )
    return made[0]


def append_many(happenings: Iterable[Happening]) -> list[CustomerEvent | None]:
    """Append events in one go, in their order; None in the place of one that was there already."""
    wanted = list(happenings)
    now = timezone.now()
    new_ids = _first_time([(one.message_id, one.at or now) for one in wanted if one.message_id])
    events: list[CustomerEvent | None] = []
    seen: set[str] = set()
    for one in wanted:
        if one.message_id and (one.message_id not in new_ids or one.message_id in seen):
            events.append(None)
            continue
        seen.add(one.message_id)
        events.append(
            CustomerEvent(
                customer_id=one.customer_id,
                name=one.name,
                at=one.at or now,
                amount=one.amount,
                currency=one.currency,
                properties=one.properties,
                mode=one.mode,
                source=one.source,
                unit_id=one.unit_id,
            )
        )
    made = [event for event in events if event is not None]
    if len(made) > FEW:
        # Ten times faster; the ids stay unknown, which nobody asks of so many.
        for event in made:
            event.recorded_at = now
        copy_rows(CustomerEvent, COPIED, ([getattr(event, name) for name in ATTNAMES] for event in made))
    else:
        CustomerEvent.objects.bulk_create(made)
    return events


def _first_time(ids: list[tuple[str, datetime]]) -> set[str]:
    """Of these message ids, those that were not known; they are from now on."""
    if not ids:
        return set()
    unique = dict(ids)
    table = EventMessageId._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (message_id, at) SELECT * FROM unnest(%s::text[], %s::timestamptz[])"
            " ON CONFLICT DO NOTHING RETURNING message_id",
            [list(unique), list(unique.values())],
        )
        return {row[0] for row in cursor.fetchall()}
