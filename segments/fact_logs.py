"""The logs of what was written about customers: tables with change numbers, and the queue that triggers fill.

Upper apps bring the tables of theirs that rules read (config/sockets.py, FACT_LOGS). A position is (change number,
id): everything before it was worked in. Reading stops below the horizon, behind which nothing can appear any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from accounts.sockets import plugged
from segments.models import Customer, FactChange

Position = tuple[int, int]


@dataclass(frozen=True)
class Log:
    """Rows with a ChangeNumber, each about the customer in `customer`; `kind` is what Field.reads calls it."""

    kind: str
    rows: QuerySet
    customer: str = "customer_id"
    number: str = "changed"


def customers() -> Log:
    return Log("customer", Customer.objects.all(), "pk")


def companies() -> Log:
    """The people of a company whose facts changed; a large one is read in several turns."""
    return Log("company", Customer.objects.exclude(company=None), "pk", "company__changed")


@dataclass
class Read:
    """What a turn found: kind -> customers, and what to remember once they are worked in.

    `unknown` are kinds of facts that changed for nobody knows whom.
    """

    people: dict[str, set[int]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    positions: dict[str, Position] = field(default_factory=dict)
    lines: list[int] = field(default_factory=list)
    more: bool = False

    def __bool__(self) -> bool:
        return bool(self.people or self.unknown)

    def add(self, kind: str, people: Iterable[int | None]) -> None:
        known = [pk for pk in people if pk is not None]
        if known:
            self.people.setdefault(kind, set()).update(known)


def read(positions: dict[str, Position], *, below: int, limit: int) -> Read:
    """At most `limit` rows of each log that were written since their position, and as many lines of the queue.

    A log without a position is new here: it begins at `below`, because whoever follows it asks everybody first.
    """
    found = Read()
    for log in _logs():
        position = positions.get(log.kind)
        if position is None:
            found.positions[log.kind] = (below, 0)
            continue
        number, after = position
        if number >= below:
            continue
        name = log.number
        rows = log.rows.filter(**{f"{name}__gte": number, f"{name}__lt": below})
        rows = rows.filter(Q(**{f"{name}__gt": number}) | Q(**{name: number, "pk__gt": after}))
        page = list(rows.order_by(name, "pk").values_list(name, "pk", log.customer)[: limit + 1])
        if len(page) > limit:
            found.more, page = True, page[:limit]
            found.positions[log.kind] = (page[-1][0], page[-1][1])
        else:
            found.positions[log.kind] = (below, 0)
        found.add(log.kind, [row[2] for row in page])
    queue = list(FactChange.objects.order_by("pk").values_list("pk", "kind", "whose")[: limit + 1])
    if len(queue) > limit:
        found.more, queue = True, queue[:limit]
    coming = _coming({whose for _pk, _kind, whose in queue if whose is not None}, found.positions)
    for pk, kind, whose in queue:
        found.lines.append(pk)
        if whose is None:
            found.unknown.add(kind)
        elif whose not in coming:
            found.add(kind, [whose])
    return found


def _coming(people: set[int], positions: dict[str, Position]) -> set[int]:
    """Of these, who still stands in the log of customers: all segments will be asked about them then, and it is
    there that somebody new is met first. Of an import every key would be asked about twice otherwise.
    """
    reached = positions.get("customer")
    if not people or reached is None:
        return set()
    written = Customer.objects.filter(pk__in=people, changed__gte=reached[0])
    return set(written.values_list("pk", flat=True))


def beyond(positions: dict[str, Position], below: int) -> bool:
    """Whether rows were written at or above `below`: they are readable once the transactions before them end."""
    return any(
        log.rows.filter(**{f"{log.number}__gte": below}).exists() for log in _logs() if log.kind in positions
    )


def forget(lines: list[int]) -> None:
    """Take lines out of the queue that were worked in."""
    if lines:
        FactChange.objects.filter(pk__in=lines).delete()


def _logs() -> list[Log]:
    found: list[Log] = [make() for make in plugged("FACT_LOGS")]
    return found
