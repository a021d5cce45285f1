"""Inbound webhooks: an address, what comes to it, what its bodies mean; the same delivery twice counts once."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.acting import system_actor
from accounts.models import AuditEntry, Membership, Organization
from accounts.tenancy.context import acting_for
from segments import json_paths, receiving
from segments.models import Customer, CustomerEvent, InboundDelivery, InboundWebhook
from tests.factories.segments import AttributeFactory

ORDER = {
    "id": "o-17",
    "buyer": {"mail": "Ann@Shop.example", "name": "Ann Okafor", "level": "gold"},
    "lines": [{"sku": "L-1", "price": "12.50"}],
    "money": "eur",
    "at": "2026-03-01T10:00:00Z",
}
MAPPING = {
    "email": "$.buyer.mail", "name": "buyer.name", "attribute.plan": "$.buyer.level", "event": "=order placed",
    "event_at": "$.at", "amount": "$.lines[0].price", "currency": "$.money", "property.sku": "$.lines[0].sku",
    "delivery_id": "$.id",
}  # fmt: skip


@pytest.fixture
def shop(acme: Organization) -> InboundWebhook:
    with acting_for(acme):
        AttributeFactory(key="plan", label="Plan", kind="choice", choices=["gold", "silver"])
        return receiving.make(name="The shop", by=system_actor(acme))


def send(webhook: InboundWebhook, body: Any, **headers: str) -> Any:
    text = body if isinstance(body, bytes | str) else json.dumps(body)
    path = f"/in/{receiving.token_of(webhook)}"
    return Client().post(path, text, content_type="application/json", headers=headers)


def mapped(
    acme: Organization, webhook: InboundWebhook, mapping: dict[str, str] = MAPPING, **facts: Any
) -> None:
    with acting_for(acme):
        webhook.refresh_from_db()
        facts = {"mapping": mapping, **facts}
        receiving.change(webhook, facts, expected=webhook.revision, by=system_actor(acme))


@pytest.mark.row("B3", "inbound webhook")
def test_a_manager_makes_an_address_sees_what_came_maps_it_and_takes_it_in(
    acme: Organization, mona: Membership, as_: Callable[..., Client]
) -> None:
    with acting_for(acme):
        AttributeFactory(key="plan", label="Plan", kind="choice", choices=["gold", "silver"])
    browser = as_(mona)
    page = browser.post("/o/acme/inbound/", {"name": "The shop", "mode": "live"}, follow=True)
    at = page.redirect_chain[-1][0]
    found = re.search(r'id="inbound-address">http://testserver(/in/[^<]+)<', page.content.decode())
    assert found is not None and "Nothing came yet." in page.content.decode()
    came = Client().post(found[1], json.dumps(ORDER), content_type="application/json")
    assert (came.status_code, came.json()["outcome"]) == (202, "kept")
    seen = browser.get(at).content.decode()
    assert "$.lines[0].price" in seen and "Ann@Shop.example" in seen and "there is no mapping yet" in seen
    form = {f"path-{target}": path for target, path in MAPPING.items() if not target.startswith("property.")}
    form |= {
        "property": ["sku", ""],
        "property_path": ["$.lines[0].sku", ""],
        "revision": "1",
        "name": "The shop",
    }
    tried = browser.post(at, {**form, "do": "try"}).content.decode()
    assert "What it would do" in tried and "12.5000 EUR" in tried and "ann@shop.example" in tried.lower()
    wrong = browser.post(at, {**form, "path-attribute.plan": "$.buyer.name", "do": "try"}).content.decode()
    assert "This body would be refused." in wrong and "$.buyer.name" in wrong
    nowhere = browser.post(at, {**form, "path-email": "", "do": "save"})
    assert nowhere.status_code == 422 and "Say where the customer" in nowhere.content.decode()
    assert browser.post(at, {**form, "path-name": "$..[", "do": "save"}).status_code == 422
    with acting_for(acme):
        assert not Customer.objects.exists()
    assert browser.post(at, {**form, "do": "save"}).status_code == 302
    assert browser.post(at, {**form, "do": "save"}).status_code == 409
    with acting_for(acme):
        delivery = InboundDelivery.objects.get()
    again = browser.post(f"{at}deliveries/{delivery.pk}/again/", follow=True).content.decode()
    assert "Taken in." in again and "the customer" in again
    with acting_for(acme):
        ann = Customer.objects.get(email_lower="ann@shop.example")
        event = CustomerEvent.objects.get(customer_id=ann.pk)
        assert (ann.name, ann.attributes) == ("Ann Okafor", {"plan": "gold"})
        assert (event.name, event.amount, event.currency) == ("order placed", Decimal("12.5"), "EUR")
        assert event.properties == {"sku": "L-1"} and event.at.isoformat() == "2026-03-01T10:00:00+00:00"
        assert "webhook created" in {entry.details.get("did") for entry in AuditEntry.objects.all()}
    told = browser.get("/o/acme/settings/audit/")
    assert told.status_code in (200, 403)


@pytest.mark.row("B3", "inbound webhook")
def test_the_same_delivery_twice_counts_once_and_what_was_refused_may_come_again(
    acme: Organization, shop: InboundWebhook
) -> None:
    mapped(acme, shop)
    assert [send(shop, ORDER).json()["outcome"] for _each in range(3)] == ["recorded"] * 3
    later = send(shop, {**ORDER, "at": "2026-04-01T10:00:00Z"})
    assert later.json()["outcome"] == "recorded"
    other = send(shop, {**ORDER, "id": "o-18"})
    assert other.status_code == 200
    with acting_for(acme):
        assert CustomerEvent.objects.count() == 2
        assert InboundDelivery.objects.order_by("id").values_list("repeats", flat=True)[0] == 3
    bad = {**ORDER, "id": "o-19", "buyer": {"mail": "ann@shop.example", "level": "tin"}}
    refused = send(shop, bad)
    assert refused.status_code == 202 and refused.json()["path"] == "$.buyer.level"
    assert send(shop, {**bad, "buyer": ORDER["buyer"]}).json()["outcome"] == "recorded"
    # Without an id of its own, the sender's header says what is the same, and else the body.
    mapped(acme, shop, {key: path for key, path in MAPPING.items() if key != "delivery_id"})
    for header in ("a", "a", "b"):
        assert send(shop, ORDER, **{"webhook-id": header}).status_code == 200
    with acting_for(acme):
        assert CustomerEvent.objects.count() == 5


@pytest.mark.row("B3", "inbound webhook")
def test_errors_are_told_per_delivery_over_rest_as_well(
    acme: Organization, api: Any, shop: InboundWebhook
) -> None:
    machine = api(acme, "customers:write", "customers:read")
    made = machine.post("/api/v1/inbound-webhooks", {"name": "Desk", "mapping": {"email": "$.mail"}})
    assert made.status_code == 201 and made.json()["address"].startswith("http://testserver/in/")
    path = f"/api/v1/inbound-webhooks/{made.json()['id']}"
    address = made.json()["address"].removeprefix("http://testserver")
    assert Client().post(address, '{"mail": "\\ud800"}', content_type="application/json").json()["message"]
    for body in ("no json", '{"mail": "not an address"}', '{"mail": "ben@desk.example"}', "{}"):
        Client().post(address, body, content_type="text/plain")
    told = machine.get(f"{path}/deliveries").json()["items"]
    assert [(one["outcome"], one["path"]) for one in told][::-1] == [
        ("refused", ""), ("refused", ""), ("refused", "$.mail"), ("recorded", ""), ("refused", "external_id"),
    ]  # fmt: skip
    assert told[1]["customer"] and all(one["message"] for one in told if one["outcome"] == "refused")
    unknown = machine.patch(path, json.dumps({"mapping": {"email": "$.mail", "attribute.shoe": "$.x"}}))
    assert unknown.status_code == 400 and "mapping.attribute.shoe" in unknown.content.decode()
    assert machine.patch(path, json.dumps({"name": "x", "revision": 77})).status_code == 409
    tried = machine.post(f"{path}/trial", {"body": {"mail": "cleo@desk.example"}}).json()
    assert tried["taken"] and "cleo@desk.example" in tried["said"].values()
    assert machine.post(f"{path}/trial", {"body": {"mail": 5}}).json()["path"] == "$.mail"
    machine.patch(path, json.dumps({"mapping": {"email": "=dirk@desk.example"}}))
    mended = machine.post(f"/api/v1/inbound-deliveries/{told[0]['id']}/again").json()
    assert mended["outcome"] == "recorded"
    assert (
        machine.delete(path).status_code == 204
        and Client().post(address, "{}", content_type="application/json").status_code == 404
    )


def sign(secret: str, name: str, body: bytes, at: Any = None) -> dict[str, str]:
    stamp = str(int((at or timezone.now()).timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{name}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": name, "webhook-timestamp": stamp,
        "webhook-signature": "v1,AAAA v1," + base64.b64encode(digest).decode(),
    }  # fmt: skip


def test_a_signature_is_asked_for_and_another_address_ends_the_one_before(
    acme: Organization, shop: InboundWebhook, mona: Membership, as_: Callable[..., Client]
) -> None:
    mapped(acme, shop, signing="standard")
    body = json.dumps(ORDER).encode()
    told = as_(mona).post(f"/o/acme/inbound/{shop.pk}/secret/").content.decode()
    secret = receiving.secret_of(shop)
    assert secret in told and secret not in as_(mona).get(f"/o/acme/inbound/{shop.pk}/").content.decode()
    assert send(shop, body).status_code == 401
    assert send(shop, body, **sign("whsec_AAAA", "m1", body)).status_code == 401
    late = timezone.now() - timedelta(minutes=6)
    assert send(shop, body, **sign(secret, "m1", body, late)).status_code == 401
    assert send(shop, body + b" ", **sign(secret, "m1", body)).status_code == 401
    assert send(shop, body, **sign(secret, "m1", body)).status_code == 200
    mapped(acme, shop, signing="hmac", header="X-Shop-Signature")
    plain = hmac.new(secret.encode(), body, "sha256").hexdigest()
    assert send(shop, body, **{"X-Shop-Signature": f"sha256={plain}"}).status_code == 200
    assert send(shop, body, **{"X-Shop-Signature": plain[:-1] + "g"}).status_code == 401
    with acting_for(acme):
        assert InboundDelivery.objects.count() == 1
    before = f"/in/{receiving.token_of(shop)}"
    as_(mona).post(f"/o/acme/inbound/{shop.pk}/address/")
    assert Client().post(before, body, content_type="application/json").status_code == 404
    with acting_for(acme):
        shop.refresh_from_db()
    assert receiving.secret_of(shop) != secret


def test_what_is_too_large_is_refused_a_test_address_makes_test_customers_and_bodies_go(
    acme: Organization, shop: InboundWebhook
) -> None:
    assert send(shop, b"x" * 100_001).status_code == 413
    assert Client().get(f"/in/{receiving.token_of(shop)}").status_code == 405
    assert Client().post("/in/nonsense", "{}", content_type="application/json").status_code == 404
    with acting_for(acme):
        trial = receiving.make(name="trial", mode="test", by=system_actor(acme))
    mapped(acme, trial, {"external_id": "$.who", "event": "$.what"})
    assert send(trial, {"who": 7, "what": "visit"}).status_code == 200
    with acting_for(acme):
        assert Customer.objects.get(keys__value="7").mode == "test"
        assert CustomerEvent.objects.get().mode == "test"
        for number in range(receiving.BODIES + 2):
            receiving.receive(trial, json.dumps({"who": number}).encode(), {})
        receiving.tidy(at=timezone.now())
        assert InboundDelivery.objects.filter(body="").count() == 3
        receiving.tidy(at=timezone.now() + timedelta(days=31))
        assert not InboundDelivery.objects.exists()


def test_who_is_kept_to_a_branch_sees_no_address(
    acme: Organization, shop: InboundWebhook, acme_units: Any, as_: Callable[..., Client], mona: Membership
) -> None:
    mona.unit = acme_units.north
    mona.save()
    assert as_(mona).get(f"/o/acme/inbound/{shop.pk}/").status_code == 404
    assert "only members of the whole business" in as_(mona).get("/o/acme/inbound/").content.decode()
    assert as_(mona).post("/o/acme/inbound/", {"name": "Mine", "mode": "live"}).status_code == 422


def test_it_is_deleted_with_a_way_back(
    acme: Organization, shop: InboundWebhook, mona: Membership, as_: Callable[..., Client]
) -> None:
    from accounts.models import Deletion

    as_(mona).post(f"/o/acme/inbound/{shop.pk}/deletion/")
    assert send(shop, ORDER).status_code == 404
    with acting_for(acme):
        deletion = Deletion.objects.latest("id")
    as_(mona).post(f"/o/acme/inbound/deletions/{deletion.pk}/undo/")
    assert send(shop, ORDER).status_code == 202


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("$.a.b", ("a", "b")), ("a.b", ("a", "b")), ("$['a.b'].c", ("a.b", "c")), ("a[0][1]", ("a", 0, 1)),
        ('$["it\'s"]', ("it's",)), ("$[2].x y", (2, "x y")),
    ],
)  # fmt: skip
def test_a_path_is_read(text: str, steps: tuple[Any, ...]) -> None:
    assert json_paths.parse(text) == steps


@pytest.mark.parametrize(
    "text", ["", "$", "$..a", ".a", "a[", "a[x]", "a]", "a..b", "a" * 201, ".".join("a" * 13)]
)
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(json_paths.BadPath):
        json_paths.parse(text)


plain = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
documents = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(document=documents)
def test_every_place_that_is_offered_leads_to_its_value(document: Any) -> None:
    for path, shown in json_paths.places(document):
        if path != "$":
            value = json_paths.at(document, json_paths.parse(path))
            assert shown == ("" if value is None else str(value)[:80])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=documents | st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), documents, max_size=4))
def test_whatever_comes_has_an_outcome(in_acme: Organization, body: Any) -> None:
    webhook = InboundWebhook.objects.first() or receiving.make(name="any", by=system_actor(in_acme))
    webhook.mapping = {
        "external_id": "$.a",
        "event": "$.b",
        "amount": "$.c",
        "event_at": "$.d",
        "property.x": "$.d",
    }
    delivery = receiving.receive(webhook, json.dumps(body).encode(), {})
    assert delivery is not None and delivery.outcome in ("recorded", "refused")
