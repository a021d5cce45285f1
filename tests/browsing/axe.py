"""axe-core in a page: what keeps someone with a screen reader, a keyboard or weak eyes from using it."""

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

SOURCE = Path(__file__).resolve().parent.parent / "vendor" / "axe" / "axe.min.js"
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
RUN = """async rules => (await axe.run(document, {
    runOnly: rules,
    resultTypes: ["violations"],
})).violations.map(v => ({
    rule: v.id, impact: v.impact, help: v.help,
    places: v.nodes.map(n => n.target.join(" ") + " :: " + n.html.slice(0, 160)),
}))"""


@dataclass(frozen=True)
class Violation:
    """One broken rule and where it is broken."""

    rule: str
    impact: str
    help: str
    places: tuple[str, ...]

    def __str__(self) -> str:
        return "\n  ".join([f"{self.rule} ({self.impact}): {self.help}", *self.places])


def axe(page: Page, *, mail: bool = False) -> list[Violation]:
    """Every violation of WCAG 2.2 AA and of axe's best practices on the page as it stands now.

    A mail is no page of a site: it has no landmarks, so it is held to WCAG alone.
    """
    # Beside a navigation that has just begun there may be no document yet. The test waits for what it wants to see.
    page.wait_for_load_state()
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(SOURCE.read_text())
    found = page.evaluate(RUN, [*WCAG, *([] if mail else ["best-practice"])])
    return [Violation(v["rule"], v["impact"], v["help"], tuple(v["places"])) for v in found]
