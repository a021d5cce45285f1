"""What one app records for the others, in the same transaction as the fact: the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.tenancy.models import OrganizationKey, TenantManager, TenantModel, TenantQuerySet


class NewsQuerySet(TenantQuerySet):
    def waiting(self) -> Self:
        """Not delivered to all its listeners yet, and not set aside."""
        return self.filter(settled_at=None, held_at=None)

    def due(self, at: datetime) -> Self:
        return self.waiting().filter(due_at__lte=at)

    def held(self) -> Self:
        """Set aside after too many failures, for a person to look at and release."""
        return self.exclude(held_at=None).filter(settled_at=None)

    def about(self, subject: models.Model) -> Self:
        return self.filter(subject_kind=subject._meta.model_name, subject_id=subject.pk)


class News(TenantModel):
    """One fact, named `noun.past_participle`. It holds ids and instants only; names are joined when shown.

    News about one subject are told in order. `lane` is a hash of the subject: one relay at a time works on a
    lane, so that a slow listener holds up one eighth of the organization's news and not all of it.
    """

    LANES = 8

    organization = OrganizationKey(partition_by_month="recorded_at")
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    name = models.CharField(max_length=80)
    version = models.PositiveSmallIntegerField(default=1)
    subject_kind = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    facts = models.JSONField(default=dict)
    at = models.DateTimeField()
    lane = models.PositiveSmallIntegerField()

    due_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)
    held_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # Dotted paths of the listeners that have it already: a failure of one does not call the others again.
    told = models.JSONField(default=list)
    # The class of the last error and the line it came from; never its text, which may quote a person.
    fault = models.CharField(max_length=200, blank=True)

    objects = TenantManager.from_queryset(NewsQuerySet)()

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(
                fields=["organization", "lane", "id"],
                condition=Q(settled_at=None, held_at=None),
                name="news_waiting",
            ),
            models.Index(fields=["organization", "subject_kind", "subject_id", "id"], name="news_of_subject"),
            models.Index(
                fields=["organization", "held_at"],
                condition=Q(settled_at=None, held_at__isnull=False),
                name="news_held",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.subject_kind} {self.subject_id}"
