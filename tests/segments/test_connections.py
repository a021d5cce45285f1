"""Connections by hand and over REST: connecting, looking at the fields, pausing, mending, ending; secrets stay shut."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client

from accounts import sealing
from accounts.acting import system_actor
from accounts.fetching import Fetched
from accounts.models import AuditEntry, Membership, Organization
from accounts.sealing import NotOpened
from accounts.tenancy.context import acting_for
from segments import connecting, pushing
from segments.connecting import NotConnected
from segments.connectors import calling
from segments.customers import note_answer
from segments.models import Connection, Customer, Outgoing
from tests.factories.segments import CustomerFactory, SegmentFactory
from tests.segments.connected import connected, fresh, open_to, turn
from tests.stand_ins.hubspot import HubSpot

LONG_AGO = datetime(2026, 3, 1, 10, tzinfo=UTC)
PRIVATE = {"access_token": "pat-eu1-private"}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hubspot(settings: Any) -> Iterator[HubSpot]:
    with HubSpot() as stand_in:
        open_to(settings, "hubspot", stand_in)
        yield stand_in


@pytest.mark.row("B3", "CRM sync both ways (HubSpot, Salesforce)")
def test_an_admin_connects_by_hand_looks_at_the_fields_and_starts_it(
    acme: Organization, alice: Membership, mona: Membership, as_: Callable[..., Client], hubspot: HubSpot
) -> None:
    hubspot.add(LONG_AGO, email="ann@shop.example", firstname="Ann")
    hubspot.add(LONG_AGO, email="nonsense", firstname="Odd")
    browser = as_(alice)
    assert "Connect HubSpot" in browser.get("/o/acme/settings/connections/").content.decode()
    form = "/o/acme/settings/connections/new/hubspot/"
    assert "kept sealed" in browser.get(form).content.decode()
    empty = browser.post(form, {})
    assert empty.status_code == 422 and "Give the token of a private app" in empty.content.decode()
    made = browser.post(form, PRIVATE, follow=True)
    at = made.redirect_chain[-1][0]
    assert "It is being tried." in made.content.decode()
    turn(acme)
    page = browser.get(at).content.decode()
    assert "account 4711" in page and "First and last name" in page and "loopwell_score" in page
    assert "pat-eu1-private" not in page
    with acting_for(acme):
        one = Connection.objects.get()
        fans = SegmentFactory(name="Fans")
        revision = one.revision
    browser.post(f"{at}fields/")
    turn(acme)
    told = {
        "revision": str(revision + 1), "pulls": "on", "pushes": "on", "in-email": "email", "in-name": "@name",
        "out-score": "loopwell_score", "segments": str(fans.pk),
    }  # fmt: skip
    wrong = browser.post(at, {**told, "out-score": "email"})
    assert wrong.status_code == 422 and "read already" in wrong.content.decode()
    with acting_for(acme):
        told["revision"] = str(Connection.objects.get().revision)
    assert browser.post(at, told).status_code == 302
    assert browser.post(at, told).status_code == 409
    turn(acme)
    page = browser.get(at).content.decode()
    assert "works" in page and "is not an e-mail address" in page and "Try these once more" in page
    with acting_for(acme):
        assert list(Customer.objects.values_list("name", flat=True)) == ["Ann"]
    for deed, said in (
        ("pause", "Paused"),
        ("pause/end", "It goes on"),
        ("sync", "looked at"),
        ("retry", "once more"),
    ):
        assert said in browser.post(f"{at}{deed}/", follow=True).content.decode()
    # A manager sees how it stands and changes nothing.
    manager = as_(mona)
    assert manager.get(at).status_code == 200
    assert manager.post(at, told).status_code == 403 and manager.post(f"{at}end/").status_code == 403
    assert "disconnected" in browser.post(f"{at}end/", follow=True).content.decode()
    with acting_for(acme):
        assert Connection.objects.get().secret == "" and not Outgoing.objects.exists()
        did = {entry.details.get("did") for entry in AuditEntry.objects.filter(action="connection.edit")}
    assert did == {"connected", "fields", "changed", "paused", "resumed", "synced", "retried", "disconnected"}
    assert browser.get("/o/acme/settings/audit/").status_code == 200


@pytest.mark.row("B3", "CRM sync both ways (HubSpot, Salesforce)")
def test_the_same_over_rest(acme: Organization, api: Any, hubspot: HubSpot) -> None:
    ann = hubspot.add(LONG_AGO, email="ann@shop.example", firstname="Ann")
    machine = api(acme, "connections:read", "connections:write")
    wrong = machine.post("/api/v1/connections", {"vendor": "zendesk", "secret": {"account": "a.b"}})
    assert wrong.status_code in (400, 422) and "secret.email" in wrong.content.decode()
    made = machine.post("/api/v1/connections", {"vendor": "hubspot", "secret": PRIVATE})
    assert made.status_code == 201 and made.json()["state"] == "trying"
    path = f"/api/v1/connections/{made.json()['id']}"
    assert machine.post("/api/v1/connections", {"vendor": "hubspot", "secret": PRIVATE}).status_code in (
        400,
        422,
    )
    turn(acme)
    known = machine.get(path).json()
    assert (
        known["state"] == "working"
        and {"name": "email", "label": "Email", "kind": "text", "writable": True} in (known["their_fields"])
    )
    assert machine.post(f"{path}/fields").status_code == 202
    turn(acme)
    kept = machine.patch(
        path, {"pushes": True, "fields_out": {"score": "loopwell_score"}, "fields_in": {"email": "email"}}
    )
    assert kept.status_code == 200, kept.content
    bad = machine.patch(path, {"fields_out": {"score": "nowhere"}})
    assert bad.status_code in (400, 422) and "fields_out.score" in bad.content.decode()
    turn(acme)
    assert machine.get(path).json()["created"] == 1
    assert machine.post(f"{path}/pause").json()["state"] == "paused"
    assert machine.delete(f"{path}/pause").json()["state"] == "working"
    assert machine.post(f"{path}/sync").status_code == 202
    with acting_for(acme):
        customer = Customer.objects.get()
        connection = Connection.objects.get()
        hubspot.properties.pop("loopwell_score")
        pushing.queue([connection.pk], "person", [customer.pk])
        note_answer(customer.pk, 3, LONG_AGO)
    turn(acme)
    (failure,) = machine.get(f"{path}/failures").json()
    assert failure["direction"] == "out" and 'Property "loopwell_score" does not exist' in failure["message"]
    hubspot.properties["loopwell_score"] = ("number", "Score")
    assert machine.post(f"{path}/failures").json() == {"retried": 1}
    turn(acme)
    assert hubspot.contacts[ann]["loopwell_score"] == "3"
    assert machine.put(f"{path}/secret", {"secret": {"access_token": "pat-nonsense"}}).status_code == 200
    turn(acme)
    ended = machine.get(path).json()
    assert ended["state"] == "ended" and "does not let us in" in ended["fault"]
    assert "pat-" not in machine.get(path).content.decode()
    assert machine.post(f"{path}/trial").status_code == 202
    assert machine.delete(path).status_code == 204 and machine.get(path).status_code == 404


def test_whoever_is_kept_to_a_branch_sees_none(
    acme: Organization, api: Any, acme_units: Any, hubspot: HubSpot
) -> None:
    connected(acme, "hubspot", PRIVATE)
    kept_to = api(acme, "connections:read", "connections:write", unit=acme_units.north)
    assert kept_to.get("/api/v1/connections").json()["items"] == []
    assert kept_to.post("/api/v1/connections", {"vendor": "hubspot", "secret": PRIVATE}).status_code == 403


def test_a_test_key_connects_nothing(acme: Organization, api: Any, hubspot: HubSpot) -> None:
    trying = api(acme, "connections:write", mode="test")
    refused = trying.post("/api/v1/connections", {"vendor": "hubspot", "secret": PRIVATE})
    assert refused.status_code in (400, 422) and "test key" in refused.content.decode()


def test_whoever_hurries_keeps_the_patience_that_was_asked_for(acme: Organization, hubspot: HubSpot) -> None:
    kept = connected(acme, "hubspot", PRIVATE)
    turn(acme)
    hubspot.faults.append(429)
    turn(acme)
    asked = len(hubspot.asked)
    with acting_for(acme):
        Connection.objects.update(wait_until=LONG_AGO.replace(year=2040))
        connecting.sync_now(fresh(acme, kept), by=system_actor(acme))
    turn(acme)
    assert len(hubspot.asked) == asked


def test_what_is_entered_leads_to_no_other_place(acme: Organization) -> None:
    secret = {"client_id": "a", "client_secret": "b", "refresh_token": "c"}
    hostile = [
        "evil.example/",
        "a.b",
        "127.0.0.1",
        "a@b",
        "a/../b",
        "a#",
        "a?x=",
        "",
        "-a",
        "a" * 80,
        "ä",
        "a\n.b",
    ]
    with acting_for(acme):
        for account in hostile:
            with pytest.raises(NotConnected):
                connecting.connect("salesforce", {**secret, "account": account}, by=system_actor(acme))
        assert connecting.entered("salesforce", {**secret, "account": "acme--uat.sandbox"}).account
        with pytest.raises(NotConnected, match="no such vendor"):
            connecting.connect("nobody", {}, by=system_actor(acme))


def test_a_sealed_secret_opens_for_its_organization_and_purpose_alone(
    acme: Organization, globex: Organization
) -> None:
    with acting_for(acme):
        one, other = sealing.seal("connection", "secret"), sealing.seal("connection", "secret")
        assert one != other and sealing.unseal("connection", one) == "secret" == sealing.unseal(
            "connection", other
        )
        long = "ä" * 5_000
        assert sealing.unseal("connection", sealing.seal("connection", long)) == long
        with pytest.raises(NotOpened):
            sealing.unseal("webhook", one)
        for place in range(0, len(one), 7):
            changed = one[:place] + ("A" if one[place] != "A" else "B") + one[place + 1 :]
            with pytest.raises(NotOpened):
                sealing.unseal("connection", changed)
    with acting_for(globex), pytest.raises(NotOpened):
        sealing.unseal("connection", one)


def test_what_is_queued_while_it_is_written_goes_once_more(acme: Organization, hubspot: HubSpot) -> None:
    number = hubspot.add(LONG_AGO, email="ann@shop.example")
    hubspot.properties["loopwell_score"] = ("number", "Score")
    kept = connected(acme, "hubspot", PRIVATE, pushes=True)
    turn(acme)
    with acting_for(acme):
        ann = Customer.objects.get()
        note_answer(ann.pk, 3, LONG_AGO, response_id=1)
        pushing.person_changed(ann.pk)

    def meanwhile() -> None:
        def again() -> None:
            with acting_for(acme):
                note_answer(ann.pk, 8, LONG_AGO, response_id=1)
                pushing.person_changed(ann.pk)
            database.close()

        thread = threading.Thread(target=again)
        thread.start()
        thread.join()

    hubspot.faults.append(meanwhile)
    turn(acme, hurry=False)
    assert hubspot.contacts[number]["loopwell_score"] == "8"
    with acting_for(acme):
        assert not Outgoing.objects.exists()
    assert fresh(acme, kept).written == 2


def test_what_fails_again_and_again_is_set_aside(acme: Organization, hubspot: HubSpot) -> None:
    with acting_for(acme):
        kept = connecting.connect("hubspot", PRIVATE, by=system_actor(acme))
        customer = CustomerFactory()
        pushing.queue([kept.pk], "person", [customer.pk])
        for _attempt in range(pushing.ATTEMPTS):
            lines = pushing.due_lines(kept, 10, at=LONG_AGO.replace(year=2030))
            pushing.put_off(kept, lines, "away", at=LONG_AGO)
        assert Outgoing.objects.held().count() == 1
        pushing.queue([kept.pk], "person", [customer.pk])
        assert Outgoing.objects.due(LONG_AGO.replace(year=2030)).count() == 1, (
            "another change is another chance"
        )


def test_patience_is_read_as_seconds_and_as_a_date() -> None:
    assert calling.patience(Fetched(429, {"retry-after": "7"})) == 7
    assert calling.patience(Fetched(429, {"Retry-After": "Fri, 01 Jan 2016 00:00:00 GMT"})) == 0
    assert calling.patience(Fetched(429, {"Retry-After": "soon"})) is None
    assert calling.patience(Fetched(429, {"Retry-After": "9" * 9})) == 24 * 3600
