"""What differs: every group against the rest, with control over what chance alone would show."""

from __future__ import annotations

import json
from math import ceil
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.acting import Actor
from accounts.door import member_page
from segments import compiling, quality
from surveys import comparing, grouping, reporting, scanning
from surveys.comparing import Verdict
from surveys.filtering import Filter
from surveys.scanning import Finding
from surveys.views.results import filter_choices

SHOWN = 60  # rows of each kind; the rest is counted, and comes over the API
FOLDED_FROM = 12  # rows that nothing is to be done about fold away


@member_page("report.view")
def differences(request: HttpRequest, slug: str) -> HttpResponse:
    """Which groups are really happier or unhappier, which are not, and which nobody can tell yet."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen = Filter.read(request.GET, request.organization)  # type: ignore[attr-defined]
    data = _data(actor)
    scan = scanning.scan(chosen, actor)
    may_make, may_improve = actor.may("segment.edit"), actor.may("improvement.edit")
    parts = [
        (
            verdict,
            title,
            words,
            [_row(each, slug, may_make, may_improve) for each in found[:SHOWN]],
            len(found),
        )
        for verdict, title, words in _parts()
        if (found := scan.of(verdict))
    ]
    return render(
        request,
        "surveys/differences.html",
        {
            "chosen": chosen,
            "data": data,
            "scan": scan,
            "parts": parts,
            "real": len(scan.of(Verdict.REAL)),
            "small": len(scan.of(Verdict.SMALL)),
            "unknown": len(scan.of(Verdict.UNKNOWN)),
            "reach": _reach(scan.findings),
            "folded_from": FOLDED_FROM,
            "same": ", ".join(each.label for each in scan.same_groups),
            "too_many": ", ".join(each.label for each in scan.too_many_values),
            "margin": round(comparing.MARGIN * 100),
            "tested_from": comparing.TESTED_FROM,
            "most_values": scanning.MOST_VALUES,
            "guard": reporting.Guard.of(actor, chosen),
            **filter_choices(chosen),
        },
    )


def _data(actor: Actor) -> dict[str, Any] | None:
    """What is known of the customers, value by value, before groups are made of it; None if it takes too long."""
    try:
        found = quality.completeness(actor)
    except compiling.TooSlow:
        return None
    offered = {each.key for each in grouping.dimensions(actor)}
    # An answer calls the language of its person differently than the record does.
    values = [each for each in found.values if each.key in offered or each.key == "locale"]
    heed = [each for each in values if each.is_thin or (each.known.value and each.is_old)]
    return {"total": found.total, "rows": values, "heed": heed}


def _reach(findings: list[Finding]) -> float:
    """One scale for all rows, wide enough for most of them: tens of points."""
    ends = sorted(max(abs(each.low), abs(each.high)) for each in findings)
    most = ends[int(0.9 * (len(ends) - 1))] if ends else 0.0
    return max(30.0, min(200.0, ceil(most / 10) * 10.0))


def _parts() -> list[tuple[Verdict, str, str]]:
    return [
        (
            Verdict.REAL,
            _("Real differences"),
            _("Hold after taking account of how many groups were compared; intervals widened accordingly."),
        ),
        (
            Verdict.SMALL,
            _("Not worth noticing"),
            _("Whatever the truth is, it lies within the margin around zero."),
        ),
        (
            Verdict.UNKNOWN,
            _("Cannot be told yet"),
            _("These answers fit with a difference and with none. More answers would tell."),
        ),
    ]


def _row(finding: Finding, slug: str, may_make: bool, may_improve: bool) -> dict[str, Any]:
    address, improvement = "", ""
    if may_improve:
        side = "strength" if finding.value > 0 else "pain"
        group = {"fact": finding.dimension.key, "value": finding.slice.key, "side": side}
        improvement = f"{reverse('improvement_new', args=[slug])}?{urlencode(group)}"
    if may_make and finding.slice.rule:
        rule = json.dumps({"all": list(finding.slice.rule)}, separators=(",", ":"))
        name = f"{finding.dimension.label}: {finding.slice.label}"
        address = f"{reverse('segment_new', args=[slug])}?{urlencode({'rule': rule, 'name': name})}"
    return {
        "finding": finding,
        "score": reporting.Scored(finding.compared.counts).score,
        "rest": reporting.Scored(finding.compared.rest).score,
        "segment": address,
        "improvement": improvement,
    }
