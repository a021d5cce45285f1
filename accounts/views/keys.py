"""API keys: made, shown once, revoked."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.door import MemberRequest, member_page
from accounts.forms.members import KeyForm
from accounts.issuing_keys import KeyRefused, issue_key, revoke_key
from accounts.models.api_key import ApiKey
from accounts.toasts import toast


def _keys(request: MemberRequest) -> Any:
    rows = ApiKey.objects.select_related("created_by", "unit").order_by("-id")
    branch = request.actor.branch_ids
    return rows if branch is None else rows.filter(unit_id__in=branch)


@member_page("key.manage")
def key_list(request: MemberRequest, slug: str) -> HttpResponse:
    """The keys. A new one is shown in the answer to its own POST, and never again."""
    form, issued, status = KeyForm(by=request.actor), None, 200
    if request.method == "POST":
        form = KeyForm(request.POST, by=request.actor)
        status = 422
        if form.is_valid():
            try:
                issued = issue_key(
                    name=form.cleaned_data["name"],
                    scopes=form.cleaned_data["scopes"],
                    mode=form.cleaned_data["mode"],
                    by=request.actor,
                )
                form, status = KeyForm(by=request.actor), 200
            except KeyRefused as refusal:
                form.add_error(None, str(refusal))
    told = {"form": form, "issued": issued, "keys": _keys(request)}
    return render(request, "accounts/key_list.html", told, status=status)


@member_page("key.manage")
@require_POST
def key_revoke(request: MemberRequest, slug: str, key_id: int) -> HttpResponse:
    key = get_object_or_404(_keys(request), pk=key_id)
    revoke_key(key, by=request.actor)
    toast(request, _("%(name)s was revoked. Its next request is refused.") % {"name": key.name})
    return redirect("key_list", slug)
