"""The tenant: one business."""

import secrets
from datetime import time
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.editable import Editable
from accounts.models.mode import Mode
from accounts.zones import validate_currency, validate_zone

# Words that are addresses of the site itself, or would be taken for it.
RESERVED_SLUGS = frozenset(
    "admin api app help log-in login mail mailbox new o sign-up static support www".split()
)


def new_salt() -> str:
    """A secret of the organization's own, mixed into its keyed hashes (suppressed addresses, tokens)."""
    return secrets.token_hex(16)


def office_hours() -> dict[str, list[str]]:
    """Monday to Friday, nine to five: {"1": ["09:00", "17:00"], ...}, days as in ISO 8601."""
    return {str(day): ["09:00", "17:00"] for day in range(1, 6)}


class Organization(Editable):
    """Directory row, outside row security: everything else that a business has is inside it."""

    class Kind(models.TextChoices):
        NORMAL = "normal", _("normal")
        DEMO = "demo", _("invented, for looking around")

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("address"), max_length=60, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.NORMAL)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_zone])
    locale = models.CharField(_("language"), max_length=16, default="en")
    currency = models.CharField(_("currency"), max_length=3, default="EUR", validators=[validate_currency])
    postal_address = models.TextField(_("postal address"), blank=True, max_length=500)

    brand_colour = models.CharField(
        _("brand colour"),
        max_length=7,
        default="#14604A",
        validators=[RegexValidator(r"^#[0-9A-Fa-f]{6}$", _("A colour looks like #14604A."))],
    )
    # The id of a StoredFile of this organization; not a key, because the directory points into no tenant.
    logo = models.BigIntegerField(_("logo"), null=True, blank=True)

    business_hours = models.JSONField(_("business hours"), default=office_hours, blank=True)
    quiet_from = models.TimeField(_("quiet from"), default=time(21, 0))
    quiet_to = models.TimeField(_("quiet to"), default=time(8, 0))
    cap_count = models.PositiveSmallIntegerField(
        _("contacts at most"), default=3, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    cap_days = models.PositiveSmallIntegerField(
        _("in days"), default=30, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    survey_gap_days = models.PositiveSmallIntegerField(
        _("days between two surveys"), default=30, validators=[MaxValueValidator(730)]
    )
    privacy_threshold = models.PositiveSmallIntegerField(
        _("smallest group shown"), default=10, validators=[MinValueValidator(5), MaxValueValidator(1000)]
    )
    daily_send_cap = models.PositiveIntegerField(_("messages a day at most"), default=50_000)
    sending_paused_at = models.DateTimeField(null=True, blank=True, editable=False)

    salt = models.CharField(max_length=32, default=new_salt, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        constraints = [
            models.CheckConstraint(
                name="organization_privacy_threshold_at_least_5",
                condition=models.Q(privacy_threshold__gte=5),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/o/{self.slug}/"

    @property
    def mode(self) -> str:
        """The mode of what people write in its pages: demo in a demo organization, else live."""
        return Mode.DEMO.value if self.kind == self.Kind.DEMO else Mode.LIVE.value

    @property
    def is_demo(self) -> bool:
        return self.kind == self.Kind.DEMO

    @property
    def initials(self) -> str:
        words = [word for word in self.name.split() if word[:1].isalnum()]
        return "".join(word[0] for word in words[:2]).upper() or "?"

    @property
    def logo_url(self) -> str:
        """The public address of the logo, for pages and mails; "" without one."""
        if self.logo is None:
            return ""
        from accounts import tokens

        return "/f/" + tokens.derive("file", self.pk, self.logo) + "/"

    def facts(self) -> dict[str, Any]:
        """What the hosted pages and mails show of a business."""
        return {"name": self.name, "postal_address": self.postal_address, "colour": self.brand_colour}
