"""Putting a row away and taking it back: a deletion is a row, undone within 30 days, then purged."""

from datetime import datetime
from typing import cast

import structlog
from django.apps import apps
from django.db import models, transaction
from django.utils import timezone

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.models.deletion import UNDO_FOR, Deletion
from accounts.models.editable import Editable

log = structlog.get_logger()


@transaction.atomic
def delete(subject: Editable, *, by: Actor, action: str = "", at: datetime | None = None) -> Deletion:
    """Put `subject` away for 30 days. Deleting twice is deleting once.

    `action`, a name of the action table, writes the audit entry with did="deleted".
    """
    now = at or timezone.now()
    row = type(subject)._default_manager.select_for_update(of=("self",)).get(pk=subject.pk)
    standing = Deletion.objects.standing().filter(subject_type=label(subject), subject=subject.pk)
    if row.deleted_at is not None and (before := standing.first()) is not None:
        return cast(Deletion, before)
    type(subject)._default_manager.filter(pk=subject.pk).update(deleted_at=now)
    subject.deleted_at = now
    deletion = Deletion.objects.create(
        subject_type=label(subject), subject=subject.pk, at=now, by_id=by.user_id, purge_at=now + UNDO_FOR
    )
    if action:
        audit(action, subject, by=by, at=now, did="deleted")
    return cast(Deletion, deletion)


@transaction.atomic
def restore(deletion: Deletion, *, by: Actor, action: str = "") -> Editable | None:
    """Take a deletion back; None if its row was purged, or never was visible. Restoring twice is once."""
    locked = Deletion.objects.select_for_update().get(pk=deletion.pk)
    if locked.purged_at is not None:
        return None
    model = apps.get_model(locked.subject_type)
    subject = model._default_manager.filter(pk=locked.subject).first()
    if subject is None:
        return None
    if locked.restored_at is None:
        model._default_manager.filter(pk=subject.pk).update(deleted_at=None)
        subject.deleted_at = None
        locked.restored_at = timezone.now()
        locked.save(update_fields=["restored_at"])
        if action:
            audit(action, subject, by=by, did="restored")
    return cast(Editable, subject)


def purge_due(*, at: datetime | None = None) -> int:
    """Remove for good what was put away 30 days ago, in the acting organization; returns how many rows.

    A row that something else still points to stays until that is gone.
    """
    now, purged = at or timezone.now(), 0
    for deletion in Deletion.objects.standing().filter(purge_at__lte=now).order_by("purge_at", "id"):
        subject = apps.get_model(deletion.subject_type)._default_manager.filter(pk=deletion.subject).first()
        try:
            with transaction.atomic():
                if subject is not None:
                    subject.delete()
                Deletion.objects.filter(pk=deletion.pk).update(purged_at=now)
                purged += 1
        except models.ProtectedError:
            log.info("deletion.still_used", subject_type=deletion.subject_type, subject=deletion.subject)
    return purged


def label(subject: models.Model) -> str:
    return subject._meta.label_lower
