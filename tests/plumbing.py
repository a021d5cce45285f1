"""What may be missing on a machine, and how the last line of the suite says so.

Browser tests need Chromium, shared tests need the folder with cases and data. Where one is missing they are
skipped and counted under their own name; with REQUIRE_ALL=1 every skip is a failure.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("LOOPWELL_SHARED") or ROOT.parent / "shared")
REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"
MISSING = {"browser": "no Chromium", "shared": "no shared folder"}


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with acceptance cases and real data; read by tests only."""
    if not SHARED.is_dir():
        pytest.skip(MISSING["shared"])
    return SHARED


@pytest.fixture(scope="session")
def nps_cases(shared: Path) -> Any:
    return json.loads((shared / "cases" / "nps_cases.json").read_text())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever uses the browser or the shared folder carries the mark, so that `-m "not browser"` is true."""
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if "browser" in names:
            item.add_marker(pytest.mark.browser)
        if "shared" in names:
            item.add_marker(pytest.mark.shared)
        if item.get_closest_marker("shared") and not SHARED.is_dir():
            item.add_marker(pytest.mark.skip(reason=MISSING["shared"]))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    outcome = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail"):
        if REQUIRE_ALL:
            report.outcome = "failed"
            report.longrepr = f"skipped although REQUIRE_ALL=1: {reason_of(report)}"
        elif reason_of(report) in MISSING.values():
            report.user_properties.append(("missing", reason_of(report)))


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Any:
    outcome = yield
    report = outcome.get_result()
    if report.skipped and REQUIRE_ALL:
        report.outcome = "failed"
        report.longrepr = f"skipped although REQUIRE_ALL=1: {reason_of(report)}"


def reason_of(report: Any) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


def pytest_report_teststatus(report: Any) -> tuple[str, str, str] | None:
    """A category of its own in the closing line: "120 passed, 3 skipped: no Chromium"."""
    missing = dict(getattr(report, "user_properties", ())).get("missing")
    if report.skipped and missing:
        return f"skipped: {missing}", "s", "SKIPPED"
    return None
