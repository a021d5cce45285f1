"""Everybody accounted for: one bar of parts that add up (sent, waiting, skipped, failed, held out)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from surveys.charts.drawing import fluid, hatch, percent, rect, svg, thousands

STYLES = {
    "solid": "c-ink s-ink",
    "hatched": "s-edge",
    "pale": "c-line s-edge",
    "bad": "c-bad s-bad",
    "dashed": "c-none s-edge",
}


@dataclass(frozen=True)
class Part:
    """`label`, `count`, and how it is drawn: solid (done), hatched (waiting), pale (skipped), bad (failed),
    dashed (held out)."""

    label: str
    count: int
    style: str = "solid"


def parts_bar(parts: Sequence[Part], *, height: int = 34) -> str:
    total = sum(part.count for part in parts)
    if not total:
        outline = rect("0.1%", 0.5, "99.8%", height - 1, rx=5, class_="c-none s-edge", stroke_dasharray="4 4")
        return fluid(outline, height=height, sentence=sentence(parts))
    shown = [part for part in parts if part.count]
    least, gap = 0.006, 0.003
    room = 1 - gap * (len(shown) - 1)
    widths = [max(least, room * part.count / total) for part in shown]
    definition, fill = hatch("ink-3")
    drawn, x = [definition], 0.0
    for part, wide in zip(shown, widths, strict=True):
        wide *= room / sum(widths)
        drawn.append(_piece(part.style, percent(x), percent(wide), height, fill))
        x += wide + gap
    return fluid(*drawn, height=height, sentence=sentence(parts))


def swatch(style: str) -> str:
    """The same drawing as a key, 14 by 14."""
    definition, fill = hatch("ink-3")
    return svg(definition, _piece(style, 0.5, 13.0, 14, fill), width=14, height=14, class_="swatch")


def sentence(parts: Sequence[Part]) -> str:
    if not sum(part.count for part in parts):
        return _("Nobody yet.")
    return ", ".join(f"{part.label}: {thousands(part.count)}" for part in parts) + "."


def table(parts: Sequence[Part]) -> list[tuple[str, str, str]]:
    """Part, people, share."""
    total = sum(part.count for part in parts)
    return [
        (part.label, thousands(part.count), f"{100 * part.count / total:.0f} %" if total else "–")
        for part in parts
    ]


def _piece(style: str, x: float | str, wide: float | str, height: float, fill: str) -> str:
    place: dict[str, Any] = {"x": x, "y": 0.5, "width": wide, "height": height - 1.0, "rx": 3}
    if style == "hatched":
        return rect(**place, fill=fill, class_="s-edge", stroke_width=1)
    if style == "dashed":
        return rect(**place, class_="c-none s-edge", stroke_width=1, stroke_dasharray="4 3")
    return rect(**place, class_=STYLES[style], stroke_width=1)
