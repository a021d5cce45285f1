from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import BranchQuerySet, Mode
from accounts.tenancy.models import (
    OrganizationKey,
    TenantForeignKey,
    TenantManager,
    TenantModel,
)


class InvitationQuerySet(BranchQuerySet):
    def of(self, distribution: object) -> InvitationQuerySet:
        return self.filter(distribution=distribution)

    def asked(self) -> InvitationQuerySet:
        """Those to whom the question went out, or will."""
        return self.exclude(outcome=Invitation.Outcome.SKIPPED)

    def answerable(self) -> InvitationQuerySet:
        """Those whose link may be out: a stop comes too late for a mail that was on its way."""
        return self.exclude(~models.Q(reason="stopped"), outcome=Invitation.Outcome.SKIPPED)

    def waiting(self) -> InvitationQuerySet:
        return self.filter(outcome=Invitation.Outcome.WAITING)


class Invitation(TenantModel):
    """One person being asked once. Those who were not asked have a row too, with the reason.

    The token is derived (accounts.tokens) from organization, id and generation; only its hash is here.
    """

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("Waiting to be sent")
        SENT = "sent", _("Sent")
        SKIPPED = "skipped", _("Not asked")
        FAILED = "failed", _("Could not be delivered")
        UNKNOWN = "unknown", _("Sent, outcome unknown")

    # The key to the distribution holds the organization too, and its row need not be locked by everybody who answers.
    organization = OrganizationKey(db_constraint=False)
    distribution = TenantForeignKey(
        "surveys.Distribution", on_delete=models.CASCADE, related_name="invitations", indexed=False
    )
    customer = TenantForeignKey(
        "segments.Customer",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="invitations",
        indexed=False,
    )
    unit = TenantForeignKey(
        "accounts.Unit",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        indexed=False,
    )
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.LIVE)
    source = models.CharField(max_length=20, default="distribution")
    locale = models.CharField(max_length=12, blank=True)
    generation = models.PositiveSmallIntegerField(default=1)
    # SHA-256 of the token in force; empty for those who were not asked.
    token_hash = models.BinaryField(max_length=32, default=b"", blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.WAITING)
    reason = models.CharField(max_length=60, blank=True)
    issued_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    # The page was fetched: by a person or by a mail scanner, which cannot be told apart.
    opened_at = models.DateTimeField(null=True, blank=True)
    # The first page of answers was sent.
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)

    objects = TenantManager.from_queryset(InvitationQuerySet)()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "distribution", "customer"],
                condition=models.Q(source="distribution"),
                name="invitation_once_per_customer",
            )
        ]
        indexes = [
            models.Index(fields=["organization", "distribution", "outcome"], name="invitation_outcome"),
            models.Index(fields=["organization", "customer", "-issued_at"], name="invitation_of_customer"),
            models.Index(fields=["organization", "issued_at"], name="invitation_issued"),
        ]

    def __str__(self) -> str:
        return f"{self.distribution_id}/{self.pk}"

    def has_expired(self, now: dt.datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now
