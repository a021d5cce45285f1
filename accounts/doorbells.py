"""Ringing: "this organization has work due", on paper for the sweep and as a hint for the workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.utils import timezone

from accounts.models.doorbell import Doorbell
from accounts.sockets import plugged

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Ring:
    """One organization with due work, and the rows that said so: hand them to `answered` after the work."""

    organization_id: int
    due_at: datetime
    rows: tuple[int, ...]


def ring(organization_id: int, at: datetime | None = None) -> None:
    """Say that the organization has work due at `at` (now by default), once per transaction and instant.

    The row commits with the work it tells of. If it is due now, the hints of config/sockets.py are called
    after the commit; they may fail, the row is enough.
    """
    now = timezone.now()
    due = at or now
    connection = connections[DEFAULT_DB_ALIAS]
    if _already_rung(connection, organization_id, due):
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO accounts_doorbell (organization_id, due_at) VALUES (%s, %s)",
                [organization_id, due],
            )
        if due <= now:
            transaction.on_commit(lambda: hint(organization_id), robust=True)


def hint(organization_id: int) -> None:
    """Tell the workers to look now. A broker that is away costs a moment, never an error."""
    for say in _hints():
        try:
            say(organization_id)
        except Exception:
            log.warning("hint_failed", organization=organization_id, exc_info=True)


def due(*, at: datetime | None = None, limit: int = 1000) -> list[Ring]:
    """Organizations with work due, longest waiting first."""
    rows = (
        Doorbell.objects.due(at or timezone.now())
        .order_by("due_at", "id")
        .values_list("organization_id", "due_at", "id")[:limit]
    )
    found: dict[int, tuple[datetime, list[int]]] = {}
    for organization_id, due_at, pk in rows:
        found.setdefault(organization_id, (due_at, []))[1].append(pk)
    return [Ring(organization_id, due_at, tuple(pks)) for organization_id, (due_at, pks) in found.items()]


def answered(rings: Sequence[Ring] | Ring) -> None:
    """Take down the rows that were read before the work began. What rang meanwhile stays for the next sweep."""
    several = [rings] if isinstance(rings, Ring) else rings
    Doorbell.objects.filter(id__in=[pk for each in several for pk in each.rows]).delete()


def next_due() -> datetime | None:
    """The earliest ring of all organizations: until when a sweep may sleep."""
    return Doorbell.objects.order_by("due_at").values_list("due_at", flat=True).first()


def _hints() -> list[Callable[[int], None]]:
    return plugged("HINTS")


def _already_rung(connection: Any, organization_id: int, due: datetime) -> bool:
    """Whether this transaction rang for that instant or an earlier one, and remember it if not.

    The backend forgets what was rung when a transaction ends. A savepoint that was rolled back took its rings
    with it: only those count whose savepoints are open still.
    """
    if not connection.in_atomic_block:
        return False
    inside = tuple(connection.savepoint_ids)
    rung: list[tuple[tuple[str | None, ...], datetime]] = connection.rung.setdefault(organization_id, [])
    if any(inside[: len(where)] == where and earlier <= due for where, earlier in rung):
        return True
    rung.append((inside, due))
    return False
