"""What outreach tells on the pages of segments: the open case of a customer."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.acting import Actor
from outreach.dials import dial_of
from outreach.models import Case
from segments.models import Customer


def open_case(customer: Customer, actor: Actor) -> dict[str, Any] | None:
    """The case that is open, with its clock; None when there is none that this member may see."""
    if not actor.may("case.view"):
        return None
    open_ones = Case.objects.visible_to(actor).open().filter(customer=customer, deleted_at=None)
    case = open_ones.by_the_clock().select_related("owner__user").first()
    if case is None:
        return None
    return {"template": "outreach/parts/open_case.html", "row": dial_of(case, timezone.now())}
