"""Test databases: made and dropped by the operator, used by the app, like the real one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.test.utils import setup_databases, teardown_databases

from accounts.tenancy.roles import app_role, as_operator
from accounts.tenancy.sql import quote


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_blocker: Any,
    django_db_modify_db_settings: None,
    django_db_use_migrations: bool,
    django_db_keepdb: bool,
    django_db_createdb: bool,
) -> Iterator[None]:
    """Takes the place of pytest-django's fixture of this name."""
    if not django_db_use_migrations:
        settings.MIGRATION_MODULES = dict.fromkeys(app.label for app in apps.get_app_configs())
    keep = django_db_keepdb and not django_db_createdb
    with django_db_blocker.unblock(), as_operator() as connection:
        made = setup_databases(verbosity=0, interactive=False, keepdb=keep, serialized_aliases=set())
        with connection.cursor() as cursor:
            # For the flush of transactional tests; never granted outside tests.
            cursor.execute(f"GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO {quote(app_role(connection))}")
            cursor.execute(
                "SELECT format('REVOKE ALL ON %%I FROM %%I', c.relname, %s) FROM pg_class c"
                " WHERE c.relispartition AND c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'",
                [app_role(connection)],
            )
            for (statement,) in cursor.fetchall():
                cursor.execute(statement)
    yield
    if not django_db_keepdb:
        with django_db_blocker.unblock(), as_operator():
            teardown_databases(made, verbosity=0)
