"""What customers brought in: the sum of their amounts, and how much of it all the best hold."""

import json
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
from accounts.models import Membership, Organization
from accounts.tenancy.context import acting_for
from segments import catalog, compiling, timeline, worth
from segments.models import Customer, CustomerEvent
from segments.rules import read_rule
from tests.factories.segments import CustomerFactory

DAY = timedelta(days=1)


def paid(
    customer: Customer, amount: Any, *, currency: str = "EUR", ago: int = 1, name: str = "order placed"
) -> None:
    timeline.append(customer, name, amount=amount, currency=currency, at=timezone.now() - ago * DAY)


def found(rule: dict[str, Any]) -> list[str]:
    return sorted(
        compiling.found_by(read_rule({"all": [rule]}, catalog.vocabulary())).values_list("name", flat=True)
    )


@pytest.fixture
def shop(in_acme: Organization) -> list[Customer]:
    """Twenty customers: the first brings in 1,000, the others 10 each but the last two, who bring in nothing."""
    in_acme.currency = "EUR"
    in_acme.save()
    people = [CustomerFactory(name=f"P{number:02}") for number in range(20)]
    paid(people[0], 900)
    paid(people[0], 100, ago=400)
    for one in people[1:18]:
        paid(one, 10, ago=50)
    paid(people[18], 30)
    paid(people[18], -30)
    return people


@pytest.mark.row("B4", "revenue -> lifetime value")
def test_the_lifetime_value_is_the_sum_of_amounts_and_a_word_of_rules(
    in_acme: Organization, shop: list[Customer]
) -> None:
    paid(shop[1], 5_000, currency="USD")
    timeline.append(shop[2], "survey.sent", amount=Decimal(7), currency="EUR")  # ours, no revenue
    asked = compiling.Asked.here()
    assert worth.lifetime_value(shop[0], asked) == 1_000
    assert worth.lifetime_value(shop[1], asked) == 10
    assert worth.lifetime_value(shop[18], asked) == 0
    assert worth.lifetime_value(shop[19], asked) is None
    assert found({"field": "lifetime_value", "operator": "more_than", "value": 10}) == ["P00"]
    assert found({"field": "lifetime_value", "days": 365, "operator": "at_least", "value": 1000}) == []
    assert found({"field": "lifetime_value", "operator": "is", "value": 0}) == ["P18"]
    assert found({"field": "lifetime_value", "operator": "is_unknown"}) == ["P19"]
    assert "P19" in found({"field": "lifetime_value", "operator": "is_not", "value": 10})
    assert found({"field": "lifetime_value", "operator": "between", "value": [0, 5]}) == ["P18"]


@pytest.mark.row("B4", "share of revenue held by the top x %")
@pytest.mark.row("E2", "rank or percentile (top 5 % by revenue)")
def test_the_best_five_per_cent_hold_most_and_are_a_segment_in_one_click(
    in_acme: Organization, shop: list[Customer], mona: Membership, as_: Callable[..., Client]
) -> None:
    told = worth.revenue(system_actor(in_acme))
    assert (told.customers, told.nothing, told.total, told.median) == (18, 2, 1_170, 10)
    best = told.held[0]
    assert (best.percent, best.customers, best.amount) == (1, 1, 1_000)
    assert [(each.percent, each.customers) for each in told.held] == [(1, 1), (10, 2), (20, 4), (50, 9)]
    page = as_(mona).get("/o/acme/customers/revenue/").content.decode()
    assert "1,170 EUR" in page and "85" in page and "2 others brought in nothing" in page
    link = page.split('href="/o/acme/segments/new/?', 1)[1].split('"', 1)[0]
    builder = as_(mona).get(f"/o/acme/segments/new/?{link.replace('&amp;', '&')}").content.decode()
    assert "Top 1 % by revenue" in builder
    assert found(best.rule_within(None)["all"][0]) == ["P00"]


def test_a_period_counts_its_own_amounts_only_and_a_page_without_any_says_so(
    in_acme: Organization, shop: list[Customer], mona: Membership, as_: Callable[..., Client]
) -> None:
    assert worth.revenue(system_actor(in_acme), days=365).total == 1_070
    assert worth.revenue(system_actor(in_acme), days=30).customers == 1
    paid(shop[3], 4, currency="USD")
    assert worth.revenue(system_actor(in_acme)).elsewhere == 1
    CustomerEvent.objects.all().delete()
    empty = as_(mona).get("/o/acme/customers/revenue/?days=30").content.decode()
    assert "No amounts in this time." in empty


def test_a_branch_sees_the_revenue_of_its_own_customers(
    acme: Organization, acme_units: Any, agnes: Membership, as_: Callable[..., Client]
) -> None:
    from accounts.acting import member_actor

    with acting_for(acme):
        inside = CustomerFactory(name="Inside", unit=agnes.unit)
        outside = CustomerFactory(name="Outside")
        paid(inside, 10, currency=acme.currency)
        paid(outside, 90, currency=acme.currency)
        told = worth.revenue(member_actor(agnes))
        assert (told.total, told.nothing) == (10, 0)
    assert "Outside" not in as_(agnes).get("/o/acme/customers/revenue/").content.decode()


def test_a_program_reads_the_same_numbers(acme: Organization, api: Any) -> None:
    with acting_for(acme):
        paid(CustomerFactory(name="Ann"), Decimal("12.5"), currency=acme.currency)
    told = api(acme, "customers:read").get("/api/v1/revenue?days=30").json()
    assert (told["total"], told["customers"], told["currency"]) == ("12.5000", 1, acme.currency)
    assert told["held"][0]["rule"] == {
        "all": [{"field": "lifetime_value", "days": 30, "operator": "top_percent", "value": 1}]
    }
    assert api(acme, "customers:read").get("/api/v1/revenue?days=x").status_code == 400


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=25), st.sampled_from([1, 5, 7, 10, 34, 50, 99]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_top_of_a_rank_is_whom_plain_python_finds(
    in_acme: Organization, amounts: list[int], percent: int
) -> None:
    Customer.objects.all().delete()
    CustomerEvent.objects.all().delete()
    for place, amount in enumerate(amounts):
        paid(CustomerFactory(name=f"P{place:02}"), amount, currency=in_acme.currency)
    number = max(1, -(-len(amounts) * percent // 100))
    edge = sorted(amounts, reverse=True)[number - 1]
    wanted = [f"P{place:02}" for place, amount in enumerate(amounts) if amount >= edge]
    assert found({"field": "lifetime_value", "operator": "top_percent", "value": percent}) == wanted


FACTS = {
    "orders": ("order placed", {"store": "Riverside", "product": "Lamp"}, 30),
    "usage": ("feature used", {"feature": "automations", "device": "phone"}, None),
    "support chats": ("support chat", {"minutes": 12}, None),
    "renewals": ("renewed", {"plan": "team"}, 120),
    "promotion received": ("promotion received", {"promotion": "spring"}, None),
    "store": ("visited", {"store": "Riverside"}, None),
    "product": ("returned", {"product": "Lamp"}, -30),
    "cancellation": ("cancelled", {"reason": "price"}, None),
}


@pytest.mark.row(
    "B4",
    "orders",
    "usage",
    "support chats",
    "renewals",
    "promotion received",
    "store",
    "product",
    "cancellation",
)
@pytest.mark.parametrize("clause", FACTS)
def test_a_fact_of_the_business_comes_in_as_an_event_is_seen_and_asked_for(
    clause: str, acme: Organization, api: Any, mona: Membership, as_: Callable[..., Client]
) -> None:
    name, properties, amount = FACTS[clause]
    with acting_for(acme):
        ann = CustomerFactory(name="Ann", external_id="A-1")
        CustomerFactory(name="Bob", external_id="B-1")
    event = {"external_id": "A-1", "name": name, "properties": properties, "message_id": f"m-{clause}"}
    if amount is not None:
        event |= {"amount": amount, "currency": acme.currency}
    client = api(acme, "customers:write")
    for outcome in ("recorded", "known"):
        sent = client.post("/api/v1/events", {"events": [event]}, content_type="application/json")
        assert sent.json()["outcomes"][0]["outcome"] == outcome, sent.content
    page = as_(mona).get(f"/o/acme/customers/{ann.pk}/").content.decode()
    key, value = next(iter(properties.items()))
    assert name.capitalize() in page and f"{key}: {value}" in page
    with acting_for(acme):
        rule = {"field": "event_count", "event": name, "property": key, "equals": str(value)}
        assert found({**rule, "operator": "at_least", "value": 1}) == ["Ann"]
        assert found({**rule, "days": 30, "operator": "is", "value": 0}) == ["Bob"]
        assert (
            json.loads(json.dumps(properties))
            == CustomerEvent.objects.get(customer_id=ann.pk, name=name).properties
        )


def test_what_the_mark_says_is_what_is_tried() -> None:
    test: Any = test_a_fact_of_the_business_comes_in_as_an_event_is_seen_and_asked_for
    assert [mark.args[1:] for mark in test.pytestmark if mark.name == "row"] == [tuple(FACTS)]
