"""Connections to CRMs and help desks: made by hand, tried, mapped, paused, ended; the engine does the rest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import doorbells, sealing
from accounts.acting import Actor
from accounts.auditing import audit
from accounts.models import Mode, Organization
from accounts.tenancy.changes import horizon
from accounts.tenancy.context import acting_for
from segments.connectors.base import Access, Connector, Secret, Their
from segments.connectors.hubspot import HubSpot
from segments.connectors.salesforce import Salesforce
from segments.connectors.zendesk import Zendesk
from segments.models import Attribute, Connection, CustomerKey, KeyKind, NotTakenIn, Outgoing, Segment
from segments.models.connection import SEAL

VENDORS: dict[str, type[Connector]] = {one.vendor: one for one in (HubSpot, Zendesk, Salesforce)}
ACCOUNT = re.compile(r"^[a-z0-9][a-z0-9-]{0,61}[a-z0-9](\.(sandbox|develop|scratch))?$")
ATTRIBUTE = "attribute."
MOST_FIELDS = 60
MOST_SEGMENTS = 20

# What of a person can be read from the other side.
TARGETS: dict[str, str | Promise] = {
    "email": gettext_lazy("E-mail"),
    "name": gettext_lazy("Name"),
    "first_name": gettext_lazy("First name"),
    "phone": gettext_lazy("Phone"),
    "company": gettext_lazy("Company"),
    "external_id": gettext_lazy("External id"),
    "locale": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
}
# What of ours can be written there: what it is called, and of what kind it is.
FACTS: dict[str, tuple[str | Promise, str]] = {
    "score": (gettext_lazy("Latest score"), "number"),
    "category": (gettext_lazy("Category"), "text"),
    "previous_category": (gettext_lazy("Category before"), "text"),
    "movement": (gettext_lazy("Change since the answer before"), "number"),
    "answered_at": (gettext_lazy("Answered at"), "instant"),
    "touchpoint": (gettext_lazy("Touchpoint"), "text"),
    "stage": (gettext_lazy("Stage"), "text"),
    "segments": (gettext_lazy("Segments"), "text"),
}
# Which kinds of their fields take which kind of ours.
TAKES = {"number": {"number", "text"}, "text": {"text"}, "instant": {"instant", "date", "text"}}


class NotConnected(ValueError):
    """What was entered cannot be used; carries the name of the field at fault."""

    def __init__(self, message: str, path: str = "") -> None:
        self.path = path
        super().__init__(message)


@dataclass(frozen=True)
class Entered:
    """A form as it was filled in: the account, and the secret."""

    account: str
    secret: Secret


def entered(vendor: str, facts: Mapping[str, Any]) -> Entered:
    """What the form of a vendor says. Raises NotConnected."""
    connector = VENDORS.get(vendor)
    if connector is None:
        raise NotConnected(_("There is no such vendor."), "vendor")
    given: Secret = {}
    for entry in connector.entries:
        text = facts.get(entry.name, "")
        if not isinstance(text, str):
            raise NotConnected(_("expected a text"), entry.name)
        text = text.strip()
        if len(text) > 2_000 or not text.isascii() or not text.isprintable():
            raise NotConnected(_("This is not what the vendor shows."), entry.name)
        if text:
            given[entry.name] = text
        elif not entry.optional:
            raise NotConnected(_("This is needed."), entry.name)
    if unknown := sorted(set(facts) - {entry.name for entry in connector.entries}):
        raise NotConnected(_("There is no such field."), str(unknown[0])[:60])
    account = str(given.pop("account", "")).lower()
    if any(entry.name == "account" for entry in connector.entries) and not ACCOUNT.match(account):
        raise NotConnected(_("Only the part of the address that is your own, without dots."), "account")
    if vendor == HubSpot.vendor:
        apps = [given.get(name) for name in ("client_id", "client_secret", "refresh_token")]
        if not given.get("access_token") and not all(apps):
            raise NotConnected(
                _("Give the token of a private app, or all three of an app of yours."), "access_token"
            )
        if given.get("access_token") and any(apps):
            raise NotConnected(
                _("Give either the token of a private app, or the three of an app."), "access_token"
            )
    return Entered(account, given)


@transaction.atomic
def connect(vendor: str, facts: Mapping[str, Any], *, by: Actor) -> Connection:
    """Connect an account; it is tried at once, and nothing moves before that. Raises NotConnected."""
    told = entered(vendor, facts)
    if by.organization.kind == Organization.Kind.DEMO:
        raise NotConnected(_("This organization is invented: nothing of it leaves, and nothing comes in."))
    if by.mode == Mode.TEST.value:
        raise NotConnected(_("A test key connects nothing: what comes in counts."))
    secret = sealing.seal(SEAL, json.dumps(told.secret))
    # Who comes back to an account that was left finds their tasks and tickets still joined to it.
    before = Connection.objects.filter(vendor=vendor, account=told.account or F("account"))
    connection: Connection | None = (
        before.exclude(deleted_at=None).order_by("-deleted_at").select_for_update(of=("self",)).first()
    )
    try:
        with transaction.atomic():
            if connection is None:
                connection = Connection.objects.create(vendor=vendor, account=told.account, secret=secret)
            else:
                connection.secret, connection.deleted_at = secret, None
                connection.ended_at = connection.paused_at = connection.tried_at = connection.pull_at = None
                connection.try_at = timezone.now()
                connection.save()
    except IntegrityError:
        raise NotConnected(_("There is a connection to it already."), "vendor") from None
    audit("connection.edit", connection, by=by, did="connected")
    doorbells.ring(by.organization.pk)
    return connection


@transaction.atomic
def replace_secret(connection: Connection, facts: Mapping[str, Any], *, by: Actor) -> Connection:
    """Another secret for the same connection; begins again where the old one ended. Raises NotConnected."""
    told = entered(connection.vendor, facts)
    if told.account and told.account != connection.account:
        raise NotConnected(_("Another account is another connection: disconnect this one first."), "account")
    row = locked(connection)
    row.secret, row.access_until = sealing.seal(SEAL, json.dumps(told.secret)), None
    row.ended_at, row.wait_until, row.fault, row.failures = None, None, "", 0
    row.try_at = timezone.now()
    row.save_revision(row.revision, by=by)
    audit("connection.edit", row, by=by, did="secret")
    doorbells.ring(by.organization.pk)
    return row


CHANGEABLE = ("pulls", "pushes", "errands", "makes_people", "fields_in", "fields_out", "segments")


@transaction.atomic
def change(connection: Connection, facts: Mapping[str, Any], *, expected: int, by: Actor) -> Connection:
    """Keep switches and mapping, as far as they are given. Raises NotConnected, Stale.

    Who is written there for the first time is queued by the engine, a batch at a time.
    """
    row = locked(connection)
    before = {name: getattr(row, name) for name in CHANGEABLE}
    for name in CHANGEABLE:
        if name in facts:
            setattr(row, name, facts[name])
    check(row)
    if row.pulls and (not before["pulls"] or before["fields_in"] != row.fields_in or row.pull_at is None):
        # What is read from now on means something else: everything is read once more.
        row.place, row.pull_at = {}, timezone.now()
    out_changed = (before["fields_out"], before["segments"]) != (row.fields_out, row.segments)
    if row.pushes and (not before["pushes"] or out_changed):
        row.filled_upto, row.stays_upto = 0, horizon()
    row.save_revision(expected, by=by)
    audit("connection.edit", row, by=by, did="changed")
    doorbells.ring(by.organization.pk)
    return row


def check(connection: Connection) -> None:
    """Raises NotConnected, naming the field at fault."""
    theirs = {str(one["name"]): one for one in connection.their_fields}
    declared = {ATTRIBUTE + key for key in Attribute.objects.present().values_list("key", flat=True)}
    for part, known in (("fields_in", TARGETS.keys() | declared), ("fields_out", FACTS.keys())):
        mapping = getattr(connection, part)
        if not isinstance(mapping, dict) or len(mapping) > MOST_FIELDS:
            raise NotConnected(_("expected an object of at most %(most)d") % {"most": MOST_FIELDS}, part)
        for ours, name in mapping.items():
            if ours not in known:
                raise NotConnected(_("There is no such field."), f"{part}.{str(ours)[:80]}")
            if not isinstance(name, str) or name not in theirs:
                raise NotConnected(_("The other side has no such field."), f"{part}.{ours}")
    out = connection.fields_out
    for ours, name in out.items():
        field = theirs[name]
        if not field["writable"]:
            raise NotConnected(_("This field cannot be written there."), f"fields_out.{ours}")
        if field["kind"] not in TAKES[FACTS[ours][1]]:
            raise NotConnected(_("This field is of another kind."), f"fields_out.{ours}")
        if name in connection.fields_in.values():
            raise NotConnected(_("This field is read already: each has one owner."), f"fields_out.{ours}")
    if len(set(out.values())) != len(out):
        raise NotConnected(_("Two of our fields are written to the same one."), "fields_out")
    chosen = connection.segments
    if not isinstance(chosen, list) or len(chosen) > MOST_SEGMENTS or not all(type(n) is int for n in chosen):
        raise NotConnected(_("at most %(most)d segments") % {"most": MOST_SEGMENTS}, "segments")
    present = set(Segment.objects.present().filter(pk__in=chosen).values_list("pk", flat=True))
    if set(chosen) - present:
        raise NotConnected(_("There is no such segment."), "segments")
    if connection.pulls and VENDORS[connection.vendor].brings_people and not connection.fields_in:
        raise NotConnected(_("Say what is read: at least one field."), "fields_in")
    if connection.pushes and not out:
        raise NotConnected(_("Say what is written: at least one field."), "fields_out")


def suggested(connection: Connection) -> tuple[dict[str, str], dict[str, str]]:
    """(what is read, what is written), as the names of their fields let guess."""
    connector = VENDORS[connection.vendor]
    theirs = {str(one["name"]): one for one in connection.their_fields}
    fields_in = {
        ours: name
        for ours, names in connector.likely_in.items()
        if (name := next((name for name in names if name in theirs), None)) is not None
    }
    plain = {re.sub(r"[^a-z0-9]", "", str(one["label"]).lower()): name for name, one in theirs.items()}
    for attribute in Attribute.objects.present():
        name = plain.get(re.sub(r"[^a-z0-9]", "", attribute.label.lower()))
        if name is not None and name not in fields_in.values():
            fields_in[ATTRIBUTE + attribute.key] = name
    fields_out = {ours: name for ours, name in connector.likely_out.items() if name in theirs}
    return fields_in, fields_out


def missing_fields(connection: Connection) -> list[Their]:
    """Those of our fields that the other side has no place for under their usual name."""
    theirs = {str(one["name"]) for one in connection.their_fields}
    return [
        Their(name, f"Loopwell: {FACTS[ours][0]}", FACTS[ours][1])
        for ours, name in VENDORS[connection.vendor].likely_out.items()
        if name not in theirs
    ]


@transaction.atomic
def make_missing(connection: Connection, *, by: Actor) -> Connection:
    """Ask the engine to make our fields there, and to look again. Raises NotConnected."""
    row = locked(connection)
    if not VENDORS[row.vendor].can_make_fields:
        raise NotConnected(_("An admin makes these fields there; then try the connection again."))
    row.making, row.try_at, row.wait_until = True, timezone.now(), None
    row.save_revision(row.revision, by=by)
    audit("connection.edit", row, by=by, did="fields")
    doorbells.ring(by.organization.pk)
    return row


@transaction.atomic
def sync_now(connection: Connection, *, by: Actor) -> Connection:
    """Look at once, and try what waits; a pause that the other side asked for is kept."""
    row, now = locked(connection), timezone.now()
    if row.pulls and row.tried_at is not None:
        row.pull_at = now
    row.try_at = row.try_at or (now if row.tried_at is None else None)
    if row.failures:
        # Our own waiting after a fault; one without a fault was asked for.
        row.wait_until = min(row.wait_until or now, now)
    row.save(update_fields=["pull_at", "try_at", "wait_until"])
    Outgoing.objects.filter(connection=row, held_at=None).update(due_at=now)
    audit("connection.edit", row, by=by, did="synced")
    doorbells.ring(by.organization.pk)
    return row


@transaction.atomic
def try_again(connection: Connection, *, by: Actor) -> Connection:
    """Whether we are let in, and which fields there are now."""
    row = locked(connection)
    row.try_at, row.wait_until, row.ended_at, row.fault = timezone.now(), None, None, ""
    row.save(update_fields=["try_at", "wait_until", "ended_at", "fault"])
    doorbells.ring(by.organization.pk)
    return row


@transaction.atomic
def retry_failed(connection: Connection, *, by: Actor) -> int:
    """What was set aside, both ways, is tried once more; how many there are."""
    row, now = locked(connection), timezone.now()
    outgoing = Outgoing.objects.filter(connection=row).held()
    count = outgoing.update(held_at=None, due_at=now, attempts=0)
    count += NotTakenIn.objects.filter(connection=row).update(again=True)
    audit("connection.edit", row, by=by, did="retried")
    doorbells.ring(by.organization.pk)
    return int(count)


@dataclass(frozen=True)
class Failure:
    """One thing that did not go through: `direction` is in or out, `theirs` its id at the other side."""

    direction: str
    what: str
    subject: int | None
    theirs: str
    field: str
    message: str
    at: datetime


def failures(connection: Connection, most: int = 100) -> list[Failure]:
    """What was refused either way, the latest first."""
    held = Outgoing.objects.filter(connection=connection).held().order_by("-held_at", "-id")[:most]
    refused = NotTakenIn.objects.filter(connection=connection).order_by("-at", "-id")[:most]
    found = [
        Failure("out", one.kind, one.subject, "", "", one.fault, one.held_at) for one in held if one.held_at
    ] + [Failure("in", "record", None, one.theirs, one.field, one.message, one.at) for one in refused]
    return sorted(found, key=lambda one: one.at, reverse=True)[:most]


@transaction.atomic
def pause(connection: Connection, *, by: Actor) -> Connection:
    """Nothing moves until it is resumed; what happens meanwhile waits."""
    row = locked(connection)
    if row.paused_at is None:
        row.paused_at = timezone.now()
        row.save(update_fields=["paused_at"])
        audit("connection.edit", row, by=by, did="paused")
    return row


@transaction.atomic
def resume(connection: Connection, *, by: Actor) -> Connection:
    row = locked(connection)
    if row.paused_at is not None:
        row.paused_at = None
        row.save(update_fields=["paused_at"])
        audit("connection.edit", row, by=by, did="resumed")
        doorbells.ring(by.organization.pk)
    return row


@transaction.atomic
def disconnect(connection: Connection, *, by: Actor) -> None:
    """End it. The secret is forgotten at once, what waited to go out is dropped; customers and what is there stay.

    For 30 days it is remembered what stands for what, so that connecting the account again goes on with it.
    """
    row = locked(connection)
    if row.deleted_at is None:
        row.secret, row.access_until, row.fault, row.place = "", None, "", {}
        row.deleted_at, row.pushes, row.errands = timezone.now(), False, False
        row.save()
        Outgoing.objects.filter(connection=row).delete()
        NotTakenIn.objects.filter(connection=row).delete()
        audit("connection.edit", row, by=by, did="disconnected")


def locked(connection: Connection) -> Connection:
    row: Connection = Connection.objects.select_for_update(of=("self",)).get(pk=connection.pk)
    return row


def connector_of(connection: Connection) -> Connector:
    """The connector of a connection, which keeps renewed tokens by itself. Raises sealing.NotOpened.

    It is used outside transactions: a token is kept in one of its own, since the one before may be used up.
    """
    organization_id, pk = connection.organization_id, connection.pk

    def keep(secret: Secret, until: datetime | None) -> None:
        assert organization_id is not None
        with acting_for(organization_id):
            Connection.objects.filter(pk=pk, deleted_at=None).update(
                secret=sealing.seal(SEAL, json.dumps(secret)), access_until=until
            )

    access = Access(json.loads(connection.opened), connection.access_until, keep)
    return VENDORS[connection.vendor](connection.account, access)


def their_id(connection: Connection, customer_id: int | None) -> str:
    """The id of a customer at the other side; "" if they are not linked."""
    if customer_id is None:
        return ""
    keys = CustomerKey.objects.filter(kind=KeyKind.CRM, source=connection.vendor, customer_id=customer_id)
    return keys.order_by("-id").values_list("value", flat=True).first() or ""


KEPT = timedelta(days=30)


def tidy(*, at: datetime) -> None:
    """What was ended 30 days ago is forgotten, and what was not taken in for as long."""
    Connection.objects.filter(deleted_at__lt=at - KEPT).delete()
    NotTakenIn.objects.filter(at__lt=at - KEPT).delete()
