"""What the addresses and fields of the product name: one builder per kind, one line per address that is unusual.

A new page needs nothing here if its address names its object in the usual way: `customers/<int:customer_id>/`,
`campaigns/<int:pk>/`, REST `customers/<str:id>` are customer, campaign, customer. Otherwise say it in PLACES,
and in FIELDS if a form calls a choice by another name than its kind.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.deleting import delete
from accounts.issuing_keys import issue_key
from accounts.models import MemberInvitation, StoredFile, Unit
from accounts.storing import store_bytes
from outreach.caring import open_case
from outreach.models import Alert, Campaign, Sender, SendKey, Template
from outreach.my_data import hour_of
from segments import connecting, declaring_features, importing, merging, my_data, receiving, telling_apart
from segments.models import Customer, CustomerImport, DataRequest
from surveys import annotating, benchmarking, improving, naming_themes
from tests.factories.accounts import UnitFactory
from tests.factories.segments import AttributeFactory, CompanyFactory, CustomerFactory, SegmentFactory
from tests.factories.surveys import DistributionFactory, InvitationFactory, draft, published, respond
from tests.tenancy.worlds import World

BUILDERS: dict[str, Callable[[World], Any]] = {}
# Kinds whose object lies in the branch North: members of the branch South must not see it.
IN_NORTH: set[str] = set()

# (the word before it or the route's name, name of the argument) -> kind, or (kind, what of it is in the address)
PLACES: dict[tuple[str, str], str | tuple[str, Callable[[Any], Any]]] = {
    ("invitations", "invitation_id"): "memberinvitation",
    ("member-invitations", "id"): "memberinvitation",
    ("requests", "pk"): "datarequest",
    ("data-requests", "id"): "datarequest",
    ("restore", "deletion_id"): "unit_deletion",
    ("keys", "key_id"): "apikey",
    ("keys", "id"): "apikey",
    ("files", "file_id"): "file",
    ("cases", "number"): ("case", lambda case: case.number),
    ("answers", "pk"): "response",
    ("imports", "id"): "customerimport",
    ("imports", "import_id"): "customerimport",
    ("attribute_restore", "deletion_id"): "attribute_deletion",
    ("feature_restore", "deletion_id"): "feature_deletion",
    ("merge", "other_id"): "twin",
    ("apart", "other_id"): "twin",
    ("customer_restore", "deletion_id"): "customer_deletion",
    ("segment_restore", "deletion_id"): "segment_deletion",
    ("survey_restore", "deletion_id"): "survey_deletion",
    ("contacts", "customer_id"): "customer",
    ("connections", "id"): "connection",
    ("inbound", "webhook_id"): "inboundwebhook",
    ("deliveries", "delivery_id"): "inbounddelivery",
    ("inbound-webhooks", "id"): "inboundwebhook",
    ("inbound-deliveries", "id"): "inbounddelivery",
    ("inbound_restore", "deletion_id"): "inbound_deletion",
    ("notes", "pk"): "annotation",
    ("annotation_restore", "deletion_id"): "annotation_deletion",
    ("benchmarks", "pk"): "benchmark",
    ("benchmarks", "id"): "benchmark",
    ("benchmark_restore", "deletion_id"): "benchmark_deletion",
    ("theme_restore", "deletion_id"): "theme_deletion",
    ("improvement_restore", "deletion_id"): "improvement_deletion",
    ("campaign_restore", "deletion_id"): "campaign_deletion",
    ("template_restore", "deletion_id"): "template_deletion",
}
# Arguments that name no object: a value that is always there.
PLAIN: dict[tuple[str, str], str] = {
    ("questions", "key"): "nps",
    ("stages", "key"): "active",
    ("follow-ups", "category"): "promoter",
    ("reports", "report"): "trend",
    ("new", "vendor"): "zendesk",
}
# What a page must be sent to do anything at all; other pages say what is missing, which will do.
SENT: dict[tuple[str, str], dict[str, str]] = {
    ("survey_edit", "POST"): {"question": "nps"},
    ("question_add", "POST"): {"kind": "rating"},
}
# Addresses by regular expression, which cannot be turned round: one example each.
EXAMPLES: dict[str, str] = {
    "account_confirm_email": "/confirm/nonsense/",
    "account_reset_password_from_key": "/password/new/1-nonsense/",
    "api_nothing": "/api/v1/nothing-here",
}
# Name of a form field or query parameter -> kind, where they differ; None: it names no object.
FIELDS: dict[str, str | None] = {
    "units": "unit",
    "segments": "segment",
    "owner": "membership",
    "heir": "membership",
    "parent": "unit",
}
# Purpose of a token -> the kind of its object.
TOKENS: dict[str, str] = {
    "file": "file",
    "member_invitation": "memberinvitation",
    "sender": "sender",
    "survey": "invitation",
    "inbound": "inboundwebhook",
    "open": "open survey",
    "unsubscribe": "sendkey",
    "preferences": "sendkey",
    "choices": "customer",
    "my data": "customer",
    "new address": "new address",
}


def builds(
    kind: str, *, in_north: bool = False
) -> Callable[[Callable[[World], Any]], Callable[[World], Any]]:
    """`@builds("customer", in_north=True)`: how an organization's object of that kind is made, in its context."""

    def register(builder: Callable[[World], Any]) -> Callable[[World], Any]:
        BUILDERS[kind] = builder
        if in_north:
            IN_NORTH.add(kind)
        return builder

    return register


def generation(subject: Any) -> int:
    """The generation that the token of an object has now."""
    if isinstance(subject, Sender):
        return subject.revision
    if isinstance(subject, (Customer, DataRequest)):
        return hour_of(timezone.now())
    return int(getattr(subject, "generation", 1))


# accounts


@builds("unit", in_north=True)
def unit(world: World) -> Unit:
    return UnitFactory(name="Leeds", parent=world.units["north"])


@builds("unit_deletion", in_north=True)
def unit_deletion(world: World) -> Any:
    gone = UnitFactory(name="York", parent=world.units["north"])
    return delete(gone, by=world.system)


@builds("member", in_north=True)
@builds("membership", in_north=True)
def membership(world: World) -> Any:
    return world.members["agent"]


@builds("memberinvitation", in_north=True)
def memberinvitation(world: World) -> MemberInvitation:
    return MemberInvitation.objects.create(
        email=f"new@{world.organization.slug}.example",
        role="viewer",
        unit=world["unit"],
        invited_by=world.members["owner"].user,
        expires_at=timezone.now() + timedelta(days=7),
    )


@builds("apikey", in_north=True)
def apikey(world: World) -> Any:
    made = issue_key(name="a key", scopes=["customers:read"], mode="live", by=world.system).key
    made.unit = world["unit"]
    made.save()
    return made


@builds("file")
def file(world: World) -> StoredFile:
    return store_bytes(
        b"\x89PNG\r\n",
        name="logo.png",
        content_type="image/png",
        purpose=StoredFile.Purpose.LOGO,
        by=world.system,
    )


# segments


@builds("company", in_north=True)
def company(world: World) -> Any:
    """A branch sees the companies of its customers."""
    made = CompanyFactory()
    CustomerFactory(unit=world["unit"], company=made)
    return made


@builds("customer", in_north=True)
def customer(world: World) -> Any:
    return CustomerFactory(unit=world["unit"], company=world["company"])


@builds("twin", in_north=True)
def twin(world: World) -> Any:
    """Another record of the same person."""
    return CustomerFactory(unit=world["unit"], email=world["customer"].email)


@builds("merge", in_north=True)
def merge(world: World) -> Any:
    one, other = (CustomerFactory(unit=world["unit"]) for _ in range(2))
    return merging.merge(one, other, by=world.system)


@builds("distinction", in_north=True)
def distinction(world: World) -> Any:
    one, other = (CustomerFactory(unit=world["unit"]) for _ in range(2))
    return telling_apart.tell_apart(one, other, by=world.system)


@builds("customer_deletion", in_north=True)
def customer_deletion(world: World) -> Any:
    return delete(CustomerFactory(unit=world["unit"]), by=world.system)


@builds("segment_deletion")
def segment_deletion(world: World) -> Any:
    return delete(SegmentFactory(), by=world.system)


@builds("segment")
def segment(world: World) -> Any:
    return SegmentFactory()


@builds("datarequest", in_north=True)
def datarequest(world: World) -> Any:
    return my_data.ask(world["customer"], "My company is another")


@builds("new address", in_north=True)
def asked_address(world: World) -> Any:
    return my_data.ask_address(world["customer"], "new@address.example")


@builds("attribute")
def attribute(world: World) -> Any:
    return AttributeFactory()


@builds("attribute_deletion")
def attribute_deletion(world: World) -> Any:
    return delete(AttributeFactory(), by=world.system)


@builds("feature")
def feature(world: World) -> Any:
    return declaring_features.declare(name="Reports", event="report exported", by=world.system)


@builds("feature_deletion")
def feature_deletion(world: World) -> Any:
    gone = declaring_features.declare(name="Gone", event="feature gone", by=world.system)
    return declaring_features.put_away(gone, by=world.system)


@builds("customerimport", in_north=True)
def customerimport(world: World) -> CustomerImport:
    return importing.begin(b"E-mail,Name\nann@customers.example,Ann\n", name="customers.csv", by=world.system)


@builds("connection", in_north=True)
def connection(world: World) -> Any:
    """A branch sees none."""
    return connecting.connect("hubspot", {"access_token": "nonsense"}, by=world.system)


@builds("inboundwebhook", in_north=True)
def inboundwebhook(world: World) -> Any:
    """A branch sees none."""
    return receiving.make(name="the shop", by=world.system)


@builds("inbounddelivery", in_north=True)
def inbounddelivery(world: World) -> Any:
    return receiving.receive(world["inboundwebhook"], b"{}", {})


@builds("inbound_deletion", in_north=True)
def inbound_deletion(world: World) -> Any:
    return delete(receiving.make(name="gone", by=world.system), by=world.system)


# surveys


@builds("survey")
def survey(world: World) -> Any:
    return published()


@builds("survey_deletion")
def survey_deletion(world: World) -> Any:
    return delete(draft("put away"), by=world.system)


@builds("annotation")
def annotation(world: World) -> Any:
    return annotating.annotate(day=timezone.localdate(), words="New layout", by=world.system)


FIGURE = {"whose": "Shops in the north", "score": 12, "year": 2025, "source": "A report", "method": "By mail"}


@builds("benchmark")
def benchmark(world: World) -> Any:
    return benchmarking.enter(FIGURE, by=world.system)


@builds("benchmark_deletion")
def benchmark_deletion(world: World) -> Any:
    return benchmarking.put_away(benchmarking.enter(FIGURE, by=world.system), by=world.system)


@builds("annotation_deletion")
def annotation_deletion(world: World) -> Any:
    gone = annotating.annotate(day=timezone.localdate(), words="put away", by=world.system)
    return annotating.put_away(gone, by=world.system)


@builds("theme")
def theme(world: World) -> Any:
    return naming_themes.make("Waiting", {"en": ["queue"]}, by=world.system)


@builds("theme_deletion")
def theme_deletion(world: World) -> Any:
    gone = naming_themes.make("put away", {"en": ["nothing at all"]}, by=world.system)
    return naming_themes.put_away(gone, by=world.system)


@builds("improvement", in_north=True)
def improvement(world: World) -> Any:
    return improving.plan(
        name="A second queue",
        theme=world["theme"],
        units=[world["unit"]],
        segments=[world["segment"]],
        briefing="Open it at four.",
        by=world.system,
    )


@builds("improvement_deletion", in_north=True)
def improvement_deletion(world: World) -> Any:
    gone = improving.plan(name="put away", units=[world["unit"]], by=world.system)
    return improving.put_away(gone, by=world.system)


@builds("distribution")
def distribution(world: World) -> Any:
    return DistributionFactory(survey=world["survey"], segment=world["segment"])


@builds("open survey")
def open_survey(world: World) -> Any:
    return published("Open to all", open_link=True)


@builds("invitation", in_north=True)
def invitation(world: World) -> Any:
    return InvitationFactory(distribution=world["distribution"], customer=world["customer"])


@builds("response", in_north=True)
def response(world: World) -> Any:
    customer = CustomerFactory(unit=world["unit"])
    return respond(InvitationFactory(distribution=world["distribution"], customer=customer), 3, "slow")


# outreach


@builds("sender")
def sender(world: World) -> Sender:
    return Sender.objects.create(name="Acme", address=f"hello@{world.organization.slug}.example")


@builds("template")
def template(world: World) -> Any:
    return Template.objects.create(
        name="Thanks", message_class="relationship", subject={"en": "a"}, body={"en": "b"}
    )


@builds("template_deletion")
def template_deletion(world: World) -> Any:
    gone = Template.objects.create(
        name="Gone", message_class="relationship", subject={"en": "a"}, body={"en": "b"}
    )
    return delete(gone, by=world.system)


@builds("campaign")
def campaign(world: World) -> Any:
    return Campaign.objects.create(
        name="Spring", template=world["template"], segment=world["segment"], sender=world["sender"]
    )


@builds("campaign_deletion")
def campaign_deletion(world: World) -> Any:
    gone = Campaign.objects.create(name="Gone", template=world["template"], segment=world["segment"])
    return delete(gone, by=world.system)


@builds("case", in_north=True)
def case(world: World) -> Any:
    # Numbers count from 1 in each organization: a foreign number is one that is not an own one.
    for _ in range(7 if world.foreign else 1):
        opened = open_case(customer=CustomerFactory(unit=world["unit"]))
    return opened


@builds("alert", in_north=True)
def alert(world: World) -> Alert:
    return Alert.objects.create(
        membership=world.members["owner"],
        kind=Alert.Kind.values[0],
        occasion="matrix",
        at=timezone.now(),
        case=world["case"],
    )


@builds("sendkey", in_north=True)
def sendkey(world: World) -> SendKey:
    return SendKey.objects.create(
        key="matrix",
        customer=world["customer"],
        message_class="relationship",
        topic="surveys",
        origin_kind="invitation",
        origin_id=world["invitation"].pk,
    )
