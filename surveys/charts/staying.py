"""Who stays after their answer: a staircase for each category, 0 to 100 per cent, with the interval at the horizons."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.charts.drawing import element, line, svg, text

WIDTH, NARROW, LEFT, RIGHT = 640.0, 330.0, 52.0, 74.0
TOP, BASE, HEIGHT = 16.0, 240.0, 268.0
# Three signals: colour, dashes, and the shape at the end beside the name.
STYLES = {
    "promoter": ("pro", None),
    "passive": ("pas", "7 4"),
    "detractor": ("det", "2 3"),
}


@dataclass(frozen=True)
class Line:
    """One category (its key and its name) with (day, share) of its steps; it is known until day `until`."""

    category: str
    label: str
    steps: tuple[tuple[int, float], ...]
    until: int
    bars: tuple[tuple[int, float, float], ...] = ()


def staying(lines: Sequence[Line], *, narrow: bool = False) -> str:
    """`bars` of a line are (day, low, high); `narrow` is drawn anew for the width of a phone."""
    width = NARROW if narrow else WIDTH
    last = max((each.until for each in lines), default=0) or 1
    least = min((share for each in lines for _day, share in each.steps), default=1.0)
    least = min([least, *(low for each in lines for _day, low, _high in each.bars)])
    floor = max(0.0, int((least - 0.02) * 10) / 10) if least > 0.12 else 0.0

    def x(day: float) -> float:
        return LEFT + day / last * (width - LEFT - RIGHT)

    def y(share: float) -> float:
        return BASE - (max(share, floor) - floor) / (1 - floor) * (BASE - TOP)

    parts = [_axis(floor, last, x, y, width)]
    ends: list[float] = []
    for place, each in enumerate(lines):
        tone, dashes = STYLES[each.category]
        for day, low, high in each.bars:
            at = x(day) + (place - 1) * 3
            parts.append(line(at, y(high), at, y(low), class_=f"s-{tone}", stroke_width=1.2))
        share, d = 1.0, f"M{x(0):.2f} {y(1.0):.2f}"
        for day, after in each.steps:
            d += f" H{x(day):.2f} V{y(after):.2f}"
            share = after
        d += f" H{x(each.until):.2f}"
        parts.append(element("path", d=d, class_=f"c-none s-{tone}", stroke_width=2, stroke_dasharray=dashes))
        # Names that would lie on each other stand beneath each other.
        at = y(share) + 4
        while any(abs(at - other) < 14 for other in ends):
            at += 14
        ends.append(at)
        parts.append(
            text(
                each.label,
                min(x(each.until) + 5, width - RIGHT + 5),
                at,
                font_size=12,
                class_="c-ink-2 c-medium",
            )
        )
    class_ = "phone-only" if narrow else "wide-only"
    return svg(*parts, width=width, height=HEIGHT, sentence=sentence(lines), class_=f"chart {class_}")


def sentence(lines: Sequence[Line]) -> str:
    told = [
        _("%(share)s %% of %(who)s after %(days)s days")
        % {
            "share": round(100 * (each.steps[-1][1] if each.steps else 1.0)),
            "who": each.label,
            "days": each.until,
        }
        for each in lines
    ]
    return _("Still here: %(told)s.") % {"told": "; ".join(told)} if told else _("Nobody to follow yet.")


def _axis(
    floor: float, last: int, x: Callable[[float], float], y: Callable[[float], float], width: float
) -> str:
    drawn = []
    step = 0.1 if 1 - floor <= 0.55 else 0.25
    share = 1.0
    while share >= floor - 1e-9:
        drawn.append(line(LEFT - 6, y(share), width - RIGHT, y(share), class_="s-line", stroke_width=1))
        words = f"{round(share * 100)} %"
        drawn.append(text(words, LEFT - 12, y(share) + 4, font_size=12, class_="c-ink-3", text_anchor="end"))
        share -= step
    days = [day for day in (0, 30, 90, 180, 365, 730) if day <= last]
    for at, day in enumerate(days):
        if 0 < at < len(days) - 1 and x(days[at + 1]) - x(day) < 34:
            continue
        drawn.append(line(x(day), BASE, x(day), BASE + 5, class_="s-edge", stroke_width=1))
        drawn.append(text(day, x(day), BASE + 20, font_size=12, class_="c-ink-3", text_anchor="middle"))
    drawn.append(
        text(_("days"), width - RIGHT + 5, BASE + 20, font_size=12, class_="c-ink-3", text_anchor="start")
    )
    return "".join(drawn)
