"""A business in the middle of its work: pages that only exist then, and the mails it sends.

What the example has not (a launched campaign, an import with rows that failed, a company, a planned sending) is
made here by the product's own verbs. Mails really go through the engine into the local mailbox.
"""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time as hour
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import tokens
from accounts.acting import Actor, member_actor, system_actor
from accounts.models import Membership, Organization, Role
from accounts.tenancy.context import acting_for
from config.mailbox.store import Mailbox, opened
from outreach import campaigning, my_data
from outreach.models import Campaign, SendKey, Template
from segments import connecting, importing, merging, pushing, receiving
from segments import my_data as segments_my_data
from segments.models import Connection, Customer, NotTakenIn, Segment
from surveys import benchmarking, inviting
from surveys.models import Distribution
from tests.factories.accounts import OrganizationFactory, member
from tests.factories.segments import CompanyFactory, CustomerFactory, SegmentFactory
from tests.factories.surveys import DistributionFactory, InvitationFactory, published, respond
from tests.look.pages import World, member_client

FILE = b"E-mail,Name,Company\nann@customers.example,Ann Okafor,Lakeside\nnot an address,Nobody,\n"
NEWCOMER = "nora@newcomers.example"


@dataclass(frozen=True)
class Mail:
    """One caught mail: its number, its subject, and the addresses in it that lead back here."""

    id: int
    subject: str
    links: tuple[str, ...]


def busy(slug: str) -> World:
    """The organization, and where its pages begin."""
    organization = OrganizationFactory(
        name="Busy Harbour",
        slug=slug,
        brand_colour="#5a2a4b",
        quiet_from=hour(
            0
        ),  # from midnight to midnight: no quiet hours, so that mails come whenever this runs
        quiet_to=hour(0),
    )
    with acting_for(organization):
        owner = member(organization, "Ida Holm", Role.OWNER)
        other = member(organization, "Bo Lind", Role.AGENT)
        start = tuple(_work(organization, owner, other))
    return World("busy", member_client(owner), start)


def _work(organization: Organization, owner: Membership, other: Membership) -> Iterator[str]:
    by: Actor = system_actor(organization)
    place = f"/o/{organization.slug}/"
    yield place
    lakeside = CompanyFactory(name="Lakeside Hotels")
    ann = CustomerFactory(name="Ann Okafor", email="ann@customers.example", company=lakeside)
    ben = CustomerFactory(name="Ben Ruiz", email="ben@customers.example")
    everybody = SegmentFactory(name="Everybody")
    survey = published("After purchase", "purchase", open_link=True)
    sent = DistributionFactory(name="November", survey=survey, segment=everybody)
    respond(InvitationFactory(distribution=sent, customer=ann), 3, "Third time the lamp came in pieces.")
    answered = InvitationFactory(distribution=sent, customer=ben)
    planned = Distribution.objects.create(
        name="December", survey=survey, segment=everybody, mode=organization.mode, created_by=owner.user
    )
    inviting.try_out(planned, by=_acting_as(owner))
    yield planned.get_absolute_url()
    yield reverse("distribution_edit", args=[organization.slug, planned.pk])
    yield reverse("answer_open", args=[inviting.open_link(survey).rstrip("/").rpartition("/")[2]])
    yield from _twice(organization, by)
    yield from _brought(organization, by)
    yield from _told(organization, by)
    yield from _joined(organization, by, ann)
    yield from _compared(organization, by)
    yield from _campaign(organization, everybody, owner)
    yield reverse("member_remove", args=[organization.slug, other.pk])
    yield from _leaving(organization, ann, answered.pk)
    yield from _new_address(organization, ben)
    yield reverse("account_reauthenticate")


def _twice(organization: Organization, by: Actor) -> Iterator[str]:
    """One person in three records: two were made one, the third is still to be compared."""
    lone = CustomerFactory(
        name="Ines Vidal", email="ines@customers.example", phone="+34910000001", stage="loyal"
    )
    again = CustomerFactory(name="I. Vidal", email="ines@customers.example", locale="es", external_id="K-204")
    third = CustomerFactory(name="Ines Vidal Mora", email="ines.vidal@home.example", phone="+34910000002")
    merging.merge(lone, third, by=by, choose={"phone": "kept"})
    yield reverse("customer_merge", args=[organization.slug, lone.pk, again.pk])
    yield reverse("duplicate_list", args=[organization.slug])
    yield reverse("customer_detail", args=[organization.slug, lone.pk])


def _told(organization: Organization, by: Actor) -> Iterator[str]:
    """An inbound webhook to which a body came that was taken in, and one that was refused."""
    webhook = receiving.make(name="The booking system", by=by)
    facts = {"mapping": {"email": "$.guest.mail", "event": "=stay ended"}}
    receiving.change(webhook, facts, expected=1, by=by)
    for mail in ("ann@customers.example", "nobody"):
        receiving.receive(webhook, json.dumps({"guest": {"mail": mail}, "nights": 2}).encode(), {})
    yield reverse("inbound_detail", args=[organization.slug, webhook.pk])


def _joined(organization: Organization, by: Actor, ann: Customer) -> Iterator[str]:
    """A CRM that was looked at, with a record that did not come in; paused, so that nobody is called from here."""
    one = connecting.connect("hubspot", {"access_token": "invented"}, by=by)
    connecting.pause(one, by=by)
    fields = [
        ("email", "Email", "text"),
        ("@name", "First and last name", "text"),
        ("score", "Score", "number"),
    ]
    Connection.objects.filter(pk=one.pk).update(
        their_fields=[
            {"name": name, "label": label, "kind": kind, "writable": name == "score"}
            for name, label, kind in fields
        ],
        fields_in={"email": "email", "name": "@name"},
        account="account 4711",
        tried_at=timezone.now(),
        try_at=None,
        pulled_at=timezone.now(),
        seen=2_417,
        created=36,
    )
    NotTakenIn.objects.create(
        connection=one, theirs="8812", field="email", message="“nobody” is not an address."
    )
    pushing.queue([one.pk], "person", [ann.pk])
    yield reverse("connection_list", args=[organization.slug])
    yield reverse("connection_detail", args=[organization.slug, one.pk])
    yield reverse("connection_new", args=[organization.slug, "zendesk"])


def _brought(organization: Organization, by: Actor) -> Iterator[str]:
    """An import at its columns, and one that is done."""
    waiting = importing.begin(FILE, name="customers.csv", by=by)
    yield reverse("import_columns", args=[organization.slug, waiting.pk])
    done = importing.begin(FILE, name="yesterday.csv", by=by)
    importing.choose(done, importing.columns_of(done), by=by)
    importing.start(done, by=by)
    while importing.step(done):
        done.refresh_from_db()
    yield reverse("import_detail", args=[organization.slug, done.pk])


def _campaign(organization: Organization, everybody: Segment, owner: Membership) -> Iterator[str]:
    template = Template.objects.create(
        name="Autumn guide",
        message_class="relationship",
        subject={"en": "Caring for wood"},
        body={"en": "Hello {{ customer.first_name | default: 'there' }},\n\nthree things that wood likes."},
    )
    campaign = Campaign.objects.create(
        name="Autumn guide", template=template, segment=everybody, mode=organization.mode
    )
    campaigning.launch(campaign, by=_acting_as(owner))
    yield reverse("campaign_detail", args=[organization.slug, campaign.pk])


def _leaving(organization: Organization, customer: Customer, invitation_id: int) -> Iterator[str]:
    key = SendKey.objects.create(
        key="look",
        customer=customer,
        message_class="relationship",
        topic="surveys",
        origin_kind="invitation",
        origin_id=invitation_id,
    )
    for purpose in ("unsubscribe", "preferences"):
        yield reverse(purpose, args=[tokens.derive(purpose, organization.pk, key.pk)])


def _new_address(organization: Organization, customer: Customer) -> Iterator[str]:
    asked = segments_my_data.ask_address(customer, "another@customers.example")
    made = my_data.hour_of(timezone.now())
    yield reverse("new_address", args=[tokens.derive(my_data.NEW_ADDRESS, organization.pk, asked.pk, made)])


def _compared(organization: Organization, by: Actor) -> Iterator[str]:
    """A figure of others beside the score."""
    facts = {
        "whose": "An invented sector",
        "score": 14,
        "year": 2025,
        "source": "A report",
        "method": "By mail",
    }
    figure = benchmarking.enter(facts, by=by)
    yield reverse("benchmark_list", args=[organization.slug])
    yield figure.get_absolute_url()


def _acting_as(membership: Membership) -> Actor:
    return member_actor(membership)


def write_to(world: World, slug: str) -> None:
    """Deeds that send a mail each: an invitation of a member, a sign-up, a forgotten password, a test letter."""
    assert world.client is not None
    world.client.post(reverse("member_list", args=[slug]), {"email": NEWCOMER, "role": "agent", "unit": ""})
    # Links in mails lead to where the visitor was: to the pages under test.
    visitor = Client(HTTP_HOST=urlsplit(settings.BASE_URL).netloc)
    visitor.post(reverse("account_reset_password"), {"email": f"ida@{slug}.example"})
    visitor.post(
        reverse("account_signup"),
        {
            "business": "New Harbour",
            "name": "Nell Gray",
            "email": f"nell@{slug}.example",
            "password1": "a long enough example",
            "time_zone": "Europe/London",
        },
    )


def mails(*, after: int, wanted: int, seconds: float = 60) -> list[Mail]:
    """The first mail of each subject that came after number `after`; waits until `wanted` subjects came."""
    box = Mailbox(Path(settings.LOCAL_MAILBOX))
    until = time.monotonic() + seconds
    while True:
        found: dict[str, Mail] = {}
        for number, _recipients, source in box.since(after):
            mail = opened(source)
            subject = box.envelope(number).subject  # type: ignore[union-attr]
            links = re.findall(rf"{re.escape(settings.BASE_URL)}(/[^\s\"'<>)]+)", f"{mail.text} {mail.html}")
            found.setdefault(subject, Mail(number, subject, tuple(dict.fromkeys(links))))
        if len(found) >= wanted or time.monotonic() > until:
            return list(found.values())
        time.sleep(0.5)
