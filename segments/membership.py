"""Reading who is in a segment since when, who came and who went, as far as a member sees them."""

from __future__ import annotations

from typing import cast

from accounts.acting import Actor
from segments.models import Customer, Reason, Segment, SegmentStay
from segments.models.membership import SegmentStayQuerySet


def stays(segment: Segment, actor: Actor) -> SegmentStayQuerySet:
    """All stays in a segment of the customers that the actor sees."""
    seen = Customer.objects.present().visible_to(actor)
    found = SegmentStay.objects.filter(segment=segment).select_related("customer")
    if actor.branch_ids is not None:
        found = found.filter(customer__in=seen)
    return cast(SegmentStayQuerySet, found.filter(customer__deleted_at=None))


def came(segment: Segment, actor: Actor) -> SegmentStayQuerySet:
    """Those who came, the newest first; whom the rule found when it was made did not come."""
    moved = stays(segment, actor).exclude(entered_why=Reason.RULES)
    return cast(SegmentStayQuerySet, moved.order_by("-entered_at", "-id"))


def went(segment: Segment, actor: Actor) -> SegmentStayQuerySet:
    """Those who left, the last one first."""
    gone = stays(segment, actor).exclude(left_at=None).exclude(left_why=Reason.RULES)
    return cast(SegmentStayQuerySet, gone.order_by("-left_at", "-id"))
