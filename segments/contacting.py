"""May we contact this customer, on this channel, for this purpose, now? The only judge (docs/engine.md)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Organization
from accounts.tenancy.context import current_organization_id
from segments import contacting_sql
from segments.addresses import address_hash
from segments.models import Channel, Contact, Customer, Purpose, Suppression


@dataclass(frozen=True)
class Ground:
    """One reason against a contact: its code, since when, until when (None: not by itself), and what of."""

    code: str
    since: datetime | None = None
    until: datetime | None = None
    detail: str = ""


@dataclass(frozen=True)
class Decision:
    """`reasons` in the order of the checks; the first is the one to show. `free_at` None: not by itself."""

    allowed: bool
    reasons: tuple[Ground, ...] = ()
    free_at: datetime | None = None
    address: str = ""

    @property
    def reason(self) -> str:
        return self.reasons[0].code if self.reasons else ""


@dataclass(frozen=True)
class Candidate:
    """One contact to be judged. What it is subject to follows from its purpose, unless the caller says."""

    customer_id: int
    channel: str = Channel.EMAIL
    purpose: str = Purpose.SURVEYS
    capped: bool | None = None
    gapped: bool | None = None
    quiet: bool | None = None


def may_contact(
    customer: Customer | int,
    channel: str,
    purpose: str,
    at: datetime | None = None,
    *,
    capped: bool | None = None,
    gapped: bool | None = None,
    quiet: bool | None = None,
) -> Decision:
    """The decision with all its reasons; the same statement as the claim of a message runs."""
    customer_id = customer if isinstance(customer, int) else customer.pk
    candidate = Candidate(customer_id, channel, purpose, capped, gapped, quiet)
    return judge([candidate], at=at)[0]


def judge(candidates: Iterable[Candidate], *, at: datetime | None = None) -> list[Decision]:
    """One decision per candidate, in their order; several of one customer are judged one after the other."""
    asked = list(candidates)
    if not asked:
        return []
    sql = (
        "WITH due AS (SELECT * FROM unnest(%(ids)s::bigint[], %(customers)s::bigint[], %(channels)s::text[],"
        " %(purposes)s::text[], %(capped)s::boolean[], %(gapped)s::boolean[], %(quiet)s::boolean[])"
        " AS t(id, customer_id, channel, purpose, capped, gapped, quiet))" + contacting_sql.judged("due")
    )
    params: dict[str, Any] = {
        "organization": current_organization_id(),
        "at": at or timezone.now(),
        "ids": list(range(len(asked))),
        "customers": [one.customer_id for one in asked],
        "channels": [str(one.channel) for one in asked],
        "purposes": [str(one.purpose) for one in asked],
        "capped": [is_capped(one.purpose) if one.capped is None else one.capped for one in asked],
        "gapped": [is_gapped(one.purpose) if one.gapped is None else one.gapped for one in asked],
        "quiet": [is_quiet(one.purpose) if one.quiet is None else one.quiet for one in asked],
    }
    decisions = [Decision(False, (Ground("missing"),))] * len(asked)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column.name for column in cursor.description]
        for row in cursor.fetchall():
            facts = dict(zip(names, row, strict=True))
            decisions[facts["id"]] = _decision(facts)
    return decisions


def is_capped(purpose: str) -> bool:
    """Service messages stand outside the any-contact clock."""
    return purpose != Purpose.SERVICE


def is_gapped(purpose: str) -> bool:
    """Only surveys keep a distance to the survey before."""
    return purpose == Purpose.SURVEYS


def is_quiet(purpose: str) -> bool:
    """Service messages are answers: they may come at night."""
    return purpose != Purpose.SERVICE


def suppress(
    address: str,
    *,
    channel: str = Channel.EMAIL,
    reason: str,
    purpose: str = "",
    source: str = "",
    at: datetime | None = None,
) -> Suppression:
    """Stop an address on a channel, for one purpose or (empty) for everything. Again is no error."""
    organization = Organization.objects.get(pk=current_organization_id())
    return suppress_hash(
        address_hash(organization, address),
        channel=channel,
        reason=reason,
        purpose=purpose,
        source=source,
        at=at,
    )


def suppress_hash(
    hashed: bytes,
    *,
    channel: str = Channel.EMAIL,
    reason: str,
    purpose: str = "",
    source: str = "",
    at: datetime | None = None,
) -> Suppression:
    """The same, where only the hash is at hand (after an erasure, or a callback without an address)."""
    suppression, _made = Suppression.objects.get_or_create(
        channel=channel,
        address_hash=hashed,
        purpose=purpose,
        defaults={"reason": reason, "source": source, "at": at or timezone.now()},
    )
    return suppression


def lift(address: str, *, channel: str = Channel.EMAIL, purpose: str = "") -> int:
    """Take a suppression back, because the person asked for it; gives how many there were."""
    organization = Organization.objects.get(pk=current_organization_id())
    found = Suppression.objects.filter(
        channel=channel, address_hash=address_hash(organization, address), purpose=purpose
    )
    return found.delete()[0]


@transaction.atomic
def note_contact(
    customer_id: int,
    *,
    channel: str,
    purpose: str,
    at: datetime | None = None,
    send_id: int | None = None,
    subject: str = "",
    counted: bool | None = None,
) -> Contact:
    """Write one contact into the ledger; a second with the same send_id is the first."""
    facts = {
        "customer_id": customer_id,
        "channel": channel,
        "purpose": purpose,
        "at": at or timezone.now(),
        "subject": subject[:200],
        "counted": is_capped(purpose) if counted is None else counted,
    }
    if send_id is None:
        return Contact.objects.create(**facts)
    return Contact.objects.get_or_create(send_id=send_id, defaults=facts)[0]


def release_contact(send_ids: Iterable[int]) -> int:
    """Take back the reservations of messages that were skipped after all."""
    return Contact.objects.filter(send_id__in=list(send_ids)).delete()[0]


def _decision(facts: dict) -> Decision:
    grounds = {
        "deleted": Ground("deleted"),
        "no_address": Ground("no_address"),
        "suppressed": Ground(
            "suppressed", since=facts["suppressed_at"], detail=facts["suppressed_why"] or ""
        ),
        "no_consent": Ground("no_consent", since=facts["consent_at"], detail=facts["consent_source"] or ""),
        "quiet_hours": Ground("quiet_hours", until=facts["quiet_until"]),
        "cap": Ground(
            "cap", facts["last_contact_at"], facts["cap_until"], facts["last_contact_subject"] or ""
        ),
        "survey_gap": Ground(
            "survey_gap", facts["last_contact_at"], facts["gap_until"], facts["last_contact_subject"] or ""
        ),
    }
    reasons = tuple(grounds[code] for code in facts["reasons"])
    return Decision(not reasons, reasons, facts["free_at"], facts["address"])
