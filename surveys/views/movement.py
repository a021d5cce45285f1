"""Movement: how the customers who answered again answered before, as a table, as a flow, and one by one."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.acting import Actor
from accounts.door import member_page
from surveys import moving, reporting
from surveys.charts.flow import Flow, Ribbon
from surveys.filtering import Filter
from surveys.moving import FIRST, NOW, WAS, Movement
from surveys.views.results import figure, filter_choices


@member_page("report.view")
def movement(request: HttpRequest, slug: str) -> HttpResponse:
    """The table of who moved from which category to which, and the people of one cell."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen = Filter.read(request.GET, request.organization).of_everybody()  # type: ignore[attr-defined]
    found = moving.movement(chosen, actor)
    was, now = request.GET.get("was", ""), request.GET.get("now", "")
    reads = actor.may("response.view")
    told: dict[str, Any] = {}
    if reads and not found.hides and was in WAS and now in NOW:
        people = moving.people(chosen, actor, was=was, now=now).select_related("customer", "survey")
        told = {
            "cell_name": f"{_names()[was]} → {_names()[now]}",
            "page": Paginator(people, 50).get_page(request.GET.get("page")),
            "segment": _segment(slug, was, now) if actor.may("segment.edit") else "",
        }
    return render(
        request,
        "surveys/movement.html",
        {
            "chosen": chosen,
            "movement": found,
            "names": _names(),
            "columns": [(now, _names()[now], found.sums[now]) for now in NOW],
            "rows": [
                (
                    line,
                    _names()[line.was],
                    [(cell, _names()[cell.now], _address(chosen, cell, reads)) for cell in line.cells],
                )
                for line in found.lines
            ],
            "flow": _flow(found),
            "before": figure(found.again.before) if found.again else None,
            "after": figure(found.again.after) if found.again else None,
            "guard": reporting.Guard.of(actor, chosen),
            "without_category": True,
            **told,
            **filter_choices(chosen),
        },
    )


def _names() -> dict[str, str]:
    return {
        "promoter": _("Promoters"),
        "passive": _("Passives"),
        "detractor": _("Detractors"),
        FIRST: _("First answer"),
    }


def _address(chosen: Filter, cell: moving.Cell, reads: bool) -> str:
    return chosen.query(was=cell.was, now=cell.now) if reads and cell.n else ""


def _segment(slug: str, was: str, now: str) -> str:
    rule = json.dumps(moving.rule(was, now), separators=(",", ":"))
    name = f"{_names()[was]} → {_names()[now]}"
    return f"{reverse('segment_new', args=[slug])}?{urlencode({'rule': rule, 'name': name})}"


def _flow(found: Movement) -> Flow:
    names = _names()
    return Flow(
        lefts=[(was, names[was]) for was in WAS],
        rights=[(now, names[now]) for now in NOW],
        ribbons=[Ribbon(cell.was, cell.now, cell.n, cell.kind) for cell in found.cells if cell.n],
        hidden=sum(cell.n is None for cell in found.cells),
    )
