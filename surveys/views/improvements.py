"""Improvements: the list in order of priority, one of them with its team and history, its effect, its form."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import opaque, telling
from accounts.acting import Actor
from accounts.door import member_page
from accounts.models import Unit
from accounts.models.editable import Stale
from accounts.sockets import plugged
from accounts.toasts import toast
from accounts.views.restoring import taken_back
from surveys import comparing_units, grouping, improving, prioritising, reporting, surrounding
from surveys.filtering import Filter
from surveys.improvement_form import ImprovementForm
from surveys.improving import BadImprovement
from surveys.models import Improvement, Theme
from surveys.models.improvement import ImprovementQuerySet
from surveys.views.results import figure, filter_choices

SHOWN = 100
VIEWS = ("open", "mine", "overdue", "done", "dropped", "all")


@member_page("report.view")
def improvement_list(request: HttpRequest, slug: str) -> HttpResponse:
    """What is to be done first: by reach, impact, confidence and effort."""
    actor = _actor(request)
    chosen = Filter.read(request.GET, actor.organization).of_everybody()
    wanted = request.GET.get("show", "")
    wanted = wanted if wanted in VIEWS else "open"
    rows = _seen(actor)
    shown = {name: _narrowed(rows, name, actor) for name in VIEWS}
    found = list(shown[wanted].select_related("theme", "owner__user")[:SHOWN])
    today = _today(actor)
    return render(
        request,
        "surveys/improvements.html",
        {
            "chosen": chosen,
            "tabs": [
                (name, label, chosen.query(show=name if name != "open" else None), shown[name].count())
                for name, label in _tabs()
            ],
            "show": wanted,
            "any": rows.exists(),
            "rows": [
                (each, each.improvement.is_overdue(today), about(each.improvement, actor))
                for each in prioritising.priorities(found, chosen, actor)
            ],
            "waiting": improving.to_acknowledge(actor),
            "editing": actor.may("improvement.edit"),
            "guard": reporting.Guard.of(actor, chosen),
            "without_category": True,
            **filter_choices(chosen),
        },
    )


@member_page("report.view")
def improvement_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One improvement: what, whose, until when, why it stands where it stands, who knows of it, its history."""
    actor, improvement = _actor(request), _found(request, pk)
    return detail_page(request, improvement, actor)


def detail_page(
    request: HttpRequest, improvement: Improvement, actor: Actor, *, status: int = 200
) -> HttpResponse:
    chosen = Filter.read(request.GET, actor.organization).of_everybody()
    briefings = improving.briefings(improvement)
    return render(
        request,
        "surveys/improvement.html",
        {
            "improvement": improvement,
            "about": about(improvement, actor),
            "overdue": improvement.is_overdue(_today(actor)),
            "priority": prioritising.priorities([improvement], chosen, actor)[0],
            "units": improving.touched_units(improvement),
            "segments": improving.touched_segments(improvement),
            "chosen": chosen,
            "briefings": briefings,
            "known": sum(each.acknowledged_at is not None for each in briefings),
            "mine": next((each for each in briefings if each.membership_id == _own(actor)), None),
            "frontline": len(improving.frontline(improvement)),
            "history": telling.tell(improving.history(improvement)),
            "effect": comparing_units.effect(improvement, chosen, actor),
            "cards": [
                card
                for tell in plugged("IMPROVEMENT_CARDS")
                if (card := tell(improvement, actor)) is not None
            ],
            "editing": actor.may("improvement.edit"),
            "guard": reporting.Guard.of(actor, chosen),
            "without_category": True,
            **filter_choices(chosen),
        },
        status=status,
    )


@member_page("report.view")
def improvement_effect(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Before and after in the touched units and in comparable ones, and the difference of the two differences."""
    actor, improvement = _actor(request), _found(request, pk)
    chosen = Filter.read(request.GET, actor.organization).of_everybody()
    wanted = request.GET.get("days", "")
    days = int(wanted) if wanted.isdigit() and int(wanted) in comparing_units.WINDOWS else 90
    effect = comparing_units.effect(improvement, chosen, actor, days=days)
    return render(
        request,
        "surveys/improvement_effect.html",
        {
            "improvement": improvement,
            "effect": effect,
            "chosen": chosen,
            "of": surrounding.told(chosen),
            "sides": _sides(effect),
            "reach": max(30.0, min(200.0, -(-max(abs(effect.low or 0), abs(effect.high or 0)) // 10) * 10.0)),
            "least_days": comparing_units.LEAST_DAYS,
            "least_in_unit": comparing_units.LEAST_IN_UNIT,
            "tested_from": comparing_units.TESTED_FROM,
            "windows": [
                (each, chosen.query(days=str(each), period=None), each == days)
                for each in comparing_units.WINDOWS
            ],
            "guard": reporting.Guard.of(actor, chosen),
            "without_category": True,
            "without_period": True,
            **filter_choices(chosen),
        },
    )


@member_page("improvement.edit")
def improvement_new(request: HttpRequest, slug: str) -> HttpResponse:
    """A new one; of a theme or of a group where the address says so."""
    actor = _actor(request)
    form, status = ImprovementForm(initial=_begun(request, actor), actor=actor), 200
    if request.method == "POST":
        form, status = ImprovementForm(request.POST, actor=actor), 422
        if form.is_valid():
            try:
                made = improving.plan(**form.facts(), by=actor)
                toast(request, _("“%(name)s” is planned.") % {"name": made.name})
                return redirect("improvement_detail", slug, made.pk)
            except BadImprovement as error:
                form.add_error(error.field, str(error))
    return _editor(request, form, None, status=status)


@member_page("report.view", post="improvement.edit")
def improvement_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Everything of it in one form; who may not change it is led to its page."""
    actor, improvement = _actor(request), _found(request, pk)
    if not actor.may("improvement.edit"):
        return redirect("improvement_detail", slug, pk)
    form, status, stale = ImprovementForm.of(improvement, actor=actor), 200, None
    if request.method == "POST":
        form, status = ImprovementForm(request.POST, actor=actor), 422
        if form.is_valid():
            revision = form.cleaned_data["revision"] or 0
            try:
                improving.change(improvement, **form.facts(), revision=revision, by=actor)
                toast(request, _("Saved."))
                return redirect("improvement_detail", slug, pk)
            except BadImprovement as error:
                form.add_error(error.field, str(error))
            except Stale as error:
                stale, status = error, 409
                form.data = request.POST.copy()
                form.data["revision"] = str(Improvement.objects.get(pk=pk).revision)
        improvement = _found(request, pk)
    return _editor(request, form, improvement, stale=stale, status=status)


@require_POST
@member_page("improvement.edit")
def improvement_tell(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Tell the team, or those of it who do not know yet."""
    improvement = _found(request, pk)
    try:
        told = improving.tell(improvement, by=_actor(request))
    except BadImprovement as error:
        toast(request, str(error))
    else:
        toast(
            request,
            _("Members told: %(n)s.") % {"n": told} if told else _("Everybody has these words already."),
        )
    return redirect("improvement_detail", slug, pk)


@require_POST
@member_page("report.view")
def improvement_acknowledge(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """“I know”, by who was told."""
    improvement = _found(request, pk)
    said = improving.acknowledge(improvement, by=_actor(request))
    toast(request, _("Thank you. It is noted.") if said else _("You were not told of this one."))
    return redirect("improvement_detail", slug, pk)


@require_POST
@member_page("improvement.edit")
def improvement_delete(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    improvement = _found(request, pk)
    deletion = improving.put_away(improvement, by=_actor(request))
    undo = reverse("improvement_restore", args=[slug, deletion.pk])
    toast(request, _("“%(name)s” was put away.") % {"name": improvement.name}, undo=undo)
    return redirect("improvement_list", slug)


@require_POST
@member_page("improvement.edit")
def improvement_restore(request: HttpRequest, slug: str, deletion_id: int) -> HttpResponse:
    rows = Improvement.objects.visible_to(_actor(request))
    words = _("The improvement is back.")
    back = taken_back(request, deletion_id, rows, action="improvement.edit", words=words)
    return redirect("improvement_detail", slug, back.pk)


def about(improvement: Improvement, actor: Actor) -> str:
    """The theme or the group that it is about, as people read it; empty for neither."""
    if improvement.theme is not None:
        return improvement.theme.name
    if not improvement.fact:
        return ""
    named = {each.key: each for each in grouping.dimensions(actor)}
    dimension = named.get(improvement.fact)
    if dimension is None:
        return _("a group that cannot be shown")
    value = (
        improvement.value
        if dimension.kind in grouping.NUMBERS
        else grouping.labeller(dimension)(improvement.value)
    )
    return f"{dimension.label}: {value}"


def _editor(
    request: HttpRequest,
    form: ImprovementForm,
    improvement: Improvement | None,
    *,
    stale: Stale | None = None,
    status: int = 200,
) -> HttpResponse:
    actor = _actor(request)
    given = Improvement(fact=str(form["fact"].value() or ""), value=str(form["value"].value() or ""))
    return render(
        request,
        "surveys/improvement_edit.html",
        {"form": form, "improvement": improvement, "stale": stale, "group": about(given, actor)},
        status=status,
    )


def _begun(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """What the address says: a theme of the board, or a group that differs, with the unit of its name."""
    found: dict[str, Any] = {"confidence": "medium", "effort": 5, "action": "process", "state": "planned"}
    theme = (
        Theme.objects.present().filter(pk=opaque.decode("theme", request.GET.get("theme", "")) or 0).first()
    )
    if theme is not None:
        found |= {
            "theme": theme.pk,
            "side": theme.board or "pain",
            "name": theme.name,
            "owner": theme.owner_id,
        }
        return found
    by, value = request.GET.get("fact", "")[:80], request.GET.get("value", "")[:200]
    if by in {each.key for each in grouping.dimensions(actor)} and value:
        side = "strength" if request.GET.get("side") == "strength" else "pain"
        units = Unit.objects.visible_to(actor).alive().filter(name=value)
        found |= {"fact": by, "value": value, "side": side, "units": [each.pk for each in units[:1]]}
    return found


def _sides(effect: comparing_units.Effect) -> list[tuple[str, list[tuple[str, reporting.Scored, Any]]]]:
    windows = (
        (_("Touched"), effect.touched_before, effect.touched_after),
        (_("Not touched"), effect.untouched_before, effect.untouched_after),
    )
    return [
        (name, [(_("before"), before, figure(before)), (_("after"), after, figure(after))])
        for name, before, after in windows
    ]


def _tabs() -> list[tuple[str, str]]:
    return [
        ("open", _("Open")),
        ("mine", _("Mine")),
        ("overdue", _("Overdue")),
        ("done", _("Done")),
        ("dropped", _("Dropped")),
        ("all", _("All")),
    ]


def _narrowed(rows: ImprovementQuerySet, wanted: str, actor: Actor) -> ImprovementQuerySet:
    if wanted == "open":
        return rows.open()
    if wanted == "mine":
        return rows.open().filter(owner=actor.membership)
    if wanted == "overdue":
        return rows.overdue(_today(actor))
    return rows if wanted == "all" else rows.filter(state=wanted)


def _seen(actor: Actor) -> ImprovementQuerySet:
    return Improvement.objects.visible_to(actor).present()  # type: ignore[no-any-return]


def _found(request: HttpRequest, pk: int) -> Improvement:
    rows = _seen(_actor(request)).select_related("theme", "owner__user")
    return get_object_or_404(rows, pk=pk)  # type: ignore[no-any-return]


def _today(actor: Actor) -> Any:
    return timezone.now().astimezone(ZoneInfo(actor.organization.time_zone)).date()


def _own(actor: Actor) -> int | None:
    return actor.membership.pk if actor.membership is not None else None


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined,no-any-return]
