"""Fields that know the tenant: the organization of a row, keys between rows of one organization, change numbers."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Columns, Statement, Table
from django.db.backends.utils import truncate_name
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.context import current_organization_id, organization_id_or_none

LONGEST_NAME = 63


def organization_key(model: type[models.Model]) -> OrganizationKey | None:
    """The field that makes a model a tenant model; None for the directory."""
    return next((field for field in model._meta.local_fields if isinstance(field, OrganizationKey)), None)


class OrganizationKey(models.ForeignKey):
    """The organization a row belongs to: not null, never changed, filled from the context.

    Its presence makes the backend lock the table: primary key (organization_id, id), row security, policy,
    trigger against moving rows. `partitions` splits the table by hash of the organization.
    `partition_by_month="at"` splits it by that instant: for logs that nothing points to, because every unique
    key then has to contain the instant. It is a field and not an option of Meta because fields are inside
    CreateModel, where PARTITION BY has to be said.
    """

    def __init__(self, *, partitions: int = 0, partition_by_month: str = "", **kwargs: Any) -> None:
        if partitions and partition_by_month:
            raise ValueError("A table is partitioned by organization or by month, not both.")
        self.partitions = partitions
        self.partition_by_month = partition_by_month
        kwargs.setdefault("to", "accounts.Organization")
        kwargs.setdefault("on_delete", models.PROTECT)
        kwargs.setdefault("db_constraint", not partition_by_month)
        kwargs.update(
            related_name="+",
            db_index=False,  # every key and index of a tenant table starts with it
            editable=False,
            default=current_organization_id,
        )
        super().__init__(**kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        for implied in ("default", "editable", "db_index", "related_name", "db_constraint"):
            kwargs.pop(implied, None)
        if self.db_constraint != (not self.partition_by_month):
            kwargs["db_constraint"] = self.db_constraint
        if self.partitions:
            kwargs["partitions"] = self.partitions
        if self.partition_by_month:
            kwargs["partition_by_month"] = self.partition_by_month
        return name, path, args, kwargs

    def contribute_to_class(self, cls: type[models.Model], name: str, **kwargs: Any) -> None:
        super().contribute_to_class(cls, name, **kwargs)
        if not cls._meta.abstract and cls.__module__ != "__fake__":
            # Said here because a Meta of one's own, or a mixin before TenantModel, would lose them.
            cls._meta.base_manager_name = cls._meta.base_manager_name or "objects"
            cls._meta.default_manager_name = cls._meta.default_manager_name or "objects"

    def validate(self, value: Any, model_instance: models.Model) -> None:
        """Nobody types it: it can only be wrong if a row of another organization got into this context."""
        if value != organization_id_or_none():
            raise ValidationError(_("This belongs to another organization."))


class TenantReference(models.BaseConstraint):
    """FOREIGN KEY (organization_id, x_id) -> (organization_id, id): a key that cannot leave its organization.

    Foreign-key checks ignore row security, so a plain key could point at another tenant's row.
    """

    def __init__(self, *, field: str, name: str, set_null: bool = False) -> None:
        super().__init__(name=name)
        self.field = field
        self.set_null = set_null

    def constraint_sql(self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor) -> None:
        # The target's table may not exist yet.
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def create_sql(self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor) -> Statement:
        field = model._meta.get_field(self.field)
        target = field.remote_field.model
        quote = schema_editor.quote_name
        ours = [model._meta.get_field("organization").column, field.column]
        theirs = [target._meta.get_field("organization").column, target._meta.pk.column]
        on_delete = f" ON DELETE SET NULL ({quote(field.column)})" if self.set_null else ""
        return Statement(
            "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s FOREIGN KEY (%(columns)s) "
            f"REFERENCES %(to_table)s (%(to_columns)s){on_delete} DEFERRABLE INITIALLY DEFERRED",
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
            columns=Columns(model._meta.db_table, ours, quote),
            to_table=Table(target._meta.db_table, quote),
            to_columns=Columns(target._meta.db_table, theirs, quote),
        )

    def remove_sql(self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor) -> Statement:
        return Statement(
            # Pending checks would forbid the ALTER TABLE.
            "SET CONSTRAINTS %(name)s IMMEDIATE; ALTER TABLE %(table)s DROP CONSTRAINT %(name)s",
            table=Table(model._meta.db_table, schema_editor.quote_name),
            name=schema_editor.quote_name(self.name),
        )

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """The database judges; the form's own look-up is already under the organization."""

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        kwargs["field"] = self.field
        if self.set_null:
            kwargs["set_null"] = True
        return path, args, kwargs

    def __eq__(self, other: object) -> bool:
        if isinstance(other, TenantReference):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self.name, self.field, self.set_null))


def _add_to_meta(cls: type[models.Model], attribute: str, item: models.Index | models.BaseConstraint) -> None:
    """Declare an index or constraint as if the model's own Meta had: the autodetector reads both places."""
    items = [*getattr(cls._meta, attribute), item]
    setattr(cls._meta, attribute, items)
    cls._meta.original_attrs[attribute] = items


class _TenantKeyMixin:
    """What keys between rows of one organization share."""

    def __init__(self, to: Any, on_delete: Any, *args: Any, indexed: bool = True, **kwargs: Any) -> None:
        self.indexed = indexed
        kwargs["db_constraint"] = False
        kwargs["db_index"] = False
        super().__init__(to, on_delete, *args, **kwargs)  # type: ignore[call-arg]

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()  # type: ignore[misc]
        kwargs.pop("db_constraint", None)
        kwargs.pop("db_index", None)
        if not self.indexed:
            kwargs["indexed"] = False
        return name, path, args, kwargs

    def contribute_to_class(self, cls: type[models.Model], name: str, **kwargs: Any) -> None:
        super().contribute_to_class(cls, name, **kwargs)  # type: ignore[misc]
        # Historical models of migrations carry both already, as written in the migration.
        if cls._meta.abstract or cls.__module__ == "__fake__":
            return
        reference = TenantReference(
            field=name,
            name=truncate_name(f"{cls._meta.db_table}_{self.column}_tenant_fk", LONGEST_NAME, 8),  # type: ignore[attr-defined]
            set_null=self.remote_field.on_delete is models.SET_NULL,  # type: ignore[attr-defined]
        )
        _add_to_meta(cls, "constraints", reference)
        self._add_index(cls, name)

    def _add_index(self, cls: type[models.Model], name: str) -> None:
        if self.indexed:
            _add_to_meta(cls, "indexes", models.Index(fields=["organization", name]))

    def get_joining_fields(self, reverse_join: bool = False) -> tuple[tuple[Any, Any], ...]:
        """Join on the organization too: indexes start with it, and partitions are pruned while planning."""
        pairs = super().get_joining_fields(reverse_join)  # type: ignore[misc]
        try:
            ours = self.model._meta.get_field("organization")  # type: ignore[attr-defined]
            theirs = self.remote_field.model._meta.get_field("organization")  # type: ignore[attr-defined]
        except FieldDoesNotExist:  # a historical state from before the organization was added
            return pairs
        return (*pairs, (theirs, ours) if reverse_join else (ours, theirs))


class TenantForeignKey(_TenantKeyMixin, models.ForeignKey):
    """A key to a row of the same organization, kept so by a composite foreign key.

    Brings the index (organization, x); `indexed=False` where an index of the model's own starts that way.
    The model needs a field `organization`; it need not be a tenant model itself (Membership is not).
    """


class TenantOneToOneField(_TenantKeyMixin, models.OneToOneField):
    """One to one within the organization: unique on (organization, x)."""

    def _add_index(self, cls: type[models.Model], name: str) -> None:
        unique = truncate_name(f"{cls._meta.db_table}_{self.column}_one", LONGEST_NAME, 8)
        _add_to_meta(cls, "constraints", models.UniqueConstraint(fields=["organization", name], name=unique))


class ChangeNumber(models.BigIntegerField):
    """The number of the transaction that last wrote the row, set by a trigger; the ground of `updated_since`.

    A clock or a sequence would miss rows: a transaction that took its number earlier may commit later, after
    a reader has passed that number. Readers therefore stop below the oldest transaction still running
    (`accounts.tenancy.changes`). Brings the index (organization, changed, id).
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.update(default=0, editable=False)
        super().__init__(**kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("default", None)
        kwargs.pop("editable", None)
        return name, path, args, kwargs

    def contribute_to_class(self, cls: type[models.Model], name: str, **kwargs: Any) -> None:
        super().contribute_to_class(cls, name, **kwargs)
        if not cls._meta.abstract and cls.__module__ != "__fake__":
            _add_to_meta(cls, "indexes", models.Index(fields=["organization", name, "id"]))
