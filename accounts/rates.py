"""How often something was done within a window of time: cheap, and shared by all processes."""

from __future__ import annotations

from django.core.cache import cache
from django.utils import timezone


def count(name: str, seconds: int) -> tuple[int, int]:
    """Count one deed of this name in the window of so many seconds; (deeds so far, seconds until the next window)."""
    now = int(timezone.now().timestamp())
    key = f"{name}:{now // seconds}"
    cache.add(key, 0, seconds * 2)
    try:
        used = cache.incr(key)
    except ValueError:  # evicted between the two calls
        used = 1
    return used, seconds - now % seconds
