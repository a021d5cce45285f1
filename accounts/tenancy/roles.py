"""The two users of the database: the app, which is locked in, and the operator, who owns the tables.

One alias, two users: with a second alias a data migration that forgets `.using()` waits for its own
migration's lock, and a test class that forgets to name it flushes nothing (docs/tenancy.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.tenancy import sql

POWERFUL = """
SELECT r.rolname, r.rolsuper, r.rolbypassrls
  FROM pg_roles r
 WHERE pg_has_role(current_user, r.oid, 'MEMBER')
   AND (r.rolsuper OR r.rolbypassrls
        OR EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relforcerowsecurity))
 LIMIT 1
"""

_checked: set[tuple[str, str, str]] = set()


def app_role(connection: BaseDatabaseWrapper) -> str:
    """The name of the app's role, also while the operator is connected."""
    return connection.settings_dict.get("APP_ROLE") or connection.settings_dict["USER"]


@contextmanager
def as_operator(using: str = DEFAULT_DB_ALIAS) -> Iterator[BaseDatabaseWrapper]:
    """Swap the operator's user in for migrations, test databases, backups and the isolation check.

    Closes the connection before and after; refuses to do so in the middle of a transaction.
    """
    connection = connections[using]
    if connection.settings_dict.get("OPERATOR"):
        yield connection
        return
    if connection.in_atomic_block:
        raise RuntimeError("The operator cannot step into the app's open transaction.")
    if not settings.OPERATOR_DATABASE_URL:
        raise ImproperlyConfigured("OPERATOR_DATABASE_URL names the owner of the tables; it is not set.")
    operator = urlsplit(settings.OPERATOR_DATABASE_URL)
    app = {name: connection.settings_dict[name] for name in ("USER", "PASSWORD")}
    _disconnect(connection)
    connection.settings_dict.update(
        USER=unquote(operator.username or ""),
        PASSWORD=unquote(operator.password or ""),
        OPERATOR=True,
        APP_ROLE=app["USER"],
    )
    try:
        yield connection
    finally:
        _disconnect(connection)
        connection.settings_dict.update(app, OPERATOR=False)


def _disconnect(connection: BaseDatabaseWrapper) -> None:
    connection.close()
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.close_pool()  # type: ignore[attr-defined]


def prepare_database(connection: BaseDatabaseWrapper) -> None:
    """Grants and functions that the tables rely on; run as the operator before every migration."""
    from accounts.tenancy.changes import settle_base

    app = app_role(connection)
    with connection.cursor() as cursor:
        for statement in sql.grants(app):
            cursor.execute(statement)
        settle_base(cursor)
        for statement in sql.functions(app):
            cursor.execute(statement)


def refuse_powerful_role(connection: BaseDatabaseWrapper) -> None:
    """Row security does not hold a superuser, BYPASSRLS or an owner: do not work as one of them.

    Looked at once per process and user. Database checks run in `check --database` and migrate only, so this
    is where a wrong DATABASE_URL is found out.
    """
    if connection.settings_dict.get("OPERATOR"):
        return
    who = tuple(str(connection.settings_dict[name]) for name in ("HOST", "NAME", "USER"))
    if who in _checked:
        return
    # Not connection.cursor(): its wrappers are not there yet while the state is being initialised.
    with connection.connection.cursor() as cursor:
        found = cursor.execute(POWERFUL).fetchone()
    if found:
        role, superuser, bypass = found
        why = "a superuser" if superuser else "BYPASSRLS" if bypass else "the owner of tenant tables"
        connection.close()
        raise ImproperlyConfigured(
            f"DATABASE_URL connects as {who[2]!r}, which is or may become {role!r}, {why}: "
            "row security would not hold it. Use the app's role (docs/tenancy.md)."
        )
    _checked.add(who)  # type: ignore[arg-type]
