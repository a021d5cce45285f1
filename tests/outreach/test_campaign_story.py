"""A campaign once through a real mail server: who gets it, who not and why, and a stop that is honoured."""

import datetime as dt
import re

import pytest
from django.utils import timezone

from accounts.models import Membership
from accounts.tenancy.context import acting_for
from outreach import campaigning, sending
from outreach.models import Campaign, Template
from segments.models import Customer
from tests.factories.accounts import member
from tests.factories.segments import CustomerFactory, SegmentFactory

pytestmark = pytest.mark.django_db(transaction=True)


def send_all(organization) -> None:
    while sending.send_due(organization.pk).looked:
        pass


def launched(organization, by, name: str) -> Campaign:
    """Launched two minutes ago, so its minute of grace is over, and everybody chosen."""
    with acting_for(organization):
        template, _new = Template.objects.get_or_create(
            name="Guide",
            defaults={
                "message_class": "relationship",
                "subject": {"en": "For {{ customer.first_name | default: 'you' }}"},
                "body": {"en": "Dear {{ customer.first_name | default: 'customer' }}, **oil** your table."},
            },
        )
        campaign = Campaign.objects.create(name=name, template=template, segment=SegmentFactory())
        at = timezone.now()
        campaigning.launch(campaign, by=by, at=at - dt.timedelta(minutes=2))
        campaigning.due_work(at)
        return campaign


@pytest.mark.row("F2", "now")
@pytest.mark.row("F7", "checked at the moment of sending")
def test_a_campaign_reaches_those_who_allow_it_once_and_a_click_stops_the_next(
    sender_of_mails, mail_server, client, actor_of
):
    acme = sender_of_mails
    with acting_for(acme):
        mona: Membership = member(acme, "Mona Lund", "manager")
        for name in ("Lea", "Mei"):
            CustomerFactory(name=name, email=f"{name.lower()}@people.example")
        CustomerFactory(name="Hugo", email="")
    by = actor_of(mona)
    first = launched(acme, by, "First")
    send_all(acme)
    mails = mail_server.mails()
    assert len(mails) == 2
    link = stop_link(mails, "lea@people.example")
    assert client.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    second = launched(acme, by, "Second")
    send_all(acme)
    assert len(mail_server.mails()) == 3
    with acting_for(acme):
        campaigning.due_work()
        for campaign in (first, second):
            campaign.refresh_from_db()
        assert campaigning.progress(first).counts["sent"] == 2
        progress = campaigning.progress(second)
        assert (progress.counts["sent"], progress.counts["skipped"], progress.total) == (1, 2, 3)
        assert (first.state, second.state) == ("finished", "finished")
        assert Customer.objects.filter(email="lea@people.example").exists()


def stop_link(mails, address: str) -> str:
    """The path in List-Unsubscribe of the mail to that address."""
    for mail in mails:
        if address in str(mail["To"]):
            found = re.search(r"<http://testserver(/u/[^>]+)>", str(mail["List-Unsubscribe"]))
            assert found and mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
            return found[1]
    raise AssertionError(f"no mail to {address}")
