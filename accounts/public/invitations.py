"""The page behind a member's invitation: a GET only asks, the POST joins."""

from allauth.account.models import EmailAddress
from django.contrib.auth import login
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from accounts.door import PublicRequest, public_page
from accounts.forms.members import AcceptForm
from accounts.inviting_members import PURPOSE, InvitationRefused, accept_invitation, find_invitation
from accounts.models.user import User
from accounts.tokens import Claim

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@public_page("member invitation", token=PURPOSE)
def invitation_accept(request: PublicRequest, claim: Claim) -> HttpResponse:
    """Four visitors: the invited person logged in, logged out, new here; and somebody else logged in."""
    invitation = find_invitation(claim)
    if invitation is None:
        raise Http404
    known = User.objects.filter(email=invitation.email, is_active=True).first()
    told = {"invitation": invitation, "organization": request.organization, "known": known is not None}
    if request.user.is_authenticated:
        told["stranger"] = request.user.email != invitation.email
        if request.method == "POST" and not told["stranger"]:
            return _join(request, claim, request.user)
        return render(request, "accounts/invitation.html", told)
    if known is not None:
        if request.method == "POST":
            return redirect_to_login(request.path)
        return render(request, "accounts/invitation.html", told)
    form = AcceptForm(request.POST or None, email=invitation.email)
    if request.method == "POST" and form.is_valid():
        user = User.objects.create_user(
            invitation.email, form.cleaned_data["password"], name=form.cleaned_data["name"].strip()
        )
        # The link went to this address and came back from it.
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        response = _join(request, claim, user)
        login(request, user, backend=BACKEND)
        return response
    status = 422 if request.method == "POST" else 200
    return render(request, "accounts/invitation.html", {**told, "form": form}, status=status)


def _join(request: PublicRequest, claim: Claim, user: User) -> HttpResponse:
    try:
        accept_invitation(claim, organization=request.organization, user=user)
    except InvitationRefused:
        raise Http404 from None
    return redirect(request.organization)
