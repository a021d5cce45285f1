"""An alert: one member is told once that one customer is unhappy, or that something is done differently."""

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


class AlertQuerySet(TenantQuerySet):
    def of(self, membership: models.Model) -> AlertQuerySet:
        return self.filter(membership=membership)

    def standing(self) -> AlertQuerySet:
        """Without those of improvements that were put away."""
        return self.filter(improvement__deleted_at=None)

    def unread(self) -> AlertQuerySet:
        return self.filter(read_at=None)


class Alert(TenantModel):
    """A row per member, so that reading is one's own affair. In the app it is exactly once, by constraint."""

    class Kind(models.TextChoices):
        DETRACTOR = "detractor", _("An unhappy customer")
        CASE_LATE = "case_late", _("A case is late")
        CASE_GIVEN = "case_given", _("A case was given to you")
        IMPROVEMENT = "improvement", _("Something is done differently")

    organization = OrganizationKey()
    membership = TenantForeignKey(
        "accounts.Membership", on_delete=models.CASCADE, related_name="alerts", indexed=False
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    # What it is about; alerts outlive neither the response nor the case nor the improvement.
    response = TenantForeignKey(
        "surveys.Response", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    case = TenantForeignKey(
        "outreach.Case", on_delete=models.CASCADE, null=True, blank=True, related_name="alerts"
    )
    improvement = TenantForeignKey(
        "surveys.Improvement", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    occasion = models.CharField(max_length=60)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    mailed = models.BooleanField(default=False)

    objects = TenantManager.from_queryset(AlertQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "membership", "kind", "occasion"], name="alert_once_per_member"
            )
        ]
        indexes = [
            models.Index(fields=["organization", "membership", "-at"], name="alert_of_member"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.occasion}"
