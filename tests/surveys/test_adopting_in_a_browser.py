"""Features by hand: declared by one press, and each number leads to its people; nothing for axe to find."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from accounts.models import Membership, Organization
from accounts.tenancy.context import acting_for
from segments import declaring_features
from tests.browsing.axe import axe
from tests.factories.segments import CustomerEventFactory, scored
from tests.factories.surveys import system


@pytest.mark.row("D13", "leads to a segment")
@pytest.mark.parametrize("width", [1440, 390])
def test_features_are_declared_and_lead_to_a_segment(
    acme: Organization, mona: Membership, as_: Callable[..., Any], browse: Callable[..., Page], width: int
) -> None:
    with acting_for(acme):
        for place in range(30):
            person = scored(place % 11)
            properties = {"feature": "automations" if place % 3 else "reports"}
            CustomerEventFactory(customer_id=person.pk, name="feature used", properties=properties)
        declaring_features.declare(
            name="Reports", event="feature used", property="feature", value="reports", by=system()
        )
    page = browse("/o/acme/settings/features/", client=as_(mona), width=width)
    assert axe(page) == []
    _picture(page, f"features-{width}")
    page.get_by_role("button", name="Declare Automations").click()
    page.get_by_text("Automations is a feature now.").wait_for()
    page.get_by_role("link", name="Who uses what").click()
    page.wait_for_url("**/acme/features/**")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    _picture(page, f"adoption-{width}")
    page.get_by_role("link", name="people: Uses it, Detractors. Make a segment").click()
    assert page.get_by_label("Name", exact=True).first.input_value() == "Automations · Uses it · Detractors"


def _picture(page: Page, name: str) -> None:
    """Kept for the eye when LOOK_AT names a folder."""
    if folder := os.environ.get("LOOK_AT"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
