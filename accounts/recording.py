"""Recording news: a row in the same transaction as the fact it tells of."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from accounts import doorbells
from accounts.models.news import News
from accounts.news_catalog import checked
from accounts.sockets import listeners
from accounts.tenancy.context import current_organization_id

_quiet: ContextVar[bool] = ContextVar("loopwell_quiet", default=False)


@contextmanager
def quietly() -> Iterator[None]:
    """Within this block news is kept and calls nobody: for building a past, such as the demo world's."""
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)


def record(
    news: str, subject: models.Model, *, at: datetime | None = None, wake: bool = True, **facts: Any
) -> News:
    """Record that something happened to `subject`; its listeners hear of it after the commit.

    `facts` are ids, instants, counts, flags and our own words, as the catalog declares them (a fact that is
    None is left out). `at` is when it happened, now by default. `wake=False` keeps the row and calls nobody:
    for imported, back-filled and test rows. Hold the lock on the subject's row, or have just made it: that is
    what keeps its news in order. Raises WrongFacts.
    """
    return record_many(news, [subject], at=at, wake=wake, **facts)[0]


def record_many(
    news: str,
    subjects: list[models.Model],
    *,
    at: datetime | None = None,
    wake: bool = True,
    **facts: Any,
) -> list[News]:
    """The same news, with the same facts, about each of several subjects, in one statement."""
    kind, written = checked(news, facts)
    now = timezone.now()
    woken = wake and will_wake(news)
    rows = News.objects.bulk_create(
        [
            News(
                name=kind.name,
                version=kind.version,
                subject_kind=subject._meta.model_name or "",
                subject_id=subject.pk,
                facts=written,
                at=at or now,
                recorded_at=now,
                due_at=now,
                lane=lane_of(subject._meta.model_name or "", subject.pk),
                settled_at=None if woken else now,
            )
            for subject in subjects
        ]
    )
    if woken and rows:
        doorbells.ring(current_organization_id())
    return rows


def will_wake(news: str) -> bool:
    """Whether news recorded here and now would be told to anybody."""
    return not _quiet.get() and bool(listeners(news))


def lane_of(subject_kind: str, subject_id: int) -> int:
    """The lane in which all news of a subject travel, in [0, News.LANES)."""
    return zlib.crc32(f"{subject_kind}:{subject_id}".encode()) % News.LANES
