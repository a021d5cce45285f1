"""The bell in the head of every member page: how many alerts are unread."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from outreach import alerting


def bell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `unread_alerts`, counted only where a page shows it."""
    actor = getattr(request, "actor", None)
    if actor is None or actor.kind != "member" or not actor.may("alert.view"):
        return {}
    return {"unread_alerts": SimpleLazyObject(lambda: alerting.unread_count(actor.membership))}
