from __future__ import annotations

from django.conf import settings
from django.db import models

from accounts.tenancy.models import OrganizationKey, TenantForeignKey, TenantManager, TenantModel


class ResponseEdit(TenantModel):
    """What a response said before it was changed: one row per change, never altered."""

    organization = OrganizationKey()
    response = TenantForeignKey(
        "surveys.Response", on_delete=models.CASCADE, related_name="edits", indexed=False
    )
    at = models.DateTimeField()
    # Empty when the respondent sent the form again.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    # {"score": 3, "comment": "...", "answers": {"key": {...}}} as it was before.
    before = models.JSONField()

    objects = TenantManager()

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["organization", "response", "at"], name="response_edit_in_order")]

    def __str__(self) -> str:
        return f"{self.response_id} {self.at:%Y-%m-%d}"
