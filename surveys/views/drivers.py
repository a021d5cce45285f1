"""Drivers: which rated aspects go with the score of one survey."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.acting import Actor
from accounts.door import member_page
from segments.compiling import TooSlow, Unanswerable
from surveys import drivers as arithmetic
from surveys import reporting, weighing_drivers
from surveys.charts.weights import Bar
from surveys.filtering import Filter
from surveys.views.results import filter_choices


@member_page("report.view")
def drivers(request: HttpRequest, slug: str) -> HttpResponse:
    """Weights with their intervals, direction, and in words what cannot be told."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen = weighing_drivers.of_one_survey(Filter.read(request.GET, actor.organization), actor)
    context: dict[str, Any] = {
        "chosen": chosen,
        "guard": reporting.Guard.of(actor, chosen),
        "fewest": arithmetic.FEWEST,
        "most": weighing_drivers.MOST,
        "without_category": True,
        **filter_choices(chosen),
    }
    try:
        found = weighing_drivers.weighed(chosen, actor)
    except (TooSlow, Unanswerable) as error:
        return render(request, "surveys/drivers.html", {**context, "trouble": str(error)})
    bars = [
        Bar(each.label, each.driver.weight, each.driver.low, each.driver.high, each.driver.goes_with)
        for each in found.weighed
        if each.driver is not None
    ]
    return render(request, "surveys/drivers.html", {**context, "found": found, "bars": bars})
