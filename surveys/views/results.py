"""How customers feel: the overview over all surveys, and the results of one."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from accounts import opaque
from accounts.acting import Actor
from accounts.door import member_page
from segments import stages
from segments.models import Segment
from surveys import crossing, filtering, grouping, overlapping, reporting
from surveys.charts import forest, funnel, histogram, span, three
from surveys.charts import trend as trends
from surveys.filtering import Filter
from surveys.models import Distribution, Invitation, Response, Survey, Theme

SHOWN_COMMENTS = 8


@member_page("report.view")
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything asked of customers, or one survey by filter."""
    chosen = Filter.read(request.GET, request.organization)  # type: ignore[attr-defined]
    return _results(request, chosen, "surveys/overview.html", {})


@member_page("report.view")
def survey_results(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One survey's results."""
    survey = get_object_or_404(Survey.objects.present(), pk=pk)
    chosen = Filter.read(request.GET, request.organization, survey=survey)  # type: ignore[attr-defined]
    return _results(request, chosen, "surveys/results.html", {"survey": survey, "tab": "results"})


def _results(request: HttpRequest, chosen: Filter, template: str, more: dict[str, Any]) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    overall = reporting.overall(chosen, actor)
    periods = reporting.trend(chosen, actor)
    broken = overlapping.breakdown(chosen, actor)
    way = reporting.way(chosen, actor)
    comments = reporting.comments(chosen, actor).select_related("customer", "survey")
    facts = {
        **more,
        "chosen": chosen,
        "guard": reporting.Guard.of(actor, chosen),
        "overall": overall,
        "figure": figure(overall.scored),
        "three": three_of(overall.scored),
        "histogram": histogram.Histogram(overall.histogram),
        "histogram_table": histogram.table(histogram.Histogram(overall.histogram)),
        "points": (points := [point(each) for each in periods]),
        "trend_table": list(zip(trends.table(points), periods, strict=True)),
        "shifts": (shifts := reporting.shifts(chosen, periods)),
        "turns": [trends.Turn(each.at, each.up) for each in shifts],
        "marks": [trends.Mark(at, note.words) for at, each in enumerate(periods) for note in each.notes],
        "notes": [
            (trends.letter(serial), note)
            for serial, note in enumerate(note for each in periods for note in each.notes)
        ],
        "begins_before": bool(periods and chosen.start and periods[0].start < chosen.start),
        "breakdown": broken,
        "groups": (groups := [forest.Group(each.label, figure(each.scored)) for each in broken.groups])
        if broken
        else (groups := []),
        "group_table": list(zip(forest.table(groups), broken.groups, strict=True)) if broken else [],
        "crossed": crossing.crossed(chosen, actor),
        "way": way,
        "steps": (steps := steps_of(way)),
        "funnel_table": funnel.table(steps),
        "comments": list(comments[:SHOWN_COMMENTS]),
        "comment_count": comments.count(),
        "reads": actor.may("response.view"),
        "dimensions": grouping.offered(actor),
        "by_segments": grouping.SEGMENTS,
        **filter_choices(chosen),
        **_asked_so_far(chosen),
    }
    return render(request, template, facts)


@member_page("response.view")
def answer_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Single answers: filtered, newest first, with those that do not count marked."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen = Filter.read(request.GET, request.organization)  # type: ignore[attr-defined]
    which = request.GET.get("which", "")
    found = chosen.responses(actor, counting=False)
    guard = reporting.Guard.of(actor, chosen)
    hidden = guard.is_on and found.count() < guard.threshold
    if which == "words":
        found = found.with_words()
    elif which == "out":
        found = found.exclude(excluded_at=None, set_aside_at=None)
    elif which == "test":
        found = found.filter(mode="test")
    if which != "test":
        found = found.exclude(mode="test")
    found = found.select_related("customer", "survey", "unit").order_by("-answered_at", "-id")
    page = Paginator(found if not hidden else found.none(), 50).get_page(request.GET.get("page"))
    return render(
        request,
        "surveys/answers.html",
        {
            "chosen": chosen,
            "page": page,
            "which": which,
            "hidden": hidden,
            "guard": guard,
            "tabs": [
                ("", _("All")),
                ("words", _("With words")),
                ("out", _("Not counted")),
                ("test", _("Tests")),
            ],
            **filter_choices(chosen),
        },
    )


def figure(scored: reporting.Scored) -> span.Figure:
    return span.Figure(scored.score, scored.low, scored.high, scored.n, scored.hidden)


def filter_choices(chosen: Filter) -> dict[str, Any]:
    """What the filters of a page offer, as (label, address, whether current)."""
    surveys = Survey.objects.present().exclude(latest_version=0).order_by("name")
    everything = Response.objects.all()
    touchpoints = sorted(
        set(everything.exclude(touchpoint="").order_by().values_list("touchpoint", flat=True).distinct()[:30])
    )
    channels = sorted(set(everything.order_by().values_list("channel", flat=True).distinct()[:10]))
    segments = Segment.objects.present().order_by("name")[:60]
    themes = list(Theme.objects.present())

    def links(parameter: str, options: list[tuple[str | None, str]], now: str | None) -> list[Any]:
        return [(label, chosen.query(**{parameter: value}), value == now) for value, label in options]

    return {
        "survey_links": links(
            "survey",
            [(None, _("All surveys of customers"))]
            + [(opaque.encode("survey", each.pk), each.name) for each in surveys],
            opaque.encode("survey", chosen.survey.pk) if chosen.survey else None,
        ),
        "period_links": links(
            "period", [(key, str(label)) for key, label in filtering.PERIODS.items()], chosen.period
        ),
        "channel_links": links(
            "channel",
            [(None, _("All channels"))] + [(each, each) for each in channels],
            chosen.channel or None,
        ),
        "touchpoint_links": links(
            "touchpoint",
            [(None, _("All touchpoints"))] + [(each, each) for each in touchpoints],
            chosen.touchpoint or None,
        ),
        "stage_links": links(
            "stage",
            [(None, _("All stages")), *stages.plan().names.items()],
            chosen.stage or None,
        ),
        "stage_name": stages.plan().names.get(chosen.stage, chosen.stage),
        "segment_links": links(
            "segment",
            [(None, _("All customers"))]
            + [(opaque.encode("segment", each.pk), each.name) for each in segments],
            opaque.encode("segment", chosen.segment.pk) if chosen.segment else None,
        ),
        "category_links": links(
            "category",
            [(None, _("All categories"))]
            + [(key, str(label)) for key, label in filtering.CATEGORIES.items()],
            chosen.category or None,
        ),
        "theme_links": links(
            "theme",
            [(None, _("All themes"))] + [(opaque.encode("theme", each.pk), each.name) for each in themes],
            opaque.encode("theme", chosen.theme.pk) if chosen.theme else None,
        )
        if themes
        else [],
        "tone_links": links(
            "tone",
            [(None, _("Praise and complaint"))]
            + [(key, str(told)) for key, (_n, told) in filtering.TONES.items()],
            chosen.tone or None,
        ),
        "tone_name": str(filtering.TONES[chosen.tone][1]) if chosen.tone else "",
        "step_links": links(
            "step", [(key, str(label)) for key, label in filtering.STEPS.items()], chosen.step
        ),
        "taken_away": [(words, chosen.query(**{parameter: None})) for parameter, words in chosen.chips()],
        "hidden_fields": [
            (key, value)
            for key, value in chosen.parameters().items()
            if key not in ("q", "from", "to", "period")
        ],
    }


def three_of(scored: reporting.Scored) -> three.Three | None:
    counts = scored.counts
    return None if scored.hidden else three.Three(counts.detractors, counts.passives, counts.promoters)


def point(period: reporting.Period) -> trends.Point:
    """A period as the chart of a line wants it."""
    scored = period.scored
    return trends.Point(
        label=period.label,
        score=scored.score,
        low=scored.low,
        high=scored.high,
        n=0 if scored.hidden else scored.n,
        finished=period.finished,
        year_before=period.year_before.score if period.year_before else None,
        hidden=scored.hidden,
    )


def steps_of(way: reporting.Way) -> list[funnel.Step]:
    failed = _("%(n)s could not be reached") % {"n": way.failed} if way.failed else ""
    return [
        funnel.Step(_("Asked"), way.asked),
        funnel.Step(_("Sent"), way.delivered, failed),
        funnel.Step(_("Opened the page"), way.opened, _("people and machines")),
        funnel.Step(_("Sent a score"), way.scored),
        funnel.Step(_("Gave a reason"), way.reasons),
    ]


def _asked_so_far(chosen: Filter) -> dict[str, Any]:
    """For the page without answers: was anybody asked yet?"""
    asked = Invitation.objects.asked().exclude(source="test")
    if chosen.survey:
        asked = asked.filter(distribution__survey=chosen.survey)
    latest = asked.order_by("-issued_at").first()
    return {
        "asked_ever": asked.count() if latest else 0,
        "latest_distribution": Distribution.objects.filter(pk=latest.distribution_id).first()
        if latest
        else None,
    }
