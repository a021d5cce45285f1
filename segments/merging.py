"""Merging two records of one person; unmerging.py takes it back within 30 days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.models import Stale
from accounts.recording import record
from segments import origins, profiling
from segments.combining import LATEST, combined
from segments.merge_parts import every_part, newest_scores
from segments.models import AttributeChange, Customer, CustomerKey, KeyKind, Merge
from segments.models.merge import UNDO_FOR
from segments.moving_rows import move, plain, write_over

KEPT, OTHER = "kept", "other"
# What a manager chooses between, and what it is called.
FIELDS: dict[str, str | Promise] = {
    "name": origins.OWN["name"],
    "first_name": gettext_lazy("First name"),
    **{key: label for key, label in origins.OWN.items() if key != "name"},
    "stage": gettext_lazy("Stage"),
}
ATTRIBUTE = origins.ATTRIBUTE


class NotMerged(ValueError):
    """Two records that cannot become one, or a merge that cannot be undone; `path` names the field at fault."""

    def __init__(self, sentence: object, path: str = "") -> None:
        self.path = path
        super().__init__(str(sentence))


@transaction.atomic
def merge(
    survivor: Customer,
    absorbed: Customer,
    *,
    by: Actor,
    choose: Mapping[str, str] | None = None,
    expected: tuple[int, int] | None = None,
    at: datetime | None = None,
) -> Merge:
    """Make one record of two: `survivor` stays, with everything that was `absorbed`'s.

    `choose` says per field ("email", "attribute.plan") whose value stays, "kept" or "other"; without a word the
    survivor's, or the other's where the survivor has none. `expected` holds the two revisions that were compared.
    Raises NotMerged, and Stale if one of the two changed since.
    """
    by.require("customer.merge")
    now = at or timezone.now()
    survivor, absorbed = locked(survivor.pk, absorbed.pk)
    _check(survivor, absorbed, by=by, choose=choose or {})
    for customer, revision in zip((survivor, absorbed), expected or (), strict=False):
        if customer.revision != revision:
            who = str(customer.edited_by) if customer.edited_by else _("Someone")
            raise Stale(who, customer.edited_at, customer)
    before = {name: getattr(survivor, name) for name in LATEST}
    overwrites = [one for part in every_part() for one in part.prepare(survivor.pk, absorbed.pk)]
    written = [write_over(one) for one in overwrites]
    moved = move(survivor.pk, absorbed.pk)
    known = origins.facts_of(survivor)
    fields, attributes = _take(survivor, absorbed, choose or {})
    made: dict[str, list[int]] = {}
    if changes := [
        *(
            AttributeChange(customer_id=survivor.pk, key=key, old=old, new=new, source="merge", at=now)
            for key, (old, new) in attributes.items()
        ),
        *origins.changes_of(survivor, known, source="merge", at=now),
    ]:
        AttributeChange.objects.bulk_create(changes)
        made["segments.AttributeChange"] = [change.pk for change in changes]
    if key := _key_of_lost_address(survivor, absorbed):
        made["segments.CustomerKey"] = [key.pk]
    after = combined(before, {name: getattr(absorbed, name) for name in LATEST}, newest_scores(survivor.pk))
    if survivor.unprofiled_at is not None:
        # One of the two wishes that answers say nothing about them: a no is kept, as with any consent.
        after = {**after, **profiling.EMPTY}
    for name, value in after.items():
        setattr(survivor, name, value)
    survivor.save_revision(survivor.revision, by=by)
    Customer.objects.filter(pk=absorbed.pk).update(
        deleted_at=now, revision=F("revision") + 1, updated_at=timezone.now()
    )
    done = Merge.objects.create(
        survivor=survivor,
        absorbed_id=absorbed.pk,
        at=now,
        by_id=by.user_id,
        undo_until=now + UNDO_FOR,
        moved=moved,
        written=written,
        facts={
            "fields": fields,
            "attributes": attributes,
            "latest": [
                {name: plain(value) for name, value in before.items()},
                {name: plain(value) for name, value in after.items()},
            ],
            "made": made,
        },
    )
    record("customer.merged", survivor, at=now, absorbed=absorbed.pk)
    audit("customer.merge", survivor, by=by, at=now, did="merged", absorbed=absorbed.pk)
    return done


def locked(survivor_id: int, absorbed_id: int, *, undoing: bool = False) -> tuple[Customer, Any]:
    """Both, locked in the order of their numbers, so that two merges of the same pair wait for each other."""
    rows = Customer.objects.select_for_update(of=("self",)).filter(pk__in=[survivor_id, absorbed_id])
    found = {row.pk: row for row in rows.order_by("pk")}
    if survivor_id not in found or (absorbed_id not in found and not undoing):
        raise NotMerged(_("There is no such customer."), "other")
    return found[survivor_id], found.get(absorbed_id)


def _check(survivor: Customer, absorbed: Customer, *, by: Actor, choose: Mapping[str, str]) -> None:
    if survivor.pk == absorbed.pk:
        raise NotMerged(_("These are not two records but one."), "other")
    for one in (survivor, absorbed):
        if one.is_deleted or not by.sees_unit(one.unit_id):
            raise NotMerged(_("There is no such customer."), "other")
    if survivor.mode != absorbed.mode:
        raise NotMerged(_("A live customer and a trial one cannot be the same person."), "other")
    for name, whose in choose.items():
        known = name in FIELDS or name.removeprefix(ATTRIBUTE) in {
            **survivor.attributes,
            **absorbed.attributes,
        }
        if not known:
            raise NotMerged(_("There is no such field."), f"choose.{name}"[:100])
        if whose not in (KEPT, OTHER):
            raise NotMerged(_("Choose “kept” or “other”."), f"choose.{name}")


def chosen(name: str, mine: Any, theirs: Any, choose: Mapping[str, str]) -> str:
    """Whose value stays: as was chosen, else the survivor's, else that of the only one who has any."""
    return choose.get(name) or (OTHER if mine in (None, "", []) and theirs not in (None, "", []) else KEPT)


def _take(
    survivor: Customer, absorbed: Customer, choose: Mapping[str, str]
) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Write the chosen values on the survivor; returns what changed as name -> [before, after]."""
    fields: dict[str, list[Any]] = {}

    def write(name: str, value: Any) -> None:
        old = getattr(survivor, name)
        if old != value:
            fields[name] = [plain(old), plain(value)]
            setattr(survivor, name, value)

    for name in FIELDS:
        column = str(Customer._meta.get_field(name).attname)  # type: ignore[union-attr]
        mine, theirs = getattr(survivor, column), getattr(absorbed, column)
        if chosen(name, mine, theirs, choose) == OTHER and mine != theirs:
            write(column, theirs)
            if name == "stage":
                write("stage_since", absorbed.stage_since)
                write("stage_told", absorbed.stage_told)
    write("created_at", min(survivor.created_at, absorbed.created_at))
    write("unprofiled_at", survivor.unprofiled_at or absorbed.unprofiled_at)
    attributes: dict[str, list[Any]] = {}
    kept = dict(survivor.attributes)
    for key in {**survivor.attributes, **absorbed.attributes}:
        mine, theirs = survivor.attributes.get(key), absorbed.attributes.get(key)
        if chosen(f"{ATTRIBUTE}{key}", mine, theirs, choose) == OTHER and mine != theirs:
            attributes[key] = [mine, theirs]
            if theirs is None:
                kept.pop(key, None)
            else:
                kept[key] = theirs
    survivor.attributes = kept
    return fields, attributes


def _key_of_lost_address(survivor: Customer, absorbed: Customer) -> CustomerKey | None:
    """The address that nobody shows any more still leads here, or the next import would bring it back."""
    for address in {survivor.email.lower(), absorbed.email_lower, survivor.email_lower} - {
        "",
        survivor.email.lower(),
    }:
        elsewhere = Customer.objects.present().filter(email_lower=address)
        if elsewhere.exclude(pk__in=[survivor.pk, absorbed.pk]).exists():
            continue
        key, made = CustomerKey.objects.get_or_create(
            kind=KeyKind.EMAIL, source="", value=address, defaults={"customer": survivor}
        )
        if made:
            return key
    return None
