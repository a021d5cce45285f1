"""Everybody accounted for: one bar of parts that add up (sent, waiting, skipped, failed, held out)."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.charts.drawing import hatch, rect, svg, thousands

STYLES = ("solid", "hatched", "pale", "bad", "dashed")


@dataclass(frozen=True)
class Part:
    """`label`, `count`, and how it is drawn: solid (done), hatched (waiting), pale (skipped), bad (failed),
    dashed (held out)."""

    label: str
    count: int
    style: str = "solid"


def parts_bar(parts: Sequence[Part], *, width: int = 1080, height: int = 34) -> str:
    total = sum(part.count for part in parts)
    if not total:
        outline = rect(0.5, 0.5, width - 1, height - 1, rx=5, class_="c-none s-edge", stroke_dasharray="4 4")
        return svg(outline, width=width, height=height, sentence=sentence(parts))
    shown = [part for part in parts if part.count]
    least, gap = 5.0, 3.0
    room = width - gap * (len(shown) - 1)
    widths = [max(least, room * part.count / total) for part in shown]
    widths = [wide * room / sum(widths) for wide in widths]
    definition, fill = hatch("ink-3")
    drawn, x = [definition], 0.0
    for part, wide in zip(shown, widths, strict=True):
        drawn.append(_piece(part.style, x, wide, height, fill))
        x += wide + gap
    return svg(*drawn, width=width, height=height, sentence=sentence(parts))


def swatch(style: str) -> str:
    """The same drawing as a key, 14 by 14."""
    definition, fill = hatch("ink-3")
    return svg(definition, _piece(style, 0.0, 14.0, 14, fill), width=14, height=14, class_="swatch")


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


def _piece(style: str, x: float, wide: float, height: float, fill: str) -> str:
    inner = {"x": x + 0.5, "y": 0.5, "width": wide - 1, "height": height - 1.0, "rx": min(4.0, wide / 2)}
    if style == "solid":
        return rect(x, 0, wide, height, rx=min(4.0, wide / 2), class_="c-ink")
    if style == "bad":
        return rect(x, 0, wide, height, rx=min(4.0, wide / 2), class_="c-bad")
    if style == "hatched":
        return rect(**inner, fill=fill, class_="s-edge", stroke_width=1)
    if style == "pale":
        return rect(**inner, class_="c-line s-edge", stroke_width=1)
    return rect(**inner, class_="c-none s-edge", stroke_width=1, stroke_dasharray="4 3")
