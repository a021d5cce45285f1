"""On whose behalf this code runs: one organization, one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    from accounts.models import Organization

SETTING = "app.organization"
# For accounts.tenancy.one_trip, which speaks to the server's library itself. True: for this transaction only.
TELL = f"SELECT set_config('{SETTING}', $1, true)"

_organization: ContextVar[int | None] = ContextVar("organization", default=None)


class NoOrganization(RuntimeError):
    """Tenant rows were asked for outside `acting_for(organization)`."""

    def __init__(self) -> None:
        super().__init__(
            "No organization is acting here. Open accounts.tenancy.context.acting_for(...) first."
        )


def current_organization_id() -> int:
    """The organization on whose behalf this code runs. Raises NoOrganization outside a context."""
    organization_id = _organization.get()
    if organization_id is None:
        raise NoOrganization
    return organization_id


def organization_id_or_none() -> int | None:
    return _organization.get()


@contextmanager
def acting_for(organization: Organization | int, *, using: str = DEFAULT_DB_ALIAS) -> Iterator[int]:
    """One transaction on behalf of one organization; yields its id.

    Both locks turn together: the manager reads the context variable, the row security policy reads the
    transaction-local setting. Nesting is allowed; the outer organization is back after the inner block.
    """
    organization_id = organization if isinstance(organization, int) else organization.pk
    if organization_id is None:
        raise NoOrganization
    connection = connections[using]
    outer = _organization.get()
    nested = connection.in_atomic_block
    with transaction.atomic(using=using):
        _tell_database(connection, str(organization_id))
        token = _organization.set(organization_id)
        try:
            yield organization_id
        finally:
            _organization.reset(token)
        # RELEASE SAVEPOINT keeps what was set inside it, so the outer code would go on in this organization.
        # After an error nothing may run: ROLLBACK TO SAVEPOINT restores the setting by itself.
        if nested and not connection.needs_rollback:
            _tell_database(connection, "" if outer is None else str(outer))


def _tell_database(connection: BaseDatabaseWrapper, value: str) -> None:
    with connection.cursor() as cursor:
        # True: for this transaction only. A session-level setting would greet the connection's next user.
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, value])
