from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.tenancy.models import OrganizationKey, TenantForeignKey, TenantManager, TenantModel


class Version(TenantModel):
    """What was published, as it was: immutable (a trigger refuses changes), for ever readable.

    `definition` holds everything the hosted page needs: locales, questions in order with their
    kinds, texts, branches and settings, thank-you texts and the look (surveys/definition.py).
    """

    organization = OrganizationKey()
    survey = TenantForeignKey(
        "surveys.Survey", on_delete=models.CASCADE, related_name="versions", indexed=False
    )
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    # Key of the one NPS question that counts; empty when the version asks none.
    counting_question = models.CharField(max_length=40, blank=True)
    published_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )

    objects = TenantManager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "survey", "number"], name="version_number_once")
        ]

    def __str__(self) -> str:
        return str(self.number)
