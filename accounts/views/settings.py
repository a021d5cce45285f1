"""The organization's settings: each page is one form with a revision."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.colours import WHITE, contrast
from accounts.door import MemberRequest, member_page
from accounts.forms.editing import EditForm
from accounts.forms.settings import BrandForm, BusinessHoursForm, GeneralForm, PrivacyForm, SendingForm
from accounts.models.editable import Stale
from accounts.models.organization import Organization
from accounts.toasts import toast


def _fresh(request: MemberRequest) -> Organization:
    """A copy to edit: the one of the door goes on drawing the frame, unchanged by a refused form."""
    return Organization.objects.get(pk=request.organization.pk)


def _edit(
    request: MemberRequest,
    make: Callable[..., EditForm],
    template: str,
    here: str,
    context: dict[str, Any] | None = None,
) -> HttpResponse:
    """Show a form, save it, or say who was faster and keep what was typed."""
    organization = _fresh(request)
    told: dict[str, Any] = {"may_edit": request.actor.may("settings.edit"), **(context or {})}
    if request.method != "POST":
        return render(request, template, {"form": make(instance=organization), **told})
    form = make(request.POST, request.FILES, instance=organization)
    status = 200
    if not form.is_valid():
        status = 422
    else:
        try:
            if form.save_edit(by=request.actor):
                toast(request, _("Saved."))
            return redirect(here, request.organization.slug)
        except Stale as stale:
            assert stale.subject is not None
            told["stale"], told["theirs"] = stale, _theirs(form, stale.subject)
            form.accept_newer(stale.subject.revision)
            status = 409
    return render(request, template, {"form": form, **told}, status=status)


def _theirs(form: EditForm, now: Any) -> list[tuple[str, str]]:
    """What stands now in the fields that the reader changed to something else."""
    shown = []
    for name in form._meta.fields or ():
        standing, typed = getattr(now, name), form.cleaned_data.get(name)
        if standing != typed:
            display = getattr(now, f"get_{name}_display", None)
            shown.append((str(form.fields[name].label), str(display() if display else standing)))
    return shown


@member_page("organization.view", post="settings.edit")
def settings_organization(request: MemberRequest, slug: str) -> HttpResponse:
    return _edit(request, GeneralForm, "accounts/settings_organization.html", "settings_organization")


@member_page("organization.view", post="settings.edit")
def settings_brand(request: MemberRequest, slug: str) -> HttpResponse:
    ratio = contrast(request.organization.brand_colour, WHITE)
    return _edit(request, BrandForm, "accounts/settings_brand.html", "settings_brand", {"ratio": ratio})


@member_page("organization.view", post="settings.edit")
def settings_sending(request: MemberRequest, slug: str) -> HttpResponse:
    return _edit(request, SendingForm, "accounts/settings_sending.html", "settings_sending")


@member_page("organization.view", post="settings.edit")
def settings_hours(request: MemberRequest, slug: str) -> HttpResponse:
    return _edit(request, BusinessHoursForm, "accounts/settings_hours.html", "settings_hours")


@member_page("organization.view", post="settings.edit")
def settings_privacy(request: MemberRequest, slug: str) -> HttpResponse:
    return _edit(request, PrivacyForm, "accounts/settings_privacy.html", "settings_privacy")
