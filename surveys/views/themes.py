"""Themes in comments: what people speak of, how, and what it does to the score."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.acting import Actor
from accounts.door import member_page
from accounts.models.editable import Stale
from accounts.toasts import toast
from accounts.views.restoring import taken_back
from surveys import (
    comparing,
    hearing,
    naming_themes,
    previewing_themes,
    reporting,
    standing_out,
    starter_themes,
    weighing_themes,
)
from surveys.filtering import Filter
from surveys.forms import CorrectionForm, ExclusionForm, MergeThemeForm, ThemeForm
from surveys.models import Theme, ThemeRun
from surveys.naming_themes import BadTheme
from surveys.previewing_themes import Preview
from surveys.views.answers import answer_page, seen_response
from surveys.views.results import figure, filter_choices


@member_page("report.view")
def theme_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Every theme with how many speak of it and how, their score, and what it does to the whole."""
    actor = _actor(request)
    chosen = Filter.read(request.GET, actor.organization).without_theme()
    themes = weighing_themes.weighed(chosen, actor)
    return render(
        request,
        "surveys/themes.html",
        {
            "chosen": chosen,
            "themes": themes,
            "standings": standing_out.standings(chosen, actor),
            "rows": [(each, figure(each.scored)) for each in themes.rows],
            "reach": _reach(themes),
            "margin": round(comparing.MARGIN * 100),
            "tested_from": comparing.TESTED_FROM,
            "run": ThemeRun.objects.first(),
            "guard": reporting.Guard.of(actor, chosen),
            "without_theme": True,
            **filter_choices(chosen),
        },
    )


@member_page("report.view")
def theme_progress(request: HttpRequest, slug: str) -> HttpResponse:
    """The part of the page that moves while comments are read again."""
    run = ThemeRun.objects.first()
    response = render(request, "surveys/parts/theme_progress.html", {"run": run})
    if run is None or run.finished_at is not None:
        response["HX-Refresh"] = "true"
    return response


@member_page("report.view", post="theme.edit")
def theme_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One theme: its numbers, its line, comments that speak of it, and its words."""
    actor, theme = _actor(request), get_object_or_404(Theme.objects.present(), pk=pk)
    form = ThemeForm(
        initial={"name": theme.name, "revision": theme.revision},
        words=theme.words,
        locale=actor.organization.locale,
    )
    status, stale, preview = 200, None, None
    if request.method == "POST":
        form, status = ThemeForm(request.POST, words=theme.words, locale=actor.organization.locale), 422
        preview, status = _preview(request, form, actor, theme, status)
        if preview is None and form.is_valid():
            facts = {"name": form.cleaned_data["name"], "words": form.words()}
            try:
                naming_themes.change(theme, **facts, revision=form.cleaned_data["revision"] or 0, by=actor)
                toast(request, _("Saved. Comments are read again."))
                return redirect("theme_detail", slug, pk)
            except BadTheme as error:
                form.add_error(NON_FIELD_ERRORS, str(error))
            except Stale as error:
                stale, status = error, 409
                form.data = request.POST.copy()
                form.data["revision"] = str(Theme.objects.get(pk=pk).revision)
            theme = Theme.objects.get(pk=pk)
    chosen = Filter.read(request.GET, actor.organization).without_theme()
    themes = weighing_themes.weighed(chosen, actor)
    weighed = themes.of(theme)
    line = weighing_themes.line(theme, chosen, actor)
    return render(
        request,
        "surveys/theme.html",
        {
            "theme": theme,
            "chosen": chosen,
            "themes": themes,
            "each": weighed.scored,
            "weighed": weighed,
            "figure": figure(weighed.scored),
            "line": line,
            "most": max((span.share or 0.0 for span in line.spans), default=0.0) or 1.0,
            "quotes": _quotes(theme, chosen, actor),
            "reads": actor.may("response.view"),
            "to_answers": replace(chosen, theme=theme).query(),
            "form": form if actor.may("theme.edit") else None,
            "merge": MergeThemeForm(into=theme) if Theme.objects.present().count() > 1 else None,
            "stale": stale,
            "preview": preview,
            "margin": round(comparing.MARGIN * 100),
            "tested_from": comparing.TESTED_FROM,
            "run": ThemeRun.objects.first(),
            "guard": reporting.Guard.of(actor, chosen),
            "without_theme": True,
            **filter_choices(chosen),
        },
        status=status,
    )


@member_page("theme.edit")
def theme_new(request: HttpRequest, slug: str) -> HttpResponse:
    """A theme of one's own."""
    locale = _actor(request).organization.locale
    form, status = ThemeForm(initial={"name": request.GET.get("name", "")[:60]}, locale=locale), 200
    preview = None
    if request.method == "POST":
        form, status = ThemeForm(request.POST, locale=locale), 422
        preview, status = _preview(request, form, _actor(request), None, status)
        if preview is None and form.is_valid():
            try:
                made = naming_themes.make(form.cleaned_data["name"], form.words(), by=_actor(request))
                toast(
                    request, _("“%(name)s” is a theme now. Comments are read for it.") % {"name": made.name}
                )
                return redirect("theme_detail", slug, made.pk)
            except BadTheme as error:
                form.add_error(NON_FIELD_ERRORS, str(error))
    return render(request, "surveys/theme_new.html", {"form": form, "preview": preview}, status=status)


@member_page("theme.edit")
def theme_starters(request: HttpRequest, slug: str) -> HttpResponse:
    """The starter themes that are not there yet, with how many of the latest comments speak of each."""
    if request.method == "POST":
        try:
            made = naming_themes.start_with(request.POST.getlist("key"), by=_actor(request))
        except BadTheme as error:
            toast(request, str(error))
            return redirect("theme_starters", slug)
        toast(request, _("Themes begun: %(n)s. Comments are read for them.") % {"n": len(made)})
        return redirect("theme_list", slug)
    offered = starter_themes.offered()
    return render(
        request,
        "surveys/theme_starters.html",
        {"offered": offered, "among": offered[0].among if offered else 0},
    )


@require_POST
@member_page("theme.edit")
def theme_merge(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take another theme in."""
    theme = get_object_or_404(Theme.objects.present(), pk=pk)
    form = MergeThemeForm(request.POST, into=theme)
    if not form.is_valid():
        toast(request, _("Nothing was merged: choose the theme to take in."))
        return redirect("theme_detail", slug, pk)
    other = form.cleaned_data["other"]
    try:
        naming_themes.merge(theme, other, by=_actor(request))
    except BadTheme as error:
        toast(request, str(error))
        return redirect("theme_detail", slug, pk)
    words = {"other": other.name, "name": theme.name}
    toast(request, _("“%(other)s” is part of “%(name)s” now. Comments are read again.") % words)
    return redirect("theme_detail", slug, pk)


@require_POST
@member_page("theme.edit")
def theme_delete(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    theme = get_object_or_404(Theme.objects.present(), pk=pk)
    try:
        deletion = naming_themes.put_away(theme, by=_actor(request))
    except BadTheme as error:
        toast(request, str(error))
        return redirect("theme_detail", slug, pk)
    undo = reverse("theme_restore", args=[slug, deletion.pk])
    toast(request, _("“%(name)s” was put away.") % {"name": theme.name}, undo=undo)
    return redirect("theme_list", slug)


@require_POST
@member_page("theme.edit")
def theme_restore(request: HttpRequest, slug: str, deletion_id: int) -> HttpResponse:
    taken_back(request, deletion_id, Theme.objects.all(), action="theme.edit", words=_("The theme is back."))
    hearing.begin()
    return redirect("theme_list", slug)


@require_POST
@member_page("response.edit")
def answer_theme(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Say what one comment says about one theme; kept whatever the words of the theme become."""
    actor = _actor(request)
    response = seen_response(request, pk)
    form = CorrectionForm(request.POST)
    if not form.is_valid():
        return answer_page(request, response, ExclusionForm(), form, status=422)
    theme, says = form.cleaned_data["theme"], form.cleaned_data["says"]
    if says == "words":
        naming_themes.leave_to_words(response, theme, by=actor)
        toast(request, _("The words decide again."))
    else:
        naming_themes.correct(response, theme, None if says == "none" else int(says), by=actor)
        toast(request, _("Kept, also when comments are read again."))
    return redirect("answer_detail", slug, pk)


def _preview(
    request: HttpRequest, form: ThemeForm, actor: Actor, theme: Theme | None, status: int
) -> tuple[Preview | None, int]:
    """What the words in the form would change, where that was asked for and can be told; nothing is saved."""
    if request.POST.get("do") != "preview" or not form.is_valid():
        return None, status
    try:
        return previewing_themes.preview(form.words(), actor, theme=theme), 200
    except BadTheme as error:
        form.add_error(NON_FIELD_ERRORS, str(error))
        return None, status


def _quotes(theme: Theme, chosen: Filter, actor: Actor) -> list[dict[str, Any]]:
    """Without names: on a page that is shown around, the words stand for themselves."""
    return [
        {"words": weighing_themes.without_names(each), "score": each.score, "pk": each.pk, "at": each.answered_at}
        for each in weighing_themes.quotes(theme, chosen, actor)
    ]  # fmt: skip


def _reach(themes: weighing_themes.Themes) -> float:
    ends = [max(abs(each.low or 0), abs(each.high or 0)) for each in themes.rows if each.compared]
    return max(30.0, min(200.0, -(-max(ends, default=0.0) // 10) * 10.0))


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined,no-any-return]
