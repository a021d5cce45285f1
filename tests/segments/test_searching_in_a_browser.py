"""The search by hand: from the field at the top to the hit, wide and narrow, and nothing for axe to find."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.acting import member_actor
from accounts.models import Membership, Organization
from accounts.tenancy.context import acting_for
from outreach import caring
from tests.browsing.axe import axe
from tests.factories.segments import CompanyFactory, CustomerFactory
from tests.factories.surveys import DistributionFactory, InvitationFactory, respond


@pytest.mark.parametrize("width", [1440, 390])
def test_words_are_typed_at_the_top_and_lead_to_the_answer(
    acme: Organization, mona: Membership, as_: Callable[..., Any], browse: Callable[..., Page], width: int
) -> None:
    with acting_for(acme):
        borg = CompanyFactory(name="Borg Furniture and Interiors")
        distribution = DistributionFactory()
        long = "We waited a long time. " * 12 + "Then the walnut table came with a scratch right across its top. " + (
            "Nobody called back. " * 20
        )  # fmt: skip
        ann = CustomerFactory(name="Ann Walnut-Okafor", company=borg, phone="+441234567890")
        respond(InvitationFactory(distribution=distribution, customer=ann), 3, long)
        for number in range(10):
            other = CustomerFactory(name=f"Ben Ruiz {number}")
            respond(
                InvitationFactory(distribution=distribution, customer=other),
                9,
                f"Lovely walnut shelf, {number}",
            )
        case = caring.open_case(customer=ann)
        caring.note(case, text="Asked the workshop for a walnut repair kit", by=member_actor(mona))
    page = browse("/o/acme/", client=as_(mona), width=width)
    if width > 700:
        page.locator("#find").fill("walnut")
        page.keyboard.press("Enter")
    else:
        page.get_by_role("link", name="Find anything").click()
        expect(page.get_by_text("What are you looking for?")).to_be_visible()
        assert axe(page) == []
        _picture(page, f"search-empty-{width}")
        page.get_by_label("Words").fill("walnut")
        page.get_by_role("button", name="Find", exact=True).click()
    expect(page.get_by_role("heading", name="Comments 11")).to_be_visible()
    assert axe(page) == []
    _picture(page, f"search-{width}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name=re.compile("Show more ?: Comments")).click()
    expect(page.get_by_role("link", name=re.compile("Show more ?: Comments"))).to_have_count(0)
    expect(page.get_by_role("heading", name="Comments 11")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("link", name="Ann Walnut-Okafor").click()
    expect(page.get_by_text("a scratch right across its top").first).to_be_visible()
    page.goto("/o/acme/customers/search/?q=nothing+like+it")
    expect(page.get_by_text("Nothing holds all of these words.")).to_be_visible()
    assert axe(page) == []
    _picture(page, f"search-nothing-{width}")


def _picture(page: Page, name: str) -> None:
    """Kept for the eye when LOOK_AT names a folder."""
    if folder := os.environ.get("LOOK_AT"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
