"""Improvements: changes that the business makes because of answers, what they touch, and who was told of them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Editable
from accounts.tenancy.models import (
    OrganizationKey,
    TenantForeignKey,
    TenantManager,
    TenantModel,
    TenantQuerySet,
)

if TYPE_CHECKING:
    from accounts.acting import Actor


class ImprovementQuerySet(TenantQuerySet):
    def present(self) -> ImprovementQuerySet:
        """Those not put away."""
        return self.filter(deleted_at=None)

    def open(self) -> ImprovementQuerySet:
        return self.filter(state__in=[Improvement.State.PLANNED, Improvement.State.WORKING])

    def overdue(self, today: dt.date) -> ImprovementQuerySet:
        return self.open().filter(due_on__lt=today)

    def visible_to(self, actor: Actor) -> ImprovementQuerySet:
        """For a branch: what touches a unit of the branch or one above it, and what touches no unit."""
        branch = actor.branch_ids
        if branch is None or actor.branch is None:
            return self
        near = {*branch, *(int(each) for each in actor.branch.path.split("/") if each)}
        touched = TouchedUnit.objects.order_by()
        return self.filter(
            models.Q(pk__in=touched.filter(unit_id__in=near).values("improvement_id"))
            | ~models.Q(pk__in=touched.values("improvement_id"))
        )


class Improvement(Editable, TenantModel):
    """A pain point or a strength, and what is done about it: by whom, until when, where.

    What it is about is a theme, or a group of a breakdown (`fact` a dimension's key, `value` of it), or neither.
    """

    class Side(models.TextChoices):
        PAIN = "pain", _("Pain point")
        STRENGTH = "strength", _("Strength")

    class Action(models.TextChoices):
        PROCESS = "process", _("Process")
        TRAINING = "training", _("Staff training")
        QUALITY = "quality", _("Quality control")
        TECHNOLOGY = "technology", _("Technology")
        STOCK = "stock", _("Stock")

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        WORKING = "working", _("Being worked on")
        DONE = "done", _("Done")
        DROPPED = "dropped", _("Dropped")

    class Confidence(models.TextChoices):
        HIGH = "high", _("High")
        MEDIUM = "medium", _("Medium")
        LOW = "low", _("Low")

    organization = OrganizationKey()
    name = models.CharField(max_length=120)
    change = models.TextField(max_length=2000, blank=True)
    side = models.CharField(max_length=8, choices=Side, default=Side.PAIN)
    theme = TenantForeignKey(
        "surveys.Theme", on_delete=models.SET_NULL, null=True, blank=True, related_name="improvements"
    )
    fact = models.CharField(max_length=80, blank=True)
    value = models.CharField(max_length=200, blank=True)
    action = models.CharField(max_length=10, choices=Action, default=Action.PROCESS)
    owner = TenantForeignKey(
        "accounts.Membership",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        indexed=False,
    )
    due_on = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.PLANNED)
    # The first day on which customers met the change: what its effect is counted from.
    done_on = models.DateField(null=True, blank=True)
    # How sure people are that it helps, how many days of work it takes, and what they expect where counts say
    # nothing (points per person reached).
    confidence = models.CharField(max_length=8, choices=Confidence, default=Confidence.MEDIUM)
    effort = models.PositiveSmallIntegerField(default=5)
    expected = models.PositiveSmallIntegerField(null=True, blank=True)
    # What the team is told.
    briefing = models.TextField(max_length=2000, blank=True)
    # What customers who raised it are told: "you said, we did".
    note = models.TextField(max_length=2000, blank=True, default="", db_default="")
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager.from_queryset(ImprovementQuerySet)()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("improvement")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="done") | models.Q(done_on__isnull=False),
                name="improvement_done_has_day",
            ),
            models.CheckConstraint(
                condition=models.Q(effort__gte=1, effort__lte=1000), name="improvement_effort_1_to_1000"
            ),
            models.CheckConstraint(
                condition=models.Q(expected__isnull=True) | models.Q(expected__gte=1, expected__lte=200),
                name="improvement_expected_1_to_200",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("improvement_detail", args=[self.organization.slug, self.pk])

    def is_overdue(self, today: dt.date) -> bool:
        return (
            self.state in (self.State.PLANNED, self.State.WORKING)
            and self.due_on is not None
            and self.due_on < today
        )


class TouchedUnit(TenantModel):
    """An improvement changes something in a unit, and with it in everything beneath."""

    organization = OrganizationKey()
    improvement = TenantForeignKey(
        "surveys.Improvement", on_delete=models.CASCADE, related_name="touched_units", indexed=False
    )
    unit = TenantForeignKey("accounts.Unit", on_delete=models.CASCADE, related_name="+", indexed=False)

    objects = TenantManager()

    class Meta:
        verbose_name = _("improvement")
        constraints = [
            models.UniqueConstraint(fields=["organization", "improvement", "unit"], name="touched_unit_once")
        ]
        indexes = [models.Index(fields=["organization", "unit"], name="improvement_of_unit")]

    def __str__(self) -> str:
        return str(self.improvement)


class TouchedSegment(TenantModel):
    """An improvement is for the customers of a segment."""

    organization = OrganizationKey()
    improvement = TenantForeignKey(
        "surveys.Improvement", on_delete=models.CASCADE, related_name="touched_segments", indexed=False
    )
    segment = TenantForeignKey("segments.Segment", on_delete=models.CASCADE, related_name="+", indexed=False)

    objects = TenantManager()

    class Meta:
        verbose_name = _("improvement")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "improvement", "segment"], name="touched_segment_once"
            )
        ]
        indexes = [models.Index(fields=["organization", "segment"], name="improvement_of_segment")]

    def __str__(self) -> str:
        return str(self.improvement)


class Briefing(TenantModel):
    """One member was told of an improvement, in these words, and has or has not said that they know.

    Other words are told anew: `times` rises, and they say it again.
    """

    organization = OrganizationKey()
    improvement = TenantForeignKey(
        "surveys.Improvement", on_delete=models.CASCADE, related_name="briefings", indexed=False
    )
    membership = TenantForeignKey(
        "accounts.Membership", on_delete=models.CASCADE, related_name="+", indexed=False
    )
    words = models.TextField(max_length=2000)
    times = models.PositiveSmallIntegerField(default=1)
    told_at = models.DateTimeField(default=timezone.now)
    acknowledged_at = models.DateTimeField(null=True, blank=True)

    objects = TenantManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "improvement", "membership"], name="briefed_once")
        ]
        indexes = [
            models.Index(
                fields=["organization", "membership"],
                condition=models.Q(acknowledged_at__isnull=True),
                name="briefing_to_acknowledge",
            )
        ]

    def __str__(self) -> str:
        return f"{self.improvement_id} to {self.membership_id}"
