"""Pages of accounts with a screen reader, a keyboard, weak eyes, a phone: axe finds nothing."""

import pytest
from django.core.cache import cache

from accounts.acting import member_actor
from accounts.inviting_members import invitation_token, invite_member
from accounts.issuing_keys import issue_key
from accounts.tenancy.context import acting_for
from tests.browsing.axe import axe

pytestmark = pytest.mark.django_db(transaction=True)

SETTINGS = "/o/acme/settings/"
PAGES = [
    "organization",
    "brand",
    "hours",
    "sending",
    "privacy",
    "members",
    "units",
    "keys",
    "audit",
    "profile",
]
DOORS = ["/sign-up/", "/log-in/", "/password/forgotten/", "/confirm/", "/i/nothing/", "/api/docs"]


def look(page) -> list[str]:
    """What axe finds, and whether the page scrolls sideways."""
    found = [str(violation) for violation in axe(page)]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append("the page scrolls sideways")
    return found


@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_of_the_settings_shuts_anybody_out(width, browse, acme, alice, agnes, acme_units, as_):
    page = browse(client=as_(alice), width=width)
    page.set_default_timeout(60_000)  # the first page reads every template
    found = {}
    for name in PAGES:
        page.goto(f"{SETTINGS}{name}/")
        found[f"{name}, empty"] = look(page)
    with acting_for(acme):
        by = member_actor(alice)
        invite_member(email="nora@example.com", role="manager", by=by)
        issue_key(name="till", scopes=["members:read"], mode="test", by=by)
    for name in (
        "members",
        "keys",
        "audit",
        f"members/{agnes.pk}",
        f"members/{agnes.pk}/remove",
        "members/leave",
    ):
        page.goto(f"{SETTINGS}{name}/")
        found[f"{name}, with data"] = look(page)
    page.goto(f"{SETTINGS}units/{acme_units.north.pk}/")
    found["unit"] = look(page)
    for name in ("organization", "members", "keys", "units", "profile"):
        page.goto(f"{SETTINGS}{name}/")
        page.locator("main form[method=post]").last.evaluate(
            "form => { form.querySelectorAll('input[type=text], input[type=email], input:not([type])')"
            ".forEach(field => { field.value = '' }) }"
        )
        with page.expect_navigation():
            page.locator("main form[method=post] .button--primary").last.click()
        found[f"{name}, with errors"] = look(page)
    assert {name: told for name, told in found.items() if told} == {}


def test_no_door_shuts_anybody_out(browse, acme, alice):
    cache.clear()
    found = {}
    for width in (1440, 390):
        page = browse(width=width)
        for path in DOORS:
            page.goto(path)
            found[f"{path} at {width}"] = look(page)
        page.goto("/sign-up/")
        with page.expect_navigation():
            page.get_by_role("button", name="Create the account").click()
        found[f"sign-up with errors at {width}"] = look(page)
    with acting_for(acme):
        invitation = invite_member(email="nora@example.com", role="manager", by=member_actor(alice))
    page.goto(f"/i/{invitation_token(invitation)}/")
    found["invitation"] = look(page)
    assert {name: told for name, told in found.items() if told} == {}


def test_somebody_joins_without_a_script(browse, acme, alice):
    with acting_for(acme):
        invitation = invite_member(email="nora@example.com", role="manager", by=member_actor(alice))
    page = browse(f"/i/{invitation_token(invitation)}/", javascript=False, width=390)
    page.get_by_label("Your name").fill("Nora Hill")
    page.get_by_label("Password").fill("three lamps on the quay")
    page.get_by_role("button", name="Join Acme").click()
    page.wait_for_url("**/o/acme/")
