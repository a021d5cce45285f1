"""How a company stands: the score over its contacts, and who of them was asked. An upper app knows; this is the shape.

config/sockets.py, COMPANY_ANSWERS, names CompanyAnswers objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.acting import Actor
from accounts.sockets import plugged


@dataclass(frozen=True)
class Standing:
    """Of the contacts of one company whom the reader may see. Score and interval in points, None where unknown.

    Everybody is in one of `answered`, `silent` (asked, without an answer) and `never` (not asked). `n` counts the
    contacts whose last answer is in the score.
    """

    people: int = 0
    answered: int = 0
    silent: int = 0
    never: int = 0
    detractors: int = 0
    passives: int = 0
    promoters: int = 0
    hidden: bool = False
    score: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def n(self) -> int:
        return self.detractors + self.passives + self.promoters


@dataclass(frozen=True)
class CompanyAnswers:
    """`standing(companies, actor)`: one Standing per company with contacts; `asked(customers)`: when each was
    asked last."""

    standing: Callable[[Sequence[int], Actor], dict[int, Standing]]
    asked: Callable[[Iterable[int]], dict[int, datetime]]


def standing_of(company_ids: Sequence[int], actor: Actor) -> dict[int, Standing]:
    """Standing of each of these companies; nobody's is empty."""
    found: dict[int, Standing] = {}
    for answers in plugged("COMPANY_ANSWERS"):
        found |= answers.standing(company_ids, actor)
    return {pk: found.get(pk, Standing()) for pk in company_ids}


def last_asked(customer_ids: Iterable[int]) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for answers in plugged("COMPANY_ANSWERS"):
        found |= answers.asked(customer_ids)
    return found
