"""One invitation: its link, a link for a single person, a test to oneself, a link made worthless."""

from __future__ import annotations

import datetime as dt
import hashlib

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import tokens
from accounts.acting import Actor
from accounts.models import Mode
from accounts.recording import record
from segments.models import Customer
from surveys.models import Distribution, Invitation, Survey, Version

TOKEN = "survey"


class NotLaunchable(Exception):
    """Not launched. `reason`: no_version, no_segment, wrong_state, no_channel or in_the_past."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def open_link(survey: Survey) -> str:
    """The address for whoever has it; it works while the survey allows an open link."""
    return f"{settings.BASE_URL}/open/{tokens.derive('open', survey.organization.pk, survey.pk)}"


@transaction.atomic
def invite(
    survey: Survey,
    *,
    by: Actor,
    customer: Customer | None = None,
    touchpoint: str = "",
    expires_after_days: int = 30,
    mode: str = "",
    at: dt.datetime | None = None,
) -> Invitation:
    """One link for one person, to be handed over by the business itself (API, chat, receipt).

    Raises NotLaunchable while nothing is published. Nothing is sent, so no contact is counted.
    """
    by.require("distribution.launch")
    version = survey.version()
    if version is None:
        raise NotLaunchable("no_version")
    now = at or timezone.now()
    distribution = _links_of(survey, version, touchpoint, now)
    invitation = Invitation.objects.create(
        distribution=distribution,
        customer=customer,
        unit_id=customer.unit_id if customer else None,
        mode=mode or by.mode,
        source="api",
        locale=customer.locale if customer else "",
        issued_at=now,
        sent_at=now,
        outcome=Invitation.Outcome.SENT,
        expires_at=now + dt.timedelta(days=expires_after_days),
    )
    return _sealed(invitation)


@transaction.atomic
def try_out(distribution: Distribution, *, by: Actor, at: dt.datetime | None = None) -> Invitation:
    """A test invitation to oneself: it goes out at once, held by nothing, and its answer never counts."""
    by.require("survey.edit")
    version = distribution.version or distribution.survey.version()
    if version is None:
        raise NotLaunchable("no_version")
    now = at or timezone.now()
    invitation = _sealed(
        Invitation.objects.create(
            distribution=distribution,
            mode=Mode.TEST,
            source="test",
            issued_at=now,
            expires_at=now + dt.timedelta(days=7),
        )
    )
    record("invitation.tried", invitation, distribution=distribution.pk, user=by.user_id)
    return invitation


@transaction.atomic
def revoke(invitation: Invitation) -> Invitation:
    """Make the link that is out worthless, and a new one derivable."""
    invitation.generation = F("generation") + 1
    invitation.save(update_fields=["generation"])
    invitation.refresh_from_db(fields=["generation"])
    return _sealed(invitation)


def token(invitation: Invitation) -> str:
    return tokens.derive(TOKEN, invitation.organization.pk, invitation.pk, invitation.generation)


def link(invitation: Invitation) -> str:
    """The address of the survey for this invitation, to be put into a mail."""
    return f"{settings.BASE_URL}/s/{token(invitation)}"


def token_hash(organization_id: int, invitation_id: int, generation: int) -> bytes:
    """What is kept in place of the token."""
    return hashlib.sha256(tokens.derive(TOKEN, organization_id, invitation_id, generation).encode()).digest()


def _sealed(invitation: Invitation) -> Invitation:
    """With the hash of the token in force beside it."""
    invitation.token_hash = token_hash(invitation.organization.pk, invitation.pk, invitation.generation)
    invitation.save(update_fields=["token_hash"])
    return invitation


def _links_of(survey: Survey, version: Version, touchpoint: str, now: dt.datetime) -> Distribution:
    """The survey's running distribution for single links, per version and touchpoint."""
    found = Distribution.objects.filter(
        survey=survey,
        version=version,
        channel=Distribution.Channel.LINK,
        touchpoint=touchpoint or survey.touchpoint,
        deleted_at=None,
    ).first()
    return found or Distribution.objects.create(
        name=survey.name,
        survey=survey,
        version=version,
        channel=Distribution.Channel.LINK,
        state=Distribution.State.RUNNING,
        touchpoint=touchpoint or survey.touchpoint,
        anonymous=version.definition["anonymous"],
        launched_at=now,
        created_at=now,
    )
