"""Working on themes: suggestions, parting one in two, pain points and strengths, what promoters suggest."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import opaque
from accounts.acting import Actor
from accounts.door import member_page
from accounts.models.editable import Stale
from accounts.toasts import toast
from surveys import boarding_themes, improving, naming_themes, noticing_themes, reporting, weighing_themes
from surveys.charts.span import Figure
from surveys.filtering import Filter
from surveys.forms import BoardForm
from surveys.models import Improvement, Theme
from surveys.naming_themes import BadTheme
from surveys.views.results import figure, filter_choices


@member_page("response.view", post="theme.edit")
def theme_suggestions(request: HttpRequest, slug: str) -> HttpResponse:
    """What people say often and no theme speaks for: accept it, give it to a theme, or send it away."""
    actor = _actor(request)
    if request.method == "POST":
        entries = request.POST.getlist("entry")[:50]
        if request.POST.get("do") == "dismiss":
            noticing_themes.dismiss(entries, by=actor)
            toast(request, _("It is not suggested again."))
            return redirect("theme_suggestions", slug)
        key = request.POST.get("into", "")
        into = get_object_or_404(Theme.objects.present(), pk=int(key)) if key.isdigit() else None
        try:
            theme = noticing_themes.accept(
                request.POST.get("name", ""), entries, request.POST.get("language", ""), into=into, by=actor
            )
        except BadTheme as error:
            toast(request, str(error))
            return redirect("theme_suggestions", slug)
        toast(request, _("Comments are read for “%(name)s”.") % {"name": theme.name})
        return redirect("theme_detail", slug, theme.pk)
    chosen = Filter.read(request.GET, actor.organization).without_theme()
    return render(
        request,
        "surveys/theme_suggestions.html",
        {
            "chosen": chosen,
            "found": noticing_themes.suggestions(chosen, actor),
            "themes": list(Theme.objects.present()),
            "editing": actor.may("theme.edit"),
            "without_theme": True,
            **filter_choices(chosen),
        },
    )


@require_POST
@member_page("theme.edit")
def theme_split(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Some of its words become a theme of their own."""
    theme = get_object_or_404(Theme.objects.present(), pk=pk)
    try:
        made = naming_themes.split(
            theme, request.POST.get("name", ""), request.POST.getlist("entry"), by=_actor(request)
        )
    except BadTheme as error:
        toast(request, str(error))
        return redirect("theme_detail", slug, pk)
    toast(request, _("“%(name)s” is a theme of its own. Comments are read again.") % {"name": made.name})
    return redirect("theme_detail", slug, made.pk)


@member_page("report.view")
def theme_board(request: HttpRequest, slug: str) -> HttpResponse:
    """Pain points and strengths: whose they are and how far, with their numbers; and what could be put there."""
    actor = _actor(request)
    chosen = Filter.read(request.GET, actor.organization).without_theme()
    themes = weighing_themes.weighed(chosen, actor)
    board = boarding_themes.board(themes)
    planned = improving.of_themes(actor)
    return render(
        request,
        "surveys/theme_board.html",
        {
            "chosen": chosen,
            "themes": themes,
            "columns": [
                (
                    kind,
                    title,
                    [_card(each, planned.get(each.theme.pk, []), actor, slug) for each in getattr(board, kind)],
                    getattr(board, f"{kind}_proposed"),
                )
                for kind, title in (("pain", _("Pain points")), ("strength", _("Strengths")))
            ],
            "wishes": boarding_themes.wishes(chosen, actor),
            "reads": actor.may("response.view"),
            "editing": actor.may("theme.edit"),
            "guard": reporting.Guard.of(actor, chosen),
            "without_theme": True,
            **filter_choices(chosen),
        },
    )  # fmt: skip


@require_POST
@member_page("theme.edit")
def theme_place(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Put a theme on the board, change its owner or state, or take it off."""
    theme = get_object_or_404(Theme.objects.present(), pk=pk)
    form = BoardForm(request.POST)
    if not form.is_valid():
        toast(request, _("Nothing was changed: choose what it is, its state and its owner."))
        return redirect("theme_board", slug)
    facts = {name: form.cleaned_data[name] for name in ("board", "state", "owner")}
    try:
        boarding_themes.place(theme, **facts, revision=form.cleaned_data["revision"] or 0, by=_actor(request))
    except Stale as error:
        toast(request, str(error))
    else:
        toast(request, _("Saved."))
    return redirect("theme_board", slug)


def _card(
    weighed: weighing_themes.Weighed, planned: list[Improvement], actor: Actor, slug: str
) -> tuple[weighing_themes.Weighed, Figure, Any, list[Improvement], str]:
    """With the improvements that it led to, and where another is planned, for those who may."""
    theme = weighed.theme
    address = f"{reverse('improvement_new', args=[slug])}?theme={opaque.encode('theme', theme.pk)}"
    form = BoardForm(
        initial={
            "board": theme.board,
            "state": theme.state,
            "owner": theme.owner_id,
            "revision": theme.revision,
        },
        prefix=None,
        auto_id=f"id_{theme.pk}_%s",
    )
    improve = address if actor.may("improvement.edit") else ""
    return weighed, figure(weighed.scored), form, planned, improve


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined,no-any-return]
