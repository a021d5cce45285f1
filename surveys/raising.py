"""Who raised what an improvement is about: the customers to whom "you said, we did" can be said."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from accounts.acting import Actor
from accounts.modes import counting
from segments.compiling import Unanswerable, members
from segments.models import Customer
from segments.profiling import PROFILED
from surveys import improving
from surveys.models import Improvement, Mention, Response


def raised_by(improvement: Improvement, actor: Actor) -> QuerySet[Customer]:
    """Whoever spoke of its theme before it was done, where it was done, as far as the actor sees them.

    Of a pain point: as a complaint or neither way, and who complained of it again since is left out: to them it is
    not done. Anonymous answers are nobody's, and who does not want to be profiled is not sorted by their words.
    Nobody for an improvement without a theme or a day.
    """
    if improvement.theme_id is None or improvement.done_on is None:
        return Customer.objects.none()
    organization = actor.organization
    done = dt.datetime.combine(improvement.done_on, dt.time(), ZoneInfo(organization.time_zone))
    spoken = Mention.objects.filter(theme=improvement.theme_id).order_by()
    answers = Response.objects.all().visible_to(actor).counting(counting(organization)).exclude(customer=None)
    before = answers.filter(answered_at__lt=done)
    again = Q(pk__in=[])
    if improvement.side == Improvement.Side.PAIN:
        complaints = spoken.filter(sentiment=-1)
        since = answers.filter(answered_at__gte=done, pk__in=complaints.values("response_id"))
        again = Q(pk__in=since.order_by().values("customer_id"))
        spoken = spoken.filter(sentiment__lte=0)
    units = improving.touched_units(improvement)
    if units:
        before = before.filter(unit_id__in=improving.branches(units))
    before = before.filter(pk__in=spoken.values("response_id")).order_by()
    found = Customer.objects.visible_to(actor).present().filter(PROFILED, pk__in=before.values("customer_id"))
    segments = improving.touched_segments(improvement)
    if segments:
        inside = Q(pk__in=[])
        for each in segments:
            try:
                inside |= Q(pk__in=members(each).order_by().values("pk"))
            except (Unanswerable, ValueError):
                continue  # A segment that cannot be asked any more holds nobody.
        found = found.filter(inside)
    return found.exclude(again)
