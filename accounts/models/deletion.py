"""A deletion is a row: who put what away, when, and until when it can be taken back."""

from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import TenantManager, TenantModel, TenantQuerySet

UNDO_FOR = timedelta(days=30)


class DeletionQuerySet(TenantQuerySet):
    def standing(self) -> Self:
        return self.filter(restored_at=None, purged_at=None)


class Deletion(TenantModel):
    # The model's label, "surveys.survey", and the row's id.
    subject_type = models.CharField(max_length=60)
    subject = models.BigIntegerField()
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    purge_at = models.DateTimeField()
    restored_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(DeletionQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = _("deletion")
        verbose_name_plural = _("deletions")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "subject_type", "subject"],
                condition=models.Q(restored_at=None, purged_at=None),
                name="deleted_once_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["organization", "purge_at"], name="deletion_due")]

    def __str__(self) -> str:
        return f"{self.subject_type} {self.subject}"
