"""What the addresses and fields of the product name: one builder per kind, one line per address that is unusual.

A new page needs nothing here if its address names its object in the usual way: `customers/<int:customer_id>/`,
`campaigns/<int:pk>/`, REST `customers/<str:id>` are customer, campaign, customer. Otherwise say it in PLACES,
and in FIELDS if a form calls a choice by another name than its kind.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.deleting import delete
from accounts.issuing_keys import issue_key
from accounts.models import MemberInvitation, StoredFile, Unit
from tests.factories.accounts import UnitFactory
from tests.factories.segments import CompanyFactory, CustomerFactory, SegmentFactory
from tests.tenancy.worlds import World

BUILDERS: dict[str, Callable[[World], Any]] = {}
# Kinds whose object lies in the branch North: members of the branch South must not see it.
IN_NORTH: set[str] = set()

# (the word before, name of the argument) -> kind, or (kind, what of it stands in the address)
PLACES: dict[tuple[str, str], str | tuple[str, Callable[[Any], Any]]] = {
    ("invitations", "invitation_id"): "member_invitation",
    ("member-invitations", "id"): "member_invitation",
    ("restore", "deletion_id"): "unit_deletion",
    ("keys", "key_id"): "apikey",
    ("keys", "id"): "apikey",
    ("files", "file_id"): "file",
    ("cases", "number"): ("case", lambda case: case.number),
}
# Arguments that name no object: a value that is always there.
PLAIN: dict[tuple[str, str], str] = {}
# Addresses by regular expression, which cannot be turned round: one example each.
EXAMPLES: dict[str, str] = {
    "account_confirm_email": "/confirm/nonsense/",
    "account_reset_password_from_key": "/password/new/1-nonsense/",
    "api_nothing": "/api/v1/nothing-here",
}
# Name of a form field or query parameter -> kind, where they differ; None: it names no object.
FIELDS: dict[str, str | None] = {
    "owner": "membership",
    "parent": "unit",
}
# Purpose of a token -> the kind of its object.
TOKENS: dict[str, str] = {"file": "public_file", "member-invitation": "member_invitation"}


def builds(
    kind: str, *, in_north: bool = False
) -> Callable[[Callable[[World], Any]], Callable[[World], Any]]:
    """`@builds("customer", in_north=True)`: how an organization's object of that kind is made, in its context."""

    def register(builder: Callable[[World], Any]) -> Callable[[World], Any]:
        BUILDERS[kind] = builder
        if in_north:
            IN_NORTH.add(kind)
        return builder

    return register


def generation(subject: Any) -> int:
    """The generation that the token of an object has now."""
    return int(getattr(subject, "generation", None) or getattr(subject, "token_generation", None) or 1)


# accounts


@builds("unit", in_north=True)
def unit(world: World) -> Unit:
    return UnitFactory(name="Leeds", parent=world.units["north"])


@builds("unit_deletion", in_north=True)
def unit_deletion(world: World) -> Any:
    gone = UnitFactory(name="York", parent=world.units["north"])
    return delete(gone, by=world.system)


@builds("member", in_north=True)
@builds("membership", in_north=True)
def membership(world: World) -> Any:
    return world.members["agent"]


@builds("member_invitation")
def member_invitation(world: World) -> MemberInvitation:
    return MemberInvitation.objects.create(
        email=f"new@{world.organization.slug}.example",
        role="viewer",
        invited_by=world.members["owner"].user,
        expires_at=timezone.now() + timedelta(days=7),
    )


@builds("apikey")
def apikey(world: World) -> Any:
    return issue_key(name="a key", scopes=["customers:read"], mode="live", by=world.system).key


@builds("file")
def file(world: World) -> StoredFile:
    return StoredFile.objects.create(
        key=f"{world.organization.pk}/missing",
        purpose=StoredFile.Purpose.values[0],
        content_type="text/csv",
        size=1,
    )


# segments


@builds("company")
def company(world: World) -> Any:
    return CompanyFactory()


@builds("customer", in_north=True)
def customer(world: World) -> Any:
    return CustomerFactory(unit=world["unit"], company=world["company"])


@builds("segment")
def segment(world: World) -> Any:
    return SegmentFactory()
