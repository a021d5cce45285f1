"""Features: who uses, gave up or never used which, by category and by stage; each number leads to its people."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import opaque
from accounts.acting import Actor
from accounts.door import member_page
from segments.compiling import TooSlow, Unanswerable
from segments.models import Use
from surveys import adopting
from surveys.adopting import USES, Adopted, Cell, Line
from surveys.charts.parts import Part
from surveys.filtering import Filter
from surveys.views.results import filter_choices

STYLES = {Use.USES.value: "solid", Use.GAVE_UP.value: "hatched", Use.AVOIDS.value: "pale"}


@member_page("report.view")
def adoption(request: HttpRequest, slug: str) -> HttpResponse:
    """All features side by side, and one of them by category and stage."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen = adopting.of_people(Filter.read(request.GET, request.organization))  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        "chosen": chosen,
        "told": adopting.words(chosen),
        "names": [str(Use(use).label) for use in USES],
        "threshold": actor.organization.privacy_threshold,
        "without_period": True,
        "without_survey": True,
        "without_stage": True,
        **filter_choices(chosen),
    }
    try:
        found = adopting.adoption(chosen, actor)
    except (TooSlow, Unanswerable) as error:
        return render(request, "surveys/adoption.html", {**context, "trouble": str(error)})
    one = found.of(request.GET.get("feature", ""))
    context |= {
        "adoption": found,
        "rows": [(each, _feature_address(chosen, each)) for each in found.features],
        "one": one,
    }
    if one is not None:
        context |= {
            "by": [
                (_("By category"), _("Category"), _told(slug, actor, one, one.by_category)),
                (_("By stage of the journey"), _("Stage"), _told(slug, actor, one, one.by_stage)),
            ],
            "whole": _told(slug, actor, one, (one.whole,))[0],
            "scores": [(str(Use(use).label), one.scores[use]) for use in USES],
            "bar": _bar(one.whole),
            "keys": [(str(Use(use).label), STYLES[use]) for use in USES],
        }
    return render(request, "surveys/adoption.html", context)


def _feature_address(chosen: Filter, each: Adopted) -> str:
    return chosen.query(feature=opaque.encode("feature", each.feature.pk)) + "#feature"


def _told(
    slug: str, actor: Actor, one: Adopted, lines: tuple[Line, ...]
) -> list[tuple[Line, list[tuple[str, Cell, str]]]]:
    """Each line with its cells: what the column is called, and where the number leads."""
    may = actor.may("segment.edit")
    return [
        (
            line,
            [
                (str(Use(cell.use).label), cell, _segment(slug, one, line, cell) if may and cell.n else "")
                for cell in line.cells
            ],
        )
        for line in lines
    ]


def _segment(slug: str, one: Adopted, line: Line, cell: Cell) -> str:
    """The builder with the rule that finds these people; "" where no rule can."""
    if cell.rule is None:
        return ""
    rule = json.dumps(cell.rule, separators=(",", ":"))
    of = [] if line is one.whole else [line.label]
    name = " · ".join([str(one.feature), str(Use(cell.use).label), *of])
    return f"{reverse('segment_new', args=[slug])}?{urlencode({'rule': rule, 'name': name})}"


def _bar(whole: Line) -> list[Part]:
    return [
        Part(str(Use(cell.use).label), cell.n, STYLES[cell.use]) for cell in whole.cells if cell.n is not None
    ]
