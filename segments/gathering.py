"""Gathering what was still being written for a record while it was merged into another."""

from __future__ import annotations

from django.db import transaction

from accounts.models import News
from segments.combining import LATEST, combined
from segments.merge_parts import newest_scores
from segments.models import Customer, Merge
from segments.moving_rows import move, plain, read


@transaction.atomic
def gather_late(news: News) -> None:
    """Listener: an answer that was being written while its customer was merged follows them."""
    merged = Merge.objects.standing().filter(
        survivor_id=news.subject_id, absorbed_id=news.facts.get("absorbed"), closed_at=None
    )
    for one in merged.select_for_update(of=("self",)):
        if late := move(one.survivor_id, one.absorbed_id):
            _count_in(one, late)


def _count_in(merge: Merge, late: dict[str, list[int]]) -> None:
    """As if it had come before the merge: the survivor's latest facts know it, and undoing gives it back."""
    rows = Customer.objects.select_for_update(of=("self",)).order_by("pk")
    both = {row.pk: row for row in rows.filter(pk__in=[merge.survivor_id, merge.absorbed_id])}
    survivor, absorbed = both[merge.survivor_id], both[merge.absorbed_id]
    before, after = (
        {name: read(Customer, name, value) for name, value in each.items()} for each in merge.facts["latest"]
    )
    mine, theirs = ({name: getattr(one, name) for name in LATEST} for one in (survivor, absorbed))
    scores = newest_scores(survivor.pk)
    found = combined(mine, theirs, scores)
    # Of theirs the survivor counts some already, since the merge.
    found["answer_count"] -= after["answer_count"] - before["answer_count"]
    if found != mine:
        Customer.objects.filter(pk=survivor.pk).update(**found)
    known = found if mine == after else combined(before, theirs, scores)
    merge.facts["latest"][1] = {name: plain(value) for name, value in known.items()}
    for label, ids in late.items():
        merge.moved[label] = [*merge.moved.get(label, []), *ids]
    merge.save(update_fields=["facts", "moved"])
