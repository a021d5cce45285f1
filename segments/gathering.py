"""Gathering what was still being written for a record while it was merged into another."""

from __future__ import annotations

from django.db import transaction

from accounts.models import News
from segments.models import Merge
from segments.moving_rows import move


@transaction.atomic
def gather_late(news: News) -> None:
    """Listener: an answer that was being written while its customer was merged follows them."""
    merged = Merge.objects.standing().filter(
        survivor_id=news.subject_id, absorbed_id=news.facts.get("absorbed"), closed_at=None
    )
    for one in merged.select_for_update():
        move(one.survivor_id, one.absorbed_id)
