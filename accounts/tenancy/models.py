"""The base of every tenant model, and its manager."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler

from accounts.tenancy.context import NoOrganization, organization_id_or_none
from accounts.tenancy.fields import (
    ChangeNumber,
    OrganizationKey,
    TenantForeignKey,
    TenantOneToOneField,
    TenantReference,
    organization_key,
)
from accounts.tenancy.lookups import BeginsWith

__all__ = [
    "BeginsWith",
    "ChangeNumber",
    "InThisOrganization",
    "OrganizationKey",
    "TenantForeignKey",
    "TenantManager",
    "TenantModel",
    "TenantOneToOneField",
    "TenantQuerySet",
    "TenantReference",
    "organization_key",
]


class InThisOrganization(models.Func):
    """`organization_id = <the acting organization>`, decided when the query is compiled.

    Raising when the queryset is *built* would break every `queryset = X.objects.all()` in a class body. A
    queryset built for one organization and run for another finds the other's rows only, never both.
    """

    conditional = True
    output_field = models.BooleanField()

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        super().__init__(*(expressions or (models.F("organization"),)), **extra)

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, list[Any]]:
        organization_id = organization_id_or_none()
        if organization_id is None:
            # The operator migrates and checks across organizations; naming one narrows that as well.
            if connection.settings_dict.get("OPERATOR"):
                return "TRUE", []
            raise NoOrganization
        column, params = compiler.compile(self.source_expressions[0])
        # A literal, not a parameter: the planner then knows the organization and prunes partitions.
        return f"{column} = {int(organization_id)}", list(params)


class TenantQuerySet(models.QuerySet):
    """QuerySet of a tenant model; subclasses give the reads of a noun their names."""


class TenantManager(models.Manager.from_queryset(TenantQuerySet)):  # type: ignore[misc]
    """Finds rows of the acting organization only, and raises NoOrganization when there is none."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(InThisOrganization())


class TenantModel(models.Model):
    """Everything that belongs to exactly one organization.

    `objects` is locked to the acting organization. `unlocked` has no filter of its own and is still under row
    security: it is for proving that the database holds alone, and its uses are counted by a test.
    """

    id = models.BigAutoField(primary_key=True)
    organization = OrganizationKey()

    objects: Any = TenantManager()
    unlocked: Any = models.Manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"

    def unique_error_message(self, model_class: type[models.Model], unique_check: tuple[str, ...]) -> Any:
        """Say "with this Name", not "with this Organization and Name"."""
        spoken = tuple(name for name in unique_check if name != "organization") or unique_check
        return super().unique_error_message(model_class, spoken)
