"""Writing down who entered and who left segments, and telling of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from accounts.recording import record_many
from accounts.tenancy.context import current_organization_id
from segments import compiling
from segments.catalog import Asked
from segments.depending import Depending
from segments.models import Customer, SegmentStay
from segments.models.membership import MOVES

Place = tuple[int, int]
"""(customer, segment)"""

ENTERED, LEFT = "customer.entered", "customer.left"
COMING_IN = timedelta(minutes=10)
"""How long a batch of an import may take from noting the time to being read here, at the very most."""


def these(ids: Sequence[int]) -> RawSQL:
    """A list of numbers as one parameter, however many they are."""
    return RawSQL("SELECT unnest(%s::bigint[])", [list(ids)])


def found_in(ids: Sequence[int], segments: Sequence[Depending], asked: Asked) -> set[Place]:
    """Who of these people is in which of these segments by the facts, in one statement.

    Raises compiling.Unanswerable, and TooSlow within compiling.patience.
    """
    bounded = Asked(asked.organization, asked.now, people=Q(customer_id__in=these(ids)))
    flags = {}
    for one in segments:
        holds = one.holds(bounded)
        flags[f"in_{one.segment.pk}"] = (
            Case(When(holds, then=Value(True)), default=Value(False)) if holds else Value(True)
        )
    people = compiling.everybody(bounded).filter(pk__in=these(ids)).order_by().annotate(**flags)
    return {
        (pk, one.segment.pk)
        for pk, *answers in people.values_list("pk", *flags)
        for one, inside in zip(segments, answers, strict=True)
        if inside
    }


def kept_of(ids: Sequence[int], segments: Sequence[Depending]) -> set[Place]:
    """Who of these people is in which of these segments as it is written down."""
    stays = SegmentStay.objects.open().filter(
        customer_id__in=these(ids), segment_id__in=[one.segment.pk for one in segments]
    )
    return set(stays.order_by().values_list("customer_id", "segment_id"))


def write(entered: set[Place], left: set[Place], *, at: datetime, why: str, known_before: datetime) -> None:
    """Write the moves and record the news of them. People who came by an import and were in no segment yet are
    in their first ones without a word: a file wakes nobody. `known_before` is when the last turn looked.
    """
    heard = _without_newcomers(entered, known_before) if why in MOVES else set()
    _leave(left, at, why)
    SegmentStay.objects.bulk_create(
        [
            SegmentStay(customer_id=customer, segment_id=segment, entered_at=at, entered_why=why)
            for customer, segment in sorted(entered)
        ],
        batch_size=2_000,
    )
    if why in MOVES:
        _tell(ENTERED, heard, at)
        _tell(LEFT, left, at)


def settle_whole(one: Depending, asked: Asked, *, why: str) -> int:
    """Ask everybody at once and write the difference; for rules in which one's place depends on all the others.

    Returns how many moved. Raises compiling.Unanswerable, and TooSlow within compiling.patience.
    """
    holds = one.holds(asked)
    found = set(compiling.everybody(asked).filter(holds).order_by().values_list("pk", flat=True))
    pk = one.segment.pk
    kept = set(SegmentStay.objects.open().filter(segment_id=pk).values_list("customer_id", flat=True))
    entered, left = {(each, pk) for each in found - kept}, {(each, pk) for each in kept - found}
    write(entered, left, at=asked.now, why=why, known_before=asked.now)
    return len(entered) + len(left)


def _leave(left: Iterable[Place], at: datetime, why: str) -> None:
    places = sorted(left)
    if not places:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE segments_segmentstay s SET left_at = greatest(%s, s.entered_at), left_why = %s"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS w(customer, segment)"
            " WHERE s.organization_id = %s AND s.customer_id = w.customer AND s.segment_id = w.segment"
            " AND s.left_at IS NULL",
            [at, why, [one for one, _ in places], [one for _, one in places], current_organization_id()],
        )


def _without_newcomers(entered: set[Place], known_before: datetime) -> set[Place]:
    people = {customer for customer, _segment in entered}
    if not people:
        return set()
    before = SegmentStay.objects.filter(customer_id=OuterRef("pk"))
    new: QuerySet = Customer.objects.filter(
        ~Exists(before),
        pk__in=these(sorted(people)),
        source__startswith="import:",
        recorded_at__gte=known_before - COMING_IN,
    )
    quiet = set(new.values_list("pk", flat=True))
    return {place for place in entered if place[0] not in quiet}


def _tell(news: str, places: set[Place], at: datetime) -> None:
    by_segment: dict[int, list[int]] = {}
    for customer, segment in sorted(places):
        by_segment.setdefault(segment, []).append(customer)
    for segment, people in by_segment.items():
        record_many(news, [Customer(pk=pk) for pk in people], at=at, segment=segment)
