"""Who mails come from: the sender identities of an organization."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.door import member_page
from accounts.models import Stale
from accounts.toasts import toast
from outreach import verifying
from outreach.forms import SenderForm
from outreach.models import Sender


@member_page("organization.view", post="sender.edit")
def sender_list(request: HttpRequest, slug: str) -> HttpResponse:
    """All senders, and the form that adds one."""
    form = SenderForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        sender = verifying.add_sender(
            name=form.cleaned_data["name"],
            address=form.cleaned_data["address"],
            reply_to=form.cleaned_data["reply_to"],
            by=request.actor,
        )
        toast(request, _("We mailed a link to %(address)s.") % {"address": sender.address})
        return redirect("sender_list", slug)
    senders = [
        {"sender": sender, "warning": verifying.warning_about(sender.address)}
        for sender in Sender.objects.order_by("-is_default", "name", "pk")
    ]
    context = {"senders": senders, "form": form, "fallback": verifying.from_line()}
    return render(request, "outreach/senders.html", context, status=422 if form.errors else 200)


@member_page("organization.view", post="sender.edit")
def sender_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    sender = _sender(pk)
    initial = {"revision": sender.revision}
    form = SenderForm(request.POST or None, instance=sender, initial=initial)
    conflict = ""
    if request.method == "POST" and form.is_valid():
        try:
            verifying.change_sender(
                sender,
                name=form.cleaned_data["name"],
                address=form.cleaned_data["address"],
                reply_to=form.cleaned_data["reply_to"],
                expected=form.cleaned_data["revision"] or 0,
                by=request.actor,
            )
        except Stale as stale:
            conflict = str(stale)
        else:
            toast(request, _("Saved."))
            return redirect("sender_list", slug)
    status = 409 if conflict else 422 if form.errors else 200
    return render(
        request, "outreach/sender.html", {"sender": sender, "form": form, "conflict": conflict}, status=status
    )


@require_POST
@member_page("sender.edit")
def sender_mail_proof(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    sender = _sender(pk)
    verifying.mail_proof(sender)
    toast(request, _("We mailed a link to %(address)s.") % {"address": sender.address})
    return redirect("sender_list", slug)


@require_POST
@member_page("sender.edit")
def sender_make_default(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    try:
        verifying.make_default(_sender(pk), by=request.actor)
    except ValidationError as error:
        toast(request, " ".join(error.messages), level=messages.ERROR)
    else:
        toast(request, _("It is used where nothing else is chosen."))
    return redirect("sender_list", slug)


@require_POST
@member_page("sender.edit")
def sender_remove(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    sender = _sender(pk)
    try:
        verifying.remove_sender(sender, by=request.actor)
    except ProtectedError as error:
        names = ", ".join(f"“{each}”" for each in error.protected_objects)
        words = _("%(address)s is used by %(names)s.") % {"address": sender.address, "names": names}
        toast(request, words, level=messages.ERROR)
    else:
        toast(request, _("%(address)s is removed.") % {"address": sender.address})
    return redirect("sender_list", slug)


def _sender(pk: int) -> Sender:
    sender = Sender.objects.filter(pk=pk).first()
    if sender is None:
        raise Http404
    return sender
