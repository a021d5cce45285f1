"""A task is sent with its organization and runs in its context."""

from typing import Any

import pytest
from celery import current_app
from celery.app.trace import build_tracer

from accounts.tenancy.context import acting_for, current_organization_id, organization_id_or_none
from accounts.tenancy.tasks import TenantTask, tenant_task
from tests.tenancy.garden.models import Bed

pytestmark = pytest.mark.django_db


@tenant_task(name="tests.plant_bed")
def plant_bed(name: str) -> int:
    Bed.objects.create(name=name)
    return current_organization_id()


@tenant_task(name="tests.open_yourself", opens_context=False)
def open_yourself(organization: int) -> tuple[int, int | None]:
    return organization, organization_id_or_none()


@tenant_task(name="tests.try_again", bind=True, max_retries=3)
def try_again(self: Any, seen: list[Any]) -> None:
    seen.append((current_organization_id(), self.request.retries))
    if self.request.retries < 2:
        raise self.retry(countdown=0)


def run(task: Any, *args: Any, **kwargs: Any) -> Any:
    """As a worker runs it: through Celery's tracer."""
    return build_tracer(task.name, task, app=current_app)("id", args, kwargs, {}).retval


def test_a_task_runs_for_its_organization(acme: Any) -> None:
    assert run(plant_bed, "roses", organization=acme.pk) == acme.pk
    assert organization_id_or_none() is None


def test_a_task_without_an_organization_does_not_run(acme: Any) -> None:
    assert isinstance(run(plant_bed, "roses").exception, TypeError)


def test_a_task_that_fails_leaves_nothing(two: Any) -> None:
    assert run(plant_bed, "roses", organization=two[0].pk) == two[0].pk
    assert not isinstance(run(plant_bed, "roses", organization=two[0].pk), int)
    with acting_for(two[0]):
        assert Bed.objects.count() == 1
    assert run(plant_bed, "roses", organization=two[1].pk) == two[1].pk


def test_a_task_with_network_in_between_opens_the_context_itself(acme: Any) -> None:
    assert run(open_yourself, organization=acme.pk) == (acme.pk, None)


def test_a_retry_keeps_the_organization_and_its_counter(acme: Any, settings: Any) -> None:
    seen: list[Any] = []
    try_again.apply(args=[seen], kwargs={"organization": acme.pk})
    assert seen == [(acme.pk, 0), (acme.pk, 1), (acme.pk, 2)]


def test_the_organization_is_accepted_when_a_task_is_sent() -> None:
    assert isinstance(plant_bed, TenantTask) and plant_bed.typing is False
