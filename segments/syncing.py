"""The engine's share in connections: trying, writing what waits, reading what changed, a little at a time.

One process at a time is at a connection, by a lease on its row. Its calls stand outside transactions; each page that
was read is written together with the place behind it.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import datetime, timedelta

import structlog
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import doorbells, sealing
from accounts.models import Organization
from accounts.tenancy.context import acting_for
from segments import connecting, pulling, pushing
from segments.connecting import VENDORS, connector_of
from segments.connectors.base import AccessEnded, Connector, NotNow, NotTaken
from segments.models import Connection, Errand, HeardTicket, NotTakenIn, Outgoing

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=3)
BUDGET = 3.0
"""Seconds at one connection; then others have their turn."""


def due(organization: Organization, now: datetime | None = None) -> int:
    """The engine's share: one turn at each connection that has something to do. Gives how many have more."""
    now = now or timezone.now()
    with acting_for(organization):
        # What an account says of its fields is long, and not asked for here.
        known = Connection.objects.working().defer("their_fields", "secret", "fields_in", "fields_out")
        waiting = [one.pk for one in known if _has_work(one, now)]
    return sum(_turn(organization, pk) for pk in waiting)


def _has_work(connection: Connection, now: datetime) -> bool:
    if connection.wait_until is not None and connection.wait_until > now:
        return False
    if connection.busy_until is not None and connection.busy_until > now:
        return False
    if connection.try_at is not None:
        return connection.try_at <= now
    if connection.tried_at is None:
        return False
    if connection.pulls and connection.pull_at is not None and connection.pull_at <= now:
        return True
    if connection.pushes and (connection.filled_upto is not None or pushing.anybody_moved(connection)):
        return True
    outgoing = Outgoing.objects.filter(connection=connection).due(now)
    return outgoing.exists() or NotTakenIn.objects.filter(connection=connection, again=True).exists()


def _turn(organization: Organization, pk: int) -> bool:
    """One turn at a connection; whether there is more for now."""
    now = timezone.now()
    with acting_for(organization):
        free = Connection.objects.working().filter(Q(busy_until=None) | Q(busy_until__lte=now), pk=pk)
        if not free.update(busy_until=now + LEASE):
            return False
        connection: Connection = Connection.objects.get(pk=pk)
    turn = _Turn(organization, connection)
    try:
        turn.go()
    finally:
        with acting_for(organization):
            turn.finish()
    return turn.more


class _Turn:
    """What is done while the lease is held."""

    def __init__(self, organization: Organization, connection: Connection) -> None:
        self.organization, self.connection = organization, connection
        self.began = time.monotonic()
        self.more = False
        self.soon: datetime | None = None
        self.failed = False

    def go(self) -> None:
        lines: list[pushing.Line] = []
        try:
            with acting_for(self.organization):
                connector = connector_of(self.connection)
            if self.connection.try_at is not None:
                self._try(connector)
                return
            self._queue()
            while self._time_left():
                with acting_for(self.organization):
                    lines = pushing.due_lines(self.connection, connector.batch, at=timezone.now())
                if not lines:
                    break
                pushing.send(self.connection, connector, lines)
                lines = []
            self._again(connector)
            while self._time_left() and self._page(connector):
                pass
            self.more = not self._time_left()
        except NotNow as away:
            self._fault(str(away), lines, seconds=away.seconds)
        except NotTaken as refusal:
            self._fault(str(refusal), [], seconds=None)
        except AccessEnded as ended:
            self._end(str(ended))
        except sealing.NotOpened:
            self._end(_("The secret cannot be read any more: enter it again."))
        except Exception:
            # A fault of ours waits like one of theirs: it must not be met again at every turn.
            log.exception("connection_failed", connection=self.connection.pk)
            self._fault(_("Something went wrong here, and was written down for us."), lines, seconds=None)

    def _time_left(self) -> bool:
        return time.monotonic() - self.began < BUDGET

    # what is done

    def _try(self, connector: Connector) -> None:
        asked = self.connection
        if asked.making:
            with acting_for(self.organization):
                missing = connecting.missing_fields(asked) if asked.their_fields else []
            connector.make_fields(missing)
        account = connector.trial()
        now = timezone.now()
        with acting_for(self.organization):
            row = connecting.locked(asked)
            first = row.tried_at is None
            row.their_fields = [
                {**asdict(field), "name": field.name[:120], "label": field.label[:120]}
                for field in account.fields[:2_000]
            ]
            if row.account and row.account != account.name[:120]:
                # Another account of the same vendor: nothing there stands for anything of ours.
                Errand.objects.filter(connection=row).delete()
                HeardTicket.objects.filter(connection=row).delete()
                row.place = {}
            row.account = account.name[:120]
            row.tried_at, row.try_at, row.making = now, None, False
            fields_in, fields_out = connecting.suggested(row)
            if first:
                row.fields_in, row.fields_out = fields_in, fields_out
                row.pull_at = now if row.pulls and self._may_read(row) else None
            elif asked.making:
                taken = set(row.fields_out.values()) | set(row.fields_in.values())
                new = {ours: name for ours, name in fields_out.items() if name not in taken}
                row.fields_out = {**new, **row.fields_out}
            row.save()
        self.connection = row
        self.more = True

    def _may_read(self, row: Connection) -> bool:
        """Tickets come in at once; people, whose fields somebody should look at first, once that is kept."""
        return not VENDORS[row.vendor].brings_people

    def _queue(self) -> None:
        if not self.connection.pushes:
            return
        with acting_for(self.organization):
            row = self.connection
            if row.filled_upto is not None:
                pushing.queue_everybody(row)
                self.soon = timezone.now()
            if pushing.queue_moved(row):
                self.soon = self.soon or timezone.now() + timedelta(seconds=1)
            Connection.objects.filter(pk=row.pk).update(
                filled_upto=row.filled_upto, stays_upto=row.stays_upto
            )

    def _again(self, connector: Connector) -> None:
        """What was not taken in, and is wanted once more."""
        wanted = list(self.connection.fields_in.values())
        with acting_for(self.organization):
            asked = pulling.asked_again(self.connection)
            NotTakenIn.objects.filter(connection=self.connection, theirs__in=asked).update(again=False)
        if asked:
            people = connector.people(asked, wanted)
            with acting_for(self.organization):
                pulling.take_again(self.connection, asked, people, at=timezone.now())

    def _page(self, connector: Connector) -> bool:
        """Read one page and write it; whether there is another."""
        asked, now = self.connection, timezone.now()
        if not asked.pulls or asked.pull_at is None or asked.pull_at > now:
            return False
        page = connector.changed(asked.place, list(asked.fields_in.values()))
        with acting_for(self.organization):
            row = connecting.locked(asked)
            if (row.place, row.fields_in, row.pulls) != (asked.place, asked.fields_in, asked.pulls):
                # It was told to read otherwise while this page was under way.
                self.connection = row
                return row.pulls
            pulling.take_in(row, page, at=now)
            row.place = page.place
            if page.done:
                row.pulled_at = now
                row.pull_at = now + timedelta(seconds=connector.pause)
            row.save()
        self.connection = row
        return not page.done

    # what went wrong

    def _fault(self, why: str, lines: list[pushing.Line], *, seconds: float | None) -> None:
        now = timezone.now()
        self.failed = True
        with acting_for(self.organization):
            row = connecting.locked(self.connection)
            if seconds is None:
                row.failures = min(row.failures + 1, 20)
            wait = seconds if seconds is not None else min(3_600, 15 * 2**row.failures)
            row.fault, row.wait_until = why[:300], now + timedelta(seconds=max(1.0, wait))
            if seconds is None:
                # Patience that was asked for is no failure of what waited.
                pushing.put_off(row, lines, why, at=now)
            row.save(update_fields=["failures", "fault", "wait_until"])
        self.connection = row
        log.warning("connection_waits", connection=row.pk, vendor=row.vendor, seconds=wait)

    def _end(self, why: str) -> None:
        self.failed = True
        with acting_for(self.organization):
            row = connecting.locked(self.connection)
            row.fault, row.ended_at = why[:300], timezone.now()
            row.save(update_fields=["fault", "ended_at"])
        self.connection = row
        log.warning("connection_ended", connection=row.pk, vendor=row.vendor)

    def finish(self) -> None:
        """Give the lease back, and ring for when there is something to do again."""
        row: Connection | None = Connection.objects.filter(pk=self.connection.pk).first()
        if row is None:
            return
        changes: dict[str, object] = {"busy_until": None}
        if not self.failed:
            changes |= {"failures": 0, "fault": "", "wait_until": None}
        Connection.objects.filter(pk=row.pk).update(**changes)
        if row.ended_at is not None or row.paused_at is not None or row.deleted_at is not None:
            return
        now = timezone.now()
        if self.failed and row.wait_until is not None:
            doorbells.ring(self.organization.pk, at=row.wait_until)
            return
        next_line = (
            Outgoing.objects.filter(connection=row, held_at=None)
            .order_by("due_at")
            .values_list("due_at", flat=True)
            .first()
        )
        instants = [row.try_at, row.pull_at if row.pulls else None, self.soon, next_line]
        if self.more:
            instants.append(now)
        if known := [one for one in instants if one is not None]:
            doorbells.ring(self.organization.pk, at=max(now, min(known)))
