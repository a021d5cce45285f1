"""The customer's employer, in business between businesses."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.editable import Editable
from accounts.models.mode import Mode
from accounts.tenancy.fields import ChangeNumber
from accounts.tenancy.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet
from segments.models.fields import KnownZone


class CompanyQuerySet(TenantQuerySet):
    def present(self) -> "CompanyQuerySet":
        return self.filter(deleted_at=None)

    def named_like(self, text: str) -> "CompanyQuerySet":
        return self.filter(name__icontains=text)

    def owned_by(self, membership: Any) -> "CompanyQuerySet":
        return self.filter(owner=membership)


class Company(Editable, TenantModel):
    """A business that customers work for; its time zone stands in where theirs is unknown."""

    name = models.CharField(_("name"), max_length=200)
    domain = models.CharField(_("web domain"), max_length=253, blank=True)
    external_id = models.CharField(_("external id"), max_length=200, blank=True)
    industry = models.CharField(_("industry"), max_length=120, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    # The member of the business who answers for it.
    owner = TenantForeignKey(
        "accounts.Membership",
        verbose_name=_("account owner"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="companies",
        indexed=False,
    )
    # What it pays in a year, as the business tells it; amounts of its people's events are not counted in.
    revenue = models.DecimalField(_("revenue a year"), max_digits=18, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True, default="", db_default="")
    renewal_date = models.DateField(_("renewal date"), null=True, blank=True)
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
            models.CheckConstraint(
                condition=models.Q(revenue=None) | ~models.Q(currency=""),
                name="company_revenue_in_a_currency",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "name"], name="company_by_name"),
            models.Index(
                fields=["organization", "owner"],
                name="company_by_owner",
                condition=models.Q(owner__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name
