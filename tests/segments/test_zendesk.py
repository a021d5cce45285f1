"""Zendesk: tickets in as touchpoints, cases as tickets both ways, against a stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from accounts.acting import system_actor
from accounts.models import News, Organization
from accounts.tenancy.context import acting_for
from outreach import caring
from outreach.models import Alert, Case, CaseEvent
from segments import connecting
from segments.models import Connection, Customer, CustomerEvent, CustomerKey
from tests.factories.segments import CustomerFactory
from tests.factories.surveys import published, respond
from tests.segments.connected import changed, connected, fresh, open_to, turn
from tests.stand_ins.zendesk import Zendesk

ADMIN = {"account": "acme", "email": "admin@desk.example", "api_token": "api-token-1"}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def zendesk(settings: Any) -> Iterator[Zendesk]:
    with Zendesk() as stand_in:
        open_to(settings, "zendesk", stand_in)
        stand_in.exports.most = 1_000
        yield stand_in


def touchpoints(acme: Organization, email: str) -> list[str]:
    with acting_for(acme):
        customer = Customer.objects.get(email_lower=email)
        events = CustomerEvent.objects.of(customer.pk).order_by("at", "id")
        return [f"{one.name} {one.properties['ticket']}" for one in events if "ticket" in one.properties]


@pytest.mark.row("B3", "help desk (Zendesk): tickets in as touchpoints")
def test_tickets_are_touchpoints_of_the_people_who_opened_them(acme: Organization, zendesk: Zendesk) -> None:
    with acting_for(acme):
        known = CustomerFactory(name="Ann", email="ann@shop.example")
    ann, ben = zendesk.user("ann@shop.example", "Ann Okafor"), zendesk.user("ben@shop.example", "Ben")
    zendesk.page = 2
    first = zendesk.ticket(ann, "Where is my order?")
    zendesk.ticket(ben, "Broken")
    third = zendesk.ticket(ann, "Refund")
    kept = connected(acme, "zendesk", ADMIN)
    turn(acme)
    assert touchpoints(acme, "ann@shop.example") == [f"ticket opened {first}", f"ticket opened {third}"]
    with acting_for(acme):
        assert CustomerKey.objects.get(kind="crm", source="zendesk", customer=known).value == str(ann)
        assert Customer.objects.count() == 2
        event = CustomerEvent.objects.get(customer_id=known.pk, properties__ticket=str(first))
        assert event.properties["subject"] == "Where is my order?" and event.properties["channel"] == "chat"
        assert not Alert.objects.exists() and not Case.objects.exists()
        assert not News.objects.filter(name__startswith="customer.").exists()
    zendesk.change(first, status="solved")
    turn(acme)
    zendesk.change(first, status="closed")
    turn(acme)
    assert touchpoints(acme, "ann@shop.example")[-1] == f"ticket solved {first}"
    assert len(touchpoints(acme, "ann@shop.example")) == 3, "closing what was solved is nothing new"
    zendesk.change(third, status="solved")
    zendesk.change(third, status="open")
    turn(acme)
    zendesk.change(third, status="solved")
    turn(acme)
    assert touchpoints(acme, "ann@shop.example")[-1] == f"ticket solved {third}"
    assert fresh(acme, kept).tickets == 3 and zendesk.refused == []


def test_the_same_page_read_twice_changes_nothing(acme: Organization, zendesk: Zendesk) -> None:
    ann = zendesk.user("ann@shop.example")
    zendesk.change(zendesk.ticket(ann), status="solved")
    kept = connected(acme, "zendesk", ADMIN)
    turn(acme)
    before = touchpoints(acme, "ann@shop.example")
    with acting_for(acme):
        Connection.objects.filter(pk=kept.pk).update(place={})
    turn(acme)
    assert touchpoints(acme, "ann@shop.example") == before and len(before) == 2


def test_ten_exports_a_minute_are_all_there_are(acme: Organization, zendesk: Zendesk) -> None:
    zendesk.exports.most = 3
    zendesk.page = 1
    ann = zendesk.user("ann@shop.example")
    for _number in range(5):
        zendesk.ticket(ann)
    kept = connected(acme, "zendesk", ADMIN)
    turn(acme)
    waiting = fresh(acme, kept)
    assert waiting.state == "waiting" and len(touchpoints(acme, "ann@shop.example")) == 3
    assert waiting.wait_until is not None and waiting.wait_until - waiting.created_at > timedelta(seconds=30)
    zendesk.exports.times.clear()
    with acting_for(acme):
        Connection.objects.update(wait_until=None)
    turn(acme)
    assert len(touchpoints(acme, "ann@shop.example")) in (5, 6)


@pytest.mark.row("B3", "case <-> ticket")
def test_a_case_is_a_ticket_and_what_solves_either_solves_both(acme: Organization, zendesk: Zendesk) -> None:
    kept = connected(acme, "zendesk", ADMIN)
    kept = changed(acme, kept, errands=True)
    with acting_for(acme):
        survey = published()
        ann = CustomerFactory(name="Ann", email="ann@shop.example")
        respond(survey=survey, customer=ann, score=2, comment="Nobody answered.")
    zendesk.fault_at["/api/v2/tickets.json"] = "lost"
    turn(acme)
    with acting_for(acme):
        connecting.sync_now(fresh(acme, kept), by=system_actor(acme))
    turn(acme)
    ((number, ticket),) = zendesk.tickets.items()
    assert ticket["subject"] == "Case 1: Ann gave 2 of 10" and ticket["status"] == "open"
    assert zendesk.users[ticket["requester_id"]]["email"] == "ann@shop.example"
    (comment,) = zendesk.comments[number]
    assert "Nobody answered." in comment["body"] and comment["public"] is False
    # There, then here.
    zendesk.change(number, status="solved")
    turn(acme)
    with acting_for(acme):
        case = Case.objects.get()
        assert (case.state, case.cause, case.outcome) == ("closed", "Solved in Zendesk", "solved")
    writes = len([one for one in zendesk.asked if one.method == "PUT"])
    turn(acme)
    assert len([one for one in zendesk.asked if one.method == "PUT"]) == writes, (
        "what both know is not written"
    )
    zendesk.change(number, status="open")
    turn(acme)
    with acting_for(acme):
        case = Case.objects.get()
        assert case.is_open
        assert CaseEvent.objects.filter(case=case, kind="reopened").exists()
    # Here, then there.
    with acting_for(acme):
        caring.close(case, cause="Queue", outcome="solved", by=system_actor(acme))
    turn(acme)
    assert zendesk.tickets[number]["status"] == "solved"
    turn(acme)
    with acting_for(acme):
        caring.reopen(Case.objects.get(), by=system_actor(acme))
    turn(acme)
    assert zendesk.tickets[number]["status"] == "open"
    turn(acme)
    with acting_for(acme):
        assert Case.objects.get().is_open
    assert len(zendesk.tickets) == 1 and touchpoints(acme, "ann@shop.example") == []


@pytest.mark.row("B3", "categories and segments pushed back")
def test_agents_see_the_score_beside_the_ticket(acme: Organization, zendesk: Zendesk) -> None:
    ann = zendesk.user("ann@shop.example")
    zendesk.ticket(ann)
    kept = connected(acme, "zendesk", ADMIN)
    with acting_for(acme):
        connecting.make_missing(fresh(acme, kept), by=system_actor(acme))
    turn(acme)
    assert zendesk.fields["loopwell_answered_at"] == "date"
    kept = changed(acme, kept, pushes=True)
    turn(acme)
    with acting_for(acme):
        respond(survey=published(), customer=Customer.objects.get(), score=9)
    turn(acme)
    told = zendesk.users[ann]["user_fields"]
    assert (told["loopwell_score"], told["loopwell_category"]) == (9, "promoter")
    assert len(told["loopwell_answered_at"]) == 10 and zendesk.refused == []


def test_a_wrong_token_is_told_in_plain_words(acme: Organization, zendesk: Zendesk) -> None:
    with acting_for(acme):
        made = connecting.connect("zendesk", {**ADMIN, "api_token": "wrong"}, by=system_actor(acme))
    turn(acme)
    ended = fresh(acme, made)
    assert ended.state == "ended" and ended.fault == "It does not know this address and token."
