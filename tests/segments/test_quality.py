"""Data quality: every number on the page is the number of customers behind it."""

import html
import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.acting import member_actor, system_actor
from accounts.models import Organization
from accounts.tenancy.context import acting_for
from segments import catalog, compiling, contacting, origins, quality
from segments.customers import upsert
from segments.models import AttributeChange, Customer, CustomerKey
from segments.rules import read_rule
from tests.factories.segments import AttributeFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def ago(days: int) -> Any:
    return NOW - timedelta(days=days)


@pytest.fixture
def people(acme: Organization, acme_units: Any) -> dict[str, Customer]:
    """Five customers with gaps, old values, a shared address, a number given twice, and a CRM."""
    with acting_for(acme):
        AttributeFactory(key="plan", label="Plan", kind="choice", choices=["free", "team"])
        AttributeFactory(key="member_no", label="Member number", kind="text")

        def come(name: str, at: Any, source: str, **facts: Any) -> Customer:
            return upsert(external_id=name, name=name, at=at, source=source, **facts)[0]

        found = {
            "ann": come("ann", ago(800), "import:7", email="ann@a.example",
                        attributes={"plan": "free", "member_no": "1"}),
            "ben": come("ben", ago(500), "import:8", email="desk@b.example",
                        attributes={"plan": "free", "member_no": "2"}),
            "cas": come("cas", ago(10), "api", email="Desk@b.example", attributes={"member_no": "3"},
                        created_at=ago(2_000)),
            "dot": come("dot", ago(400), "api", phone="+441632960001", attributes={"plan": "team"}),
            "eve": come("eve", ago(100), "page", email="eve@e.example",
                        unit_id=acme_units.leeds.pk, phone="+441632960001", crm=("hubspot", "e1")),
        }  # fmt: skip
        # Ben's plan was brought up to date by a program, Dot's name by hand a year and a half ago.
        upsert(external_id="ben", attributes={"plan": "team"}, source="api", at=ago(5))
        upsert(external_id="ann", email="ann@new.example", source="api", at=ago(200))
        return found


def value(found: quality.Quality, key: str) -> quality.Value:
    return next(one for one in found.values if one.key == key)


def numbers(found: quality.Quality) -> list[quality.Number]:
    """Every number of the page."""
    told = [number for _words, number in found.unreachable.values()]
    for one in found.crm:
        told += [one.linked, one.stale]
    for each in found.values:
        told += [each.known, each.missing, each.old, *(number for _source, number in each.sources)]
        if each.shared is not None:
            told.append(each.shared)
    return told


@pytest.mark.row("B9", "completeness")
@pytest.mark.row("B9", "age and duplicates per attribute")
@pytest.mark.row("B9", "source of each value")
def test_each_value_says_how_many_have_it_since_when_from_where_and_who_shares_it(
    acme: Organization, people: Any
) -> None:
    with acting_for(acme):
        found = quality.look(system_actor(acme))
        plan, email, phone = (value(found, key) for key in ("attribute.plan", "email", "phone"))
        assert found.total == 5
        assert (plan.known.value, plan.missing.value, plan.share) == (3, 2, 0.6)
        # Ben's is five days old, whatever else of his is older; Ann's and Dot's never changed.
        assert (plan.fresh, plan.between, plan.old.value) == (1, 0, 2)
        assert {source: number.value for source, number in plan.sources} == {"import": 1, "api": 2}
        # Cas came ten days ago and has been a customer for years: the address is ten days old.
        assert (email.fresh, email.between, email.old.value) == (1, 2, 1)
        assert {source: number.value for source, number in email.sources} == {
            "import": 1,
            "api": 2,
            "page": 1,
        }
        assert email.shared is not None and email.shared.value == 2, "capitals are no difference"
        assert phone.shared is not None and phone.shared.value == 2
        assert plan.shared is None, "many have a plan by nature"
        assert value(found, "attribute.member_no").shared == quality.Number(
            0, {"all": [{"field": "value_shared", "of": "attribute.member_no", "operator": "is_true"}]}
        )


@pytest.mark.row("B9", "unreachable addresses")
def test_addresses_that_nothing_reaches_are_counted_by_their_reason(acme: Organization, people: Any) -> None:
    with acting_for(acme):
        contacting.suppress("ANN@new.example", reason="bounced")
        contacting.suppress("desk@b.example", reason="complained")
        contacting.suppress("eve@e.example", reason="unsubscribed", purpose="surveys")
        found = quality.look(system_actor(acme))
        assert {why: number.value for why, (_words, number) in found.unreachable.items()} == {
            "no_address": 1,
            "bounced": 1,
            "complained": 2,
            "stopped": 0,
        }


@pytest.mark.row("B9", "stale CRM link")
def test_a_link_to_a_crm_is_stale_once_its_system_has_not_named_the_customer_for_a_month(
    acme: Organization, people: Any, api: Any
) -> None:
    client = api(acme, "customers:write", "customers:read")
    fresh = {"crm": {"system": "hubspot", "id": "f1"}, "name": "Fay"}
    assert client.post("/api/v1/customers", fresh).status_code == 201
    told = client.get("/api/v1/data-quality").json()["crm"]
    assert [(one["system"], one["linked"]["number"], one["stale"]["number"]) for one in told] == [
        ("hubspot", 2, 1)
    ]
    # The sync names Eve again: the link is alive, and nothing else of hers changed.
    assert client.post("/api/v1/customers", {"crm": {"system": "hubspot", "id": "e1"}}).status_code == 200
    assert client.get("/api/v1/data-quality").json()["crm"][0]["stale"]["number"] == 0
    with acting_for(acme):
        seen = CustomerKey.objects.get(kind="crm", value="e1").seen_at
        assert seen is not None and seen > ago(1)


def test_every_number_is_that_of_the_customers_behind_it_also_for_a_branch(
    acme: Organization, people: Any, agnes: Any
) -> None:
    with acting_for(acme):
        contacting.suppress("desk@b.example", reason="bounced")
        words = catalog.vocabulary()
        for actor in (system_actor(acme), member_actor(agnes)):
            found = quality.look(actor)
            assert found.total == (5 if actor.kind == "system" else 1)
            for number in numbers(found):
                rule = read_rule(number.rule, words)
                behind = compiling.found_by(rule, words=words).visible_to(actor)
                assert behind.count() == number.value, number.rule


def test_the_page_leads_to_the_list_and_the_list_to_a_segment(
    acme: Organization, people: Any, mona: Any, as_: Any
) -> None:
    client = as_(mona)
    body = client.get("/o/acme/customers/quality/").content.decode()
    links = [html.unescape(each) for each in re.findall(r'href="([^"]*rule=[^"]*)"', body)]
    assert len(links) > 10
    link = next(each for each in links if "is_unknown" in each and "plan" in each)
    listed = client.get(link).content.decode()
    assert "2 customers" in listed and "cas" in listed and "eve" in listed
    assert "Customers whose Plan is not known." in html.unescape(listed)
    segment = next(html.unescape(each) for each in re.findall(r'href="([^"]*segments/new/[^"]*)"', listed))
    rule = json.loads(parse_qs(urlsplit(segment).query)["rule"][0])
    assert rule == {"all": [{"field": "attribute.plan", "operator": "is_unknown"}]}
    for each in links:
        shown = client.get(each)
        assert shown.status_code == 200 and "could not be made" not in shown.content.decode(), each


def test_an_empty_organization_is_told_so_and_a_strange_rule_in_the_address_is_passed_over(
    acme: Organization, mona: Any, as_: Any
) -> None:
    client = as_(mona)
    assert "nothing to look at" in client.get("/o/acme/customers/quality/").content.decode()
    for wrong in (
        "nonsense",
        "[]",
        '{"all": []}',
        '{"all": [{"field": "gone", "operator": "is"}]}',
        "[" * 3000,
    ):
        assert client.get("/o/acme/customers/", {"rule": wrong}).status_code == 200


def test_the_origin_of_a_value_is_its_last_change_else_how_the_customer_came(
    acme: Organization, people: Any
) -> None:
    with acting_for(acme):
        ben = Customer.objects.get(pk=people["ben"].pk)
        told = origins.of(ben, ["email", "phone", "attribute.plan", "attribute.member_no"])
        assert {key: (one.source, one.at) for key, one in told.items()} == {
            "email": ("import:8", ago(500)),
            "attribute.plan": ("api", ago(5)),
            "attribute.member_no": ("import:8", ago(500)),
        }
        assert told["email"].words == "from a file"


def test_a_merge_and_a_correction_by_hand_say_so(
    acme: Organization, people: Any, mona: Any, as_: Any
) -> None:
    from segments import merging, unmerging

    with acting_for(acme):
        dot, eve = people["dot"], people["eve"]
        merged = merging.merge(dot, eve, by=system_actor(acme))
        assert origins.of(merged.survivor, ["email"])["email"].source == "merge"
        unmerging.undo(merged, by=system_actor(acme))
        assert not AttributeChange.objects.filter(source="merge").exists()
        dot.refresh_from_db()
    answer = as_(mona).post(
        f"/o/acme/customers/{dot.pk}/edit/",
        {"revision": dot.revision, "name": "Dorothy", "phone": dot.phone, "plan": "team"},
    )
    assert answer.status_code == 302
    with acting_for(acme):
        dot.refresh_from_db()
        assert origins.of(dot, ["name", "phone"])["name"].source == "page"
        assert origins.of(dot, ["name", "phone"])["phone"].source == "api"


def test_a_customer_from_before_is_as_old_as_their_record_says(acme: Organization, people: Any) -> None:
    with acting_for(acme):
        Customer.objects.update(recorded_at=None)
        found = quality.look(system_actor(acme))
        words = catalog.vocabulary()
        for number in numbers(found):
            assert compiling.found_by(read_rule(number.rule, words), words=words).count() == number.value
        assert Customer.objects.filter(recorded_at=F("created_at")).count() == 0


def test_programs_read_the_same(acme: Organization, people: Any, api: Any) -> None:
    told = api(acme, "customers:read").get("/api/v1/data-quality").json()
    plan = next(one for one in told["values"] if one["key"] == "attribute.plan")
    assert (told["customers"], plan["known"]["number"], plan["share_known"]) == (5, 3, 0.6)
    assert plan["missing"]["rule"] == {"all": [{"field": "attribute.plan", "operator": "is_unknown"}]}
    assert [(one["source"], one["number"]) for one in plan["sources"]] == [("api", 2), ("import", 1)]
