"""The customer's employer, in business between businesses."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.editable import Editable
from accounts.models.mode import Mode
from accounts.tenancy.fields import ChangeNumber
from accounts.tenancy.models import TenantManager, TenantModel, TenantQuerySet
from segments.models.fields import KnownZone


class CompanyQuerySet(TenantQuerySet):
    def present(self) -> "CompanyQuerySet":
        return self.filter(deleted_at=None)

    def named_like(self, text: str) -> "CompanyQuerySet":
        return self.filter(name__icontains=text)


class Company(Editable, TenantModel):
    """A business that customers work for; its time zone stands in where theirs is unknown."""

    name = models.CharField(_("name"), max_length=200)
    domain = models.CharField(_("web domain"), max_length=253, blank=True)
    external_id = models.CharField(_("external id"), max_length=200, blank=True)
    industry = models.CharField(_("industry"), max_length=120, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.LIVE)
    source = models.CharField(max_length=40, default="page")
    changed = ChangeNumber()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager.from_queryset(CompanyQuerySet)()

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "external_id"],
                condition=~models.Q(external_id=""),
                name="company_external_id_once",
            ),
            models.CheckConstraint(condition=KnownZone("time_zone"), name="company_zone_known"),
        ]
        indexes = [
            models.Index(fields=["organization", "name"], name="company_by_name"),
        ]

    def __str__(self) -> str:
        return self.name
