from __future__ import annotations

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Editable
from accounts.tenancy.models import OrganizationKey, TenantManager, TenantModel, TenantQuerySet


class BenchmarkQuerySet(TenantQuerySet):
    def present(self) -> BenchmarkQuerySet:
        """Those not put away."""
        return self.filter(deleted_at=None)


class Benchmark(Editable, TenantModel):
    """A score that somebody outside published, with where it stands, of which year, and how it was found."""

    organization = OrganizationKey()
    whose = models.CharField(_("whose score"), max_length=120)
    score = models.DecimalField(_("score"), max_digits=4, decimal_places=1)
    year = models.PositiveSmallIntegerField(_("year"))
    source = models.CharField(_("source"), max_length=200)
    link = models.URLField(_("link"), max_length=500, blank=True)
    method = models.CharField(_("method"), max_length=300)
    people = models.PositiveIntegerField(_("people asked"), null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager.from_queryset(BenchmarkQuerySet)()

    class Meta:
        ordering = ["-year", "whose", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(score__range=(-100, 100)), name="benchmark_on_the_scale"
            )
        ]

    def __str__(self) -> str:
        return f"{self.whose}, {self.year}"

    def get_absolute_url(self) -> str:
        return reverse("benchmark_detail", args=[self.organization.slug, self.pk])
