"""A business in motion: every word of the rule language in a segment of its own, and changes of every kind."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from accounts import opaque
from accounts.acting import Actor
from accounts.deleting import restore
from accounts.models import Deletion, Organization, Unit
from outreach import caring
from outreach.models import Campaign, Case, SendKey, Template
from segments import catalog, consenting, contacting, customers, putting_away, timeline
from segments.catalog import Field
from segments.models import (
    Company,
    Customer,
    CustomerEvent,
    CustomerKey,
    Segment,
    SegmentMember,
)
from segments.rules.tree import OPERATORS, Operator
from surveys.models import Mention, Response, Theme, Tone
from tests.factories.segments import AttributeFactory, CompanyFactory, ContactFactory, SegmentFactory
from tests.factories.surveys import InvitationFactory, published, respond

WORDS = ("Oslo", "Lima", "it's", "50% off")
EVENTS = ("order placed", "visit")
KINDS = ("text", "number", "money", "date", "yes_no", "choice", "list")
DAYS = (1, 7, 30, 90)


class World:
    """Segments over one organization, and `change()`: one random deed as of `now`, each in the caller's transaction."""

    def __init__(self, organization: Organization, by: Actor, seed: int, now: datetime) -> None:
        self.organization, self.by, self.now = organization, by, now
        self.chance = random.Random(seed)
        self.deeds: list[Callable[[], None]] = [
            self.arrive, self.arrive, self.answer, self.answer, self.answer, self.tell, self.tell, self.do,
            self.do, self.do, self.allow, self.write_to, self.stop, self.go, self.come_back, self.list_one,
            self.ask, self.speak, self.set_aside, self.open_case, self.close_case, self.receive, self.move_unit,
            self.rename_company, self.join_company, self.add_key, self.change_rule, self.forget_event,
            self.hear, self.hear, self.name_theme,
        ]  # fmt: skip

    def found(self) -> None:
        """Attributes of each kind, units, companies, a survey, a campaign; a segment per word and operator."""
        for kind in KINDS:
            AttributeFactory(key=kind, kind=kind, choices=list(WORDS) if kind == "choice" else [],
                             currency="EUR" if kind == "money" else "")  # fmt: skip
        root = Unit.objects.create(name="All")
        self.units = [root, *(Unit.objects.create(name=word, parent=root) for word in WORDS[:2])]
        self.units.append(Unit.objects.create(name="Harbour", parent=self.units[1]))
        self.companies = [CompanyFactory(name=word) for word in WORDS[:3]]
        self.survey = published(name="Relationship")
        self.themes = [Theme.objects.create(name=word) for word in WORDS[:2]]
        template = Template.objects.create(name="T", subject={"en": "s"}, body={"en": "b"})
        everybody = SegmentFactory(name="Everybody")
        self.campaign = Campaign.objects.create(name="Guide", template=template, segment=everybody)
        self.fixed = SegmentFactory(name="Fixed", static=True, rule={})
        for _number in range(25):
            self.arrive()
        for key, word in catalog.vocabulary().items():
            for operator in OPERATORS[word.kind].values():
                for rule in self.rules(key, word, operator):
                    SegmentFactory(name=f"{key} {operator.name} {rule}"[:110], rule={"all": [rule]})
        high = Segment.objects.filter(rule__all__0__field="score", rule__all__0__operator="at_least").first()
        assert high is not None
        nested = {"field": "segment", "operator": "is_in", "value": opaque.encode("segment", high.pk)}
        listed = {
            "field": "segment",
            "operator": "is_not_in",
            "value": opaque.encode("segment", self.fixed.pk),
        }
        SegmentFactory(name="Nested", rule={"any": [nested, {"none": [listed]}]})

    def rules(self, key: str, word: Field, operator: Operator) -> list[dict[str, Any]]:
        """One rule or, for words with a window, one with it and one without."""
        if word.kind == "segment":
            return []
        options = self.options(word)
        found = []
        for chosen in options:
            rule: dict[str, Any] = {"field": key, **chosen, "operator": operator.name}
            if operator.takes == "days":
                rule["value"] = self.chance.choice(DAYS)
            elif operator.takes == "percent":
                rule["value"] = 30
            elif operator.takes == "values":
                rule["value"] = [self.value(word), self.value(word)]
            elif operator.takes == "pair":
                rule["value"] = sorted([self.value(word), self.value(word)])
            elif operator.takes == "value":
                rule["value"] = self.value(word)
            found.append(rule)
        return found

    def options(self, word: Field) -> list[dict[str, Any]]:
        chosen: dict[str, Any] = {}
        for option in word.options:
            if not option.required:
                continue
            if option.name == "event":
                chosen[option.name] = self.chance.choice(EVENTS)
            elif option.name == "name":
                chosen[option.name] = "Guide" if word.key == "campaign_received" else "Relationship"
            elif option.choices:
                chosen[option.name] = self.chance.choice(option.choices)
            else:
                chosen[option.name] = self.chance.choice(WORDS)
        if any(option.name == "days" for option in word.options):
            return [chosen, {**chosen, "days": self.chance.choice(DAYS)}]
        return [chosen]

    def value(self, word: Field) -> Any:
        if word.kind in ("number", "money", "count"):
            return self.chance.choice((0, 1, 2, 6, 9))
        if word.kind in ("date", "instant"):
            return (self.now + timedelta(days=self.chance.randint(-60, 60))).date().isoformat()
        if word.kind == "unit":
            return opaque.encode("unit", self.chance.choice(self.units).pk)
        if word.choices:
            return self.chance.choice(word.choices)
        return self.chance.choice(WORDS)

    def change(self) -> str:
        deed = self.chance.choice(self.deeds)
        deed()
        return deed.__name__

    # --- deeds ---------------------------------------------------------------------------------------------

    def anybody(self) -> Customer:
        people = Customer.objects.present().order_by("pk")
        return people[self.chance.randrange(people.count())]

    def ago(self) -> datetime:
        return self.now - timedelta(days=self.chance.uniform(-2, 100))

    def facts(self) -> dict[str, Any]:
        pick = self.chance.choice
        every = {
            "text": pick(WORDS), "number": pick((0, 1, 2, 6)), "money": pick((0, 1, 9)), "choice": pick(WORDS),
            "date": (self.now + timedelta(days=self.chance.randint(-90, 90))).date().isoformat(),
            "yes_no": pick((True, False)), "list": [pick(WORDS)],
        }  # fmt: skip
        return {key: value for key, value in every.items() if self.chance.random() < 0.5}

    def arrive(self) -> None:
        number = CustomerKey.objects.count() + self.chance.randrange(10**9)
        customers.upsert(
            external_id=f"w-{number}", name=self.chance.choice(WORDS),
            email=f"p{self.chance.randrange(40)}@customers.example", attributes=self.facts(),
        )  # fmt: skip

    def answer(self) -> None:
        customers.note_answer(self.anybody().pk, self.chance.randint(0, 10), self.ago(), "email", "delivery")

    def tell(self) -> None:
        one = self.anybody()
        Customer.objects.filter(pk=one.pk).update(attributes={**one.attributes, **self.facts()})

    def do(self) -> None:
        timeline.append(
            self.anybody(), self.chance.choice(EVENTS), self.ago(),
            amount=self.chance.choice((None, 1, 6)), currency="EUR", properties={"store": "Oslo"},
        )  # fmt: skip

    def forget_event(self) -> None:
        CustomerEvent.objects.filter(customer_id=self.anybody().pk).delete()

    def allow(self) -> None:
        said = self.chance.choice((consenting.allow, consenting.refuse))
        purpose = self.chance.choice(("marketing", "surveys", "profiling"))
        said(self.anybody(), "email", purpose, source="test")

    def write_to(self) -> None:
        ContactFactory(customer=self.anybody(), at=self.ago())

    def stop(self) -> None:
        one = self.anybody()
        if one.email:
            contacting.suppress(one.email_lower, channel="email", purpose="", reason="bounced", source="test")

    def go(self) -> None:
        putting_away.put_away(self.anybody(), by=self.by, at=self.now)

    def come_back(self) -> None:
        for deletion in Deletion.objects.standing().filter(subject_type="segments.customer"):
            restore(deletion, by=self.by)

    def list_one(self) -> None:
        one = self.anybody()
        listed = SegmentMember.objects.filter(segment=self.fixed, customer=one)
        if listed.exists():
            listed.delete()
        else:
            SegmentMember.objects.create(segment=self.fixed, customer=one)

    def ask(self) -> None:
        invitation = InvitationFactory(customer=self.anybody(), distribution__survey=self.survey)
        type(invitation).objects.filter(pk=invitation.pk).update(issued_at=self.ago())
        if self.chance.random() < 0.4:
            respond(invitation, self.chance.randint(0, 10))

    def speak(self) -> None:
        respond(survey=self.survey, customer=self.anybody(), score=self.chance.randint(0, 10),
                comment=self.chance.choice(WORDS))  # fmt: skip

    def hear(self) -> None:
        """As if the dictionaries had been read: a comment speaks of a theme, or no longer does."""
        said = Response.objects.exclude(comment="").order_by("?").first()
        if said is None:
            return
        theme, tone = self.chance.choice(self.themes), self.chance.choice((-1, 0, 1))
        spoken = Mention.objects.filter(response=said, theme=theme)
        if spoken.exists():
            spoken.delete()
        else:
            Mention.objects.create(response=said, theme=theme, sentiment=tone)
        Tone.objects.update_or_create(
            response=said, defaults={"sentiment": tone, "language": "en", "heard": said.changed}
        )

    def name_theme(self) -> None:
        one, word = self.chance.choice(self.themes), self.chance.choice(WORDS)
        if not Theme.objects.filter(name=word).exists():
            deleted = self.chance.choice((None, None, self.now))
            Theme.objects.filter(pk=one.pk).update(name=word, deleted_at=deleted)

    def set_aside(self) -> None:
        one = Response.objects.order_by("?").first()
        if one is not None:
            Response.objects.filter(pk=one.pk).update(set_aside_at=self.now)

    def open_case(self) -> None:
        caring.open_case(customer=self.anybody(), at=self.ago())

    def close_case(self) -> None:
        one = Case.objects.open().first()
        if one is not None:
            caring.close(one, cause="Price", outcome="solved", by=self.by, at=self.now)

    def receive(self) -> None:
        sent = SendKey.objects.create(
            key=f"k{self.chance.random()}", customer=self.anybody(), message_class="marketing", topic="marketing",
            origin_kind="campaign", origin_id=self.campaign.pk,
        )  # fmt: skip
        SendKey.objects.filter(pk=sent.pk).update(outcome="accepted")

    def move_unit(self) -> None:
        Customer.objects.filter(pk=self.anybody().pk).update(unit=self.chance.choice([None, *self.units]))
        if self.chance.random() < 0.1:
            Unit.objects.filter(pk=self.units[3].pk).update(parent=self.chance.choice(self.units[1:3]))

    def rename_company(self) -> None:
        one = self.chance.choice(self.companies)
        Company.objects.filter(pk=one.pk).update(
            name=self.chance.choice(WORDS), industry=self.chance.choice(WORDS), revenue=self.chance.randint(0, 9),
            currency="EUR", renewal_date=(self.now + timedelta(days=self.chance.randint(-60, 60))).date(),
        )  # fmt: skip

    def join_company(self) -> None:
        Customer.objects.filter(pk=self.anybody().pk).update(
            company=self.chance.choice([None, *self.companies]),
            roles=self.chance.choice(("", "decides", "uses pays")),
        )

    def add_key(self) -> None:
        CustomerKey.objects.create(
            customer=self.anybody(),
            kind="crm",
            source="Oslo",
            value=f"{self.chance.random()}",
            seen_at=self.ago(),
        )

    def change_rule(self) -> None:
        one = Segment.objects.filter(name="Nested").first()
        assert one is not None
        Segment.objects.filter(pk=one.pk).update(
            rule={"all": [{"field": "score", "operator": "at_least", "value": self.chance.randint(0, 10)}]}
        )
