"""Attempts that did not end in plain acceptance, and the log of settled messages: by month, nothing points here."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import OrganizationKey, TenantManager, TenantModel, TenantQuerySet


class AttemptOutcome(models.TextChoices):
    DEFERRED = "deferred", _("Put off by the receiving server")
    REFUSED = "refused", _("Refused by the receiving server")
    UNANSWERED = "unanswered", _("The connection ended before an answer")
    LOST = "lost", _("The process ended before writing")
    UNKNOWN = "unknown", _("The process ended while writing")


class Attempt(TenantModel):
    """A try that did not end in plain acceptance, and what was said.

    A first acceptance needs no row: its start and end stand in the settled message.
    """

    organization = OrganizationKey(partition_by_month="at")
    send_key_id = models.BigIntegerField()
    number = models.BigIntegerField(help_text="The attempt id that fenced it.")
    outcome = models.CharField(max_length=16, choices=AttemptOutcome.choices)
    answer = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta:
        indexes = [models.Index(fields=["organization", "send_key_id"], name="attempt_of_key")]

    def __str__(self) -> str:
        return f"{self.send_key_id} {self.outcome}"


class SettledMessage(TenantModel):
    """What was sent or not: one row per settled message; `id` is the id of its send key."""

    id = models.BigIntegerField(primary_key=True)
    organization = OrganizationKey(partition_by_month="at")
    wording_id = models.BigIntegerField()
    outcome = models.CharField(max_length=16)
    reason = models.CharField(max_length=200, blank=True)
    answer = models.CharField(max_length=300, blank=True)
    possible_duplicate = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    wire_started_at = models.DateTimeField(null=True, blank=True)
    at = models.DateTimeField()

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta:
        indexes = [models.Index(fields=["organization", "at"], name="settled_by_time")]

    def __str__(self) -> str:
        return f"{self.pk} {self.outcome}"
