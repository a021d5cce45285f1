"""What stands around the answers of the demo world: segments, words, people caring, campaigns in draft."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from allauth.account.models import EmailAddress

from accounts.acting import Actor, member_actor
from accounts.models import Membership, Mode, User
from accounts.models.membership import Role
from config.demo.improvements import second_queue_opened
from config.demo.plan import World
from outreach import caring
from outreach.models import Alert, Campaign, Case, FollowUp, MessageClass, Sender, Template
from segments.models import Segment
from surveys import annotating
from surveys.models import Response, Survey

CAUSES = {
    "harbour-vale": ("Waiting time", "Delivery", "Packaging", "Staff", "Product quality"),
    "northbeam": ("Setting up", "Price", "Support", "Speed"),
}
# Cases are opened for the detractors of these days; older ones are history.
CARE_DAYS = 75

WORDS = {
    "promoter": (
        "Thank you, {{ customer.first_name | default: 'and hello' }}",
        "Thank you for your {{ answer.score }}. It was read aloud this morning.\n\n"
        "If you have two minutes: what would you tell a friend about us? Just reply to this mail.",
    ),
    "passive": (
        "What would have made it a 10?",
        "Thank you for your {{ answer.score }}, {{ customer.first_name | default: 'and hello' }}.\n\n"
        "One thing we could do better would help us most. Just reply to this mail.",
    ),
    "detractor": (
        "We read what you wrote",
        "Hello {{ customer.first_name | default: 'there' }},\n\nthank you for telling us. A person of our "
        "team has your answer on the desk and will write to you within 24 hours.",
    ),
}
GUIDE = (
    "Autumn guide: caring for wood",
    "Hello {{ customer.first_name | default: 'there' }},\n\noil your table once a year, and it will outlive "
    "us. Three pictures and five steps are waiting for you in every store.",
)


def confirm_address(user: User) -> None:
    """The address of an invented colleague counts as confirmed, so that one can log in."""
    EmailAddress.objects.get_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )


def segment(name: str, rule: dict[str, Any], *, by: Actor, description: str = "") -> Segment:
    """A segment by rule."""
    return Segment.objects.create(name=name, rule=rule, description=description, created_by=by.name)


def add(world: World, *, survey: Survey, by: Actor, random: Random, now: datetime) -> None:
    """Sender, templates, follow-ups, segments, cases and a campaign in draft."""
    Sender.objects.create(
        name=world.name,
        address=f"hello@{world.slug}.example",
        is_default=True,
        verified_at=now - timedelta(days=450),
    )
    _follow_ups(by)
    _segments(world, by)
    _campaign(world, by)
    _care(world, survey, random, now)
    if world.slug == "harbour-vale":
        opened = second_queue_opened(world, now)
        annotating.annotate(day=opened, words="Second queue opened in the city stores", survey=survey, by=by)


def _follow_ups(by: Actor) -> None:
    for category, (subject, body) in WORDS.items():
        template = Template.objects.create(
            name=f"After an answer: {category}",
            message_class=MessageClass.RELATIONSHIP,
            default_locale="en",
            subject={"en": subject},
            body={"en": body},
        )
        FollowUp.objects.update_or_create(
            category=category, defaults={"template": template, "enabled": category != "passive"}
        )


def _segments(world: World, by: Actor) -> None:
    if world.slug == "harbour-vale":
        segment(
            "City detractors",
            {
                "all": [
                    {
                        "field": "attribute.store",
                        "operator": "is_one_of",
                        "value": ["Old Market", "Riverside", "Station Quarter"],
                    },
                    {"field": "category", "operator": "is", "value": "detractor"},
                ]
            },
            by=by,
            description="Unhappy, and close to a till.",
        )
        segment(
            "Regulars with a gold card",
            {"all": [{"field": "attribute.loyalty_card", "operator": "is", "value": "gold"}]},
            by=by,
        )
    else:
        segment(
            "New firms",
            {"all": [{"field": "attribute.customer_since", "operator": "within_last", "value": 90}]},
            by=by,
            description="In their first 90 days.",
        )
        segment(
            "Deciders on team or enterprise",
            {
                "all": [
                    {"field": "roles", "operator": "includes", "value": "decides"},
                    {"field": "attribute.plan", "operator": "is_one_of", "value": ["team", "enterprise"]},
                ]
            },
            by=by,
        )


def _campaign(world: World, by: Actor) -> None:
    if world.slug != "harbour-vale":
        return
    template = Template.objects.create(
        name=GUIDE[0],
        message_class=MessageClass.MARKETING,
        default_locale="en",
        subject={"en": GUIDE[0]},
        body={"en": GUIDE[1]},
    )
    Campaign.objects.create(
        name=GUIDE[0],
        template=template,
        segment=Segment.objects.get(name="Regulars with a gold card"),
        mode=Mode.DEMO.value,
    )


def _care(world: World, survey: Survey, random: Random, now: datetime) -> None:
    """Cases for the detractors of the last weeks: the older cared for and closed, the newest waiting."""
    colleagues = [
        member_actor(member)
        for member in Membership.objects.filter(
            organization=survey.organization, role__in=[Role.OWNER, Role.MANAGER, Role.AGENT]
        ).select_related("user", "unit")
    ]
    unhappy = (
        Response.objects.filter(
            survey=survey,
            score__lte=6,
            answered_at__gte=now - timedelta(days=CARE_DAYS),
            customer__isnull=False,
        )
        .select_related("customer")
        .order_by("answered_at")
    )
    opened = [
        caring.open_case(
            customer=response.customer, response=response, reason="a score of 0 to 6", at=response.answered_at
        )
        for response in unhappy
    ]
    waiting = opened[-7:]
    for case in opened[:-7]:
        if case.state != Case.State.CLOSED:
            _care_for(case, world, colleagues, random, now)
    _bring_up_to_date(waiting, colleagues, now)


def _care_for(case: Case, world: World, colleagues: list[Actor], random: Random, now: datetime) -> None:
    able = [actor for actor in colleagues if actor.sees_unit(case.unit_id)]
    actor = random.choice(able)
    at = case.opened_at + timedelta(hours=min(40.0, random.lognormvariate(1.6, 0.8)))
    if at >= now:
        return
    caring.take(case, by=actor, at=at)
    caring.call(case, text="Called, said sorry, listened.", by=actor, at=at)
    closed = at + timedelta(hours=random.uniform(1, 60))
    if closed < now and random.random() < 0.94:
        caring.close(
            case,
            cause=random.choice(CAUSES[world.slug]),
            outcome=random.choices(
                [Case.Outcome.SOLVED, Case.Outcome.NOT_SOLVED, Case.Outcome.NO_ANSWER], (70, 14, 16)
            )[0],
            by=actor,
            at=closed,
        )


def _bring_up_to_date(waiting: list[Case], colleagues: list[Actor], now: datetime) -> None:
    """The newest few stay open, each with its own hour on the clock; one of them is late."""
    for case, hours in zip(reversed(waiting), (2, 5, 9, 13, 20, 22, 25), strict=False):
        case.opened_at = now - timedelta(hours=hours, minutes=17)
        case.due_at = case.opened_at + timedelta(hours=24)
        case.save()
        for actor in colleagues:
            if actor.may("alert.view") and actor.sees_unit(case.unit_id):
                Alert.objects.get_or_create(
                    membership=actor.membership,
                    kind=Alert.Kind.DETRACTOR,
                    occasion=f"response {case.response_id}",
                    defaults={"response": case.response, "case": case, "at": case.opened_at},
                )
