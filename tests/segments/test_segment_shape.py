"""identify, track, group and batch as the libraries for Segment send them."""

import base64
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import opaque
from accounts.acting import system_actor
from accounts.issuing_keys import issue_key
from accounts.models import Organization
from accounts.tenancy.context import acting_for
from segments import tracking
from segments.models import AttributeChange, Company, Customer, CustomerEvent, CustomerKey
from tests.factories.segments import AttributeFactory, CustomerFactory

BATCH = "/api/v1/segment/v1/batch"


def library(
    acme: Organization, *, mode: str = "live", colon: bool = True, scopes: Any = ("customers:write",)
) -> Any:
    """Sends as a library does: the write key as user name of Basic authentication, nothing else."""
    with acting_for(acme):
        key = issue_key(name="site", scopes=list(scopes), mode=mode, by=system_actor(acme)).text
    told = base64.b64encode(f"{key}{':' if colon else ''}".encode()).decode()

    def send(path: str, body: Any) -> Any:
        return Client().post(
            path,
            json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Basic {told}"},
        )

    return send


def outcomes(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 200, answer.content
    return [(one["outcome"], one["path"]) for one in answer.json()["outcomes"]]


@pytest.mark.row("B3", "identify/track events in the Segment shape")
def test_a_library_for_segment_identifies_tracks_and_groups(acme: Organization) -> None:
    with acting_for(acme):
        AttributeFactory(key="plan", kind="choice", choices=["gold", "silver"])
    send = library(acme)
    identified = send(
        "/api/v1/segment/v1/identify",
        {
            "userId": "u1",
            "traits": {
                "email": "Ann@Quarry.example", "firstName": "Ann", "lastName": "Okafor", "plan": "gold",
                "createdAt": "2024-05-01T10:00:00Z", "avatar": "https://x.example/a.png", "roles": ["pays"],
            },
            "context": {"library": {"name": "analytics-python"}}, "messageId": "m1", "integrations": {},
        },
    )  # fmt: skip
    assert identified.json() == {"success": True, "outcome": "recorded", "passed_over": ["avatar"]}
    tracked = send(
        "/api/v1/segment/v1/track",
        {
            "userId": "u1", "event": "Order Completed", "messageId": "m2", "timestamp": "2026-02-03T04:05:06Z",
            "properties": {"revenue": 25.5, "currency": "eur", "store": "Leeds"},
        },
    )  # fmt: skip
    assert tracked.json()["outcome"] == "recorded"
    grouped = send(
        "/api/v1/segment/v1/group",
        {"userId": "u1", "groupId": "q", "traits": {"name": "Quarry", "industry": "Stone", "employees": 40}},
    )
    assert grouped.json()["passed_over"] == ["employees"]
    with acting_for(acme):
        ann = Customer.objects.get(keys__kind="external", keys__value="u1")
        assert (ann.name, ann.first_name, ann.email_lower, ann.roles) == (
            "Ann Okafor", "Ann", "ann@quarry.example", "pays",
        )  # fmt: skip
        assert ann.attributes == {"plan": "gold"} and ann.created_at.year == 2024
        event = CustomerEvent.objects.get(customer_id=ann.pk, name="Order Completed")
        assert (event.amount, event.currency, event.source) == (Decimal("25.5"), "EUR", "segment")
        assert event.at.isoformat() == "2026-02-03T04:05:06+00:00" and event.properties["store"] == "Leeds"
        assert ann.company is not None
        assert (ann.company.external_id, ann.company.name, ann.company.industry) == ("q", "Quarry", "Stone")
        assert AttributeChange.objects.filter(customer_id=ann.pk, key=".company", source="segment").exists()


@pytest.mark.row("B3", "identify/track events in the Segment shape")
def test_each_message_of_a_batch_has_its_own_outcome_and_counts_once(acme: Organization) -> None:
    with acting_for(acme):
        AttributeFactory(key="seats", kind="number")
    send = library(acme, colon=False)
    batch = {
        "sentAt": timezone.now().isoformat(),
        "batch": [
            {"type": "identify", "userId": "u1", "traits": {"seats": 3}, "messageId": "a"},
            {"type": "identify", "userId": "u1", "traits": {"seats": "three"}, "messageId": "b"},
            {"type": "identify", "userId": "u1", "traits": {"shoe": 44}, "messageId": "c"},
            {
                "type": "track",
                "userId": "u2",
                "event": "order placed",
                "messageId": "d",
                "properties": {"revenue": 5},
            },
            {
                "type": "track",
                "userId": "u2",
                "event": "order placed",
                "messageId": "d",
                "properties": {"revenue": 5},
            },
            {"type": "track", "event": "order placed"},
            {"type": "track", "userId": "u2", "event": "survey.answered"},
            {"type": "track", "userId": "u5", "event": "x", "properties": {"revenue": "much"}},
            {"type": "page", "userId": "u2"},
            {"type": "identify", "userId": "u3", "treats": {}},
            {"type": "group", "userId": "u5", "groupId": "g", "traits": {"renewalDate": "soon"}},
            {"type": "track", "anonymousId": "an-1", "event": "visit"},
            "nothing",
            {"type": "track", "userId": "u1", "event": "visit", "timestamp": "yesterday"},
            {"type": "identify", "userId": "u4", "traits": {"email": "not an address"}},
        ],
    }
    wanted = [
        ("recorded", ""), ("refused", "traits.seats"), ("refused", "traits.shoe"), ("recorded", ""), ("known", ""),
        ("refused", "userId"), ("refused", "event"), ("refused", "properties.revenue"), ("refused", "type"),
        ("refused", "treats"), ("refused", "traits.renewalDate"), ("recorded", ""), ("refused", ""),
        ("refused", "timestamp"), ("refused", "traits.email"),
    ]  # fmt: skip
    answer = send(BATCH, batch)
    assert outcomes(answer) == wanted and answer.json()["success"] is False
    assert all(one["message"] for one in answer.json()["outcomes"] if one["outcome"] == "refused")
    again = send(BATCH, {"batch": batch["batch"][:4]})
    assert [what for what, _path in outcomes(again)] == ["known", "refused", "refused", "known"]
    mended = send(
        BATCH, {"batch": [{"type": "identify", "userId": "u1", "traits": {"seats": 7}, "messageId": "b"}]}
    )
    assert outcomes(mended) == [("recorded", "")] and mended.json()["success"] is True
    # Told late once more, the first word does not come back.
    assert outcomes(send(BATCH, {"batch": batch["batch"][:1]})) == [("known", "")]
    with acting_for(acme):
        assert Customer.objects.get(keys__value="u1").attributes == {"seats": 7}
        assert CustomerEvent.objects.filter(name="order placed").count() == 1
        assert CustomerKey.objects.get(value="an-1").kind == "anonymous"
        assert not Customer.objects.filter(keys__value__in=["u3", "u4", "u5"]).exists()
        assert not Company.objects.filter(external_id="g").exists()


def test_a_test_key_writes_test_and_a_key_without_the_right_nothing(acme: Organization) -> None:
    assert (
        library(acme, mode="test")("/api/v1/segment/v1/track", {"userId": "t", "event": "visit"}).status_code
        == 200
    )
    with acting_for(acme):
        assert Customer.objects.get(keys__value="t").mode == "test"
        assert CustomerEvent.objects.get(name="visit").mode == "test"
    reader = library(acme, scopes=("customers:read",))
    assert reader("/api/v1/segment/v1/track", {"userId": "t", "event": "visit"}).status_code == 403
    nobody = Client().post(
        BATCH, "{}", content_type="application/json", headers={"Authorization": "Basic bm9ib2R5Og=="}
    )
    assert nobody.status_code == 401
    # Elsewhere a key in Basic authentication is none: a browser could be made to send it.
    writer = library(acme)
    assert writer("/api/v1/customers", {"external_id": "x"}).status_code == 401


def test_a_clock_that_is_off_is_corrected_and_nothing_happens_in_the_future(acme: Organization) -> None:
    now = timezone.now()
    send = library(acme)
    fast = {"userId": "u", "event": "fast", "timestamp": (now + timedelta(minutes=50)).isoformat(),
            "sentAt": (now + timedelta(hours=1)).isoformat()}  # fmt: skip
    assert send("/api/v1/segment/v1/track", fast).status_code == 200
    ahead = {"userId": "u", "event": "ahead", "timestamp": (now + timedelta(days=400)).isoformat()}
    assert send("/api/v1/segment/v1/track", ahead).status_code == 200
    with acting_for(acme):
        at = {event.name: event.at for event in CustomerEvent.objects.filter(name__in=["fast", "ahead"])}
    assert abs(at["fast"] - (now - timedelta(minutes=10))) < timedelta(minutes=1)
    assert at["ahead"] <= timezone.now()


def test_what_is_too_large_is_refused(acme: Organization) -> None:
    send = library(acme)
    large = {"type": "track", "userId": "u", "event": "x", "properties": {"words": "w" * 33_000}}
    assert outcomes(send(BATCH, {"batch": [large, {**large, "properties": {}}]})) == [
        ("refused", ""),
        ("recorded", ""),
    ]
    assert send(BATCH, {"batch": [large] * 16}).status_code == 400
    assert send(BATCH, {"batch": {}}).status_code == 400
    broken = '{"userId": "u", "event": "x", "properties": {"a": %s}}'
    for value in ('"\\ud800"', "1e999"):
        answer = send("/api/v1/segment/v1/track", json.loads(broken % value))
        assert answer.status_code == 400, value
    assert send("/api/v1/segment/v1/identify", {"userId": "u", "traits": []}).status_code == 400


def test_a_key_of_a_branch_tells_nothing_of_others(acme: Organization, acme_units: Any) -> None:
    from accounts.models import ApiKey

    send = library(acme)
    with acting_for(acme):
        ApiKey.objects.update(unit=acme_units.north)
        other = CustomerFactory(unit=acme_units.south)
        CustomerKey.objects.create(customer=other, kind="external", value="south")
    told = outcomes(send(BATCH, {"batch": [
        {"type": "identify", "userId": "south", "traits": {"name": "Mine now"}},
        {"type": "track", "userId": "south", "event": "visit"},
        {"type": "group", "groupId": "new"},
    ]}))  # fmt: skip
    assert [what for what, _path in told] == ["refused"] * 3
    assert opaque.encode("customer", other.pk)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
FIELDS = (
    "type", "userId", "anonymousId", "messageId", "timestamp", "sentAt", "event", "properties", "traits", "groupId",
)  # fmt: skip
TRAITS = (
    "email",
    "phone",
    "name",
    "createdAt",
    "company",
    "roles",
    "revenue",
    "renewalDate",
    "stage",
    "total",
)
words = st.sampled_from(FIELDS) | st.text(max_size=6)
inside = values | st.dictionaries(st.sampled_from(TRAITS), values, max_size=4)
messages = st.fixed_dictionaries(
    {"type": st.sampled_from(["identify", "track", "group"]), "userId": st.just("u") | values},
    optional=dict.fromkeys(FIELDS[2:], inside),
) | st.dictionaries(words, inside, max_size=5)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batch=st.lists(messages | values, max_size=4))
def test_whatever_comes_has_an_outcome(in_acme: Organization, batch: list[Any]) -> None:
    told = tracking.hear(batch, by=system_actor(in_acme))
    assert len(told) == len(batch)
    assert all(one.outcome in ("recorded", "known", "refused") for one in told)
    assert all(one.message for one in told if one.outcome == "refused")
