"""What each channel brings."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.acting import Actor
from accounts.door import member_page
from surveys import reporting, weighing_channels
from surveys.filtering import Filter
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
            "guard": reporting.Guard.of(actor, chosen),
            "without_category": True,
            "without_channel": True,
            **filter_choices(chosen),
        },
    )
