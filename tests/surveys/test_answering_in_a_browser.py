"""People answer in a real browser: by keyboard alone, without JavaScript, on a phone."""

import re

import pytest

from accounts.tenancy.context import acting_for
from surveys import inviting
from surveys.models import Response
from tests.factories.accounts import OrganizationFactory
from tests.factories.segments import CustomerFactory
from tests.factories.surveys import DistributionFactory, InvitationFactory, published

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def asked(live):
    """Ann was asked by the Shop; gives the organization and the path of her link."""
    shop = OrganizationFactory(name="Harbour Shop", slug="shop", brand_colour="#5a2a4b")
    with acting_for(shop):
        survey = published("After purchase", "purchase")
        invitation = InvitationFactory(
            customer=CustomerFactory(name="Ann Okafor"), distribution=DistributionFactory(survey=survey)
        )
        return shop, f"/s/{inviting.token(invitation)}"


def kept(shop) -> list[tuple[int, str]]:
    with acting_for(shop):
        return list(Response.objects.values_list("score", "comment"))


@pytest.mark.row("C3", "keyboard and screen reader (native radios, no submit on arrow keys)")
def test_the_whole_way_by_keyboard_alone(asked, browse):
    shop, path = asked
    page = browse(path)
    keys = page.keyboard
    for _turn in range(12):
        keys.press("Tab")
        if page.evaluate("document.activeElement.name") == "nps":
            break
    keys.press("Space")
    start = int(page.evaluate("document.activeElement.value"))
    for _turn in range(10):
        keys.press("ArrowRight")
    page.wait_for_timeout(200)
    assert page.url.endswith(path)
    assert kept(shop) == []
    chosen = int(page.evaluate("document.querySelector('[name=nps]:checked').value"))
    assert chosen == (start + 10) % 11
    while page.evaluate("document.querySelector('[name=nps]:checked').value") != "3":
        keys.press("ArrowLeft")
    keys.press("Tab")
    assert page.evaluate("document.activeElement.name") == "reason_detractor"
    keys.type("Third time the lamp broke")
    for _turn in range(12):
        keys.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "BUTTON":
            break
    keys.press("Enter")
    page.wait_for_selector("h1")
    assert "Thank you, Ann." in page.inner_text("main")
    assert kept(shop) == [(3, "Third time the lamp broke")]


@pytest.mark.row("C3", "works without JavaScript")
def test_without_javascript_the_reason_follows_the_score(asked, browse):
    shop, path = asked
    page = browse(path + "?score=10", javascript=False)
    assert page.locator("#nps-10").is_checked()
    assert page.locator("#ask-reason_promoter").is_visible()
    assert not page.locator("#ask-reason_detractor").is_visible()
    page.locator("label:has(#nps-4)").click()
    assert page.locator("#ask-reason_detractor").is_visible()
    assert not page.locator("#ask-reason_promoter").is_visible()
    page.get_by_label(re.compile("What should we do better first")).fill("The queue")
    page.locator("#about-c1").check()
    page.get_by_role("button", name="Send my answer").click()
    page.wait_for_selector("h1")
    assert "Thank you, Ann." in page.inner_text("main")
    assert kept(shop) == [(4, "The queue")]


def test_a_forgotten_score_is_told_at_the_top_and_beside_the_field(asked, browse):
    shop, path = asked
    page = browse(path, javascript=False)
    page.get_by_role("button", name="Send my answer").click()
    page.wait_for_selector("[role=alert]")
    assert "Choose a number from 0 to 10." in page.inner_text("#err-nps")
    assert kept(shop) == []


@pytest.mark.row("C3", "the business's look")
def test_on_a_phone_the_eleven_scores_stand_in_one_row(asked, browse):
    shop, path = asked
    requests = []
    page = browse(width=390)
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path)
    boxes = [page.locator(f"label:has(#nps-{score}) span").bounding_box() for score in range(11)]
    assert len({round(box["y"]) for box in boxes}) == 1
    assert all(box["width"] >= 28 and box["height"] >= 54 for box in boxes)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert len(requests) == 1
    page.locator("label:has(#nps-9)").click()
    colour = page.evaluate("getComputedStyle(document.querySelector('#nps-9 + span')).backgroundColor")
    assert colour == "rgb(90, 42, 75)"
    assert "Harbour Shop" in page.inner_text("header")
    page.get_by_role("button", name="Send my answer").click()
    page.wait_for_selector("h1")
    assert kept(shop) == [(9, "")]


@pytest.mark.parametrize("width", [320, 1440])
def test_no_width_scrolls_sideways(asked, browse, width):
    _shop, path = asked
    page = browse(path, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.row("C4", "opening a link never records an answer")
def test_a_machine_that_opens_and_runs_every_link_votes_for_nobody(asked, browse):
    shop, path = asked
    for score in range(11):
        page = browse(f"{path}?score={score}")
        for link in page.locator("a[href]").all():
            href = link.get_attribute("href")
            if href.startswith("?"):
                page.request.get(f"{path}{href}")
        page.wait_for_timeout(150)
        page.context.close()
    assert kept(shop) == []
