"""Who of a segment may be reached: the same answer as the judge gives for each, but for the hour."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organization
from accounts.tenancy.context import acting_for
from segments import compiling, contacting
from segments.addresses import address_hash
from segments.catalog import Asked
from segments.models import Purpose, Suppression
from segments.reaching import Reach, reach
from segments.rules import Group
from tests.factories.segments import ConsentFactory, CustomerFactory

pytestmark = pytest.mark.django_db


def stop(organization: Organization, address: str, purpose: str = "") -> None:
    Suppression.objects.create(
        channel="email",
        address_hash=address_hash(organization, address),
        purpose=purpose,
        reason="unsubscribed",
        at=timezone.now(),
    )


@pytest.fixture
def people(acme: Organization) -> Any:
    with acting_for(acme):
        ann, ben, cas, dot = (CustomerFactory(name=name) for name in ("Ann", "Ben", "Cas", "Dot"))
        eve = CustomerFactory(name="Eve", email="")
        ConsentFactory(customer=ann)
        ConsentFactory(customer=ben)
        ConsentFactory(customer=cas, purpose="surveys", allowed=False)
        stop(acme, ben.email.upper(), "marketing")
        stop(acme, dot.email)
        yield [ann, ben, cas, dot, eve]


def test_address_stop_and_consent_decide_who_may_be_reached(acme: Organization, people: Any) -> None:
    found = compiling.found_by(Group("all"), asked=Asked.here())
    assert reach(found, Asked.here()) == Reach(surveys=2, offers=1, without_address=1, stopped=1)


@pytest.mark.parametrize(("purpose", "told"), [(Purpose.SURVEYS, "surveys"), (Purpose.MARKETING, "offers")])
def test_it_says_what_the_judge_says(acme: Organization, people: Any, purpose: str, told: str) -> None:
    candidates = [contacting.Candidate(one.pk, "email", purpose, quiet=False) for one in people]
    allowed = sum(decision.allowed for decision in contacting.judge(candidates))
    found = compiling.found_by(Group("all"), asked=Asked.here())
    assert getattr(reach(found, Asked.here()), told) == allowed
