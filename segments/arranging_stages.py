"""Arranging the stages of the journey: their rules, names and order; saving them judges everybody again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts import opaque
from accounts.acting import Actor
from accounts.auditing import audit
from accounts.models import Stale
from segments import compiling, stages, staging
from segments.catalog import vocabulary
from segments.models import Customer, Segment, StagePlan
from segments.models.stage import Why
from segments.rules import Group, as_json, read_rule
from segments.stages import MOST_STAGES, Plan, Stage

KEY = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")
# Words that say in which stage somebody is: a stage that asked for them would chase its own tail.
OF_STAGES = ("stage", "stage_since")


class NotArranged(ValueError):
    """Stages that cannot stand like this; `path` is the place at fault: stages[2].name."""

    def __init__(self, sentence: object, path: str = "stages") -> None:
        self.path = path
        super().__init__(str(sentence))


@transaction.atomic
def arrange(wanted: Sequence[Stage], *, expected: int, by: Actor) -> Plan:
    """Put these stages, in this order, in the place of those that stand. Everybody is judged again.

    Raises Stale if somebody else changed them, NotArranged, RuleError (its path within the rule), and
    compiling.Unanswerable.
    """
    by.require("stage.edit")
    row = _locked()
    before = stages.of_row(row)
    if before.revision != expected:
        raise Stale(str(row.edited_by) if row.edited_by else _("Someone"), row.edited_at, row)
    _check(wanted, before)
    kept = [{**one.as_json(), "rule": as_json(read_rule(one.rule, vocabulary()))} for one in wanted]
    row.stages = kept
    row.save_revision(row.revision, by=by)
    staging.begin(Why.RULES)
    audit("stage.edit", row, by=by, did="changed")
    return stages.of_row(row)


def with_rule(plan: Plan, key: str, *, name: str, rule: Group) -> list[Stage]:
    """The stages with another name and rule of one of them."""
    return [
        replace(one, name=name.strip(), rule=as_json(rule)) if one.key == key else one for one in plan.stages
    ]


def with_new(plan: Plan, *, name: str, rule: Group) -> tuple[list[Stage], str]:
    """The stages with a new one at the head, and its key: behind one that takes everybody it would find nobody."""
    base = slugify(name).replace("-", "_")[:36] or "stage"
    key, number = base, 2
    while plan.stage(key) is not None:
        key, number = f"{base}_{number}", number + 1
    return [Stage(key, name.strip(), as_json(rule)), *plan.stages], key


def moved(plan: Plan, key: str, by_places: int) -> list[Stage]:
    found = list(plan.stages)
    place = next(number for number, one in enumerate(found) if one.key == key)
    one = found.pop(place)
    found.insert(max(place + by_places, 0), one)
    return found


def used_by(key: str) -> list[str]:
    """What would lose its meaning without this stage: segments that ask for it, people who were told to be in it."""
    found = [
        _("segment “%(name)s”") % {"name": segment.name}
        for segment in Segment.objects.present().order_by("name")
        if _asks_for(segment.rule, key)
    ]
    if told := Customer.objects.present().filter(stage_told=True, stage=key).count():
        found.append(_("%(number)d customers whose stage was told") % {"number": told})
    return found


def _locked() -> StagePlan:
    """The row, made where it is missing, so that two who change the shipped stages meet."""
    row, _made = StagePlan.objects.get_or_create(defaults={"stages": [], "revision": 1})
    locked: StagePlan = StagePlan.objects.select_for_update(of=("self",)).get(pk=row.pk)
    return locked


def _check(wanted: Sequence[Stage], before: Plan) -> None:
    if not 1 <= len(wanted) <= MOST_STAGES:
        raise NotArranged(_("There are between 1 and %(most)d stages.") % {"most": MOST_STAGES})
    seen: set[str] = set()
    for number, one in enumerate(wanted):
        path = f"stages[{number}]"
        if not KEY.fullmatch(one.key):
            raise NotArranged(_("A key has small letters, digits and _ only."), f"{path}.key")
        if not one.name.strip() or len(one.name) > 40:
            raise NotArranged(_("Give the stage a name of at most 40 characters."), f"{path}.name")
        names = {one.key.casefold(), one.name.strip().casefold()}
        if names & seen:
            raise NotArranged(_("Two stages have the same name."), f"{path}.name")
        seen |= names
        _check_rule(one.rule, f"{path}.rule")
    keys = {one.key for one in wanted}
    for gone in before.stages:
        if gone.key not in keys and (users := used_by(gone.key)):
            raise NotArranged(
                _("“%(name)s” stays: it is used by %(users)s.")
                % {"name": gone.name, "users": ", ".join(users)}
            )


def _check_rule(raw: dict[str, Any], path: str) -> None:
    rule = read_rule(raw, vocabulary())
    compiling.compile(rule)
    if _speaks_of_stages(rule, set()):
        raise NotArranged(
            _("The rule of a stage cannot ask for the stage, not even by way of a segment."), path
        )


def _speaks_of_stages(rule: Group, been: set[int]) -> bool:
    for condition in rule.conditions():
        if condition.field in OF_STAGES:
            return True
        if condition.field == "segment":
            segment = Segment.objects.filter(pk=opaque.decode("segment", str(condition.value)) or 0).first()
            if segment is not None and segment.pk not in been and not segment.static:
                inner = read_rule(segment.rule or {"all": []}, vocabulary())
                if _speaks_of_stages(inner, {*been, segment.pk}):
                    return True
    return False


def _asks_for(rule: Any, key: str) -> bool:
    if isinstance(rule, dict):
        if rule.get("field") == "stage":
            value = rule.get("value")
            return value == key or (isinstance(value, list) and key in value)
        return any(_asks_for(value, key) for value in rule.values())
    return isinstance(rule, list) and any(_asks_for(one, key) for one in rule)
