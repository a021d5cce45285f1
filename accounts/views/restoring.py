"""Taking a deletion back from the toast that told of it: alike for everything that can be put away."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts import deleting
from accounts.acting import Actor
from accounts.models import Deletion
from accounts.models.editable import Editable
from accounts.toasts import toast

Row = TypeVar("Row", bound=Editable)


def taken_back(
    request: HttpRequest,
    deletion_id: int,
    among: QuerySet[Row],
    *,
    action: str,
    words: str | Promise = "",
    verb: Callable[..., Editable | None] | None = None,
) -> Row:
    """Bring back what was put away, say so, and return it.

    `among` are the rows that the actor may see, put away or not. A deletion of something else, of something
    unseen, or of something that was purged meanwhile is a missing page. `verb(deletion, by=...)` where bringing
    back is more than `accounts.deleting.restore`; `action` is what the audit log calls it otherwise.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]
    of_kind = Deletion.objects.filter(subject_type=among.model._meta.label_lower)
    deletion: Deletion = get_object_or_404(of_kind, pk=deletion_id)
    row = among.filter(pk=deletion.subject).first()
    bring_back = verb or partial(deleting.restore, action=action)
    if row is None or bring_back(deletion, by=actor) is None:
        raise Http404
    row.deleted_at = None
    toast(request, str(words) or _("It is back."))
    return row
