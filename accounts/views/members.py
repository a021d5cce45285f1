"""Members, their invitations, and one's own profile."""

from typing import Any

from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import roles
from accounts.auditing import audit
from accounts.door import MemberRequest, member_page
from accounts.forms.members import InviteForm, MemberForm, ProfileForm, RemoveForm
from accounts.handing_over import left_behind
from accounts.inviting_members import InvitationRefused, invite_member, resend_invitation, revoke_invitation
from accounts.managing_members import MemberRefused, change_member, remove_member
from accounts.models.api_key import ApiKey
from accounts.models.member_invitation import MemberInvitation
from accounts.models.membership import Membership, Role
from accounts.models.user import User
from accounts.toasts import toast


def _members(request: MemberRequest) -> Any:
    rows = (
        Membership.objects.filter(organization=request.organization).select_related("user", "unit").by_name()
    )
    branch = request.actor.branch_ids
    return rows if branch is None else rows.filter(unit_id__in=branch)


def _invitations(request: MemberRequest) -> Any:
    rows = MemberInvitation.objects.waiting().select_related("unit", "invited_by").order_by("email")
    branch = request.actor.branch_ids
    return rows if branch is None else rows.filter(unit_id__in=branch)


@member_page("member.view", post="member.invite")
def member_list(request: MemberRequest, slug: str) -> HttpResponse:
    """Who is here, who was invited, and the form that invites."""
    may_invite = request.actor.may("member.invite")
    form, status = InviteForm(by=request.actor) if may_invite else None, 200
    if request.method == "POST":
        form = InviteForm(request.POST, by=request.actor)
        if form.is_valid():
            try:
                invitation = invite_member(
                    email=form.cleaned_data["email"],
                    role=form.cleaned_data["role"],
                    unit=form.cleaned_data["unit"],
                    by=request.actor,
                )
                toast(request, _("An invitation is on its way to %(email)s.") % {"email": invitation.email})
                return redirect("member_list", slug)
            except InvitationRefused as refusal:
                form.add_error(None, str(refusal))
        status = 422
    told = {
        "form": form,
        "members": _members(request),
        "invitations": _invitations(request) if may_invite else (),
        "may_invite": may_invite,
        "role_cards": role_cards(),
    }
    return render(request, "accounts/member_list.html", told, status=status)


def role_cards() -> list[dict[str, object]]:
    """Each role with its sentence and everything it may do, as the action table has it."""
    return [
        {
            "role": Role(role).label,
            "sentence": sentence,
            "actions": [each.label for each in roles.actions_of(role)],
        }
        for role, sentence in roles.ROLE_SENTENCES.items()
    ]


@member_page("member.view", post="member.invite")
def member_detail(request: MemberRequest, slug: str, member_id: int) -> HttpResponse:
    """Role and place of one member."""
    member = get_object_or_404(_members(request), pk=member_id)
    initial = {"role": member.role, "unit": member.unit_id}
    form, status = MemberForm(initial=initial, by=request.actor), 200
    if request.method == "POST":
        form = MemberForm(request.POST, initial=initial, by=request.actor)
        if form.is_valid():
            try:
                change_member(
                    member, role=form.cleaned_data["role"], unit=form.cleaned_data["unit"], by=request.actor
                )
                toast(request, _("Saved."))
                return redirect("member_detail", slug, member.pk)
            except MemberRefused as refusal:
                form.add_error(None, str(refusal))
                member.refresh_from_db()
        status = 422
    told = {
        "member": member,
        "form": form,
        "may_edit": request.actor.may("member.invite"),
        "itself": member.pk == request.membership.pk,
        "actions": [each.label for each in roles.actions_of(member.role)],
    }
    return render(request, "accounts/member_detail.html", told, status=status)


@member_page("member.invite")
def member_remove(request: MemberRequest, slug: str, member_id: int) -> HttpResponse:
    """What they leave behind, who takes it, and the button."""
    return _removal(request, get_object_or_404(_members(request), pk=member_id), leaving=False)


@member_page("member.own")
def member_leave(request: MemberRequest, slug: str) -> HttpResponse:
    """Leaving by oneself; the last owner cannot."""
    return _removal(request, request.membership, leaving=True)


def _removal(request: MemberRequest, member: Membership, *, leaving: bool) -> HttpResponse:
    form, status = RemoveForm(membership=member), 200
    if request.method == "POST":
        form = RemoveForm(request.POST, membership=member)
        if form.is_valid():
            try:
                remove_member(
                    member,
                    by=request.actor,
                    heir=form.cleaned_data["heir"],
                    revoke_keys=form.cleaned_data["revoke_keys"],
                )
                if leaving or member.user_id == request.user.pk:
                    toast(request, _("You left %(name)s.") % {"name": request.organization.name})
                    return redirect("choose")
                toast(request, _("%(name)s is not a member any more.") % {"name": member.name})
                return redirect("member_list", request.organization.slug)
            except MemberRefused as refusal:
                form.add_error(None, str(refusal))
        status = 422
    told = {
        "member": member,
        "form": form,
        "leaving": leaving,
        "left_behind": left_behind(member),
        "keys": ApiKey.objects.alive().filter(created_by_id=member.user_id).count(),
    }
    return render(request, "accounts/member_remove.html", told, status=status)


@require_POST
def _invitation_deed(request: MemberRequest, slug: str, invitation_id: int, deed: str) -> HttpResponse:
    invitation = get_object_or_404(_invitations(request), pk=invitation_id)
    try:
        if deed == "resend":
            resend_invitation(invitation, by=request.actor)
            toast(request, _("Sent again. The link of before has ended."))
        else:
            revoke_invitation(invitation, by=request.actor)
            toast(request, _("The invitation was taken back."))
    except InvitationRefused as refusal:
        toast(request, str(refusal))
    return redirect("member_list", slug)


@member_page("member.invite")
def invitation_resend(request: MemberRequest, slug: str, invitation_id: int) -> HttpResponse:
    return _invitation_deed(request, slug, invitation_id, "resend")


@member_page("member.invite")
def invitation_revoke(request: MemberRequest, slug: str, invitation_id: int) -> HttpResponse:
    return _invitation_deed(request, slug, invitation_id, "revoke")


@member_page("member.own")
def profile(request: MemberRequest, slug: str) -> HttpResponse:
    """One's own name, language, zone and mails."""
    user = User.objects.get(pk=request.user.pk)
    form, status = ProfileForm(instance=user, membership=request.membership), 200
    if request.method == "POST":
        form = ProfileForm(request.POST, instance=user, membership=request.membership)
        if form.is_valid():
            form.save()
            audit("member.own", request.membership, by=request.actor, fields=form.changed_data)
            toast(request, _("Saved."))
            return redirect("profile", slug)
        status = 422
    return render(request, "accounts/profile.html", {"form": form}, status=status)


@member_page("member.own")
@require_POST
def end_other_sessions(request: MemberRequest, slug: str) -> HttpResponse:
    """Log out everywhere: each session of before ends, this one too."""
    user = User.objects.select_for_update().get(pk=request.user.pk)
    user.session_generation += 1
    user.save(update_fields=["session_generation"])
    audit("member.own", request.membership, by=request.actor, did="ended all sessions")
    logout(request)
    return redirect("account_login")
