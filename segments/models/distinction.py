"""Two records that look like one person, and are two."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet


class Distinction(TenantModel):
    """Somebody looked at the pair and said so: it is not offered as a duplicate any more. Taking it back removes it.

    `first` is the record with the smaller number, so that a pair stands here once, whichever way it was looked at.
    """

    first = TenantForeignKey("segments.Customer", on_delete=models.CASCADE, related_name="+", indexed=False)
    second = TenantForeignKey("segments.Customer", on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = _("distinction")
        constraints = [
            models.UniqueConstraint(fields=["organization", "first", "second"], name="told_apart_once"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")), name="told_apart_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} is not {self.second_id}"
