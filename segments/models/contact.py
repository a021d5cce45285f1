"""The ledger of contacts: one clock over surveys and outreach, on all channels."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet
from segments.models.consent import Channel, Purpose


class ContactQuerySet(TenantQuerySet):
    def of(self, customer_id: int) -> "ContactQuerySet":
        return self.filter(customer_id=customer_id)

    def since(self, start: datetime) -> "ContactQuerySet":
        return self.filter(at__gt=start)


class Contact(TenantModel):
    """One contact with one customer, written when a message is claimed, deleted when it is skipped after all.

    `send_id` is the number of the row in the ledger of send keys, which lives two storeys up: no foreign key.
    `counted` is False for what stands outside the any-contact clock (service, answers to one's own answer).
    """

    customer = TenantForeignKey(
        "segments.Customer", on_delete=models.CASCADE, related_name="contacts", indexed=False
    )
    channel = models.CharField(max_length=10, choices=Channel.choices)
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    counted = models.BooleanField(default=True)
    at = models.DateTimeField()
    send_id = models.BigIntegerField(null=True, blank=True)
    subject = models.CharField(max_length=200, blank=True)

    objects = TenantManager.from_queryset(ContactQuerySet)()

    class Meta:
        verbose_name = _("contact")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "send_id"],
                condition=models.Q(send_id__isnull=False),
                name="contact_once",
            )
        ]
        indexes = [
            models.Index(fields=["organization", "customer", "-at"], name="contact_of"),
            models.Index(fields=["organization", "at"], name="contact_at"),
        ]

    def __str__(self) -> str:
        return f"{self.channel}/{self.purpose} at {self.at:%Y-%m-%d %H:%M}"
