"""Making two records of one again, as they were before they were merged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.recording import record
from segments.combining import LATEST, without
from segments.merge_parts import newest_scores
from segments.merging import NotMerged, locked
from segments.models import Customer, Merge
from segments.moving_rows import chunks, plain, read, rows_of, write_back


@transaction.atomic
def undo(merge: Merge, *, by: Actor, at: datetime | None = None) -> Merge:
    """Make two records of one again, as they were. What came in since stays with the survivor. Twice is once.

    Raises NotMerged when the 30 days are over, or when the survivor is gone itself.
    """
    by.require("customer.merge")
    now = at or timezone.now()
    survivor, absorbed = locked(merge.survivor_id, merge.absorbed_id, undoing=True)
    merge = Merge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    if merge.undone_at is not None:
        return merge
    if not merge.is_reversible(now) or absorbed is None:
        raise NotMerged(_("The 30 days are over; the two records stay one."))
    if survivor.is_deleted:
        raise NotMerged(_("The record that was kept is gone itself; bring it back first."))
    for label, ids in merge.moved.items():
        for some in chunks(ids):
            rows = rows_of(apps.get_model(label), survivor.pk).filter(pk__in=some)
            rows.update(customer_id=absorbed.pk)
    for label, ids in merge.facts["made"].items():
        rows_of(apps.get_model(label), survivor.pk).filter(pk__in=ids).delete()
    for label, pk, values in merge.written:
        write_back(label, pk, values)
    _give_back(survivor, absorbed, merge.facts)
    survivor.save_revision(survivor.revision, by=by)
    Customer.objects.filter(pk=absorbed.pk).update(
        deleted_at=None, revision=F("revision") + 1, updated_at=timezone.now()
    )
    # What told of both is of no use any more, and would outlive the erasure of one of them.
    merge.undone_at, merge.moved, merge.written, merge.facts = now, {}, [], {}
    merge.save()
    record("customer.unmerged", survivor, at=now, absorbed=absorbed.pk)
    audit("customer.merge", survivor, by=by, at=now, did="undone", absorbed=absorbed.pk)
    return merge


def _give_back(survivor: Customer, absorbed: Customer, facts: Mapping[str, Any]) -> None:
    """Take the merge's values off the survivor; what somebody changed since stays."""
    for name, (old, new) in facts["fields"].items():
        if plain(getattr(survivor, name)) == new:
            setattr(survivor, name, read(Customer, name, old))
    attributes = dict(survivor.attributes)
    for key, (old, new) in facts["attributes"].items():
        if attributes.get(key) != new:
            continue
        if old is None:
            attributes.pop(key, None)
        else:
            attributes[key] = old
    survivor.attributes = attributes
    before, after = (
        {name: read(Customer, name, value) for name, value in each.items()} for each in facts["latest"]
    )
    now = {name: getattr(survivor, name) for name in LATEST}
    for name, value in without(before, after, now, newest_scores(survivor.pk)).items():
        setattr(survivor, name, value)
