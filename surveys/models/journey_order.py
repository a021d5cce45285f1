"""In which order customers meet the business."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Editable
from accounts.tenancy.models import TenantManager, TenantModel, TenantQuerySet


class JourneyOrder(Editable, TenantModel):
    """The touchpoints in the order that the business gave them; those that came later stand behind, by name.

    One row with one revision: two who move touchpoints at once would otherwise make an order that neither meant.
    """

    touchpoints = models.JSONField(default=list)

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = _("order of touchpoints")
        constraints = [models.UniqueConstraint(fields=["organization"], name="one_order_of_touchpoints")]

    def __str__(self) -> str:
        return str(_("The journey"))
