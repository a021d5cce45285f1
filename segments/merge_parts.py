"""What an app adds when two records of one person become one (config/sockets.py, MERGING)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.sockets import plugged
from segments.models import Consent


@dataclass(frozen=True)
class Overwrite:
    """A row to change so that it can be the survivor's: its model's label, its number, field -> new value."""

    label: str
    pk: int
    values: Mapping[str, Any]


def _nothing(survivor_id: int, absorbed_id: int) -> list[Overwrite]:
    return []


def _no_scores(customer_id: int) -> list[int]:
    return []


@dataclass(frozen=True)
class Part:
    """What an app adds to a merge.

    `prepare(survivor_id, absorbed_id)` says what has to be written over before the rows move; `scores(customer_id)`
    gives the scores of a customer, newest first; `counted` is what the page tells will move: model label -> noun.
    """

    prepare: Callable[[int, int], list[Overwrite]] = _nothing
    scores: Callable[[int], list[int]] = _no_scores
    counted: Mapping[str, str | Promise] | None = None


def _consents(survivor_id: int, absorbed_id: int) -> list[Overwrite]:
    """Where both have a word on the same channel and purpose, a no is kept: merging is our deed, not theirs."""
    mine = {(one.channel, one.purpose): one for one in Consent.objects.of(survivor_id)}
    refused = Consent.objects.of(absorbed_id).filter(allowed=False)
    return [
        Overwrite(
            "segments.Consent",
            own.pk,
            {"allowed": False, "source": one.source, "evidence": one.evidence, "at": one.at},
        )
        for one in refused
        if (own := mine.get((one.channel, one.purpose))) is not None and own.allowed
    ]


def every_part() -> list[Part]:
    return list(plugged("MERGING"))


def newest_scores(customer_id: int) -> list[int]:
    """The latest scores of a customer, newest first, of the app that knows them."""
    return next((found for part in every_part() if (found := part.scores(customer_id))), [])


PART = Part(
    prepare=_consents,
    counted={
        "segments.CustomerKey": gettext_lazy("keys"),
        "segments.CustomerEvent": gettext_lazy("events"),
        "segments.ConsentChange": gettext_lazy("words on consent"),
    },
)
