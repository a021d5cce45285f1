"""Taking an answer out of the score, with a reason, and putting it back. The answer stays readable."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.recording import record
from surveys.models import Response


class NoReason(ValueError):
    """An exclusion says why."""


@transaction.atomic
def exclude(response: Response, *, reason: str, by: Actor, at: dt.datetime | None = None) -> Response:
    """Not counted any more. Raises NoReason."""
    by.require("response.edit")
    if not reason.strip():
        raise NoReason
    row = Response.objects.select_for_update(of=("self",)).get(pk=response.pk)
    if row.excluded_at is None:
        row.excluded_at = at or timezone.now()
        row.excluded_by_id = by.user_id
        row.exclusion_reason = reason.strip()[:200]
        row.save(update_fields=["excluded_at", "excluded_by", "exclusion_reason"])
        audit("response.edit", row, by=by, did="excluded")
        record("response.excluded", row, survey=row.survey_id, excluded=True)
    return row


@transaction.atomic
def include(response: Response, *, by: Actor) -> Response:
    """Counted again: an exclusion, or a setting-aside as suspicious, is taken back."""
    by.require("response.edit")
    row = Response.objects.select_for_update(of=("self",)).get(pk=response.pk)
    if row.excluded_at is not None or row.set_aside_at is not None:
        row.excluded_at = row.excluded_by = row.set_aside_at = None
        row.exclusion_reason = row.suspicion = ""
        row.save(
            update_fields=["excluded_at", "excluded_by", "exclusion_reason", "set_aside_at", "suspicion"]
        )
        audit("response.edit", row, by=by, did="included")
        record("response.excluded", row, survey=row.survey_id, excluded=False)
    return row
