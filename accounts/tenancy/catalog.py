"""What PostgreSQL's own catalog says about the third lock: the isolation check, run by tests and by `check`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accounts.tenancy import sql
from accounts.tenancy.directory import DIRECTORY

POLICY_FORM = (
    "(organization_id = (NULLIF(current_setting('app.organization'::text, true), ''::text))::bigint)"
)

# Functions behind operators that filter on an index under row security, and that raise nothing that depends
# on a row (docs/decisions/0002-leakproof-functions.md). A superuser marks them; pg_dump does not carry it.
LEAKPROOF = (
    "jsonb_contains(jsonb,jsonb)",
    "jsonb_exists(jsonb,text)",
    "jsonb_object_field(jsonb,text)",
    "jsonb_object_field_text(jsonb,text)",
    "ts_match_vq(tsvector,tsquery)",
    "lower(text)",
    "upper(text)",
)
LEAKPROOF_OF_EXTENSIONS = ("similarity_op(text,text)",)
NEVER_LEAKPROOF = ("textlike", "texticlike", "textregexeq", "texticregexeq")


def problems(cursor: Any, *, app: str) -> list[str]:
    """Everything that leaves a hole in the third lock, one sentence each; empty when it holds."""
    found: list[str] = []
    for check in (_tables, _keys, _partitions, _definers, _views, _leaky_operators, _roles):
        found.extend(check(cursor, app))
    return sorted(found)


def not_leakproof(cursor: Any) -> list[str]:
    """Functions that lost their mark: indexes behind them are not used under row security, 100 times slower."""
    cursor.execute(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE NOT proleakproof AND oid = ANY("
        " SELECT to_regprocedure(name) FROM unnest(%s::text[]) AS name)",
        [
            [
                *(f"pg_catalog.{name}" for name in LEAKPROOF),
                *(f"public.{name}" for name in LEAKPROOF_OF_EXTENSIONS),
            ]
        ],
    )
    return sorted(row[0] for row in cursor.fetchall())


def _tables(cursor: Any, app: str) -> Iterator[str]:
    cursor.execute(
        """
        SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,
               EXISTS (SELECT FROM pg_attribute a
                        WHERE a.attrelid = c.oid AND a.attname = 'organization_id' AND NOT a.attisdropped),
               ARRAY(SELECT p.polname || ' ' || p.polcmd::text || ' ' || p.polpermissive::text || ' '
                            || pg_get_expr(p.polqual, p.polrelid) || ' '
                            || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')
                       FROM pg_policy p WHERE p.polrelid = c.oid),
               EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = %s AND t.tgenabled = 'O'),
               EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'organization_id'
                          AND a.attnotnull)
          FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        """,
        [sql.KEEP_TRIGGER],
    )
    for table, forced, has_organization, policies, keeps, not_null in cursor.fetchall():
        if table in DIRECTORY:
            continue
        if not has_organization:
            yield f"{table} belongs to no organization and is not in the directory's closed list"
            continue
        if not forced:
            yield f"{table} is not under forced row security"
        if policies != [f"{sql.POLICY} * true {POLICY_FORM} {POLICY_FORM}"]:
            yield f"{table} does not have exactly the one policy: {policies}"
        if not keeps:
            yield f"{table} lets rows move to another organization"
        if not not_null:
            yield f"{table} has rows without an organization"


def _keys(cursor: Any, app: str) -> Iterator[str]:
    tenant = "NOT (c.relname = ANY(%s)) AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition"
    cursor.execute(
        f"""
        SELECT c.relname, i.relname, x.indisprimary OR x.indisunique,
               (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = x.indkey[0])
          FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
         WHERE {tenant}
        """,
        [list(DIRECTORY)],
    )
    for table, index, unique, first in cursor.fetchall():
        if first != "organization_id":
            kind = "unique key" if unique else "index"
            yield f"{table}: the {kind} {index} does not start with the organization"
    # Keys from tenant tables, and from the directory, to tenant tables.
    cursor.execute(
        """
        SELECT c.relname, k.conname, t.relname,
               (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = k.conkey[1]),
               (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = k.confkey[1])
          FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid
         WHERE k.contype = 'f' AND k.conparentid = 0 AND c.relnamespace = 'public'::regnamespace
           AND NOT (t.relname = ANY(%s))
        """,
        [list(DIRECTORY)],
    )
    for table, key, target, ours, theirs in cursor.fetchall():
        if (ours, theirs) != ("organization_id", "organization_id"):
            yield f"{table}: the key {key} to {target} could leave its organization"


def _partitions(cursor: Any, app: str) -> Iterator[str]:
    cursor.execute(
        "SELECT c.relname FROM pg_class c WHERE c.relispartition AND c.relkind IN ('r', 'p')"
        " AND c.relnamespace = 'public'::regnamespace"
        " AND has_table_privilege(%s, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')",
        [app],
    )
    for (partition,) in cursor.fetchall():
        yield f"{app} reaches the partition {partition} past row security"


def _definers(cursor: Any, app: str) -> Iterator[str]:
    cursor.execute(
        "SELECT oid::regprocedure::text,"
        " EXISTS (SELECT FROM unnest(proconfig) AS setting WHERE setting LIKE 'search_path=%%')"
        " FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    known = {name.replace(" ", "") for name in sql.DEFINERS}
    for name, fixed in cursor.fetchall():
        if not fixed:
            yield f"{name} runs as its owner without a fixed search_path"
        if name.replace(" ", "") not in known:
            yield f"{name} runs as its owner and is not in the closed list of such functions"


def _views(cursor: Any, app: str) -> Iterator[str]:
    cursor.execute(
        "SELECT relname, relkind FROM pg_class WHERE relkind IN ('v', 'm')"
        " AND relnamespace = 'public'::regnamespace"
        " AND NOT coalesce('security_invoker=true' = ANY(reloptions), false)"
        " AND has_table_privilege(%s, oid, 'SELECT')",
        [app],
    )
    for view, _ in cursor.fetchall():
        yield f"the view {view} shows every organization's rows to {app}"


def _leaky_operators(cursor: Any, app: str) -> Iterator[str]:
    cursor.execute(
        "SELECT proname FROM pg_proc WHERE proleakproof AND proname = ANY(%s)", [list(NEVER_LEAKPROOF)]
    )
    for (function,) in cursor.fetchall():
        yield f"{function} is marked leakproof, and leaks"


def _roles(cursor: Any, app: str) -> Iterator[str]:
    cursor.execute(
        "SELECT r.rolname FROM pg_roles r WHERE pg_has_role(%s, r.oid, 'MEMBER')"
        " AND (r.rolsuper OR r.rolbypassrls OR EXISTS (SELECT FROM pg_class c"
        " WHERE c.relowner = r.oid AND c.relforcerowsecurity))",
        [app],
    )
    for (role,) in cursor.fetchall():
        yield f"{app} is or may become {role}, whom row security does not hold"
    cursor.execute(
        "SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relforcerowsecurity"
        " AND has_table_privilege(%s, c.oid, 'TRIGGER, REFERENCES')",
        [app],
    )
    for (table,) in cursor.fetchall():
        yield f"{app} may hang triggers or keys on {table}"
