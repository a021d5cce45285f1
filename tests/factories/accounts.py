"""Rows of accounts for tests. Tenant rows are made inside `acting_for(organization)`."""

from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone

from accounts.models import ApiKey, Membership, Organization, Role, Unit, User


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    name = factory.Sequence(lambda number: f"Person {number}")
    email = factory.Sequence(lambda number: f"person{number}@example.com")
    password = factory.django.Password("a sentence is fine")


class OrganizationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Organization

    name = factory.Sequence(lambda number: f"Business {number}")
    slug = factory.Sequence(lambda number: f"business-{number}")
    time_zone = "Europe/London"
    currency = "GBP"
    postal_address = "1 Quay Street, Bristol BS1 4DJ"


class UnitFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Unit

    name = factory.Sequence(lambda number: f"Unit {number}")


class MembershipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    organization = factory.SubFactory(OrganizationFactory)
    role = Role.OWNER


def member(
    organization: Organization, name: str, role: str, unit: Unit | None = None, **facts: Any
) -> Membership:
    """A member whose address is their first name at the organization: alice@acme.example."""
    from allauth.account.models import EmailAddress

    user = UserFactory(name=name, email=f"{name.split()[0].lower()}@{organization.slug}.example", **facts)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return MembershipFactory(user=user, organization=organization, role=role, unit=unit)


def long_ago(days: int = 400) -> Any:
    return timezone.now() - timedelta(days=days)


__all__ = [
    "ApiKey",
    "MembershipFactory",
    "OrganizationFactory",
    "UnitFactory",
    "UserFactory",
    "long_ago",
    "member",
]
