"""The builder of segments with htmx, by keyboard alone: nothing is lost, and the focus stays where the work is."""

import pytest

from accounts.models import Organization, Role
from accounts.tenancy.context import acting_for
from segments.models import Segment
from tests.factories.accounts import OrganizationFactory, member
from tests.factories.segments import scored

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop(live) -> Organization:
    """A business with three customers."""
    shop = OrganizationFactory(name="Harbour Shop", slug="shop")
    with acting_for(shop):
        for score in (3, 9, 10):
            scored(score)
    return shop


@pytest.fixture
def page(shop, browse, as_):
    """Its empty builder, open in a browser."""
    with acting_for(shop):
        mona = member(shop, "Mona Field", Role.MANAGER)
    return browse("/o/shop/segments/new/", client=as_(mona))


def tab_to(page, wanted: str, key: str = "Tab") -> None:
    """Press Tab until the element with this id (or, for a button without one, this value) has the focus."""
    for _turn in range(60):
        if page.evaluate(
            "wanted => [document.activeElement.id, document.activeElement.value].includes(wanted)", wanted
        ):
            return
        page.keyboard.press(key)
    pytest.fail(f"{key} never came to {wanted}")


def focus_comes_to(page, wanted: str) -> None:
    page.wait_for_function("wanted => document.activeElement.id === wanted", arg=wanted)


def counts(page, number: int) -> None:
    page.wait_for_function(
        "number => document.querySelector('.live + p .huge')?.textContent === number", arg=str(number)
    )


def test_a_segment_is_made_by_keyboard_alone(page, shop):
    keys = page.keyboard
    tab_to(page, "segment-name")
    keys.type("Promoters of ours")
    tab_to(page, "v-0")
    keys.type("9")
    keys.press("Tab")
    counts(page, 2)
    assert page.evaluate("document.activeElement.id") == "d-up-0", "the focus was lost when the answer came"

    tab_to(page, "d-add-root")
    keys.press("Enter")
    focus_comes_to(page, "f-1")  # a new rule is written at once
    tab_to(page, "d-remove-1")
    keys.press("Enter")
    focus_comes_to(page, "f-0")  # after a removal the row beside it goes on
    counts(page, 2)
    assert page.locator("#f-1").count() == 0

    tab_to(page, "save", "Shift+Tab")
    with page.expect_navigation():
        keys.press("Enter")
    with acting_for(shop):
        assert Segment.objects.get().rule == {"all": [{"field": "score", "operator": "at_least", "value": 9}]}


def test_all_any_and_none_are_chosen_with_the_arrows(page):
    tab_to(page, "g-root-all")
    for how in ("any", "none"):
        with page.expect_response("**/segments/try/"):
            page.keyboard.press("ArrowRight")
        page.wait_for_selector(f".rule-group--{how}")
        focus_comes_to(page, f"g-root-{how}")
        assert page.is_checked(f"#g-root-{how}")


def test_a_rule_is_moved_up_with_the_same_key_again_and_again(page):
    for place in (1, 2):
        tab_to(page, "d-add-root")
        page.keyboard.press("Enter")
        focus_comes_to(page, f"f-{place}")
    tab_to(page, "d-up-2")
    for place in (1, 0):
        page.keyboard.press("Enter")
        focus_comes_to(page, f"d-up-{place}")
