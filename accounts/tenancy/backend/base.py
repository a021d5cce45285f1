"""Django's PostgreSQL backend, which also locks tenant tables as it makes them (docs/tenancy.md).

Done here and not in migrations, so that there is nothing to forget: a model with an OrganizationKey gets the
primary key (organization_id, id), row security, policy, trigger and partitions with its CREATE TABLE.
"""

from __future__ import annotations

import select
from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.backends.postgresql import base, features, schema

from accounts.tenancy import sql

__all__ = ["DatabaseWrapper"]


def _organization_key(model: type[models.Model]) -> Any:
    # By name of the class: the backend is loaded before any model may be imported.
    return next((f for f in model._meta.local_fields if type(f).__name__ == "OrganizationKey"), None)


def _has_change_number(model: type[models.Model]) -> models.Field | None:
    return next((f for f in model._meta.local_fields if type(f).__name__ == "ChangeNumber"), None)


class DatabaseFeatures(features.DatabaseFeatures):
    def allows_group_by_selected_pks_on_model(self, model: type[models.Model]) -> bool:
        """Not for tenant models: `id` alone is not their primary key, PostgreSQL wants all columns named."""
        return super().allows_group_by_selected_pks_on_model(model) and _organization_key(model) is None


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    def _iter_column_sql(
        self,
        column_db_type: str,
        params: list[Any],
        model: type[models.Model],
        field: models.Field,
        field_db_params: Any,
        include_default: bool,
    ) -> Iterator[str]:
        key = _organization_key(model)
        for part in super()._iter_column_sql(
            column_db_type, params, model, field, field_db_params, include_default
        ):
            # A key of one column would tell one tenant about another's rows.
            if key is None or part not in ("PRIMARY KEY", "UNIQUE"):
                yield part
        if key is field:
            yield f"DEFAULT ({sql.ACTING_ORGANIZATION})"

    def table_sql(self, model: type[models.Model]) -> tuple[str, list[Any]]:
        statement, params = super().table_sql(model)
        key = _organization_key(model)
        if key is None:
            return statement, params
        columns = [key.column, model._meta.pk.column]
        partitioned = ""
        if key.partitions:
            partitioned = f" PARTITION BY HASH ({self.quote_name(key.column)})"
        elif key.partition_by_month:
            instant = model._meta.get_field(key.partition_by_month).column
            columns.append(instant)
            partitioned = f" PARTITION BY RANGE ({self.quote_name(instant)})"
        primary = ", ".join(map(self.quote_name, columns))
        return f"{statement.removesuffix(')')}, PRIMARY KEY ({primary})){partitioned}", params

    def create_model(self, model: type[models.Model]) -> None:
        super().create_model(model)
        key = _organization_key(model)
        if key is not None:
            table = model._meta.db_table
            self.execute(sql.lock_table(table), None)
            for number in range(key.partitions):
                self.execute(sql.hash_partition(table, number, key.partitions, self._app_role()), None)
            if key.partition_by_month:
                self.execute(sql.first_months(table, self._app_role()), None)
        if changed := _has_change_number(model):
            self.execute(sql.number_changes(model._meta.db_table, changed.column), None)

    def add_field(self, model: type[models.Model], field: models.Field) -> None:
        super().add_field(model, field)
        if type(field).__name__ == "ChangeNumber":
            self.execute(sql.number_changes(model._meta.db_table, field.column), None)

    def remove_field(self, model: type[models.Model], field: models.Field) -> None:
        if type(field).__name__ == "ChangeNumber":
            self.execute(sql.stop_numbering_changes(model._meta.db_table), None)
        super().remove_field(model, field)

    def _app_role(self) -> str:
        from accounts.tenancy.roles import app_role

        return app_role(self.connection)


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures
    SchemaEditorClass = DatabaseSchemaEditor

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What the running transaction rang for (accounts.doorbells); it ends with the transaction.
        self.rung: dict[int, list[Any]] = {}

    def init_connection_state(self) -> None:
        super().init_connection_state()
        from accounts.tenancy.roles import refuse_powerful_role

        self.rung = {}
        refuse_powerful_role(self)

    def is_usable(self) -> bool:
        """Asked once a request. A server that went away says so by closing: then, or after an error, Django's
        own question is asked; a connection that is silent is taken as it is, for a trip less.
        """
        if self.connection is None or self.connection.closed or self.errors_occurred:
            return super().is_usable()
        socket = select.poll()
        socket.register(self.connection.fileno(), select.POLLIN)
        return super().is_usable() if socket.poll(0) else True

    def _commit(self) -> None:
        self.rung = {}
        super()._commit()

    def _rollback(self) -> None:
        self.rung = {}
        super()._rollback()
