"""The stages of the journey: how many are in each, their order, and the rule of one."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.acting import Actor
from accounts.door import member_page
from accounts.models import Stale
from accounts.toasts import toast
from segments import arranging_stages, catalog, compiling, drafting, stages, staging
from segments.arranging_stages import NotArranged
from segments.catalog import Asked, Vocabulary
from segments.compiling import TooSlow, Unanswerable
from segments.drafting import Draft
from segments.models import Customer, StageRun
from segments.rules import Group, RuleError, tell
from segments.stages import Plan, Stage
from segments.views.segments import draft_state, told


@member_page("stage.view")
def stage_list(request: HttpRequest, slug: str) -> HttpResponse:
    """All stages in their order, each with its rule in words and how many are in it."""
    actor: Actor = request.actor
    plan, words = stages.plan(), told(catalog.vocabulary())
    numbers = staging.counts(Customer.objects.present().visible_to(actor))
    everyone = sum(numbers.values())
    rows = [
        {
            "stage": stage,
            "sentence": _sentence(stage, words, last=place == len(plan.stages) - 1),
            "number": numbers.get(stage.key, 0),
            "share": numbers.get(stage.key, 0) / everyone if everyone else None,
            "first": place == 0,
            "last": place == len(plan.stages) - 1,
        }
        for place, stage in enumerate(plan.stages)
    ]
    other = sum(number for key, number in numbers.items() if key and plan.stage(key) is None)
    context = {
        "rows": rows,
        "plan": plan,
        "without": numbers.get("", 0),
        "other": other,
        "everyone": everyone,
        "run": StageRun.objects.first(),
        "may_edit": actor.may("stage.edit"),
        "full": len(plan.stages) >= stages.MOST_STAGES,
    }
    return render(request, "segments/stage_list.html", context)


@member_page("stage.view")
def stage_progress(request: HttpRequest, slug: str) -> HttpResponse:
    """The part of the page that moves while everybody is judged."""
    run = StageRun.objects.first()
    response = render(request, "segments/parts/stage_progress.html", {"run": run})
    if run is None or run.finished_at is not None:
        response["HX-Refresh"] = "true"
    return response


@member_page("stage.edit")
def stage_new(request: HttpRequest, slug: str) -> HttpResponse:
    return _builder(request, slug, stages.plan(), None)


@member_page("stage.view", post="stage.edit")
def stage_edit(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The rule of one stage; for those who may not change it, the same page to read."""
    plan = stages.plan()
    return _builder(request, slug, plan, _stage(plan, key))


@require_POST
@member_page("stage.view")
def stage_try(request: HttpRequest, slug: str) -> HttpResponse:
    """The builder's live part: the rule as it stands in the form, and how everybody would be spread."""
    plan, words = stages.plan(), told(catalog.vocabulary())
    draft = drafting.read_form(request.POST, words)
    stage = plan.stage(request.POST.get("key", ""))
    context = _live(request, draft, words, plan, stage, request.POST.get("name", ""))
    return render(request, "segments/parts/builder.html", context)


@require_POST
@member_page("stage.edit")
def stage_move(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One place up or down: of two rules that hold the upper one wins."""
    plan = stages.plan()
    _stage(plan, key)
    step = -1 if request.POST.get("to") == "up" else 1
    _arrange(request, arranging_stages.moved(plan, key, step), _("The order was changed."))
    return redirect("stage_list", slug)


@require_POST
@member_page("stage.edit")
def stage_remove(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    plan = stages.plan()
    gone = _stage(plan, key)
    left = [one for one in plan.stages if one.key != key]
    _arrange(request, left, _("“%(name)s” is no stage any more.") % {"name": gone.name})
    return redirect("stage_list", slug)


def _arrange(request: HttpRequest, wanted: list[Stage], words: str) -> None:
    try:
        arranging_stages.arrange(wanted, expected=_revision(request), by=request.actor)
    except (Stale, NotArranged, Unanswerable) as refusal:
        toast(request, str(refusal))
    else:
        toast(request, words)


def _builder(request: HttpRequest, slug: str, plan: Plan, stage: Stage | None) -> HttpResponse:
    words = told(catalog.vocabulary())
    status, stale, error, revision = 200, None, "", plan.revision
    name = stage.name if stage is not None else ""
    draft = drafting.of_rule(
        stage.rule if stage is not None else {"all": [{"field": "score", "operator": "at_least"}]}
    )
    if request.method == "POST":
        draft = drafting.read_form(request.POST, words)
        name, revision = request.POST.get("name", "").replace("\x00", ""), _revision(request)
        rule, _trouble = drafting.checked(draft, words)
        if request.POST.get("do", "") == "save":
            status = 422
            if rule is not None:
                try:
                    wanted = _wanted(plan, stage, name, rule)
                    arranging_stages.arrange(wanted, expected=revision, by=request.actor)
                    toast(request, _("Saved. Everybody is judged again now."))
                    return redirect("stage_list", slug)
                except Stale as conflict:
                    stale, status, revision = conflict, 409, plan.revision
                except (NotArranged, Unanswerable, RuleError) as refusal:
                    error = str(refusal)
    context = {
        "stage": stage,
        "name": name,
        "revision": revision,
        "error": error,
        "stale": stale,
        "used_by": arranging_stages.used_by(stage.key) if stage is not None else [],
        **_live(
            request, draft, words, plan, stage, name, untouched=stage is None and request.method != "POST"
        ),
    }
    return render(request, "segments/stage_edit.html", context, status=status)


def _live(
    request: HttpRequest,
    draft: Draft,
    words: Vocabulary,
    plan: Plan,
    stage: Stage | None,
    name: str,
    *,
    untouched: bool = False,
) -> dict[str, Any]:
    """What a draft would mean: the rule by itself, and what it leaves to the other stages."""
    actor: Actor = request.actor
    context = draft_state(request, draft, words, None, untouched=untouched)
    context |= {
        "may_edit": actor.may("stage.edit"),
        "try_url": reverse("stage_try", args=[actor.organization.slug]),
        "spread": [],
    }
    rule, _trouble = drafting.checked(draft, words)
    if rule is None:
        return context
    wanted = _wanted(plan, stage, name or _("the new one"), rule)
    asked = Asked.of(actor.organization)
    seen = compiling.everybody(asked).visible_to(actor)
    try:
        with compiling.patience():
            numbers = staging.spread(Plan(tuple(wanted)), asked, seen)
    except (TooSlow, Unanswerable, RuleError):
        return context
    now = staging.counts(seen)
    mine = stage.key if stage is not None else wanted[0].key
    context["spread"] = [
        {
            "name": one.name,
            "number": numbers.get(one.key, 0),
            "now": now.get(one.key, 0),
            "note": _("this stage") if one.key == mine else "",
        }
        for one in wanted
    ]
    context["most"] = max(numbers.values(), default=0) or 1
    return context


def _wanted(plan: Plan, stage: Stage | None, name: str, rule: Group) -> list[Stage]:
    if stage is None:
        return arranging_stages.with_new(plan, name=name, rule=rule)[0]
    return arranging_stages.with_rule(plan, stage.key, name=name, rule=rule)


def _sentence(stage: Stage, words: Vocabulary, *, last: bool) -> str:
    rule, _trouble = drafting.checked(drafting.of_rule(stage.rule), words)
    if rule is None:
        return _("This rule needs a look.")
    if not rule.members:
        return _("Everybody else.") if last else _("Everybody who is left; the stages below find nobody.")
    return "".join(part.text for part in tell(rule, words, _))


def _stage(plan: Plan, key: str) -> Stage:
    found = plan.stage(key)
    if found is None:
        raise Http404
    return found


def _revision(request: HttpRequest) -> int:
    text = request.POST.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
