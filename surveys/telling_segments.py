"""What surveys tell on the pages of segments: the words of an answer, the NPS of a segment while it is edited."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext

from accounts.acting import Actor
from segments.models import Customer
from segments.timeline import Line
from surveys import nps
from surveys.models import Response


def lines(customer: Customer, actor: Actor) -> list[Line]:
    """The customer's answers with their words; nothing for those who may not read answers."""
    if not actor.may("response.view"):
        return []
    said = (
        Response.objects.visible_to(actor)
        .filter(customer=customer, anonymous=False)
        .select_related("survey")
        .order_by("-answered_at", "-id")[:100]
    )
    return [
        Line(
            each.answered_at,
            gettext("Answered “%(survey)s”") % {"survey": each.survey.name},
            "comment",
            "answer",
            score=each.score,
            quote=each.comment,
            response_id=each.pk,
        )
        for each in said
    ]


def score_of(found: QuerySet[Customer], actor: Actor) -> dict[str, Any]:
    """The NPS of these customers by their last answers, with its interval."""
    totals = found.order_by().aggregate(
        detractors=Count("pk", filter=Q(last_score__lte=6)),
        passives=Count("pk", filter=Q(last_score__in=[7, 8])),
        promoters=Count("pk", filter=Q(last_score__gte=9)),
    )
    counts = nps.Counts(totals["detractors"], totals["passives"], totals["promoters"])
    n = sum(totals.values())
    hidden = not actor.may("response.view") and 0 < n < actor.organization.privacy_threshold
    told: dict[str, Any] = {"template": "surveys/parts/segment_score.html", "n": n, "hidden": hidden}
    if n and not hidden:
        interval = nps.interval(counts)
        value = nps.score(counts)
        assert value is not None and interval is not None
        told |= {"score": value * 100, "low": interval.low * 100, "high": interval.high * 100, **totals}
    return told
