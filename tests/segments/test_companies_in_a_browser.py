"""Companies and inbound webhooks by hand, wide and narrow: roles chosen beside the name, nothing for axe to find."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.acting import system_actor
from accounts.models import Membership, Organization
from accounts.tenancy.context import acting_for
from segments import receiving
from segments.models import Customer
from tests.browsing.axe import axe
from tests.factories.segments import AttributeFactory, CompanyFactory, CustomerFactory


def sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


@pytest.mark.row("B10", "roles (decides, uses, pays)")
@pytest.mark.parametrize("width", [1440, 390])
def test_a_company_is_found_looked_at_and_its_roles_are_chosen(
    acme: Organization, mona: Membership, as_: Callable[..., Any], browse: Callable[..., Page], width: int
) -> None:
    page = browse("/o/acme/companies/", client=as_(mona), width=width)
    expect(page.get_by_text("No companies yet.")).to_be_visible()
    assert axe(page) == []
    with acting_for(acme):
        company = CompanyFactory(
            name="Quarry", owner=mona, revenue=48_000, currency="GBP",
            renewal_date=timezone.localdate() + timedelta(days=20),
        )  # fmt: skip
        scores = {"last_score": 10, "last_category": "promoter", "answer_count": 1}
        CustomerFactory(
            name="Ann Okafor",
            email="ann@quarry.example",
            company=company,
            last_responded_at=timezone.now(),
            **scores,
        )
        CustomerFactory(name="Ben Ruiz", company=company)
    page.reload()
    assert axe(page) == [] and not sideways(page)
    page.get_by_role("link", name="Quarry").click()
    expect(page.get_by_text("too few to judge")).to_be_visible()
    assert axe(page) == [] and not sideways(page)
    page.locator("tr", has_text="Ben Ruiz").locator("summary").click()
    page.get_by_role("checkbox", name="pays").last.check()
    page.get_by_role("button", name="Keep").last.click()
    expect(page.get_by_text("Ben Ruiz: pays.")).to_be_visible()
    with acting_for(acme):
        assert Customer.objects.get(name="Ben Ruiz").roles == "pays"
    page.get_by_role("link", name="Correct").click()
    expect(page.get_by_label("Account owner")).to_be_visible()
    assert axe(page) == [] and not sideways(page)


@pytest.mark.row("B3", "inbound webhook")
@pytest.mark.parametrize("width", [1440, 390])
def test_an_inbound_webhook_is_mapped_by_hand(
    acme: Organization, mona: Membership, as_: Callable[..., Any], browse: Callable[..., Page], width: int
) -> None:
    page = browse("/o/acme/inbound/", client=as_(mona), width=width)
    assert axe(page) == [] and not sideways(page)
    page.get_by_label("Name").fill("Booking")
    page.get_by_role("button", name="Make the address").click()
    expect(page.get_by_text("Nothing came yet.")).to_be_visible()
    assert axe(page) == [] and not sideways(page)
    with acting_for(acme):
        AttributeFactory(key="plan", label="Plan")
        webhook = receiving.InboundWebhook.objects.get()
        for mail in ("ann@quarry.example", "nobody"):
            receiving.receive(webhook, json.dumps({"guest": {"mail": mail}}).encode(), {})
        assert system_actor(acme).mode == webhook.mode
    page.reload()
    page.get_by_label("Customer: e-mail").fill("$.guest.mail")
    page.get_by_role("button", name="Try on this body").click()
    expect(page.get_by_text("This body would be refused.")).to_be_visible()
    assert axe(page) == [] and not sideways(page)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Take in again").last.click()
    expect(page.get_by_text("Taken in.")).to_be_visible()
    assert axe(page) == [] and not sideways(page)
    with acting_for(acme):
        assert Customer.objects.get().email == "ann@quarry.example"
