"""Taking in what other software tells in the shape of Segment: who people are, what they did, where they work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.acting import Actor
from accounts.zones import zone_names
from segments import keeping_companies
from segments.customers import Outcome, Person, Schema, upsert_many
from segments.keeping_companies import NotKept
from segments.models import ContactRole, Customer, EventMessageId
from segments.segment_shape import Message, NotHeard, amount_of, instant, read_message
from segments.suggesting import plain_name
from segments.timeline import Happening, append_many

SOURCE = "segment"
# Words of Segment for a person that have no place here: passed over where the business has not declared them.
PASSED_OVER = {
    "address", "age", "avatar", "birthday", "description", "gender", "id", "logins", "title", "username", "website",
}  # fmt: skip
# Words of Segment for a group, likewise.
GROUP_PASSED_OVER = {
    "address",
    "avatar",
    "created_at",
    "description",
    "email",
    "employees",
    "id",
    "phone",
    "plan",
}
# Their words -> ours, after both are brought to one spelling (createdAt, created_at).
_FACTS = {
    "email": "email", "phone": "phone", "name": "name", "first_name": "first_name", "locale": "locale",
    "language": "locale", "timezone": "time_zone", "time_zone": "time_zone", "stage": "stage",
}  # fmt: skip
_OF_A_GROUP = {
    "name": "name", "industry": "industry", "website": "domain", "domain": "domain", "timezone": "time_zone",
    "time_zone": "time_zone", "revenue": "revenue", "renewal_date": "renewal_date",
}  # fmt: skip
_LONGEST = {"name": 200, "industry": 120, "domain": 253}


@dataclass
class Heard:
    """What became of one message: recorded, known (its messageId came before) or refused, then where and why.

    `passed_over` are words of Segment that have no place here.
    """

    outcome: str
    path: str = ""
    message: str = ""
    passed_over: list[str] = field(default_factory=list)
    customer_id: int | None = None


@transaction.atomic
def hear(
    raw: Sequence[Any], *, by: Actor, kind: str = "", sent_at: Any = None, source: str = SOURCE
) -> list[Heard]:
    """Take in messages, one Heard each, in their order: a bad one costs only itself.

    People come first, then companies, then what was done. A messageId counts once; one of a refused message may
    come again, mended.
    """
    now = timezone.now()
    told = [Heard("recorded") for _each in raw]
    messages: dict[int, Message] = {}
    for number, one in enumerate(raw):
        try:
            messages[number] = read_message(one, kind=kind, now=now, sent_at=sent_at)
        except NotHeard as refusal:
            told[number] = Heard("refused", refusal.path, str(refusal))
    _pass_known(messages, told)
    companies, amounts = _read_on(messages, told, by=by)
    people = _bring_people(messages, told, by=by, source=source)
    _bring_groups(messages, told, people, companies, by=by, source=source)
    _append(messages, told, people, amounts, by=by, source=source)
    return told


def message_key(message_id: str) -> str:
    """How a messageId is kept, apart from ids of events that came otherwise."""
    return f"segment:{message_id}"


def _pass_known(messages: dict[int, Message], told: list[Heard]) -> None:
    keys = {message_key(one.message_id) for one in messages.values() if one.message_id}
    known = set(EventMessageId.objects.filter(message_id__in=keys).values_list("message_id", flat=True))
    for number, one in list(messages.items()):
        key = message_key(one.message_id)
        if one.message_id and key in known:
            told[number] = Heard("known")
            del messages[number]
        known.add(key)


def _read_on(
    messages: dict[int, Message], told: list[Heard], *, by: Actor
) -> tuple[dict[int, dict[str, Any]], dict[int, tuple[Any, str]]]:
    """Facts of companies and amounts of events, before anything is written: a refused message writes nothing."""
    companies, amounts = {}, {}
    for number, one in list(messages.items()):
        try:
            if one.kind == "group":
                companies[number] = _group_facts(one.traits, told[number])
            elif one.kind == "track":
                amounts[number] = amount_of(one.properties, by.organization.currency)
        except NotHeard as refusal:
            _refuse(number, refusal, messages, told)
    return companies, amounts


def _bring_people(
    messages: dict[int, Message], told: list[Heard], *, by: Actor, source: str
) -> dict[int, Customer]:
    """Everybody whom a message is about, made where they are new; message -> customer."""
    schema = Schema.load()
    people: dict[int, Person] = {}
    for number, one in list(messages.items()):
        if not one.user_id and not one.anonymous_id:
            continue
        person = Person(external_id=one.user_id, anonymous_id=one.anonymous_id)
        try:
            people[number] = (
                _with_traits(person, one.traits, schema, told[number]) if one.kind == "identify" else person
            )
        except NotHeard as refusal:
            _refuse(number, refusal, messages, told)
    outcomes = upsert_many(people.values(), by=by, source=source)
    written: dict[int, int] = {}
    for number, outcome in zip(people, outcomes, strict=True):
        if outcome.what == "refused":
            _refuse(number, NotHeard(outcome.error, _their_path(outcome)), messages, told)
        elif outcome.customer_id is not None:
            written[number] = told[number].customer_id = outcome.customer_id
    rows = Customer.objects.in_bulk(set(written.values()))
    _remember([one for number, one in messages.items() if one.kind == "identify" and number in written])
    return {number: rows[pk] for number, pk in written.items()}


def _with_traits(person: Person, traits: dict[str, Any], schema: Schema, told: Heard) -> Person:
    facts: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    last_name = ""
    for word, value in traits.items():
        path, ours = f"traits.{word}"[:110], plain_name(word).replace(" ", "_")
        declared = word if word in schema.attributes else ours
        if declared in schema.attributes:
            attributes[declared] = value
        elif ours in ("created_at", "company", "roles", "last_name") or ours in _FACTS:
            if value is None:
                continue
            if ours == "created_at":
                facts["created_at"] = instant(value, path)
            elif ours == "company":
                facts["company"] = _company_name(value, path)
            elif ours == "roles":
                facts["roles"] = _roles(value, path)
            elif not isinstance(value, str):
                raise NotHeard(_("expected a text"), path)
            elif ours == "last_name":
                last_name = value.strip()
            else:
                facts[_FACTS[ours]] = value
        elif ours in PASSED_OVER:
            told.passed_over.append(word[:100])
        else:
            raise NotHeard(_("There is no attribute “%(key)s”.") % {"key": word[:60]}, path)
    if last_name and not facts.get("name"):
        facts["name"] = " ".join(part for part in (facts.get("first_name", ""), last_name) if part)
    return replace(person, **facts, attributes=attributes)


def _company_name(value: Any, path: str) -> str:
    """A name, or an object with one, as Segment has it."""
    name = value.get("name") if isinstance(value, dict) else value
    if not isinstance(name, str) or not name.strip() or len(name) > 200 or "\x00" in name:
        raise NotHeard(_("expected the name of a company"), path)
    return name.strip()


def _roles(value: Any, path: str) -> str:
    if not isinstance(value, list) or any(one not in ContactRole.values for one in value):
        raise NotHeard(_("expected a list of %(roles)s") % {"roles": ", ".join(ContactRole.values)}, path)
    return ContactRole.written(value)


def _their_path(outcome: Outcome) -> str:
    """Where our own check found the fault, in their words."""
    own = {"external_id": "userId", "unit": "userId", "time_zone": "traits.timezone"}
    head, _dot, rest = outcome.path.partition(".")
    return f"traits.{rest}" if head == "attributes" else own.get(outcome.path, f"traits.{outcome.path}")


def _bring_groups(
    messages: dict[int, Message],
    told: list[Heard],
    people: dict[int, Customer],
    companies: dict[int, dict[str, Any]],
    *,
    by: Actor,
    source: str,
) -> None:
    done: list[Message] = []
    for number, one in list(messages.items()):
        if one.kind != "group" or told[number].outcome == "refused":
            continue
        try:
            with transaction.atomic():
                company = keeping_companies.bring(one.group_id, companies[number], by=by, source=source)
                if number in people:
                    keeping_companies.employ(people[number], company, source=source)
            done.append(one)
        except NotKept as refusal:
            path = {"external_id": "groupId"}.get(refusal.path, f"traits.{refusal.path}")
            _refuse(number, NotHeard(refusal, path), messages, told)
    _remember(done)


def _group_facts(traits: dict[str, Any], told: Heard) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for word, value in traits.items():
        path, ours = f"traits.{word}"[:110], plain_name(word).replace(" ", "_")
        name = _OF_A_GROUP.get(ours)
        if name is None:
            if ours not in GROUP_PASSED_OVER:
                raise NotHeard(_("There is no such field."), path)
            told.passed_over.append(word[:100])
        elif value is None:
            continue
        elif name == "revenue":
            amount, _currency = amount_of({"revenue": value}, "")
            if amount is None or amount < 0:
                raise NotHeard(_("Expected an amount of 0 or more."), path)
            facts[name] = amount
        elif name == "renewal_date":
            facts[name] = instant(value, path).date()
        elif not isinstance(value, str) or len(value) > _LONGEST.get(name, 64) or "\x00" in value:
            raise NotHeard(_("expected a text"), path)
        elif name == "time_zone" and value not in zone_names():
            raise NotHeard(_("“%(zone)s” is not a time zone.") % {"zone": value}, path)
        else:
            facts[name] = value.strip()
    return facts


def _append(
    messages: dict[int, Message],
    told: list[Heard],
    people: dict[int, Customer],
    amounts: dict[int, tuple[Any, str]],
    *,
    by: Actor,
    source: str,
) -> None:
    happenings: dict[int, Happening] = {}
    for number, one in messages.items():
        if one.kind != "track" or number not in people:
            continue
        amount, currency = amounts[number]
        happenings[number] = Happening(
            customer_id=people[number].pk,
            name=one.event,
            at=one.at,
            amount=amount,
            currency=currency,
            properties=one.properties,
            mode=by.mode,
            source=source,
            unit_id=people[number].unit_id,
            message_id=message_key(one.message_id) if one.message_id else "",
        )
    written = append_many(happenings.values())
    for number, event in zip(happenings, written, strict=True):
        if event is None:
            told[number] = Heard("known")


def _refuse(number: int, refusal: NotHeard, messages: dict[int, Message], told: list[Heard]) -> None:
    told[number] = Heard("refused", refusal.path, str(refusal))
    messages.pop(number, None)


def _remember(messages: Sequence[Message]) -> None:
    """Their messageIds came; events keep theirs when they are appended."""
    moments: dict[str, datetime] = {message_key(one.message_id): one.at for one in messages if one.message_id}
    EventMessageId.objects.bulk_create(
        [EventMessageId(message_id=key, at=at) for key, at in moments.items()], ignore_conflicts=True
    )
