"""Segments side by side, and two of them against each other."""

from __future__ import annotations

from math import ceil
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts import opaque
from accounts.acting import Actor
from accounts.door import member_page
from segments.compiling import TooSlow, Unanswerable
from segments.models import Segment
from surveys import comparing, overlapping, reporting
from surveys.charts import funnel, histogram
from surveys.filtering import MOST_SEGMENTS, Filter
from surveys.overlapping import Comparison, Side
from surveys.views.results import figure, filter_choices, steps_of, three_of

OFFERED = 200  # segments in the lists to choose from


@member_page("report.view")
def side_by_side(request: HttpRequest, slug: str) -> HttpResponse:
    """The score of several segments, and the difference of two."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen = Filter.read(request.GET, request.organization).of_everybody()  # type: ignore[attr-defined]
    chosen = chosen.without_segment()
    found = overlapping.beside(chosen, actor)
    comparison, trouble = None, ""
    try:
        comparison = overlapping.compared(chosen, actor)
    except (TooSlow, Unanswerable) as error:
        trouble = str(error)
    offered = list(Segment.objects.present().order_by("name", "id")[:OFFERED])
    return render(
        request,
        "surveys/side_by_side.html",
        {
            "chosen": chosen,
            "found": found,
            "shown": {each.segment.pk for each in found.groups},
            "offered": [(opaque.encode("segment", each.pk), each) for each in offered],
            "most": MOST_SEGMENTS,
            "comparison": comparison,
            "same": chosen.first is not None and chosen.first == chosen.second,
            "trouble": trouble,
            "guard": reporting.Guard.of(actor, chosen),
            "reads": actor.may("response.view"),
            "without_category": True,
            "without_segment": True,
            **(_told(comparison) if comparison else {}),
            **filter_choices(chosen),
        },
    )


def _told(comparison: Comparison) -> dict[str, Any]:
    against = comparison.against
    told: dict[str, Any] = {
        "sides": [_side(each) for each in comparison.sides],
        "margin": round(comparing.MARGIN * 100),
        "tested_from": comparing.TESTED_FROM,
    }
    if against is not None:
        ends = (abs(comparison.low or 0.0), abs(comparison.high or 0.0))
        told |= {
            "reach": max(30.0, ceil(max(ends) / 10) * 10.0),
            "parts": overlapping.parts_told(comparison),
            "compared_sides": list(
                zip(
                    overlapping.names_of(comparison),
                    (reporting.Scored(against.first), reporting.Scored(against.second)),
                    strict=True,
                )
            ),
        }
    return told


def _side(side: Side) -> dict[str, Any]:
    bars = histogram.Histogram(side.histogram)
    steps = steps_of(side.way) if side.way else []
    return {
        "side": side,
        "figure": figure(side.scored),
        "three": three_of(side.scored),
        "histogram": bars,
        "histogram_table": histogram.table(bars),
        "steps": steps,
        "funnel_table": funnel.table(steps),
    }
