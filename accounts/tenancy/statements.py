"""Statements by hand for the few places where planning or the way to the server costs more than the work.

Both locks hold here as everywhere: the statement names the organization in its own conditions, and row
security reads the setting that stands before it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection

from accounts.tenancy import one_trip
from accounts.tenancy.context import acting_for, organization_id_or_none
from accounts.tenancy.one_trip import Statement


def first_row(sql: str, parameters: Mapping[str, Any], *, organization_id: int) -> tuple[Any, ...] | None:
    """Run a statement that the server keeps prepared, on behalf of an organization; its first row.

    `sql` names its parameters as %(name)s, each cast to its type. Within `acting_for` it is a part of that
    transaction. Outside, it is a transaction of its own, which is over when this returns and takes one trip
    to the server instead of five.
    """
    statement, names = _numbered(sql)
    values = [parameters[name] for name in names]
    if organization_id_or_none() is None and connection.in_atomic_block:
        with acting_for(organization_id):
            return first_row(sql, parameters, organization_id=organization_id)
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    driver = connection.connection
    with connection.wrap_database_errors:
        if not connection.in_atomic_block:
            return one_trip.first_row(
                driver,
                statement,
                values,
                organization_id=organization_id,
                prepares=settings.DATABASE_PREPARES,
            )
        if driver.prepare_threshold is None and settings.DATABASE_PREPARES:
            driver.prepare_threshold = 5
        return psycopg.RawCursor(driver).execute(statement.text, values).fetchone()


@cache
def _numbered(sql: str) -> tuple[Statement, list[str]]:
    """The statement with $1, $2 ... for its named parameters, and their names in that order.

    The driver would look through so long a text for each call anew.
    """
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    text = re.sub(r"%\((\w+)\)s", number, sql).encode()
    return Statement(b"loopwell_" + sha256(text).hexdigest()[:24].encode(), text), names
