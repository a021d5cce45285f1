"""Nouns that people edit: a stale save is told who and when, and a deletion can be taken back."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from accounts.acting import Actor


class Stale(Exception):
    """Somebody saved in between. Carries who and when, so that the page can say so and keep the text."""

    def __init__(self, who: str, when: datetime | None, subject: Any = None) -> None:
        self.who, self.when, self.subject = who, when, subject
        super().__init__(_("%(who)s changed this in the meantime.") % {"who": who})


class Editable(models.Model):
    """Adds a revision that rises with each save, who saved last, and when it was put away."""

    revision = models.PositiveIntegerField(default=1, editable=False)
    edited_at = models.DateTimeField(null=True, editable=False)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    deleted_at = models.DateTimeField(gettext_lazy("deleted at"), null=True, editable=False)

    class Meta:
        abstract = True

    @transaction.atomic
    def save_revision(
        self, expected: int, *, by: "Actor | None" = None, update_fields: list[str] | None = None, **save: Any
    ) -> None:
        """Save if the row still has the revision `expected`; raises Stale otherwise.

        Locks the row first, then decides. `update_fields` narrows the save, as in Model.save.
        """
        now = type(self)._default_manager.select_for_update(of=("self",)).get(pk=self.pk)
        if now.revision != expected:
            who = str(now.edited_by) if now.edited_by else _("Someone")
            raise Stale(who, now.edited_at, now)
        self.revision = expected + 1
        self.edited_at = timezone.now()
        membership = by.membership if by is not None else None
        self.edited_by_id = membership.user_id if membership is not None else None
        if update_fields is not None:
            update_fields = [*update_fields, "revision", "edited_at", "edited_by"]
        self.save(update_fields=update_fields, **save)

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None
