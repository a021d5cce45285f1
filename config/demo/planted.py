"""What is planted in the demo world, and what is not: the insight pages must find the first only.

Effects are in logits of the ordered-logit person in plan.py: -1 moves a shop at +36 to about -10.
docs/demo.md is written from this table.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Planted:
    """One planted effect, or with lean 0 one planted null."""

    world: str
    where: str
    lean: float
    why: str


QUEUE_CITY = Planted(
    "retailer",
    "city stores (Old Market, Riverside, Station Quarter)",
    -0.95,
    "long queues at the tills, said in the comments; half of it goes away seven months ago, when a second "
    "queue is opened",
)
SECOND_QUEUE_DAYS = 213  # before today; a note on the line says so
GOLD_CARD = Planted("retailer", "loyalty card: gold", 0.65, "regulars who are known by name")
LATE_DELIVERY = Planted("retailer", "last order delivered late", -1.1, "said in the comments")
NO_RANGE = Planted("retailer", "favourite range", 0.0, "a null: tables and lamps please alike")
NO_NEWSLETTER = Planted("retailer", "newsletter", 0.0, "a null: reading it changes nothing")
NO_AGE = Planted("retailer", "age band", 0.0, "a null")
NO_APP = Planted("retailer", "functions of the app", 0.0, "a null: who uses them is as happy as who does not")

ONBOARDING = Planted("software", "journey: first 90 days", -0.9, "setting up takes too long, said so")
AUTOMATIONS = Planted("software", "uses automations", 0.8, "the feature that saves people time")
PRICE_STARTER = Planted("software", "plan: starter", -0.35, "feels the price; small, often missed")
NO_REGION = Planted("software", "region", 0.0, "a null")
NO_SEATS = Planted("software", "number of seats", 0.0, "a null")

ALL = (
    QUEUE_CITY,
    GOLD_CARD,
    LATE_DELIVERY,
    NO_RANGE,
    NO_NEWSLETTER,
    NO_AGE,
    NO_APP,
    ONBOARDING,
    AUTOMATIONS,
    PRICE_STARTER,
    NO_REGION,
    NO_SEATS,
)
