"""The data map is whole, and by it a person is exported and erased."""

from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from accounts.models import Organization
from accounts.personal_data import About, Tag, erase, gather, whole_map
from accounts.tenancy.context import acting_for
from segments.models import Customer
from tests.factories.segments import CompanyFactory, CustomerEventFactory, CustomerFactory
from tests.factories.surveys import DistributionFactory, InvitationFactory, respond

APPS = ("accounts", "segments", "surveys", "outreach")
MODELS = [model for app in APPS for model in apps.get_app_config(app).get_models()]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_field_is_tagged(model: Any) -> None:
    about = whole_map().get(model._meta.label)
    assert about is not None, f"{model._meta.app_label}/data_map.py does not know {model.__name__}"
    fields = {field.name for field in model._meta.local_fields}
    assert fields - set(about.tags) == set(), "untagged"
    assert set(about.tags) - fields == set(), "tagged and not there"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_what_is_personal_leads_to_its_person(model: Any) -> None:
    about = whole_map()[model._meta.label]
    if about.personal:
        assert about.person, "whose is it? say `person`, or `member` if it is nobody's that we serve"
    if about.person:
        # "survivor_id" of a merge is the one that is not called after whom it leads to.
        led_to = {field.attname: field.related_model for field in model._meta.concrete_fields}
        assert "customer" in about.person or Customer in (model, led_to.get(about.person))


def test_the_map_knows_no_model_that_is_gone() -> None:
    assert set(whole_map()) == {model._meta.label for model in MODELS}


def test_a_field_tagged_twice_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured):
        About(personal="name", none="name").tags  # noqa: B018
    assert About(personal="a", member="b", tenant="c", none="d").tags == {
        "a": Tag.PERSONAL,
        "b": Tag.PERSONAL,
        "c": Tag.TENANT,
        "d": Tag.NONE,
    }


CANARIES = [f"canary{number:02}" for number in range(12)]


def a_person_with_canaries(organization: Organization) -> Any:
    customer = CustomerFactory(
        name=f"{CANARIES[0]} {CANARIES[1]}",
        first_name=CANARIES[0],
        email=f"{CANARIES[2]}@customers.example",
        external_id=CANARIES[3],
        attributes={"plan": CANARIES[4]},
        stage=CANARIES[5],
        company=CompanyFactory(name="A firm is no person"),
    )
    CustomerEventFactory(customer_id=customer.pk, name="note", properties={"text": CANARIES[6]})
    invitation = InvitationFactory(distribution=DistributionFactory(), customer=customer)
    respond(invitation, 3, CANARIES[7])
    respond(invitation, 4, CANARIES[8])
    return customer


def found_in_the_database() -> set[str]:
    """Which canaries stand in any column of any table that the app can read."""
    found = set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"
            " AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND has_table_privilege(c.oid, 'SELECT')"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" AS t')
            text = "\n".join(row[0] or "" for row in cursor.fetchall())
            found |= {canary for canary in CANARIES if canary in text}
    return found


@pytest.mark.django_db
def test_a_canary_person_is_gone_after_erasure_and_the_score_stays(in_acme: Organization) -> None:
    from surveys.models import Response

    customer = a_person_with_canaries(in_acme)
    assert found_in_the_database() == set(CANARIES[:9])
    told = str(gather(customer.pk))
    assert [canary for canary in CANARIES[:9] if canary not in told] == []
    other = CustomerFactory(name="somebody else")
    erase(customer.pk)
    assert found_in_the_database() == set()
    assert gather(customer.pk) == {}
    assert list(Response.objects.values_list("score", "customer")) == [(4, None)]
    other.refresh_from_db()
    assert other.name == "somebody else"


@pytest.mark.django_db
def test_nobody_is_erased_or_exported_across_organizations(acme: Organization, globex: Organization) -> None:
    with acting_for(acme):
        customer = a_person_with_canaries(acme)
    with acting_for(globex):
        assert gather(customer.pk) == {} and erase(customer.pk) == {}
    with acting_for(acme):
        assert found_in_the_database() == set(CANARIES[:9])
