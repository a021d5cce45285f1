"""The tree of units: add, rename, move, put away."""

from typing import cast

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.deleting import delete
from accounts.models.deletion import Deletion
from accounts.models.membership import Membership
from accounts.models.unit import Unit


class UnitRefused(Exception):
    """The tree cannot be arranged so; the sentence says why."""


def _check_branch(by: Actor, *units: Unit | None) -> None:
    if by.branch_ids is not None and not all(by.sees_unit(unit.pk if unit else None) for unit in units):
        raise UnitRefused(_("This is outside your own branch."))


def _said(error: ValidationError) -> str:
    return " ".join(error.messages)


@transaction.atomic
def add_unit(*, name: str, parent: Unit | None, by: Actor) -> Unit:
    """Add a unit beneath `parent`, or at the top. Raises UnitRefused."""
    by.require("unit.edit")
    _check_branch(by, parent)
    unit = Unit(name=name.strip(), parent=parent)
    try:
        unit.validate_constraints()
        unit.save()
    except ValidationError as error:
        raise UnitRefused(_said(error)) from None
    audit("unit.edit", unit, by=by, did="created")
    return unit


@transaction.atomic
def change_unit(unit: Unit, *, name: str, parent: Unit | None, revision: int, by: Actor) -> Unit:
    """Rename or move a unit with all that is beneath it. Raises UnitRefused, Stale."""
    by.require("unit.edit")
    _check_branch(by, unit, *(() if parent is None and unit.parent_id is None else (parent,)))
    was = {"name": unit.name != name.strip(), "parent": unit.parent_id != (parent.pk if parent else None)}
    unit.name, unit.parent = name.strip(), parent
    try:
        unit.validate_constraints()
        unit.save_revision(revision, by=by)
    except ValidationError as error:
        raise UnitRefused(_said(error)) from None
    audit(
        "unit.edit", unit, by=by, did="changed", fields=[field for field, changed in was.items() if changed]
    )
    return unit


@transaction.atomic
def put_away_unit(unit: Unit, *, by: Actor) -> Deletion:
    """Put an empty unit away; it can be taken back for 30 days. Raises UnitRefused."""
    by.require("unit.edit")
    _check_branch(by, unit)
    if Unit.objects.alive().filter(parent_id=unit.pk).exists():
        raise UnitRefused(_("There are units beneath it. Move them first."))
    if Membership.objects.filter(organization=by.organization, unit_id=unit.pk).exists():
        raise UnitRefused(_("Members work there. Give them another unit first."))
    return cast(Deletion, delete(unit, by=by, action="unit.edit"))
