"""Improvements by hand, from a pain point to “I know”; nothing for axe to find, wide and narrow, full and empty."""

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from accounts.models import Membership, Organization
from accounts.tenancy.context import acting_for
from surveys import hearing, improving
from surveys.models import Response
from tests.browsing.axe import axe
from tests.cast import Branches
from tests.factories.accounts import UnitFactory
from tests.factories.surveys import published, system
from tests.surveys.test_improving import windows
from tests.surveys.test_themes import many, theme


@pytest.mark.parametrize("width", [1440, 390])
def test_a_pain_point_becomes_an_improvement_that_the_team_knows_of(
    acme: Organization,
    acme_units: Branches,
    mona: Membership,
    agnes: Membership,
    as_: Callable[..., Any],
    browse: Callable[..., Page],
    width: int,
) -> None:
    page = browse("/o/acme/improvements/", client=as_(mona), width=width)
    assert axe(page) == []
    _picture(page, f"improvements-empty-{width}")
    done = dt.date.today() - dt.timedelta(days=95)
    with acting_for(acme):
        survey, waiting = published(), theme()
        made = many(survey, [("The queue at the till", 3)] * 40 + [("A fine shop", 10)] * 60)
        Response.objects.filter(pk__in=[each.pk for each in made]).update(unit=acme_units.leeds)
        hearing.settle()
        waiting.board = "pain"
        waiting.save()
        stores = [acme_units.leeds, *(UnitFactory(name=f"Store {number}") for number in range(5))]
        windows(survey, stores, lift=20, done=done)
        helped = improving.plan(
            name="A second queue",
            change="A second till opens at four.",
            theme=waiting,
            units=[acme_units.leeds],
            state="done",
            done_on=done,
            briefing="Open it at four.",
            note="A second till opens at four.",
            confidence="high",
            by=system(),
        )
        improving.tell(helped, by=system())
    page.goto("/o/acme/themes/board/")
    page.get_by_role("link", name="Make an improvement of it: Waiting").click()
    assert axe(page) == []
    _picture(page, f"improvement-new-{width}")
    page.get_by_label("What is improved").fill("Self-service tills")
    page.get_by_label("Kind of action").select_option("technology")
    page.get_by_role("button", name="Plan it").click()
    page.get_by_text("“Self-service tills” is planned.").wait_for()
    page.goto("/o/acme/improvements/")
    _sound(page, f"improvements-{width}")
    page.goto(f"/o/acme/improvements/{helped.pk}/")
    _sound(page, f"improvement-{width}")
    page.get_by_role("link", name="Both windows").click()
    page.get_by_role("heading", name="Touched against untouched").wait_for()
    _sound(page, f"improvement-effect-{width}")
    agent = browse("/o/acme/improvements/", client=as_(agnes), width=width)
    agent.get_by_role("button", name="I know of “A second queue”").click()
    agent.get_by_text("Thank you. It is noted.").wait_for()
    _sound(agent, f"improvement-agent-{width}")


def _sound(page: Page, name: str) -> None:
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    _picture(page, name)


def _picture(page: Page, name: str) -> None:
    """Kept for the eye when LOOK_AT names a folder."""
    if folder := os.environ.get("LOOK_AT"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
