"""`--full`, and the lines that say how much the isolation matrix tried."""

from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full",
        action="store_true",
        help="run everything: all of the isolation matrix with a lock switched off",
    )


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Routes, actors, cells and what was open, by locks."""
    told: dict[str, list[Any]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            facts = dict(getattr(report, "user_properties", ()) or ())
            if getattr(report, "when", "") == "call" and "isolation_figures" in facts:
                told.setdefault(facts["isolation"], []).append(facts["isolation_figures"])
    if told:
        terminalreporter.section("isolation matrix")
    for title, figures in sorted(told.items()):
        actors = {actor for figure in figures for actor in figure[1]}
        terminalreporter.line(
            f"{title}: {sum(figure[0] for figure in figures)} routes, {len(actors)} actors, "
            f"{sum(figure[2] for figure in figures)} cells, {sum(figure[3] for figure in figures)} open"
        )
