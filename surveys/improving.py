"""Improvements: planned, changed, put away; the team told of them, and saying that they know."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.deleting import delete
from accounts.models import AuditEntry, Deletion, Membership, Unit
from accounts.recording import record
from accounts.roles import role_may
from segments.models import Segment
from surveys.models import Briefing, Improvement, TouchedSegment, TouchedUnit

FACTS = (
    "name", "change", "side", "theme", "fact", "value", "action", "owner", "due_on", "state", "done_on",
    "confidence", "effort", "expected", "briefing", "note",
)  # fmt: skip
MOST_TOUCHED = 200
Facts = dict[str, Any]


class BadImprovement(ValueError):
    """An improvement cannot be kept as it was given: why, in a sentence, and which field is at fault."""

    def __init__(self, field: str, words: str) -> None:
        self.field = field
        super().__init__(words)


def touched_units(improvement: Improvement) -> list[Unit]:
    """As they were chosen, without what lies beneath, in the order of the tree."""
    keys = TouchedUnit.objects.filter(improvement=improvement).values("unit_id")
    return list(Unit.objects.alive().filter(pk__in=keys).in_order())


def touched_segments(improvement: Improvement) -> list[Segment]:
    keys = TouchedSegment.objects.filter(improvement=improvement).values("segment_id")
    return list(Segment.objects.present().filter(pk__in=keys).order_by("name", "pk"))


def branches(units: Iterable[Unit]) -> frozenset[int]:
    """The units and everything beneath them."""
    markers = [f"/{each.pk}/" for each in units]
    if not markers:
        return frozenset()
    every = Unit.objects.alive().values_list("pk", "path")
    return frozenset(pk for pk, path in every if any(marker in path for marker in markers))


@transaction.atomic
def plan(
    *, units: Sequence[Unit] = (), segments: Sequence[Segment] = (), by: Actor, **facts: Any
) -> Improvement:
    """A new improvement of these FACTS (the name at least). Raises BadImprovement."""
    by.require("improvement.edit")
    made = Improvement(**_checked(facts, units, segments, by))
    made.save()
    _touch(made, units, segments)
    audit("improvement.edit", made, by=by, did="created")
    return made


@transaction.atomic
def change(
    improvement: Improvement,
    *,
    units: Sequence[Unit],
    segments: Sequence[Segment],
    revision: int,
    by: Actor,
    **facts: Any,
) -> Improvement:
    """All FACTS as they are to be. Raises Stale when somebody saved since `revision`, and BadImprovement."""
    by.require("improvement.edit")
    checked = _checked(facts, units, segments, by)
    was = {name: getattr(improvement, name) for name in FACTS}
    touched = {each.pk for each in touched_units(improvement)}
    if by.branch_ids is not None and not touched <= set(by.branch_ids):
        raise BadImprovement("units", _("It touches units outside your branch, so you cannot change it."))
    meant = {each.pk for each in touched_segments(improvement)}
    for name, value in checked.items():
        setattr(improvement, name, value)
    improvement.save_revision(revision, by=by, update_fields=list(FACTS))
    _touch(improvement, units, segments)
    changed = [name for name in FACTS if was[name] != getattr(improvement, name)]
    if touched != {each.pk for each in units}:
        changed.append("units")
    if meant != {each.pk for each in segments}:
        changed.append("segments")
    if was["state"] != improvement.state:
        audit("improvement.edit", improvement, by=by, did="moved", was=was["state"], state=improvement.state)
        changed.remove("state")
    if changed:
        audit("improvement.edit", improvement, by=by, did="changed", fields=changed)
    return improvement


@transaction.atomic
def put_away(improvement: Improvement, *, by: Actor) -> Deletion:
    """Off the list; can be taken back for 30 days."""
    by.require("improvement.edit")
    return delete(improvement, by=by, action="improvement.edit")


def frontline(improvement: Improvement) -> list[Membership]:
    """Who is to hear of it: members of the touched units, of what lies beneath them and above them, and, of those
    who belong to no unit, the roles that work in all of them. Without a unit: every such member and every unit's."""
    units = touched_units(improvement)
    near = set(branches(units))
    for each in units:
        near |= {int(step) for step in each.path.split("/") if step}
    members = (
        Membership.objects.filter(organization=improvement.organization, user__is_active=True)
        .select_related("user", "unit")
        .by_name()
    )
    return [
        each
        for each in members
        if (
            role_may(each.role, "improvement.hear")
            if each.unit_id is None
            else not units or each.unit_id in near
        )
    ]


@transaction.atomic
def tell(improvement: Improvement, *, by: Actor, at: dt.datetime | None = None) -> int:
    """Tell the team its briefing: those who do not have these words yet. Returns how many that are.

    Telling twice is telling once; who joined since, and everybody after other words, is told. Raises
    BadImprovement without words, and where it touches nobody's unit.
    """
    by.require("improvement.edit")
    at = at or timezone.now()
    locked: Improvement = Improvement.objects.select_for_update(of=("self",)).get(pk=improvement.pk)
    words = locked.briefing.strip()
    if not words:
        raise BadImprovement("briefing", _("Nobody was told: write what the team is to know first."))
    members = frontline(locked)
    if not members:
        raise BadImprovement("units", _("Nobody was told: no member belongs to what it touches."))
    there = {each.membership_id: each for each in Briefing.objects.filter(improvement=locked)}
    told = 0
    for member in members:
        before = there.get(member.pk)
        if before is None:
            Briefing.objects.create(improvement=locked, membership=member, words=words, told_at=at)
        elif before.words != words:
            before.words, before.times = words, before.times + 1
            before.told_at, before.acknowledged_at = at, None
            before.save(update_fields=["words", "times", "told_at", "acknowledged_at"])
        else:
            continue
        told += 1
    if told:
        audit("improvement.edit", locked, by=by, at=at, did="told", told=told)
        record("improvement.told", locked, at=at, told=told)
    return told


@transaction.atomic
def acknowledge(improvement: Improvement, *, by: Actor, at: dt.datetime | None = None) -> bool:
    """The member says that they know. Saying it twice is saying it once; False for who was not told."""
    if by.membership is None:
        return False
    mine = Briefing.objects.select_for_update(of=("self",)).filter(
        improvement=improvement, membership=by.membership
    )
    briefing = mine.first()
    if briefing is None:
        return False
    if briefing.acknowledged_at is None:
        briefing.acknowledged_at = at or timezone.now()
        briefing.save(update_fields=["acknowledged_at"])
        audit("report.view", improvement, by=by, did="acknowledged")
    return True


def briefings(improvement: Improvement) -> list[Briefing]:
    """Who was told: those first who have not said that they know."""
    found = Briefing.objects.filter(improvement=improvement).select_related("membership__user")
    return sorted(found, key=lambda each: (each.acknowledged_at is not None, each.membership.name.casefold()))


def to_acknowledge(actor: Actor) -> list[Briefing]:
    """What this member was told and has not said to know, newest first."""
    if actor.membership is None:
        return []
    found = Briefing.objects.filter(
        membership=actor.membership, acknowledged_at=None, improvement__deleted_at=None
    )
    return list(found.select_related("improvement").order_by("-told_at", "-pk"))


def of_themes(actor: Actor) -> dict[int, list[Improvement]]:
    """Theme -> the improvements that it led to, as far as this reader sees them, newest first."""
    found: dict[int, list[Improvement]] = {}
    for each in Improvement.objects.visible_to(actor).present().exclude(theme=None).order_by("-pk"):
        found.setdefault(each.theme_id, []).append(each)
    return found


def history(improvement: Improvement) -> list[AuditEntry]:
    """What was done to it, newest first."""
    return list(
        AuditEntry.objects.filter(
            action__in=["improvement.edit", "report.view"],
            subject_type=improvement._meta.label_lower,
            subject=improvement.pk,
        ).newest()[:100]
    )


def hand_on(leaver: Membership, heir: Membership | None, *, by: Actor) -> int:
    """Open improvements of a member who goes, to the heir or to nobody."""
    given = 0
    for each in Improvement.objects.present().open().filter(owner=leaver):
        each.owner = heir
        each.save_revision(each.revision, by=by, update_fields=["owner"])
        audit("improvement.edit", each, by=by, did="handed_over")
        given += 1
    return given


def owned(member: Membership) -> int:
    return Improvement.objects.present().open().filter(owner=member).count()


def _checked(facts: Facts, units: Sequence[Unit], segments: Sequence[Segment], by: Actor) -> Facts:
    found = dict(facts)
    found["name"] = " ".join(str(found.get("name", "")).split())
    if not found["name"]:
        raise BadImprovement("name", _("An improvement has a name."))
    if found.get("state") == Improvement.State.DONE and not found.get("done_on"):
        raise BadImprovement(
            "done_on", _("Say since which day it is done: its effect is counted from that day.")
        )
    if bool(found.get("fact")) != bool(found.get("value")):
        raise BadImprovement("value", _("A group is a fact and one of its values."))
    if len(units) > MOST_TOUCHED or len(segments) > MOST_TOUCHED:
        raise BadImprovement("units", _("It touches more than %(most)s units.") % {"most": MOST_TOUCHED})
    if by.branch_ids is not None and (not units or not {each.pk for each in units} <= set(by.branch_ids)):
        raise BadImprovement("units", _("Choose units of your own branch."))
    return found


def _touch(improvement: Improvement, units: Sequence[Unit], segments: Sequence[Segment]) -> None:
    TouchedUnit.objects.filter(improvement=improvement).exclude(unit__in=[each.pk for each in units]).delete()
    TouchedSegment.objects.filter(improvement=improvement).exclude(
        segment__in=[each.pk for each in segments]
    ).delete()
    for unit in units:
        TouchedUnit.objects.get_or_create(improvement=improvement, unit=unit)
    for segment in segments:
        TouchedSegment.objects.get_or_create(improvement=improvement, segment=segment)
