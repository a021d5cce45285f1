"""From nothing to a live survey, in a real browser, counting the clicks."""

import re
from typing import Any

import pytest
from django.core.cache import cache

from accounts.first_run import first_run
from accounts.models import Organization
from accounts.tenancy.context import acting_for

pytestmark = pytest.mark.django_db(transaction=True)


class Hand:
    """A person at the browser, whose clicks are counted."""

    def __init__(self, page: Any) -> None:
        self.page, self.clicks = page, 0

    def click(self, name: str, *, role: str = "button") -> None:
        self.clicks += 1
        self.page.get_by_role(role, name=name, exact=False).first.click()
        self.page.wait_for_load_state()

    def type(self, label: str, text: str) -> None:
        self.page.get_by_label(label).first.fill(text)

    def today(self) -> None:
        self.click("Today", role="link")


@pytest.mark.row("A1", "sign up in a browser")
@pytest.mark.row(
    "A1", "a guided first run from nothing to a live survey (at most 25 clicks, nothing asked twice)"
)
def test_from_nothing_to_a_live_survey_in_at_most_25_clicks(browse, mailoutbox):
    cache.clear()
    hand = Hand(browse("/sign-up/", timezone_id="Europe/Lisbon"))
    hand.type("Your business", "Harbour & Vale")
    hand.type("Your name", "Alice Moreau")
    hand.type("Work e-mail", "alice@harbourvale.example")
    hand.page.get_by_label("Password", exact=True).fill("three lamps on the quay")
    hand.click("Create the account")
    link = re.search(r"http://\S+/confirm/\S+/", mailoutbox[0].body)[0]
    hand.page.goto(link)
    hand.click("Confirm")
    assert hand.page.url.endswith("/o/harbour-vale/")
    hand.click("Say where you are", role="link")
    hand.type("Postal address", "1 Quay Street, Bristol")
    hand.click("Save")
    hand.today()
    hand.click("Choose colour and logo", role="link")
    hand.type("Brand colour", "#7a1f4b")
    hand.click("Save")
    hand.today()
    hand.click("Choose a survey", role="link")
    hand.type("Name", "How we are doing")
    hand.click("Begin writing")
    hand.click("Publish")
    hand.today()
    hand.click("Bring customers", role="link")
    hand.click("Add a customer", role="link")
    hand.type("Name", "Ann Okafor")
    hand.type("E-mail", "ann@example.com")
    hand.click("Save")
    hand.today()
    hand.click("Choose who is asked", role="link")
    hand.type("Name", "The first")
    hand.page.get_by_label("Ask the customers of").select_option(label="Everybody")
    hand.click("See who will be asked")
    hand.click("Ask now")
    hand.click("Ask 1 person")
    assert hand.clicks <= 25
    organization = Organization.objects.get()
    # The browser said where it is; nobody was asked.
    assert (organization.time_zone, organization.brand_colour) == ("Europe/Lisbon", "#7A1F4B")
    with acting_for(organization):
        assert first_run(organization).finished
