"""What answers leave on a customer, of one person out of two records and of two out of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from segments.models import Category

# What answers leave on a customer; it follows from the answers of both and is chosen by nobody.
LATEST = (
    "last_score",
    "last_category",
    "previous_score",
    "previous_category",
    "last_responded_at",
    "last_channel",
    "last_touchpoint",
    "last_response_id",
    "answer_count",
)


def combined(
    mine: Mapping[str, Any], theirs: Mapping[str, Any], scores: Iterable[int] = ()
) -> dict[str, Any]:
    """The latest facts of one person out of those of two records; `scores`, newest first, if anybody knows them."""
    known = [facts for facts in (mine, theirs) if facts["last_responded_at"] is not None]
    known.sort(key=lambda facts: facts["last_responded_at"], reverse=True)
    found = dict(known[0] if known else mine)
    found["answer_count"] = mine["answer_count"] + theirs["answer_count"]
    if len(known) == 2:
        newest = list(scores)
        previous = newest[1] if len(newest) > 1 else None
        if previous is None and found["previous_score"] is None:
            previous = known[1]["last_score"]
        if previous is not None:
            found["previous_score"] = previous
            found["previous_category"] = str(Category.of(previous))
    return found


def without(
    before: Mapping[str, Any], after: Mapping[str, Any], now: Mapping[str, Any], scores: list[int]
) -> dict[str, Any]:
    """The survivor's latest facts without the other's: as before, or with what came in since."""
    if now == after:
        return dict(before)
    answered_since = now["last_response_id"] != after["last_response_id"]
    if not answered_since and now["last_response_id"] != before["last_response_id"]:
        return dict(before)
    found = dict(now)
    found["answer_count"] = before["answer_count"] + now["answer_count"] - after["answer_count"]
    previous = scores[1] if len(scores) > 1 else before["last_score"] if answered_since else None
    found["previous_score"] = previous
    found["previous_category"] = str(Category.of(previous)) if previous is not None else ""
    return found
