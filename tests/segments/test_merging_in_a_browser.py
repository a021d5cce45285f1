"""Duplicates by hand: in a real browser, wide and narrow, and nothing for axe to find."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from accounts.models import Membership, Organization
from accounts.tenancy.context import acting_for
from segments.models import Customer
from tests.browsing.axe import axe
from tests.factories.segments import AttributeFactory, CompanyFactory, CustomerFactory

LogIn = Callable[..., Any]


@pytest.mark.parametrize("width", [1440, 390])
def test_two_records_are_compared_merged_and_taken_apart(
    acme: Organization, mona: Membership, as_: LogIn, browse: Callable[..., Page], width: int
) -> None:
    with acting_for(acme):
        AttributeFactory(key="plan", label="Plan")
        borg = CompanyFactory(name="Borg Furniture and Interiors")
        facts = {"company": borg, "attributes": {"plan": "gold"}}
        one = CustomerFactory(name="Ines Vidal", email="ines@customers.example", last_score=4, **facts)
        two = CustomerFactory(name="Ines Vidal Mora", email="INES@customers.example", phone="+34910000001")
        Customer.objects.filter(pk=two.pk).update(attributes={"plan": "silver"})
        for number in range(3):
            CustomerFactory(name=f"Reception {number}", email="reception@a-long-name-of-a-hotel.example")
    page = browse("/o/acme/customers/duplicates/", client=as_(mona), width=width)
    assert axe(page) == []
    _picture(page, f"duplicates-{width}")
    page.get_by_role("link", name="Compare Ines Vidal with Ines Vidal Mora").click()
    page.wait_for_url("**/merge/**")
    assert axe(page) == []
    _picture(page, f"compare-{width}")
    page.get_by_role("radio", name="Ines Vidal Mora").check()
    page.get_by_role("button", name="Make one record").click()
    page.get_by_text("Two records were made one here.").wait_for()
    assert axe(page) == []
    _picture(page, f"merged-{width}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.get_by_role("heading", name="Ines Vidal Mora").is_visible()
    page.goto("/o/acme/customers/duplicates/")
    _picture(page, f"duplicates-after-{width}")
    assert axe(page) == []
    page.get_by_role("button", name="Undo: make two records of Ines Vidal Mora again").click()
    page.get_by_role("heading", name="Ines Vidal", exact=True).wait_for()
    with acting_for(acme):
        assert Customer.objects.present().filter(pk__in=[one.pk, two.pk]).count() == 2


def _picture(page: Page, name: str) -> None:
    """Kept for the eye when LOOK_AT names a folder."""
    if folder := os.environ.get("LOOK_AT"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
