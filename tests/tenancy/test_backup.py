"""A dump carries the locks; what it does not carry is said by the check. Restored elsewhere, numbers go on."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql

from accounts.tenancy import catalog
from accounts.tenancy.context import acting_for
from accounts.tenancy.roles import app_role
from config.stack.postgres import clean_environment, reachable_binaries
from tests.tenancy.garden.models import Bed, Weather

BINARIES = reachable_binaries(os.geteuid(), os.getegid())
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def restored(two: Any, tmp_path: Path) -> Iterator[str]:
    """The test database, dumped and restored by the operator into a new one; its name."""
    for organization in two:
        with acting_for(organization):
            Bed.objects.create(name="roses")
            Weather.objects.create(at="2026-01-01T00:00:00Z")
    name = connection.settings_dict["NAME"]
    copy, dump = f"{name}_restored", tmp_path / "dump"
    where = settings.OPERATOR_DATABASE_URL.rpartition("/")[0]
    with psycopg.connect(f"{where}/postgres", autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(copy)))
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(copy)))
        try:
            run("pg_dump", "--format=custom", f"--file={dump}", f"{where}/{name}")
            run("pg_restore", "--exit-on-error", "--no-comments", f"--dbname={where}/{copy}", str(dump))
            yield copy
        finally:
            server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(copy)))


def run(program: str, *arguments: str) -> None:
    done = subprocess.run(
        [BINARIES / program, *arguments], capture_output=True, text=True, check=False, env=clean_environment()
    )
    assert done.returncode == 0, done.stderr


def test_a_restored_dump_is_complete_and_locked_and_says_what_it_lost(two: Any, restored: str) -> None:
    with (
        psycopg.connect(settings.OPERATOR_DATABASE_URL, dbname=restored) as operator,
        operator.cursor() as cursor,
    ):
        assert catalog.problems(cursor, app=app_role(connection)) == []
        assert "lower(text)" in catalog.not_leakproof(cursor), "template0 has no marks: the check must warn"
        assert cursor.execute("SELECT count(*) FROM garden_bed").fetchone() == (2,)
        assert cursor.execute("SELECT count(*) FROM garden_weather").fetchone() == (2,)
    app = connection.get_connection_params()
    with psycopg.connect(
        host=app.get("host"),
        port=app.get("port"),
        user=app["user"],
        password=app.get("password"),
        dbname=restored,
    ) as as_app:
        assert as_app.execute("SELECT count(*) FROM garden_bed").fetchone() == (0,)
        as_app.execute("SELECT set_config('app.organization', %s, true)", [str(two[0].pk)])
        assert as_app.execute("SELECT count(*) FROM garden_bed").fetchone() == (1,)


def test_one_organization_is_dumped_alone_by_the_app(two: Any) -> None:
    """`pg_dump --enable-row-security` as the app, with the setting: the export of one tenant."""
    acme, globex = two
    for organization, name in ((acme, "roses of acme"), (globex, "roses of globex")):
        with acting_for(organization):
            Bed.objects.create(name=name)
    app = connection.get_connection_params()
    done = subprocess.run(
        [
            BINARIES / "pg_dump",
            "--enable-row-security",
            "--data-only",
            "--inserts",
            "--table=garden_bed",
            f"--host={app.get('host') or 'localhost'}",
            f"--port={app.get('port') or 5432}",
            f"--username={app['user']}",
            connection.settings_dict["NAME"],
        ],
        env={
            **clean_environment(),
            "PGPASSWORD": app.get("password") or "",
            "PGOPTIONS": f"-c app.organization={acme.pk}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "roses of acme" in done.stdout and "roses of globex" not in done.stdout
