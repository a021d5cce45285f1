from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Editable, LocaleMap, Mode
from accounts.tenancy.models import (
    OrganizationKey,
    TenantForeignKey,
    TenantManager,
    TenantModel,
    TenantQuerySet,
)


class DistributionQuerySet(TenantQuerySet):
    def present(self) -> DistributionQuerySet:
        return self.filter(deleted_at=None)

    def due(self, now: dt.datetime) -> DistributionQuerySet:
        """Scheduled ones whose time has come, and launches that were interrupted half-way."""
        return self.present().filter(
            models.Q(state=Distribution.State.SCHEDULED, scheduled_at__lte=now)
            | models.Q(state=Distribution.State.LAUNCHING)
        )

    def under_way(self, now: dt.datetime) -> DistributionQuerySet:
        """Mails that are planned, going out, or still to be answered: without those that are over."""
        last_day = models.ExpressionWrapper(
            models.F("launched_at") + models.F("expires_after_days") * models.Value(dt.timedelta(days=1)),
            output_field=models.DateTimeField(),
        )
        begun = self.present().filter(channel=Distribution.Channel.EMAIL).annotate(last_day=last_day)
        return begun.filter(
            models.Q(state__in=[Distribution.State.SCHEDULED, Distribution.State.LAUNCHING])
            | models.Q(state=Distribution.State.RUNNING, last_day__gt=now)
        )


class Distribution(Editable, TenantModel):
    """Who is asked which version, when, over which channel."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        LAUNCHING = "launching", _("Being launched")
        RUNNING = "running", _("Running")
        STOPPED = "stopped", _("Stopped")

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        LINK = "link", _("Link")

    organization = OrganizationKey()
    name = models.CharField(max_length=120)
    survey = TenantForeignKey("surveys.Survey", on_delete=models.PROTECT, related_name="distributions")
    # Chosen at launch: the newest version of that moment.
    version = TenantForeignKey(
        "surveys.Version", on_delete=models.PROTECT, null=True, blank=True, related_name="distributions"
    )
    segment = TenantForeignKey(
        "segments.Segment", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    scheduled_at = models.DateTimeField(null=True, blank=True)
    touchpoint = models.CharField(max_length=80, blank=True)
    subject = LocaleMap(blank=True)
    intro = LocaleMap(blank=True)
    sampling_percent = models.PositiveSmallIntegerField(
        default=100, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    expires_after_days = models.PositiveSmallIntegerField(
        default=30, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    anonymous = models.BooleanField(default=False)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.LIVE)
    # The highest customer id already judged: where an interrupted launch goes on.
    launched_upto = models.BigIntegerField(default=0)
    launched_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager.from_queryset(DistributionQuerySet)()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["organization", "-created_at"], name="distribution_newest"),
            models.Index(
                fields=["organization", "scheduled_at"],
                condition=models.Q(state__in=["scheduled", "launching"]),
                name="distribution_due",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sampling_percent__gte=1, sampling_percent__lte=100),
                name="distribution_sampling_percent",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["running", "launching"]) | models.Q(version__isnull=False),
                name="distribution_runs_a_version",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("distribution_detail", args=[self.organization.slug, self.pk])

    @property
    def is_open(self) -> bool:
        """Whether its invitations may still be answered. Stopping asks nobody new, and takes no link away."""
        return self.deleted_at is None

    @property
    def is_over(self) -> bool:
        """Whether the last day to answer has passed for everybody. An open link has no last day."""
        return (
            self.state == self.State.RUNNING
            and self.channel == self.Channel.EMAIL
            and self.launched_at is not None
            and self.launched_at + dt.timedelta(days=self.expires_after_days) <= timezone.now()
        )
