"""A connection made by hand, wide and narrow, with nothing for axe to find; PICTURES=FOLDER keeps pictures."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Membership, Organization
from accounts.tenancy.context import acting_for
from segments.models import Customer
from tests.browsing.axe import axe
from tests.factories.segments import SegmentFactory
from tests.segments.connected import open_to, turn
from tests.stand_ins.hubspot import HubSpot

LONG_AGO = datetime(2026, 3, 1, 10, tzinfo=UTC)


def looked_at(page: Page, name: str, width: int) -> None:
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    assert axe(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


@pytest.mark.row("B3", "CRM sync both ways (HubSpot, Salesforce)")
@pytest.mark.parametrize("width", [1440, 390])
def test_an_admin_connects_hubspot_and_sees_what_came(
    acme: Organization,
    alice: Membership,
    as_: Callable[..., Any],
    browse: Callable[..., Page],
    settings: Any,
    width: int,
) -> None:
    with HubSpot() as hubspot:
        open_to(settings, "hubspot", hubspot)
        hubspot.add(LONG_AGO, email="ann@shop.example", firstname="Ann")
        hubspot.add(LONG_AGO, email="nobody", firstname="Odd")
        page = browse("/o/acme/settings/connections/", client=as_(alice), width=width)
        looked_at(page, "connections", width)
        page.get_by_role("link", name="Connect HubSpot").click()
        page.get_by_role("button", name="Connect and try").click()
        expect(page.get_by_text("Give the token of a private app")).to_be_visible()
        looked_at(page, "connection-new", width)
        page.get_by_label("Access token of a private app").fill("pat-eu1-private")
        page.get_by_role("button", name="Connect and try").click()
        expect(page.get_by_text("It is being tried.")).to_be_visible()
        looked_at(page, "connection-trying", width)
        turn(acme)
        with acting_for(acme):
            SegmentFactory(name="Fans")
        page.get_by_role("link", name="Look again").click()
        expect(page.get_by_label("E-mail", exact=True).first).to_have_value("email")
        page.get_by_role("button", name="Make them there").click()
        turn(acme)
        page.reload()
        page.get_by_label("Write scores, categories and segments there").check()
        page.get_by_label("Fans").check()
        page.get_by_role("button", name="Save, and go on like this").click()
        expect(page.get_by_text("Saved. It goes on like this.")).to_be_visible()
        turn(acme)
        page.reload()
        expect(page.get_by_text("is not an e-mail address")).to_be_visible()
        looked_at(page, "connection", width)
        with acting_for(acme):
            assert list(Customer.objects.values_list("name", flat=True)) == ["Ann"]
