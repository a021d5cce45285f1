"""What the business calls a feature, and which events say that somebody used it."""

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.editable import Editable
from accounts.tenancy.models import TenantManager, TenantModel, TenantQuerySet

SILENT_DAYS = 30
MOST_DAYS = 730


class Use(models.TextChoices):
    """How somebody stands to a feature: one of three, whoever they are and whenever it is asked."""

    USES = "uses", _("Uses it")
    GAVE_UP = "gave_up", _("Gave it up")
    AVOIDS = "avoids", _("Never used it")


class FeatureQuerySet(TenantQuerySet):
    def present(self) -> "FeatureQuerySet":
        return self.filter(deleted_at=None).order_by("name", "id")


class Feature(Editable, TenantModel):
    """It is used whenever an event of this name comes in: any, or one whose property is there, or has this value.

    Who used it in the last `silent_days` days uses it; who used it before, and not since, gave it up.
    """

    name = models.CharField(_("name"), max_length=80)
    event = models.CharField(_("event"), max_length=80)
    property = models.CharField(_("property"), max_length=60, blank=True)
    value = models.CharField(_("value"), max_length=200, blank=True)
    silent_days = models.PositiveSmallIntegerField(_("days of silence"), default=SILENT_DAYS)
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager.from_queryset(FeatureQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = _("feature")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "event", "property", "value"], name="feature_of_its_events_once"
            ),
            models.CheckConstraint(
                condition=models.Q(value="") | ~models.Q(property=""), name="feature_value_has_a_property"
            ),
            models.CheckConstraint(
                condition=models.Q(silent_days__gte=1, silent_days__lte=MOST_DAYS),
                name="feature_days_of_silence",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def row(self, use: str) -> dict[str, Any]:
        """The row of a rule that finds those who stand so to the feature."""
        options = {"event": self.event}
        if self.property:
            options["property"] = self.property
        if self.value:
            options["equals"] = self.value
        if use == Use.AVOIDS:
            return {"field": "event_count", **options, "operator": "is", "value": 0}
        operator = "within_last" if use == Use.USES else "longer_ago_than"
        return {"field": "event_last", **options, "operator": operator, "value": self.silent_days}
