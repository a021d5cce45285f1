"""My data by hand: without a script, on a phone and wide, and nothing for axe to find; and the queue of the team."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts import tokens
from accounts.models import Membership, Organization
from accounts.tenancy.context import acting_for
from outreach import my_data
from segments import my_data as verbs
from tests.browsing.axe import axe
from tests.factories.segments import AttributeFactory, ConsentFactory, ContactFactory, CustomerFactory
from tests.factories.surveys import DistributionFactory, InvitationFactory, respond


@pytest.mark.parametrize("width", [1440, 390, 320])
def test_a_customer_goes_from_the_choices_to_their_data_and_back_without_a_script(
    acme: Organization, browse: Callable[..., Page], width: int
) -> None:
    cache.clear()
    with acting_for(acme):
        AttributeFactory(key="plan", label="Plan")
        ann = CustomerFactory(name="Ann Okafor", email="ann@okafor.example", attributes={"plan": "gold"})
        ConsentFactory(customer=ann)
        ContactFactory(customer=ann, subject="After purchase")
        respond(InvitationFactory(distribution=DistributionFactory(), customer=ann), 3, "It creaks. " * 30)
        choices, data = tokens.derive("choices", acme.pk, ann.pk), my_data.token(ann)

    # axe is a script itself: it looks at what the same pages say where scripts run.
    def sound(path: str) -> None:
        looked = browse(path, width=width)
        assert axe(looked) == []
        assert not looked.evaluate("document.documentElement.scrollWidth > window.innerWidth")

    page = browse(f"/c/{choices}", width=width, javascript=False)
    page.get_by_role("button", name="Mail me the link").click()
    expect(page.get_by_text("The link to your data is on its way")).to_be_visible()
    page.get_by_role("button", name="Do not profile me").click()
    expect(page.get_by_text("sort you into no group").first).to_be_visible()
    sound(f"/c/{choices}")
    page.goto(f"/d/{data}")
    expect(page.get_by_text("“Plan”").or_(page.get_by_text("gold"))).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Ann Adeyemi")
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_text("Ann Adeyemi")).to_be_visible()
    page.get_by_label("Something else is wrong").fill("My plan is silver")
    page.get_by_role("button", name="to correct it").click()
    expect(page.get_by_text("Your request has reached Acme.")).to_be_visible()
    with page.expect_download() as copy:
        page.get_by_role("button", name="Tables (CSV in a ZIP file)").click()
    assert copy.value.suggested_filename == "my-data.zip"
    page.get_by_role("button", name="Erase it").click()
    expect(page.get_by_text("Tick the box first")).to_be_visible()
    page.get_by_label("Yes, erase everything about me").check()
    page.get_by_role("button", name="Erase it").click()
    expect(page.get_by_text("You asked to be erased.")).to_be_visible()
    sound(f"/d/{data}")
    page.get_by_role("button", name="Keep my data").click()
    expect(page.get_by_text("Nothing will be erased.")).to_be_visible()
    sound(f"/d/{data}")
    with acting_for(acme):
        asked = verbs.ask_address(ann, "ann@new.example")
        link = tokens.derive(my_data.NEW_ADDRESS, acme.pk, asked.pk, my_data.hour_of(timezone.now()))
    sound(f"/e/{link}")
    page.goto(f"/e/{link}")
    page.get_by_role("button", name="Yes, this is my address").click()
    expect(page.get_by_role("heading", name="Acme writes to ann@new.example")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
def test_the_team_answers_what_customers_asked_for(
    acme: Organization, mona: Membership, as_: Callable[..., Any], browse: Callable[..., Page], width: int
) -> None:
    page = browse("/o/acme/customers/requests/", client=as_(mona), width=width)
    expect(page.get_by_text("Nobody is waiting.")).to_be_visible()
    assert axe(page) == []
    with acting_for(acme):
        ann, ben = CustomerFactory(name="Ann Okafor"), CustomerFactory(name="Ben Ray")
        verbs.ask(ann, "I work at Borg now.", at=timezone.now() - timedelta(days=40))
        verbs.ask(ben, "My plan is silver.")
        verbs.ask_erasure(ben)
    page.reload()
    assert axe(page) == []
    page.get_by_label("What the customer reads").first.fill("It is Borg from today.")
    page.get_by_role("button", name="Done").first.click()
    expect(page.get_by_text("The customer reads it on the page of their data.")).to_be_visible()
    expect(page.get_by_role("cell", name="Mona Lund")).to_be_visible()
    assert axe(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
