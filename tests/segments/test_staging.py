"""The stage of the journey: the first rule that holds, with a history, for everybody and as time passes."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Max
from django.test import Client
from django.utils import timezone

from accounts import opaque
from accounts.acting import Actor, member_actor
from accounts.models import AuditEntry, Doorbell, Membership, News, Organization
from accounts.tenancy import changes
from accounts.tenancy.context import acting_for
from outreach.pumping import pump
from segments import arranging_stages, compiling, stages, staging
from segments.catalog import Asked, vocabulary
from segments.customers import Refused, upsert
from segments.models import Customer, Segment, StageChange, StageRun
from segments.rules import read_rule
from segments.stages import Stage
from surveys import veiling
from surveys.filtering import Filter
from surveys.models import Response
from tests.factories.segments import CustomerEventFactory, CustomerFactory, SegmentFactory
from tests.factories.surveys import InvitationFactory, respond

LogIn = Callable[..., Client]


@pytest.fixture
def mona_acts(mona: Membership) -> Actor:
    return member_actor(mona)


def ago(days: float) -> Any:
    return timezone.now() - timedelta(days=days)


def person(name: str, since: float, **facts: Any) -> Customer:
    return CustomerFactory(name=name, created_at=ago(since), **facts)


def ordered(customer: Customer, *days: float, name: str = "order placed") -> None:
    for each in days:
        CustomerEventFactory(customer_id=customer.pk, name=name, at=ago(each))


def stage_of(customer: Customer) -> str:
    return Customer.objects.get(pk=customer.pk).stage


def all_committed(organization: Organization) -> None:
    """Until the horizon passed what was written: a transaction that was rolled back needs a moment."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with acting_for(organization):
            latest = Customer.objects.aggregate(latest=Max("changed"))["latest"]
            if changes.horizon() > latest:
                return
        time.sleep(0.05)
    raise AssertionError("a transaction of this database stays open")


@pytest.mark.row("B5", "journey stage as a typed, dated state (new, active, loyal, at risk, dormant, lost)")
def test_the_shipped_stages_tell_customers_apart_with_and_without_orders(in_acme: Organization) -> None:
    expected = {}
    for name, since, orders, facts, stage in (
        ("first weeks", 20, (3,), {}, "new"),
        ("first weeks, unhappy", 20, (3,), {"last_score": 2}, "at_risk"),
        ("every month", 800, (10, 40, 70, 100), {}, "loyal"),
        ("now and then", 800, (10, 300), {}, "active"),
        ("half a year silent", 800, (200,), {"last_score": 10}, "dormant"),
        ("a year silent", 800, (400,), {}, "lost"),
        ("fell", 800, (10,), {"last_score": 7, "previous_score": 10}, "at_risk"),
        ("no orders, promoter", 800, (), {"last_score": 9, "last_responded_at": ago(20)}, "loyal"),
        ("no orders, silent", 800, (), {"last_score": 9, "last_responded_at": ago(400)}, "dormant"),
        ("nothing known", 800, (), {}, "active"),
    ):
        one = person(name, since, **facts)
        ordered(one, *orders)
        expected[name] = stage
    user = person("stopped using it", 800)
    ordered(user, 100, name="feature used")
    expected["stopped using it"] = "dormant"
    assert staging.settle() == len(expected)
    assert dict(Customer.objects.values_list("name", "stage")) == expected
    assert StageChange.objects.count() == len(expected)
    assert set(Customer.objects.values_list("stage_since", flat=True)) == {StageRun.objects.get().asked_at}
    # Once more changes nothing, and writes no history.
    assert staging.settle() == 0 and StageChange.objects.count() == len(expected)


@pytest.mark.row("B5", "computed from rules the business can edit")
def test_the_first_rule_that_holds_wins_by_an_oracle(in_acme: Organization, mona_acts: Actor) -> None:
    for number in range(40):
        one = person(f"c{number}", 10 + 40 * number, last_score=number % 11)
        ordered(one, *(range(number * 3, number * 9 + 1, 30)))
    rules = [
        {"all": [{"field": "score", "operator": "at_most", "value": 3}]},
        {"none": [{"field": "event_count", "event": "order placed", "operator": "at_least", "value": 3}]},
        {"any": [{"field": "since", "operator": "within_last", "value": 700},
                 {"field": "score", "operator": "is", "value": 9}]},
    ]  # fmt: skip
    for order in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):
        wanted = [Stage(f"s{number}", f"S{number}", rules[number]) for number in order]
        arranging_stages.arrange(wanted, expected=stages.plan().revision, by=mona_acts)
        while staging.step(size=7):
            pass
        asked = Asked.here(StageRun.objects.get().asked_at)
        inside = {
            one.key: set(
                compiling.found_by(read_rule(one.rule, vocabulary()), asked=asked).values_list(
                    "pk", flat=True
                )
            )
            for one in wanted
        }
        for customer in Customer.objects.all():
            first = next((one.key for one in wanted if customer.pk in inside[one.key]), "")
            assert customer.stage == first, (order, customer)


@pytest.mark.row("B5", "journey stage as a typed, dated state (new, active, loyal, at risk, dormant, lost)")
def test_time_alone_makes_somebody_dormant_and_is_news(in_acme: Organization) -> None:
    ann = person("Ann", 400)
    ordered(ann, 170)
    trial = person("Trial", 400, mode="test")
    ordered(trial, 170)
    now = timezone.now()
    staging.settle(at=now)
    assert stage_of(ann) == "active" and not News.objects.filter(name="customer.stage_changed").exists()
    for day in range(9, 12):
        staging.nightly(at=now + timedelta(days=day))
        while staging.step():
            pass
    assert stage_of(ann) == stage_of(trial) == "dormant"
    change = StageChange.objects.filter(customer_id=ann.pk).latest("at")
    assert (change.old, change.new, change.why) == ("active", "dormant", "time")
    told = News.objects.get(name="customer.stage_changed")
    assert told.subject_id == ann.pk and set(told.facts) == {"change", "since"}
    # Twice a day is once.
    before = StageRun.objects.get().asked_at
    staging.nightly(at=before + timedelta(minutes=10))
    assert StageRun.objects.get().asked_at == before


def test_one_that_was_killed_goes_on_where_it_was(
    in_acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [person(f"c{number}", 20) for number in range(9)]
    staging.begin("rules")
    assert staging.step(size=4)
    run = StageRun.objects.get()
    assert (run.seen, run.total, run.after) == (4, 9, people[3].pk)
    kept = StageChange.objects.bulk_create

    def killed(*_given: Any, **_more: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(StageChange.objects, "bulk_create", killed)
    with pytest.raises(KeyboardInterrupt):
        staging.step(size=4)
    monkeypatch.setattr(StageChange.objects, "bulk_create", kept)
    assert stage_of(people[4]) == ""
    while staging.due(in_acme, timezone.now()):
        pass
    assert {stage_of(one) for one in people} == {"new"}
    assert StageChange.objects.count() == 9
    run = StageRun.objects.get()
    assert run.finished_at is not None and run.seen == 9


@pytest.mark.django_db(transaction=True)
def test_a_customer_whose_facts_change_is_judged_by_the_engine(acme: Organization) -> None:
    with acting_for(acme):
        ann, bob = person("Ann", 20), person("Bob", 20, mode="test")
        staging.begin("rules")
    pump(acme.pk)
    with acting_for(acme):
        assert (stage_of(ann), stage_of(bob)) == ("new", "new")
        assert not News.objects.filter(name="customer.stage_changed").exists()
        Customer.objects.all().update(last_score=2)
        looked = StageRun.objects.get().followed_at
        now = timezone.now()
    # Changes are gathered: a look that comes too soon asks for a turn and does nothing.
    assert looked is not None and staging.due(acme, now) == 0
    with acting_for(acme):
        assert StageRun.objects.get().next_at == looked + staging.GATHERED
    all_committed(acme)
    assert staging.due(acme, looked + staging.GATHERED) == 2
    with acting_for(acme):
        assert (stage_of(ann), stage_of(bob)) == ("at_risk", "at_risk")
        assert list(
            News.objects.filter(name="customer.stage_changed").values_list("subject_id", flat=True)
        ) == [ann.pk]
        assert set(StageChange.objects.filter(new="at_risk").values_list("old", "why")) == {("new", "facts")}
    # What it wrote itself is looked at once more, and then there is rest.
    later = timezone.now() + timedelta(minutes=5)
    all_committed(acme)
    assert staging.due(acme, later) == 2 and staging.due(acme, later + staging.GATHERED) == 0


@pytest.mark.django_db(transaction=True)
def test_a_change_behind_a_long_transaction_is_not_left_for_the_night(acme: Organization) -> None:
    with acting_for(acme):
        ann = person("Ann", 20)
        staging.begin("rules")
    pump(acme.pk)
    all_committed(acme)
    other = connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()")  # somebody else writes, and is slow
        with acting_for(acme):
            Customer.objects.all().update(last_score=2)
            looked = StageRun.objects.get().followed_at
        soon = (looked or timezone.now()) + staging.GATHERED
        assert staging.due(acme, soon) == 0
        with acting_for(acme):
            assert StageRun.objects.get().next_at == soon + staging.GATHERED
            assert Doorbell.objects.filter(due_at=soon + staging.GATHERED).exists()
    finally:
        other.rollback()
        other.close()
    all_committed(acme)
    assert staging.due(acme, soon + staging.GATHERED) == 1
    with acting_for(acme):
        assert stage_of(ann) == "at_risk"


def test_a_stage_that_was_told_stands_until_it_is_taken_away(in_acme: Organization, mona_acts: Actor) -> None:
    ann, _made = upsert(external_id="k-1", name="Ann", stage="At risk")
    assert (ann.stage, ann.stage_told) == ("at_risk", True)
    staging.settle()
    assert stage_of(ann) == "at_risk"
    assert list(StageChange.objects.values_list("new", "why")) == [("at_risk", "told")]
    ann, _made = upsert(external_id="k-1", stage="")
    staging.follow([ann.pk])
    assert stage_of(ann) == "new" and not Customer.objects.get(pk=ann.pk).stage_told
    # A system that sends every field, this one blank, takes nothing away.
    upsert(external_id="k-1", stage="")
    assert stage_of(ann) == "new"
    with pytest.raises(Refused, match="There is no stage"):
        upsert(external_id="k-1", stage="enthusiastic")


@pytest.mark.row("B5", "computed from rules the business can edit")
def test_a_manager_edits_a_rule_and_sees_everybody_move(
    acme: Organization, mona: Membership, vera: Membership, as_: LogIn
) -> None:
    with acting_for(acme):
        for number in range(4):
            person(f"c{number}", 20 + 30 * number)
        staging.settle()
    browser = as_(mona)
    page = browser.get("/o/acme/stages/").content.decode()
    assert "Customers whose customer since is within the last 90 days." in page and "Everybody else." in page
    assert "/o/acme/stages/new/rule/" in page and ">3</a>" in page and "4 customers." in page
    editor = browser.get("/o/acme/stages/new/rule/").content.decode()
    assert "How everybody would be spread" in editor
    rule = {"key": "new", "name": "Fresh", "g.root": "all", "f.0": "since", "was.0": "since",
            "o.0": "within_last", "v.0": "45"}  # fmt: skip
    live = browser.post("/o/acme/stages/try/", rule).content.decode()
    assert "within the last 45 days" in live and "1 (3)" in live
    saved = browser.post("/o/acme/stages/new/rule/", {**rule, "revision": "0", "do": "save"})
    assert saved.status_code == 302
    page = browser.get("/o/acme/stages/").content.decode()
    assert "Everybody is being judged" in page and "0 of 4 customers" in page and "Fresh" in page
    with acting_for(acme):
        while staging.step():
            pass
        assert staging.counts(Customer.objects.all()) == {"new": 1, "active": 3}
        moved = Customer.objects.get(name="c1")
        # New rules are no deed of anybody: nobody is woken, and the history says why.
        assert not News.objects.filter(name="customer.stage_changed").exists()
        assert StageChange.objects.filter(customer_id=moved.pk).latest("id").why == "rules"
        assert AuditEntry.objects.filter(action="stage.edit").exists()
    told = browser.get(f"/o/acme/customers/{moved.pk}/").content.decode()
    assert "Fresh → Active" in told and "the rules of the stages were changed" in told
    found = browser.get("/o/acme/customers/?stage=active").content.decode()
    assert "3 customers" in found and "c0" not in found
    assert as_(vera).get("/o/acme/stages/").status_code == 200
    assert as_(vera).post("/o/acme/stages/new/rule/", {**rule, "do": "save"}).status_code == 403


def test_two_who_edit_at_once_are_told_and_what_is_used_cannot_vanish(
    acme: Organization, mona: Membership, as_: LogIn
) -> None:
    browser = as_(mona)
    revision = 0
    rule = {"key": "new", "name": "New", "g.root": "all", "f.0": "since", "o.0": "within_last", "v.0": "45"}
    sent = {**rule, "revision": str(revision), "do": "save"}
    assert browser.post("/o/acme/stages/new/rule/", sent).status_code == 302
    late = browser.post("/o/acme/stages/new/rule/", {**sent, "v.0": "30"})
    assert late.status_code == 409 and "Mona Lund changed this" in late.content.decode()
    browser.post("/o/acme/stages/lost/place/", {"to": "down", "revision": "0"})
    with acting_for(acme):
        plan = stages.plan()
        assert [one.key for one in plan.stages][:2] == ["lost", "dormant"]
    browser.post("/o/acme/stages/lost/place/", {"to": "down", "revision": str(plan.revision)})
    with acting_for(acme):
        plan = stages.plan()
        assert [one.key for one in plan.stages][:2] == ["dormant", "lost"]
        segment = SegmentFactory(
            name="Gone", rule={"all": [{"field": "stage", "operator": "is_one_of", "value": ["lost"]}]}
        )
    removal = {"revision": str(plan.revision)}
    page = browser.post("/o/acme/stages/lost/deletion/", removal, follow=True).content.decode()
    assert "“Lost” stays: it is used by segment “Gone”." in page.replace("&quot;", '"')
    with acting_for(acme):
        Segment.objects.filter(pk=segment.pk).update(rule={"all": []})
    browser.post("/o/acme/stages/lost/deletion/", removal)
    with acting_for(acme):
        assert stages.plan().stage("lost") is None
    # A rule that asks for the stage itself, or for a segment that does, would chase its own tail.
    circle = {**rule, "f.0": "stage", "o.0": "is", "v.0": "active", "do": "save"}
    refused = browser.post("/o/acme/stages/new/rule/", {**circle, "revision": str(plan.revision + 1)})
    assert refused.status_code == 422 and "cannot ask for the stage" in refused.content.decode()
    assert browser.get("/o/acme/stages/nowhere/rule/").status_code == 404


def test_an_organization_without_customers_has_its_stages(
    acme: Organization, mona: Membership, as_: LogIn
) -> None:
    page = as_(mona).get("/o/acme/stages/").content.decode()
    assert "No customers yet." in page and "At risk" in page
    with acting_for(acme):
        assert staging.settle() == 0
        staging.nightly(at=timezone.now() + timedelta(days=3))
    assert "How everybody would be spread" in as_(mona).get("/o/acme/stages/active/rule/").content.decode()
    assert as_(mona).get("/o/acme/stages/new/").status_code == 200


@pytest.mark.row("B5", "journey stage as a typed, dated state (new, active, loyal, at risk, dormant, lost)")
@pytest.mark.row("B5", "computed from rules the business can edit")
def test_stages_over_rest_and_nobody_elses(acme: Organization, globex: Organization, api: Any) -> None:
    with acting_for(globex):
        theirs = person("Theirs", 20)
        staging.settle()
    with acting_for(acme):
        ann = person("Ann", 20)
        staging.settle(at=ago(1))
        Customer.objects.filter(pk=ann.pk).update(last_score=3)
        staging.follow([ann.pk])
    key, shown = api(acme), opaque.encode("customer", ann.pk)
    customer = key.get(f"/api/v1/customers/{shown}").json()
    assert (customer["stage"], customer["stage_told"]) == ("at_risk", False) and customer["stage_since"]
    history = key.get(f"/api/v1/customers/{shown}/stages").json()["items"]
    assert [(one["old"], one["new"], one["why"]) for one in history] == [
        ("new", "at_risk", "facts"), ("", "new", "rules")]  # fmt: skip
    foreign = opaque.encode("customer", theirs.pk)
    assert key.get(f"/api/v1/customers/{foreign}/stages").status_code == 404
    read = key.get("/api/v1/stages").json()
    assert read["revision"] == 0 and not read["running"]
    assert {one["key"]: one["number"] for one in read["stages"]}["at_risk"] == 1
    wanted = [{"key": one["key"], "name": one["name"], "rule": one["rule"]} for one in read["stages"]]
    wanted = [one for one in wanted if one["key"] != "at_risk"]
    put = key.put("/api/v1/stages", {"revision": 0, "stages": wanted})
    assert put.status_code == 200 and put.json()["running"]
    assert key.put("/api/v1/stages", {"revision": 0, "stages": wanted}).status_code == 409
    revision = put.json()["revision"]
    for broken in (
        [],
        [{**wanted[0], "rule": {"all": [{"field": "shoe", "operator": "is", "value": 1}]}}],
        [wanted[0], {**wanted[1], "key": wanted[0]["key"]}],
        [{**wanted[0], "name": " "}],
        [{**wanted[0], "key": "No key"}],
    ):
        answer = key.put("/api/v1/stages", {"revision": revision, "stages": broken})
        assert answer.status_code in (400, 422), broken
    assert api(acme, "segments:read").put("/api/v1/stages", {}).status_code == 403
    with acting_for(acme):
        while staging.step():
            pass
        assert stage_of(ann) == "new"
    with acting_for(globex):
        assert stages.plan().revision == 0 and stage_of(theirs) == "new"
    # A stage that is told stands; one that there is not is refused.
    assert key.patch(f"/api/v1/customers/{shown}", {"stage": "Loyal"}).json()["stage"] == "loyal"
    assert key.patch(f"/api/v1/customers/{shown}", {"stage": "at_risk"}).status_code in (400, 422)


def test_an_answer_keeps_the_stage_of_its_time(acme: Organization, mona: Membership, as_: LogIn) -> None:
    with acting_for(acme):
        people = [person(f"c{number}", 20) for number in range(12)]
        staging.settle()
        for one in people:
            respond(InvitationFactory(customer=one), 2)
        staging.follow([one.pk for one in people])
        assert {stage_of(one) for one in people} == {"at_risk"}
        respond(InvitationFactory(customer=people[0]), 9)
        assert list(Response.objects.order_by("id").values_list("stage", flat=True)) == ["new"] * 12 + [
            "at_risk"
        ]
        words = vocabulary()
        rule = {"all": [{"field": "stage", "operator": "is", "value": "at_risk"},
                        {"field": "stage_since", "operator": "within_last", "value": 7}]}  # fmt: skip
        assert compiling.found_by(read_rule(rule, words)).count() == 12
        rule["all"][1]["operator"] = "longer_ago_than"
        assert compiling.found_by(read_rule(rule, words)).count() == 0
    browser = as_(mona)
    page = browser.get("/o/acme/overview/?by=stage").content.decode()
    assert "New" in page and "All stages" in page
    narrowed = browser.get("/o/acme/overview/?stage=new").content.decode()
    assert "New when they answered" in narrowed
    # One person at risk would be told by the one stage, and by all but that one.
    with acting_for(acme):
        for key in ("new", "at_risk"):
            assert veiling.gives_away(Filter.read({"stage": key}, acme), member_actor(mona), 5)
        for one in people[1:6]:
            respond(InvitationFactory(customer=one), 9)
        for key in ("new", "at_risk"):
            assert not veiling.gives_away(Filter.read({"stage": key}, acme), member_actor(mona), 5)


def test_a_stage_chosen_by_hand_stands(acme: Organization, mona: Membership, as_: LogIn) -> None:
    with acting_for(acme):
        ann = person("Ann", 20)
        staging.settle()
    browser = as_(mona)
    form = browser.get(f"/o/acme/customers/{ann.pk}/edit/").context["form"]
    sent = {name: value for name, value in form.initial.items() if value is not None}
    assert sent["stage"] == ""
    browser.post(f"/o/acme/customers/{ann.pk}/edit/", {**sent, "stage": "loyal"})
    page = browser.get(f"/o/acme/customers/{ann.pk}/").content.decode()
    assert "Loyal" in page and "told" in page and "New → Loyal" in page
    with acting_for(acme):
        staging.settle()
        assert stage_of(ann) == "loyal"
        revision = Customer.objects.get(pk=ann.pk).revision
    browser.post(f"/o/acme/customers/{ann.pk}/edit/", {**sent, "stage": "", "revision": revision})
    with acting_for(acme):
        assert stage_of(ann) == "new"
