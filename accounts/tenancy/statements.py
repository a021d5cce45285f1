"""Statements by hand for the few places where planning or the way to the server costs more than the work.

Both locks hold here as everywhere: the statement names the organization in its own conditions, and row
security reads the setting that stands before it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection

from accounts.tenancy.context import acting_for, organization_id_or_none, tell_ahead


def first_row(sql: str, parameters: Mapping[str, Any], *, organization_id: int) -> tuple[Any, ...] | None:
    """Run a statement that the server keeps prepared, on behalf of an organization; its first row.

    `sql` names its parameters as %(name)s, each cast to its type. Within `acting_for` it is a part of that
    transaction. Outside, it is a transaction of its own, which is over when this returns and takes one trip
    to the server instead of five.
    """
    numbered, names = _numbered(sql)
    values = [parameters[name] for name in names]
    if organization_id_or_none() is None and connection.in_atomic_block:
        with acting_for(organization_id):
            return first_row(sql, parameters, organization_id=organization_id)
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    driver = connection.connection
    if driver.prepare_threshold is None and settings.DATABASE_PREPARES:
        driver.prepare_threshold = 5
    with connection.wrap_database_errors:
        if connection.in_atomic_block:
            return psycopg.RawCursor(driver).execute(numbered, values).fetchone()
        # Without BEGIN: everything up to the end of a pipeline is one transaction, and the setting ends with it.
        with driver.pipeline():
            tell_ahead(driver, organization_id)
            cursor = psycopg.RawCursor(driver).execute(numbered, values)
        return cursor.fetchone()


@cache
def _numbered(sql: str) -> tuple[str, list[str]]:
    """The statement with $1, $2 ... for its named parameters, and their names in that order.

    The driver would look through so long a text for each call anew.
    """
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    return re.sub(r"%\((\w+)\)s", number, sql), names
