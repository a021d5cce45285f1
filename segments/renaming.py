"""Rules say the names of things of upper apps, such as themes and surveys: a rule follows a thing to its new name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.recording import record
from segments import stages
from segments.models import Segment, StagePlan


@transaction.atomic
def follow(field: str, before: str, after: str, *, place: str = "value", by: Actor) -> None:
    """Write `after` wherever a rule names `before` at that word; `place` is its value, or the option of that name.

    Whom a rule finds stays the same, so nobody is told; whoever edits such a rule at the moment is told on saving.
    """
    if before == after:
        return
    for segment in Segment.objects.present().select_for_update(of=("self",)).order_by("pk"):
        rule = _rewritten(segment.rule, field, place, before, after)
        if rule != segment.rule:
            segment.rule = rule
            segment.save_revision(segment.revision, by=by, update_fields=["rule"])
            record("segment.saved", segment)
            audit("segment.edit", segment, by=by, did="changed")
    plan = StagePlan.objects.select_for_update(of=("self",)).first()
    if plan is None:
        return
    kept = [{**one, "rule": _rewritten(one["rule"], field, place, before, after)} for one in plan.stages]
    if kept != plan.stages:
        plan.stages = kept
        plan.save_revision(plan.revision, by=by, update_fields=["stages"])
        audit("stage.edit", plan, by=by, did="changed")


def naming(field: str, name: str, *, place: str = "value") -> list[str]:
    """Whose rules name it, in words: segments and stages."""
    found = [
        _("segment “%(name)s”") % {"name": segment.name}
        for segment in Segment.objects.present().order_by("name")
        if _names(segment.rule, field, place, name)
    ]
    return found + [
        _("stage “%(name)s”") % {"name": stage.name}
        for stage in stages.plan().stages
        if _names(stage.rule, field, place, name)
    ]


def _rewritten(rule: Any, field: str, place: str, before: str, after: str) -> Any:
    def mend(condition: dict[str, Any]) -> dict[str, Any]:
        told = condition.get(place)
        if isinstance(told, list) and before in told:
            return {**condition, place: list(dict.fromkeys(after if one == before else one for one in told))}
        return {**condition, place: after} if told == before else condition

    return _mapped(rule, field, mend)


def _names(rule: Any, field: str, place: str, name: str) -> bool:
    found: list[bool] = []

    def look(condition: dict[str, Any]) -> dict[str, Any]:
        told = condition.get(place)
        found.append(name in told if isinstance(told, list) else told == name)
        return condition

    _mapped(rule, field, look)
    return any(found)


def _mapped(rule: Any, field: str, each: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """The same tree with each condition on that word replaced."""
    if isinstance(rule, list):
        return [_mapped(one, field, each) for one in rule]
    if not isinstance(rule, dict):
        return rule
    if "field" in rule:
        return each(rule) if rule["field"] == field else rule
    return {key: _mapped(value, field, each) for key, value in rule.items()}
