"""System checks: what a tenant model may not be, and whether the database is as it was provisioned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections, models

from accounts.tenancy import catalog
from accounts.tenancy.directory import DIRECTORY
from accounts.tenancy.fields import ChangeNumber, TenantForeignKey, TenantOneToOneField, organization_key
from accounts.tenancy.roles import app_role

LED = "organization"


@register(Tags.models)
def check_tenant_models(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Every model is a sound tenant model or stands in the directory's closed list."""
    wanted = {config.label for config in app_configs} if app_configs is not None else None
    found: list[CheckMessage] = []
    for model in apps.get_models(include_auto_created=True):
        if wanted is None or model._meta.app_label in wanted:
            found.extend(check_model(model))
    return found


@register(Tags.database)
def check_database(databases: Sequence[str] | None, **kwargs: Any) -> list[CheckMessage]:
    """`check --database default`: the third lock, read from PostgreSQL's catalog."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        with connections[alias].cursor() as cursor:
            for problem in catalog.problems(cursor, app=app_role(connections[alias])):
                found.append(Error(f"Row security: {problem}.", id="tenancy.E100"))
            if lost := catalog.not_leakproof(cursor):
                found.append(
                    Warning(
                        f"Not marked LEAKPROOF: {', '.join(lost)}. Searches will be up to 100 times slower.",
                        hint="A superuser marks them (docs/operating.md). A restored dump needs it again.",
                        id="tenancy.W101",
                    )
                )
    return found


def check_model(model: type[models.Model]) -> Iterator[CheckMessage]:
    """What is wrong with one model, as tenancy sees it."""
    key = organization_key(model)
    if key is None:
        yield from _check_directory_model(model)
        return
    for many in model._meta.local_many_to_many:
        if many.remote_field.through._meta.auto_created:
            yield _error(
                f"{many} needs an explicit `through` tenant model: its own table has no tenant.",
                "E001",
                model,
            )
    for field in model._meta.local_fields:
        yield from _check_field(model, field)
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            yield from _check_unique(model, constraint, key.partition_by_month)
    if model._meta.unique_together:
        yield _error("Use UniqueConstraint, starting with the organization.", "E003", model)
    for index in model._meta.indexes:
        if _first(index) != LED:
            yield _error(f"The index {index.name} does not start with the organization.", "E004", model)
    if not _is_locked(model):
        yield _error("`objects` is no TenantManager, or not the default and base manager.", "E006", model)


def _check_directory_model(model: type[models.Model]) -> Iterator[CheckMessage]:
    if not model._meta.managed or model._meta.proxy:
        return
    if model._meta.db_table not in DIRECTORY:
        yield _error(
            "belongs to no organization, and accounts.tenancy.directory does not list it.", "E009", model
        )
    for field in model._meta.local_fields:
        yield from _check_reference(model, field)


def _check_field(model: type[models.Model], field: models.Field) -> Iterator[CheckMessage]:
    if field.unique and not field.primary_key and not isinstance(field, TenantOneToOneField):
        yield _error(
            f"{field.name} is unique over all tenants: a UniqueConstraint with the organization.",
            "E002",
            model,
        )
    if field.db_index and not field.unique:
        yield _error(f"{field.name} has an index without the organization: db_index=False.", "E004", model)
    if isinstance(field, ChangeNumber) and field.name != "changed":
        yield _error("A ChangeNumber is called `changed`.", "E011", model)
    yield from _check_reference(model, field)


def _check_reference(model: type[models.Model], field: models.Field) -> Iterator[CheckMessage]:
    target = getattr(field.remote_field, "model", None)
    if target is None or isinstance(target, str) or not issubclass(target, models.Model):
        return
    theirs = organization_key(target)
    if theirs is None:
        return
    if not isinstance(field, TenantForeignKey | TenantOneToOneField):
        yield _error(f"{field.name} points to a tenant model: use TenantForeignKey.", "E005", model)
    if theirs.partition_by_month:
        yield _error(f"{field.name} points to a log that is split by month: nothing may.", "E008", model)


def _check_unique(
    model: type[models.Model], constraint: models.UniqueConstraint, month: str
) -> Iterator[CheckMessage]:
    if _first(constraint) != LED:
        yield _error(f"The constraint {constraint.name} does not start with the organization.", "E003", model)
    if month and month not in constraint.fields:
        yield _error(
            f"The constraint {constraint.name} must contain {month}, which splits the table.", "E008", model
        )


def _first(item: Any) -> str:
    """The first field of an index or constraint, "" if it is an expression over something else."""
    if item.fields:
        return item.fields[0].lstrip("-")
    expression = item.expressions[0]
    while not isinstance(expression, models.F) and getattr(expression, "get_source_expressions", None):
        inner = expression.get_source_expressions()
        if len(inner) != 1:
            return ""
        expression = inner[0]
    return expression.name if isinstance(expression, models.F) else ""


def _is_locked(model: type[models.Model]) -> bool:
    from accounts.tenancy.models import TenantManager

    return isinstance(model._meta.default_manager, TenantManager) and isinstance(
        model._meta.base_manager, TenantManager
    )


def _error(text: str, number: str, model: type[models.Model]) -> Error:
    return Error(text, obj=model, id=f"tenancy.{number}")
