"""What is kept for a time only: deletions for 30 days, answers to repeats for 24 hours, ended sessions.

What upper apps keep for a time they name in config/sockets.py (TIDYING).
"""

import time
from datetime import datetime

from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.deleting import purge_due
from accounts.models.idempotency import KEPT_FOR, IdempotentAnswer
from accounts.models.organization import Organization
from accounts.sockets import plugged
from accounts.tenancy.context import acting_for


def tidy(*, after: int = 0, seconds: float = 5, at: datetime | None = None) -> int:
    """Remove what is over, organization by organization, for `seconds` at most.

    Goes on behind the organization `after` and returns the last one done, or 0 when all were: the engine
    gives it back at its next turn, so that many organizations cost many short turns and no long one.
    """
    now, until = at or timezone.now(), time.monotonic() + seconds
    if not after:
        Session.objects.filter(expire_date__lt=now).delete()
    for organization_id in (
        Organization.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
    ):
        with acting_for(organization_id):
            purge_due(at=now)
            for tidy_app in plugged("TIDYING"):
                tidy_app(at=now)
            IdempotentAnswer.objects.filter(created_at__lt=now - KEPT_FOR).delete()
        after = organization_id
        if time.monotonic() > until:
            return after
    return 0
