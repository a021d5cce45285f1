"""What a customer allows to be sent to them, said by themselves: one click to stop a topic, one page for all.

The links are derived tokens that name the message they came with: its topic and channel are what `/u/<token>`
stops, its receiver is whose choices `/p/<token>` shows. Survey pages link to `/c/<token>`, which names the
customer; the purposes differ, so that the number of a mail is never taken for that of a person.
GET asks, only POST acts (docs/safety.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts import tokens
from accounts.models import Organization
from accounts.tenancy.context import current_organization_id
from outreach.models import SendKey
from segments import consenting
from segments.addresses import address_hash
from segments.models import Channel, Consent, Customer, Purpose, Suppression
from segments.models.consent import ALLOWED_WITHOUT_A_WORD, ANY_CHANNEL
from segments.timeline import append

UNSUBSCRIBE = "unsubscribe"
PREFERENCES = "preferences"
CHOICES = "choices"
STOPPABLE = (Purpose.SURVEYS, Purpose.MARKETING)
CHANNELS = (Channel.EMAIL,)
"""Channels that exist today; each adds a column to the preference page."""


def unsubscribe_link(organization_id: int, send_key_id: int) -> str:
    """The address in List-Unsubscribe and in the foot of a mail."""
    path = reverse("unsubscribe", args=[tokens.derive(UNSUBSCRIBE, organization_id, send_key_id)])
    return settings.BASE_URL.rstrip("/") + path


def preferences_link(organization_id: int, send_key_id: int) -> str:
    """The address of a customer's own page of choices, as it stands in the mails they got."""
    path = reverse("preferences", args=[tokens.derive(PREFERENCES, organization_id, send_key_id)])
    return settings.BASE_URL.rstrip("/") + path


@transaction.atomic
def stop_topic(received: SendKey, *, source: str, evidence: str = "", at: datetime | None = None) -> str:
    """Stop the topic of a message on its channel. Again is no error. Returns the purpose that is stopped."""
    purpose = received.topic if received.topic in STOPPABLE else str(Purpose.MARKETING)
    if received.customer is not None:
        _stop(received.customer, received.channel, purpose, source=source, evidence=evidence, at=at)
    return purpose


@transaction.atomic
def stop_everything(customer: Customer, *, source: str, at: datetime | None = None) -> None:
    """Leave surveys and marketing on every channel. An answer in their own case is still sent."""
    for channel in CHANNELS:
        for purpose in STOPPABLE:
            _stop(customer, str(channel), str(purpose), source=source, at=at)


@transaction.atomic
def choose(
    customer: Customer, choices: Mapping[tuple[str, str], bool], *, source: str, at: datetime | None = None
) -> int:
    """Set the choices of the preference page; only what differs is written. Returns how many changed."""
    changed = 0
    for cell in table(customer):
        wanted = choices.get((cell.channel, cell.purpose), False)
        if wanted == cell.allowed:
            continue
        if wanted:
            consenting.resubscribe(customer, cell.channel, cell.purpose, source=source, at=at)
            append(
                customer, "contact.allowed", at, properties={"channel": cell.channel, "purpose": cell.purpose}
            )
        else:
            _stop(customer, cell.channel, cell.purpose, source=source, at=at)
        changed += 1
    return changed


@dataclass(frozen=True)
class Cell:
    """One channel and purpose of the preference page."""

    channel: str
    purpose: str
    allowed: bool

    @property
    def name(self) -> str:
        """The name of its box in the form."""
        return f"{self.channel}-{self.purpose}"


def table(customer: Customer) -> list[Cell]:
    """What holds now, purpose by purpose: consent, less what was stopped for the address itself."""
    said = {(one.channel, one.purpose): one.allowed for one in Consent.objects.of(customer.pk)}
    stopped = _stopped_purposes(customer)
    cells = []
    for purpose in STOPPABLE:
        for channel in CHANNELS:
            allowed = said.get(
                (str(channel), str(purpose)),
                said.get((ANY_CHANNEL, str(purpose)), ALLOWED_WITHOUT_A_WORD[purpose]),
            )
            cells.append(Cell(str(channel), str(purpose), allowed and not stopped & {"", str(purpose)}))
    return cells


def _stopped_purposes(customer: Customer) -> set[str]:
    if not customer.email_lower:
        return set()
    organization = Organization.objects.get(pk=current_organization_id())
    hashed = address_hash(organization, customer.email_lower)
    return set(
        Suppression.objects.filter(channel=Channel.EMAIL, address_hash=hashed).values_list(
            "purpose", flat=True
        )
    )


def _stop(
    customer: Customer,
    channel: str,
    purpose: str,
    *,
    source: str,
    evidence: str = "",
    at: datetime | None = None,
) -> None:
    consenting.unsubscribe(customer, channel, purpose, source=source, evidence=evidence, at=at)
    append(customer, "contact.stopped", at, properties={"channel": channel, "purpose": purpose})
