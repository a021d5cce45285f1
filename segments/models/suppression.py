"""Addresses that may not be written to, whoever they belong to."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import TenantManager, TenantModel, TenantQuerySet
from segments.models.consent import Channel, Purpose


class SuppressionReason(models.TextChoices):
    UNSUBSCRIBED = "unsubscribed", _("unsubscribed")
    BOUNCED = "bounced", _("the address does not exist")
    COMPLAINED = "complained", _("reported as spam")
    MANUAL = "manual", _("entered by a member")
    ERASED = "erased", _("erased at the person's wish")


class SuppressionQuerySet(TenantQuerySet):
    pass


class Suppression(TenantModel):
    """A keyed hash of an address on a channel; an empty purpose stops everything.

    It is a hash so that it can outlive the person's erasure (see segments/addresses.py).
    """

    channel = models.CharField(max_length=10, choices=Channel.choices)
    address_hash = models.BinaryField(max_length=32)
    purpose = models.CharField(
        max_length=12, blank=True, default="", choices=[("", _("everything")), *Purpose.choices]
    )
    reason = models.CharField(max_length=14, choices=SuppressionReason.choices)
    source = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()

    objects = TenantManager.from_queryset(SuppressionQuerySet)()

    class Meta:
        verbose_name = _("suppressed address")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "channel", "address_hash", "purpose"], name="suppression_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.reason}"
