"""Rows of segments for tests, made inside `acting_for(organization)`."""

from typing import Any

import factory
from django.utils import timezone

from segments.models import (
    Attribute,
    AttributeKind,
    Company,
    Consent,
    Contact,
    Customer,
    CustomerEvent,
    CustomerKey,
    Segment,
)


class CompanyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Company

    name = factory.Sequence(lambda number: f"Company {number}")


class CustomerFactory(factory.django.DjangoModelFactory):
    """A live customer with an address; `external_id="c-1"` gives them a key."""

    class Meta:
        model = Customer
        skip_postgeneration_save = True

    name = factory.Sequence(lambda number: f"Customer {number}")
    first_name = factory.LazyAttribute(lambda customer: customer.name.split()[0])
    email = factory.Sequence(lambda number: f"customer{number}@customers.example")

    @factory.post_generation
    def external_id(customer: Customer, create: bool, value: str | None, **_: Any) -> None:
        if create and value:
            CustomerKey.objects.create(customer=customer, kind="external", value=value)


class AttributeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Attribute

    key = factory.Sequence(lambda number: f"attribute_{number}")
    label = factory.LazyAttribute(lambda attribute: attribute.key.replace("_", " ").capitalize())
    kind = AttributeKind.TEXT


class CustomerEventFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CustomerEvent

    name = "order placed"
    at = factory.LazyFunction(timezone.now)


class ConsentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Consent

    channel = "email"
    purpose = "marketing"
    allowed = True
    source = "test"
    at = factory.LazyFunction(timezone.now)


class ContactFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Contact

    channel = "email"
    purpose = "surveys"
    at = factory.LazyFunction(timezone.now)


class SegmentFactory(factory.django.DjangoModelFactory):
    """By default everybody; `rule={...}` for somebody."""

    class Meta:
        model = Segment

    name = factory.Sequence(lambda number: f"Segment {number}")
    rule = factory.LazyFunction(lambda: {"all": []})


def scored(score: int, **facts: Any) -> Customer:
    """A customer whose last answer is `score`."""
    from segments.customers import note_answer

    customer = CustomerFactory(**facts)
    note_answer(customer.pk, score, timezone.now(), "email", "after purchase")
    customer.refresh_from_db()
    return customer
