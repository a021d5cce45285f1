"""Hints to the workers: "look at this organization now". Losing one costs a second, never a message."""

from __future__ import annotations

import time

import structlog
from celery import current_app
from django.conf import settings

log = structlog.get_logger(__name__)

PUMP = "outreach.pump"
EXPIRES = 30
"""Seconds after which an unread hint is worth nothing: the sweep has come by."""

HOW: dict[str, object] = {"expires": EXPIRES, "retry": False, "ignore_result": True}

AGAIN_AFTER = 0.2
"""Seconds within which one process need not repeat itself about the same organization."""

SILENCE = 10.0
"""Seconds of no hints after one failed, so that no request waits for a broker that is away."""

_said: dict[int, float] = {}
_silent_until = 0.0


def hint(organization_id: int) -> bool:
    """Ring the workers, unless this was just done or the broker is away; whether it was (or need not be) said."""
    global _silent_until
    now = time.monotonic()
    if not settings.BROKER_URL or now < _silent_until:
        return False
    if now - _said.get(organization_id, -AGAIN_AFTER) < AGAIN_AFTER:
        return True
    if len(_said) > 10_000:
        _said.clear()
    _said[organization_id] = now
    try:
        current_app.send_task(PUMP, kwargs={"organization": organization_id}, **HOW)
    except Exception as error:
        _silent_until = now + SILENCE
        _said.pop(organization_id, None)
        log.warning("broker_away", reason=str(error)[:200])
        return False
    return True


def forget() -> None:
    """Say everything again: for tests, and after a fork."""
    global _silent_until
    _said.clear()
    _silent_until = 0.0
