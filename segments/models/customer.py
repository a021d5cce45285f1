"""A person whom the business serves."""

from collections.abc import Iterable
from itertools import combinations
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.editable import Editable
from accounts.models.mode import Mode
from accounts.models.unit import BranchQuerySet
from accounts.tenancy.fields import ChangeNumber
from accounts.tenancy.models import TenantForeignKey, TenantManager, TenantModel
from segments.models.customer_key import CustomerKey
from segments.models.fields import KnownZone


class Category(models.TextChoices):
    """What a score says of its giver: 0-6, 7-8, 9-10."""

    DETRACTOR = "detractor", _("detractor")
    PASSIVE = "passive", _("passive")
    PROMOTER = "promoter", _("promoter")

    @classmethod
    def of(cls, score: int) -> "Category":
        if score >= 9:
            return cls.PROMOTER
        return cls.PASSIVE if score >= 7 else cls.DETRACTOR


class ContactRole(models.TextChoices):
    """What a contact does in the company they work for; one person may do several."""

    DECIDES = "decides", _("decides")
    USES = "uses", _("uses")
    PAYS = "pays", _("pays")

    @classmethod
    def written(cls, said: Iterable[str]) -> str:
        """The one form in which roles are kept, "decides pays"; words that are no role are passed over."""
        wanted = set(said)
        return " ".join(role for role in cls.values if role in wanted)


ROLE_SETS = [
    " ".join(some) for count in range(4) for some in combinations(("decides", "uses", "pays"), count)
]


class CustomerQuerySet(BranchQuerySet):
    """The vocabulary of reads: `Customer.objects.present().matching("ann")`."""

    def present(self) -> "CustomerQuerySet":
        """Without the deleted, who can be brought back for 30 days."""
        return self.filter(deleted_at=None)

    def counting(self, modes: list[str]) -> "CustomerQuerySet":
        return self.filter(mode__in=modes)

    def matching(self, text: str) -> "CustomerQuerySet":
        """By the beginning of the address, by part of the name, or by any key in full."""
        text = text.strip()
        if not text:
            return self
        found = (
            models.Q(email_lower__begins=text.lower())
            | models.Q(name__icontains=text)
            | models.Q(pk__in=CustomerKey.objects.filter(value=text).values("customer_id"))
        )
        if text.startswith("+"):
            found |= models.Q(phone=text.replace(" ", ""))
        return self.filter(found)


class Customer(Editable, TenantModel):
    """Identity, contact points, declared attributes, and the latest facts of the NPS question.

    Identity is in CustomerKey: the address here is a contact point, which two people may share.
    """

    name = models.CharField(_("name"), max_length=200, blank=True)
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    email_lower = models.CharField(max_length=254, blank=True, editable=False)
    phone = models.CharField(_("phone"), max_length=16, blank=True, help_text=_("In the form +441234567890."))
    locale = models.CharField(_("language"), max_length=16, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    company = TenantForeignKey(
        "segments.Company",
        verbose_name=_("company"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="customers",
        indexed=False,
    )
    # "decides pays": see ContactRole.
    roles = models.CharField(_("role in the company"), max_length=20, blank=True, default="", db_default="")
    unit = TenantForeignKey(
        "accounts.Unit",
        verbose_name=_("unit"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="customers",
        indexed=False,
    )
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.LIVE)
    source = models.CharField(max_length=40, default="page")
    attributes = models.JSONField(default=dict, blank=True)
    stage = models.CharField(_("stage"), max_length=40, blank=True)
    stage_since = models.DateTimeField(null=True, blank=True)
    # Told by hand or by the business's own systems: it stands, whatever the rules of the stages say.
    stage_told = models.BooleanField(default=False)

    last_score = models.SmallIntegerField(null=True, blank=True)
    last_category = models.CharField(max_length=10, blank=True, choices=Category.choices)
    previous_score = models.SmallIntegerField(null=True, blank=True)
    previous_category = models.CharField(max_length=10, blank=True, choices=Category.choices)
    last_responded_at = models.DateTimeField(null=True, blank=True)
    last_channel = models.CharField(max_length=20, blank=True)
    last_touchpoint = models.CharField(max_length=80, blank=True)
    last_response_id = models.BigIntegerField(null=True, blank=True)
    answer_count = models.IntegerField(default=0)
    # Since when their answers say nothing about them here, because they wish it (segments/profiling.py).
    unprofiled_at = models.DateTimeField(null=True, editable=False)

    changed = ChangeNumber()
    created_at = models.DateTimeField(default=timezone.now)
    # When the record came in; `created_at` is since when they are a customer, which may be years before.
    recorded_at = models.DateTimeField(null=True, default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager.from_queryset(CustomerQuerySet)()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            models.CheckConstraint(condition=KnownZone("time_zone"), name="customer_zone_known"),
            models.CheckConstraint(condition=models.Q(roles__in=ROLE_SETS), name="customer_roles_known"),
            models.CheckConstraint(
                condition=models.Q(last_score=None) | models.Q(last_score__range=(0, 10)),
                name="customer_score_on_the_scale",
            ),
            models.CheckConstraint(
                condition=models.Q(phone="") | models.Q(phone__regex=r"^\+[1-9][0-9]{5,14}$"),
                name="customer_phone_e164",
            ),
        ]
        indexes = [
            # `begins` (^@) needs the pattern order.
            models.Index(
                fields=["organization", "email_lower"],
                opclasses=["int8_ops", "text_pattern_ops"],
                name="customer_by_email",
            ),
            models.Index(
                fields=["organization", "phone"], name="customer_by_phone", condition=~models.Q(phone="")
            ),
            models.Index(fields=["organization", "name", "id"], name="customer_by_name"),
            # Most have neither; an index of nothing would be written with each of them.
            models.Index(
                fields=["organization", "company"],
                name="customer_by_company",
                condition=models.Q(company__isnull=False),
            ),
            models.Index(
                fields=["organization", "unit"],
                name="customer_by_unit",
                condition=models.Q(unit__isnull=False),
            ),
            models.Index(
                fields=["organization", "last_score"],
                name="customer_by_score",
                condition=models.Q(last_score__isnull=False),
            ),
            models.Index(
                fields=["organization", "last_responded_at"],
                name="customer_by_answer",
                condition=models.Q(last_responded_at__isnull=False),
            ),
            GinIndex(
                fields=["organization", "attributes"],
                opclasses=["int8_ops", "jsonb_path_ops"],
                name="customer_by_attribute",
            ),
        ]

    def __str__(self) -> str:
        return self.shown_name

    @property
    def shown_name(self) -> str:
        """What a list calls this person: the name, else the address, else the number of the record."""
        return self.name or self.email or self.phone or str(_("Customer %(id)s") % {"id": self.pk})

    @property
    def role_list(self) -> list[ContactRole]:
        return [ContactRole(role) for role in self.roles.split()]

    @property
    def role_words(self) -> str:
        """ "decides, pays", in the reader's language; empty where no role is known."""
        return ", ".join(str(role.label) for role in self.role_list)

    @property
    def score_change(self) -> int | None:
        """The last score less the one before; None when there are not two."""
        if self.last_score is None or self.previous_score is None:
            return None
        return self.last_score - self.previous_score

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email_lower = self.email.lower()
        fields = kwargs.get("update_fields")
        if fields is not None and "email" in fields:
            kwargs["update_fields"] = {*fields, "email_lower"}
        super().save(*args, **kwargs)
