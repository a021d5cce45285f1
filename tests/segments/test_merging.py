"""Two records of one person become one, and two again: nothing is lost either way."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import opaque, tokens
from accounts.acting import Actor, NotAllowed, member_actor
from accounts.models import AuditEntry, Membership, News, Organization, Stale
from accounts.personal_data import whole_map
from accounts.tenancy.context import acting_for
from accounts.tidying import tidy
from outreach import leaving
from outreach.caring import open_case
from outreach.models import Case, SendKey
from segments import (
    closing_merges,
    consenting,
    contacting,
    following,
    gathering,
    matching,
    merging,
    timeline,
    unmerging,
)
from segments.erasing import erase
from segments.models import (
    AttributeChange,
    Consent,
    ConsentChange,
    Contact,
    Customer,
    CustomerEvent,
    CustomerKey,
    Distinction,
    Merge,
    SegmentMember,
    Suppression,
)
from surveys.models import Invitation, Response
from tests.factories.segments import (
    AttributeFactory,
    CompanyFactory,
    ContactFactory,
    CustomerFactory,
    SegmentFactory,
)
from tests.factories.surveys import DistributionFactory, InvitationFactory, respond

LogIn = Callable[..., Client]
# They say that a row was written, not what it says; a change number must rise for those who read along.
NOT_COMPARED = {"revision", "edited_at", "edited_by_id", "changed", "updated_at"}
# What a merge and its undoing leave on purpose.
TRACES = {
    "segments.FactChange",
    "segments.Merge",
    "accounts.News",
    "accounts.AuditEntry",
    "accounts.Doorbell",
}


@pytest.fixture
def mona_acts(mona: Membership) -> Actor:
    return member_actor(mona)


def everything() -> dict[str, list[dict[str, Any]]]:
    """All rows of all tenant tables of the acting organization."""
    found = {}
    for label in whole_map():
        model = apps.get_model(label)
        if label in TRACES or not hasattr(model, "unlocked"):
            continue
        rows = model._default_manager.order_by("pk").values()
        found[label] = [{key: row[key] for key in row if key not in NOT_COMPARED} for row in rows]
    return found


def two_records() -> tuple[Customer, Customer]:
    """Ann twice, with something of everything on both sides, and collisions wherever there can be one."""
    AttributeFactory(key="plan")
    distribution = DistributionFactory()
    fixed = SegmentFactory(static=True)
    other_list = SegmentFactory(static=True)
    made = []
    for number, (email, days) in enumerate((("ann@work.example", 9), ("ann@home.example", 3))):
        ann = CustomerFactory(
            name="Ann Okafor", email=email, external_id=f"K-{number}", attributes={"plan": f"plan {number}"},
            phone="" if number == 0 else "+441234567890", locale="en" if number else "",
        )  # fmt: skip
        at = timezone.now() - timedelta(days=days)
        respond(InvitationFactory(distribution=distribution, customer=ann), 3 + number, "slow", at=at)
        respond(InvitationFactory(distribution=DistributionFactory(), customer=ann), 8 + number, "fine")
        timeline.append(ann, "order placed", at, properties={"number": number})
        open_case(customer=ann)
        ContactFactory(customer=ann)
        SegmentMember.objects.create(segment=fixed, customer=ann)
        SendKey.objects.create(
            key=f"k{number}", customer=ann, message_class="marketing", topic="news", origin_kind="campaign", origin_id=1
        )  # fmt: skip
        consenting.allow(ann, "email", "marketing", source="test", evidence=f"shop {number}")
        AttributeChange.objects.create(
            customer_id=ann.pk, key="plan", old=None, new="x", source="test", at=at
        )
        made.append(ann)
    SegmentMember.objects.create(segment=other_list, customer=made[1])
    consenting.refuse(made[1], "email", "surveys", source="test", evidence="told us")
    consenting.unsubscribe(made[1], "email", "marketing", source="test")
    for ann in made:
        ann.refresh_from_db()
    return made[0], made[1]


@pytest.mark.row("B8", "merge duplicates (reversible for 30 days)")
def test_a_merge_taken_back_leaves_every_table_as_it_was(in_acme: Organization, mona_acts: Actor) -> None:
    work, home = two_records()
    before = everything()
    done = merging.merge(work, home, by=mona_acts, choose={"email": "other", "attribute.plan": "other"})
    assert everything() != before
    unmerging.undo(done, by=mona_acts)
    after = everything()
    for label, rows in before.items():
        assert after[label] == rows, label
    # And once more is nothing more.
    unmerging.undo(done, by=mona_acts)
    assert everything() == after


def test_everything_of_both_comes_together(in_acme: Organization, mona_acts: Actor) -> None:
    work, home = two_records()
    merging.merge(work, home, by=mona_acts, choose={"email": "kept", "attribute.plan": "other"})
    ann = Customer.objects.get(pk=work.pk)
    assert (ann.email, ann.phone, ann.locale) == ("ann@work.example", "+441234567890", "en")
    assert ann.attributes == {"plan": "plan 1"}
    assert (ann.last_score, ann.previous_score, ann.answer_count) == (9, 8, 4)
    for model, number in ((Response, 4), (Invitation, 4), (SendKey, 2), (Case, 2), (Contact, 2)):
        assert model.objects.filter(customer=ann).count() == number, model
    assert CustomerEvent.objects.of(ann.pk).filter(name="order placed").count() == 2
    assert ConsentChange.objects.filter(customer=ann).count() == 4
    assert SegmentMember.objects.filter(customer=ann).count() == 2
    said = {(one.channel, one.purpose): one.allowed for one in Consent.objects.of(ann.pk)}
    assert said == {("email", "marketing"): False, ("email", "surveys"): False}
    # The address that shows no more still leads here, and stays stopped.
    keys = set(CustomerKey.objects.filter(customer=ann).values_list("kind", "value"))
    assert keys == {("external", "K-0"), ("external", "K-1"), ("email", "ann@home.example")}
    assert Suppression.objects.exists()
    assert not Customer.objects.present().filter(pk=home.pk).exists()
    assert [entry.details["did"] for entry in AuditEntry.objects.filter(action="customer.merge")] == [
        "merged"
    ]
    assert News.objects.filter(name="customer.merged", subject_id=ann.pk).exists()


def test_the_data_map_knows_every_row_that_is_a_customers() -> None:
    """A new table with a customer in it moves too, or this fails."""
    told = {label for label, about in whole_map().items() if about.person == "customer_id"}
    held = {
        model._meta.label
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.attname == "customer_id"
    }
    assert told == held


def test_what_came_in_since_stays_with_the_survivor(in_acme: Organization, mona_acts: Actor) -> None:
    work, home = two_records()
    asked = InvitationFactory(distribution=DistributionFactory(), customer=home)
    done = merging.merge(work, home, by=mona_acts)
    answer = respond(asked, 10, "better now")
    assert answer.customer_id == work.pk
    timeline.append(work, "order placed")
    Customer.objects.filter(pk=work.pk).update(name="Ann O.", stage="loyal")
    unmerging.undo(done, by=mona_acts)
    ann, back = Customer.objects.get(pk=work.pk), Customer.objects.get(pk=home.pk)
    assert (ann.name, ann.stage, ann.phone) == ("Ann O.", "loyal", "")
    assert (ann.last_score, ann.previous_score, ann.answer_count) == (10, 8, 3)
    assert (back.last_score, back.previous_score, back.answer_count) == (9, 4, 2)
    answer.refresh_from_db()
    assert answer.customer_id == ann.pk
    assert Invitation.objects.get(pk=asked.pk).customer_id == back.pk
    assert not back.is_deleted


def late_answer(asked: Invitation, home: Customer, score: int, **more: Any) -> Response:
    """As an answer leaves it whose statement read customer and invitation before the merge, and wrote after it."""
    gone = Customer.objects.get(pk=home.pk).deleted_at
    Invitation.objects.filter(pk=asked.pk).update(customer=home)
    Customer.objects.filter(pk=home.pk).update(deleted_at=None)
    answer = respond(asked, score, "late", **more)
    Customer.objects.filter(pk=home.pk).update(deleted_at=gone)
    return answer


def test_an_answer_written_while_its_customer_was_merged_follows_them(
    in_acme: Organization, mona_acts: Actor
) -> None:
    work, home = two_records()
    before = everything()
    asked = InvitationFactory(distribution=DistributionFactory(), customer=home)
    done = merging.merge(work, home, by=mona_acts)
    answer = late_answer(asked, home, 2)
    assert (answer.customer_id, Customer.objects.get(pk=work.pk).last_score) == (home.pk, 9)
    for _twice in range(2):
        gathering.gather_late(News.objects.get(name="customer.merged"))
        ann = Customer.objects.get(pk=work.pk)
        assert Response.objects.get(pk=answer.pk).customer_id == ann.pk
        assert (ann.last_score, ann.last_category, ann.last_response_id) == (2, "detractor", answer.pk)
        assert (ann.previous_score, ann.previous_category, ann.answer_count) == (9, "promoter", 5)
    # It was the other's: undoing gives it back, with what it says of them.
    unmerging.undo(done, by=mona_acts)
    ann, back = Customer.objects.get(pk=work.pk), Customer.objects.get(pk=home.pk)
    assert (ann.last_score, ann.previous_score, ann.answer_count) == (8, 3, 2)
    assert (back.last_score, back.previous_score, back.answer_count) == (2, 9, 3)
    after = everything()["segments.Customer"]
    assert [row for row in before["segments.Customer"] if row["id"] == ann.pk] == [
        row for row in after if row["id"] == ann.pk
    ]
    # The news of a merge that was undone meanwhile moves nothing.
    gathering.gather_late(News.objects.get(name="customer.merged"))
    assert Response.objects.get(pk=answer.pk).customer_id == back.pk


def test_a_late_answer_older_than_one_given_since_the_merge_is_counted_and_not_the_latest(
    in_acme: Organization, mona_acts: Actor
) -> None:
    work, home = two_records()
    asked, again = (
        InvitationFactory(distribution=DistributionFactory(), customer=each) for each in (home, work)
    )
    done = merging.merge(work, home, by=mona_acts)
    respond(again, 10, "better now", at=timezone.now() + timedelta(minutes=1))
    late_answer(asked, home, 2)
    gathering.gather_late(News.objects.get(name="customer.merged"))
    ann = Customer.objects.get(pk=work.pk)
    assert (ann.last_score, ann.previous_score, ann.answer_count) == (10, 2, 6)
    unmerging.undo(done, by=mona_acts)
    ann, back = Customer.objects.get(pk=work.pk), Customer.objects.get(pk=home.pk)
    assert (ann.last_score, ann.previous_score, ann.answer_count) == (10, 8, 3)
    assert back.answer_count == 3


def test_the_way_back_is_open_for_thirty_days_exactly(in_acme: Organization, mona_acts: Actor) -> None:
    work, home = two_records()
    at = timezone.now()
    done = merging.merge(work, home, by=mona_acts, at=at)
    with pytest.raises(merging.NotMerged):
        unmerging.undo(done, by=mona_acts, at=at + timedelta(days=30))
    unmerging.undo(done, by=mona_acts, at=at + timedelta(days=30, microseconds=-1))
    assert Customer.objects.present().filter(pk=home.pk).exists()
    done = merging.merge(work, home, by=mona_acts, at=at)
    assert closing_merges.close_due(at=at + timedelta(days=30, microseconds=-1)) == 0
    tidy(at=at + timedelta(days=30))
    assert not Customer.objects.filter(pk=home.pk).exists()
    done.refresh_from_db()
    assert done.closed_at is not None and (done.moved, done.written, done.facts) == ({}, [], {})
    assert Response.objects.filter(customer=work).count() == 4
    with pytest.raises(merging.NotMerged):
        unmerging.undo(done, by=mona_acts)


def test_a_link_from_before_leads_to_the_person(
    in_acme: Organization, mona_acts: Actor, client: Client
) -> None:
    work, home = two_records()
    link = reverse("choices", args=[tokens.derive(leaving.CHOICES, in_acme.pk, home.pk)])
    done = merging.merge(work, home, by=mona_acts)
    tidy(at=done.undo_until)
    assert following.standing_for(home.pk) == work
    # Also by way of a third record.
    third = CustomerFactory(name="A. Okafor")
    merging.merge(third, Customer.objects.get(pk=work.pk), by=mona_acts)
    assert following.standing_for(home.pk) == third
    assert client.get(link).status_code == 200


def test_merges_in_a_row_are_taken_back_in_any_order(in_acme: Organization, mona_acts: Actor) -> None:
    work, home = two_records()
    third = CustomerFactory(name="A. Okafor", email="a@third.example", stage="new")
    before = everything()
    first = merging.merge(work, home, by=mona_acts)
    second = merging.merge(Customer.objects.get(pk=work.pk), third, by=mona_acts)
    unmerging.undo(first, by=mona_acts)
    unmerging.undo(second, by=mona_acts)
    after = everything()
    for label, rows in before.items():
        assert after[label] == rows, label
    # One that went up in another is first brought back itself.
    first = merging.merge(work, home, by=mona_acts)
    merging.merge(third, Customer.objects.get(pk=work.pk), by=mona_acts)
    with pytest.raises(merging.NotMerged):
        unmerging.undo(first, by=mona_acts)


def test_erasing_the_person_erases_the_record_that_was_merged(
    in_acme: Organization, mona_acts: Actor, acme_system: Actor
) -> None:
    work, home = two_records()
    merging.merge(work, home, by=mona_acts, choose={"email": "kept"})
    erase(Customer.objects.get(pk=work.pk), by=acme_system)
    assert not Customer.objects.filter(pk__in=[work.pk, home.pk]).exists()
    assert not Merge.objects.exists()
    hashed = contacting.address_hash(in_acme, "ann@home.example")
    assert Suppression.objects.filter(address_hash=hashed, reason="erased").exists()


def test_what_cannot_be_one_person_is_refused(
    in_acme: Organization, mona_acts: Actor, mona: Membership, agnes: Membership
) -> None:
    work, home = CustomerFactory(), CustomerFactory()
    demo = CustomerFactory(mode="demo")
    for one, other, choose in (
        (work, work, {}), (work, demo, {}), (work, home, {"shoe": "kept"}), (work, home, {"email": "both"}),
    ):  # fmt: skip
        with pytest.raises(merging.NotMerged):
            merging.merge(one, other, by=mona_acts, choose=choose)
    with pytest.raises(NotAllowed):
        merging.merge(work, home, by=member_actor(agnes))
    with pytest.raises(Stale):
        merging.merge(work, home, by=mona_acts, expected=(work.revision, home.revision + 1))
    assert not Merge.objects.exists()


def test_duplicates_are_found_by_address_phone_and_name_at_a_company(
    in_acme: Organization, mona_acts: Actor, acme_units: Any
) -> None:
    company = CompanyFactory(name="Borg")
    CustomerFactory(name="Ann", email="ann@one.example")
    CustomerFactory(name="A.", email="ANN@one.example")
    CustomerFactory(name="Bob", phone="+441234567890")
    CustomerFactory(name="B.", phone="+441234567890")
    CustomerFactory(name="Cy Dee", company=company)
    CustomerFactory(name="cy dee", company=company, unit=acme_units.leeds)
    CustomerFactory(name="Cy Dee")
    CustomerFactory(name="Ann", email="ann@one.example", mode="demo")
    found = {group.reason: [one.name for one in group.customers] for group in matching.groups(mona_acts)}
    assert found == {"email": ["Ann", "A."], "phone": ["Bob", "B."], "name": ["Cy Dee", "cy dee"]}


def test_a_manager_finds_compares_merges_and_undoes(
    acme: Organization, mona: Membership, vera: Membership, agnes: Membership, as_: LogIn
) -> None:
    browser = as_(mona)
    assert "No duplicates found." in browser.get("/o/acme/customers/duplicates/").content.decode()
    with acting_for(acme):
        one = CustomerFactory(name="Ann Okafor", email="ann@one.example", stage="new")
        two = CustomerFactory(
            name="A. Okafor", email="ann@one.example", phone="+441234567890", external_id="K-2"
        )
    body = browser.get("/o/acme/customers/duplicates/").content.decode()
    compare = f"/o/acme/customers/{one.pk}/merge/{two.pk}/"
    assert "Same address" in body and compare in body
    body = browser.get(compare).content.decode()
    assert "A. Okafor" in body and "keys: 1" in body
    sent = {"kept": one.revision, "other": two.revision, "name": "other", "phone": "other"}
    assert browser.post(compare, {**sent, "kept": 7}).status_code == 409
    assert browser.post(compare, {**sent, "name": "nobody"}).status_code == 422
    done = browser.post(compare, sent, follow=True)
    page = done.content.decode()
    assert "A. Okafor" in page and "Make two records again" in page and "Mona Lund merged" in page
    assert browser.get(f"/o/acme/customers/{two.pk}/").status_code == 404
    with acting_for(acme):
        merge = Merge.objects.get()
    undo = f"/o/acme/customers/merges/{merge.pk}/undo/"
    for member in (vera, agnes):
        assert as_(member).post(undo).status_code == 403
        assert as_(member).get(compare).status_code == 403
    assert undo in browser.get("/o/acme/customers/duplicates/").content.decode()
    page = browser.post(undo, follow=True).content.decode()
    assert "Ann Okafor" in page and "Make two records again" not in page
    assert browser.get(f"/o/acme/customers/{two.pk}/").status_code == 200
    told = as_(mona).get("/o/acme/customers/").content.decode()
    assert "Duplicates" in told


def test_a_manager_of_a_branch_merges_within_it_only(acme: Organization, acme_units: Any, as_: LogIn) -> None:
    from accounts.models import Role
    from tests.factories.accounts import member

    with acting_for(acme):
        nora = member(acme, "Nora North", Role.MANAGER, acme_units.north)
        mine = [CustomerFactory(email="a@b.example", unit=acme_units.leeds) for _ in range(2)]
        theirs = CustomerFactory(email="a@b.example", unit=acme_units.dover)
        done = merging.merge(theirs, mine[1], by=Actor("system", acme))
    browser = as_(nora)
    assert browser.get(f"/o/acme/customers/{mine[0].pk}/merge/{theirs.pk}/").status_code == 404
    assert browser.post(f"/o/acme/customers/merges/{done.pk}/undo/").status_code == 404
    with acting_for(acme):
        unmerging.undo(done, by=Actor("system", acme))
    body = browser.get("/o/acme/customers/duplicates/").content.decode()
    assert f"/customers/{mine[1].pk}/" in body and f"/customers/{theirs.pk}/" not in body


@pytest.mark.row("B8", "merge duplicates (reversible for 30 days)")
def test_a_pair_of_two_people_is_remembered_and_taken_back(
    acme: Organization, mona: Membership, vera: Membership, as_: LogIn, api: Any
) -> None:
    browser = as_(mona)
    with acting_for(acme):
        ann, bob = (CustomerFactory(name=name, email="home@one.example") for name in ("Ann", "Bob"))
    list_page = "/o/acme/customers/duplicates/"
    apart = f"/o/acme/customers/{ann.pk}/apart/{bob.pk}/"
    assert apart in browser.get(list_page).content.decode()
    assert as_(vera).post(apart).status_code == 403
    page = browser.post(apart, follow=True).content.decode()
    assert "No duplicates found." in page and "Two people, somebody said" in page
    assert browser.post(f"/o/acme/customers/{bob.pk}/apart/{ann.pk}/", follow=True).status_code == 200
    with acting_for(acme):
        told = Distinction.objects.get()
        cyd = CustomerFactory(name="Cyd", email="home@one.example")
    # A third record is compared with both; the pair stays settled.
    page = browser.get(list_page).content.decode()
    assert f"/customers/{ann.pk}/merge/{cyd.pk}/" in page and apart not in page and "somebody else" in page
    browser.post(f"/o/acme/customers/{ann.pk}/apart/{cyd.pk}/")
    page = browser.get(list_page).content.decode()
    assert f"/customers/{bob.pk}/merge/{cyd.pk}/" in page
    browser.post(f"/o/acme/customers/distinctions/{told.pk}/undo/")
    assert apart in browser.get(list_page).content.decode()
    # And over REST.
    key = api(acme)
    ids = [opaque.encode("customer", each.pk) for each in (ann, bob, cyd)]
    assert key.post("/api/v1/distinctions", {"first": ids[0], "second": ids[0]}).status_code in (400, 422)
    for first, second in ((ids[1], ids[0]), (ids[1], ids[2])):
        made = key.post("/api/v1/distinctions", {"first": first, "second": second})
        assert made.status_code == 201
    assert key.get("/api/v1/duplicates").json()["groups"] == []
    assert made.json() in key.get("/api/v1/distinctions").json()["items"]
    assert api(acme, "customers:read").delete(f"/api/v1/distinctions/{made.json()['id']}").status_code == 403
    assert key.delete(f"/api/v1/distinctions/{made.json()['id']}").status_code == 204
    assert len(key.get("/api/v1/duplicates").json()["groups"]) == 1
    with acting_for(acme):
        dids = [entry.details["did"] for entry in AuditEntry.objects.filter(action="customer.merge")]
        assert set(dids) == {"told_apart", "told_together"}


def test_over_rest_it_is_the_same_verb(acme: Organization, globex: Organization, api: Any) -> None:
    with acting_for(acme):
        one = CustomerFactory(name="Ann Okafor", email="ann@one.example")
        two = CustomerFactory(name="A. Okafor", email="ann@one.example")
    with acting_for(globex):
        foreign = opaque.encode("customer", CustomerFactory().pk)
    ids = [opaque.encode("customer", each.pk) for each in (one, two)]
    key = api(acme)
    groups = key.get("/api/v1/duplicates").json()["groups"]
    assert [(each["reason"], [who["id"] for who in each["customers"]]) for each in groups] == [("email", ids)]
    wrong = key.post("/api/v1/merges", {"survivor": ids[0], "absorbed": foreign})
    assert wrong.status_code == 422 or wrong.status_code == 400
    refused = key.post("/api/v1/merges", {"survivor": ids[0], "absorbed": ids[0]})
    assert refused.status_code == wrong.status_code
    stale = key.post("/api/v1/merges", {"survivor": ids[0], "absorbed": ids[1], "survivor_revision": 9})
    assert stale.status_code == 409
    made = key.post("/api/v1/merges", {"survivor": ids[0], "absorbed": ids[1], "choose": {"name": "other"}})
    assert made.status_code == 201 and made.json()["absorbed"] == ids[1]
    assert key.get(f"/api/v1/customers/{ids[0]}").json()["name"] == "A. Okafor"
    assert key.get(f"/api/v1/customers/{ids[1]}").status_code == 404
    path = f"/api/v1/merges/{made.json()['id']}"
    assert key.get("/api/v1/merges").json()["items"] == [key.get(path).json()]
    assert api(acme, "customers:read").delete(path).status_code == 403
    assert key.delete(path).status_code == 204
    assert key.get(f"/api/v1/customers/{ids[0]}").json()["name"] == "Ann Okafor"
    assert key.get(f"/api/v1/customers/{ids[1]}").status_code == 200
