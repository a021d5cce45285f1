"""/health: progress, not pings. How late the oldest due work is tells whether anything moves."""

from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db.models import Max
from django.db.transaction import non_atomic_requests
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import doorbells
from accounts.door import public_page
from outreach.models.engine import EngineTick

RECENT = timedelta(seconds=60)
LATE = 120  # seconds that due work may wait before the installation counts as stuck


@non_atomic_requests
@require_safe
@public_page("health")
def health(request: HttpRequest) -> JsonResponse:
    """200 while work gets done, 503 when it does not; no names, no counts of any organization."""
    now = timezone.now()
    try:
        found = {
            "oldest_due_seconds": _age(doorbells.next_due(), now),
            "last_look_seconds": _age(EngineTick.objects.aggregate(at=Max("looked_at"))["at"], now),
            "mail_held_up": EngineTick.objects.exclude(fault="").filter(looked_at__gt=now - RECENT).exists(),
        }
    except DatabaseError:
        return JsonResponse({"status": "no database"}, status=503)
    # Work that waits for long is the only fault: an installation without work may sleep.
    late = (found["oldest_due_seconds"] or 0) > LATE
    return JsonResponse({"status": "late" if late else "ok", **found}, status=503 if late else 200)


def _age(instant: datetime | None, now: datetime) -> int | None:
    """Whole seconds since then; 0 for the future, None for never."""
    return None if instant is None else max(0, int((now - instant).total_seconds()))


urlpatterns = [path("health", health, name="health")]
