"""The hot table: messages that are still on their way."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import OrganizationKey, TenantManager, TenantModel, TenantQuerySet
from outreach.models.send_key import Channel, MessageClass


class MessageState(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    PAUSED = "paused", _("Paused")
    SENDING = "sending", _("Being sent")
    AMBIGUOUS = "ambiguous", _("Unknown")


class MessageQuerySet(TenantQuerySet):
    def of(self, origin_kind: str, *origin_ids: int) -> MessageQuerySet:
        return self.filter(origin_kind=origin_kind, origin_id__in=origin_ids)

    def waiting(self) -> MessageQuerySet:
        return self.filter(state__in=[MessageState.QUEUED, MessageState.PAUSED])

    def held(self) -> MessageQuerySet:
        """Waiting for a reason (quiet hours, a cap, a retry...): `reason` says why, `due_at` until when."""
        return self.filter(state=MessageState.QUEUED).exclude(reason="")


class Message(TenantModel):
    """One thing to be sent to one person on one channel, once: only while it lives (docs/engine.md).

    `id` is the id of its send key, where the outcome will stand. Written by outreach/sending.py alone.
    `reason` says why the row waits; `answer` is what the last attempt was told; `possible_duplicate` is
    never cleared. Customer and wording are plain ids: this table is written five times a message, and an index
    for each key would be written as often.
    """

    id = models.BigIntegerField(primary_key=True)
    organization = OrganizationKey()
    state = models.CharField(max_length=16, choices=MessageState.choices, default=MessageState.QUEUED)
    reason = models.CharField(max_length=200, blank=True, default="")
    answer = models.CharField(max_length=300, blank=True, default="")
    possible_duplicate = models.BooleanField(default=False)

    due_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    urgent = models.BooleanField(default=False)
    # What holds it back: the clock of any contact, the clock between surveys, the hours of the night.
    capped = models.BooleanField(default=True)
    gapped = models.BooleanField(default=False)
    quiet = models.BooleanField(default=True)

    attempt = models.BigIntegerField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    wire_started_at = models.DateTimeField(null=True, blank=True)

    wording_id = models.BigIntegerField()
    customer_id = models.BigIntegerField(null=True, blank=True)
    address = models.CharField(max_length=320, blank=True, default="")
    channel = models.CharField(max_length=16, choices=Channel.choices, default=Channel.EMAIL)
    message_class = models.CharField(max_length=16, choices=MessageClass.choices)
    topic = models.CharField(max_length=32)
    mode = models.CharField(max_length=16, default="live")
    origin_kind = models.CharField(max_length=24)
    origin_id = models.BigIntegerField()
    facts = models.JSONField(default=dict)

    objects = TenantManager.from_queryset(MessageQuerySet)()

    class Meta:
        indexes = [
            models.Index(
                fields=["organization", "urgent", "due_at", "id"],
                condition=Q(state="queued"),
                name="message_due",
            ),
            models.Index(
                fields=["organization", "lease_until"],
                condition=Q(state__in=["sending", "ambiguous"]),
                name="message_lease",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin_kind} {self.origin_id}"
