"""An address that other software sends to, and what it sent."""

from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.acting import Actor
from accounts.models.editable import Editable
from accounts.models.mode import Mode
from accounts.tenancy.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet


class InboundWebhookQuerySet(TenantQuerySet):
    def present(self) -> "InboundWebhookQuerySet":
        return self.filter(deleted_at=None)

    def visible_to(self, actor: Actor) -> "InboundWebhookQuerySet":
        """What comes in may be about anybody: whoever is kept to a branch sees none."""
        return self if actor.branch_ids is None else self.none()


class InboundWebhook(Editable, TenantModel):
    """One address for one sender. `mapping` is target -> JSON path, or "=" and a text that is always the same.

    Raising `generation` makes another address and another secret, and ends the ones before.
    """

    class Signing(models.TextChoices):
        NONE = "", _("none: the address is the secret")
        STANDARD = "standard", _("Standard Webhooks (webhook-signature)")
        HMAC = "hmac", _("HMAC-SHA256 of the body, hexadecimal, in a header")

    name = models.CharField(_("name"), max_length=120)
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.LIVE)
    signing = models.CharField(max_length=10, choices=Signing.choices, default="", blank=True)
    header = models.CharField(max_length=80, blank=True, default="X-Signature")
    mapping = models.JSONField(default=dict, blank=True)
    generation = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager.from_queryset(InboundWebhookQuerySet)()

    class Meta:
        verbose_name = _("inbound webhook")
        verbose_name_plural = _("inbound webhooks")

    def __str__(self) -> str:
        return self.name


class InboundDeliveryQuerySet(TenantQuerySet):
    def of(self, webhook: InboundWebhook) -> "InboundDeliveryQuerySet":
        return self.filter(webhook=webhook).order_by("-received_at", "-id")

    def before(self, at: datetime) -> "InboundDeliveryQuerySet":
        return self.filter(received_at__lt=at)


class InboundDelivery(TenantModel):
    """One body that came. `key` is what says that the same one came again; the body is kept for a time only."""

    class Outcome(models.TextChoices):
        RECORDED = "recorded", _("recorded")
        REFUSED = "refused", _("refused")
        KEPT = "kept", _("kept: there is no mapping yet")

    webhook = TenantForeignKey(InboundWebhook, on_delete=models.CASCADE, related_name="deliveries")
    key = models.CharField(max_length=64)
    received_at = models.DateTimeField(default=timezone.now)
    body = models.TextField(blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.KEPT)
    path = models.CharField(max_length=200, blank=True)
    message = models.CharField(max_length=300, blank=True)
    repeats = models.PositiveIntegerField(default=0)
    customer_id = models.BigIntegerField(null=True)

    objects = TenantManager.from_queryset(InboundDeliveryQuerySet)()

    class Meta:
        verbose_name = _("delivery")
        constraints = [
            models.UniqueConstraint(fields=["organization", "webhook", "key"], name="inbound_delivery_once")
        ]
        indexes = [
            models.Index(fields=["organization", "webhook", "-received_at"], name="inbound_newest"),
            models.Index(
                fields=["organization", "customer_id"],
                name="inbound_of_customer",
                condition=models.Q(customer_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.webhook} {self.received_at:%Y-%m-%d %H:%M}"
