"""The words that outreach brings to the rule language."""

import datetime as dt

import pytest
from django.utils import timezone

from outreach import caring
from outreach.models import Campaign, SendKey, Template
from segments.compiling import members
from tests.factories.segments import CustomerFactory, SegmentFactory

pytestmark = pytest.mark.usefixtures("in_acme")


def found(rule) -> set[str]:
    return {customer.name for customer in members(SegmentFactory(rule=rule))}


def test_who_has_an_open_a_late_or_a_closed_case(alice, actor_of):
    by = actor_of(alice)
    now = timezone.now()
    ann, ben, _cleo = (CustomerFactory(name=name) for name in ("Ann", "Ben", "Cleo"))
    caring.open_case(customer=ann, at=now - dt.timedelta(days=9))
    done = caring.open_case(customer=ben, at=now - dt.timedelta(hours=1))
    caring.close(done, cause="Price", outcome="solved", by=by)
    assert found({"all": [{"field": "open_case", "operator": "is_true"}]}) == {"Ann"}
    assert found({"all": [{"field": "open_case", "operator": "is_false"}]}) == {"Ben", "Cleo"}
    assert found({"all": [{"field": "late_case", "operator": "is_true"}]}) == {"Ann"}
    closed = {"field": "cases_closed", "operator": "at_least", "value": 1}
    assert found({"all": [closed]}) == {"Ben"}
    assert found({"all": [{**closed, "operator": "is", "value": 0}]}) == {"Ann", "Cleo"}


def test_who_received_a_campaign():
    ann, ben = CustomerFactory(name="Ann"), CustomerFactory(name="Ben")
    template = Template.objects.create(name="T", subject={"en": "s"}, body={"en": "b"})
    campaign = Campaign.objects.create(name="Autumn guide", template=template, segment=SegmentFactory())
    for customer, outcome in ((ann, "accepted"), (ben, "skipped")):
        SendKey.objects.create(
            key=f"k{customer.pk}", customer=customer, message_class="marketing", topic="marketing",
            origin_kind="campaign", origin_id=campaign.pk, outcome=outcome,
        )  # fmt: skip
    rule = {"field": "campaign_received", "operator": "is_true", "name": "Autumn guide"}
    assert found({"all": [rule]}) == {"Ann"}
