"""A case event: one thing that happened in a case, in order, never changed."""

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


class CaseEventQuerySet(TenantQuerySet):
    def in_order(self) -> CaseEventQuerySet:
        return self.order_by("at", "id")


class CaseEvent(TenantModel):
    """Notes, replies and changes of a case; `facts` holds ids and instants only."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("Case opened")
        TAKEN = "taken", _("Taken")
        ASSIGNED = "assigned", _("Given")
        NOTED = "noted", _("Note")
        REPLIED = "replied", _("Written by e-mail")
        CALLED = "called", _("Called")
        ANSWERED = "answered", _("Customer answered")
        WAITING = "waiting", _("Waiting for customer")
        RESUMED = "resumed", _("Clock runs again")
        CLOSED = "closed", _("Closed")
        REOPENED = "reopened", _("Reopened")

    HUMAN_CONTACT = (Kind.REPLIED, Kind.CALLED)

    organization = OrganizationKey()
    case = TenantForeignKey("outreach.Case", on_delete=models.CASCADE, related_name="events", indexed=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField()
    by = TenantForeignKey(
        "accounts.Membership",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        indexed=False,
    )
    by_name = models.CharField(max_length=120, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    facts = models.JSONField(default=dict, blank=True)
    # A reply points to the ledger of send keys, which stays; never to the hot message.
    send_key = TenantForeignKey(
        "outreach.SendKey", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = TenantManager.from_queryset(CaseEventQuerySet)()

    class Meta:
        indexes = [models.Index(fields=["organization", "case", "at"], name="case_event_order")]

    def __str__(self) -> str:
        return f"{self.kind} of case {self.case_id}"
