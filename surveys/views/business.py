"""The link with the business: the score per quarter, who stays, and what customers bring in afterwards."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.acting import Actor
from accounts.door import member_page
from segments.compiling import TooSlow, Unanswerable
from surveys import linking_business, reporting, retaining, surviving, valuing
from surveys.charts import staying
from surveys.filtering import CATEGORIES, Filter
from surveys.linking_business import Link
from surveys.surviving import Survival
from surveys.views.results import filter_choices, point


@member_page("report.view")
def business(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything by the category of the answer; each card says its n and what it cannot say."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen = linking_business.of_answers(Filter.read(request.GET, actor.organization))
    context: dict[str, Any] = {
        "chosen": chosen,
        "guard": reporting.Guard.of(actor, chosen),
        "threshold": actor.organization.privacy_threshold,
        "window": valuing.WINDOW,
        "tested_from": surviving.TESTED_FROM,
        "shown_from": surviving.SHOWN_FROM,
        "names": names(),
        "without_category": True,
        **filter_choices(chosen),
    }
    try:
        found = linking_business.link(chosen, actor)
    except (TooSlow, Unanswerable) as error:
        return render(request, "surveys/business.html", {**context, "trouble": str(error)})
    return render(request, "surveys/business.html", {**context, **_told(found)})


def names() -> dict[str, str]:
    """What the groups are called, those without an answer among them."""
    return {**{key: str(label) for key, label in CATEGORIES.items()}, retaining.SILENT: _("No answer before")}


def _told(found: Link) -> dict[str, Any]:
    called = names()
    return {
        "link": found,
        "points": [point(each.period) for each in found.quarters],
        "groups": [(called[key], kept) for key, kept in (found.retention.groups or {}).items()]
        if found.retention
        else [],
        "staying": [
            (called[each.category], each, _cells(found.survival, each)) for each in found.survival.groups
        ]
        if found.survival
        else [],
        "lines": _lines(found.survival, called) if found.survival and not found.guarded else [],
        "risks": [(called[each.category], each) for each in found.at_risk or ()],
        "values": [(called[each.category], each) for each in found.worth.values] if found.worth else [],
        "grown": [(called[each.category], each) for each in found.worth.grown] if found.worth else [],
    }


def _cells(survival: Survival, group: surviving.Group) -> list[tuple[int, Any]]:
    """The horizons of the table, with the step of this group or None."""
    told = {step.day: step for step in group.told}
    return [(day, told.get(day)) for day in survival.horizons]


def _lines(survival: Survival, called: dict[str, str]) -> list[staying.Line]:
    """Staircases as far as ten people are looked at; none for a category too small to follow."""
    lines = []
    for each in survival.groups:
        if not each.told:
            continue
        until = max(each.told[-1].day, each.line[-1].day if each.line else 0)
        lines.append(
            staying.Line(
                each.category,
                called[each.category],
                tuple((step.day, step.share) for step in each.line),
                until,
                tuple((step.day, step.low, step.high) for step in each.told),
            )
        )
    return lines
