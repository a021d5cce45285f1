"""The nightly check: a sample of customers asked by the whole rules, against what is written about them.

What differs may only not have been worked in yet. It is a suspicion until everything that could be read at that
moment is; what differs still is a fault of ours, put right, counted and told of.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import structlog

from accounts import doorbells
from accounts.recording import record
from accounts.tenancy import changes
from accounts.tenancy.context import current_organization_id
from segments import compiling, staying
from segments.catalog import Asked
from segments.depending import Depending, depending
from segments.models import Customer, FollowingTurn, Reason, Segment, SegmentFollowing, SegmentStay

log = structlog.get_logger(__name__)

SAMPLE = 20_000
BATCH = 2_000
NIGHT = 2  # o'clock in the organization's zone
KEPT = timedelta(days=400)
"""How long a stay is remembered that is over."""


def nightly(*, at: datetime) -> None:
    """Once a day: forget what is long over, begin where nobody began, and check a sample."""
    place = FollowingTurn.objects.select_for_update(of=("self",), skip_locked=True).first()
    if place is None:
        if Segment.objects.exists() and not FollowingTurn.objects.exists():
            doorbells.ring(current_organization_id())
        return
    asked = Asked.here(at)
    here = at.astimezone(asked.zone)
    last = place.audited_at.astimezone(asked.zone).date() if place.audited_at is not None else None
    if SegmentFollowing.objects.exclude(filling="").filter(held="").exists() or place.suspects:
        # Under way: whoever was killed at it took the bell along.
        doorbells.ring(current_organization_id())
        return
    if last == here.date() or here.hour < NIGHT:
        return
    SegmentStay.objects.filter(left_at__lt=at - KEPT).delete()
    check(place, asked)
    # What could not be asked in time may be able to tonight.
    held = SegmentFollowing.objects.exclude(held="").values_list("segment_id", flat=True)
    ask_everybody(place, set(held), at=at)
    place.save()
    doorbells.ring(current_organization_id())


def check(place: FollowingTurn, asked: Asked) -> None:
    """Compare a sample, and remember who is not where they are said to be."""
    every = depending(asked)
    segments, ids = _checked(every), _sample()
    suspects: list[staying.Place] = []
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        try:
            with compiling.patience():
                found = staying.found_in(some, segments, asked) if segments else set()
        except (compiling.TooSlow, compiling.Unanswerable):
            log.warning("membership_not_checked", organization=place.organization_id)
            break
        suspects += sorted(found ^ staying.kept_of(some, segments))
    # The ranks are asked as a whole now and then; tonight too.
    ranked = [one.segment.pk for one in every if one.among_others]
    SegmentFollowing.objects.filter(segment_id__in=ranked, held="").update(next_at=asked.now)
    place.audited_at, place.audited, place.drifted = asked.now, len(ids), 0
    place.suspects, place.suspected_below = [list(one) for one in suspects[:BATCH]], changes.ceiling()


def look_again(place: FollowingTurn, segments: list[Depending], asked: Asked) -> None:
    """At the suspects, now that everything is worked in that they could be judged by."""
    suspects = {(customer, segment) for customer, segment in place.suspects}
    place.suspects = []
    able = _checked(segments)
    people = sorted({customer for customer, _segment in suspects})
    if not able or not people:
        return
    found, kept = staying.found_in(people, able, asked), staying.kept_of(people, able)
    wrong = suspects & (found ^ kept)
    place.drifted = len(wrong)
    if not wrong:
        return
    staying.write(wrong & found, wrong & kept, at=asked.now, why=Reason.AUDIT, known_before=asked.now)
    log.error("membership_drifted", organization=place.organization_id, places=len(wrong), of=place.audited)
    for pk in sorted({segment for _customer, segment in wrong}):
        number = sum(1 for _customer, segment in wrong if segment == pk)
        record("segment.drifted", Segment(pk=pk), places=number, of=place.audited)
    # Where one was found there may be more.
    ask_everybody(place, {segment for _customer, segment in wrong}, at=asked.now)


def ask_everybody(place: FollowingTurn, segments: set[int], *, at: datetime) -> None:
    """Have the next turns ask everybody, in batches."""
    if segments:
        SegmentFollowing.objects.filter(segment_id__in=segments).update(held="", filling=Reason.AUDIT)
        place.filled_from, place.after = at, 0
        doorbells.ring(current_organization_id())


def _checked(segments: list[Depending]) -> list[Depending]:
    held = set(SegmentFollowing.objects.exclude(held="").values_list("segment_id", flat=True))
    met = set(SegmentFollowing.objects.filter(filling="").values_list("segment_id", flat=True)) - held
    return [one for one in segments if one.segment.pk in met and not one.among_others and not one.trouble]


def _sample() -> list[int]:
    """Neighbours from a random place on, and on from the first where the end is reached."""
    people = Customer.objects.order_by("pk")
    last = people.last()
    if last is None:
        return []
    start = random.randint(0, last.pk)
    ids = list(people.filter(pk__gte=start).values_list("pk", flat=True)[:SAMPLE])
    return ids + list(people.filter(pk__lt=start).values_list("pk", flat=True)[: SAMPLE - len(ids)])
