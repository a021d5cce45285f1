"""The automatic follow-up to a person's own answer: relationship class, once per response."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from outreach import sending
from outreach.campaigning import GROUPS
from outreach.models import FollowUp, MessageClass, SendKey
from outreach.sending import Draft
from outreach.templating import answer_facts, freeze
from surveys.models import Response

SEND_BY = timedelta(days=3)
"""A thank-you that comes later than this is worse than none."""


def rules() -> list[FollowUp]:
    """One rule per category, in the order promoters, passives, detractors; made when first looked at."""
    for category in FollowUp.Category.values:
        FollowUp.objects.get_or_create(category=category)
    order = list(FollowUp.Category.values)
    return sorted(FollowUp.objects.select_related("template"), key=lambda rule: order.index(rule.category))


def follow_up(response: Response, *, at: datetime | None = None) -> int | None:
    """Queue the follow-up of this answer, if its category has one switched on. Returns the send key's id."""
    at = at or timezone.now()
    if response.customer is None or response.score is None:
        return None
    category = str(getattr(response.category, "value", response.category))
    rule = FollowUp.objects.switched_on().filter(category=category).select_related("template").first()
    if rule is None or rule.template is None or rule.template.is_deleted:
        return None
    template = rule.template
    marketing = template.message_class == MessageClass.MARKETING
    locale = response.language or response.customer.locale or template.default_locale
    due = at + timedelta(minutes=rule.delay_minutes)
    made = sending.queue(
        [
            Draft(
                key=f"follow-up response {response.pk} email",
                wording=freeze(template, locale=locale),
                origin_kind="followup",
                origin_id=response.pk,
                customer=response.customer_id,
                message_class=MessageClass.MARKETING if marketing else MessageClass.RELATIONSHIP,
                topic="marketing" if marketing else "surveys",
                mode=response.mode,
                due_at=due,
                expires_at=due + SEND_BY,
                # An answer to their own answer stands outside the clock of any contact; an offer does not.
                capped=marketing,
                facts={"answer": answer_facts(response)},
            )
        ],
        at=at,
    )
    return next(iter(made.values()), None)


def sent_to(response: Response) -> SendKey | None:
    """The follow-up of an answer, whatever became of it."""
    return SendKey.objects.of("followup", response.pk).first()


def tally(rule: FollowUp) -> dict[str, int]:
    """What became of the follow-ups of a category in the last 30 days: sent, waiting, skipped, failed, unknown."""
    low, high = {"promoter": (9, 10), "passive": (7, 8), "detractor": (0, 6)}[rule.category]
    since = timezone.now() - timedelta(days=30)
    answered = Response.objects.filter(score__gte=low, score__lte=high, answered_at__gte=since).values("pk")
    found = SendKey.objects.filter(origin_kind="followup", origin_id__in=answered).outcomes()
    return {group: sum(found.get(str(name), 0) for name in names) for group, names in GROUPS.items()}
