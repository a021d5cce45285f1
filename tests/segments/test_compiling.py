"""The compiler against the oracle, on a real database, as the app role under row security."""

import json
import os
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings

from accounts import opaque
from accounts.models import Membership, Organization, Role
from accounts.tenancy.context import acting_for
from accounts.tenancy.staging import fresh_statistics
from segments import catalog, compiling, customers, timeline
from segments.catalog import Asked
from segments.models import ContactRole, Customer, Segment
from segments.rules import Condition, Group, as_json, read_rule
from tests.factories.accounts import member
from tests.factories.segments import (
    AttributeFactory,
    CompanyFactory,
    ConsentFactory,
    CustomerFactory,
    SegmentFactory,
)
from tests.segments.oracle import Oracle, of_property
from tests.segments.rules_strategies import CHOICES, EVENTS, KINDS, PROPERTIES, WORDS, groups

NOW = datetime(2026, 7, 15, 21, 30, tzinfo=UTC)
EXAMPLES = int(os.environ.get("RULE_EXAMPLES", "60"))


def declare() -> None:
    for key, kind in KINDS.items():
        if key.startswith("attribute."):
            AttributeFactory(
                key=key.removeprefix("attribute."), kind=kind, choices=CHOICES if kind == "choice" else [],
                currency="EUR" if kind == "money" else "",
            )  # fmt: skip


def people(count: int, seed: int) -> list[dict[str, Any]]:
    """Invented facts, with gaps, ties and values at the edges."""
    chance = random.Random(seed)

    def maybe(value: Any) -> Any:
        return value if chance.random() < 0.75 else None

    found = []
    for _ in range(count):
        score, before = maybe(chance.randint(0, 10)), maybe(chance.randint(0, 10))
        if score is None:
            before = None
        facts = {
            "name": maybe(chance.choice(WORDS)),
            "email": maybe(chance.choice(["a@x.example", "b@x.example"])),
            "touchpoint": maybe(chance.choice(WORDS)) if score is not None else None,
            "company": maybe(chance.choice(WORDS)),
            "score": score,
            "previous_score": before,
            "answered": NOW - timedelta(days=chance.randint(0, 300), hours=chance.randint(0, 23))
            if score is not None
            else None,
            "attribute.city": maybe(chance.choice(WORDS)),
            "attribute.plan": maybe(chance.choice(CHOICES)),
            "attribute.spend": maybe(chance.choice([0, 2, 2.25, 7.5, -3, 12])),
            "attribute.tenure": maybe(chance.randint(-3, 12)),
            "attribute.renewal": maybe((NOW + timedelta(days=chance.randint(-300, 160))).date().isoformat()),
            "attribute.beta": maybe(chance.random() < 0.5),
            "attribute.tags": maybe(chance.sample(WORDS, chance.randint(1, 3))),
            "events": [
                (
                    chance.choice(EVENTS),
                    NOW - timedelta(days=chance.randint(0, 250), minutes=chance.randint(1, 900)),
                    maybe(Decimal(chance.choice(["0.5", "2.25", "4", "7.5"]))),
                    {key: chance.choice(WORDS) for key in PROPERTIES if chance.random() < 0.6},
                )
                for _ in range(chance.choice([0, 0, 1, 2, 4]))
            ],
        }
        facts |= of_company(facts["company"])
        facts["roles"] = maybe(chance.sample(["decides", "uses", "pays"], chance.randint(1, 3)))
        facts["score_change"] = None if score is None or before is None else score - before
        facts["answers"] = (score is not None) + (before is not None)
        for key, of in (("category", score), ("previous_category", before)):
            facts[key] = (
                None if of is None else "detractor" if of < 7 else "passive" if of < 9 else "promoter"
            )
        found.append(facts)
    return found


def of_company(name: str | None) -> dict[str, Any]:
    """What is known of a company, by its place among the words: with gaps, ties and an amount in other money."""
    place = WORDS.index(name) if name is not None else None
    return {
        "account_owner": [None, "mona@acme.example", "vera@acme.example"][place % 3]
        if place is not None
        else None,
        "company_revenue": [None, 0, 2.25, 7.5, 12][place % 5] if place is not None else None,
        "company_renewal": (NOW + timedelta(days=23 * place - 90)).date().isoformat() if place else None,
    }


def company_of(name: str) -> Any:
    known = of_company(name)
    owner = known["account_owner"]
    return CompanyFactory(
        name=name,
        owner=Membership.objects.get(user__email=owner) if owner else None,
        # What is told in another currency is not known.
        revenue=99 if known["company_revenue"] is None else known["company_revenue"],
        currency="USD" if known["company_revenue"] is None else "EUR",
        renewal_date=known["company_renewal"],
    )


def bring_in(everyone: list[dict[str, Any]]) -> list[int]:
    """The same facts as rows, by the product's own verbs; gives their ids in order."""
    companies = {word: company_of(word) for word in WORDS}
    ids = []
    for number, facts in enumerate(everyone):
        attributes = {
            key.removeprefix("attribute."): value
            for key, value in facts.items()
            if key.startswith("attribute.") and value is not None
        }
        customer, _made = customers.upsert(
            external_id=f"p{number}",
            name=facts["name"] or "",
            email=facts["email"] or "",
            roles=ContactRole.written(facts["roles"] or ()),
            attributes=attributes,
        )
        if facts["company"] is not None:
            Customer.objects.filter(pk=customer.pk).update(company=companies[facts["company"]])
        if facts["previous_score"] is not None:
            customers.note_answer(customer.pk, facts["previous_score"], facts["answered"] - timedelta(days=9))
        if facts["score"] is not None:
            customers.note_answer(
                customer.pk, facts["score"], facts["answered"], "email", facts["touchpoint"] or "", number + 1
            )
        for name, at, amount, said in facts["events"]:
            timeline.append(
                customer, name, at, amount=amount, currency="EUR" if amount else "", properties=said
            )
        ids.append(customer.pk)
    return ids


class OracleOfEvents(Oracle):
    """`event_last` is a fact per event name and property."""

    def holds(self, node: Any, facts: dict[str, Any]) -> bool:
        if isinstance(node, Condition) and node.field == "event_last":
            of_it = [
                at
                for name, at, _, said in facts["events"]
                if name == node.option("event") and of_property(node, said)
            ]
            return self.compare(max(of_it, default=None), node, "instant")
        return super().holds(node, facts)


@pytest.fixture
def town(acme: Organization) -> tuple[Organization, list[dict[str, Any]], list[int]]:
    """40 people at Acme, in Vienna's zone, and one stranger of another business who must never appear."""
    acme.time_zone, acme.currency = "Europe/Vienna", "EUR"
    acme.save()
    everyone = people(40, seed=7)
    with acting_for(acme):
        declare()
        for email in ("mona@acme.example", "vera@acme.example"):
            member(acme, email.split("@")[0].title(), Role.VIEWER)
        ids = bring_in(everyone)
    return acme, everyone, ids


@pytest.mark.row("E1", "nested all/any/not")
@pytest.mark.row("E1", "typed fields")
@pytest.mark.row("E1", "relative dates")
def test_every_rule_finds_whom_plain_python_finds(town: Any, globex: Organization) -> None:
    acme, everyone, ids = town
    with acting_for(globex):
        CustomerFactory(name="Oslo", email="a@x.example")
    oracle = OracleOfEvents(everyone, NOW, "Europe/Vienna", KINDS)
    tried: list[int] = []

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )  # fmt: skip
    @given(groups())
    def agree(rule: Group) -> None:
        with acting_for(acme):
            words = catalog.vocabulary()
            again = read_rule(json.loads(json.dumps(as_json(rule))), words)
            asked = Asked(acme, NOW)
            found = set(compiling.found_by(again, asked=asked, words=words).values_list("pk", flat=True))
        wanted = {ids[number] for number in oracle.matching(rule)}
        tried.append(len(wanted))
        assert found == wanted, f"{as_json(rule)}: {sorted(found ^ wanted)}"

    agree()
    # The control: the rules tell people apart, so that agreeing on nobody or on everybody is not all there is.
    assert len({count for count in tried if 0 < count < len(ids)}) > 5


def test_a_wrong_oracle_is_noticed(town: Any) -> None:
    """The negative control of the test above: an oracle that forgets the unknown disagrees."""
    acme, everyone, ids = town
    rule = Group("none", (Condition("attribute.spend", "more_than", 1),))
    with acting_for(acme):
        found = set(compiling.found_by(rule, asked=Asked(acme, NOW)).values_list("pk", flat=True))
    forgetful = {
        ids[number]
        for number, facts in enumerate(everyone)
        if facts["attribute.spend"] is not None and not facts["attribute.spend"] > 1
    }
    assert found != forgetful


def test_only_present_customers_of_counting_modes_are_members(in_acme: Organization) -> None:
    present = CustomerFactory()
    CustomerFactory(mode="test")
    CustomerFactory(deleted_at=NOW)
    assert list(compiling.members(SegmentFactory())) == [present]


@pytest.mark.row("E2", "other segments")
def test_a_segment_may_stand_in_another(in_acme: Organization) -> None:
    happy, sad = CustomerFactory(last_score=10), CustomerFactory(last_score=2)
    inner = SegmentFactory(rule={"all": [{"field": "score", "operator": "at_least", "value": 9}]})
    shown = opaque.encode("segment", inner.pk)
    within = SegmentFactory(rule={"all": [{"field": "segment", "operator": "is_in", "value": shown}]})
    without = SegmentFactory(rule={"all": [{"field": "segment", "operator": "is_not_in", "value": shown}]})
    assert list(compiling.members(within)) == [happy]
    assert list(compiling.members(without)) == [sad]


def test_segments_that_refer_to_each_other_in_a_circle_are_refused_by_name(in_acme: Organization) -> None:
    one = SegmentFactory(name="One")
    two = SegmentFactory(
        name="Two",
        rule={"all": [{"field": "segment", "operator": "is_in", "value": opaque.encode("segment", one.pk)}]},
    )
    circle = {"all": [{"field": "segment", "operator": "is_in", "value": opaque.encode("segment", two.pk)}]}
    with pytest.raises(compiling.Unanswerable, match="circle"):
        compiling.check_circle(one.pk, read_rule(circle, catalog.vocabulary()))
    Segment.objects.filter(pk=one.pk).update(rule=circle)
    with pytest.raises(compiling.Unanswerable, match="circle"):
        list(compiling.members(Segment.objects.get(pk=one.pk)))


def test_segments_that_multiply_each_other_are_stopped(in_acme: Organization) -> None:
    rule: dict[str, Any] = {"all": [{"field": "score", "operator": "is_known"}]}
    for _ in range(12):
        segment = SegmentFactory(rule=rule)
        row = {"field": "segment", "operator": "is_in", "value": opaque.encode("segment", segment.pk)}
        rule = {"any": [row, row, row]}
    with pytest.raises(compiling.Unanswerable, match="too many parts"):
        compiling.compile(read_rule(rule, catalog.vocabulary()))


@pytest.mark.row("E2", "unit")
def test_a_unit_takes_in_those_beneath_it(in_acme: Organization, acme_units: Any) -> None:
    leeds = CustomerFactory(unit=acme_units.leeds)
    dover = CustomerFactory(unit=acme_units.dover)
    nowhere = CustomerFactory()
    north = opaque.encode("unit", acme_units.north.pk)
    inside = Group("all", (Condition("unit", "is_in", north),))
    outside = Group("all", (Condition("unit", "is_not_in", north),))
    assert list(compiling.found_by(inside)) == [leeds]
    assert set(compiling.found_by(outside)) == {dover, nowhere}


def test_consent_is_asked_with_its_defaults(in_acme: Organization) -> None:
    silent, yes, no = CustomerFactory(), CustomerFactory(), CustomerFactory()
    ConsentFactory(customer=yes, channel="any", purpose="marketing", allowed=True)
    ConsentFactory(customer=yes, channel="sms", purpose="marketing", allowed=False)
    ConsentFactory(customer=no, channel="email", purpose="surveys", allowed=False)

    def allowed(channel: str, purpose: str) -> set[Customer]:
        options = (("channel", channel), ("purpose", purpose))
        return set(compiling.found_by(Group("all", (Condition("consent", "is_true", None, options),))))

    assert allowed("email", "surveys") == {silent, yes}
    assert allowed("email", "marketing") == {yes}
    assert allowed("sms", "marketing") == set()


def test_text_of_a_rule_never_becomes_sql(in_acme: Organization) -> None:
    CustomerFactory(name="Robert")
    AttributeFactory(key="city", kind="text")
    for hostile in ["'; DROP TABLE segments_customer; --", "%", "_", "\\", "%(organization)s", "$1", "{}"]:
        for field in ("name", "attribute.city", "external_id", "company"):
            for operator in ("is", "contains", "begins_with"):
                assert not compiling.found_by(Group("all", (Condition(field, operator, hostile),))).exists()
    assert Customer.objects.count() == 1


def test_a_slow_rule_is_given_up_and_the_transaction_lives_on(in_acme: Organization) -> None:
    CustomerFactory.create_batch(20)
    with pytest.raises(compiling.TooSlow), compiling.patience(40):
        list(Customer.objects.raw("SELECT c.*, pg_sleep(0.05) FROM segments_customer c"))
    assert Customer.objects.count() == 20


def test_a_count_that_takes_too_long_is_given_up_and_leaves_no_setting_behind(in_acme: Organization) -> None:
    CustomerFactory.create_batch(20)
    slow = Customer.objects.extra(where=["pg_sleep(0.05) IS NOT NULL"])
    before = settings_now()
    with pytest.raises(compiling.TooSlow):
        compiling.count(slow, timeout_ms=40)
    assert compiling.count(Customer.objects.all()) == 20
    assert compiling.count(Customer.objects.none()) == 0
    assert settings_now() == before


def settings_now() -> list[str]:
    """What a count sets for itself, and whose rows the connection sees."""
    names = ("statement_timeout", "work_mem", "random_page_cost", "app.organization")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(name) FROM unnest(%s::text[]) name", [list(names)])
        return [value for (value,) in cursor.fetchall()]


def test_a_broad_rule_reads_the_table_and_a_selective_one_the_index(in_acme: Organization) -> None:
    customers.upsert_many(
        [customers.Person(external_id=f"p{number}", name=f"N{number}") for number in range(3000)]
    )
    Customer.objects.filter(name__begins="N1").update(last_score=4)
    fresh_statistics(Customer)
    broad = compiling.found_by(Group("all", (Condition("score", "at_least", 3),)))
    assert compiling.count(broad) == 1111
    assert "Seq Scan on segments_customer" in compiling.plan(broad) or "Bitmap" in compiling.plan(broad)
    selective = compiling.found_by(Group("all", (Condition("name", "is", "N7"),)))
    assert compiling.count(selective) == 1
    assert "customer_by_name" in compiling.plan(selective)
