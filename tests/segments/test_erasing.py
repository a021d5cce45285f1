"""A person who wants to be forgotten is."""

from typing import Any

import pytest

from accounts.acting import NotAllowed, member_actor, system_actor
from accounts.models import AuditEntry, News
from segments.contacting import address_hash
from segments.erasing import erase
from segments.models import Customer, Suppression
from tests.factories.segments import CustomerFactory

pytestmark = pytest.mark.django_db


def test_a_person_is_erased_and_stays_unwritten_to(in_acme: Any) -> None:
    customer = CustomerFactory(email="Ann@customers.example", external_id="c-1")
    erase(customer, by=system_actor(in_acme))
    assert not Customer.objects.exists()
    kept = Suppression.objects.get()
    assert (
        bytes(kept.address_hash) == address_hash(in_acme, "ann@customers.example") and kept.reason == "erased"
    )
    assert News.objects.get(name="customer.erased").subject_id == customer.pk
    assert AuditEntry.objects.filter(action="customer.erase", subject=customer.pk).count() == 1


def test_only_admins_erase(in_acme: Any, mona: Any) -> None:
    customer = CustomerFactory()
    with pytest.raises(NotAllowed):
        erase(customer, by=member_actor(mona))
    assert Customer.objects.count() == 1
