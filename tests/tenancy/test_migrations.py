"""Tables are locked by their CREATE TABLE, and migrations stay silent, reversible and complete."""

from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, migrations, models
from django.db.migrations.state import ModelState, ProjectState
from django.test.utils import isolate_apps

from accounts.tenancy import catalog
from accounts.tenancy.fields import OrganizationKey, TenantForeignKey, TenantReference
from accounts.tenancy.roles import app_role, as_operator


@pytest.mark.django_db
def test_no_model_changed_without_its_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_the_garden_goes_to_zero_and_back() -> None:
    call_command("migrate", "garden", "zero", verbosity=0)
    with connection.cursor() as cursor:
        assert not [
            name for name in connection.introspection.table_names(cursor) if name.startswith("garden_")
        ]
    call_command("migrate", "garden", verbosity=0)
    with as_operator() as alias, alias.cursor() as cursor:
        cursor.execute(f'GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO "{app_role(alias)}"')
        cursor.execute(
            "SELECT format('REVOKE TRUNCATE ON %%I FROM %%I', relname, %s) FROM pg_class WHERE relispartition"
            " AND relkind = 'r' AND relnamespace = 'public'::regnamespace",
            [app_role(alias)],
        )
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)
        assert catalog.problems(cursor, app=app_role(alias)) == []


STEPS: list[tuple[str, Any]] = [
    (
        "a key is added",
        migrations.AddField("row", "other", TenantForeignKey("garden.Bed", models.CASCADE, null=True)),
    ),
    (
        "with its reference",
        migrations.AddConstraint("row", TenantReference(field="other", name="garden_row_other_fk")),
    ),
    ("the reference goes first", migrations.RemoveConstraint("row", "garden_row_other_fk")),
    ("the key is renamed", migrations.RenameField("row", "other", "another")),
    ("the model is renamed", migrations.RenameModel("Row", "Furrow")),
    ("a column comes", migrations.AddField("furrow", "depth", models.IntegerField(default=3))),
    ("a column changes", migrations.AlterField("furrow", "depth", models.BigIntegerField(default=3))),
    ("the key goes", migrations.RemoveField("furrow", "another")),
    ("the model goes", migrations.DeleteModel("Furrow")),
]


@pytest.mark.django_db(transaction=True)
@isolate_apps()
def test_the_life_of_a_table_leaves_it_locked_at_every_step() -> None:
    state = ProjectState.from_apps(apps)
    create = migrations.CreateModel(
        "Row",
        [("id", models.BigAutoField(primary_key=True)), ("organization", OrganizationKey())],
    )
    done: list[tuple[Any, ProjectState, ProjectState]] = []
    with as_operator() as alias:
        try:
            for says, operation in [("it is made", create), *STEPS]:
                before, after = state, state.clone()
                operation.state_forwards("garden", after)
                with alias.schema_editor() as editor:
                    operation.database_forwards("garden", editor, before, after)
                with alias.cursor() as cursor:
                    assert catalog.problems(cursor, app=app_role(alias)) == [], says
                done.append((operation, before, after))
                state = after
            for operation, before, after in reversed(done):
                with alias.schema_editor() as editor:
                    operation.database_backwards("garden", editor, after, before)
                with alias.cursor() as cursor:
                    assert catalog.problems(cursor, app=app_role(alias)) == [], f"back from {operation}"
        finally:
            with alias.cursor() as cursor:
                cursor.execute("DROP TABLE IF EXISTS garden_row, garden_furrow")


@isolate_apps("tests.tenancy.garden")
def test_the_autodetector_finds_nothing_twice() -> None:
    """State made from the models equals state made from their own deconstruction."""
    for model in apps.get_app_config("garden").get_models():
        first = ModelState.from_model(model)
        again = ModelState.from_model(first.render(ProjectState.from_apps(apps).apps))
        assert first.options.get("constraints", []) == again.options.get("constraints", [])
        assert [i.deconstruct() for i in first.options.get("indexes", [])] == [
            i.deconstruct() for i in again.options.get("indexes", [])
        ]
        for name, field in first.fields.items():
            assert field.deconstruct()[1:] == again.fields[name].deconstruct()[1:]
