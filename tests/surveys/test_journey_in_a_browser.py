"""The journey put in order by hand: dragged, and by keyboard alone; wide and narrow, and nothing for axe to find."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from accounts.models import Membership, Organization
from accounts.tenancy.context import acting_for
from surveys import ordering_touchpoints
from tests.browsing.axe import axe
from tests.factories.segments import CustomerFactory
from tests.factories.surveys import DistributionFactory, InvitationFactory, published, respond


@pytest.fixture
def touchpoints(acme: Organization) -> None:
    with acting_for(acme):
        survey = published()
        for touchpoint in ("delivery", "purchase", "support chat"):
            distribution = DistributionFactory(survey=survey, touchpoint=touchpoint)
            for place in range(12):
                invitation = InvitationFactory(customer=CustomerFactory(), distribution=distribution)
                if place % 2:
                    respond(invitation, place % 11, "The queue was long" if place == 3 else "")


def _order(acme: Organization) -> tuple[str, ...]:
    with acting_for(acme):
        return ordering_touchpoints.order().touchpoints


@pytest.mark.row("D12", "touchpoints in order with volume")
def test_touchpoints_are_dragged_and_moved_by_keyboard(
    acme: Organization,
    mona: Membership,
    as_: Callable[..., Any],
    browse: Callable[..., Page],
    touchpoints: None,
) -> None:
    page = browse("/o/acme/journey/?period=90", client=as_(mona), width=1440)
    assert axe(page) == []
    _picture(page, "journey-1440")
    rows = page.locator("tbody tr")
    rows.nth(1).drag_to(rows.nth(0), target_position={"x": 60, "y": 4})
    page.get_by_text("The order was changed.").wait_for()
    assert _order(acme) == ("purchase", "delivery", "support chat")
    later = page.get_by_role("button", name="Later: delivery")
    later.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**moved=2")
    assert _order(acme) == ("purchase", "support chat", "delivery")
    assert "period=90" in page.url
    # Whoever moves on by keyboard stands on the same touchpoint still.
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Earlier: delivery"
    page.keyboard.press("Enter")
    page.wait_for_url("**moved=1")
    assert _order(acme) == ("purchase", "delivery", "support chat")


@pytest.mark.parametrize("width", [390])
def test_the_journey_fits_a_phone(
    acme: Organization,
    mona: Membership,
    as_: Callable[..., Any],
    browse: Callable[..., Page],
    touchpoints: None,
    width: int,
) -> None:
    page = browse("/o/acme/journey/", client=as_(mona), width=width)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    _picture(page, f"journey-{width}")
    page.get_by_role("button", name="Earlier: purchase").click()
    page.get_by_text("The order was changed.").wait_for()
    assert _order(acme) == ("purchase", "delivery", "support chat")


def _picture(page: Page, name: str) -> None:
    """Kept for the eye when LOOK_AT names a folder."""
    if folder := os.environ.get("LOOK_AT"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
