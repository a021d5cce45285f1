"""The audit log: one row per deed, told as a sentence when it is read."""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from accounts import roles
from accounts.acting import Actor
from accounts.models.audit_entry import AuditEntry


def audit(
    action: str, subject: models.Model | None = None, *, by: Actor, at: datetime | None = None, **details: Any
) -> AuditEntry:
    """Write down that `by` did `action` to `subject`, in the caller's transaction.

    `action` is a name of the action table. `details` are ids, counts, choices and names of fields, never a
    person's name, address or words: those are joined when the entry is shown (accounts.telling).
    `did="created"` chooses among several sentences for one action.
    """
    roles.action(action)
    return AuditEntry.objects.create(
        at=at or timezone.now(),
        action=action,
        actor_kind=by.kind,
        actor_user=by.user_id,
        actor_key=by.key.pk if by.key is not None else None,
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject=subject.pk if subject is not None else None,
        details=details,
    )
