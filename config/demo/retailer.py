"""Harbour & Vale: an invented shop for the home, with six stores and a web shop."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from config.demo import people, planted, words
from config.demo.plan import (
    PlannedAnswer,
    PlannedAttribute,
    PlannedCustomer,
    PlannedEvent,
    PlannedFeature,
    PlannedSurvey,
    PlannedWave,
    World,
    draw_score,
)

CITY = ("Old Market", "Riverside", "Station Quarter")
COUNTRY = ("Hillcrest", "Meadow Park", "Lakeside")
WEB = "Web shop"
UNITS = (
    ("City", None),
    *((name, "City") for name in CITY),
    ("Country", None),
    *((name, "Country") for name in COUNTRY),
    (WEB, None),
)
STORE_WEIGHTS = {"Old Market": 17, "Riverside": 14, "Station Quarter": 12, "Hillcrest": 13, "Meadow Park": 12,
                 "Lakeside": 9, WEB: 23}  # fmt: skip
ATTRIBUTES = (
    PlannedAttribute("store", "Store", "choice", (*CITY, *COUNTRY, WEB)),
    PlannedAttribute("loyalty_card", "Loyalty card", "choice", ("none", "silver", "gold")),
    PlannedAttribute(
        "favourite_range", "Favourite range", "choice", ("Furniture", "Lighting", "Kitchen", "Textiles")
    ),
    PlannedAttribute("age_band", "Age band", "choice", ("18-29", "30-44", "45-59", "60+")),
    PlannedAttribute("newsletter", "Newsletter", "yes_no"),
    PlannedAttribute("first_purchase", "First purchase", "date"),
    PlannedAttribute("orders", "Orders", "number"),
    PlannedAttribute("spent", "Spent so far", "money"),
    PlannedAttribute("panel", "Asked in month", "choice", ("1", "2", "3")),
)
PRODUCTS = (
    ("Oak table", 640, "Furniture"),
    ("Reading chair", 420, "Furniture"),
    ("Shelf", 180, "Furniture"),
    ("Brass lamp", 129, "Lighting"),
    ("Paper lantern", 39, "Lighting"),
    ("Desk lamp", 89, "Lighting"),
    ("Cast-iron pan", 74, "Kitchen"),
    ("Set of six bowls", 54, "Kitchen"),
    ("Bread knife", 48, "Kitchen"),
    ("Linen curtain", 95, "Textiles"),
    ("Wool blanket", 120, "Textiles"),
    ("Bath towels", 36, "Textiles"),
)

FEATURES = (
    PlannedFeature("Store finder", "app used", "function", "store finder", 60),
    PlannedFeature("Wish list", "app used", "function", "wish list", 60),
    PlannedFeature("Scan and go", "app used", "function", "scan and go", 60),
)


def plan(*, seed: int, now: datetime, customers: int = 1_650, months: int = 14) -> World:
    """The whole world of the shop up to now, the same for the same seed and day."""
    random = Random(seed)
    waves = tuple(
        PlannedWave(number, now - timedelta(days=30 * (months - 1 - number) + 4, hours=5), number % 3 + 1)
        for number in range(months)
    )
    second_queue_opened = now - timedelta(days=planted.SECOND_QUEUE_DAYS)
    bought: list[PlannedEvent] = []
    persons: list[PlannedCustomer] = []
    late: dict[str, datetime] = {}
    for number in range(customers):
        person = _person(random, number, now)
        orders = _orders(random, person, now, late)
        bought += orders
        persons.append(_with_totals(person, orders))
    answers = [
        answer
        for wave in waves
        for person in persons
        if person.panel == wave.panel and person.since < wave.at
        for answer in _answer(random, person, wave, now, second_queue_opened, late)
    ]
    return World(
        slug="harbour-vale",
        name="Harbour & Vale",
        time_zone="Europe/Amsterdam",
        currency="EUR",
        postal_address="Harbour & Vale (invented), 1 Example Quay, Exampleton",
        brand_colour="#4A2545",
        touchpoint="purchase",
        survey_name="After purchase",
        question="How likely are you to recommend Harbour & Vale to a friend?",
        units=UNITS,
        attributes=ATTRIBUTES,
        companies=(),
        themes=("waiting", "staff", "delivery", "packaging", "range", "price", "quality", "app"),
        customers=tuple(persons),
        events=(*bought, *_in_the_app(Random(f"{seed} in the app"), persons, now)),
        waves=waves,
        answers=tuple(answers),
        features=FEATURES,
        second=_after_delivery(Random(f"{seed} after delivery"), persons, waves, now, late),
    )


def _person(random: Random, number: int, now: datetime) -> PlannedCustomer:
    name = people.full_name(random)
    store = random.choices(list(STORE_WEIGHTS), list(STORE_WEIGHTS.values()))[0]
    since = now - timedelta(days=random.randint(20, 1_500), hours=random.randint(0, 20))
    return PlannedCustomer(
        key=f"HV-{10_000 + number}",
        name=name,
        email=people.address(name, number, "customers.example"),
        phone=f"+3161{number:07d}" if random.random() < 0.6 else "",
        locale="en",
        unit=store,
        company=None,
        panel=number % 3 + 1,
        since=since,
        attributes={
            "store": store,
            "loyalty_card": random.choices(("none", "silver", "gold"), (55, 28, 17))[0],
            "favourite_range": random.choice(("Furniture", "Lighting", "Kitchen", "Textiles")),
            "age_band": random.choices(("18-29", "30-44", "45-59", "60+"), (18, 34, 30, 18))[0],
            "newsletter": random.random() < 0.45,
            "first_purchase": since.date().isoformat(),
            "panel": str(number % 3 + 1),
        },
    )


def _orders(
    random: Random, person: PlannedCustomer, now: datetime, late: dict[str, datetime]
) -> list[PlannedEvent]:
    pace = {"none": 290, "silver": 170, "gold": 95}[person.attributes["loyalty_card"]]
    at = person.since
    events = []
    while at < now:
        product, price, _range = random.choice(PRODUCTS)
        events.append(
            PlannedEvent(
                person.key,
                "order placed",
                at,
                Decimal(price * random.choice((1, 1, 1, 2))),
                {"product": product, "store": person.unit},
            )
        )
        if person.unit == WEB and random.random() < 0.22 and at + timedelta(days=9) < now:
            late[person.key] = at
            events.append(
                PlannedEvent(person.key, "delivery late", at + timedelta(days=9), None, {"product": product})
            )
        at += timedelta(days=max(6, random.expovariate(1 / pace)), hours=random.randint(0, 9))
    return events


def _in_the_app(random: Random, persons: list[PlannedCustomer], now: datetime) -> list[PlannedEvent]:
    """What four in ten do in the shop's app: most look up stores, fewer keep a wish list, and some stop altogether.

    It goes with no score: who uses what is drawn without a look at how happy they are.
    """
    events = []
    for person in persons:
        if random.random() > 0.4:
            continue
        silent = random.choice((0, 0, 0, random.randint(45, 300)))
        for function, chance in (("store finder", 0.8), ("wish list", 0.45), ("scan and go", 0.12)):
            if random.random() > chance:
                continue
            for _turn in range(random.randint(1, 5)):
                at = now - timedelta(days=silent + random.expovariate(1 / 30), hours=random.randint(1, 9))
                if at > person.since:
                    events.append(PlannedEvent(person.key, "app used", at, None, {"function": function}))
    return events


def _after_delivery(
    random: Random,
    persons: list[PlannedCustomer],
    purchases: Sequence[PlannedWave],
    now: datetime,
    late: dict[str, datetime],
) -> PlannedSurvey:
    """Who buys in the web shop is asked about the delivery too, half-way between two questions after a purchase."""
    waves = tuple(
        PlannedWave(1_000 + wave.number, wave.at + timedelta(days=45), wave.panel)
        for wave in purchases
        if now - timedelta(days=330) < wave.at + timedelta(days=45) < now - timedelta(days=2)
    )
    answers = []
    for wave in waves:
        for person in persons:
            if person.panel != wave.panel or person.unit != WEB or person.since >= wave.at:
                continue
            at = wave.at + timedelta(hours=random.expovariate(1 / 26), minutes=random.randint(1, 59))
            if random.random() > 0.3 or at >= now:
                continue
            ordered = late.get(person.key)
            waited = ordered is not None and timedelta(0) < at - ordered < timedelta(days=120)
            score = draw_score(random, planted.LATE_DELIVERY.lean if waited else 0.0)
            category = "detractor" if score <= 6 else "passive" if score <= 8 else "promoter"
            said = random.random() < 0.55
            text = (
                words.comment(random, words.RETAIL, category, "delivery" if waited else None) if said else ""
            )
            answers.append(PlannedAnswer(person.key, wave.number, at, score, text))
    return PlannedSurvey(
        touchpoint="delivery",
        name="After delivery",
        question="After this delivery, how likely are you to recommend Harbour & Vale to a friend?",
        attribute="store",
        value=WEB,
        waves=waves,
        answers=tuple(answers),
    )


def _with_totals(person: PlannedCustomer, events: list[PlannedEvent]) -> PlannedCustomer:
    paid = [event.amount for event in events if event.amount is not None]
    person.attributes["orders"] = len(paid)
    person.attributes["spent"] = int(sum(paid, Decimal(0)))
    return person


def _answer(
    random: Random,
    person: PlannedCustomer,
    wave: PlannedWave,
    now: datetime,
    second_queue_opened: datetime,
    late: dict[str, datetime],
) -> list[PlannedAnswer]:
    if random.random() > 0.30:
        return []
    at = wave.at + timedelta(hours=random.expovariate(1 / 26), minutes=random.randint(1, 59))
    if at >= now:
        return []
    lean, theme = 0.0, None
    if person.unit in CITY:
        opened = at > second_queue_opened
        lean += planted.QUEUE_CITY.lean * (0.5 if opened else 1.0)
        theme = "queue" if random.random() < (0.35 if opened else 0.7) else None
    if person.attributes["loyalty_card"] == "gold":
        lean += planted.GOLD_CARD.lean
    ordered = late.get(person.key)
    if ordered is not None and timedelta(0) < at - ordered < timedelta(days=120):
        lean += planted.LATE_DELIVERY.lean
        theme = "delivery"
    score = draw_score(random, lean)
    category = "detractor" if score <= 6 else "passive" if score <= 8 else "promoter"
    said = random.random() < {"detractor": 0.78, "passive": 0.5, "promoter": 0.58}[category]
    text = words.comment(random, words.RETAIL, category, theme) if said else ""
    return [PlannedAnswer(person.key, wave.number, at, score, text)]
