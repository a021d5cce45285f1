"""What asking on a channel costs: a figure that the business enters, and takes away."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from accounts.acting import Actor
from accounts.auditing import audit
from surveys.models import ChannelCost

MOST = Decimal("100000")  # for asking one person
PLACES = 4


@transaction.atomic
def enter(channel: str, per_asked: Decimal | None, *, by: Actor) -> None:
    """`per_asked` in the organization's currency, 0 to MOST with PLACES decimals; None takes the figure away."""
    by.require("channel.cost")
    if per_asked is None:
        ChannelCost.objects.filter(channel=channel).delete()
        audit("channel.cost", by=by, did="removed", channel=channel)
        return
    ChannelCost.objects.update_or_create(
        channel=channel, defaults={"per_asked": per_asked, "entered_at": timezone.now()}
    )
    audit("channel.cost", by=by, did="entered", channel=channel)


def entered() -> dict[str, Decimal]:
    """What was entered, by channel."""
    return dict(ChannelCost.objects.order_by().values_list("channel", "per_asked"))
