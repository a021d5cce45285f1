"""REST of outreach: campaigns with their outcomes, templates, senders, follow-ups, cases, alerts."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts import opaque
from accounts.tenancy.context import acting_for
from outreach import campaigning, caring
from outreach.models import Campaign, Case, SendKey
from segments.models import Customer
from tests.factories.segments import CustomerFactory, SegmentFactory

TEMPLATE = {
    "name": "Thanks",
    "subject": {"en": "Thanks"},
    "body": {"en": "Dear {{ customer.first_name | default: 'you' }}."},
}


@pytest.fixture
def client(acme, api):
    return api(acme)


@pytest.fixture
def segment(acme):
    with acting_for(acme):
        for name in ("Lea", "Mei", "Owen"):
            CustomerFactory(name=name, email=f"{name.lower()}@people.example")
        return opaque.encode("segment", SegmentFactory().pk)


def test_a_campaign_is_made_reviewed_launched_and_accounted_for(acme, client, segment):
    template = client.post("/api/v1/templates", TEMPLATE).json()
    made = client.post("/api/v1/campaigns", {"name": "C", "segment": segment, "template": template["id"]})
    assert made.status_code == 201 and made.json()["state"] == "draft"
    url = f"/api/v1/campaigns/{made.json()['id']}"
    review = client.get(f"{url}/review").json()
    assert review["people"] == 3 and review["now"] + sum(review["waiting"].values()) == 3
    assert client.post(f"{url}/launch").json()["state"] == "sending"
    assert client.post(f"{url}/launch").status_code == 409
    assert client.delete(f"{url}/launch").json()["state"] == "draft"
    client.post(f"{url}/launch")
    with acting_for(acme):
        campaigning.due_work(timezone.now() + dt.timedelta(minutes=2))
    assert client.get(url).json()["counts"] == {
        "total": 3, "sent": 0, "waiting": 3, "skipped": 0, "failed": 0, "unknown": 0,
    }  # fmt: skip
    page = client.get(f"{url}/outcomes?limit=2").json()
    rest = client.get(f"{url}/outcomes?limit=2&cursor={page['next']}").json()
    assert len(page["items"]) == 2 and len(rest["items"]) == 1 and rest["next"] is None
    assert {item["group"] for item in page["items"]} == {"waiting"}
    assert client.post(f"{url}/stop").json()["counts"]["skipped"] == 3
    assert client.get(f"{url}/outcomes?group=skipped").json()["items"][0]["code"] == "stopped"


def test_a_broken_template_is_refused_with_the_path_of_its_text(client):
    answer = client.post("/api/v1/templates", {**TEMPLATE, "body": {"en": "Hello\n{{ oops"}})
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["path"] == "body.en" and error["message"].startswith("Line 2")


def test_a_template_in_use_stays(acme, client, segment):
    template = client.post("/api/v1/templates", TEMPLATE).json()["id"]
    client.post("/api/v1/campaigns", {"name": "C", "segment": segment, "template": template})
    answer = client.delete(f"/api/v1/templates/{template}")
    assert answer.status_code == 409 and "campaign “C”" in answer.json()["detail"]


def test_a_stale_revision_is_told(client):
    made = client.post("/api/v1/templates", TEMPLATE).json()
    url = f"/api/v1/templates/{made['id']}"
    assert client.patch(url, {"name": "One", "revision": 1}).status_code == 200
    assert client.patch(url, {"name": "Two", "revision": 1}).status_code == 409


def test_follow_ups_are_switched_on_with_a_template_only(client):
    refused = client.patch("/api/v1/follow-ups/promoter", {"enabled": True})
    assert refused.status_code == 400 and refused.json()["errors"][0]["path"] == "template"
    template = client.post("/api/v1/templates", TEMPLATE).json()["id"]
    assert (
        client.patch("/api/v1/follow-ups/promoter", {"enabled": True, "template": template}).status_code
        == 200
    )
    rules = client.get("/api/v1/follow-ups").json()
    assert [rule["enabled"] for rule in rules] == [True, False, False]
    assert client.patch("/api/v1/follow-ups/nobody", {}).status_code == 404


def test_a_sender_is_added_unverified_and_its_address_is_mailed(acme, client):
    made = client.post("/api/v1/senders", {"name": "Acme", "address": "Hello@Acme.example"})
    assert made.status_code == 201 and made.json()["verified_at"] is None
    assert (
        client.post("/api/v1/senders", {"name": "Again", "address": "hello@acme.example"}).status_code == 400
    )
    with acting_for(acme):
        assert SendKey.objects.get().origin_kind == "sender"


class TestCases:
    @pytest.fixture
    def case(self, acme, acme_units, agnes):
        with acting_for(acme):
            ann = CustomerFactory(name="Ann", email="ann@okafor.example", unit=acme_units.leeds)
            return caring.open_case(customer=ann)

    def test_a_case_is_read_noted_answered_closed_and_reopened(self, acme, client, case):
        url = f"/api/v1/cases/{opaque.encode('case', case.pk)}"
        assert client.get(url).json()["number"] == case.number
        assert client.post(f"{url}/notes", {"text": "Seen."}).json()["first_contact_at"] is None
        assert client.post(f"{url}/wait").json()["state"] == "waiting"
        assert client.delete(f"{url}/wait").json()["state"] == "new"
        answered = client.post(f"{url}/replies", {"subject": "Your lamp", "text": "Dear Ann."})
        assert answered.json()["state"] == "in_contact"
        assert client.post(f"{url}/closure", {"outcome": "solved"}).status_code == 400
        assert (
            client.post(f"{url}/closure", {"cause": "Packaging", "outcome": "solved"}).json()["state"]
            == "closed"
        )
        late = client.post(f"{url}/replies", {"subject": "x", "text": "y"})
        assert late.status_code == 409
        assert client.delete(f"{url}/closure").json()["state"] == "in_contact"
        kinds = [event["kind"] for event in client.get(f"{url}/events").json()["items"]]
        assert kinds == ["opened", "noted", "waiting", "resumed", "replied", "closed", "reopened"]

    def test_owners_are_members_who_may_see_the_case(self, acme, client, case, mona, bert, agnes):
        url = f"/api/v1/cases/{opaque.encode('case', case.pk)}/owner"
        assert client.post(url, {"owner": opaque.encode("member", mona.pk)}).json()["owner"] == opaque.encode(
            "member", mona.pk
        )
        assert client.post(url, {"owner": opaque.encode("member", bert.pk)}).status_code == 422
        assert client.post(url, {"owner": None}).json()["owner"] is None

    def test_changes_are_listed_since_a_number(self, acme, client, case):
        # Rows of a transaction that still runs are not given yet: the next reader gets them.
        assert int(client.get("/api/v1/cases?updated_since=0").json()["updated_until"]) > 0
        assert [item["number"] for item in client.get("/api/v1/cases?state=open").json()["items"]] == [
            case.number
        ]
        assert client.get("/api/v1/cases?state=late").json()["items"] == []
        assert client.get("/api/v1/cases?state=lost").status_code == 400

    def test_another_branch_and_another_organization_find_nothing(self, acme, globex, api, case, acme_units):
        id = opaque.encode("case", case.pk)
        assert api(acme, unit=acme_units.south).get(f"/api/v1/cases/{id}").status_code == 404
        assert api(globex).get(f"/api/v1/cases/{id}").status_code == 404
        assert api(acme, unit=acme_units.south).get("/api/v1/cases").json()["items"] == []

    def test_a_key_without_the_scope_is_refused(self, acme, api, case):
        assert api(acme, "customers:read").get("/api/v1/cases").status_code == 403

    def test_a_case_is_opened_for_a_customer(self, acme, client):
        with acting_for(acme):
            rui = CustomerFactory(name="Rui")
        body = {"customer": opaque.encode("customer", rui.pk), "reason": "Called."}
        assert client.post("/api/v1/cases", body).status_code == 201
        with acting_for(acme):
            assert Case.objects.get().customer == Customer.objects.get(pk=rui.pk)
            assert Case.objects.get().opened_how == "key"


def test_a_test_key_writes_test(acme, api, segment):
    client = api(acme, mode="test")
    template = client.post("/api/v1/templates", TEMPLATE).json()["id"]
    client.post("/api/v1/campaigns", {"name": "T", "segment": segment, "template": template})
    with acting_for(acme):
        assert Campaign.objects.get().mode == "test"
