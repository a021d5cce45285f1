"""A small world on which the traps of tenancy are tried: every kind of key, index and partition."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Lower

from accounts.tenancy.models import (
    ChangeNumber,
    OrganizationKey,
    TenantForeignKey,
    TenantManager,
    TenantModel,
    TenantOneToOneField,
    TenantQuerySet,
)


class BedQuerySet(TenantQuerySet):
    def sunny(self) -> "BedQuerySet":
        return self.filter(sunny=True)


class Bed(TenantModel):
    name = models.CharField(max_length=60)
    sunny = models.BooleanField(default=False)
    changed = ChangeNumber()
    objects = TenantManager.from_queryset(BedQuerySet)()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="garden_bed_name")]


class Plant(TenantModel):
    bed = TenantForeignKey(Bed, on_delete=models.CASCADE, related_name="plants")
    shade = TenantForeignKey(Bed, on_delete=models.SET_NULL, null=True, related_name="shaded")
    parent = TenantForeignKey("garden.Plant", on_delete=models.SET_NULL, null=True, indexed=False)
    name = models.CharField(max_length=60)
    mail = models.CharField(max_length=120, default="", db_collation="C")
    traits = models.JSONField(default=dict)
    words = SearchVectorField(null=True)
    helpers = models.ManyToManyField("garden.Helper", through="garden.Help")

    class Meta:
        indexes = [
            models.Index(fields=["organization", "mail"], name="garden_mail"),
            models.Index(models.F("organization"), Lower("mail"), name="garden_lower_mail"),
            models.Index(models.F("organization"), KeyTextTransform("kind", "traits"), name="garden_kind"),
            GinIndex(models.F("organization"), OpClass("traits", "jsonb_path_ops"), name="garden_traits"),
            GinIndex(fields=["organization", "words"], name="garden_words"),
            GinIndex(models.F("organization"), OpClass("name", "gin_trgm_ops"), name="garden_trigram"),
        ]


class Label(TenantModel):
    plant = TenantOneToOneField(Plant, on_delete=models.CASCADE, related_name="label")
    text = models.CharField(max_length=60)


class Helper(TenantModel):
    name = models.CharField(max_length=60)


class Help(TenantModel):
    plant = TenantForeignKey(Plant, on_delete=models.CASCADE)
    helper = TenantForeignKey(Helper, on_delete=models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "plant", "helper"], name="garden_help_once")
        ]


class Harvest(TenantModel):
    """Split by hash of the organization."""

    organization = OrganizationKey(partitions=4)
    plant = TenantForeignKey(Plant, on_delete=models.CASCADE, related_name="harvests")
    weight = models.IntegerField()


class Weather(TenantModel):
    """A log, split by month."""

    organization = OrganizationKey(partition_by_month="at")
    at = models.DateTimeField()
    degrees = models.IntegerField(default=0)
