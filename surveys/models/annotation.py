from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import models
from django.urls import reverse
from django.utils import timezone

from accounts.models import Editable
from accounts.tenancy.models import (
    OrganizationKey,
    TenantForeignKey,
    TenantManager,
    TenantModel,
    TenantQuerySet,
)

if TYPE_CHECKING:
    from surveys.models.survey import Survey


class AnnotationQuerySet(TenantQuerySet):
    def present(self) -> AnnotationQuerySet:
        """Those not put away."""
        return self.filter(deleted_at=None)

    def about(self, survey: Survey | None) -> AnnotationQuerySet:
        """What stands on the line of a survey: its own notes, and those about all. Without one: every note."""
        if survey is None:
            return self
        return self.filter(models.Q(survey=survey) | models.Q(survey=None))

    def between(self, first: dt.date, last: dt.date) -> AnnotationQuerySet:
        """Of these days, both included."""
        return self.filter(day__gte=first, day__lte=last)


class Annotation(Editable, TenantModel):
    """Something that happened on a day of the organization and may explain a line: “new store layout”."""

    organization = OrganizationKey()
    # None: about every survey.
    survey = TenantForeignKey(
        "surveys.Survey", on_delete=models.CASCADE, null=True, blank=True, related_name="annotations"
    )
    day = models.DateField()
    words = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager.from_queryset(AnnotationQuerySet)()

    class Meta:
        ordering = ["-day", "-id"]
        indexes = [models.Index(fields=["organization", "day"], name="annotation_by_day")]

    def __str__(self) -> str:
        return self.words

    def get_absolute_url(self) -> str:
        return reverse("annotation_detail", args=[self.organization.slug, self.pk])
