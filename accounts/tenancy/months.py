"""Logs are split by month; the app may not make tables, so a function of the operator's makes the months."""

from __future__ import annotations

from datetime import date

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections, models

from accounts.tenancy.fields import organization_key


def logs() -> list[type[models.Model]]:
    """The models that are split by month."""
    return [
        model
        for model in apps.get_models()
        if (key := organization_key(model)) is not None and key.partition_by_month
    ]


def make_ahead(*, using: str = DEFAULT_DB_ALIAS) -> int:
    """Make this month and the next three for every log; returns how many were missing. Repeating is free.

    A row whose month is missing is kept in the log's default partition and moves when the month is made.
    """
    made = 0
    with connections[using].cursor() as cursor:
        for model in logs():
            cursor.execute(
                "SELECT loopwell_make_months(%s, current_date, (current_date + interval '3 months')::date)",
                [model._meta.db_table],
            )
            made += cursor.fetchone()[0]
    return made


def cover(model: type[models.Model], first: date, last: date, *, using: str = DEFAULT_DB_ALIAS) -> int:
    """Make the months from `first` to `last` before history is loaded; returns how many were missing."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT loopwell_make_months(%s, %s, %s)", [model._meta.db_table, first, last])
        return int(cursor.fetchone()[0])
