from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import BranchQuerySet, Mode
from accounts.tenancy.fields import ChangeNumber
from accounts.tenancy.models import OrganizationKey, TenantForeignKey, TenantManager, TenantModel
from surveys.nps import Category, category

if TYPE_CHECKING:
    from collections.abc import Iterable

    from surveys.models.survey import Survey


class ResponseQuerySet(BranchQuerySet):
    def of(self, survey: Survey | int) -> ResponseQuerySet:
        return self.filter(survey=survey)

    def counting(self, modes: Iterable[str] = (Mode.LIVE,)) -> ResponseQuerySet:
        """Those that make the score: with a score, of these modes, neither excluded nor set aside."""
        return self.filter(score__isnull=False, mode__in=list(modes), excluded_at=None, set_aside_at=None)

    def between(self, start: dt.datetime | None, end: dt.datetime | None) -> ResponseQuerySet:
        """Answered from `start` (included) to `end` (not included); None leaves that end open."""
        found = self
        if start is not None:
            found = found.filter(answered_at__gte=start)
        if end is not None:
            found = found.filter(answered_at__lt=end)
        return found

    def promoters(self) -> ResponseQuerySet:
        return self.filter(score__gte=9)

    def passives(self) -> ResponseQuerySet:
        return self.filter(score__gte=7, score__lte=8)

    def detractors(self) -> ResponseQuerySet:
        return self.filter(score__lte=6)

    def in_category(self, wanted: str) -> ResponseQuerySet:
        return {
            Category.PROMOTER.value: self.promoters,
            Category.PASSIVE.value: self.passives,
            Category.DETRACTOR.value: self.detractors,
        }[wanted]()

    def with_words(self) -> ResponseQuerySet:
        return self.exclude(comment="")


class Response(TenantModel):
    """What came back from one person, once. It outlives its customer and its invitation.

    Unit, stage, attributes, touchpoint, channel and language are those at the time of the answer: a
    breakdown means "at answer time".
    """

    class State(models.TextChoices):
        PARTIAL = "partial", _("Partial")
        COMPLETE = "complete", _("Complete")

    class Source(models.TextChoices):
        INVITATION = "invitation", _("Invited")
        OPEN = "open", _("Open link")
        API = "api", _("API")
        IMPORT = "import", _("Import")

    # The key to the survey holds the organization too, and its row need not be locked by everybody who answers.
    organization = OrganizationKey(db_constraint=False)
    survey = TenantForeignKey(
        "surveys.Survey", on_delete=models.PROTECT, related_name="responses", indexed=False
    )
    version = TenantForeignKey(
        "surveys.Version", on_delete=models.PROTECT, related_name="responses", indexed=False
    )
    distribution = TenantForeignKey(
        "surveys.Distribution", on_delete=models.SET_NULL, null=True, blank=True, related_name="responses"
    )
    invitation = TenantForeignKey(
        "surveys.Invitation",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="responses",
        indexed=False,
    )
    customer = TenantForeignKey(
        "segments.Customer",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="responses",
        indexed=False,
    )
    anonymous = models.BooleanField(default=False)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.LIVE)
    source = models.CharField(max_length=12, choices=Source, default=Source.INVITATION)
    channel = models.CharField(max_length=20, default="email")
    touchpoint = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=12, blank=True)
    unit = TenantForeignKey(
        "accounts.Unit",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        indexed=False,
    )
    stage = models.CharField(max_length=40, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.COMPLETE)
    # How many pages were sent.
    pages_sent = models.PositiveSmallIntegerField(default=1)
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    # The words that count as the reason; the other texts are answers like any other.
    comment = models.TextField(blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    # When the first page was sent: the time that reports use.
    answered_at = models.DateTimeField(default=timezone.now)
    completed_at = models.DateTimeField(null=True, blank=True)
    # A partial response is told to the others at this time; empty once `response.completed` is recorded.
    settles_at = models.DateTimeField(null=True, blank=True)
    excluded_at = models.DateTimeField(null=True, blank=True)
    excluded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    exclusion_reason = models.CharField(max_length=200, blank=True)
    # Set aside as suspicious: visible, reversible, not counted.
    set_aside_at = models.DateTimeField(null=True, blank=True)
    suspicion = models.CharField(max_length=200, blank=True)
    # The row's key at its source (API, import): the same one twice is the same response.
    external_id = models.CharField(max_length=120, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed = ChangeNumber()

    objects = TenantManager.from_queryset(ResponseQuerySet)()

    class Meta:
        ordering = ["-answered_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "invitation"], name="response_once_per_invitation"
            ),
            models.UniqueConstraint(
                fields=["organization", "survey", "external_id"], name="response_external_id_once"
            ),
            models.CheckConstraint(
                condition=models.Q(score__isnull=True) | models.Q(score__lte=10),
                name="response_score_0_to_10",
            ),
            models.CheckConstraint(
                condition=models.Q(anonymous=False)
                | models.Q(invitation__isnull=True, customer__isnull=True),
                name="response_anonymous_keeps_no_link",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "survey", "answered_at"],
                include=["score", "customer"],
                name="response_of_survey",
            ),
            models.Index(fields=["organization", "answered_at"], include=["score"], name="response_by_time"),
            models.Index(fields=["organization", "customer", "answered_at"], name="response_of_customer"),
            models.Index(
                fields=["organization", "settles_at"],
                condition=models.Q(settles_at__isnull=False),
                name="response_to_settle",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.score}" if self.score is not None else "-"

    def get_absolute_url(self) -> str:
        return reverse("answer_detail", args=[self.organization.slug, self.pk])

    @property
    def category(self) -> Category | None:
        return None if self.score is None else category(self.score)

    def fact(self, name: str) -> Any:
        """Its unit, channel, touchpoint or language; nothing of an anonymous answer, which they would tell apart."""
        return None if self.anonymous else getattr(self, name)

    @property
    def counts(self) -> bool:
        """Whether it is part of the score."""
        return self.score is not None and self.excluded_at is None and self.set_aside_at is None
