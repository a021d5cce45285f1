"""`updated_since` that misses nothing while transactions commit in any order."""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from accounts.tenancy import sql


def horizon(using: str = DEFAULT_DB_ALIAS) -> int:
    """Every change with a smaller number is committed or gone: read below it, and ask from it next time."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT loopwell_change_horizon()")
        return int(cursor.fetchone()[0])


def ceiling(using: str = DEFAULT_DB_ALIAS) -> int:
    """Whatever can be read now has a smaller number: once the horizon reaches this, all of it was behind it."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT loopwell_change_base() + pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
        )
        return int(cursor.fetchone()[0])


def settle_base(cursor: Any) -> None:
    """Keep numbers growing when the database moved to another cluster, whose transaction ids start again.

    The cluster's identity is kept in the comment on the function that holds the base, and travels with a dump.
    """
    cursor.execute("SELECT system_identifier::text FROM pg_control_system()")
    cluster = cursor.fetchone()[0]
    cursor.execute(
        "SELECT obj_description(oid, 'pg_proc') FROM pg_proc WHERE proname = 'loopwell_change_base'"
        " AND pronamespace = 'public'::regnamespace"
    )
    known = cursor.fetchone()
    if known and known[0] == cluster:
        return
    base = 0
    if known:
        cursor.execute("SELECT loopwell_change_base()")
        base = cursor.fetchone()[0]
        cursor.execute(
            "SELECT quote_ident(c.relname) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgname = %s AND t.tgparentid = 0",
            [sql.CHANGE_TRIGGER],
        )
        for (table,) in cursor.fetchall():
            cursor.execute(
                f"SELECT greatest(%s, coalesce(max(changed), 0) + 1 - pg_current_xact_id()::text::bigint)"
                f" FROM public.{table}",
                [base],
            )
            base = cursor.fetchone()[0]
    cursor.execute(sql.CHANGE_BASE.format(base=base))
    cursor.execute(f"COMMENT ON FUNCTION loopwell_change_base() IS {sql.text(cluster)}")
