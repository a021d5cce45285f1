"""A merge: two records that are one person became one, with a way back for 30 days."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet

UNDO_FOR = timedelta(days=30)


class MergeQuerySet(TenantQuerySet):
    def standing(self) -> "MergeQuerySet":
        """Those that nobody took back."""
        return self.filter(undone_at=None)

    def reversible(self, at: datetime) -> "MergeQuerySet":
        return self.standing().filter(closed_at=None, undo_until__gt=at)


class Merge(TenantModel):
    """What a merge did, so exactly that it can be undone: which rows moved, and what was written over.

    `absorbed_id` is a plain number: it stays when that record goes for good, so that a link in an old mail
    still leads to the person. `closed_at` is set then, and what would undo the merge is blanked.
    """

    survivor = TenantForeignKey("segments.Customer", on_delete=models.CASCADE, related_name="merges")
    absorbed_id = models.BigIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    undo_until = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    # {"surveys.Response": [7, 9]}: rows that changed hands.
    moved = models.JSONField(default=dict)
    # [["segments.Consent", 4, {"allowed": [true, false]}]]: what stood there, what the merge wrote.
    written = models.JSONField(default=list)
    # {"email": ["a@...", "b@..."], "attributes": {...}}: the survivor before and after.
    facts = models.JSONField(default=dict)

    objects = TenantManager.from_queryset(MergeQuerySet)()

    class Meta:
        verbose_name = _("merge")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "absorbed_id"],
                condition=models.Q(undone_at=None),
                name="merged_once_at_a_time",
            )
        ]
        indexes = [
            models.Index(
                fields=["organization", "undo_until"],
                condition=models.Q(undone_at=None, closed_at=None),
                name="merge_to_close",
            )
        ]

    def __str__(self) -> str:
        return f"{self.absorbed_id} into {self.survivor_id}"

    def is_reversible(self, at: datetime) -> bool:
        return self.undone_at is None and self.closed_at is None and at < self.undo_until
