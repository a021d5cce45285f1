"""The cast. At Acme: Alice owns, Adam administers, Mona manages, Agnes cares for people in the North, Vera
looks on, Bert cares for people in the South. Cyd owns Globex and is a stranger at Acme.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from accounts.acting import Actor, member_actor, system_actor
from accounts.issuing_keys import issue_key
from accounts.models import Membership, Organization, Role, Unit
from accounts.roles import all_scopes
from accounts.tenancy.context import acting_for
from tests.factories.accounts import OrganizationFactory, UnitFactory, member


@dataclass(frozen=True)
class Branches:
    """Acme's tree: the whole business; North with the Leeds store; South with the Dover store."""

    root: Unit
    north: Unit
    leeds: Unit
    south: Unit
    dover: Unit


@pytest.fixture
def acme(db: None) -> Organization:
    return OrganizationFactory(name="Acme", slug="acme")


@pytest.fixture
def globex(db: None) -> Organization:
    return OrganizationFactory(name="Globex", slug="globex", time_zone="America/New_York", currency="USD")


@pytest.fixture
def in_acme(acme: Organization) -> Iterator[Organization]:
    """The whole test runs on behalf of Acme."""
    with acting_for(acme):
        yield acme


@pytest.fixture
def acme_units(acme: Organization) -> Branches:
    with acting_for(acme):
        root = UnitFactory(name="Acme stores")
        north, south = UnitFactory(name="North", parent=root), UnitFactory(name="South", parent=root)
        return Branches(
            root,
            north,
            UnitFactory(name="Leeds", parent=north),
            south,
            UnitFactory(name="Dover", parent=south),
        )


@pytest.fixture
def alice(acme: Organization) -> Membership:
    """Owner of Acme."""
    with acting_for(acme):
        return member(acme, "Alice Moreau", Role.OWNER)


@pytest.fixture
def adam(acme: Organization) -> Membership:
    """Admin of Acme."""
    with acting_for(acme):
        return member(acme, "Adam Berg", Role.ADMIN)


@pytest.fixture
def mona(acme: Organization) -> Membership:
    """Manager at Acme."""
    with acting_for(acme):
        return member(acme, "Mona Lund", Role.MANAGER)


@pytest.fixture
def agnes(acme: Organization, acme_units: Branches) -> Membership:
    """Agent at Acme, in the North."""
    with acting_for(acme):
        return member(acme, "Agnes Roy", Role.AGENT, acme_units.north)


@pytest.fixture
def vera(acme: Organization) -> Membership:
    """Viewer at Acme."""
    with acting_for(acme):
        return member(acme, "Vera Kim", Role.VIEWER)


@pytest.fixture
def bert(acme: Organization, acme_units: Branches) -> Membership:
    """Agent at Acme, in the South: another branch than Agnes."""
    with acting_for(acme):
        return member(acme, "Bert Sand", Role.AGENT, acme_units.south)


@pytest.fixture
def cyd(globex: Organization) -> Membership:
    """Owner of Globex, a stranger at Acme."""
    with acting_for(globex):
        return member(globex, "Cyd Vance", Role.OWNER)


@pytest.fixture
def as_() -> Callable[[Membership], Client]:
    """`as_(alice)`: a browser in which Alice is logged in."""

    def log_in(membership: Membership, **headers: Any) -> Client:
        client = Client(**headers)
        client.force_login(membership.user)
        return client

    return log_in


@pytest.fixture
def actor_of() -> Callable[[Membership], Actor]:
    return member_actor


@pytest.fixture
def acme_system(acme: Organization) -> Actor:
    return system_actor(acme)


class ApiClient(Client):
    """Sends JSON, reads JSON: `api(acme, "customers:read").get("/api/v1/customers")`."""

    def __init__(self, token: str, **extra: Any) -> None:
        super().__init__(**extra)
        self.token = token

    def generic(self, method: str, path: str, data: Any = "", content_type: str = "application/json",
                secure: bool = False, *, headers: Any = None, **extra: Any) -> Any:  # fmt: skip
        headers = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        return super().generic(method, path, data, content_type, secure, headers=headers, **extra)

    def post(self, path: str, data: Any = None, content_type: str = "application/json", **extra: Any) -> Any:
        return super().post(path, data if data is not None else {}, content_type, **extra)

    def put(self, path: str, data: Any = None, content_type: str = "application/json", **extra: Any) -> Any:
        return super().put(path, data if data is not None else {}, content_type, **extra)

    def patch(self, path: str, data: Any = None, content_type: str = "application/json", **extra: Any) -> Any:
        return super().patch(path, data if data is not None else {}, content_type, **extra)


@pytest.fixture
def api() -> Callable[..., ApiClient]:
    """`api(acme)` with every scope, `api(acme, "customers:read")` with some; mode="test" for a test key."""

    def issue(
        organization: Organization, *scopes: str, mode: str = "live", unit: Unit | None = None
    ) -> ApiClient:
        with acting_for(organization):
            issued = issue_key(
                name="for a test", scopes=scopes or all_scopes(), mode=mode, by=system_actor(organization)
            )
            if unit is not None:
                issued.key.unit = unit
                issued.key.save(update_fields=["unit"])
        return ApiClient(issued.text)

    return issue
