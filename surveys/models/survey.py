from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Editable, LocaleMap
from accounts.tenancy.models import (
    OrganizationKey,
    TenantManager,
    TenantModel,
    TenantQuerySet,
)

if TYPE_CHECKING:
    from surveys.models.question import Question
    from surveys.models.version import Version


class SurveyQuerySet(TenantQuerySet):
    def present(self) -> SurveyQuerySet:
        """Those not deleted."""
        return self.filter(deleted_at=None)

    def kept(self) -> SurveyQuerySet:
        """Neither deleted nor archived: what a list shows first."""
        return self.present().exclude(state=Survey.State.ARCHIVED)

    def live(self) -> SurveyQuerySet:
        return self.present().filter(state=Survey.State.LIVE)


class Survey(Editable, TenantModel):
    """The editable thing: a draft of questions; what was published from it are its versions."""

    class Kind(models.TextChoices):
        RELATIONSHIP = "relationship", _("Relationship")
        TRANSACTIONAL = "transactional", _("After a touchpoint")
        EMPLOYEE = "employee", _("Employees")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", _("Live")
        ARCHIVED = "archived", _("Archived")

    organization = OrganizationKey()
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.RELATIONSHIP)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    default_locale = models.CharField(max_length=12, default="en")
    # Locales besides the default one in which the texts are written.
    locales = models.JSONField(default=list, blank=True)
    touchpoint = models.CharField(max_length=80, blank=True)
    # No link to person or invitation is kept with the answers, and their time is only a day.
    anonymous = models.BooleanField(default=False)
    open_link = models.BooleanField(default=False)
    # A second sending within these days changes the answer; afterwards the link is closed.
    edit_days = models.PositiveSmallIntegerField(default=7)
    thanks_promoter = LocaleMap(blank=True)
    thanks_passive = LocaleMap(blank=True)
    thanks_detractor = LocaleMap(blank=True)
    # Number of the newest version; 0 until the first is published.
    latest_version = models.PositiveIntegerField(default=0)
    # Raised with each change of the draft since the latest version.
    draft_changes = models.PositiveIntegerField(default=0)
    # The Monday of the last week that was looked through for a shift (surveys.watching).
    watched_upto = models.DateField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager.from_queryset(SurveyQuerySet)()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["organization", "-created_at"], name="survey_newest")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("survey_edit", args=[self.organization.slug, self.pk])

    @property
    def every_locale(self) -> list[str]:
        return [self.default_locale, *[code for code in self.locales if code != self.default_locale]]

    @property
    def present_questions(self) -> models.QuerySet[Question]:
        """The questions of the draft as it stands, in their order: without those that were removed."""
        return self.questions.filter(removed_at=None)

    def version(self) -> Version | None:
        """The version that is asked now, or None before the first was published."""
        return self.versions.order_by("-number").first() if self.latest_version else None
