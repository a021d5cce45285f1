"""What surveys tell of companies: the score over the last answers of their contacts, and who was asked."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from accounts.acting import Actor
from accounts.modes import counting
from segments.models import Customer
from segments.standing import CompanyAnswers, Standing
from surveys import nps, privacy
from surveys.models import Invitation


def standing(company_ids: Sequence[int], actor: Actor) -> dict[int, Standing]:
    """Each contact counts once, by the last answer, as in the NPS of a segment (telling_segments.score_of).

    Whoever may not read single answers sees no score of too few contacts, nor one from which it would follow.
    """
    asked = _asked().filter(customer=OuterRef("pk"))
    told = (
        _people(actor)
        .filter(company__in=company_ids)
        .annotate(was_asked=Exists(asked))
        .order_by()
        .values("company_id")
        .annotate(
            people=Count("pk"),
            answered=Count("pk", filter=Q(answer_count__gt=0)),
            silent=Count("pk", filter=Q(answer_count=0, was_asked=True)),
            **_CATEGORIES,
        )
    )
    hidden = _hidden(actor)
    return {row["company_id"]: _standing(dict(row), row["company_id"] in hidden) for row in told}


def asked_at(customer_ids: Iterable[int]) -> dict[int, datetime]:
    """When each of these was asked last; who never was is missing."""
    rows = _asked().filter(customer__in=list(customer_ids)).order_by().values("customer_id")
    return {row["customer_id"]: row["last"] for row in rows.annotate(last=Max("issued_at"))}


_CATEGORIES = {
    "detractors": Count("pk", filter=Q(last_score__lte=6)),
    "passives": Count("pk", filter=Q(last_score__in=[7, 8])),
    "promoters": Count("pk", filter=Q(last_score__gte=9)),
}


def _people(actor: Actor) -> QuerySet[Customer]:
    return Customer.objects.present().visible_to(actor).counting(list(counting(actor.organization)))


def _asked() -> QuerySet[Invitation]:
    return Invitation.objects.asked().exclude(source="test")


def _hidden(actor: Actor) -> set[Any]:
    """The companies whose score this reader may not see. People without a company are a group as well: the
    score of everybody less the companies shown would be theirs."""
    if actor.may("response.view"):
        return set()
    rows = _people(actor).filter(last_score__isnull=False).order_by().values("company_id")
    sizes: dict[Hashable, int] = {row["company_id"]: row["n"] for row in rows.annotate(n=Count("pk"))}
    return privacy.hidden(sizes, actor.organization.privacy_threshold)


def _standing(row: dict[str, Any], hidden: bool) -> Standing:
    counts = nps.Counts(row["detractors"], row["passives"], row["promoters"])
    told: dict[str, Any] = {name: row[name] for name in ("people", "answered", "silent")}
    told["never"] = row["people"] - row["answered"] - row["silent"]
    if hidden:
        return Standing(**told, hidden=True)
    value, interval = nps.score(counts), nps.interval(counts)
    if value is not None and interval is not None:
        told |= {"score": value * 100, "low": interval.low * 100, "high": interval.high * 100}
    return Standing(**told, **{name: row[name] for name in _CATEGORIES})


ANSWERS = CompanyAnswers(standing=standing, asked=asked_at)
