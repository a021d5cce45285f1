"""Bulk writing by COPY, which PostgreSQL refuses on tables under row security: through a temporary table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models

from accounts.tenancy.context import current_organization_id
from accounts.tenancy.sql import quote


@dataclass(frozen=True)
class Copied:
    """How many rows were written; rows that already said the same are in neither number."""

    inserted: int
    updated: int


def copy_rows(
    model: type[models.Model],
    fields: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    key: Sequence[str] = (),
    update: Sequence[str] | None = None,
    using: str = DEFAULT_DB_ALIAS,
) -> Copied:
    """Write rows of the acting organization: COPY to a temporary table, then INSERT ... ON CONFLICT.

    `fields` name the values of each row; every column that has no database default must be among them.
    `key` is a unique key without its organization: a row that exists is updated in the fields of `update`
    (by default all but the key) if one of them differs; `update=()` leaves it alone. Without `key` a
    duplicate raises IntegrityError. Needs a transaction, which acting_for opens.
    """
    organization_id = current_organization_id()
    connection = connections[using]
    described = [model._meta.get_field(name) for name in fields]
    columns = [quote(field.column) for field in described]
    table = quote(model._meta.db_table)
    listed = ", ".join(columns)
    with connection.cursor() as cursor:
        staging = "staged_rows"
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{staging}")
        cursor.execute(
            f"CREATE TEMPORARY TABLE {staging} ON COMMIT DROP AS SELECT {listed} FROM {table} WITH NO DATA"
        )
        with cursor.copy(f"COPY pg_temp.{staging} ({listed}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(
                    [
                        field.get_db_prep_save(value, connection)
                        for field, value in zip(described, row, strict=True)
                    ]
                )
        insert = f"INSERT INTO {table} (organization_id, {listed}) SELECT {int(organization_id)}, {listed}"
        if key:
            conflict = _on_conflict(model, table, fields, key, update)
            cursor.execute(
                f"WITH written AS ({insert} FROM pg_temp.{staging} {conflict}"
                " RETURNING (xmax <> 0) AS was_there)"
                " SELECT count(*) FILTER (WHERE NOT was_there),"
                " count(*) FILTER (WHERE was_there) FROM written"
            )
            inserted, updated = cursor.fetchone()
        else:
            # A partitioned table cannot tell xmax; without a key there is nothing to update anyway.
            cursor.execute(f"{insert} FROM pg_temp.{staging}")
            inserted, updated = cursor.rowcount, 0
        cursor.execute(f"DROP TABLE pg_temp.{staging}")
    return Copied(inserted, updated)


def _on_conflict(
    model: type[models.Model],
    table: str,
    fields: Sequence[str],
    key: Sequence[str],
    update: Sequence[str] | None,
) -> str:
    column = {name: quote(model._meta.get_field(name).column) for name in (*fields, *key)}
    target = ", ".join(["organization_id", *(column[name] for name in key)])
    changing = [name for name in fields if name not in key] if update is None else list(update)
    if not changing:
        return f"ON CONFLICT ({target}) DO NOTHING"
    assignments = ", ".join(f"{column[name]} = EXCLUDED.{column[name]}" for name in changing)
    before = ", ".join(f"{table}.{column[name]}" for name in changing)
    after = ", ".join(f"EXCLUDED.{column[name]}" for name in changing)
    return f"ON CONFLICT ({target}) DO UPDATE SET {assignments} WHERE ({before}) IS DISTINCT FROM ({after})"


def fresh_statistics(model: type[models.Model], *, using: str = DEFAULT_DB_ALIAS) -> None:
    """ANALYZE a tenant table after a bulk load or when a hot table has drained.

    Every index starts with the organization: while the planner believes the table empty it takes any of them,
    and foreign-key checks become 20 to 90 times slower.
    """
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT loopwell_fresh_statistics(%s)", [model._meta.db_table])


def fresh_owners(model: type[models.Model], *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Tell the planner no more than how many rows there are and whose: a small part of the work of the above.

    Enough when rows of a new organization come into a table that is known otherwise.
    """
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT loopwell_fresh_owners(%s)", [model._meta.db_table])
