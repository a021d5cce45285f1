"""acting_for: the context variable and the database's setting agree, whatever happens inside."""

import threading
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import IntegrityError, connection, transaction

from accounts.models import Organization
from accounts.tenancy.context import (
    NoOrganization,
    acting_for,
    current_organization_id,
    organization_id_or_none,
)
from tests.tenancy.garden.models import Bed

pytestmark = pytest.mark.django_db(transaction=True)


def setting() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('app.organization', true), '')")
        return str(cursor.fetchone()[0])


def agree(organization: Organization | None) -> bool:
    return setting() == (str(organization.pk) if organization else "") and organization_id_or_none() == (
        organization.pk if organization else None
    )


def test_outside_there_is_nobody(two: Any) -> None:
    with pytest.raises(NoOrganization):
        current_organization_id()
    assert agree(None)


def test_inside_both_locks_name_the_organization_and_after_it_nobody(two: Any) -> None:
    acme, _ = two
    with acting_for(acme) as organization_id:
        assert organization_id == acme.pk and agree(acme)
    assert agree(None)
    with acting_for(acme.pk):
        assert agree(acme)


def test_the_outer_organization_is_back_after_an_inner_one(two: Any) -> None:
    acme, globex = two
    with acting_for(acme):
        with acting_for(globex):
            assert agree(globex)
        assert agree(acme)


def test_the_outer_organization_is_back_after_an_error_inside(two: Any) -> None:
    acme, globex = two
    with acting_for(acme):
        with pytest.raises(ValueError), acting_for(globex):
            raise ValueError
        assert agree(acme)


def test_the_outer_organization_is_back_after_the_database_refused(two: Any) -> None:
    acme, globex = two
    with acting_for(acme):
        with pytest.raises(IntegrityError), acting_for(globex):
            Bed.objects.create(name="roses")
            Bed.objects.create(name="roses")
        assert agree(acme)
        assert Bed.objects.count() == 0


def test_the_outer_organization_is_back_after_a_silent_rollback(two: Any) -> None:
    acme, globex = two
    with acting_for(acme):
        with acting_for(globex):
            Bed.objects.create(name="roses")
            transaction.set_rollback(True)
        assert agree(acme)
    with acting_for(globex):
        assert Bed.objects.count() == 0


def test_inside_a_plain_transaction_nobody_is_back_afterwards(two: Any) -> None:
    acme, _ = two
    with transaction.atomic():
        with acting_for(acme):
            assert agree(acme)
        assert agree(None)


def test_an_error_undoes_everything(two: Any) -> None:
    acme, _ = two
    with pytest.raises(ValueError), acting_for(acme):
        Bed.objects.create(name="roses")
        raise ValueError
    with acting_for(acme):
        assert Bed.objects.count() == 0


def test_callbacks_after_the_commit_have_no_context(two: Any) -> None:
    acme, _ = two
    seen: list[int | None] = []
    with acting_for(acme):
        transaction.on_commit(lambda: seen.append(organization_id_or_none()))
    assert seen == [None]


def test_a_new_thread_has_no_context(two: Any) -> None:
    acme, _ = two
    seen: list[int | None] = []
    with acting_for(acme):
        thread = threading.Thread(target=lambda: seen.append(organization_id_or_none()))
        thread.start()
        thread.join()
    assert seen == [None]


def test_a_body_that_streams_after_the_context_raises_instead_of_leaking(two: Any) -> None:
    acme, _ = two

    def body() -> Any:
        yield from Bed.objects.values_list("name", flat=True)

    with acting_for(acme):
        stream = body()
    with pytest.raises(NoOrganization):
        list(stream)


def test_async_code_carries_the_context(two: Any) -> None:
    acme, _ = two

    async def inside() -> int | None:
        return await sync_to_async(organization_id_or_none)()

    with acting_for(acme):
        assert async_to_sync(inside)() == acme.pk


def test_a_kept_connection_greets_its_next_user_with_nothing(two: Any) -> None:
    acme, _ = two
    with acting_for(acme):
        Bed.objects.create(name="roses")
    kept = connection.connection
    assert Bed.unlocked.count() == 0
    assert connection.connection is kept
    with acting_for(acme):
        assert Bed.unlocked.count() == 1


def test_a_setting_for_the_session_would_leak_which_is_why_one_file_only_may_set_it(two: Any) -> None:
    """The negative control of the test above."""
    acme, _ = two
    with acting_for(acme):
        Bed.objects.create(name="roses")
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.organization', %s, false)", [str(acme.pk)])
    try:
        assert Bed.unlocked.count() == 1
    finally:
        connection.close()
