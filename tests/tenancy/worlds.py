"""Two organizations of the same shape, with one object of every kind that an address may name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from accounts.acting import Actor, system_actor
from accounts.models import Membership, Organization, Role, Unit
from accounts.tenancy.context import acting_for
from tests.factories.accounts import OrganizationFactory, UnitFactory, UserFactory, member


@dataclass
class World:
    """One organization. `world["customer"]` is its customer, made by the builder of that name when first asked.

    A builder may ask for other objects in the same way. What has a unit stands in the branch `north`.
    """

    organization: Organization
    foreign: bool
    units: dict[str, Unit] = field(default_factory=dict)
    members: dict[str, Membership] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, kind: str) -> Any:
        from tests.tenancy.objects import BUILDERS

        if kind not in self.made:
            if kind not in BUILDERS:
                raise MissingBuilder(
                    f"tests/tenancy/objects.py builds no {kind!r}: add @builds({kind!r}) there."
                )
            with acting_for(self.organization):
                self.made[kind] = BUILDERS[kind](self)
        return self.made[kind]

    @property
    def system(self) -> Actor:
        return system_actor(self.organization)


class MissingBuilder(LookupError):
    """The matrix met an address or a field for which nobody said how to make its object."""


def build(name: str, *, foreign: bool = False) -> World:
    """An organization with a tree of units and one member of each kind."""
    slug = name.lower()
    world = World(OrganizationFactory(name=name, slug=slug), foreign)
    with acting_for(world.organization):
        root = UnitFactory(name=f"{name} everywhere")
        north, south = UnitFactory(name="North", parent=root), UnitFactory(name="South", parent=root)
        world.units = {"root": root, "north": north, "south": south}
        for who, role, unit in (
            ("owner", Role.OWNER, None),
            ("admin", Role.ADMIN, None),
            ("manager", Role.MANAGER, None),
            ("agent", Role.AGENT, north),
            ("viewer", Role.VIEWER, None),
            ("agent of another branch", Role.AGENT, south),
            ("manager of another branch", Role.MANAGER, south),
            ("former member", Role.MANAGER, None),
        ):
            world.members[who] = member(world.organization, f"{who.replace(' ', '-')} of {name}", role, unit)
        world.members["former member"].delete()
    return world


def nobody() -> Any:
    """A person who is confirmed and a member of nothing."""
    return UserFactory()


BRANCHED: set[str] = set()
BUILDERS_TYPE = Callable[[World], Any]


@contextmanager
def in_world(world: World) -> Iterator[World]:
    with acting_for(world.organization):
        yield world
