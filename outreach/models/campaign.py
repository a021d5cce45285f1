"""A campaign: one template sent once to everybody in a segment, person by person accounted for."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.editable import Editable
from accounts.tenancy.fields import ChangeNumber
from accounts.tenancy.models import (
    OrganizationKey,
    TenantForeignKey,
    TenantManager,
    TenantModel,
    TenantQuerySet,
)

GRACE = timedelta(seconds=60)
"""After launch nothing is sent for this long, so that a launch can still be taken back whole."""


class CampaignQuerySet(TenantQuerySet):
    def present(self) -> CampaignQuerySet:
        return self.filter(deleted_at=None)

    def running(self) -> CampaignQuerySet:
        return self.filter(state__in=Campaign.RUNNING)

    def due(self, at: datetime) -> CampaignQuerySet:
        """Scheduled ones whose hour has come."""
        return self.filter(state=Campaign.State.SCHEDULED, scheduled_at__lte=at)


class Campaign(Editable, TenantModel):
    """`draft -> scheduled -> sending <-> paused -> finished | stopped`; all counts come from its messages."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        SENDING = "sending", _("Sending")
        PAUSED = "paused", _("Paused")
        STOPPED = "stopped", _("Stopped")
        FINISHED = "finished", _("Finished")

    RUNNING = (State.SENDING, State.PAUSED)

    organization = OrganizationKey()
    name = models.CharField(_("name"), max_length=120)
    template = TenantForeignKey("outreach.Template", on_delete=models.PROTECT, related_name="campaigns")
    segment = TenantForeignKey("segments.Segment", on_delete=models.PROTECT, related_name="campaigns")
    # The improvement that it tells of, to those who raised it.
    improvement = TenantForeignKey(
        "surveys.Improvement", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    sender = TenantForeignKey(
        "outreach.Sender", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    mode = models.CharField(max_length=8, default="live")
    # The words as they were at launch: a later edit of the template changes nothing for those who wait.
    message_class = models.CharField(max_length=16, blank=True)
    content = models.JSONField(default=dict, blank=True)
    scheduled_at = models.DateTimeField(_("send at"), null=True, blank=True)
    launched_at = models.DateTimeField(null=True, blank=True)
    launched_by = TenantForeignKey(
        "accounts.Membership", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    paused_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # Who was chosen is written batch by batch: `chosen_upto` is the last customer looked at, null when all were.
    chosen_upto = models.BigIntegerField(null=True, blank=True)
    audience = models.PositiveIntegerField(null=True, blank=True)
    run = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    changed = ChangeNumber()

    objects = TenantManager.from_queryset(CampaignQuerySet)()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="scheduled") | models.Q(scheduled_at__isnull=False),
                name="campaign_scheduled_has_hour",
            )
        ]
        indexes = [models.Index(fields=["organization", "state"], name="campaign_state")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def is_choosing(self) -> bool:
        """Whether the rows of its people are still being written."""
        return self.state in self.RUNNING and self.chosen_upto is not None

    def may_be_taken_back(self, at: datetime) -> bool:
        """Within the grace of a launch nothing has gone out, so it can become a draft again."""
        if self.state == self.State.SCHEDULED:
            return True
        return self.state in self.RUNNING and self.launched_at is not None and at < self.launched_at + GRACE
