from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import (
    OrganizationKey,
    TenantForeignKey,
    TenantManager,
    TenantModel,
    TenantOneToOneField,
)


class Appearance(TenantModel):
    """The look of one survey. What is left empty is the organization's own brand."""

    organization = OrganizationKey()
    survey = TenantOneToOneField("surveys.Survey", on_delete=models.CASCADE, related_name="appearance")
    brand_colour = models.CharField(
        max_length=7,
        blank=True,
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", _("A colour is written #5A2A4B."))],
    )
    logo = TenantForeignKey(
        "accounts.StoredFile", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    show_name = models.BooleanField(default=True)

    objects = TenantManager()

    def __str__(self) -> str:
        return self.brand_colour
