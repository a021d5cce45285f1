"""What surveys add when two records of one person become one."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts import modes
from accounts.models import Organization
from accounts.tenancy.context import current_organization_id
from segments.merge_parts import Overwrite, Part
from surveys.models import Invitation, Response


def _prepare(survivor_id: int, absorbed_id: int) -> list[Overwrite]:
    """Both were asked in the same distribution: the second invitation moves too, as one that came by a merge."""
    asked = Invitation.objects.filter(customer=survivor_id, source="distribution").values("distribution")
    twice = Invitation.objects.filter(
        customer=absorbed_id, source="distribution", distribution__in=asked
    ).values_list("pk", flat=True)
    return [Overwrite("surveys.Invitation", pk, {"source": "merge"}) for pk in twice]


def _scores(customer_id: int) -> list[int]:
    """The two latest scores that count for a customer's facts, newest first."""
    organization = Organization.objects.get(pk=current_organization_id())
    found = Response.objects.filter(
        customer=customer_id, score__isnull=False, mode__in=modes.counting(organization)
    )
    newest = found.order_by("-answered_at", "-id").values_list("score", flat=True)[:2]
    return [score for score in newest if score is not None]


PART = Part(
    prepare=_prepare,
    scores=_scores,
    counted={"surveys.Response": _("answers"), "surveys.Invitation": _("invitations")},
)
