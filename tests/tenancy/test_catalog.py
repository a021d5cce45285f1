"""What PostgreSQL's own catalog says about the third lock, over all tables of all apps."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db import connection, models
from django.test.utils import isolate_apps

from accounts.tenancy import catalog
from accounts.tenancy.checks import check_model
from accounts.tenancy.directory import DIRECTORY
from accounts.tenancy.models import OrganizationKey, TenantForeignKey, TenantModel, organization_key
from accounts.tenancy.roles import app_role

pytestmark = pytest.mark.django_db


def problems(cursor: Any) -> list[str]:
    return catalog.problems(cursor, app=app_role(connection))


@pytest.mark.row("A6", "three locks between tenants")
def test_the_third_lock_holds_for_every_table() -> None:
    with connection.cursor() as cursor:
        assert problems(cursor) == []


def test_the_directory_lists_no_table_that_has_an_organization_of_its_own_without_need() -> None:
    tenant_tables = {model._meta.db_table for model in apps.get_models() if organization_key(model)}
    assert not tenant_tables & set(DIRECTORY)


def test_the_models_pass_their_checks() -> None:
    assert [message for message in run_checks() if message.id and message.id.startswith("tenancy.")] == []


@pytest.fixture
def hand(operator: psycopg.Connection[Any]) -> Iterator[Any]:
    """The operator's cursor in a transaction that is rolled back: for holes made by hand."""
    with operator.cursor() as cursor:
        yield cursor
    operator.rollback()


LOCKED = "ALTER TABLE planted ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; "
HOLES = {
    "belongs to no organization": "CREATE TABLE planted (id bigint PRIMARY KEY)",
    "is not under forced row security": "CREATE TABLE planted (organization_id bigint, id bigint)",
    "exactly the one policy": "CREATE TABLE planted (organization_id bigint NOT NULL, id bigint);" + LOCKED,
    "exactly the one policy: ['tenant": "CREATE TABLE planted (organization_id bigint NOT NULL, id bigint);"
    + LOCKED
    + "CREATE POLICY tenant ON planted USING (true) WITH CHECK (true)",
    "lets rows move": "ALTER TABLE garden_bed DISABLE TRIGGER keep_organization",
    "rows without an organization": "ALTER TABLE garden_weather DROP CONSTRAINT garden_weather_pkey;"
    "ALTER TABLE garden_weather ALTER organization_id DROP NOT NULL",
    "the unique key planted does not start": "CREATE UNIQUE INDEX planted ON garden_bed (name)",
    "the index planted does not start": "CREATE INDEX planted ON garden_bed (name)",
    "could leave its organization": "CREATE UNIQUE INDEX planted ON garden_bed (id);"
    "ALTER TABLE garden_plant ADD CONSTRAINT planted FOREIGN KEY (bed_id) REFERENCES garden_bed (id)",
    "past row security": "GRANT SELECT ON garden_harvest_p0 TO app",
    "without a fixed search_path": "CREATE FUNCTION planted() RETURNS int SECURITY DEFINER"
    " LANGUAGE sql AS 'SELECT 1'",
    "not in the closed list of such functions": "CREATE FUNCTION planted() RETURNS int SECURITY DEFINER"
    " SET search_path = pg_catalog LANGUAGE sql AS 'SELECT 1'",
    "shows every organization's rows": "CREATE VIEW planted AS SELECT * FROM garden_bed;"
    "GRANT SELECT ON planted TO app",
    "may hang triggers": "GRANT TRIGGER ON garden_bed TO app",
}


@pytest.mark.parametrize("problem", HOLES)
def test_a_hole_made_by_hand_is_found(hand: Any, problem: str) -> None:
    assert problems(hand) == []
    hand.execute(HOLES[problem])
    assert any(problem in each for each in problems(hand)), problems(hand)


def test_a_view_with_the_callers_rights_is_no_hole(hand: Any) -> None:
    hand.execute("CREATE VIEW planted WITH (security_invoker=true) AS SELECT * FROM garden_bed")
    assert problems(hand) == []


def test_a_new_table_of_the_operator_does_not_reach_the_app_past_row_security_by_default(hand: Any) -> None:
    """Default privileges open partitions: the control of the REVOKE that each partition needs."""
    hand.execute(
        "CREATE TABLE planted PARTITION OF garden_weather FOR VALUES FROM ('1990-01-01') TO ('1990-02-01')"
    )
    assert any("past row security" in each for each in problems(hand))


@isolate_apps("tests.tenancy.garden")
def test_models_that_would_leak_are_refused_by_the_checks() -> None:
    class Pot(TenantModel):
        code = models.CharField(max_length=9, unique=True)
        slug = models.SlugField()
        friends = models.ManyToManyField("self")

        class Meta:
            app_label = "garden"
            indexes = [models.Index(fields=["code"], name="pot_code")]
            constraints = [models.UniqueConstraint(fields=["slug"], name="pot_slug")]

    class Shower(TenantModel):
        organization = OrganizationKey(partition_by_month="at")
        at = models.DateTimeField()

        class Meta:
            app_label = "garden"
            constraints = [models.UniqueConstraint(fields=["organization", "id"], name="shower_once")]

    class Leaf(TenantModel):
        pot = models.ForeignKey(Pot, on_delete=models.CASCADE, db_index=False)
        shower = TenantForeignKey(Shower, on_delete=models.CASCADE)
        objects = models.Manager()

        class Meta:
            app_label = "garden"

    class Visitor(models.Model):  # noqa: DJ008
        pot = models.ForeignKey(Pot, on_delete=models.CASCADE)

        class Meta:
            app_label = "garden"

    def ids(model: type[models.Model]) -> set[str]:
        return {str(message.id).removeprefix("tenancy.") for message in check_model(model)}

    assert ids(Pot) == {"E001", "E002", "E003", "E004"}
    assert ids(Shower) == {"E008"}
    assert ids(Leaf) == {"E005", "E006", "E008"}
    assert ids(Visitor) == {"E005", "E009"}
