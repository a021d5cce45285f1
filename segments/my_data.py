"""What a customer may do with what is held about them: see it, correct it, take it along, have it erased.

The page is outreach/public/my_data.py; who may open it is decided there, by a link that was mailed to the customer.
Everything asked for is a DataRequest, so that the business sees who asked for what, when, and what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import doorbells
from accounts.acting import Actor, system_actor
from accounts.auditing import audit
from accounts.models import Organization
from accounts.recording import record
from accounts.tenancy.context import acting_for, current_organization_id
from segments import origins
from segments.addresses import normal_email, normal_phone
from segments.erasing import erase
from segments.models import AttributeChange, Customer, DataRequest
from segments.models.data_request import ANSWER_WITHIN

SOURCE = "my data"
# Time to think again, and for the business to hear of it; well within the month that the law gives.
GRACE = timedelta(days=7)
# Facts that a customer changes by themselves. The address is one too, once the new one is proved.
OWN_FIELDS = ("name", "first_name", "phone", "locale")
LONGEST = {"name": 200, "first_name": 100, "phone": 40, "locale": 16}
LONGEST_WORDS = 1_000

Kind, State = DataRequest.Kind, DataRequest.State


class NotDone(ValueError):
    """A wish that cannot be carried out; `field` is at fault, the sentence says why."""

    def __init__(self, sentence: object, field: str = "") -> None:
        self.field = field
        super().__init__(str(sentence))


@transaction.atomic
def correct(
    customer: Customer, facts: Mapping[str, str], *, at: datetime | None = None
) -> DataRequest | None:
    """Change facts of OWN_FIELDS at once; None if nothing differs. Raises NotDone, and BadAddress for a phone."""
    now = at or timezone.now()
    row = Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
    before = origins.facts_of(row)
    asked: dict[str, str] = {}
    for name in OWN_FIELDS:
        if name not in facts:
            continue
        text = facts[name].strip()
        if len(text) > LONGEST[name] or "\x00" in text:
            raise NotDone(_("at most %(most)d characters") % {"most": LONGEST[name]}, name)
        if name == "phone" and text:
            text = normal_phone(text)
        if text != getattr(row, name):
            asked[name] = text
            setattr(row, name, text)
    if not asked:
        return None
    _save(row, before, now)
    return _note(row, Kind.CORRECT, State.DONE, asked=asked, now=now)


@transaction.atomic
def ask(customer: Customer, words: str, *, at: datetime | None = None) -> DataRequest:
    """Ask the business to correct what the customer cannot change by themselves. Raises NotDone."""
    words = words.replace("\x00", "").strip()
    if not words:
        raise NotDone(_("Say what is wrong, and what would be right."), "words")
    if len(words) > LONGEST_WORDS:
        raise NotDone(_("at most %(most)d characters") % {"most": LONGEST_WORDS}, "words")
    now = at or timezone.now()
    return _note(customer, Kind.CORRECT, State.OPEN, asked={"words": words}, now=now)


@transaction.atomic
def ask_address(customer: Customer, address: str, *, at: datetime | None = None) -> DataRequest:
    """Begin a change of address: it changes once the new one is proved. Raises BadAddress, NotDone."""
    address = normal_email(address)
    if not address or address.lower() == customer.email_lower:
        raise NotDone(_("Give another address than the present one."), "email")
    now = at or timezone.now()
    DataRequest.objects.filter(customer_id=customer.pk, kind=Kind.ADDRESS, state=State.UNCONFIRMED).update(
        state=State.WITHDRAWN, decided_at=now
    )
    return _note(customer, Kind.ADDRESS, State.UNCONFIRMED, asked={"email": address}, now=now)


@transaction.atomic
def confirm_address(request: DataRequest, *, at: datetime | None = None) -> Customer | None:
    """The new address was proved: it is the customer's. None if it was confirmed or withdrawn before."""
    now = at or timezone.now()
    locked = DataRequest.objects.select_for_update().get(pk=request.pk)
    customer = Customer.objects.select_for_update(of=("self",)).filter(pk=locked.customer_id).first()
    if locked.state != State.UNCONFIRMED or customer is None or customer.is_deleted:
        return None
    before = origins.facts_of(customer)
    customer.email = locked.asked["email"]
    _save(customer, before, now)
    locked.state, locked.decided_at = State.DONE, now
    locked.save(update_fields=["state", "decided_at"])
    return customer


@transaction.atomic
def note_export(customer: Customer, *, at: datetime | None = None) -> DataRequest:
    """Write down that the customer took a copy."""
    return _note(customer, Kind.EXPORT, State.DONE, now=at or timezone.now())


@transaction.atomic
def ask_erasure(customer: Customer, *, at: datetime | None = None) -> DataRequest:
    """Erase everything after GRACE; until then it can be taken back. Again is once."""
    now = at or timezone.now()
    Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
    present = erasure_of(customer)
    if present is not None:
        return present
    asked = _note(customer, Kind.ERASE, State.SCHEDULED, now=now, due=now + GRACE)
    doorbells.ring(current_organization_id(), at=asked.due_at)
    return asked


@transaction.atomic
def keep(customer: Customer, *, at: datetime | None = None) -> bool:
    """Take the wish to be erased back; whether there was one."""
    return bool(
        DataRequest.objects.filter(customer_id=customer.pk, kind=Kind.ERASE, state=State.SCHEDULED).update(
            state=State.WITHDRAWN, decided_at=at or timezone.now()
        )
    )


def erasure_of(customer: Customer) -> DataRequest | None:
    """The erasure that is waiting for this customer."""
    found = DataRequest.objects.filter(customer_id=customer.pk, kind=Kind.ERASE, state=State.SCHEDULED)
    return found.first()


@transaction.atomic
def decide(
    request: DataRequest, *, done: bool, reply: str, by: Actor, at: datetime | None = None
) -> DataRequest:
    """A member says what became of an open request. Raises NotDone for one that is not open any more."""
    by.require("customer.edit")
    locked = DataRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if locked.state != State.OPEN:
        raise NotDone(_("This request was answered already."))
    if not done and not reply.strip():
        raise NotDone(_("Say why not: the customer reads it."), "reply")
    locked.state = State.DONE if done else State.REFUSED
    locked.decided_at, locked.decided_by_id = at or timezone.now(), by.user_id
    locked.reply = reply.strip()[:500]
    locked.save(update_fields=["state", "decided_at", "decided_by", "reply"])
    audit("customer.edit", locked, by=by, at=at, did=f"request {locked.state}", customer=locked.customer_id)
    return locked


def due(organization: Organization, now: datetime) -> int:
    """The engine's share: erase those whose time to think again is over, one in each transaction."""
    with acting_for(organization):
        waiting = list(
            DataRequest.objects.filter(state=State.SCHEDULED, due_at__lte=now).values_list("pk", flat=True)[
                :20
            ]
        )
    for pk in waiting:
        with acting_for(organization):
            _erase(pk, organization, now)
    return len(waiting)


@transaction.atomic
def _erase(pk: int, organization: Organization, now: datetime) -> None:
    asked = DataRequest.objects.select_for_update().get(pk=pk)
    if asked.state != State.SCHEDULED:
        return
    customer = Customer.objects.filter(pk=asked.customer_id).first()
    if customer is not None:
        erase(customer, by=system_actor(organization), at=now)
    DataRequest.objects.filter(pk=pk).update(state=State.DONE, decided_at=now)


def _save(customer: Customer, before: dict[str, Any], now: datetime) -> None:
    customer.save_revision(customer.revision)
    AttributeChange.objects.bulk_create(origins.changes_of(customer, before, source=SOURCE, at=now))
    record("customer.changed", customer, at=now)


def _note(
    customer: Customer,
    kind: str,
    state: str,
    *,
    now: datetime,
    asked: dict[str, str] | None = None,
    due: datetime | None = None,
) -> DataRequest:
    made = DataRequest.objects.create(
        customer_id=customer.pk,
        kind=kind,
        state=state,
        asked=asked or {},
        asked_at=now,
        due_at=due or now + ANSWER_WITHIN,
        decided_at=now if state == State.DONE else None,
    )
    record("data_request.made", made, at=now, kind=str(kind), customer=customer.pk)
    return made
