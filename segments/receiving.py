"""Inbound webhooks: making an address, saying what its bodies mean, and taking bodies in, each once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import tokens
from accounts.acting import Actor, system_actor
from accounts.auditing import audit
from accounts.models import Mode
from accounts.tenancy.context import current_organization_id
from segments import keeping_companies
from segments.customers import Person, Refused, Schema, checked_person, upsert_many
from segments.json_paths import NOTHING, BadPath, at, parse
from segments.models import Customer, InboundDelivery, InboundWebhook
from segments.segment_shape import NotHeard, amount_of, instant, size_of
from segments.timeline import Happening, append_many
from segments.values import BadValue, read, read_text

PURPOSE = "inbound"
LARGEST = 100_000
# How long a body can be looked at, and for how long the same delivery is known again.
BODIES = 50
KEPT_FOR = timedelta(days=30)
SKEW = timedelta(minutes=5)

# What a body can say, in the order of the page.
TARGETS: dict[str, str | Promise] = {
    "external_id": gettext_lazy("Customer: your id"),
    "email": gettext_lazy("Customer: e-mail"),
    "phone": gettext_lazy("Customer: phone"),
    "name": gettext_lazy("Customer: name"),
    "first_name": gettext_lazy("Customer: first name"),
    "company": gettext_lazy("Customer: company, by name"),
    "roles": gettext_lazy("Customer: role in the company"),
    "locale": gettext_lazy("Customer: language"),
    "time_zone": gettext_lazy("Customer: time zone"),
    "event": gettext_lazy("Event: its name"),
    "event_at": gettext_lazy("Event: when it happened"),
    "amount": gettext_lazy("Event: amount"),
    "currency": gettext_lazy("Event: currency of the amount"),
    "delivery_id": gettext_lazy("What tells one delivery from another"),
}
ATTRIBUTE, PROPERTY = "attribute.", "property."
KEYS = ("external_id", "email", "phone")
MOST_PARTS = 80


class NotMapped(ValueError):
    """A mapping that cannot be kept; `path` names the target at fault."""

    def __init__(self, sentence: object, path: str = "") -> None:
        self.path = path
        super().__init__(str(sentence))


@dataclass(frozen=True)
class Meant:
    """What a body says under a mapping: the person, and the event if there is one."""

    person: Person
    event: str = ""
    at: datetime | None = None
    amount: Any = None
    currency: str = ""
    properties: dict[str, Any] = field(default_factory=dict)

    def lines(self) -> list[tuple[str, str]]:
        """(what, value) for the page that tries a mapping."""
        facts = {name: getattr(self.person, name) for name in TARGETS if hasattr(self.person, name)}
        told = [(str(TARGETS[name]), str(value)) for name, value in facts.items() if value]
        told += [(key, str(value)) for key, value in self.person.attributes.items()]
        if self.event:
            told.append((str(TARGETS["event"]), self.event))
        if self.at is not None:
            told.append((str(TARGETS["event_at"]), self.at.isoformat()))
        if self.amount is not None:
            told.append((str(TARGETS["amount"]), f"{self.amount:f} {self.currency}"))
        return told + [(name, str(value)) for name, value in self.properties.items()]


# --- the address ----------------------------------------------------------------------------------------------


@transaction.atomic
def make(*, name: str, by: Actor, mode: str = "", signing: str = "", header: str = "") -> InboundWebhook:
    """A new address; one of mode test, or of a test key, makes test customers."""
    by.require("customer.import")
    webhook = InboundWebhook.objects.create(
        name=name,
        mode=Mode.TEST.value if mode == Mode.TEST.value else by.mode,
        signing=signing,
        header=header or "X-Signature",
    )
    audit("customer.import", webhook, by=by, did="webhook created")
    return webhook


@transaction.atomic
def change(webhook: InboundWebhook, facts: Mapping[str, Any], *, expected: int, by: Actor) -> InboundWebhook:
    """Keep name, signing, header, mapping, as far as they are given. Raises Stale, NotMapped."""
    if "mapping" in facts:
        check(facts["mapping"])
    for name in ("name", "signing", "header", "mapping"):
        if name in facts:
            setattr(webhook, name, facts[name])
    webhook.save_revision(expected, by=by)
    audit("customer.import", webhook, by=by, did="webhook changed")
    return webhook


@transaction.atomic
def renew(webhook: InboundWebhook, *, by: Actor) -> InboundWebhook:
    """Another address and another secret; what is sent to the one before finds nothing."""
    webhook.generation += 1
    webhook.save_revision(webhook.revision, by=by)
    audit("customer.import", webhook, by=by, did="webhook renewed")
    return webhook


def token_of(webhook: InboundWebhook) -> str:
    return _derived(PURPOSE, webhook)


def secret_of(webhook: InboundWebhook) -> str:
    """What the sender signs with. Derived, so that it is kept nowhere."""
    derived = _derived("inbound secret", webhook)
    return "whsec_" + base64.b64encode(hashlib.sha256(derived.encode()).digest()).decode()


def _derived(purpose: str, webhook: InboundWebhook) -> str:
    assert webhook.organization_id is not None
    return tokens.derive(purpose, webhook.organization_id, webhook.pk, webhook.generation)


def told_secret(webhook: InboundWebhook, *, by: Actor) -> str:
    """The secret, for somebody who is about to give it to the sender; the audit log says who took it."""
    audit("customer.import", webhook, by=by, did="webhook secret")
    return secret_of(webhook)


# --- the mapping ----------------------------------------------------------------------------------------------


def check(mapping: Any) -> None:
    """Raises NotMapped, naming the target at fault."""
    if not isinstance(mapping, dict) or len(mapping) > MOST_PARTS:
        raise NotMapped(_("expected an object of at most %(most)d") % {"most": MOST_PARTS})
    declared = Schema.load().attributes
    for target, path in mapping.items():
        known = target in TARGETS or (target.startswith(PROPERTY) and 0 < len(target) - len(PROPERTY) <= 80)
        if target.startswith(ATTRIBUTE):
            known = target.removeprefix(ATTRIBUTE) in declared
        if not known:
            raise NotMapped(_("There is no such field."), str(target)[:100])
        if not isinstance(path, str) or "\x00" in path:
            raise NotMapped(_("expected a text"), target)
        if not path.startswith("="):
            try:
                parse(path)
            except BadPath:
                raise NotMapped(_("“%(path)s” is no path.") % {"path": path[:60]}, target) from None
        elif len(path) > 200:
            raise NotMapped(_("at most %(most)d characters") % {"most": 200}, target)
    if mapping and not any(key in mapping for key in KEYS):
        raise NotMapped(_("Say where the customer's id, e-mail or phone stands."), "external_id")
    if "event" not in mapping and any(
        one in ("event_at", "amount", "currency") or one.startswith(PROPERTY) for one in mapping
    ):
        raise NotMapped(_("Say what the event is called."), "event")


def meaning(
    mapping: Mapping[str, str], document: Any, *, currency: str, schema: Schema | None = None
) -> Meant:
    """What a body says; a value that is not there, or null, says nothing. Raises NotHeard with the path in the body."""
    schema = schema or Schema.load()
    found = {
        target: path[1:] if path.startswith("=") else at(document, parse(path))
        for target, path in mapping.items()
    }
    found = {target: value for target, value in found.items() if value is not NOTHING and value is not None}

    def path_of(target: str) -> str:
        return mapping.get(target, target)[:200]

    facts: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    for target, value in found.items():
        if target.startswith(ATTRIBUTE):
            key = target.removeprefix(ATTRIBUTE)
            attributes[key] = _attribute(value, schema.attributes.get(key), path_of(target))
        elif target.startswith(PROPERTY):
            properties[target.removeprefix(PROPERTY)] = value
        elif target not in ("event", "event_at", "amount", "currency", "delivery_id"):
            facts[target] = _text(value, path_of(target))
    try:
        if "roles" in facts:
            facts["roles"] = keeping_companies.read_roles(facts["roles"])
        person = checked_person(Person(**facts, attributes=attributes), schema)
    except BadValue as error:
        raise NotHeard(error, path_of("roles")) from None
    except Refused as refusal:
        target = refusal.path.replace("attributes.", ATTRIBUTE)
        raise NotHeard(refusal, path_of(target)) from None
    event = _text(found["event"], path_of("event")) if "event" in found else ""
    if "event" in mapping and not event:
        raise NotHeard(_("The event has no name here."), path_of("event"))
    if len(event) > 80 or "." in event:
        raise NotHeard(_("The name of an event has at most 80 characters, and no dot."), path_of("event"))
    try:
        amount, unit = amount_of(
            {"revenue": found.get("amount"), "currency": found.get("currency")}, currency
        )
    except NotHeard as refusal:
        raise NotHeard(refusal, path_of("currency" if "currency" in refusal.path else "amount")) from None
    when = instant(found["event_at"], path_of("event_at")) if "event_at" in found else None
    if "\\u0000" in json.dumps(properties):
        raise NotHeard(_("a text without null characters"), "event")
    return Meant(person, event, when, amount, unit, properties)


def _text(value: Any, path: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float) or "\x00" in str(value):
        raise NotHeard(_("expected a text"), path)
    return str(value).strip()


def _attribute(value: Any, attribute: Any, path: str) -> Any:
    """Senders write numbers and dates as texts; a text is read as a cell of a file is."""
    if attribute is None:
        raise NotHeard(_("This attribute is gone."), path)
    try:
        if isinstance(value, str) and attribute.kind not in ("text", "choice"):
            return read_text(attribute.kind, value, attribute.choices)
        return read(attribute.kind, value, attribute.choices)
    except BadValue as error:
        raise NotHeard(error, path) from None


# --- what comes in --------------------------------------------------------------------------------------------


def receive(
    webhook: InboundWebhook, raw: bytes, headers: Mapping[str, str], *, now: datetime | None = None
) -> InboundDelivery | None:
    """Take one body in, in the caller's transaction; the same one again counts once. None: its signature is wrong.

    What cannot be taken in is kept with the reason, and taken in again once the mapping is mended.
    """
    now = now or timezone.now()
    if not genuine(webhook, raw, headers, now=now):
        return None
    text = raw.decode("utf-8", "replace").replace("\x00", "�")
    document = parsed(raw)
    key = _key(webhook, raw, document, headers)
    InboundDelivery.objects.bulk_create(
        [InboundDelivery(webhook=webhook, key=key, received_at=now, body=text)], ignore_conflicts=True
    )
    delivery: InboundDelivery = InboundDelivery.objects.select_for_update(of=("self",)).get(
        webhook=webhook, key=key
    )
    if delivery.received_at != now:
        delivery.repeats += 1
        if delivery.outcome == InboundDelivery.Outcome.RECORDED:
            delivery.save(update_fields=["repeats"])
            return delivery
        delivery.body = text
    return _take_in(webhook, delivery, document, now=now)


@transaction.atomic
def again(delivery: InboundDelivery) -> InboundDelivery:
    """Take in once more what was refused or kept, by the mapping as it is now."""
    row: InboundDelivery = InboundDelivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    if row.outcome == InboundDelivery.Outcome.RECORDED or not row.body:
        return row
    return _take_in(row.webhook, row, parsed(row.body), now=row.received_at)


def parsed(raw: bytes | str) -> Any:
    """The document of a body; NOTHING if it is none, or holds what the database would not give back."""
    try:
        document = json.loads(raw)
        size_of(document)
    except (ValueError, RecursionError):
        return NOTHING
    return document


def _take_in(
    webhook: InboundWebhook, delivery: InboundDelivery, document: Any, *, now: datetime
) -> InboundDelivery:
    delivery.path = delivery.message = ""
    if document is NOTHING:
        delivery.outcome, delivery.message = InboundDelivery.Outcome.REFUSED, _("The body is no JSON.")
    elif not webhook.mapping:
        delivery.outcome = InboundDelivery.Outcome.KEPT
    else:
        try:
            with transaction.atomic():
                delivery.customer_id = _write(webhook, delivery, document, now=now)
            delivery.outcome = InboundDelivery.Outcome.RECORDED
        except NotHeard as refusal:
            delivery.outcome = InboundDelivery.Outcome.REFUSED
            delivery.path, delivery.message = refusal.path[:200], str(refusal)[:300]
    delivery.save()
    return delivery


def _write(webhook: InboundWebhook, delivery: InboundDelivery, document: Any, *, now: datetime) -> int:
    by = system_actor(webhook.organization)
    meant = meaning(webhook.mapping, document, currency=by.organization.currency)
    source = f"webhook:{webhook.pk}"
    (outcome,) = upsert_many([meant.person], by=by, mode=webhook.mode, source=source)
    if outcome.customer_id is None:
        raise NotHeard(outcome.error, webhook.mapping.get(outcome.path, outcome.path))
    if meant.event:
        customer = Customer.objects.get(pk=outcome.customer_id)
        append_many([
            Happening(
                customer_id=customer.pk, name=meant.event, at=min(meant.at or now, timezone.now()),
                amount=meant.amount, currency=meant.currency, properties=meant.properties,
                mode=customer.mode, source=source, unit_id=customer.unit_id,
                message_id=f"webhook:{webhook.pk}:{delivery.key}",
            )
        ])  # fmt: skip
    return outcome.customer_id


def _key(webhook: InboundWebhook, raw: bytes, document: Any, headers: Mapping[str, str]) -> str:
    """What says that it is the same delivery: the place the mapping names, the sender's id of it, else the body."""
    said: Any = None
    path = webhook.mapping.get("delivery_id", "")
    if path and not path.startswith("=") and document is not NOTHING:
        value = at(document, parse(path))
        said = None if value is NOTHING else json.dumps(value)
    said = said or headers.get("webhook-id") or headers.get("Idempotency-Key")
    told = b"id\0" + said.encode() if said else b"body\0" + raw
    return hashlib.sha256(told).hexdigest()


def genuine(webhook: InboundWebhook, raw: bytes, headers: Mapping[str, str], *, now: datetime) -> bool:
    """Whether the signature is right, where one is asked for."""
    secret = secret_of(webhook)
    if webhook.signing == InboundWebhook.Signing.HMAC:
        given = headers.get(webhook.header, "").removeprefix("sha256=").lower()
        wanted = hmac.new(secret.encode(), raw, "sha256").hexdigest()
        return hmac.compare_digest(given.encode(), wanted.encode())
    if webhook.signing == InboundWebhook.Signing.STANDARD:
        name, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not name or not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
            return False
        if abs(int(stamp) - now.timestamp()) > SKEW.total_seconds():
            return False
        signed = f"{name}.{stamp}.".encode() + raw
        digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, "sha256").digest()
        wanted = "v1," + base64.b64encode(digest).decode()
        given_all = headers.get("webhook-signature", "").split()[:10]
        return any(hmac.compare_digest(one.encode(), wanted.encode()) for one in given_all)
    return True


def tidy(*, at: datetime) -> None:
    """Bodies but the latest go; what is older than 30 days goes whole."""
    InboundDelivery.objects.all().before(at - KEPT_FOR).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE segments_inbounddelivery d SET body = '' FROM ("
            " SELECT id, row_number() OVER (PARTITION BY webhook_id ORDER BY received_at DESC, id DESC) AS place"
            " FROM segments_inbounddelivery WHERE organization_id = %s) r"
            " WHERE d.organization_id = %s AND d.id = r.id AND r.place > %s AND d.body <> ''",
            [current_organization_id(), current_organization_id(), BODIES],
        )


MODES = (Mode.LIVE.value, Mode.TEST.value)
