"""Sending surveys: each waiting invitation of a distribution gets its message, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Organization, User
from accounts.recording import record
from accounts.tenancy.context import current_organization_id
from outreach import sending
from outreach.models import MessageClass, Wording
from outreach.sending import Draft
from outreach.verifying import from_line
from surveys.mailing import content
from surveys.models import Distribution, Invitation

BATCH = 5_000


@transaction.atomic
def make_messages(distribution_id: int, *, after: int = 0, at: datetime | None = None) -> int:
    """Make the messages of the next waiting invitations, those after that one; returns how many are new.

    One batch a call, so that a million invitations are no transaction of minutes: news of the batch wakes the next.
    A batch that is made again makes none. The row is locked: a stop comes before a batch, which then makes nothing,
    or after it, and its news takes the messages back.
    """
    found = Distribution.objects.select_for_update(of=("self",))
    distribution = found.filter(pk=distribution_id).first()
    if distribution is None or distribution.state == Distribution.State.STOPPED:
        return 0
    batch = list(_waiting(distribution_id).filter(pk__gt=after).order_by("pk")[:BATCH])
    if not batch:
        return 0
    made = len(sending.queue(_drafts(batch, _Wordings(distribution)), at=at))
    if len(batch) == BATCH:
        record("distribution.queued", distribution, upto=batch[-1].pk, at=at)
    return made


def withdraw(distribution_id: int, *, at: datetime | None = None) -> int:
    """Take back what has not gone out; links that are out stay open."""
    ids = list(Invitation.objects.filter(distribution=distribution_id).values_list("pk", flat=True))
    return sending.withdraw("invitation", *ids, reason="stopped", at=at)


def try_out(invitation_id: int, user_id: int) -> int | None:
    """The test invitation of a member, to their own address: held by nothing, counted nowhere."""
    invitation = Invitation.objects.select_related("distribution").filter(pk=invitation_id).first()
    user = User.objects.filter(pk=user_id).first()
    if invitation is None or user is None:
        return None
    wording = _Wordings(invitation.distribution).of(user.locale)
    return sending.test_send(
        wording,
        address=user.email,
        origin_id=invitation.pk,
        facts=_facts(invitation),
        key=f"test invitation {invitation.pk} email",
    )


def _waiting(distribution_id: int) -> QuerySet[Invitation]:
    return Invitation.objects.filter(distribution=distribution_id).waiting().exclude(customer=None)


def _drafts(invitations: list[Invitation], wordings: _Wordings) -> Iterator[Draft]:
    for invitation in invitations:
        yield Draft(
            key=f"invitation {invitation.pk} email",
            wording=wordings.of(invitation.locale),
            origin_kind="invitation",
            origin_id=invitation.pk,
            customer=invitation.customer_id,
            message_class=MessageClass.RELATIONSHIP,
            topic="surveys",
            mode=invitation.mode,
            expires_at=invitation.expires_at,
            facts=_facts(invitation),
        )


def _facts(invitation: Invitation) -> dict[str, object]:
    """Ids only; the link is derived from them when the mail is written."""
    return {"invitation": invitation.pk, "generation": invitation.generation}


class _Wordings:
    """The frozen mail of a distribution per language, made when it is first needed."""

    def __init__(self, distribution: Distribution) -> None:
        self.distribution = distribution
        self.organization = Organization.objects.get(pk=current_organization_id())
        self.sender = from_line()
        self.made: dict[str, Wording] = {}

    def of(self, locale: str) -> Wording:
        if locale not in self.made:
            mail = content(self.distribution, locale)
            self.made[locale] = Wording.objects.freeze(
                subject=mail.subject,
                html=mail.html,
                text=mail.text,
                from_name=self.sender.name,
                from_address=self.sender.address,
                reply_to=self.sender.reply_to,
                constants={"organization": self.organization.facts()},
                locale=mail.locale,
            )
        return self.made[locale]
