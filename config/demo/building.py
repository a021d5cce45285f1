"""Building a planned world through the product's own verbs, at past times, waking and sending nothing."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts.acting import Actor, member_actor
from accounts.arranging_units import add_unit
from accounts.founding import found_organization
from accounts.models import Membership, Mode, Organization, Unit, User
from accounts.models.membership import Role
from accounts.recording import quietly
from accounts.tenancy.context import acting_for
from accounts.tenancy.staging import fresh_statistics
from config.demo import improvements, rest, retailer, software
from config.demo.plan import PlannedAnswer, PlannedSurvey, PlannedWave, World
from segments import declaring_features, keeping_companies, staging
from segments.customers import Person, upsert_many
from segments.models import Attribute, Company, ContactRole, Customer, CustomerEvent, Segment
from segments.timeline import Happening, append_many
from surveys import (
    boarding_themes,
    distributing,
    hearing,
    naming_themes,
    ordering_touchpoints,
    publishing,
    starting,
)
from surveys.backfilling import PastAnswer, backfill
from surveys.kinds import Value
from surveys.models import Distribution, Invitation, Response, Survey, Theme

PASSWORD = "an-invented-example"
SEED = 20_261


@dataclass(frozen=True)
class Member:
    """One invented colleague; everybody logs in with PASSWORD."""

    email: str
    name: str
    role: str
    unit: str | None = None


TEAM = {
    "harbour-vale": (
        Member("alice@harbour-vale.example", "Alice Moreau", Role.OWNER.value),
        Member("bob@harbour-vale.example", "Bob Lindqvist", Role.MANAGER.value),
        Member("dana@harbour-vale.example", "Dana Reyes", Role.AGENT.value),
        Member("ruth@harbour-vale.example", "Ruth Adeyemi", Role.AGENT.value, "City"),
        Member("viktor@harbour-vale.example", "Viktor Holm", Role.VIEWER.value),
    ),
    "northbeam": (
        Member("alice@harbour-vale.example", "Alice Moreau", Role.ADMIN.value),
        Member("owen@northbeam.example", "Owen Clarke", Role.OWNER.value),
        Member("mei@northbeam.example", "Mei Lindholm", Role.AGENT.value),
    ),
}
LOG_IN = TEAM["harbour-vale"][0].email


def build(*, seed: int = SEED, now: datetime | None = None, tell: Callable[[str], None] = print) -> None:
    """Both organizations, unless they are there already."""
    now = now or timezone.now()
    for planned in (retailer.plan, software.plan):
        world = planned(seed=seed, now=now)
        if Organization.objects.filter(slug=world.slug).exists():
            tell(f"{world.name}: there already")
            continue
        build_world(world, seed=seed, now=now)
        answers = len(world.answers) + (len(world.second.answers) if world.second is not None else 0)
        tell(
            f"{world.name} (invented): {len(world.customers):,} customers, {answers:,} answers, "
            f"{len(world.events):,} events"
        )


@transaction.atomic
def build_world(world: World, *, seed: int, now: datetime) -> Organization:
    """One organization with everything in it, in one transaction: whole or not at all."""
    organization = _found(world, now)
    random = Random(seed)
    with acting_for(organization), quietly():
        actor = member_actor(Membership.objects.get(organization=organization, role=Role.OWNER))
        units = _units(world, actor)
        _team(world, organization, units)
        _attributes(world)
        for feature in world.features:
            declaring_features.declare(**asdict(feature), by=actor)
        ids = _customers(world, actor, units)
        _events(world, ids, units)
        # Until it is told, the planner believes these tables empty.
        fresh_statistics(Customer)
        fresh_statistics(CustomerEvent)
        survey = _survey(world.survey_name, world.question, actor, now, template=world.touchpoint)
        asked = [(wave, survey, panel) for wave, panel in _waves(world, actor)]
        if world.second is not None:
            asked += _second(world.second, actor, now)
            ordering_touchpoints.put_in_order(
                [world.touchpoint, world.second.touchpoint], expected=0, by=actor
            )
        _ask(world, sorted(asked, key=lambda each: each[0].at), ids, actor)
        staging.settle(at=now, why="time")
        naming_themes.start_with(world.themes, by=actor)
        hearing.settle()
        _board(world, actor)
        improvements.add(world, by=actor, now=now)
        for model in (Customer, CustomerEvent, Invitation, Response):
            fresh_statistics(model)
        rest.add(world, survey=survey, by=actor, random=random, now=now)
    return organization


def _board(world: World, actor: Actor) -> None:
    """The first of its themes is a pain point that somebody works on."""
    theme = Theme.objects.get(seed=world.themes[0])
    boarding_themes.place(
        theme,
        board=Theme.Board.PAIN,
        state=Theme.State.WORKING,
        owner=actor.membership,
        revision=theme.revision,
        by=actor,
    )


def _found(world: World, now: datetime) -> Organization:
    owner = next(member for member in TEAM[world.slug] if member.role == Role.OWNER.value)
    organization = found_organization(
        name=world.name,
        slug=world.slug,
        owner=_user(owner),
        time_zone=world.time_zone,
        currency=world.currency,
        kind=Organization.Kind.DEMO,
        at=now - timedelta(days=460),
    )
    organization.postal_address = world.postal_address
    organization.brand_colour = world.brand_colour
    organization.save()
    return organization


def _user(member: Member) -> User:
    user = User.objects.filter(email=member.email).first()
    if user is None:
        user = User.objects.create(email=member.email, password=_hashed(PASSWORD), name=member.name)
        rest.confirm_address(user)
    return user


@cache
def _hashed(password: str) -> str:
    """Hashing is slow on purpose; one and the same password need not be hashed for each colleague."""
    return make_password(password)


def _team(world: World, organization: Organization, units: dict[str, Unit]) -> None:
    for member in TEAM[world.slug]:
        if member.role != Role.OWNER.value:
            Membership.objects.create(
                user=_user(member),
                organization=organization,
                role=member.role,
                unit=units[member.unit] if member.unit else None,
                joined_at=organization.created_at,
            )


def _units(world: World, actor: Actor) -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for name, parent in world.units:
        units[name] = add_unit(name=name, parent=units[parent] if parent else None, by=actor)
    return units


def _attributes(world: World) -> None:
    for position, planned in enumerate(world.attributes):
        Attribute.objects.create(
            key=planned.key,
            label=planned.label,
            kind=planned.kind,
            choices=list(planned.choices),
            currency=world.currency if planned.kind == "money" else "",
            position=position,
        )


def _customers(world: World, actor: Actor, units: dict[str, Unit]) -> dict[str, int]:
    """The customers; gives their ids by external id."""
    owners = keeping_companies.owners_by_address()
    for company in world.companies:
        Company.objects.create(
            external_id=company.key,
            name=company.name,
            mode=Mode.DEMO,
            time_zone=world.time_zone,
            industry=company.industry,
            owner_id=owners.get(company.owner or ""),
            revenue=company.revenue,
            currency=world.currency if company.revenue is not None else "",
            renewal_date=company.renewal,
        )
    outcomes = upsert_many(
        [
            Person(
                external_id=planned.key,
                name=planned.name,
                email=planned.email,
                phone=planned.phone or None,
                locale=planned.locale,
                company=planned.company,
                roles=ContactRole.written(planned.roles),
                unit_id=units[planned.unit].pk if planned.unit else None,
                attributes=planned.attributes,
                created_at=planned.since,
            )
            for planned in world.customers
        ],
        by=actor,
        mode=Mode.DEMO.value,
        source="demo",
    )
    refused = [outcome for outcome in outcomes if outcome.customer_id is None]
    if refused:
        raise ValueError(f"{world.name}: {refused[0].path}: {refused[0].error}")
    return {
        planned.key: outcome.customer_id
        for planned, outcome in zip(world.customers, outcomes, strict=True)
        if outcome.customer_id is not None
    }


def _events(world: World, ids: dict[str, int], units: dict[str, Unit]) -> None:
    unit_of = {planned.key: planned.unit for planned in world.customers}
    append_many(
        Happening(
            customer_id=ids[event.customer],
            name=event.name,
            at=event.at,
            amount=event.amount,
            currency=world.currency if event.amount is not None else "",
            properties=event.properties,
            mode=Mode.DEMO,
            source="demo",
            unit_id=units[unit].pk if (unit := unit_of[event.customer]) else None,
        )
        for event in world.events
    )


def _survey(
    name: str, words: str, actor: Actor, now: datetime, *, template: str, touchpoint: str = ""
) -> Survey:
    survey = starting.start(name, by=actor, template_key=template, at=now - timedelta(days=440))
    if touchpoint:
        survey.touchpoint = touchpoint
        survey.save(update_fields=["touchpoint"])
    question = survey.present_questions.get(key="nps")
    question.text = {survey.default_locale: words}
    question.save()
    publishing.publish(survey, by=actor, at=now - timedelta(days=435))
    survey.refresh_from_db()
    return survey


def _waves(world: World, actor: Actor) -> list[tuple[PlannedWave, Segment]]:
    """A third of the customers each: who is asked in the first, second and third month."""
    panels = {
        panel: rest.segment(f"Asked in month {panel} of three", {"all": [_in_panel(panel)]}, by=actor)
        for panel in sorted({planned.panel for planned in world.customers})
    }
    return [(wave, panels[wave.panel]) for wave in world.waves]


def _second(planned: PlannedSurvey, actor: Actor, now: datetime) -> list[tuple[PlannedWave, Survey, Segment]]:
    """The survey at the other touchpoint, and who of each third is asked."""
    survey = _survey(
        planned.name, planned.question, actor, now, template="purchase", touchpoint=planned.touchpoint
    )
    row = {"field": f"attribute.{planned.attribute}", "operator": "is", "value": planned.value}
    panels = {
        panel: rest.segment(
            f"{planned.value}, month {panel} of three", {"all": [_in_panel(panel), row]}, by=actor
        )
        for panel in sorted({wave.panel for wave in planned.waves})
    }
    return [(wave, survey, panels[wave.panel]) for wave in planned.waves]


def _in_panel(panel: int) -> dict[str, Any]:
    return {"field": "attribute.panel", "operator": "is", "value": str(panel)}


def _ask(
    world: World, asked: Sequence[tuple[PlannedWave, Survey, Segment]], ids: dict[str, int], actor: Actor
) -> None:
    """Every wave: launched at its time, sent, and answered through its invitations."""
    answers: dict[int, list[PlannedAnswer]] = defaultdict(list)
    for planned in (*world.answers, *(world.second.answers if world.second is not None else ())):
        answers[planned.wave].append(planned)
    for wave, survey, segment in asked:
        version = survey.version()
        assert version is not None
        # As the nights would have done it: an answer carries the stage of that time.
        staging.settle(at=wave.at, why="time")
        distribution = _launch(survey, segment, wave, actor)
        invitations = {
            invitation.customer_id: invitation
            for invitation in Invitation.objects.filter(distribution=distribution).waiting()
        }
        _receipts(list(invitations.values()), wave.at)
        made = backfill(
            [
                PastAnswer(invitation.pk, planned.at, _values(planned))
                for planned in answers[wave.number]
                if (invitation := invitations.get(ids[planned.customer])) is not None
            ],
            version=version,
        )
        if not made and answers[wave.number]:
            raise ValueError(f"{world.name}: nobody of wave {wave.number} could answer")


def _launch(survey: Survey, segment: Segment, wave: PlannedWave, actor: Actor) -> Distribution:
    distribution = Distribution.objects.create(
        name=f"{survey.name}, {wave.at:%B %Y}",
        survey=survey,
        segment=segment,
        mode=Mode.DEMO,
        touchpoint=survey.touchpoint,
        created_at=wave.at - timedelta(hours=1),
        created_by_id=actor.user_id,
    )
    return distributing.launch(distribution, by=actor, at=wave.at)


def _receipts(invitations: Sequence[Invitation], at: datetime) -> None:
    """What a mail server would have told: all sent, one in fifty bounced, half of the pages looked at."""
    chance = Random(len(invitations))
    groups: dict[str, list[int]] = {"delivered": [], "failed": [], "opened": []}
    for invitation in invitations:
        delivered = chance.random() > 0.02
        groups["delivered" if delivered else "failed"].append(invitation.pk)
        if delivered and chance.random() < 0.46:
            groups["opened"].append(invitation.pk)
    distributing.note_receipt([each.pk for each in invitations], "sent", at + timedelta(minutes=4))
    distributing.note_receipt(groups["delivered"], "delivered", at + timedelta(minutes=5))
    distributing.note_receipt(groups["failed"], "failed", at + timedelta(minutes=6))
    Invitation.objects.filter(pk__in=groups["opened"]).update(opened_at=at + timedelta(hours=9))


def _values(planned: PlannedAnswer) -> dict[str, Value]:
    category = "detractor" if planned.score <= 6 else "passive" if planned.score <= 8 else "promoter"
    values = {"nps": Value(number=planned.score)}
    if planned.comment:
        values[f"reason_{category}"] = Value(text=planned.comment)
    return values
