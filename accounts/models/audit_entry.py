"""Who did what to what, and when. Append-only: a trigger refuses change and removal."""

from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import OrganizationKey, TenantManager, TenantModel, TenantQuerySet


class AuditEntryQuerySet(TenantQuerySet):
    def newest(self) -> Self:
        return self.order_by("-at", "-id")


class AuditEntry(TenantModel):
    """Holds ids and plain facts only; names are joined when shown, so that an erased name is gone here too."""

    class By(models.TextChoices):
        MEMBER = "member", _("member")
        KEY = "key", _("API key")
        OPERATOR = "operator", _("operator")
        SYSTEM = "system", _("Loopwell")

    # Nothing points to an entry, and the log only grows: one table per month.
    organization = OrganizationKey(partition_by_month="at")
    at = models.DateTimeField(default=timezone.now)
    # A name of the action table (accounts.roles): "survey.publish".
    action = models.CharField(max_length=60)
    actor_kind = models.CharField(max_length=8, choices=By.choices)
    # The user of a member or operator; a number and not a key, so that it outlives the account.
    actor_user = models.BigIntegerField(null=True)
    actor_key = models.BigIntegerField(null=True)
    # The model's label, "surveys.survey", and the row's id.
    subject_type = models.CharField(max_length=60, blank=True)
    subject = models.BigIntegerField(null=True)
    # Ids, counts, choices, and which fields changed; never a name, an address or a sentence of a person.
    details = models.JSONField(default=dict, blank=True)

    objects = TenantManager.from_queryset(AuditEntryQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        indexes = [
            models.Index(fields=["organization", "-at", "-id"], name="audit_newest"),
            models.Index(fields=["organization", "action", "-at"], name="audit_by_action"),
        ]

    def __str__(self) -> str:
        return self.action
