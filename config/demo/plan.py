"""The shapes of an invented world, before any of it is stored: no database, no clock."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from math import log
from random import Random
from typing import Any


@dataclass(frozen=True)
class PlannedAttribute:
    """An attribute that the business declares; kind is one of segments' attribute kinds."""

    key: str
    label: str
    kind: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlannedCompany:
    """A business customer and its attributes; key is its external id."""

    key: str
    name: str
    attributes: dict[str, Any]
    revenue: int | None = None
    renewal: date | None = None
    # The address of the colleague who answers for it.
    owner: str | None = None
    industry: str = ""


@dataclass(frozen=True)
class PlannedCustomer:
    """A person; key is the external id, unit and company are named by name and key."""

    key: str
    name: str
    email: str
    phone: str
    locale: str
    unit: str | None
    company: str | None
    panel: int
    since: datetime
    attributes: dict[str, Any]
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlannedEvent:
    """Something a customer did: amount in the organization's currency, or None."""

    customer: str
    name: str
    at: datetime
    amount: Decimal | None = None
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PlannedFeature:
    """What the business calls a feature: the event that tells of its use, the property and value that say which."""

    name: str
    event: str
    property: str
    value: str
    silent_days: int = 30


@dataclass(frozen=True)
class PlannedAnswer:
    """What somebody answered: score 0 to 10, comment maybe empty."""

    customer: str
    wave: int
    at: datetime
    score: int
    comment: str


@dataclass(frozen=True)
class PlannedWave:
    """One distribution in the past: who was asked (a panel of the customers) and when."""

    number: int
    at: datetime
    panel: int


@dataclass(frozen=True)
class PlannedSurvey:
    """A survey beside the first, at another touchpoint: those of a panel are asked whose attribute has this value."""

    touchpoint: str
    name: str
    question: str
    attribute: str
    value: str
    waves: tuple[PlannedWave, ...]
    answers: tuple[PlannedAnswer, ...]


@dataclass(frozen=True)
class World:
    """One invented organization with all that happened to it."""

    slug: str
    name: str
    time_zone: str
    currency: str
    postal_address: str
    brand_colour: str
    touchpoint: str
    survey_name: str
    question: str
    units: tuple[tuple[str, str | None], ...]
    attributes: tuple[PlannedAttribute, ...]
    companies: tuple[PlannedCompany, ...]
    customers: tuple[PlannedCustomer, ...]
    events: tuple[PlannedEvent, ...]
    waves: tuple[PlannedWave, ...]
    answers: tuple[PlannedAnswer, ...]
    # Starter themes that it began with.
    themes: tuple[str, ...] = ()
    features: tuple[PlannedFeature, ...] = ()
    second: PlannedSurvey | None = None


# Where a standard logistic draw is cut into 0..10; without any lean about 18 % detractors, 28 % passives
# and 54 % promoters come out, the middle of what shops report.
CUTS = (-4.2, -3.75, -3.2, -2.75, -2.35, -1.95, -1.5, -0.85, -0.15, 0.85)


def draw_score(random: Random, lean: float) -> int:
    """A score 0..10 of an ordered-logit person; lean moves them on the logit scale (0 = the average)."""
    u = min(max(random.random(), 1e-9), 1 - 1e-9)
    latent = lean + log(u / (1 - u))
    return sum(latent > cut for cut in CUTS)
