"""Companies in B2B: the score over their people, who was asked, roles, the account owner, revenue and renewal."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import opaque
from accounts.acting import member_actor, system_actor
from accounts.models import AuditEntry, Membership, News, Organization, Stale
from accounts.tenancy.context import acting_for
from segments import importing, keeping_companies, timeline
from segments.models import AttributeChange, Company, Customer, ImportRowError
from segments.standing import standing_of
from surveys import nps
from tests.cast import Branches
from tests.factories.segments import CompanyFactory, CustomerFactory
from tests.factories.surveys import DistributionFactory, InvitationFactory, published, respond

TODAY = timezone.localdate()


@pytest.fixture
def quarry(acme: Organization, mona: Membership) -> Company:
    """A company of five: one promoter who was a detractor before, a passive, a silent one, and two never asked."""
    with acting_for(acme):
        company: Company = CompanyFactory(
            name="Quarry & Sons", owner=mona, revenue=Decimal(48_000), currency="GBP",
            renewal_date=TODAY + timedelta(days=20),
        )  # fmt: skip
        ann, ben, cleo, *_others = (
            CustomerFactory(name=name, company=company) for name in ("Ann", "Ben", "Cleo", "Dirk", "Eve")
        )
        survey = published()
        for score in (2, 10):
            asking = DistributionFactory(survey=survey)
            respond(InvitationFactory(distribution=asking, customer=ann), score)
        respond(InvitationFactory(distribution=asking, customer=ben), 7)
        InvitationFactory(distribution=asking, customer=cleo)
        respond(InvitationFactory(distribution=asking, customer=CustomerFactory(name="Elsewhere")), 0)
    return company


def page_of(client: Client, company: Company) -> str:
    return client.get(f"/o/acme/companies/{company.pk}/").content.decode()


@pytest.mark.row("B10", "score over contacts")
@pytest.mark.row("B10", "who was asked")
def test_the_last_answer_of_each_contact_counts_and_everybody_is_accounted_for(
    acme: Organization, quarry: Company, mona: Membership, as_: Callable[..., Client], api: Any
) -> None:
    with acting_for(acme):
        told = standing_of([quarry.pk], member_actor(mona))[quarry.pk]
    interval = nps.interval(nps.Counts(0, 1, 1))
    assert interval is not None and (told.n, told.score) == (2, 50)
    assert (told.low, told.high) == (interval.low * 100, interval.high * 100)
    assert (told.people, told.answered, told.silent, told.never) == (5, 2, 1, 2)
    page = page_of(as_(mona), quarry)
    assert "+50" in page and "n = 2" in page and "too few to judge" in page
    assert "The last answer of each contact counts, once." in page
    assert "5: 2 answered, 1 asked without an answer, 2 never asked" in page
    assert page.count('"muted">never asked</span>') == 2 and ", no answer" in page
    machine = api(acme, "customers:read", "responses:read")
    contacts = machine.get(f"/api/v1/companies/{opaque.encode('company', quarry.pk)}").json()["contacts"]
    assert (contacts["score"], contacts["n"], contacts["never_asked"]) == (50, 2, 2)
    listed = machine.get("/api/v1/companies").json()["items"]
    assert [one["contacts"] for one in listed] == [contacts]


def test_a_company_without_answers_has_no_score_and_not_zero(
    acme: Organization, mona: Membership, as_: Callable[..., Client]
) -> None:
    with acting_for(acme):
        company = CompanyFactory()
        CustomerFactory(company=company)
        CustomerFactory(company=company, mode="test", last_score=0, answer_count=1)
    page = page_of(as_(mona), company)
    assert "No answers yet, so there is no score. Not zero: none." in page


def test_who_may_not_read_answers_sees_no_score_of_a_few_nor_of_one_contact(
    acme: Organization, quarry: Company, vera: Membership, as_: Callable[..., Client], api: Any
) -> None:
    page = page_of(as_(vera), quarry)
    assert "Hidden: too few to protect people." in page and "score--promoter" not in page
    assert "Correct" not in page
    listed = as_(vera).get("/o/acme/companies/?sort=score").content.decode()
    assert "to protect people" in listed and "sort=score" not in listed.split("<main", 1)[1]
    path = f"/api/v1/companies/{opaque.encode('company', quarry.pk)}"
    hidden = api(acme, "customers:read").get(path).json()["contacts"]
    assert hidden["hidden"] and hidden["score"] is None and hidden["n"] == 0


def test_what_is_hidden_cannot_be_subtracted(acme: Organization, quarry: Company, vera: Membership) -> None:
    with acting_for(acme):
        large, larger = CompanyFactory(), CompanyFactory()
        for company, number in ((large, 12), (larger, 15)):
            for _each in range(number):
                CustomerFactory(company=company, last_score=9, last_category="promoter", answer_count=1)
        told = standing_of([quarry.pk, large.pk, larger.pk], member_actor(vera))
    assert [told[one.pk].hidden for one in (quarry, large, larger)] == [True, True, False]


@pytest.mark.row("B10", "roles (decides, uses, pays)")
def test_roles_are_chosen_beside_the_name_and_several_are_one_persons(
    acme: Organization, quarry: Company, mona: Membership, as_: Callable[..., Client], api: Any
) -> None:
    with acting_for(acme):
        ann = Customer.objects.get(name="Ann")
    path = f"/o/acme/companies/{quarry.pk}/contacts/{ann.pk}/roles/"
    answer = as_(mona).post(path, {"roles": ["pays", "decides"]}, follow=True)
    assert "Ann: decides, pays." in answer.content.decode()
    with acting_for(acme):
        ann.refresh_from_db()
        assert ann.roles == "decides pays"
        change = AttributeChange.objects.get(customer_id=ann.pk, key=".roles")
        assert (change.old, change.new, change.source) == (None, "decides pays", "page")
        entry = AuditEntry.objects.latest("id")
        assert (entry.action, entry.details["did"]) == ("customer.edit", "roles")
    only = as_(mona).get(f"/o/acme/companies/{quarry.pk}/?role=pays").content.decode()
    assert "Ann" in only and "Ben" not in only
    assert "decides, pays" in as_(mona).get(f"/o/acme/customers/{ann.pk}/").content.decode()
    machine = api(acme, "customers:write", "customers:read")
    him = opaque.encode("customer", ann.pk)
    changed = machine.patch(f"/api/v1/customers/{him}", json.dumps({"roles": ["uses"]})).json()
    assert changed["roles"] == ["uses"]
    assert machine.patch(f"/api/v1/customers/{him}", json.dumps({"roles": ["owns"]})).status_code == 400
    assert machine.patch(f"/api/v1/customers/{him}", json.dumps({"roles": []})).json()["roles"] == []
    company = opaque.encode("company", quarry.pk)
    assert len(machine.get(f"/api/v1/customers?company={company}").json()["items"]) == 5
    made = machine.post(
        "/api/v1/customers", {"external_id": "f", "company": "Quarry & Sons", "roles": ["pays"]}
    )
    assert made.json()["roles"] == ["pays"]


@pytest.mark.row("B10", "account owner")
@pytest.mark.row("B10", "revenue")
@pytest.mark.row("B10", "renewal date")
def test_the_facts_of_the_account_are_kept_shown_sorted_and_searched(
    acme: Organization, quarry: Company, mona: Membership, alice: Membership, as_: Callable[..., Client]
) -> None:
    with acting_for(acme):
        CompanyFactory(name="Small", revenue=100, currency="GBP", renewal_date=TODAY + timedelta(days=80))
        CompanyFactory(name="Unknown")
        timeline.append(Customer.objects.get(name="Ben"), "order placed", amount=30, currency="GBP")
    page = page_of(as_(mona), quarry)
    assert "48,000 GBP" in page and "Mona Lund" in page and "in 20 days" in page and "30 GBP" in page
    form = as_(mona).get(f"/o/acme/companies/{quarry.pk}/correct/").content.decode()
    assert 'value="48000"' in form
    facts = {
        "name": "Quarry",
        "owner": alice.pk,
        "revenue": "52.000,50",
        "renewal_date": "2027-03-01",
        "revision": 1,
    }
    answer = as_(mona).post(f"/o/acme/companies/{quarry.pk}/correct/", facts)
    assert answer.status_code == 302
    with acting_for(acme):
        quarry.refresh_from_db()
        assert (quarry.owner_id, quarry.revenue, quarry.currency) == (alice.pk, Decimal("52000.5"), "GBP")
        assert News.objects.filter(name="company.saved", subject_id=quarry.pk).exists()
    stale = as_(mona).post(f"/o/acme/companies/{quarry.pk}/correct/", {**facts, "revenue": "1"})
    assert stale.status_code == 409 and "Your text is still here" in stale.content.decode()
    wrong = as_(mona).post(
        f"/o/acme/companies/{quarry.pk}/correct/", {**facts, "revenue": "-1", "revision": 2}
    )
    assert wrong.status_code == 422 and "Expected an amount of 0 or more." in wrong.content.decode()

    def names(query: str) -> list[str]:
        listed = as_(mona).get(f"/o/acme/companies/?{query}").content.decode()
        return [part.split("</a>")[0].split(">")[-1] for part in listed.split("<tbody>")[1].split("<tr>")[1:]]

    assert names("sort=-revenue") == ["Quarry", "Small", "Unknown"]
    assert names("sort=revenue") == ["Small", "Quarry", "Unknown"]
    assert names("sort=-people")[0] == "Quarry" and names("sort=score")[0] == "Quarry"
    assert names("sort=renewal&renews=90") == ["Small"]
    assert names(f"owner={alice.pk}") == ["Quarry"] and names("owner=nobody") == ["Small", "Unknown"]
    assert names("q=mal") == ["Small"] and names("sort=owner") == ["Quarry", "Small", "Unknown"]


def test_a_program_brings_companies_and_is_told_when_it_is_late(
    acme: Organization, mona: Membership, api: Any, globex: Organization, cyd: Membership
) -> None:
    machine = api(acme, "customers:write", "customers:read")
    facts = {
        "external_id": "Q1", "name": "Quarry", "revenue": "1200.5", "renewal_date": "2027-01-31",
        "owner": opaque.encode("member", mona.pk), "industry": "Stone",
    }  # fmt: skip
    made = machine.post("/api/v1/companies", facts)
    assert made.status_code == 201 and made.json()["currency"] == "GBP"
    again = machine.post("/api/v1/companies", {"external_id": "Q1", "revenue": None})
    assert again.status_code == 200 and again.json()["revenue"] is None and again.json()["currency"] == ""
    assert again.json()["industry"] == "Stone" and again.json()["revision"] == 2
    path = f"/api/v1/companies/{made.json()['id']}"
    late = machine.patch(path, json.dumps({"industry": "Slate", "revision": 1}))
    assert late.status_code == 409
    foreign = machine.patch(path, json.dumps({"owner": opaque.encode("member", cyd.pk)}))
    assert foreign.status_code == 400 and "owner" in foreign.content.decode()
    assert machine.post("/api/v1/companies", {"industry": "x"}).status_code == 400
    named = machine.post("/api/v1/companies", {"name": "Quarry", "domain": "quarry.example"})
    assert named.json()["id"] == made.json()["id"]
    taken = machine.post("/api/v1/companies", {"name": "Other"}).json()["id"]
    refused = machine.patch(f"/api/v1/companies/{taken}", json.dumps({"external_id": "Q1"}))
    assert refused.status_code == 400 and "Another company has this id." in refused.content.decode()


def test_an_owner_sees_the_company_and_hands_it_over_when_they_leave(
    acme: Organization, acme_units: Branches, agnes: Membership, bert: Membership, mona: Membership
) -> None:
    with acting_for(acme):
        system = system_actor(acme)
        company = CompanyFactory()
        CustomerFactory(company=company, unit=acme_units.leeds)
        with pytest.raises(keeping_companies.NotKept):
            keeping_companies.change(company, {"owner": bert}, expected=1, by=system)
        company.refresh_from_db()
        keeping_companies.change(company, {"owner": agnes}, expected=1, by=system)
        with pytest.raises(Stale):
            keeping_companies.change(company, {"industry": "Stone"}, expected=1, by=system)
        assert keeping_companies.owned(agnes) == 1
        assert keeping_companies.hand_on(agnes, mona, by=system) == 1
        company.refresh_from_db()
        assert company.owner == mona
        keeping_companies.hand_on(mona, bert, by=system)
        company.refresh_from_db()
        assert company.owner is None
        assert list(keeping_companies.companies_of(member_actor(bert))) == []


def test_a_file_tells_of_companies_and_what_their_people_do(acme: Organization, mona: Membership) -> None:
    text = (
        "E-mail,Name,Company,Role,Account owner,Company revenue,Renewal date\n"
        'ann@q.example,Ann,Quarry,decides; pays,mona@acme.example,"48,000",2027-03-01\n'
        "ben@q.example,Ben,Quarry,uses,,,\n"
        "cleo@q.example,Cleo,Mill,,nobody@acme.example,,\n"
        "dirk@q.example,Dirk,Mill,owns,,,\n"
    )
    with acting_for(acme):
        actor = member_actor(mona)
        begun = importing.begin(text.encode(), name="people.csv", by=actor)
        proposed = [column.to for column in importing.columns_of(begun)]
        assert proposed[2:] == ["company", "roles", "company_owner", "company_revenue", "company_renewal"]
        importing.choose(begun, importing.columns_of(begun), by=actor)
        importing.start(begun, by=actor)
        while importing.step(begun):
            pass
        quarry = Company.objects.get(name="Quarry")
        assert (quarry.owner, quarry.revenue, quarry.currency) == (mona, 48_000, "GBP")
        assert str(quarry.renewal_date) == "2027-03-01"
        assert Customer.objects.get(name="Ann").roles == "decides pays"
        assert not Customer.objects.filter(name__in=["Cleo", "Dirk"]).exists()
        problems = " ".join(ImportRowError.objects.values_list("message", flat=True))
        assert "No member has the address" in problems and "is no role in a company" in problems


def test_without_a_company_a_role_and_a_renewal_are_attributes_of_the_person(
    acme: Organization, mona: Membership
) -> None:
    with acting_for(acme):
        begun = importing.begin(
            b"E-mail,Role,Renewal date\nann@q.example,decides,2027-03-01\n",
            name="p.csv",
            by=member_actor(mona),
        )
        columns = importing.columns_of(begun)
        assert [column.to for column in columns] == ["email", "new", "new"]
        alone = [columns[0], columns[1], replace(columns[2], to="company_renewal")]
        with pytest.raises(importing.NotMapped, match="Say which column names the company"):
            importing.choose(begun, alone, by=member_actor(mona))
