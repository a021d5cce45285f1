"""Celery tasks on behalf of an organization."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from celery import Task, shared_task

from accounts.tenancy.context import acting_for


class TenantTask(Task):
    """A task that is sent with `organization=<id>` and runs in that organization's context.

    `opens_context = False` is for tasks with network in between: `run` is then given the organization and
    opens `acting_for` itself, once per transaction.
    """

    # Otherwise apply_async compares the arguments with run() and rejects the organization.
    typing = False
    opens_context = True

    def __call__(self, *args: Any, organization: int, **kwargs: Any) -> Any:
        # Not super().__call__: it pushes a second request, and a retry loses the organization and its counter.
        if not self.opens_context:
            return self.run(*args, organization=organization, **kwargs)
        with acting_for(organization):
            return self.run(*args, **kwargs)


def tenant_task(
    *, name: str, opens_context: bool = True, **options: Any
) -> Callable[[Callable[..., Any]], Task]:
    """`@tenant_task(name="surveys.launch")`; call with `.delay(organization=organization_id, ...)`."""
    return shared_task(name=name, base=TenantTask, opens_context=opens_context, **options)
