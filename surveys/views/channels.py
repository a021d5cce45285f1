"""What each channel brings."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.acting import Actor
from accounts.door import member_page
from accounts.toasts import toast
from surveys import costing, reporting, weighing_channels
from surveys.filtering import Filter
from surveys.forms import ChannelCostForm
from surveys.views.results import filter_choices


@member_page("report.view")
def channels(request: HttpRequest, slug: str) -> HttpResponse:
    """Response rate, time to answer, length and score of each channel, and what follows."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen = Filter.read(request.GET, request.organization).of_everybody().without_channel()  # type: ignore[attr-defined]
    return render(
        request,
        "surveys/channels.html",
        {
            "chosen": chosen,
            "weighed": weighing_channels.weighed(chosen, actor),
            "may_price": actor.may("channel.cost"),
            "guard": reporting.Guard.of(actor, chosen),
            "without_category": True,
            "without_channel": True,
            **filter_choices(chosen),
        },
    )


@require_POST
@member_page("channel.cost")
def channel_cost(request: HttpRequest, slug: str) -> HttpResponse:
    """Enter what asking one person on this channel costs; an empty field takes the figure away."""
    form = ChannelCostForm(request.POST)
    if form.is_valid():
        per_asked = form.cleaned_data["per_asked"]
        costing.enter(form.cleaned_data["channel"], per_asked, by=request.actor)  # type: ignore[attr-defined]
        toast(request, _("The cost was kept.") if per_asked is not None else _("The cost was taken away."))
    else:
        toast(request, _("The cost was not kept: a number from 0 on, with at most four decimals."))
    return redirect("channels", slug)
