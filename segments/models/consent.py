"""What a customer allows, per channel and purpose, and how we know."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet


class Channel(models.TextChoices):
    EMAIL = "email", _("e-mail")
    SMS = "sms", _("SMS")
    IN_APP = "in_app", _("in the app")


class Purpose(models.TextChoices):
    SERVICE = "service", _("answers in a case")
    SURVEYS = "surveys", _("surveys")
    MARKETING = "marketing", _("offers and news")
    PROFILING = "profiling", _("profiling")


# Where nothing is recorded: service and surveys are allowed, marketing and profiling are not (engine.md).
ALLOWED_WITHOUT_A_WORD = {
    Purpose.SERVICE: True,
    Purpose.SURVEYS: True,
    Purpose.MARKETING: False,
    Purpose.PROFILING: False,
}

# A consent with this channel holds for every channel that has none of its own.
ANY_CHANNEL = "any"

CONSENT_CHANNELS = [(ANY_CHANNEL, _("any channel")), *Channel.choices]


class ConsentQuerySet(TenantQuerySet):
    def of(self, customer_id: int) -> "ConsentQuerySet":
        return self.filter(customer_id=customer_id)


class Consent(TenantModel):
    """What holds now. Each change is also a ConsentChange, which stays."""

    customer = TenantForeignKey(
        "segments.Customer", on_delete=models.CASCADE, related_name="consents", indexed=False
    )
    channel = models.CharField(max_length=10, choices=CONSENT_CHANNELS)
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    allowed = models.BooleanField()
    source = models.CharField(max_length=40)
    evidence = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    objects = TenantManager.from_queryset(ConsentQuerySet)()

    class Meta:
        verbose_name = _("consent")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "customer", "channel", "purpose"], name="consent_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel}/{self.purpose}: {'yes' if self.allowed else 'no'}"


class ConsentChange(TenantModel):
    """One word of a customer (or of the business on their behalf) about one channel and purpose."""

    customer = TenantForeignKey(
        "segments.Customer", on_delete=models.CASCADE, related_name="consent_changes", indexed=False
    )
    channel = models.CharField(max_length=10, choices=CONSENT_CHANNELS)
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    allowed = models.BooleanField()
    source = models.CharField(max_length=40)
    evidence = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("change of consent")
        indexes = [models.Index(fields=["organization", "customer", "-at"], name="consent_change_of")]

    def __str__(self) -> str:
        return f"{self.channel}/{self.purpose}: {'yes' if self.allowed else 'no'} at {self.at:%Y-%m-%d}"
