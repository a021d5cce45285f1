"""Northbeam Ledger: an invented firm that sells bookkeeping software to other firms."""

from datetime import datetime, timedelta
from random import Random

from config.demo import people, planted, words
from config.demo.plan import (
    PlannedAnswer,
    PlannedAttribute,
    PlannedCompany,
    PlannedCustomer,
    PlannedEvent,
    PlannedFeature,
    PlannedWave,
    World,
    draw_score,
)

REGIONS = ("Nordics", "Benelux", "Iberia", "Ireland")
SEATS = {"starter": (2, 9), "team": (8, 60), "enterprise": (50, 600)}
PRICES = {"starter": 19, "team": 29, "enterprise": 39}
TRADES = (
    "Bakeries",
    "Boatworks",
    "Builders",
    "Cinemas",
    "Clinics",
    "Couriers",
    "Dairies",
    "Foundry",
    "Freight",
    "Gardens",
    "Glassworks",
    "Hotels",
    "Joinery",
    "Labs",
    "Logistics",
    "Mills",
    "Optics",
    "Orchards",
    "Printers",
    "Schools",
    "Solar",
    "Studios",
    "Tools",
    "Trams",
    "Vets",
    "Wines",
)
OWNERS = ("owen@northbeam.example", "mei@northbeam.example", "alice@harbour-vale.example")
ATTRIBUTES = (
    PlannedAttribute("plan", "Plan", "choice", ("starter", "team", "enterprise")),
    PlannedAttribute("region", "Region", "choice", REGIONS),
    PlannedAttribute("seats", "Seats", "number"),
    PlannedAttribute("automations", "Uses automations", "yes_no"),
    PlannedAttribute("customer_since", "Customer since", "date"),
    PlannedAttribute("panel", "Asked in month", "choice", ("1", "2", "3")),
)

FEATURES = (
    PlannedFeature("Automations", "feature used", "feature", "automation run"),
    PlannedFeature("Ledger", "feature used", "feature", "ledger opened"),
    PlannedFeature("Reports", "feature used", "feature", "report exported"),
)


def plan(*, seed: int, now: datetime, companies: int = 150, months: int = 14) -> World:
    """The whole world of the software firm up to now, the same for the same seed and day."""
    random = Random(seed)
    firms = _companies(random, companies, now)
    persons = [
        _person(random, f"NB-{2_000 + number}-{seat}", firm, now, number * 7 + seat)
        for number, firm in enumerate(firms)
        for seat in range(random.choice((2, 3, 3, 4, 5)))
    ]
    events = [event for person in persons for event in _usage(random, person, now)]
    waves = tuple(
        PlannedWave(number, now - timedelta(days=30 * (months - 1 - number) + 9, hours=7), number % 3 + 1)
        for number in range(months)
    )
    answers = [
        answer
        for wave in waves
        for person in persons
        if person.panel == wave.panel and person.since < wave.at
        for answer in _answer(random, person, wave, now)
    ]
    return World(
        slug="northbeam",
        name="Northbeam Ledger",
        time_zone="Europe/Dublin",
        currency="EUR",
        postal_address="Northbeam Ledger (invented), 2 Example Street, Exampleton",
        brand_colour="#1F4E79",
        touchpoint="relationship",
        survey_name="How are we doing",
        question="How likely are you to recommend Northbeam Ledger to a colleague?",
        units=tuple((region, None) for region in REGIONS),
        attributes=ATTRIBUTES,
        companies=tuple(firms),
        themes=("setup", "automation", "support", "price", "reports", "speed", "ease"),
        customers=tuple(persons),
        events=tuple(events),
        waves=waves,
        answers=tuple(answers),
        features=FEATURES,
    )


def _companies(random: Random, number: int, now: datetime) -> list[PlannedCompany]:
    """So many firms, each with a name of its own."""
    firms: dict[str, PlannedCompany] = {}
    while len(firms) < number:
        firm = _company(random, len(firms), now)
        firms.setdefault(firm.name, firm)
    return list(firms.values())


def _company(random: Random, number: int, now: datetime) -> PlannedCompany:
    tier = random.choices(("starter", "team", "enterprise"), (45, 40, 15))[0]
    seats = random.randint(*SEATS[tier])
    since = now - timedelta(days=random.choice((random.randint(10, 120), random.randint(60, 1_300))))
    renewal = since
    while renewal < now:
        renewal += timedelta(days=365)
    family, trade = random.choice(people.LAST), random.choice(TRADES)
    return PlannedCompany(
        key=f"NB-{2_000 + number}",
        name=f"{family} {trade}",
        attributes={
            "plan": tier,
            "region": random.choice(REGIONS),
            "seats": seats,
            "customer_since": since.date().isoformat(),
        },
        revenue=seats * PRICES[tier] * 12,
        renewal=renewal.date(),
        # Every seventh is nobody's yet.
        owner=OWNERS[number % 3] if number % 7 else None,
        industry=trade,
    )


def _person(random: Random, key: str, firm: PlannedCompany, now: datetime, number: int) -> PlannedCustomer:
    name = people.full_name(random)
    role = random.choices(("decides", "uses", "pays"), (22, 60, 18))[0]
    # In small firms whoever decides pays as well.
    roles = (role, "pays") if role == "decides" and firm.attributes["plan"] == "starter" else (role,)
    since = datetime.fromisoformat(firm.attributes["customer_since"]).replace(tzinfo=now.tzinfo)
    return PlannedCustomer(
        key=key,
        name=name,
        email=people.address(name, number, "firms.example"),
        phone="",
        locale="en",
        unit=firm.attributes["region"],
        company=firm.name,
        panel=number % 3 + 1,
        since=since,
        roles=roles,
        attributes={
            **firm.attributes,
            "automations": random.random() < 0.4,
            "panel": str(number % 3 + 1),
        },
    )


def _usage(random: Random, person: PlannedCustomer, now: datetime) -> list[PlannedEvent]:
    features = ["ledger opened", "report exported"] + (
        ["automation run"] if person.attributes["automations"] else []
    )
    events = []
    for _ in range(random.randint(2, 9)):
        at = now - timedelta(days=random.expovariate(1 / 60), hours=random.randint(0, 9))
        if at > person.since:
            events.append(
                PlannedEvent(person.key, "feature used", at, None, {"feature": random.choice(features)})
            )
    if random.random() < 0.18 and person.since < now - timedelta(days=30):
        at = now - timedelta(days=random.randint(1, 29))
        events.append(PlannedEvent(person.key, "ticket closed", at, None, {"days": random.randint(1, 12)}))
    return events


def _answer(random: Random, person: PlannedCustomer, wave: PlannedWave, now: datetime) -> list[PlannedAnswer]:
    if random.random() > 0.36:
        return []
    at = wave.at + timedelta(hours=random.expovariate(1 / 30), minutes=random.randint(1, 59))
    if at >= now:
        return []
    lean, theme = 0.0, None
    if at - person.since < timedelta(days=90):
        lean += planted.ONBOARDING.lean
        theme = "setup" if random.random() < 0.7 else None
    if person.attributes["automations"]:
        lean += planted.AUTOMATIONS.lean
        theme = theme or ("automations" if random.random() < 0.4 else None)
    if person.attributes["plan"] == "starter":
        lean += planted.PRICE_STARTER.lean
        theme = theme or ("price" if random.random() < 0.3 else None)
    score = draw_score(random, lean)
    category = "detractor" if score <= 6 else "passive" if score <= 8 else "promoter"
    said = random.random() < {"detractor": 0.8, "passive": 0.52, "promoter": 0.55}[category]
    text = words.comment(random, words.SOFTWARE, category, theme) if said else ""
    return [PlannedAnswer(person.key, wave.number, at, score, text)]
