"""Data quality by hand: from the number to the people and on to a segment, wide and narrow, nothing for axe to find."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Membership, Organization
from accounts.tenancy.context import acting_for
from segments import contacting
from segments.customers import upsert
from tests.browsing.axe import axe
from tests.factories.segments import AttributeFactory


@pytest.mark.parametrize("width", [1440, 390])
def test_a_number_leads_to_the_people_behind_it_and_on_to_a_segment(
    acme: Organization, mona: Membership, as_: Callable[..., Any], browse: Callable[..., Page], width: int
) -> None:
    page = browse("/o/acme/customers/quality/", client=as_(mona), width=width)
    expect(page.get_by_text("nothing to look at")).to_be_visible()
    assert axe(page) == []
    with acting_for(acme):
        AttributeFactory(key="plan", label="Plan")
        long_ago = timezone.now() - timedelta(days=500)
        for number in range(4):
            upsert(external_id=f"c-{number}", name=f"Customer {number}", email=f"c{number}@a.example",
                   source="import:3", at=long_ago, attributes={"plan": "gold"} if number == 0 else {})  # fmt: skip
        upsert(crm=("hubspot", "7"), name="Nobody's address", at=long_ago)
        contacting.suppress("c1@a.example", reason="bounced")
    page.reload()
    expect(page.get_by_text("Known of fewer than half: Plan")).to_be_visible()
    assert axe(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    page.get_by_role("link", name="4 without Plan").click()
    expect(page.get_by_text("Customers whose Plan is not known.")).to_be_visible()
    expect(page.get_by_role("heading", name="Customers")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("link", name="Save as a segment").click()
    expect(page.get_by_role("heading", name="New segment")).to_be_visible()
    page.goto("/o/acme/customers/quality/")
    page.get_by_role("link", name="1 with a stale link to hubspot").click()
    expect(page.get_by_role("link", name="Nobody's address")).to_be_visible()
    page.get_by_role("link", name="Save as a segment").click()
    expect(page.get_by_role("heading", name="New segment")).to_be_visible()
    assert axe(page) == []
