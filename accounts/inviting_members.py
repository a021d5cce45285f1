"""Invitations of members: bound to an address, used once, expiring, sent again, revoked, accepted."""

from datetime import datetime
from typing import cast

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import roles, tokens
from accounts.acting import Actor, member_actor
from accounts.auditing import audit
from accounts.models.member_invitation import VALID_FOR, MemberInvitation
from accounts.models.membership import Membership
from accounts.models.organization import Organization
from accounts.models.unit import Unit
from accounts.models.user import User
from accounts.site_mail import post_later

PURPOSE = "member_invitation"


class InvitationRefused(Exception):
    """The invitation cannot be made or accepted; the sentence says why."""


def check_grant(by: Actor, role: str, unit: Unit | None) -> None:
    """Nobody grants more than they hold, nor a place outside their own branch. Raises InvitationRefused."""
    own = by.membership.role if by.membership is not None else roles.OWNER
    if by.kind == "key":
        own = roles.ADMIN
    if role not in roles.grantable_roles(own):
        raise InvitationRefused(_("You cannot give a role above your own."))
    if by.branch_ids is not None and not by.sees_unit(unit.pk if unit else None):
        raise InvitationRefused(_("You can give places in your own branch only."))


@transaction.atomic
def invite_member(
    *, email: str, role: str, by: Actor, unit: Unit | None = None, at: datetime | None = None
) -> MemberInvitation:
    """Offer membership to an address; an open offer to the same address is renewed with the new role.

    Raises InvitationRefused, NotAllowed. Whether the address has an account elsewhere makes no difference.
    """
    by.require("member.invite")
    check_grant(by, role, unit)
    email = email.strip().lower()
    if Membership.objects.filter(organization=by.organization, user__email=email).exists():
        raise InvitationRefused(_("This person is a member already."))
    now = at or timezone.now()
    invitation = (
        MemberInvitation.objects.waiting().select_for_update(of=("self",)).filter(email=email).first()
    )
    if invitation is None:
        invitation = MemberInvitation(email=email)
    else:
        check_grant(by, invitation.role, None if by.branch_ids is None else invitation.unit)
        invitation.generation += 1
    invitation.role, invitation.unit = role, unit
    invitation.invited_by_id = by.user_id
    invitation.sent_at, invitation.expires_at = now, now + VALID_FOR
    invitation.save()
    audit("member.invite", invitation, by=by, at=now, did="invited", role=role)
    _send(invitation, by)
    return cast(MemberInvitation, invitation)


@transaction.atomic
def resend_invitation(invitation: MemberInvitation, *, by: Actor) -> MemberInvitation:
    """Send the offer again with a new link; the link of before ends."""
    by.require("member.invite")
    invitation = MemberInvitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
    if invitation.accepted_at is not None or invitation.revoked_at is not None:
        raise InvitationRefused(_("This invitation is closed."))
    check_grant(by, invitation.role, invitation.unit)
    now = timezone.now()
    invitation.generation += 1
    invitation.sent_at, invitation.expires_at = now, now + VALID_FOR
    invitation.save(update_fields=["generation", "sent_at", "expires_at"])
    audit("member.invite", invitation, by=by, did="invited again", role=invitation.role)
    _send(invitation, by)
    return invitation


@transaction.atomic
def revoke_invitation(invitation: MemberInvitation, *, by: Actor) -> MemberInvitation:
    """End an open offer. Revoking twice is revoking once."""
    by.require("member.invite")
    invitation = MemberInvitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
    if invitation.accepted_at is not None:
        raise InvitationRefused(_("It was accepted in the meantime. Remove the member instead."))
    if invitation.revoked_at is None:
        invitation.revoked_at = timezone.now()
        invitation.save(update_fields=["revoked_at"])
        audit("member.invite", invitation, by=by, did="revoked")
    return invitation


def find_invitation(claim: tokens.Claim, *, lock: bool = False) -> MemberInvitation | None:
    """The open offer that a link stands for; None if used, revoked, expired, renewed or never made."""
    rows = MemberInvitation.objects.filter(pk=claim.object_id, generation=claim.generation)
    invitation = (rows.select_for_update(of=("self",)) if lock else rows).first()
    return invitation if invitation is not None and invitation.is_open() else None


@transaction.atomic
def accept_invitation(
    claim: tokens.Claim, *, organization: Organization, user: User, at: datetime | None = None
) -> Membership:
    """Make `user` a member. The link proves the address, and only that address. Raises InvitationRefused."""
    now = at or timezone.now()
    invitation = find_invitation(claim, lock=True)
    if invitation is None:
        raise InvitationRefused(_("This invitation was used, or is over."))
    if user.email != invitation.email:
        raise InvitationRefused(_("This invitation is for another address."))
    membership, made = Membership.objects.get_or_create(
        organization=organization,
        user=user,
        defaults={"role": invitation.role, "unit_id": invitation.unit_id, "joined_at": now},
    )
    invitation.accepted_at, invitation.accepted_by = now, user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    if made:
        audit(
            "member.own", membership, by=member_actor(membership), at=now, did="joined", role=membership.role
        )
    return membership


def invitation_token(invitation: MemberInvitation) -> str:
    return tokens.derive(PURPOSE, invitation.organization.pk, invitation.pk, invitation.generation)


def _send(invitation: MemberInvitation, by: Actor) -> None:
    told = {
        "invitation": invitation,
        "organization": by.organization,
        "inviter": by.name,
        "role": invitation.get_role_display(),
        "url": settings.BASE_URL + reverse("invitation_accept", args=[invitation_token(invitation)]),
    }
    mail = EmailMultiAlternatives(
        " ".join(render_to_string("accounts/mail/invitation_subject.txt", told).split()),
        render_to_string("accounts/mail/invitation.txt", told),
        settings.DEFAULT_FROM_EMAIL,
        [invitation.email],
    )
    mail.attach_alternative(render_to_string("accounts/mail/invitation.html", told), "text/html")
    post_later(mail)
