"""From the answer before to the latest: ribbons as thick as people are many, better solid, worse hatched."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.charts.drawing import element, hatch, rect, svg, text, thousands

WIDTH, NARROW = 640.0, 330.0
TALL, GAP, LEAST = 220.0, 14.0, 18.0
NODE = 14.0
TOP = 26.0
MARKS = {"promoter": "pro", "passive": "pas", "detractor": "det"}


@dataclass(frozen=True)
class Ribbon:
    """`count` people from `was` to `now`; `kind` better, same, worse or first."""

    was: str
    now: str
    count: int
    kind: str


@dataclass(frozen=True)
class Flow:
    """`lefts` and `rights`: (key, label) of the ends, from the top; `hidden` ribbons are not drawn."""

    lefts: Sequence[tuple[str, str]]
    rights: Sequence[tuple[str, str]]
    ribbons: Sequence[Ribbon]
    hidden: int = 0

    @property
    def total(self) -> int:
        return sum(each.count for each in self.ribbons)

    @property
    def sentence(self) -> str:
        if not self.total:
            return _("Nobody to draw.")
        by = {
            kind: sum(each.count for each in self.ribbons if each.kind == kind)
            for kind in ("better", "same", "worse", "first")
        }
        return _(
            "%(better)s people moved up, %(same)s stayed in their category, %(worse)s moved down, %(first)s"
            " answered for the first time."
        ) % {kind: thousands(count) for kind, count in by.items()}


def flow(figure: Flow, *, narrow: bool = False) -> str:
    """Two columns of bars and the ribbons between them; `narrow` for a phone, with shorter words."""
    width = NARROW if narrow else WIDTH
    outer = 6.0 if narrow else 132.0
    left_x, right_x = outer, width - outer - NODE
    unit = TALL / figure.total if figure.total else 0.0
    lefts, left_end = _ends(figure.lefts, _sums(figure, 0), unit)
    rights, right_end = _ends(figure.rights, _sums(figure, 1), unit)
    definition, fill = hatch("ink-3")
    det, det_fill = hatch()
    parts = [definition, det]
    start, end = dict(lefts), dict(rights)
    for was, _label in figure.lefts:
        for now, _other in figure.rights:
            ribbon = next((each for each in figure.ribbons if (each.was, each.now) == (was, now)), None)
            if ribbon is None or not ribbon.count:
                continue
            thick = ribbon.count * unit
            parts.append(_band(left_x + NODE, start[was], right_x, end[now], thick, ribbon, fill))
            start[was] += thick
            end[now] += thick
    for place, (ends, tops, x) in enumerate(
        ((figure.lefts, dict(lefts), left_x), (figure.rights, dict(rights), right_x))
    ):
        sums = _sums(figure, place)
        for key, label in ends:
            tall = max(2.0, sums[key] * unit)
            parts.append(_bar(key, x, tops[key], tall, det_fill))
            words = f"{label} {thousands(sums[key])}"
            if narrow:
                inside = x + NODE + 6 if place == 0 else x - 6
                anchor = "start" if place == 0 else "end"
            else:
                inside = x - 8 if place == 0 else x + NODE + 8
                anchor = "end" if place == 0 else "start"
            parts.append(
                text(
                    words,
                    inside,
                    tops[key] + max(tall, 10.0) / 2 + 4,
                    font_size=12,
                    class_="c-ink c-medium s-surface",
                    stroke_width=4,
                    paint_order="stroke",  # a rim of paper: the words stand on ribbons on a phone
                    stroke_linejoin="round",
                    text_anchor=anchor,
                )
            )
    for words, x, anchor in (
        (_("The answer before"), left_x, "start"),
        (_("The latest answer"), right_x + NODE, "end"),
    ):
        parts.append(text(words, x, 13, font_size=12, class_="c-ink-3", text_anchor=anchor))
    return svg(
        *parts,
        width=width,
        height=max(left_end, right_end) + 6,
        sentence=figure.sentence,
        class_="chart " + ("phone-only" if narrow else "wide-only"),
    )


def swatch(kind: str) -> str:
    """The same drawing as a key, 14 by 14."""
    definition, fill = hatch("ink-3")
    return svg(
        definition,
        rect(0.5, 0.5, 13.0, 13.0, rx=3, **_style(kind, fill)),
        width=14,
        height=14,
        class_="swatch",
    )


def _sums(figure: Flow, place: int) -> dict[str, int]:
    ends = (figure.lefts, figure.rights)[place]
    return {
        key: sum(each.count for each in figure.ribbons if (each.was, each.now)[place] == key)
        for key, _label in ends
    }


def _ends(
    ends: Sequence[tuple[str, str]], sums: dict[str, int], unit: float
) -> tuple[list[tuple[str, float]], float]:
    """The top of each bar, and where the last one ends; a thin bar keeps room for its words."""
    tops, y = [], TOP
    for key, _label in ends:
        tops.append((key, y))
        y += max(sums[key] * unit, LEAST) + GAP
    return tops, y - GAP


def _band(x1: float, y1: float, x2: float, y2: float, thick: float, ribbon: Ribbon, fill: str) -> str:
    middle = (x1 + x2) / 2
    d = (
        f"M{x1:.1f} {y1:.1f} C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
        f" V{y2 + thick:.1f} C{middle:.1f} {y2 + thick:.1f} {middle:.1f} {y1 + thick:.1f}"
        f" {x1:.1f} {y1 + thick:.1f} Z"
    )
    return element("path", d=d, **_style(ribbon.kind, fill))


def _style(kind: str, fill: str) -> dict[str, object]:
    if kind == "better":
        return {"class_": "c-ink-3 s-surface", "stroke_width": 1}
    if kind == "worse":
        return {"fill": fill, "class_": "s-ink-3", "stroke_width": 1}
    if kind == "first":
        return {"class_": "c-none s-edge", "stroke_width": 1, "stroke_dasharray": "3 3"}
    return {"class_": "c-line s-edge", "stroke_width": 0.75}


def _bar(key: str, x: float, y: float, tall: float, det_fill: str) -> str:
    mark = MARKS.get(key)
    if mark == "det":
        return rect(x, y, NODE, tall, rx=2, fill=det_fill, class_="s-det", stroke_width=1)
    if mark == "pas":
        return rect(x, y, NODE, tall, rx=2, class_="c-pas s-pas", stroke_width=1)
    if mark == "pro":
        return rect(x, y, NODE, tall, rx=2, class_="c-pro")
    return rect(x, y, NODE, tall, rx=2, class_="c-surface s-edge", stroke_width=1, stroke_dasharray="3 2")
