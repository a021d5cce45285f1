"""After a stale save: what was typed, on top of the revision that is there now, so that saving again is a choice."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, QueryDict

from accounts.models import Stale


def rebased(request: HttpRequest, stale: Stale) -> QueryDict:
    """The posted values with the present revision."""
    values = request.POST.copy()
    subject: Any = stale.subject
    values["revision"] = str(subject.revision if subject is not None else 0)
    return values
