"""Making, changing and copying segments; who uses one."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import opaque
from accounts.acting import Actor
from accounts.auditing import audit
from accounts.deleting import delete
from accounts.models import Deletion
from accounts.recording import record
from segments import compiling, stages
from segments.models import Segment, SegmentFollowing, SegmentMember, SegmentStay
from segments.rules import Group, as_json

OWN = (SegmentMember, SegmentStay, SegmentFollowing)
"""What a segment consists of: these point at it and do not use it."""


class InUse(Exception):
    """The segment cannot go while these use it."""

    def __init__(self, users: list[str]) -> None:
        self.users = users
        super().__init__(_("It is used by %(users)s.") % {"users": ", ".join(users)})


@transaction.atomic
def save(
    segment: Segment | None, *, name: str, description: str, rule: Group, expected: int = 0, by: Actor
) -> Segment:
    """Make or change a segment. Raises Stale, compiling.Unanswerable for a circle, ValidationError for a name."""
    made = segment is None
    segment = segment or Segment(created_by=by.name[:200])
    if not segment.static:
        compiling.check_circle(segment.pk, rule)
        segment.rule = as_json(rule)
    segment.name, segment.description = name.strip(), description.strip()
    segment.validate_constraints()
    if made:
        segment.save()
    else:
        segment.save_revision(expected, by=by)
    record("segment.saved", segment)
    audit("segment.edit", segment, by=by, did="created" if made else "changed")
    return segment


@transaction.atomic
def freeze(segment: Segment, *, by: Actor) -> Segment:
    """A fixed list of those who are in the segment now (as far as the actor sees them)."""
    day = timezone.localdate()
    name = free_name(_("%(name)s, %(day)s") % {"name": segment.name, "day": day.isoformat()})
    frozen = Segment.objects.create(name=name, static=True, created_by=by.name[:200])
    ids = compiling.members(segment).visible_to(by).values_list("pk", flat=True)
    SegmentMember.objects.bulk_create(
        [SegmentMember(segment=frozen, customer_id=pk) for pk in ids], batch_size=5000
    )
    audit("segment.edit", frozen, by=by, did="created")
    return frozen


@transaction.atomic
def copy(segment: Segment, *, by: Actor) -> Segment:
    copied = Segment.objects.create(
        name=free_name(_("%(name)s, copy") % {"name": segment.name}),
        description=segment.description,
        rule=segment.rule,
        static=segment.static,
        created_by=by.name[:200],
    )
    if segment.static:
        listed = SegmentMember.objects.filter(segment=segment).values_list("customer_id", flat=True)
        SegmentMember.objects.bulk_create(
            [SegmentMember(segment=copied, customer_id=pk) for pk in listed], batch_size=5000
        )
    audit("segment.edit", copied, by=by, did="created")
    return copied


def put_away(segment: Segment, *, by: Actor) -> Deletion:
    """Delete for 30 days. Raises InUse, naming who uses it."""
    users = used_by(segment)
    if users:
        raise InUse(users)
    return delete(segment, by=by, action="segment.edit")


def used_by(segment: Segment) -> list[str]:
    """The names of everything that points at it: other segments by their rules, upper apps by their keys."""
    shown = opaque.encode("segment", segment.pk)
    found = [
        _("segment “%(name)s”") % {"name": other.name}
        for other in Segment.objects.present().exclude(pk=segment.pk)
        if _refers(other.rule, shown)
    ]
    found += stages.asking_for(shown)
    for relation in Segment._meta.related_objects:
        if relation.related_model in OWN:
            continue
        users = relation.related_model._default_manager.filter(**{relation.field.name: segment})
        if any(one.name == "deleted_at" for one in relation.related_model._meta.fields):
            users = users.filter(deleted_at=None)
        kind = relation.related_model._meta.verbose_name
        found += [f"{kind} “{user}”" for user in users[:20]]
    return found


def _refers(rule: Any, shown: str) -> bool:
    if isinstance(rule, dict):
        return rule.get("value") == shown or any(_refers(value, shown) for value in rule.values())
    return isinstance(rule, list) and any(_refers(one, shown) for one in rule)


def free_name(name: str) -> str:
    """The name, or with a number behind it where it is taken."""
    taken = set(Segment.objects.present().values_list("name", flat=True))
    candidate, number = name[:120], 2
    while candidate in taken:
        suffix = f" ({number})"
        candidate, number = name[: 120 - len(suffix)] + suffix, number + 1
    return candidate
