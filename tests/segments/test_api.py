"""REST of people: what a page can do with customers and segments, a program can do."""

import time

import pytest

from accounts import opaque
from accounts.tenancy.context import acting_for
from segments.models import Attribute, Consent, Customer, CustomerEvent
from tests.factories.segments import CustomerFactory


@pytest.fixture
def plan(acme):
    with acting_for(acme):
        return Attribute.objects.create(key="plan", label="Plan", kind="choice", choices=["free", "team"])


@pytest.mark.row("B1", "external ids")
@pytest.mark.row("B3", "upsert API (single, batch of 1,000 with per-row results)")
def test_a_customer_is_made_once_and_then_kept_up_to_date(acme, api, plan):
    client = api(acme, "customers:read", "customers:write")
    ann = {
        "external_id": "A-1",
        "name": "Ann Okafor",
        "email": "Ann@Example.com",
        "attributes": {"plan": "free"},
    }
    first = client.post("/api/v1/customers", ann, content_type="application/json")
    assert first.status_code == 201, first.content
    again = client.post(
        "/api/v1/customers", {**ann, "attributes": {"plan": "team"}}, content_type="application/json"
    )
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert again.json()["attributes"] == {"plan": "team"}
    assert again.json()["external_id"] == "A-1"
    with acting_for(acme):
        assert Customer.objects.count() == 1


@pytest.mark.row("B3", "upsert API (single, batch of 1,000 with per-row results)")
def test_a_bad_row_of_a_batch_costs_only_itself(acme, api, plan):
    client = api(acme, "customers:write")
    rows = [
        {"external_id": "A-1", "name": "Ann"},
        {"external_id": "A-2", "attributes": {"plan": "gold"}},
        {"name": "nobody"},
        {"external_id": "A-3", "surprise": 1},
        {"external_id": "A-1", "name": "Ann Okafor"},
    ]
    told = client.post("/api/v1/customers/batch", {"customers": rows}, content_type="application/json")
    assert told.status_code == 200, told.content
    outcomes = told.json()["outcomes"]
    assert [each["outcome"] for each in outcomes] == ["created", "refused", "refused", "refused", "updated"]
    assert outcomes[1]["path"] == "attributes.plan"
    assert outcomes[3]["path"] == "surprise"
    with acting_for(acme):
        assert [customer.name for customer in Customer.objects.all()] == ["Ann Okafor"]


def test_a_batch_of_more_than_a_thousand_is_refused_whole(acme, api):
    told = api(acme, "customers:write").post(
        "/api/v1/customers/batch",
        {"customers": [{"external_id": str(number)} for number in range(1_001)]},
        content_type="application/json",
    )
    assert told.status_code == 400
    assert told.json()["errors"][0]["path"] == "customers"


def until_listed(client, since, external_id):
    """Ask until it is there: any transaction that is open on the same server holds newer changes back."""
    for _turn in range(1200):
        page = client.get(f"/api/v1/customers?updated_since={since}").json()
        if external_id in [each["external_id"] for each in page["items"]]:
            return page
        time.sleep(0.25)
    raise AssertionError(f"{external_id} was never listed")


@pytest.mark.django_db(transaction=True)
@pytest.mark.row("I1", "`updated_since`")
def test_changes_since_are_listed_and_nothing_else(acme, api):
    client = api(acme, "customers:read", "customers:write")
    client.post("/api/v1/customers", {"external_id": "A-1"}, content_type="application/json")
    first = until_listed(client, "0", "A-1")
    client.post("/api/v1/customers", {"external_id": "A-2"}, content_type="application/json")
    later = until_listed(client, first["updated_until"], "A-2")
    assert "A-2" in [each["external_id"] for each in later["items"]]


@pytest.mark.row("I1", "test keys whose data never counts")
def test_a_test_key_writes_customers_that_are_in_no_segment(acme, api):
    client = api(acme, "customers:write", "segments:read", mode="test")
    client.post("/api/v1/customers", {"external_id": "A-1"}, content_type="application/json")
    with acting_for(acme):
        assert Customer.objects.get().mode == "test"
    tried = client.post("/api/v1/rules/trial", {"rule": {"all": []}}, content_type="application/json")
    assert tried.json()["number"] == 0


def test_consent_is_kept_with_its_evidence(acme, api):
    client = api(acme, "customers:read", "customers:write")
    made = client.post("/api/v1/customers", {"external_id": "A-1"}, content_type="application/json").json()
    said = client.put(
        f"/api/v1/customers/{made['id']}/consent",
        {"channel": "email", "purpose": "marketing", "allowed": True, "evidence": "ticked at the till"},
        content_type="application/json",
    )
    assert said.status_code == 200, said.content
    assert said.json()[0]["allowed"] is True
    with acting_for(acme):
        assert Consent.objects.get().evidence == "ticked at the till"


@pytest.mark.row("B4", "orders")
def test_events_are_recorded_once_each_with_their_own_outcome(acme, api):
    client = api(acme, "customers:read", "customers:write")
    made = client.post("/api/v1/customers", {"external_id": "A-1"}, content_type="application/json").json()
    order = {"external_id": "A-1", "name": "order placed", "amount": "12.50", "message_id": "o-1"}
    events = [order, order, {"external_id": "A-9", "name": "order placed"}, {"name": "case.opened"}]
    told = client.post("/api/v1/events", {"events": events}, content_type="application/json")
    assert [each["outcome"] for each in told.json()["outcomes"]] == [
        "recorded",
        "known",
        "refused",
        "refused",
    ]
    with acting_for(acme):
        assert (CustomerEvent.objects.get().amount, CustomerEvent.objects.get().currency) == (
            12.5,
            acme.currency,
        )
    timeline = client.get(f"/api/v1/customers/{made['id']}/events").json()
    assert [each["name"] for each in timeline["items"]] == ["order placed"]


@pytest.mark.row("I1", "problem+json")
def test_a_segment_is_made_counted_and_refused_by_the_path_of_its_fault(acme, api, plan):
    client = api(acme, "customers:read", "customers:write", "segments:read", "segments:write")
    for number, kind in enumerate(["free", "team", "team"]):
        client.post(
            "/api/v1/customers",
            {"external_id": str(number), "attributes": {"plan": kind}},
            content_type="application/json",
        )
    rule = {"all": [{"field": "attribute.plan", "operator": "is", "value": "team"}]}
    made = client.post("/api/v1/segments", {"name": "Teams", "rule": rule}, content_type="application/json")
    assert made.status_code == 201, made.content
    here = f"/api/v1/segments/{made.json()['id']}"
    assert client.get(f"{here}/count").json() == {"number": 2, "of": 3}
    assert {each["external_id"] for each in client.get(f"{here}/members").json()["items"]} == {"1", "2"}
    told = client.post("/api/v1/rules/trial", {"rule": rule}, content_type="application/json").json()
    assert "team" in told["sentence"]
    assert client.delete(here).status_code == 204
    assert client.get(here).status_code == 404

    wrong = {"all": [{"field": "attribute.plan", "operator": "at_least", "value": 3}]}
    refused = client.post("/api/v1/segments", {"name": "X", "rule": wrong}, content_type="application/json")
    assert (refused.status_code, refused.headers["Content-Type"]) == (400, "application/problem+json")
    assert refused.json()["errors"][0]["path"].startswith("rules[0]")


class TestSegmentsOverRest:
    """What the pages of segments do, by the same verbs."""

    RULE = {"all": [{"field": "score", "operator": "at_least", "value": 9}]}

    def make(self, client, name: str, **rule) -> str:
        made = client.post("/api/v1/segments", {"name": name, "rule": rule or self.RULE})
        assert made.status_code == 201, made.content
        return f"/api/v1/segments/{made.json()['id']}"

    def test_one_in_use_is_not_deleted_and_says_who_uses_it(self, acme, api):
        client = api(acme)
        inner = self.make(client, "Happy")
        row = {"field": "segment", "operator": "is_in", "value": inner.rpartition("/")[2]}
        outer = self.make(client, "Happy and rich", all=[row])
        refused = client.delete(inner)
        assert (refused.status_code, refused.json()["type"].rpartition("-")[2]) == (409, "in_use")
        assert "Happy and rich" in refused.json()["detail"]
        assert client.delete(outer).status_code == 204
        assert client.delete(inner).status_code == 204

    def test_a_copy_is_the_same_under_another_name(self, acme, api):
        client = api(acme)
        copied = client.post(self.make(client, "Happy") + "/copy").json()
        assert (copied["name"], copied["rule"], copied["static"]) == ("Happy, copy", self.RULE, False)

    @pytest.mark.row("E5", "static lists")
    def test_a_fixed_list_keeps_who_was_in_it_and_takes_no_rule(self, acme, api):
        client = api(acme)
        with acting_for(acme):
            ann = CustomerFactory(last_score=9)
        fixed = client.post(self.make(client, "Happy") + "/freeze").json()
        with acting_for(acme):
            CustomerFactory(last_score=10)
            Customer.objects.filter(pk=ann.pk).update(last_score=2)
        here = f"/api/v1/segments/{fixed['id']}"
        assert fixed["static"] and [each["id"] for each in client.get(f"{here}/members").json()["items"]] == [
            opaque.encode("customer", ann.pk)
        ]
        assert client.patch(here, {"rule": self.RULE}).status_code == 400
        assert client.patch(here, {"name": "Once happy"}).json()["name"] == "Once happy"

    def test_a_change_is_refused_when_somebody_was_faster(self, acme, api):
        client = api(acme)
        here = self.make(client, "Happy")
        assert client.patch(here, {"name": "Glad", "revision": 1}).status_code == 200
        assert client.patch(here, {"name": "Merry", "revision": 1}).status_code == 409

    def test_an_unknown_ready_segment_is_named(self, acme, api):
        refused = api(acme).post("/api/v1/segments/ready", {"key": "nonsense"})
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["path"] == "key"
