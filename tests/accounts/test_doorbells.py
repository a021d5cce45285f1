"""Ringing: no work is forgotten, nothing waits for a lock, and no tenant's data is in the row."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts import doorbells, sockets
from accounts.models import Doorbell
from accounts.tenancy.context import acting_for

pytestmark = pytest.mark.django_db(transaction=True)

hinted: list[int] = []


def hint(organization_id: int) -> None:
    hinted.append(organization_id)


def broken_hint(organization_id: int) -> None:
    raise ConnectionError("the broker is away")


@pytest.fixture(autouse=True)
def hints(settings: Any) -> Any:
    settings.HINTS = (f"{__name__}.broken_hint", f"{__name__}.hint")
    hinted.clear()
    yield
    sockets.plug.cache_clear()


def test_a_ring_is_a_row_with_the_commit_and_a_hint_after_it(acme: Any) -> None:
    with acting_for(acme):
        doorbells.ring(acme.pk)
        assert hinted == []
    assert hinted == [acme.pk]
    assert [ring.organization_id for ring in doorbells.due()] == [acme.pk]


def test_a_rollback_takes_the_ring_back(acme: Any) -> None:
    with pytest.raises(ZeroDivisionError), acting_for(acme):
        doorbells.ring(acme.pk)
        raise ZeroDivisionError
    assert hinted == [] and doorbells.due() == []


def test_one_row_for_each_transaction_however_often_it_rings(acme: Any) -> None:
    for _ in range(2):
        with acting_for(acme):
            for _ in range(5):
                doorbells.ring(acme.pk)
            doorbells.ring(acme.pk, timezone.now() + timedelta(hours=1))
    assert Doorbell.objects.count() == 2
    assert hinted == [acme.pk, acme.pk]


def test_each_transaction_of_the_same_verb_rings(acme: Any) -> None:
    """A decorated verb uses one Atomic object for all its transactions."""

    @transaction.atomic
    def verb() -> None:
        doorbells.ring(acme.pk)

    for _ in range(3):
        verb()
        doorbells.answered(doorbells.due())
        assert doorbells.due() == []
        verb()
        assert len(doorbells.due()) == 1
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            verb()
            raise ZeroDivisionError


def test_an_earlier_instant_rings_again(acme: Any) -> None:
    now = timezone.now()
    with acting_for(acme):
        doorbells.ring(acme.pk, now + timedelta(hours=2))
        doorbells.ring(acme.pk, now + timedelta(hours=1))
        doorbells.ring(acme.pk, now + timedelta(hours=3))
    assert Doorbell.objects.count() == 2
    assert doorbells.next_due() == now + timedelta(hours=1)


def test_a_ring_in_a_savepoint_that_was_rolled_back_is_rung_again(acme: Any) -> None:
    with acting_for(acme):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            doorbells.ring(acme.pk)
            raise ZeroDivisionError
        doorbells.ring(acme.pk)
    assert Doorbell.objects.count() == 1 and hinted == [acme.pk]


def test_what_is_due_later_is_not_due_now_and_gives_no_hint(acme: Any) -> None:
    later = timezone.now() + timedelta(minutes=5)
    with acting_for(acme):
        doorbells.ring(acme.pk, later)
    assert doorbells.due() == [] and hinted == []
    assert [ring.due_at for ring in doorbells.due(at=later)] == [later]


def test_the_longest_waiting_comes_first_and_each_organization_once(acme: Any, globex: Any) -> None:
    now = timezone.now()
    for organization, minutes in ((acme, 1), (globex, 3), (acme, 2), (acme, 1)):
        doorbells.ring(organization.pk, now - timedelta(minutes=minutes))
    assert [(ring.organization_id, len(ring.rows)) for ring in doorbells.due()] == [
        (globex.pk, 1),
        (acme.pk, 3),
    ]


def test_what_rings_while_the_work_is_done_stays_for_the_next_sweep(acme: Any) -> None:
    doorbells.ring(acme.pk)
    (ring,) = doorbells.due()
    doorbells.ring(acme.pk)
    doorbells.answered(ring)
    assert len(doorbells.due()) == 1
    doorbells.answered(doorbells.due())
    assert doorbells.due() == []
