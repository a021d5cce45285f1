"""Something a customer did, or that happened to them; never changed afterwards."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.mode import Mode
from accounts.tenancy.models import (
    OrganizationKey,
    TenantForeignKey,
    TenantManager,
    TenantModel,
    TenantQuerySet,
)


class CustomerEventQuerySet(TenantQuerySet):
    def of(self, customer_id: int) -> "CustomerEventQuerySet":
        return self.filter(customer_id=customer_id)

    def between(self, start: datetime, end: datetime) -> "CustomerEventQuerySet":
        return self.filter(at__gte=start, at__lt=end)

    def newest_first(self) -> "CustomerEventQuerySet":
        return self.order_by("-at", "-id")


class CustomerEvent(TenantModel):
    """One line of a customer's timeline. Partitioned by month: nothing may point at it.

    `customer_id` is a plain number for the same reason that erasing.py deletes these rows by hand.
    Names without a dot are the business's own ("order placed"), those with one Loopwell's ("survey.sent").
    """

    organization = OrganizationKey(partition_by_month="at")
    customer_id = models.BigIntegerField()
    name = models.CharField(max_length=80)
    at = models.DateTimeField()
    amount = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    properties = models.JSONField(default=dict, blank=True)
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.LIVE)
    source = models.CharField(max_length=40, default="api")
    unit = TenantForeignKey(
        "accounts.Unit", null=True, blank=True, on_delete=models.DO_NOTHING, related_name="+"
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = TenantManager.from_queryset(CustomerEventQuerySet)()

    class Meta:
        verbose_name = _("event")
        indexes = [
            models.Index(fields=["organization", "customer_id", "-at"], name="event_of_customer"),
            models.Index(fields=["organization", "name", "at"], name="event_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M}"


class EventMessageId(TenantModel):
    """The caller's id of an event, kept beside the monthly tables so that the same event counts once."""

    message_id = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "message_id"], name="event_message_once")
        ]

    def __str__(self) -> str:
        return self.message_id
