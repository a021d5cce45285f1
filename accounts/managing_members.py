"""Members: change their role and unit, let them go. The last owner stays."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import roles
from accounts.acting import Actor
from accounts.auditing import audit
from accounts.handing_over import hand_over
from accounts.inviting_members import InvitationRefused, check_grant
from accounts.models.api_key import ApiKey
from accounts.models.membership import Membership
from accounts.models.organization import Organization
from accounts.models.unit import Unit


class MemberRefused(Exception):
    """The change would break a rule; the sentence says which."""


def _lock(membership: Membership) -> Membership:
    """Lock the organization first: two owners who let each other go at once must not both succeed."""
    Organization.objects.select_for_update(of=("self",)).get(pk=membership.organization_id)
    found = Membership.objects.filter(pk=membership.pk).select_related("user", "organization").first()
    if found is None:
        raise MemberRefused(_("This person is not a member any more."))
    return found


def _check_reach(by: Actor, membership: Membership) -> None:
    if by.membership is not None and not roles.outranks(by.membership.role, membership.role):
        raise MemberRefused(_("You cannot change somebody whose role is above yours."))
    if by.kind == "key" and not roles.outranks(roles.ADMIN, membership.role):
        raise MemberRefused(_("A key cannot change an owner."))
    if by.branch_ids is not None and not by.sees_unit(membership.unit_id):
        raise MemberRefused(_("This person works in another branch."))


def _check_owner_stays(membership: Membership) -> None:
    if membership.role == roles.OWNER and membership.organization.memberships.owners().count() == 1:
        raise MemberRefused(_("The last owner stays. Make somebody else an owner first."))


@transaction.atomic
def change_member(membership: Membership, *, role: str, unit: Unit | None, by: Actor) -> Membership:
    """Give a member another role or place. Raises MemberRefused, NotAllowed."""
    by.require("member.invite")
    membership = _lock(membership)
    _check_reach(by, membership)
    if role != membership.role:
        try:
            check_grant(by, role, unit)
        except InvitationRefused as refusal:
            raise MemberRefused(str(refusal)) from None
        if membership.role == roles.OWNER:
            _check_owner_stays(membership)
    if by.branch_ids is not None and not by.sees_unit(unit.pk if unit else None):
        raise MemberRefused(_("You can give places in your own branch only."))
    before = membership.role
    unit_id = unit.pk if unit is not None else None
    if (role, unit_id) == (membership.role, membership.unit_id):
        return membership
    membership.role, membership.unit = role, unit
    membership.save(update_fields=["role", "unit"])
    audit("member.invite", membership, by=by, did="changed", role=role, was=before, unit=unit_id)
    return membership


@transaction.atomic
def remove_member(
    membership: Membership, *, by: Actor, heir: Membership | None = None, revoke_keys: bool = True
) -> None:
    """Let a member go, at once and everywhere; what they owned goes to `heir`. Raises MemberRefused.

    A member may always leave by themselves. Keys they made are revoked unless somebody decides otherwise,
    for whoever knows a key is inside.
    """
    leaving = by.user_id == membership.user_id
    by.require("member.own" if leaving else "member.invite")
    membership = _lock(membership)
    if not leaving:
        _check_reach(by, membership)
    _check_owner_stays(membership)
    if heir is not None and (heir.organization_id != membership.organization_id or heir.pk == membership.pk):
        raise MemberRefused(_("Choose another member to take over."))
    handed = hand_over(membership, heir, by=by)
    revoked = 0
    if revoke_keys:
        revoked = (
            ApiKey.objects.alive().filter(created_by_id=membership.user_id).update(revoked_at=timezone.now())
        )
    audit(
        "member.own" if leaving else "member.invite",
        membership,
        by=by,
        did="left" if leaving else "removed",
        user=membership.user_id,
        role=membership.role,
        handed_over=handed,
        keys_revoked=revoked,
    )
    membership.delete()
