"""Two users of one database, and what the app's may not do."""

import os
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, transaction
from django.test import TransactionTestCase

from accounts.models import Organization
from accounts.tenancy import roles
from accounts.tenancy.context import acting_for
from accounts.tenancy.roles import app_role, as_operator
from tests.tenancy.garden.models import Bed, Harvest, Weather


def whoami() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
class TestTwoUsers:
    def test_the_operator_steps_in_and_out(self, acme: Organization) -> None:
        app = whoami()
        with as_operator() as alias:
            assert whoami() != app and app_role(alias) == app
            with as_operator():
                assert whoami() != app
            assert whoami() != app
        assert whoami() == app == app_role(connection)

    def test_the_app_is_back_after_an_error(self) -> None:
        app = whoami()
        with pytest.raises(ValueError), as_operator():
            raise ValueError
        assert whoami() == app

    def test_the_operator_does_not_step_into_an_open_transaction(self) -> None:
        with transaction.atomic(), pytest.raises(RuntimeError), as_operator():
            pass

    def test_the_operator_sees_all_organizations_and_each_one_it_names(self, two: Any) -> None:
        for organization in two:
            with acting_for(organization):
                Bed.objects.create(name="roses")
        with as_operator():
            assert Bed.objects.count() == 2
            with acting_for(two[0]):
                assert Bed.objects.count() == 1
        assert Bed.unlocked.count() == 0

    @pytest.mark.parametrize("powerful", ["operator", "superuser"])
    def test_the_process_refuses_to_work_as_somebody_whom_row_security_does_not_hold(
        self, powerful: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(roles, "_checked", set())
        url = {
            "operator": settings.OPERATOR_DATABASE_URL,
            "superuser": os.environ.get("SUPERUSER_DATABASE_URL", ""),
        }[powerful]
        if not url:
            pytest.skip("nobody told the superuser of this server")
        role = psycopg.conninfo.conninfo_to_dict(url)
        connection.close()
        before = dict(connection.settings_dict)
        connection.settings_dict.update(USER=role["user"], PASSWORD=role["password"])
        try:
            with pytest.raises(ImproperlyConfigured, match="row security would not hold it"):
                connection.ensure_connection()
        finally:
            connection.close()
            connection.settings_dict.update(before)
        assert whoami() == before["USER"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "ALTER TABLE garden_bed DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenant ON garden_bed",
        "SELECT setval('garden_bed_id_seq', 1)",
        "SELECT * FROM garden_harvest_p0",
        "INSERT INTO garden_weather_rest (organization_id, at) VALUES (1, now())",
        "SET session_replication_role = replica",
        "SET ROLE operator",
        "SET SESSION AUTHORIZATION operator",
        "SET LOCAL row_security = off; SELECT * FROM garden_bed",
        "COPY garden_bed (name, sunny) FROM STDIN",
        "SELECT loopwell_make_months('garden_bed', current_date, current_date)",
        "SELECT loopwell_make_months('garden_weather', '1066-10-14', current_date)",
        "SELECT loopwell_fresh_statistics('accounts_user')",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_the_app_may_not(acme: Organization, statement: str) -> None:
    with acting_for(acme), pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
def test_the_planners_statistics_of_tenant_tables_are_hidden_from_the_app(acme: Organization) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stats WHERE tablename LIKE 'garden_%'")
        assert cursor.fetchone() == (0,)


class TestFlush(TransactionTestCase):
    """A test that commits leaves nothing behind: the app may truncate in the test database, and only there."""

    def test_1_writes(self) -> None:
        organization = Organization.objects.create(name="Left over", slug="left-over")
        with acting_for(organization):
            Bed.objects.create(name="left over")
            Weather.objects.create(at="2026-01-01T00:00:00Z")
        self.assertEqual(Organization.objects.filter(slug="left-over").count(), 1)

    def test_2_finds_nothing(self) -> None:
        self.assertEqual(Organization.objects.filter(slug="left-over").count(), 0)
        with as_operator():
            for model in (Bed, Harvest, Weather):
                self.assertEqual(model.objects.count(), 0)
