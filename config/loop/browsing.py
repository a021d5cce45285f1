"""Sixty of the answers in a real browser: by keyboard alone, without script, on a narrow screen."""

import os
import shutil
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urljoin

from django.conf import settings

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def answer(plan: Sequence[tuple[str, str, int, str]], tell: Callable[[str], None]) -> int:
    """Give these answers, (how, link, score, text) each; how many were given: 0 without a browser."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return 0
    if chromium is None:
        return 0
    given = 0
    # Playwright runs a loop of its own in this thread, which makes Django refuse the ORM; none is used here.
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        try:
            for how, link, score, text in plan:
                _HOW[how](browser, urljoin(settings.BASE_URL, link), score, text)
                given += 1
        finally:
            browser.close()
    tell(f"          {given} answers given in a browser")
    return given


def _by_keyboard(browser: Any, url: str, score: int, text: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(url)
    for _step in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "nps":
            break
    page.keyboard.press("Space")
    # From the first of the group, the arrow keys walk the scale; they must not send the form.
    for _step in range(11):
        if page.evaluate("document.activeElement.value") == str(score):
            break
        page.keyboard.press("ArrowRight")
    _write_and_send(page, text, by_keyboard=True)
    context.close()


def _without_script(browser: Any, url: str, score: int, text: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{url}?score={score}")
    _write_and_send(page, text)
    context.close()


def _narrow(browser: Any, url: str, score: int, text: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(url)
    page.locator(f'label:has(input[name="nps"][value="{score}"])').tap()
    _write_and_send(page, text)
    context.close()


def _write_and_send(page: Any, text: str, *, by_keyboard: bool = False) -> None:
    """Fill in the reason that is shown, and send; a second page is filled in likewise."""
    for _turn in range(3):
        shown = page.locator("textarea:visible")
        if shown.count() and text:
            if by_keyboard:
                for _step in range(20):
                    page.keyboard.press("Tab")
                    if page.locator("textarea:focus").count():
                        break
                page.keyboard.insert_text(text)
            else:
                shown.first.fill(text)
        if by_keyboard:
            for _step in range(20):
                page.keyboard.press("Tab")
                if page.locator("button:focus").count():
                    break
            with page.expect_navigation():
                page.keyboard.press("Enter")
        else:
            with page.expect_navigation():
                page.locator("form button").first.click()
        if not page.locator('form [name="nps"], form textarea:visible').count():
            return
    raise AssertionError(f"the page of the survey did not end: {page.url}")


_HOW = {"keyboard": _by_keyboard, "no script": _without_script, "390 px": _narrow}
