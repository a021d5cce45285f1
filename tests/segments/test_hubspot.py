"""HubSpot both ways, against a stand-in that refuses what its pages do not allow."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.acting import system_actor
from accounts.models import News, Organization
from accounts.tenancy.context import acting_for
from outreach import caring
from outreach.models import Case
from segments import connecting
from segments.connectors import hubspot as connector
from segments.models import Connection, Customer, CustomerKey, NotTakenIn, Outgoing
from tests.factories.segments import AttributeFactory, CustomerFactory, SegmentFactory
from tests.factories.surveys import published, respond
from tests.segments.connected import changed, connected, fresh, open_to, turn
from tests.stand_ins.hubspot import HubSpot

PRIVATE = {"access_token": "pat-eu1-private"}
LONG_AGO = datetime(2026, 3, 1, 10, tzinfo=UTC)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hubspot(settings: Any) -> Iterator[HubSpot]:
    with HubSpot() as stand_in:
        open_to(settings, "hubspot", stand_in)
        stand_in.searching.most = 1_000
        yield stand_in


def names(acme: Organization) -> list[str]:
    with acting_for(acme):
        return sorted(Customer.objects.values_list("name", flat=True))


@pytest.mark.row("B3", "CRM sync both ways (HubSpot, Salesforce)")
def test_contacts_come_in_once_and_follow_what_changes_there(acme: Organization, hubspot: HubSpot) -> None:
    with acting_for(acme):
        AttributeFactory(key="plan", label="Plan", kind="choice", choices=["gold", "silver"])
        CustomerFactory(name="Ann", email="ann@shop.example")
    ann = hubspot.add(LONG_AGO, email="ann@shop.example", firstname="Ann", lastname="Okafor", plan="gold")
    hubspot.add(LONG_AGO, email="ben@shop.example", firstname="Ben", company="Desk & Co")
    kept = connected(acme, "hubspot", PRIVATE)
    assert kept.account == "account 4711"
    assert kept.fields_in == {
        "email": "email", "name": "@name", "first_name": "firstname", "company": "company", "attribute.plan": "plan",
    }  # fmt: skip
    assert names(acme) == ["Ann"], "nothing moves before somebody looked at the fields"
    turn(acme)
    with acting_for(acme):
        assert names(acme) == ["Ann Okafor", "Ben"], "the one who was here already is joined by her address"
        known = Customer.objects.get(email_lower="ann@shop.example")
        assert known.attributes == {"plan": "gold"} and known.mode == "live"
        assert CustomerKey.objects.filter(kind="crm", source="hubspot", value=ann, customer=known).exists()
        assert Customer.objects.get(name="Ben").company.name == "Desk & Co"
        assert not News.objects.filter(name__startswith="customer.").exists(), (
            "what is brought in wakes nobody"
        )
    hubspot.change(ann, lastname="Okafor-Lee")
    turn(acme)
    assert names(acme) == ["Ann Okafor-Lee", "Ben"]
    hubspot.change(ann, plan="")
    turn(acme)
    with acting_for(acme):
        assert Customer.objects.get(email_lower="ann@shop.example").attributes == {"plan": "gold"}
    now = fresh(acme, kept)
    assert (now.created, now.state, now.failures) == (1, "working", 0) and now.pulled_at is not None


def test_a_thousand_changes_of_one_moment_all_come_in(acme: Organization, hubspot: HubSpot) -> None:
    for number in range(130):
        hubspot.add(LONG_AGO, email=f"p{number}@shop.example", firstname=f"P{number}")
    for number in range(130):
        hubspot.add(LONG_AGO + timedelta(seconds=number), email=f"q{number}@shop.example")
    connected(acme, "hubspot", PRIVATE)
    turn(acme)
    with acting_for(acme):
        assert Customer.objects.count() == 260


def test_who_changes_while_pages_are_read_pushes_nobody_over_the_edge(
    acme: Organization, hubspot: HubSpot
) -> None:
    numbers = [hubspot.add(LONG_AGO + timedelta(seconds=n), email=f"p{n}@shop.example") for n in range(250)]
    connected(acme, "hubspot", PRIVATE)

    def stir() -> None:
        for number in numbers[:40]:
            hubspot.change(number, firstname="Stirred")

    hubspot.faults.extend([lambda: None, stir])
    turn(acme)
    turn(acme)
    with acting_for(acme):
        assert Customer.objects.count() == 250
        assert Customer.objects.filter(first_name="Stirred").count() == 40


def test_what_is_found_late_is_not_missed(acme: Organization, hubspot: HubSpot) -> None:
    connected(acme, "hubspot", PRIVATE)
    hubspot.lag = timedelta(seconds=1)
    first = datetime.now(UTC) - timedelta(seconds=5)
    hubspot.add(first, email="ann@shop.example")
    late = hubspot.add(first - timedelta(seconds=1), email="ben@shop.example")
    hidden = hubspot.contacts.pop(late)
    turn(acme)
    hubspot.contacts[late] = hidden
    turn(acme)
    with acting_for(acme):
        assert Customer.objects.count() == 2


def test_patience_that_is_asked_for_is_kept_and_nothing_is_lost(acme: Organization, hubspot: HubSpot) -> None:
    for number in range(150):
        hubspot.add(LONG_AGO + timedelta(seconds=number), email=f"p{number}@shop.example")
    kept = connected(acme, "hubspot", PRIVATE)
    before = len(hubspot.asked)
    hubspot.faults.extend([lambda: None, 429])
    turn(acme)
    waiting = fresh(acme, kept)
    assert waiting.state == "waiting" and "too many requests" in waiting.fault
    assert len(hubspot.asked) == before + 2, "and until then it is not asked"
    with acting_for(acme):
        assert Customer.objects.count() == 100
    assert waiting.wait_until is not None
    time.sleep(max(0.0, (waiting.wait_until - timezone.now()).total_seconds()) + 0.05)
    turn(acme)
    with acting_for(acme):
        assert Customer.objects.count() == 150
    assert fresh(acme, kept).state == "working"


@pytest.mark.row("B3", "CRM sync both ways (HubSpot, Salesforce)")
def test_a_token_is_renewed_in_time_and_when_it_is_refused(acme: Organization, hubspot: HubSpot) -> None:
    app = {"client_id": "client-1", "client_secret": "client-secret-1", "refresh_token": "refresh-1"}
    kept = connected(acme, "hubspot", app)
    assert len(hubspot.granted) == 1
    hubspot.add(LONG_AGO, email="ann@shop.example")
    hubspot.granted.update(dict.fromkeys(hubspot.granted, 0.0))
    turn(acme)
    assert len(hubspot.granted) == 2 and names(acme) == [""]
    with acting_for(acme):
        Connection.objects.update(access_until=timezone.now() + timedelta(seconds=20))
    hubspot.add(email="ben@shop.example")
    turn(acme)
    assert len(hubspot.granted) == 3
    assert all(one.status != 401 for one in hubspot.asked[-2:]), "it was renewed before it ran out"
    hubspot.refresh = "another"
    hubspot.granted.clear()
    turn(acme)
    ended = fresh(acme, kept)
    assert ended.state == "ended" and "does not renew our access" in ended.fault
    asked = len(hubspot.asked)
    turn(acme)
    assert len(hubspot.asked) == asked, "who was turned away does not ask again"
    with acting_for(acme):
        connecting.replace_secret(ended, {**app, "refresh_token": "another"}, by=system_actor(acme))
    turn(acme)
    assert fresh(acme, kept).state == "working"
    with acting_for(acme):
        stored = Connection.objects.values_list("secret", flat=True).get()
        assert "another" not in stored and "client-secret" not in stored


def ready(acme: Organization, hubspot: HubSpot, **changes: Any) -> Connection:
    """Connected, our fields made there, and both directions on."""
    kept = connected(acme, "hubspot", PRIVATE)
    with acting_for(acme):
        connecting.make_missing(fresh(acme, kept), by=system_actor(acme))
    turn(acme)
    kept = changed(acme, kept, pushes=True, **changes)
    turn(acme)
    return kept


def of(hubspot: HubSpot, email: str) -> dict[str, str]:
    return next(one for one in hubspot.contacts.values() if one.get("email") == email)


@pytest.mark.row("B3", "CRM sync both ways (HubSpot, Salesforce)")
@pytest.mark.row("B3", "categories and segments pushed back")
def test_a_new_score_its_category_and_segments_are_written_there(
    acme: Organization, hubspot: HubSpot
) -> None:
    hubspot.add(LONG_AGO, email="ann@shop.example", firstname="Ann")
    hubspot.add(LONG_AGO, email="ben@shop.example", firstname="Ben")
    rule = {"all": [{"field": "category", "operator": "is", "value": "promoter"}]}
    with acting_for(acme):
        fans = SegmentFactory(name="Fans", rule=rule)
        CustomerFactory(email="cleo@elsewhere.example")
        survey = published()
    turn(acme)
    kept = ready(acme, hubspot, segments=[fans.pk])
    assert hubspot.properties["loopwell_score"][0] == "number"
    with acting_for(acme):
        ann = Customer.objects.get(email="ann@shop.example")
        respond(survey=survey, customer=ann, score=4, comment="slow")
    turn(acme)
    there = of(hubspot, "ann@shop.example")
    assert (there["loopwell_score"], there["loopwell_category"], there["loopwell_segments"]) == (
        "4",
        "detractor",
        "",
    )
    with acting_for(acme):
        respond(survey=survey, customer=ann, score=10)
    turn(acme)
    turn(acme)
    there = of(hubspot, "ann@shop.example")
    assert (there["loopwell_score"], there["loopwell_category"], there["loopwell_segments"]) == (
        "10", "promoter", "Fans",
    )  # fmt: skip
    assert (there["loopwell_movement"], there["loopwell_previous_category"]) == ("6", "detractor")
    assert there["loopwell_answered_at"].startswith(str(timezone.now().year))
    assert "loopwell_score" not in of(hubspot, "ben@shop.example")
    assert hubspot.refused == [] and fresh(acme, kept).written >= 2
    with acting_for(acme):
        cleo = Customer.objects.get(email="cleo@elsewhere.example")
        respond(survey=survey, customer=cleo, score=9)
    turn(acme)
    assert len(hubspot.contacts) == 2, "nobody is added there unasked"
    changed(acme, kept, makes_people=True)
    with acting_for(acme):
        respond(survey=survey, customer=cleo, score=8)
    turn(acme)
    assert of(hubspot, "cleo@elsewhere.example")["loopwell_score"] == "8"
    with acting_for(acme):
        assert CustomerKey.objects.filter(kind="crm", source="hubspot", customer=cleo).count() == 1


@pytest.mark.row("B3", "categories and segments pushed back")
def test_only_what_is_live_goes_out_and_what_was_there_before_goes_when_it_is_switched_on(
    acme: Organization, hubspot: HubSpot
) -> None:
    with acting_for(acme):
        survey = published()
        for number in range(120):
            person = CustomerFactory(email=f"p{number}@shop.example")
            respond(survey=survey, customer=person, score=number % 11)
        tried = CustomerFactory(email="test@shop.example", mode="test")
        respond(survey=survey, customer=tried, score=1)
    for number in range(120):
        hubspot.add(LONG_AGO, email=f"p{number}@shop.example")
    hubspot.add(LONG_AGO, email="test@shop.example")
    turn(acme)
    kept = ready(acme, hubspot)
    told = [one for one in hubspot.contacts.values() if one.get("loopwell_score")]
    assert len(told) == 120 and all(one["email"] != "test@shop.example" for one in told)
    batches = [one for one in hubspot.asked if one.path.endswith("batch/update")]
    assert max(len(one.body["inputs"]) for one in batches) == 100
    with acting_for(acme):
        assert not Outgoing.objects.exists()
        ended = fresh(acme, kept)
        connecting.disconnect(ended, by=system_actor(acme))
        assert Connection.objects.get().secret == ""
    asked = len(hubspot.asked)
    turn(acme)
    assert len(hubspot.asked) == asked


def test_what_is_refused_is_set_aside_told_and_tried_once_more(acme: Organization, hubspot: HubSpot) -> None:
    good = hubspot.add(LONG_AGO, email="ann@shop.example")
    gone = hubspot.add(LONG_AGO, email="ben@shop.example")
    hubspot.add(LONG_AGO, email="not an address", firstname="Odd")
    kept = ready(acme, hubspot)
    with acting_for(acme):
        assert NotTakenIn.objects.get().field == "email"
        survey = published()
        for email in ("ann@shop.example", "ben@shop.example"):
            respond(survey=survey, customer=Customer.objects.get(email=email), score=7)
    del hubspot.contacts[gone], hubspot.stamps[gone]
    turn(acme)
    assert hubspot.contacts[good]["loopwell_score"] == "7", "the one at fault costs only itself"
    with acting_for(acme):
        told = connecting.failures(fresh(acme, kept))
    assert [(one.direction, one.what) for one in told] == [("out", "person"), ("in", "record")]
    assert "deleted or not exist" in told[0].message
    odd = next(number for number, one in hubspot.contacts.items() if one.get("firstname") == "Odd")
    hubspot.contacts[odd]["email"] = "odd@shop.example"
    hubspot.contacts[gone] = {"email": "ben@shop.example"}
    hubspot.stamps[gone] = LONG_AGO
    with acting_for(acme):
        assert connecting.retry_failed(fresh(acme, kept), by=system_actor(acme)) == 2
    turn(acme)
    with acting_for(acme):
        assert connecting.failures(fresh(acme, kept)) == []
        assert Customer.objects.filter(email="odd@shop.example").exists()
    assert hubspot.contacts[gone]["loopwell_score"] == "7"


@pytest.mark.row("B3", "alerts as CRM tasks")
def test_an_unhappy_customer_is_one_task_there_until_their_case_is_closed(
    acme: Organization, hubspot: HubSpot
) -> None:
    number = hubspot.add(LONG_AGO, email="ann@shop.example", firstname="Ann")
    kept = ready(acme, hubspot, errands=True)
    with acting_for(acme):
        survey = published()
        ann = Customer.objects.get(email="ann@shop.example")
        respond(survey=survey, customer=ann, score=3, comment="The queue was long.")
    # It is done, and the answer that says so is lost: the next try finds it.
    hubspot.fault_at["/crm/v3/objects/tasks"] = "lost"
    turn(acme)
    assert len(hubspot.tasks) == 1
    assert fresh(acme, kept).state == "waiting"
    with acting_for(acme):
        connecting.sync_now(fresh(acme, kept), by=system_actor(acme))
    turn(acme)
    (task,) = hubspot.tasks.values()
    facts = task["properties"]
    assert (
        facts["hs_task_subject"] == "Case 1: Ann gave 3 of 10"
        and "The queue was long." in facts["hs_task_body"]
    )
    assert "/o/acme/cases/1/" in facts["hs_task_body"] and facts["hs_task_status"] == "NOT_STARTED"
    assert task["associations"][0]["to"]["id"] == number
    with acting_for(acme):
        case = Case.objects.get()
        caring.close(case, cause="Queue", outcome="solved", by=system_actor(acme))
    turn(acme)
    (task,) = hubspot.tasks.values()
    assert task["properties"]["hs_task_status"] == "COMPLETED"
    with acting_for(acme):
        caring.reopen(Case.objects.get(), by=system_actor(acme))
    turn(acme)
    (task,) = hubspot.tasks.values()
    assert task["properties"]["hs_task_status"] == "NOT_STARTED"


def test_an_invented_organization_connects_nothing(acme: Organization) -> None:
    acme.kind = Organization.Kind.DEMO
    acme.save()
    with acting_for(acme), pytest.raises(connecting.NotConnected, match="invented"):
        connecting.connect("hubspot", PRIVATE, by=system_actor(acme))


def test_a_paused_connection_keeps_what_happens_for_later(acme: Organization, hubspot: HubSpot) -> None:
    hubspot.add(LONG_AGO, email="ann@shop.example")
    kept = ready(acme, hubspot)
    with acting_for(acme):
        connecting.pause(kept, by=system_actor(acme))
        survey = published()
        ann = Customer.objects.get(email="ann@shop.example")
        for score in (2, 5, 9):
            respond(survey=survey, customer=ann, score=score)
    asked = len(hubspot.asked)
    turn(acme)
    assert len(hubspot.asked) == asked
    with acting_for(acme):
        connecting.resume(fresh(acme, kept), by=system_actor(acme))
    turn(acme)
    updates = [one for one in hubspot.asked[asked:] if one.path.endswith("batch/update")]
    assert len(updates) == 1, "three answers are one change"
    assert of(hubspot, "ann@shop.example")["loopwell_score"] == "9"


@pytest.mark.row("B3", "CRM sync both ways (HubSpot, Salesforce)")
def test_a_new_score_goes_with_the_next_turn(acme: Organization, hubspot: HubSpot) -> None:
    numbers = [hubspot.add(LONG_AGO, email=f"p{n}@shop.example") for n in range(20)]
    ready(acme, hubspot)
    with acting_for(acme):
        survey = published()
        people = {one.email: one for one in Customer.objects.all()}
    for n, number in enumerate(numbers):
        with acting_for(acme):
            respond(survey=survey, customer=people[f"p{n}@shop.example"], score=n % 11)
        turn(acme, hurry=False)
        assert hubspot.contacts[number]["loopwell_score"] == str(n % 11)


def test_a_stamp_is_kept_to_the_millisecond() -> None:
    assert connector.iso(datetime(2026, 3, 1, 10, 0, 0, 123_999, tzinfo=UTC)) == "2026-03-01T10:00:00.123Z"
