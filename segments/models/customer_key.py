"""What tells two customers apart."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import (
    OrganizationKey,
    TenantForeignKey,
    TenantManager,
    TenantModel,
    TenantQuerySet,
)


class KeyKind(models.TextChoices):
    EXTERNAL = "external", _("external id")
    CRM = "crm", _("CRM id")
    EMAIL = "email", _("e-mail")
    PHONE = "phone", _("phone")
    ANONYMOUS = "anonymous", _("anonymous id")


class CustomerKeyQuerySet(TenantQuerySet):
    def of_kind(self, kind: str, source: str = "") -> "CustomerKeyQuerySet":
        return self.filter(kind=kind, source=source)


class CustomerKey(TenantModel):
    """One name of one customer in one system; `source` says which CRM, empty for the business's own."""

    # The key to the customer names the organization as well, and the customer's own key holds it: a second check
    # of each row would tell nothing new, and costs a fifth of writing it.
    organization = OrganizationKey(db_constraint=False)
    customer = TenantForeignKey("segments.Customer", on_delete=models.CASCADE, related_name="keys")
    kind = models.CharField(max_length=12, choices=KeyKind.choices)
    source = models.CharField(max_length=40, blank=True, default="")
    value = models.CharField(max_length=254)
    created_at = models.DateTimeField(auto_now_add=True)
    # When its system last named the customer by it; kept for CRM ids alone, to the day.
    seen_at = models.DateTimeField(null=True, editable=False)

    objects = TenantManager.from_queryset(CustomerKeyQuerySet)()

    class Meta:
        verbose_name = _("customer key")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "source", "value"], name="customer_key_once"
            ),
            models.CheckConstraint(condition=~models.Q(value=""), name="customer_key_not_blank"),
        ]
        indexes = [models.Index(fields=["organization", "value"], name="customer_key_by_value")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"
