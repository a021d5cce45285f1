"""Declaring attributes: in the settings, safely, with what customers have already."""

import pytest

from accounts.models import Deletion
from accounts.tenancy.context import acting_for
from segments.customers import upsert
from segments.models import Attribute, Segment

HERE = "/o/acme/settings/attributes/"


@pytest.mark.row(
    "B1",
    "customer records with attributes the business declares (text, number, money, date, yes/no, choice, list)",
)
@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        ("text", "blue", "blue"), ("number", 3, 3), ("money", 12.5, 12.5), ("date", "2026-01-31", "2026-01-31"),
        ("yes_no", True, True), ("choice", "a", "a"), ("list", ["a", "b"], ["a", "b"]),
    ],
)  # fmt: skip
def test_an_admin_declares_an_attribute_and_a_customer_has_it(acme, adam, as_, kind, given, kept):
    told = as_(adam).post(HERE, {"label": "My fact", "kind": kind, "choices": "a\nb"})
    assert told.status_code == 302, told.content.decode()
    with acting_for(acme):
        assert Attribute.objects.get().key == "my_fact"
        customer, _created = upsert(external_id="A-1", attributes={"my_fact": given})
        assert customer.attributes == {"my_fact": kept}


def test_a_manager_sees_attributes_and_declares_none(acme, mona, as_):
    assert as_(mona).get(HERE).status_code == 200
    assert as_(mona).post(HERE, {"label": "X", "kind": "text"}).status_code == 403


def test_the_same_key_twice_is_refused_with_the_text_kept(acme, adam, as_):
    client = as_(adam)
    client.post(HERE, {"label": "Plan", "kind": "text"})
    told = client.post(HERE, {"label": "plan", "kind": "number"})
    assert told.status_code == 422
    assert 'value="plan"' in told.content.decode()


def test_the_kind_stays_once_customers_have_a_value_and_the_label_may_change(acme, adam, as_):
    client = as_(adam)
    client.post(HERE, {"label": "Plan", "kind": "choice", "choices": "free\nteam"})
    with acting_for(acme):
        attribute = Attribute.objects.get()
        upsert(external_id="A-1", attributes={"plan": "team"})
    page = f"{HERE}{attribute.pk}/"
    form = {"label": "Our plan", "kind": "number", "choices": "", "revision": 1}
    assert client.post(page, form).status_code == 422
    assert client.post(page, {**form, "kind": "choice", "choices": "free"}).status_code == 422
    assert client.post(page, {**form, "kind": "choice", "choices": "free\nteam\nfirm"}).status_code == 302
    stale = client.post(page, {**form, "kind": "choice", "choices": "free\nteam"})
    assert (stale.status_code, "Our plan" in stale.content.decode()) == (409, True)


def test_an_attribute_that_a_segment_asks_for_stays_and_another_comes_back(acme, adam, as_):
    client = as_(adam)
    client.post(HERE, {"label": "Plan", "kind": "text"})
    client.post(HERE, {"label": "Shoe size", "kind": "number"})
    with acting_for(acme):
        plan, shoes = Attribute.objects.get(key="plan"), Attribute.objects.get(key="shoe_size")
        Segment.objects.create(
            name="S", rule={"all": [{"field": "attribute.plan", "operator": "is", "value": "x"}]}
        )
    client.post(f"{HERE}{plan.pk}/deletion/")
    client.post(f"{HERE}{shoes.pk}/deletion/")
    with acting_for(acme):
        assert [attribute.key for attribute in Attribute.objects.present()] == ["plan"]
        deletion = Deletion.objects.get().pk
    client.post(f"{HERE}deletions/{deletion}/undo/")
    with acting_for(acme):
        assert Attribute.objects.present().count() == 2


@pytest.mark.row("B1", "companies")
def test_companies_come_with_their_people(acme, mona, as_):
    with acting_for(acme):
        customer, _created = upsert(external_id="A-1", name="Ann Okafor", company="Haas Bakeries")
    client = as_(mona)
    assert "Haas Bakeries" in client.get("/o/acme/companies/").content.decode()
    told = client.get(f"/o/acme/companies/{customer.company_id}/").content.decode()
    assert "Ann Okafor" in told
    assert "No company fits this search." in client.get("/o/acme/companies/?q=zzz").content.decode()
