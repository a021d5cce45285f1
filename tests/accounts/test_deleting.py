"""A deletion is a row: taken back within 30 days, purged afterwards."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.acting import system_actor
from accounts.deleting import delete, purge_due, restore
from accounts.models import AuditEntry, Deletion, IdempotentAnswer, Membership, Unit
from accounts.models.deletion import UNDO_FOR
from accounts.tenancy.context import acting_for
from accounts.tidying import tidy
from tests.factories.accounts import UnitFactory


@pytest.fixture
def by(acme):
    return system_actor(acme)


def test_what_was_deleted_twice_is_deleted_once_and_comes_back(in_acme, by):
    unit = UnitFactory(name="York")
    first = delete(unit, by=by, action="unit.edit")
    assert delete(unit, by=by) == first
    assert not Unit.objects.alive().exists()
    assert restore(first, by=by, action="unit.edit") == unit
    assert Unit.objects.alive().get() == unit
    assert [entry.details["did"] for entry in AuditEntry.objects.order_by("id")] == ["deleted", "restored"]
    # And again, with a row of its own.
    assert delete(unit, by=by) != first


def test_after_thirty_days_it_is_gone_for_good(in_acme, by):
    unit = UnitFactory(name="York")
    deletion = delete(unit, by=by)
    soon, late = (
        timezone.now() + UNDO_FOR - timedelta(hours=1),
        timezone.now() + UNDO_FOR + timedelta(hours=1),
    )
    assert purge_due(at=soon) == 0
    assert purge_due(at=late) == 1
    assert not Unit.objects.exists()
    assert restore(deletion, by=by) is None


def test_what_is_still_used_stays_until_it_is_not(in_acme, by, agnes, acme_units):
    delete(acme_units.north, by=by)
    late = timezone.now() + UNDO_FOR + timedelta(hours=1)
    assert purge_due(at=late) == 0
    assert Deletion.objects.standing().count() == 1
    Membership.objects.filter(pk=agnes.pk).delete()
    Unit.objects.filter(pk=acme_units.leeds.pk).delete()
    assert purge_due(at=late) == 1


def test_tidying_goes_through_all_organizations_in_short_turns(acme, globex):
    for organization in (acme, globex):
        with acting_for(organization):
            delete(UnitFactory(), by=system_actor(organization))
    late = timezone.now() + UNDO_FOR + timedelta(hours=1)
    Session.objects.create(session_key="old", session_data="", expire_date=timezone.now())
    first = tidy(seconds=0, at=late)
    assert first == acme.pk
    second = tidy(after=first, seconds=0, at=late)
    assert second == globex.pk
    assert tidy(after=second, at=late) == 0
    for organization in (acme, globex):
        with acting_for(organization):
            assert not Unit.objects.exists()
    assert not Session.objects.exists()


def test_answers_to_repeats_are_kept_for_a_day(api, acme):
    api(acme).post("/api/v1/units", {"name": "York"}, headers={"Idempotency-Key": "once"})
    tidy(at=timezone.now() + timedelta(hours=23))
    with acting_for(acme):
        assert IdempotentAnswer.objects.count() == 1
    tidy(at=timezone.now() + timedelta(hours=25))
    with acting_for(acme):
        assert not IdempotentAnswer.objects.exists()
