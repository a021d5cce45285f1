"""What the business wants to know of its customers: declared, typed, with a memory of changes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.editable import Editable
from accounts.tenancy.models import (
    OrganizationKey,
    TenantManager,
    TenantModel,
    TenantQuerySet,
)


class AttributeKind(models.TextChoices):
    TEXT = "text", _("text")
    NUMBER = "number", _("number")
    MONEY = "money", _("money")
    DATE = "date", _("date")
    YES_NO = "yes_no", _("yes or no")
    CHOICE = "choice", _("choice")
    LIST = "list", _("list")


class AttributeQuerySet(TenantQuerySet):
    def present(self) -> "AttributeQuerySet":
        return self.filter(deleted_at=None).order_by("position", "label", "id")


class Attribute(Editable, TenantModel):
    """A fact the business declares. Its kind cannot change once customers have it; its label can.

    Values live in `Customer.attributes[key]`: text and choice as text, number and money as a JSON number,
    date as "2026-01-31", yes or no as a boolean, list as a list of texts. Money is in `currency`.
    """

    key = models.SlugField(_("key"), max_length=60, db_index=False)
    label = models.CharField(_("label"), max_length=120)
    kind = models.CharField(_("kind"), max_length=10, choices=AttributeKind.choices)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    sensitive = models.BooleanField(_("sensitive"), default=False)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantManager.from_queryset(AttributeQuerySet)()

    class Meta:
        verbose_name = _("attribute")
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], name="attribute_key_once"),
            models.CheckConstraint(
                condition=~models.Q(kind="money") | models.Q(currency__regex="^[A-Z]{3}$"),
                name="attribute_money_has_a_currency",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class AttributeChange(TenantModel):
    """One change of one attribute of one customer: old, new, from where, when."""

    organization = OrganizationKey(partition_by_month="at")
    customer_id = models.BigIntegerField()
    key = models.CharField(max_length=60)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    source = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("attribute change")
        indexes = [models.Index(fields=["organization", "customer_id", "at"], name="attribute_change_of")]

    def __str__(self) -> str:
        return f"{self.key} of {self.customer_id}"
