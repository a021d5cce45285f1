"""The links to the page of one's data, and the mails that carry them.

Whoever holds an old mail, or a mail that was passed on, holds its link to the choices; that is no ground to show them
everything. So the page of choices only *sends* the link, to the address on record, and it works for a day. The hour in
which it was made is the token's generation: nothing has to be kept for it to end.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts import rates, tokens
from accounts.models import Organization
from accounts.tenancy.context import current_organization_id
from accounts.tokens import Claim
from outreach import sending
from outreach.models import MessageClass, Wording
from outreach.sending import Draft
from outreach.verifying import from_line
from segments import my_data
from segments.models import Customer, DataRequest

MY_DATA = "my data"
NEW_ADDRESS = "new address"
HOURS = 24

# What one person may do within an hour, and how many links a day are mailed to them.
DEEDS_AN_HOUR = 30
COPIES_AN_HOUR = 6
LINKS_A_DAY = 3
ADDRESSES_A_DAY = 3


class TooOften(Exception):
    """More than a person does; the sentence says when to come again."""


def hour_of(at: datetime) -> int:
    return int(at.timestamp()) // 3600


def is_fresh(claim: Claim, at: datetime) -> bool:
    """Whether a link of HOURS still opens anything."""
    return 0 <= hour_of(at) - claim.generation <= HOURS


def token(customer: Customer, at: datetime | None = None) -> str:
    return tokens.derive(MY_DATA, customer.organization.pk, customer.pk, hour_of(at or timezone.now()))


def allow(customer_id: int, what: str, most: int, seconds: int) -> None:
    """Count one deed of a customer. Raises TooOften above `most` in a window of that length."""
    used, _left = rates.count(f"my-data:{current_organization_id()}:{customer_id}:{what}", seconds)
    if used > most:
        raise TooOften(
            _("That was often in a short time. Come again in an hour.")
            if seconds <= 3600
            else _(
                "The link was sent several times today. It is in your mailbox; the last one works for a day."
            )
        )


@transaction.atomic
def mail_link(customer: Customer, *, at: datetime | None = None) -> bool:
    """Mail the link of their page to the address on record; whether there is one. Raises TooOften."""
    if not customer.email:
        return False
    now = at or timezone.now()
    allow(customer.pk, "link", LINKS_A_DAY, 86_400)
    _mail(
        customer,
        customer.email,
        key=f"my data {customer.pk} {now.timestamp():.0f}",
        subject=partial(_, "Your data at {{ organization.name }}"),
        body=partial(
            _,
            "<p>Here you see everything that {{ organization.name }} keeps about you. You can correct it, take it"
            " along, or have it erased.</p>"
            '<p><a href="{{ link }}">Your data</a></p>'
            "<p>The link works for 24 hours. Whoever has it sees your data, so do not pass this mail on. If you"
            " did not ask for it, do nothing.</p>",
        ),
        facts={"my_data": customer.pk, "generation": hour_of(now)},
        at=now,
    )
    return True


@transaction.atomic
def change_address(customer: Customer, address: str, *, at: datetime | None = None) -> DataRequest:
    """Mail the new address a link that proves it. Raises NotDone, BadAddress, TooOften."""
    now = at or timezone.now()
    allow(customer.pk, "address", ADDRESSES_A_DAY, 86_400)
    request = my_data.ask_address(customer, address, at=now)
    _mail(
        customer,
        request.asked["email"],
        key=f"new address {request.pk}",
        subject=partial(_, "Is this your address, for {{ organization.name }}?"),
        body=partial(
            _,
            "<p>Somebody asked {{ organization.name }} to write to this address from now on.</p>"
            '<p><a href="{{ link }}">Yes, write to me here</a></p>'
            "<p>The link works for 24 hours. If that was not you, do nothing: nothing changes.</p>",
        ),
        facts={"new_address": request.pk, "generation": hour_of(now)},
        at=now,
    )
    return request


@transaction.atomic
def confirm_address(request: DataRequest, *, at: datetime | None = None) -> Customer | None:
    """The new address is proved: take it, and tell the old one. None if there is nothing to confirm."""
    now = at or timezone.now()
    before = Customer.objects.filter(pk=request.customer_id).values_list("email", flat=True).first()
    customer = my_data.confirm_address(request, at=now)
    if customer is not None and before:
        _mail(
            customer,
            before,
            key=f"old address {request.pk}",
            subject=partial(_, "{{ organization.name }} writes to another address from now on"),
            body=partial(
                _,
                "<p>You asked {{ organization.name }} to write to another address, and it was confirmed there."
                "</p><p>If that was not you, answer this mail.</p>",
            ),
            facts={},
            at=now,
        )
    return customer


def _mail(
    customer: Customer,
    address: str,
    *,
    key: str,
    subject: partial[str],
    body: partial[str],
    facts: dict[str, int],
    at: datetime,
) -> None:
    """A service mail in the customer's language. Links are made when it is written; the row holds ids only."""
    organization = Organization.objects.get(pk=current_organization_id())
    sender = from_line()
    locale = customer.locale or organization.locale or settings.LANGUAGE_CODE
    with translation.override(locale):
        wording = Wording.objects.freeze(
            subject=subject(),
            html=body(),
            from_name=sender.name,
            from_address=sender.address,
            reply_to=sender.reply_to,
            constants={"organization": organization.facts()},
        )
    sending.queue(
        [
            Draft(
                key=key,
                wording=wording,
                origin_kind="my data",
                origin_id=customer.pk,
                address=address,
                message_class=MessageClass.SERVICE,
                topic="service",
                mode=customer.mode,
                facts=dict(facts),
            )
        ],
        at=at,
    )
