"""Salesforce both ways, against a stand-in that refuses what its pages do not allow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.acting import system_actor
from accounts.models import Organization
from accounts.tenancy.context import acting_for
from outreach import caring
from outreach.models import Case
from segments import connecting
from segments.connectors.salesforce import _quoted
from segments.models import Customer, CustomerKey
from tests.factories.segments import AttributeFactory, CustomerFactory, SegmentFactory
from tests.factories.surveys import published, respond
from tests.segments.connected import changed, connected, fresh, open_to, turn
from tests.stand_ins.salesforce import CONTACT, Salesforce

APP = {
    "account": "acme", "client_id": "consumer-key", "client_secret": "consumer-secret", "refresh_token": "refresh-1",
}  # fmt: skip
LONG_AGO = datetime(2026, 3, 1, 10, tzinfo=UTC)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def salesforce(settings: Any) -> Iterator[Salesforce]:
    with Salesforce() as stand_in:
        open_to(settings, "salesforce", stand_in)
        yield stand_in


@pytest.mark.row("B3", "CRM sync both ways (HubSpot, Salesforce)")
def test_contacts_come_in_in_pages_of_one_stamp_and_of_many(
    acme: Organization, salesforce: Salesforce
) -> None:
    with acting_for(acme):
        AttributeFactory(key="tier", label="Tier", kind="text")
    for number in range(230):
        salesforce.add(LONG_AGO, Email=f"p{number}@shop.example", FirstName="Pat", Tier__c="gold")
    for number in range(230):
        at = LONG_AGO + timedelta(seconds=number)
        salesforce.add(at, Email=f"q{number}@shop.example", Account={"Name": "Desk & Co"})
    salesforce.page = 150
    connected(acme, "salesforce", APP)
    turn(acme)
    with acting_for(acme):
        assert Customer.objects.count() == 460
        pat = Customer.objects.get(email="p7@shop.example")
        assert (pat.name, pat.attributes) == ("Pat Lee", {"tier": "gold"})
        assert Customer.objects.get(email="q7@shop.example").company.name == "Desk & Co"
    one = next(iter(salesforce.contacts))
    salesforce.change(one, FirstName="Patricia")
    turn(acme)
    with acting_for(acme):
        assert Customer.objects.get(email="p0@shop.example").name == "Patricia Lee"
    assert salesforce.refused == []


@pytest.mark.row("B3", "CRM sync both ways (HubSpot, Salesforce)")
def test_a_session_that_ends_is_renewed_also_with_refresh_tokens_that_are_used_up(
    acme: Organization, salesforce: Salesforce
) -> None:
    salesforce.rotates = True
    kept = connected(acme, "salesforce", APP)
    salesforce.add(LONG_AGO, Email="ann@shop.example")
    for _ended in range(3):
        salesforce.sessions.clear()
        turn(acme)
    assert salesforce.granted == 4 and fresh(acme, kept).state == "working"
    salesforce.spent = True
    turn(acme)
    waiting = fresh(acme, kept)
    assert waiting.state == "waiting" and "too many requests" in waiting.fault, "its daily limit ends nothing"


@pytest.mark.row("B3", "CRM sync both ways (HubSpot, Salesforce)")
@pytest.mark.row("B3", "categories and segments pushed back")
def test_scores_and_segments_are_written_onto_contacts(acme: Organization, salesforce: Salesforce) -> None:
    ann = salesforce.add(LONG_AGO, Email="ann@shop.example")
    ben = salesforce.add(LONG_AGO, Email="ben@shop.example")
    with acting_for(acme):
        fans = SegmentFactory(
            name="Fans", rule={"all": [{"field": "category", "operator": "is", "value": "promoter"}]}
        )
    turn(acme)
    kept = connected(acme, "salesforce", APP)
    assert kept.fields_out == {
        "score": "Loopwell_Score__c", "category": "Loopwell_Category__c", "movement": "Loopwell_Movement__c",
        "answered_at": "Loopwell_Answered_At__c", "segments": "Loopwell_Segments__c",
    }  # fmt: skip
    kept = changed(acme, kept, pushes=True, segments=[fans.pk])
    turn(acme)
    with acting_for(acme):
        survey = published()
        for email, score in (("ann@shop.example", 10), ("ben@shop.example", 2)):
            respond(survey=survey, customer=Customer.objects.get(email=email), score=score)
        stranger = CustomerFactory(name="Cleo O'Hara", email="cleo@elsewhere.example")
        respond(survey=survey, customer=stranger, score=8)
    turn(acme)
    turn(acme)
    assert salesforce.contacts[ann]["Loopwell_Score__c"] == 10
    assert salesforce.contacts[ann]["Loopwell_Segments__c"] == "Fans"
    assert salesforce.contacts[ben]["Loopwell_Category__c"] == "detractor"
    assert len(salesforce.contacts) == 2
    changed(acme, kept, makes_people=True)
    with acting_for(acme):
        respond(survey=survey, customer=stranger, score=9)
    turn(acme)
    made = next(one for one in salesforce.contacts.values() if one.get("Email") == "cleo@elsewhere.example")
    assert (made["LastName"], made["Loopwell_Score__c"]) == ("O'Hara", 9)
    with acting_for(acme):
        assert CustomerKey.objects.get(kind="crm", customer=stranger).value == made["Id"]
    # A record that is gone there costs only itself.
    del salesforce.contacts[ben]
    with acting_for(acme):
        for email, score in (("ann@shop.example", 6), ("ben@shop.example", 6)):
            respond(survey=survey, customer=Customer.objects.get(email=email), score=score)
    turn(acme)
    assert salesforce.contacts[ann]["Loopwell_Score__c"] == 6
    with acting_for(acme):
        assert [one.message for one in connecting.failures(fresh(acme, kept))] == ["entity is deleted"]


@pytest.mark.row("B3", "alerts as CRM tasks")
def test_an_unhappy_customer_is_one_task_of_their_contact(acme: Organization, salesforce: Salesforce) -> None:
    ann = salesforce.add(LONG_AGO, Email="ann@shop.example", FirstName="Ann")
    kept = connected(acme, "salesforce", APP)
    changed(acme, kept, errands=True)
    turn(acme)
    with acting_for(acme):
        respond(survey=published(), customer=Customer.objects.get(), score=0, comment="It's slow")
    salesforce.fault_at["/services/data/v60.0/sobjects/Task"] = "lost"
    turn(acme)
    with acting_for(acme):
        connecting.sync_now(fresh(acme, kept), by=system_actor(acme))
    turn(acme)
    (task,) = salesforce.tasks.values()
    assert (task["WhoId"], task["Subject"]) == (ann, "Case 1: Ann Lee gave 0 of 10")
    with acting_for(acme):
        caring.close(Case.objects.get(), cause="Queue", outcome="solved", by=system_actor(acme))
    turn(acme)
    (task,) = salesforce.tasks.values()
    assert task["Status"] == "Completed"


def test_a_text_cannot_end_its_quotes() -> None:
    assert _quoted("O'Hara\\") == "'O\\'Hara\\\\'"
    assert "Loopwell_Score__c" in CONTACT
