"""What the engine keeps about itself, and how many messages an organization has begun today."""

from __future__ import annotations

from django.db import models

from accounts.tenancy.models import OrganizationKey, TenantModel


class EngineTick(models.Model):
    """Progress, not a ping: when each kind of process last looked and last sent. Directory: holds no tenant's data."""

    name = models.CharField(max_length=32, primary_key=True)
    looked_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    sent = models.BigIntegerField(default=0)
    fault = models.CharField(
        max_length=300, blank=True, help_text="What keeps it from sending, while something does."
    )

    def __str__(self) -> str:
        return self.name


class Standstill(models.Model):
    """While a row stands here, nothing is sent for anybody: the kill switch, and the state of a restored backup."""

    since = models.DateTimeField(auto_now_add=True)
    reason = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.reason


class SendingDay(TenantModel):
    """How many messages of an organization were claimed on a day of its own: the daily cap, exact under a lock."""

    organization = OrganizationKey()
    day = models.DateField()
    claimed = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "day"], name="sending_day_once")]

    def __str__(self) -> str:
        return f"{self.day}: {self.claimed}"
