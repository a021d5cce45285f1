"""What a customer says about being contacted, kept with where they said it."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.recording import record
from segments import profiling
from segments.models import Channel, Consent, ConsentChange, Customer, Purpose, SuppressionReason
from segments.models.consent import ANY_CHANNEL


@transaction.atomic
def allow(
    customer: Customer,
    channel: str,
    purpose: str,
    *,
    source: str,
    evidence: str = "",
    at: datetime | None = None,
) -> Consent:
    """Record a yes. `source` is the page, file or key it came by; `evidence` the words or the ground."""
    return _say(customer, channel, purpose, allowed=True, source=source, evidence=evidence, at=at)


@transaction.atomic
def refuse(
    customer: Customer,
    channel: str,
    purpose: str,
    *,
    source: str,
    evidence: str = "",
    at: datetime | None = None,
) -> Consent:
    """Record a no; it holds for every message claimed after this transaction."""
    return _say(customer, channel, purpose, allowed=False, source=source, evidence=evidence, at=at)


@transaction.atomic
def unsubscribe(
    customer: Customer,
    channel: str,
    purpose: str,
    *,
    source: str,
    evidence: str = "",
    at: datetime | None = None,
) -> None:
    """The person stops one purpose: their consent is withdrawn, and the address itself is stopped for it.

    The address too: another customer of the business may share it, and the person meant their mailbox.
    """
    from segments.contacting import suppress

    refuse(customer, channel, purpose, source=source, evidence=evidence, at=at)
    address = customer.email_lower if channel == Channel.EMAIL else customer.phone
    if address:
        suppress(
            address,
            channel=channel,
            purpose=purpose,
            reason=SuppressionReason.UNSUBSCRIBED,
            source=source,
            at=at,
        )


@transaction.atomic
def resubscribe(
    customer: Customer,
    channel: str,
    purpose: str,
    *,
    source: str,
    evidence: str = "",
    at: datetime | None = None,
) -> None:
    """The person takes their stop back."""
    from segments.contacting import lift

    allow(customer, channel, purpose, source=source, evidence=evidence, at=at)
    address = customer.email_lower if channel == Channel.EMAIL else customer.phone
    if address:
        lift(address, channel=channel, purpose=purpose)


def _say(
    customer: Customer,
    channel: str,
    purpose: str,
    *,
    allowed: bool,
    source: str,
    evidence: str,
    at: datetime | None,
) -> Consent:
    at = at or timezone.now()
    Customer.objects.select_for_update(no_key=True).filter(pk=customer.pk).first()
    present = Consent.objects.filter(customer=customer, channel=channel, purpose=purpose).first()
    ConsentChange.objects.create(
        customer=customer,
        channel=channel,
        purpose=purpose,
        allowed=allowed,
        source=source,
        evidence=evidence,
        at=at,
    )
    if present is None:
        present = Consent(customer=customer, channel=channel, purpose=purpose)
    elif present.at > at:
        # An older word, told later (an import of old consents), is history and does not undo a newer one.
        return present
    present.allowed, present.source, present.evidence, present.at = allowed, source, evidence[:500], at
    present.save()
    if purpose == Purpose.PROFILING:
        profiling.follow(customer, allowed=allowed, at=at)
    record("consent.changed", customer, channel=channel, purpose=purpose, allowed=allowed)
    return present


__all__ = ["ANY_CHANNEL", "allow", "refuse", "resubscribe", "unsubscribe"]
