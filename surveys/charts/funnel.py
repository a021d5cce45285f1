"""From invitation to reason: one bar per step, each a share of the first, its percent of the step before."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from django.utils.translation import gettext as _

from surveys.charts.drawing import DASH, element, fluid, percent, rect, text, thousands

ROW = 46.0


@dataclass(frozen=True)
class Step:
    """`label`, how many reached it, and a word on those who did not ("112 bounced or refused")."""

    label: str
    count: int
    note: str = ""


def funnel(steps: Sequence[Step]) -> str:
    whole = max((step.count for step in steps), default=0)
    parts = []
    for at, step in enumerate(steps):
        y = at * ROW
        words = element("tspan", escape(step.label), class_="c-ink c-medium", font_size=14)
        if step.note:
            words += element("tspan", escape(step.note), dx=10, class_="c-ink-3 wide-only", font_size=12.5)
        parts.append(element("text", words, x=0, y=y + 17))
        shares = "" if not at else share(steps, at)
        parts.append(
            text(
                thousands(step.count),
                "100%",
                y + 17,
                dx=-52,
                font_size=14,
                class_="c-ink c-strong",
                text_anchor="end",
            )
        )
        parts.append(text(shares, "100%", y + 17, font_size=12.5, class_="c-ink-3", text_anchor="end"))
        parts.append(rect(0, y + 27, "100%", 8, rx=2, class_="c-sunken"))
        if whole and step.count:
            parts.append(rect(0, y + 27, percent(max(0.004, step.count / whole)), 8, rx=2, class_="c-ink-2"))
    return fluid(*parts, height=max(ROW, ROW * len(steps) - 10), sentence=sentence(steps))


def share(steps: Sequence[Step], at: int) -> str:
    """Percent of the step before; an en dash where that was nobody."""
    before = steps[at - 1].count if at else steps[at].count
    return f"{100 * steps[at].count / before:.0f} %" if before else DASH


def sentence(steps: Sequence[Step]) -> str:
    if not steps or not steps[0].count:
        return _("Nobody was asked yet.")
    return "; ".join(f"{step.label}: {thousands(step.count)}" for step in steps) + "."


def table(steps: Sequence[Step]) -> list[tuple[str, str, str, str]]:
    """Step, people, percent of the step before, note."""
    return [
        (step.label, thousands(step.count), share(steps, at) if at else DASH, step.note)
        for at, step in enumerate(steps)
    ]
