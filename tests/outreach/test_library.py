"""The library of ready segments, and the words of rules: over REST, who fits is found and who nearly fits is not.

Here and not among the tests of segments, because some words come from the apps above.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts import opaque
from accounts.tenancy.context import acting_for
from outreach import caring
from segments import consenting, staging, timeline
from segments.models import Contact, Customer
from tests.factories.segments import AttributeFactory, CompanyFactory, CustomerFactory
from tests.factories.surveys import respond, system

ORDER = "order placed"
NOW = timezone.now()


def ago(days: float) -> dt.datetime:
    return NOW - dt.timedelta(days=days)


def person(
    score: int | None = None,
    before: int | None = None,
    *,
    since: float = 400,
    answered: float = 5,
    **more: Any,
) -> Customer:
    """Somebody with a last score and one before, a customer for `since` days, who answered so many days ago."""
    facts: dict[str, Any] = {"created_at": ago(since)}
    if score is not None:
        facts |= {
            "last_score": score,
            "previous_score": before,
            "last_responded_at": ago(answered),
            "answer_count": 1 + (before is not None),
        }
    made = CustomerFactory(**{**facts, **more})
    Customer.objects.filter(pk=made.pk).update(created_at=facts["created_at"])  # the column sets itself
    return made


def did(event: str, /, *days: float, amount: int | None = None, **properties: str) -> Customer:
    """A new person to whom this happened so many days ago, each."""
    made = person()
    happened(made, event, *days, amount=amount, **properties)
    return made


def happened(
    customer: Customer, event: str, /, *days: float, amount: int | None = None, **properties: str
) -> Customer:
    for each in days:
        timeline.append(
            customer, event, ago(each), amount=amount, currency="GBP" if amount else "", properties=properties
        )
    return customer


def told(words: str) -> Customer:
    made = person()
    respond(score=3, comment=words, customer=made)
    return made


def with_case(closed: bool) -> Customer:
    made = person(3)
    case = caring.open_case(customer=made)
    if closed:
        caring.close(case, by=system(), cause="Service", outcome="solved")
    return made


def written_to(days: float) -> Customer:
    made = person()
    Contact.objects.create(customer=made, channel="email", purpose="surveys", at=ago(days))
    return made


def open_to_offers(by_mail: bool) -> Customer:
    made = person(email="a@b.example")
    if by_mail:
        consenting.allow(made, "email", "marketing", source="shop")
    return made


def staged(customer: Customer) -> Customer:
    """As the night leaves it."""
    staging.settle()
    return customer


# key of the library -> clause of the row, who fits, who nearly fits
Cast = tuple[str, Callable[[], Customer], Callable[[], Customer]]


def renewing(days: int) -> Any:
    return CompanyFactory(renewal_date=timezone.localdate() + dt.timedelta(days=days))


LIBRARY: dict[str, Cast] = {
    "promoters": ("promoters", lambda: person(9), lambda: person(8)),
    "passives": ("passives", lambda: person(7), lambda: person(6)),
    "detractors": ("detractors", lambda: person(6), lambda: person(7)),
    "new-high-scorers": ("new high scorers", lambda: person(9), lambda: person(9, 9)),
    "falling-long-term": (
        "falling long-term", lambda: person(6, 8, since=800), lambda: person(6, 8, since=700)),
    "dormant-former-promoters": (
        "dormant former promoters", lambda: person(9, answered=370), lambda: person(9, answered=360)),
    "promoter-turned-passive": ("promoter turned passive", lambda: person(8, 9), lambda: person(8, 8)),
    "detractor-recovered": ("detractor recovered", lambda: person(9, 6), lambda: person(9, 7)),
    "never-answered": ("never answered", lambda: person(), lambda: person(5)),
    "new": ("new", lambda: staged(person(since=80)), lambda: staged(person(since=100))),
    "up-to-two-years": (
        "by age or tenure band", lambda: person(since=100), lambda: person(since=740)),
    "more-than-two-years": ("by age or tenure band", lambda: person(since=740), lambda: person(since=700)),
    "active-and-loyal": (
        "active and loyal",
        lambda: staged(happened(person(since=800), ORDER, 80)),
        lambda: staged(happened(person(since=800), ORDER, 200))),
    "at-risk": ("at risk", lambda: staged(person(4)), lambda: staged(person(7))),
    "dormant": ("dormant users", lambda: staged(did(ORDER, 200)), lambda: staged(did(ORDER, 200, 10))),
    "dormant-users": ("dormant users", lambda: did("feature used", 40), lambda: did("feature used", 40, 20)),
    "heavy-users": ("heavy users", lambda: did(ORDER, *range(10)), lambda: did(ORDER, *range(9))),
    "early-adopters": ("early adopters", lambda: did("beta joined", 500), lambda: did("beta left", 5)),
    "stuck-on-a-feature": (
        "stuck on a feature",
        lambda: did("feature abandoned", 3, 20), lambda: did("feature abandoned", 3, 40)),
    "promotion-received": (
        "promotion received / not",
        lambda: did("promotion received", 80), lambda: did("promotion received", 100)),
    "no-promotion-received": (
        "promotion received / not",
        lambda: did("promotion received", 100), lambda: did("promotion received", 80)),
    "mobile-first": (
        "mobile first",
        lambda: did("visit", 1, 2, 3, device="phone"),
        lambda: happened(did("visit", 1, 2, 3, device="phone"), "visit", 4, device="computer")),
    "answered-in-the-app": (
        "answered in the app",
        lambda: person(5, last_channel="in_app"), lambda: person(5, last_channel="email")),
    "detractor-after-support-chat": (
        "detractor after support chat",
        lambda: person(5, last_touchpoint="support chat"), lambda: person(7, last_touchpoint="support chat")),
    "long-waits": (
        "long waits mentioned", lambda: told("We waited an hour"), lambda: told("Too heavy a weight")),
    "open-case": ("open case", lambda: with_case(False), lambda: with_case(True)),
    "decision-makers": (
        "B2B decision makers",
        lambda: person(company=CompanyFactory(), roles="decides uses"), lambda: person(roles="decides")),
    "renewal-60": (
        "renewal within 60 days", lambda: person(company=renewing(59)), lambda: person(company=renewing(61))),
    "open-to-offers": ("", lambda: open_to_offers(True), lambda: open_to_offers(False)),
}  # fmt: skip


class Desk:
    """What a program does with segments: takes one, or makes one, and asks who is in it."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def take(self, key: str) -> set[str]:
        made = self.client.post("/api/v1/segments/ready", {"key": key})
        assert made.status_code == 201, made.content
        return self.members(made.json()["id"])

    def find(self, **row: Any) -> set[str]:
        name = f"asked {row}"[:120]
        made = self.client.post("/api/v1/segments", {"name": name, "rule": {"all": [row]}})
        assert made.status_code == 201, made.content
        return self.members(made.json()["id"])

    def members(self, segment_id: str) -> set[str]:
        page = self.client.get(f"/api/v1/segments/{segment_id}/members").json()
        return {each["id"] for each in page["items"]}


@pytest.fixture
def desk(acme, api) -> Desk:
    return Desk(api(acme, "segments:read", "segments:write", "customers:read"))


def ids(*people: Customer) -> set[str]:
    return {opaque.encode("customer", each.pk) for each in people}


@pytest.mark.row(
    "E4",
    "promoters",
    "passives",
    "detractors",
    "new high scorers",
    "falling long-term",
    "dormant former promoters",
    "promoter turned passive",
    "detractor recovered",
    "never answered",
    "new",
    "renewal within 60 days",
    "B2B decision makers",
    "by age or tenure band",
    "active and loyal",
    "at risk",
    "dormant users",
    "heavy users",
    "early adopters",
    "stuck on a feature",
    "promotion received / not",
    "mobile first",
    "answered in the app",
    "detractor after support chat",
    "long waits mentioned",
    "open case",
)
@pytest.mark.parametrize("key", LIBRARY)
def test_a_ready_segment_finds_who_fits_and_not_who_nearly_does(acme, desk, key):
    _clause, fits, nearly = LIBRARY[key]
    with acting_for(acme):
        wanted, other = fits(), nearly()
    found = desk.take(key)
    assert found & ids(wanted, other) == ids(wanted)
    assert desk.take(key) == found


def test_each_segment_for_everybody_is_tried_here(acme, desk):
    keys = {each["key"] for each in desk.client.get("/api/v1/segments/ready").json()}
    assert len(keys) >= 24
    assert {key for key in keys if not key.startswith("unit-")} == {*LIBRARY, "everybody"}


class TestWhatFollowsFromTheBusiness:
    """Segments for what it declared or sent; they are not offered before."""

    def offered(self, desk) -> dict[str, str]:
        return {each["name"]: each["key"] for each in desk.client.get("/api/v1/segments/ready").json()}

    @pytest.mark.row("E4", "top 5 % by revenue")
    def test_the_highest_twentieth_of_a_money_attribute(self, acme, desk):
        with acting_for(acme):
            AttributeFactory(key="revenue", label="Revenue", kind="money", currency="EUR")
            people = [person(attributes={"revenue": number}) for number in range(40)]
        assert desk.take(self.offered(desk)["Top 5 % by Revenue"]) == ids(*people[38:])

    @pytest.mark.row("E4", "renewal within 60 days")
    def test_a_date_of_renewal_that_is_near(self, acme, desk):
        with acting_for(acme):
            AttributeFactory(key="renewal_date", label="Renewal", kind="date")
            days = [NOW.date() + dt.timedelta(days=each) for each in (-3, 50, 70)]
            _past, near, _far = (person(attributes={"renewal_date": each.isoformat()}) for each in days)
        assert desk.take(self.offered(desk)["Renewal within 60 days"]) == ids(near)

    @pytest.mark.row("E4", "by age or tenure band")
    def test_bands_of_age(self, acme, desk):
        with acting_for(acme):
            AttributeFactory(key="age", label="Age", kind="number")
            people = {age: person(attributes={"age": age}) for age in (24, 25, 39, 40, 60, 88)}
        offered = self.offered(desk)
        for low, high, inside in ((0, 24, [24]), (25, 39, [25, 39]), (40, 59, [40]), (60, 120, [60, 88])):
            assert desk.take(offered[f"Aged {low} to {high}"]) == ids(*(people[age] for age in inside))

    @pytest.mark.row("E4", "by region or store")
    def test_a_region_takes_in_its_stores(self, acme, acme_units, desk):
        with acting_for(acme):
            leeds, dover = person(unit=acme_units.leeds), person(unit=acme_units.dover)
        offered = self.offered(desk)
        assert desk.take(offered["Customers of North"]) == ids(leeds)
        assert desk.take(offered["Customers of Dover"]) == ids(dover)

    @pytest.mark.row("E4", "bought at X")
    def test_a_shop_that_orders_name(self, acme, desk):
        with acting_for(acme):
            here = did(ORDER, 3, store="Riverside “Mill”")
            did(ORDER, 3, store="Old Market")
            did("visit", 3, store="Riverside “Mill”")
        assert desk.take(self.offered(desk)["Bought at Riverside “Mill”"]) == ids(here)

    def test_nothing_is_offered_that_the_business_has_no_facts_for(self, desk):
        assert not [
            name for name in self.offered(desk) if "Aged" in name or "Bought" in name or "Top" in name
        ]


TRIED: set[str] = set()


def of(clause: str, row: dict[str, Any], fits: Callable[[], Customer], nearly: Callable[[], Customer]) -> Any:
    TRIED.add(clause)
    return pytest.param(row, fits, nearly, id=f"{clause}: {row['field']}")


BEHAVIOUR = "behaviour (count, sum, last, within; cart, visit, device)"


def row(field: str, operator: str, value: Any = None, **options: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, **({} if value is None else {"value": value}), **options}


@pytest.mark.row(
    "E2",
    "score",
    "category",
    "previous category",
    "movement",
    "touchpoint",
    "channel",
    "comment words",
    "demographics",
    "company facts",
    "stage",
    "behaviour (count, sum, last, within; cart, visit, device)",
    "promotion",
    "messages",
    "cases",
)
@pytest.mark.parametrize(
    ("asked", "fits", "nearly"),
    [
        of("score", row("score", "between", [3, 5]), lambda: person(5), lambda: person(6)),
        of("category", row("category", "is", "passive"), lambda: person(8), lambda: person(9)),
        of("previous category", row("previous_category", "is", "detractor"),
           lambda: person(8, 6), lambda: person(8, 7)),
        of("movement", row("score_change", "at_most", -3), lambda: person(5, 8), lambda: person(5, 7)),
        of("touchpoint", row("touchpoint", "is", "purchase"),
           lambda: person(5, last_touchpoint="purchase"), lambda: person(5, last_touchpoint="support")),
        of("channel", row("channel", "is", "sms"),
           lambda: person(5, last_channel="sms"), lambda: person(5, last_channel="email")),
        of("comment words", row("comment", "contains", "lamp"),
           lambda: told("The Lamp broke"), lambda: told("The lantern broke")),
        of("demographics", row("attribute.age", "at_least", 40),
           lambda: person(attributes={"age": 40}), lambda: person(attributes={"age": 39})),
        of("demographics", row("attribute.gender", "is", "f"),
           lambda: person(attributes={"gender": "f"}), lambda: person(attributes={})),
        of("company facts", row("industry", "is", "Retail"),
           lambda: person(company=CompanyFactory(industry="Retail")),
           lambda: person(company=CompanyFactory(industry="Rail"))),
        of("company facts", row("company_revenue", "at_least", 1000),
           lambda: person(company=CompanyFactory(revenue=1000, currency="GBP")),
           lambda: person(company=CompanyFactory(revenue=2000, currency="USD"))),
        of("company facts", row("company_renewal", "within_next", 30),
           lambda: person(company=CompanyFactory(renewal_date=timezone.localdate() + dt.timedelta(days=20))),
           lambda: person(company=CompanyFactory(renewal_date=timezone.localdate() + dt.timedelta(days=40)))),
        of("company facts", row("roles", "includes_any", ["decides", "pays"]),
           lambda: person(roles="pays"), lambda: person(roles="uses")),
        of("stage", row("stage", "is", "loyal"), lambda: person(stage="loyal"), lambda: person(stage="new")),
        of(BEHAVIOUR, row("event_count", "at_least", 2, event="cart abandoned", days=30),
           lambda: did("cart abandoned", 1, 29), lambda: did("cart abandoned", 1, 31)),
        of(BEHAVIOUR, row("event_sum", "at_least", 100, event=ORDER),
           lambda: did(ORDER, 1, 900, amount=50), lambda: did(ORDER, 1, 900, amount=49)),
        of(BEHAVIOUR, row("event_last", "within_last", 7, event="visit", property="device", equals="phone"),
           lambda: did("visit", 6, device="phone"), lambda: did("visit", 6, device="computer")),
        of(BEHAVIOUR, row("event_count", "at_least", 1, event="visit", property="device"),
           lambda: did("visit", 6, device="phone"), lambda: did("visit", 6)),
        of("promotion", row("event_count", "is", 0, event="promotion received", property="name", equals="Spring"),
           lambda: did("promotion received", 6, name="Autumn"), lambda: did("promotion received", 6, name="Spring")),
        of("messages", row("contacts", "at_least", 1, days=30), lambda: written_to(29), lambda: written_to(31)),
        of("messages", row("contacts", "is", 0, days=30), lambda: written_to(31), lambda: written_to(29)),
        of("cases", row("open_case", "is_true"), lambda: with_case(False), lambda: with_case(True)),
        of("cases", row("cases_closed", "at_least", 1), lambda: with_case(True), lambda: with_case(False)),
    ],
)  # fmt: skip
def test_a_word_of_the_rules_finds_who_fits_and_not_who_nearly_does(acme, desk, asked, fits, nearly):
    with acting_for(acme):
        AttributeFactory(key="age", label="Age", kind="number")
        AttributeFactory(key="gender", label="Gender", kind="choice", choices=["f", "m", "x"])
        wanted, other = fits(), nearly()
    assert desk.find(**asked) & ids(wanted, other) == ids(wanted)


@pytest.mark.row("E2", "rank or percentile (top 5 % by revenue)")
def test_the_top_five_per_cent(acme, desk):
    with acting_for(acme):
        AttributeFactory(key="revenue", label="Revenue", kind="money", currency="EUR")
        people = [person(attributes={"revenue": number}) for number in range(20)]
    assert desk.find(field="attribute.revenue", operator="top_percent", value=5) == ids(people[19])


def test_what_the_marks_say_is_what_is_tried():
    def said(test: Any) -> set[str]:
        return {clause for mark in test.pytestmark if mark.name == "row" for clause in mark.args[1:]}

    assert said(test_a_ready_segment_finds_who_fits_and_not_who_nearly_does) == {
        clause for clause, _fits, _nearly in LIBRARY.values() if clause
    }
    assert said(test_a_word_of_the_rules_finds_who_fits_and_not_who_nearly_does) == TRIED
