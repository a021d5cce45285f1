"""Membership of segments after a change, while 1,000 customers a second change; and what a change costs by size.

Two organizations, of 20,000 and of 200,000 customers, each with all ready segments. Writers commit batches of ten
changes, as an upsert does; the engine runs by itself as in production without a broker. One customer after another
is turned from promoter to detractor and back: the time from the commit until the stay says so is what counts.
"""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench import segments
from bench.yardstick import Ratio

SIZES = (20_000, 200_000)
SECONDS = 60
PER_SECOND, BATCH = 1_000, 10
CANARIES = 20
WORKED_IN = 1_000
CALM = 600
"""Seconds that the first asking of everybody may take."""


def measure() -> Iterator[Ratio]:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, skip_checks=True)
    small, large = (_organization(size) for size in SIZES)
    costs = [_cost(one) for one in (small, large)]
    yield Ratio(
        "one turn over 1,000 changes: 200,000 customers / 20,000",
        costs[1] / costs[0],
        target=1.5,
        note=f"{costs[0]:.2f} s and {costs[1]:.2f} s of turns; a rebuild by a clock would cost 10x",
    )
    yield from _latency(large)


def _organization(size: int) -> Any:
    """Made once and kept; every ready segment taken, and everybody asked by all of them."""
    from django.utils import timezone

    from accounts.acting import system_actor
    from accounts.models import Organization
    from accounts.tenancy.context import acting_for
    from segments import keeping_up, library
    from segments.models import Customer

    organization, _made = Organization.objects.get_or_create(
        slug=f"bench-membership-{size}", defaults={"name": f"Bench of membership, {size}"}
    )
    with acting_for(organization):
        if Customer.objects.count() < size:
            segments.fill(size)
        for ready in library.ready():
            if not ready["taken"]:
                library.take(ready["key"], by=system_actor(organization))
    began = time.monotonic()
    while _unsettled(organization):
        if time.monotonic() - began > CALM:
            raise RuntimeError("the first asking of everybody does not end")
        keeping_up.due(organization, timezone.now())
    return organization


def _unsettled(organization: Any) -> bool:
    from accounts.tenancy.context import acting_for
    from segments.models import FollowingTurn, Segment, SegmentFollowing

    with acting_for(organization):
        followed = SegmentFollowing.objects.filter(filling="").count()
        place = FollowingTurn.objects.first()
        return place is None or place.filled_from is not None or followed < Segment.objects.count()


def _cost(organization: Any) -> float:
    """Seconds of turns until 1,000 changes are worked in, the best of five."""
    from django.utils import timezone

    from accounts.tenancy.context import acting_for
    from segments import keeping_up
    from segments.models import Customer, FollowingTurn

    chance, best = random.Random(7), float("inf")
    with acting_for(organization):
        ids = list(Customer.objects.order_by("pk").values_list("pk", flat=True))
    for _round in range(5):
        with acting_for(organization):
            for score in range(10):
                some = chance.sample(ids, WORKED_IN // 10)
                Customer.objects.filter(pk__in=some).update(
                    last_score=score, last_responded_at=timezone.now()
                )
            FollowingTurn.objects.update(next_at=None)
        began = time.monotonic()
        while keeping_up.due(organization, timezone.now()):
            pass
        best = min(best, time.monotonic() - began)
    return best


def _latency(organization: Any) -> Iterator[Ratio]:
    from accounts.tenancy.context import acting_for
    from segments.models import Customer, Segment

    with acting_for(organization):
        ids = list(Customer.objects.order_by("pk").values_list("pk", flat=True))
        detractors = Segment.objects.get(ready_key="detractors").pk
    canaries, others = ids[:CANARIES], ids[CANARIES:]
    waits: list[float] = []
    stop = threading.Event()
    written = [0]
    writer = threading.Thread(target=_write, args=(organization.pk, others, stop, written))
    with _engine():
        writer.start()
        try:
            end = time.monotonic() + SECONDS
            turn = 0
            while time.monotonic() < end:
                waits.append(_turned(organization.pk, canaries[turn % CANARIES], detractors, turn))
                turn += 1
        finally:
            stop.set()
            writer.join()
    waits.sort()
    p99 = waits[min(len(waits) - 1, int(0.99 * len(waits)))]
    yield Ratio(
        "segment membership after a change, p99",
        p99,
        target=5,
        moonshot=1,
        unit=" s",
        note=f"{len(waits)} changes waited for, median {waits[len(waits) // 2]:.2f} s, longest {waits[-1]:.2f} s,"
        f" while {written[0] / SECONDS:,.0f} customers a second changed",
    )


def _turned(organization_id: int, customer: int, segment: int, turn: int) -> float:
    """Make somebody a detractor, or a promoter again; seconds from the commit until it is written down."""
    from django.utils import timezone

    from accounts.tenancy.context import acting_for
    from segments.models import Customer, SegmentStay

    with acting_for(organization_id):
        one = Customer.objects.get(pk=customer)
        unhappy = (one.last_score or 0) > 6
        Customer.objects.filter(pk=customer).update(
            last_score=1 if unhappy else 10, last_responded_at=timezone.now()
        )
    began = time.monotonic()
    while time.monotonic() - began < 60:
        with acting_for(organization_id):
            stays = SegmentStay.objects.open().filter(customer_id=customer, segment_id=segment)
            if stays.exists() == unhappy:
                return time.monotonic() - began
        time.sleep(0.02)
    raise RuntimeError("a change was not worked in within a minute")


def _write(organization_id: int, ids: list[int], stop: threading.Event, written: list[int]) -> None:
    from django.db import connection
    from django.utils import timezone

    from accounts.tenancy.context import acting_for
    from segments.models import Customer

    chance = random.Random(11)
    began = time.monotonic()
    while not stop.is_set():
        with acting_for(organization_id):
            Customer.objects.filter(pk__in=chance.sample(ids, BATCH)).update(
                last_score=chance.randint(0, 10), last_responded_at=timezone.now()
            )
        written[0] += BATCH
        ahead = written[0] / PER_SECOND - (time.monotonic() - began)
        if ahead > 0:
            stop.wait(ahead)
    connection.close()


@contextmanager
def _engine() -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "engine", "--alone"], env=dict(os.environ), stdout=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)
