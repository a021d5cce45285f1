"""Fixtures of the browser tests: `browse` opens pages, `desktop`, `phone` and `scriptless` are ready-made.

A page that throws, or that breaks its own content security policy, fails its test.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.browsing.chromium import chromium, chromium_path

WIDTHS = {"desktop": (1440, 900), "phone": (390, 844)}
POLICY_BROKEN = re.compile(r"Content Security Policy|Refused to (load|execute|apply|connect|frame)")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if chromium_path() is None:
        pytest.skip("no Chromium")
    with chromium() as started:
        yield started


@pytest.fixture
def live(live_server: Any, settings: Any) -> str:
    """The address of a live server whose links point to itself; the database is emptied after the test."""
    settings.BASE_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    return live_server.url


@pytest.fixture
def browse(browser: Browser, live: str) -> Iterator[Callable[..., Page]]:
    """browse("/log-in/", client=as_(alice), width=390, javascript=False) -> the open Page."""
    contexts = []
    problems: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and POLICY_BROKEN.search(message.text):
            problems.append(message.text)

    def open_page(
        path: str | None = None,
        *,
        client: Any = None,
        width: int = WIDTHS["desktop"][0],
        height: int | None = None,
        javascript: bool = True,
        **options: Any,
    ) -> Page:
        height = height or (WIDTHS["phone"][1] if width < 700 else WIDTHS["desktop"][1])
        context = browser.new_context(
            base_url=live,
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(15_000)
        if client is not None:
            context.add_cookies(
                [{"name": c.key, "value": c.value, "url": live} for c in client.cookies.values()]
            )
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: problems.append(str(error)))
        if path is not None:
            page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    if problems:
        pytest.fail("the page broke its own rules:\n" + "\n".join(problems), pytrace=False)


@pytest.fixture
def desktop(browse: Callable[..., Page]) -> Page:
    return browse(width=WIDTHS["desktop"][0])


@pytest.fixture
def phone(browse: Callable[..., Page]) -> Page:
    return browse(width=WIDTHS["phone"][0])


@pytest.fixture
def scriptless(browse: Callable[..., Page]) -> Page:
    return browse(javascript=False)
