"""The journey: touchpoints in order, each with its volume, score and drop-off; and putting them in order."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.acting import Actor
from accounts.door import member_page
from accounts.models import Stale
from accounts.toasts import toast
from segments.compiling import TooSlow
from surveys import mapping_journey, ordering_touchpoints, reporting
from surveys.filtering import Filter
from surveys.ordering_touchpoints import NotOrdered
from surveys.views.results import filter_choices


@member_page("report.view")
def journey(request: HttpRequest, slug: str) -> HttpResponse:
    """Every touchpoint that occurs, in the order that the business gave them."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen = mapping_journey.of_all_touchpoints(Filter.read(request.GET, actor.organization))
    moved = request.GET.get("moved", "")
    context = {
        "chosen": chosen,
        "guard": reporting.Guard.of(actor, chosen),
        "may_order": actor.may("journey.order"),
        "reads": actor.may("response.view"),
        "moved": int(moved) if moved.isascii() and moved.isdigit() and len(moved) < 4 else None,
        "early": mapping_journey.EARLY,
        "without_category": True,
        "without_touchpoint": True,
        "without_stage": True,
        **filter_choices(chosen),
    }
    try:
        found = mapping_journey.journey(chosen, actor)
    except TooSlow as error:
        return render(request, "surveys/journey.html", {**context, "trouble": str(error)})
    context |= {
        "journey": found,
        "rows": [
            (
                place,
                stop,
                chosen.query(touchpoint=stop.touchpoint),
                chosen.query(touchpoint=stop.touchpoint, which="words"),
            )
            for place, stop in enumerate(found.stops)
        ],
    }
    return render(request, "surveys/journey.html", context)


@require_POST
@member_page("journey.order")
def journey_order(request: HttpRequest, slug: str) -> HttpResponse:
    """The order as the page has it, after a drag; or with one touchpoint taken to another place, by its button."""
    wanted = request.POST.getlist("touchpoint")[: ordering_touchpoints.MOST + 1]
    place, to = _move(request.POST.get("move", ""), len(wanted))
    if place is not None:
        wanted = ordering_touchpoints.moved(wanted, place, to)
    revision = request.POST.get("revision", "")
    expected = int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 10 else -1
    try:
        ordering_touchpoints.put_in_order(wanted, expected=expected, by=request.actor)  # type: ignore[attr-defined]
    except (Stale, NotOrdered) as refusal:
        toast(request, str(refusal))
    else:
        toast(request, _("The order was changed."))
    chosen = mapping_journey.of_all_touchpoints(
        Filter.read(request.GET, request.organization)  # type: ignore[attr-defined]
    )
    return redirect(
        reverse("journey", args=[slug]) + chosen.query(moved=str(to) if place is not None else None)
    )


def _move(said: str, many: int) -> tuple[int | None, int]:
    """Of "3:2": the touchpoint at place 3 goes to place 2."""
    parts = said.split(":")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) < 4 for part in parts):
        return None, 0
    place, to = (int(part) for part in parts)
    return (place, min(to, many - 1)) if place < many else (None, 0)
