"""The ledger of send keys."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import (
    OrganizationKey,
    TenantForeignKey,
    TenantManager,
    TenantModel,
    TenantQuerySet,
)


class Outcome(models.TextChoices):
    """What became of a message, once nothing more will."""

    LIVE = "live", _("On its way")
    ACCEPTED = "accepted", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    BOUNCED = "bounced", _("Bounced")
    COMPLAINED = "complained", _("Complained")
    SKIPPED = "skipped", _("Skipped")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Too late")
    AMBIGUOUS = "ambiguous", _("Unknown")


class MessageClass(models.TextChoices):
    """How a message is treated: service ignores caps, topics and quiet hours (docs/engine.md)."""

    SERVICE = "service", _("Service")
    RELATIONSHIP = "relationship", _("Relationship")
    MARKETING = "marketing", _("Marketing")


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")


class SendKeyQuerySet(TenantQuerySet):
    def of(self, origin_kind: str, *origin_ids: int) -> SendKeyQuerySet:
        return self.filter(origin_kind=origin_kind, origin_id__in=origin_ids)

    def live(self) -> SendKeyQuerySet:
        return self.filter(outcome=Outcome.LIVE)

    def settled(self) -> SendKeyQuerySet:
        return self.exclude(outcome=Outcome.LIVE)

    def outcomes(self) -> dict[str, int]:
        """Outcome -> how many; derived, never counted up."""
        rows = self.order_by().values("outcome").annotate(n=models.Count("id"))
        return {row["outcome"]: row["n"] for row in rows}


class SendKey(TenantModel):
    """The lasting barrier against doubles: one narrow row per message ever made.

    Everything that speaks of a message points here; the hot row (`Message`) has the same id and goes.
    """

    organization = OrganizationKey()
    key = models.CharField(max_length=200)
    customer = TenantForeignKey("segments.Customer", on_delete=models.SET_NULL, null=True, blank=True)
    channel = models.CharField(max_length=16, choices=Channel.choices, default=Channel.EMAIL)
    message_class = models.CharField(max_length=16, choices=MessageClass.choices)
    topic = models.CharField(max_length=32)
    mode = models.CharField(max_length=16, default="live")
    origin_kind = models.CharField(max_length=24)
    origin_id = models.BigIntegerField()
    outcome = models.CharField(max_length=16, choices=Outcome.choices, default=Outcome.LIVE)
    reason = models.CharField(max_length=200, blank=True)
    possible_duplicate = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = TenantManager.from_queryset(SendKeyQuerySet)()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "key"], name="send_key_once")]
        indexes = [models.Index(fields=["organization", "origin_kind", "origin_id"], name="send_key_origin")]

    def __str__(self) -> str:
        return self.key
