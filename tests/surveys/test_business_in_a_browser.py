"""Business link and drivers as people see them: wide and narrow, with figures and without, nothing for axe to find."""

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import Membership, Organization
from accounts.tenancy.context import acting_for
from segments.models import StageChange
from surveys.models import Response
from tests.browsing.axe import axe
from tests.factories.segments import CustomerEventFactory, CustomerFactory
from tests.factories.surveys import published, respond


@pytest.fixture
def a_year(acme: Organization) -> None:
    """Ninety customers who answered 200 days ago; half of the unhappy ones are lost since."""
    chance, now = Random(5), timezone.now()
    with acting_for(acme):
        survey = published()
        for place in range(90):
            person = CustomerFactory(created_at=now - dt.timedelta(days=900))
            score = (3, 8, 10)[place % 3]
            response = respond(None, score, survey=survey, customer=person)
            Response.objects.filter(pk=response.pk).update(answered_at=now - dt.timedelta(days=200))
            then = {"customer_id": person.pk, "why": "time"}
            StageChange.objects.create(new="active", at=now - dt.timedelta(days=300), **then)
            if score == 3 and chance.random() < 0.5:
                at = now - dt.timedelta(days=chance.randint(5, 190))
                StageChange.objects.create(old="active", new="lost", at=at, **then)
            for _turn in range(3):
                at = now - dt.timedelta(days=chance.randint(1, 390))
                CustomerEventFactory(customer_id=person.pk, at=at, amount=chance.randint(10, 90))


@pytest.mark.row("D6", "survival by category", "with their caveats on screen")
@pytest.mark.parametrize("width", [1440, 390])
def test_the_business_link_is_readable_wide_and_narrow(
    acme: Organization,
    mona: Membership,
    as_: Callable[..., Any],
    browse: Callable[..., Page],
    a_year: None,
    width: int,
) -> None:
    page = browse("/o/acme/business/", client=as_(mona), width=width)
    page.get_by_role("heading", name="How long they stay after their answer").wait_for()
    assert "The clock begins at the answer" in page.inner_text("main")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    _picture(page, f"business-{width}")


@pytest.mark.parametrize("address", ["business/", "drivers/"])
def test_without_anything_the_pages_say_so(
    acme: Organization, mona: Membership, as_: Callable[..., Any], browse: Callable[..., Page], address: str
) -> None:
    page = browse(f"/o/acme/{address}", client=as_(mona), width=390)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    _picture(page, address.rstrip("/") + "-empty")


def _picture(page: Page, name: str) -> None:
    """Kept for the eye when LOOK_AT names a folder."""
    if folder := os.environ.get("LOOK_AT"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
