from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.tenancy.models import OrganizationKey, TenantManager, TenantModel


class ChannelCost(TenantModel):
    """What it costs the business to ask one person on a channel, in its currency. No row: not entered."""

    organization = OrganizationKey()
    channel = models.CharField(max_length=20)
    per_asked = models.DecimalField(max_digits=10, decimal_places=4)
    entered_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "channel"], name="channel_cost_once"),
            models.CheckConstraint(condition=models.Q(per_asked__gte=0), name="channel_cost_not_below_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.per_asked}"
