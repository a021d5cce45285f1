"""A follow-up rule: what a promoter, a passive or a detractor is sent after answering, and whether."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.editable import Editable
from accounts.tenancy.models import (
    OrganizationKey,
    TenantForeignKey,
    TenantManager,
    TenantModel,
    TenantQuerySet,
)


class FollowUpQuerySet(TenantQuerySet):
    def switched_on(self) -> FollowUpQuerySet:
        return self.filter(enabled=True, template__isnull=False)


class FollowUp(Editable, TenantModel):
    """One rule per category of answer. A response wakes it once, whatever is edited later."""

    class Category(models.TextChoices):
        PROMOTER = "promoter", _("Promoters, 9 and 10")
        PASSIVE = "passive", _("Passives, 7 and 8")
        DETRACTOR = "detractor", _("Detractors, 0 to 6")

    organization = OrganizationKey()
    category = models.CharField(max_length=10, choices=Category.choices)
    template = TenantForeignKey(
        "outreach.Template", on_delete=models.PROTECT, null=True, blank=True, related_name="follow_ups"
    )
    enabled = models.BooleanField(_("on"), default=False)
    delay_minutes = models.PositiveIntegerField(_("wait, in minutes"), default=10)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager.from_queryset(FollowUpQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "category"], name="follow_up_category_once"),
            models.CheckConstraint(
                condition=models.Q(enabled=False) | models.Q(template__isnull=False),
                name="follow_up_on_has_template",
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_category_display())
