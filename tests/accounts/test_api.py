"""What every REST resource shares, shown on the resources of accounts."""

import json
import threading
import time

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client

from accounts.api.pages import CursorPage
from accounts.models import Organization, Unit
from accounts.tenancy.context import acting_for
from tests.factories.accounts import UnitFactory


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()


@pytest.mark.row("I1", "problem+json")
@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"currency": "XXX"}, "currency"),
        ({"time_zone": "Moon/Base"}, "time_zone"),
        ({"slug": "other"}, "slug"),
        ({"cap_count": "many"}, "cap_count"),
        ({"quiet_from": "08:00"}, "quiet_to"),
        ({"privacy_threshold": 4}, "privacy_threshold"),
    ],
)
def test_a_wrong_field_is_named_by_its_path_and_nothing_is_saved(api, acme, body, path):
    answer = api(acme).patch("/api/v1/organization", json.dumps({"name": "New name", **body}))
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    told = answer.json()
    assert told["status"] == 400
    assert told["type"] == "/api/docs#problem-invalid"
    assert [error["path"] for error in told["errors"]] == [path]
    acme.refresh_from_db()
    assert acme.name == "Acme"


def test_a_wrong_field_deep_inside_is_named_too():
    from rest_framework import serializers

    from accounts.api.problems import flatten

    class Rule(serializers.Serializer):
        value = serializers.IntegerField()

    class Body(serializers.Serializer):
        rules = Rule(many=True)

    body = Body(data={"rules": [{"value": 1}, {"value": "x"}]})
    assert not body.is_valid()
    assert [each["path"] for each in flatten(body.errors)] == ["rules[1].value"]


@pytest.mark.parametrize(
    "body", ["{", "[1, 2", '"text"', "[]", "null", "\x00", "{" * 10_000, '{"name": "\\ud800"}']
)
def test_a_body_that_is_no_object_is_a_problem_and_not_a_crash(api, acme, body):
    answer = api(acme).patch("/api/v1/organization", body)
    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        assert answer["Content-Type"] == "application/problem+json"


def test_what_is_missing_is_a_problem_whatever_the_method(api, acme):
    machine = api(acme)
    for path in (
        "nothing",
        "units/unt_00000000000",
        "units/1",
        "members/cus_4kTf0aQzR2B",
        "units/" + "x" * 500,
    ):
        answer = machine.get(f"/api/v1/{path}")
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
        assert answer.json()["title"] == "There is nothing here"
    answer = machine.put("/api/v1/units", "{}")
    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")


def test_the_session_of_a_browser_opens_nothing_in_the_api(alice, as_):
    assert as_(alice).get("/api/v1/members").status_code == 401


def test_a_stale_save_over_the_api_is_a_conflict(api, acme):
    machine = api(acme)
    assert (
        machine.patch("/api/v1/organization", json.dumps({"name": "A", "revision": 1})).json()["revision"]
        == 2
    )
    answer = machine.patch("/api/v1/organization", json.dumps({"name": "B", "revision": 1}))
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("#problem-stale")
    acme.refresh_from_db()
    assert acme.name == "A"


@pytest.mark.row("I1", "stable cursor pages")
def test_pages_stay_stable_while_rows_come_and_go(api, acme):
    with acting_for(acme):
        units = [UnitFactory(name=f"Store {number:02}") for number in range(12)]
    machine = api(acme)
    first = machine.get("/api/v1/units", {"limit": 5}).json()
    with acting_for(acme):
        UnitFactory(name="Late")
        Unit.objects.filter(pk=units[0].pk).delete()
    seen, cursor = [unit["name"] for unit in first["items"]], first["next"]
    while cursor:
        page = machine.get("/api/v1/units", {"limit": 5, "cursor": cursor}).json()
        seen += [unit["name"] for unit in page["items"]]
        cursor = page["next"]
    assert seen == [f"Store {number:02}" for number in range(12)] + ["Late"]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"limit": "-1"}, {"limit": "9" * 50}, {"cursor": "x"},
        {"cursor": "WzFd" * 3}, {"cursor": "eyJhIjoxfQ"}, {"cursor": "WyIxIl0"}, {"cursor": "W10"}, {"cursor": "ü"},
    ],
)  # fmt: skip
def test_a_forged_cursor_or_limit_is_named(api, acme, query):
    answer = api(acme).get("/api/v1/units", query)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["path"] in query


@pytest.mark.row("I1", "idempotency keys")
def test_a_repeated_write_happens_once_and_gets_the_same_answer(api, acme):
    machine, again = api(acme), {"headers": {"Idempotency-Key": "order-17"}}
    first = machine.post("/api/v1/units", {"name": "York"}, **again)
    second = machine.post("/api/v1/units", {"name": "York"}, **again)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second["Idempotent-Replayed"] == "true"
    other = machine.post("/api/v1/units", {"name": "Hull"}, **again)
    assert other.status_code == 422
    assert other.json()["type"].endswith("another_request")
    with acting_for(acme):
        assert list(Unit.objects.values_list("name", flat=True)) == ["York"]
    # Another key of the same organization has repeats of its own.
    assert api(acme).post("/api/v1/units", {"name": "Hull"}, **again).status_code == 201


def test_a_refused_write_may_be_mended_and_sent_again_with_the_same_key(api, acme):
    machine, again = api(acme), {"headers": {"Idempotency-Key": "order-18"}}
    assert machine.post("/api/v1/units", {"nome": "York"}, **again).status_code == 400
    assert machine.post("/api/v1/units", {"name": "York"}, **again).status_code == 201


def test_a_secret_is_not_kept_for_repeats(api, acme):
    from accounts.models import IdempotentAnswer

    answer = api(acme).post(
        "/api/v1/keys",
        {"name": "x", "mode": "test", "scopes": ["units:read"]},
        headers={"Idempotency-Key": "k"},
    )
    assert answer.status_code == 201
    with acting_for(acme):
        assert not IdempotentAnswer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_with_one_key_do_it_once_and_the_second_is_told(api, acme, monkeypatch):
    """The second arrives while the first is inside; it is refused at once and not made to wait."""
    from accounts.api import resources

    inside, go_on, answers = threading.Event(), threading.Event(), []
    real = resources.add_unit

    def slow(**facts):
        inside.set()
        assert go_on.wait(10)
        return real(**facts)

    monkeypatch.setattr(resources, "add_unit", slow)
    machine = api(acme)

    def send() -> None:
        try:
            answers.append(
                machine.post("/api/v1/units", {"name": "York"}, headers={"Idempotency-Key": "order-19"})
            )
        finally:
            connections.close_all()

    first = threading.Thread(target=send)
    first.start()
    assert inside.wait(10)
    second = threading.Thread(target=send)
    second.start()
    second.join(10)
    go_on.set()
    first.join(10)
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    with acting_for(acme):
        assert Unit.objects.count() == 1


def test_the_limit_is_told_in_headers_and_kept(api, acme, globex, settings):
    settings.API_RATE_PER_MINUTE = 3
    machine = api(acme, "units:read")
    answers = [machine.get("/api/v1/units") for _each in range(4)]
    # A minute may end in between; then the fourth is the first of the next.
    if answers[3].status_code == 200:
        answers = [machine.get("/api/v1/units") for _each in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0]["RateLimit-Policy"] == '"key";q=3;w=60'
    assert answers[0]["RateLimit"].startswith('"key";r=2;t=')
    assert int(answers[3]["Retry-After"]) >= 1
    assert answers[3].json()["type"].endswith("rate_limited")
    assert api(globex, "units:read").get("/api/v1/units").status_code == 200


@pytest.mark.row("I1", "scoped keys")
def test_members_units_and_keys_are_managed_over_the_api(api, acme, alice, mona):
    machine = api(acme)
    members = machine.get("/api/v1/members").json()["items"]
    assert {member["name"] for member in members} == {"Alice Moreau", "Mona Lund"}
    her = next(member["id"] for member in members if member["name"] == "Mona Lund")
    assert machine.patch(f"/api/v1/members/{her}", json.dumps({"role": "agent"})).json()["role"] == "agent"
    owner = next(member["id"] for member in members if member["name"] == "Alice Moreau")
    assert machine.delete(f"/api/v1/members/{owner}").status_code == 409
    assert machine.delete(f"/api/v1/members/{her}").status_code == 204
    invited = machine.post("/api/v1/member-invitations", {"email": "new@example.com", "role": "viewer"})
    assert invited.status_code == 201
    assert machine.delete(f"/api/v1/member-invitations/{invited.json()['id']}").status_code == 204
    unit = machine.post("/api/v1/units", {"name": "North"}).json()
    below = machine.post("/api/v1/units", {"name": "Leeds", "parent": unit["id"]}).json()
    assert below["parent"] == unit["id"]
    assert machine.delete(f"/api/v1/units/{unit['id']}").status_code == 409
    assert machine.delete(f"/api/v1/units/{below['id']}").status_code == 204


def test_a_foreign_id_in_a_body_is_as_good_as_none(api, acme, globex):
    with acting_for(globex):
        foreign = UnitFactory(name="Theirs")
    from accounts import opaque

    machine = api(acme)
    for given in (
        opaque.encode("unit", foreign.pk),
        opaque.encode("unit", 987_654),
        "unt_x",
        5,
        {},
        True,
    ):
        answer = machine.post("/api/v1/units", {"name": "Mine", "parent": given})
        assert answer.status_code == 400
        assert answer.json()["errors"] == [
            {"path": "parent", "message": "There is nothing with this id.", "code": "missing"}
        ]


def test_a_verb_that_fails_leaves_nothing_half_written(api, acme, monkeypatch):
    from accounts import arranging_units

    def broken(*args, **kwargs):
        raise RuntimeError("the power went")

    monkeypatch.setattr(arranging_units, "audit", broken)
    machine = api(acme)
    machine.raise_request_exception = False
    assert machine.post("/api/v1/units", {"name": "York"}).status_code == 500
    with acting_for(acme):
        assert not Unit.objects.exists()


@pytest.mark.row("I1", "OpenAPI 3.1")
def test_the_openapi_document_is_whole_and_shown_as_a_page(client, db):
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path in ("organization", "members", "units", "keys"):
        operation = document["paths"][f"/api/v1/{path}"]["get"]
        assert operation["security"] == [{"key": []}]
        assert "Scope:" in operation["description"]
        assert "application/problem+json" in operation["responses"]["400"]["content"]
    names = [told["operationId"] for methods in document["paths"].values() for told in methods.values()]
    assert len(names) == len(set(names))
    page = client.get("/api/docs").content.decode()
    assert "/api/v1/member-invitations" in page
    assert "Idempotency-Key" in page


@pytest.mark.row("I1", "`updated_since`")
@pytest.mark.django_db(transaction=True)
def test_updated_since_misses_nothing_while_transactions_overlap(acme, db):
    """A change that began first and committed last is still found, by whoever reads in between."""
    pytest.importorskip("segments.models")
    from django.test import RequestFactory
    from rest_framework import serializers
    from rest_framework.request import Request

    from segments.models import Customer

    class CustomerOut(serializers.Serializer):
        name = serializers.CharField()

    def read(since: str) -> dict:
        with acting_for(acme):
            request = Request(RequestFactory().get("/", {"updated_since": since}))
            return CursorPage(request, Customer.objects.all(), out=CustomerOut).response().data

    with acting_for(acme):
        Customer.objects.create(name="Before")
    began, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with acting_for(acme):
                Customer.objects.create(name="Slow")
                began.set()
                assert go_on.wait(10)
        finally:
            connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    assert began.wait(10)
    with acting_for(acme):
        Customer.objects.create(name="Fast")
    page = read("0")
    names = [row["name"] for row in page["items"]]
    assert "Slow" not in names
    go_on.set()
    thread.join(10)
    for _turn in range(200):
        if len(names) >= 3:
            break
        time.sleep(0.05)
        page = read(page["updated_until"])
        names += [row["name"] for row in page["items"]]
    assert sorted(names) == ["Before", "Fast", "Slow"]


def test_a_visitor_gets_a_problem_and_not_a_log_in_page(db):
    answer = Client().get("/api/v1/organization")
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert Organization.objects.count() == 0
