"""Month by month (or day, week, quarter): point, interval capsule, n beneath, year before dotted behind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor

from django.utils.translation import gettext as _

from surveys.charts.drawing import DASH, element, line, rect, signed, svg, text, thousands

WIDTH, NARROW, LEFT, RIGHT = 640.0, 330.0, 46.0, 10.0
MOST_ON_A_PHONE = 26
TOP, BASE, HEIGHT = 34.0, 262.0, 314.0


@dataclass(frozen=True)
class Point:
    """One period. `label` as printed; score, low, high on −100..100 or None; `n` answers; `finished`
    False while the period runs; `year_before` the score of that period a year ago; `hidden`: too few."""

    label: str
    score: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    finished: bool = True
    year_before: float | None = None
    hidden: bool = False

    @property
    def shown(self) -> bool:
        return self.score is not None and not self.hidden and self.n > 0


@dataclass(frozen=True)
class Mark:
    """A note on the line: which point it belongs to, and its words. Lettered in the order given; of several the
    letters stand on the chart and the words beneath it."""

    at: int
    words: str


@dataclass(frozen=True)
class Turn:
    """Where the line really shifted: the point at which it began, and which way."""

    at: int
    up: bool


def letter(serial: int) -> str:
    """A to Z, then A again."""
    return chr(ord("A") + serial % 26)


def trend(
    points: Sequence[Point], notes: Sequence[Mark] = (), turns: Sequence[Turn] = (), *, narrow: bool = False
) -> str:
    """The chart; `narrow` for the width of a phone, not shrunk but drawn anew with fewer labels."""
    width = NARROW if narrow else WIDTH
    class_ = "phone-only" if narrow else "wide-only" if fits_a_phone(points) else "chart--wide"
    low, high = _range(points)
    step = (width - LEFT - RIGHT) / max(1, len(points))

    def x(index: int) -> float:
        return LEFT + step * (index + 0.5)

    def y(score: float) -> float:
        return BASE - (score - low) / (high - low) * (BASE - TOP)

    parts = [_axis(low, high, y, width)]
    parts += _notes(notes, x, len(points), width)
    parts += [_turn(turn, x(turn.at) - step / 2) for turn in turns if 0 <= turn.at < len(points)]
    parts.append(
        _path(
            [(x(at), y(p.year_before)) for at, p in enumerate(points) if p.year_before is not None],
            "s-ink-3",
            "2 4",
        )
    )
    every = max(1, ceil(len(points) * 44 / (width - LEFT - RIGHT)))
    for at, point in enumerate(points):
        if point.shown and point.low is not None and point.high is not None:
            wide = min(14.0, step * 0.5)
            top, bottom = y(min(point.high, high)), y(max(point.low, low))
            parts.append(
                rect(
                    x(at) - wide / 2,
                    top,
                    wide,
                    max(wide, bottom - top),
                    rx=wide / 2,
                    class_="c-veil s-edge",
                    stroke_width=1,
                    stroke_dasharray="3 2" if point.n < 30 else None,
                )
            )
        last = at == len(points) - 1
        if last or (at % every == 0 and len(points) - 1 - at >= every):
            weight = " c-strong" if last else ""
            parts.append(
                text(
                    point.label,
                    x(at),
                    BASE + 26,
                    font_size=12,
                    class_=f"c-ink-2{weight}",
                    text_anchor="middle",
                )
            )
            count = "<10" if point.hidden else thousands(point.n)
            parts.append(
                text(count, x(at), BASE + 42, font_size=11.5, class_="c-ink-3", text_anchor="middle")
            )
    for run in _segments(points):
        parts.append(_path([(x(at), y(points[at].score or 0.0)) for at in run], "s-ink", None))
    for at, point in enumerate(points):
        if point.shown and point.score is not None:
            kind = "c-ink s-ink" if point.finished else "c-surface s-ink"
            parts.append(element("circle", cx=x(at), cy=y(point.score), r=4.0, class_=kind, stroke_width=1.6))
    parts.append(text("n", LEFT - 16, BASE + 42, font_size=11.5, class_="c-ink-3", text_anchor="end"))
    told = " ".join([sentence(points), *(_turned(turn, points) for turn in turns)])
    return svg(*parts, width=width, height=HEIGHT, sentence=told, class_=f"chart {class_}")


def fits_a_phone(points: Sequence[Point]) -> bool:
    """Whether the periods are few enough to stand side by side there; more of them scroll."""
    return len(points) <= MOST_ON_A_PHONE


def sentence(points: Sequence[Point]) -> str:
    shown = [point for point in points if point.shown]
    if not shown:
        return _("No answers in these periods, so there is no line.")
    first, last = shown[0], shown[-1]
    return _("From %(first)s in %(then)s to %(last)s in %(now)s, over %(count)s periods.") % {
        "first": signed(first.score),
        "then": first.label,
        "last": signed(last.score),
        "now": last.label,
        "count": len(points),
    }


def table(points: Sequence[Point]) -> list[tuple[str, str, str, str, str]]:
    """Period, score, interval, answers, year before."""
    rows = []
    for point in points:
        if point.hidden:
            rows.append((point.label, _("hidden"), DASH, "–", signed(point.year_before)))
            continue
        interval = (
            DASH
            if point.low is None or point.high is None
            else _("%(low)s to %(high)s") % {"low": signed(point.low), "high": signed(point.high)}
        )
        rows.append(
            (point.label, signed(point.score), interval, thousands(point.n), signed(point.year_before))
        )
    return rows


def _range(points: Sequence[Point]) -> tuple[float, float]:
    """The axis, in steps of 20, always with zero in it; never wider than the scale itself."""
    seen = [0.0]
    for point in points:
        if point.shown:
            seen += [
                value
                for value in (point.score, point.low, point.high, point.year_before)
                if value is not None
            ]
    low, high = floor(min(seen) / 20) * 20, ceil(max(seen) / 20) * 20
    if high - low < 40:
        high = low + 40
    return float(max(-100, low)), float(min(100, high)) if high <= 100 else 100.0


def _axis(low: float, high: float, y: Callable[[float], float], width: float) -> str:
    step = 20 if high - low <= 120 else 50
    drawn, value = [], ceil(low / step) * step
    while value <= high:
        strong = value == 0
        drawn.append(
            line(LEFT - 6, y(value), width, y(value), class_="s-edge" if strong else "s-line", stroke_width=1)
        )
        drawn.append(
            text(signed(value), LEFT - 14, y(value) + 4, font_size=12, class_="c-ink-3", text_anchor="end")
        )
        value += step
    return "".join(drawn)


def _notes(notes: Sequence[Mark], x: Callable[[int], float], count: int, width: float) -> list[str]:
    drawn, before = [], -100.0
    for serial, note in enumerate(notes):
        if not 0 <= note.at < count:
            continue
        here = x(note.at)
        drawn.append(line(here, 22, here, BASE, class_="s-ink-3", stroke_width=1, stroke_dasharray="2 3"))
        # Two notes of neighbouring periods stand side by side, not on each other.
        here = before = max(here, before + 18) if before + 18 <= width - 8 else here
        drawn.append(element("circle", cx=here, cy=14, r=8, class_="c-ink"))
        drawn.append(
            text(letter(serial), here, 18, font_size=10.5, class_="c-surface c-strong", text_anchor="middle")
        )
        if len(notes) > 1:
            continue
        fits = here < width * 0.72
        drawn.append(
            text(
                note.words,
                here + 13 if fits else here - 13,
                18,
                font_size=11.5,
                class_="c-ink c-medium",
                text_anchor="start" if fits else "end",
            )
        )
    return drawn


def _turned(turn: Turn, points: Sequence[Point]) -> str:
    words = {"period": points[turn.at].label}
    return _("Shifted up from %(period)s.") % words if turn.up else _("Shifted down from %(period)s.") % words


def _turn(turn: Turn, here: float) -> str:
    """An upright line before the first point of the new stretch, with an arrow head at its foot."""
    foot = BASE + 4
    d = (
        f"M{here - 5:.1f} {foot + 8} L{here + 5:.1f} {foot + 8} L{here:.1f} {foot} Z"
        if turn.up
        else f"M{here - 5:.1f} {foot} L{here + 5:.1f} {foot} L{here:.1f} {foot + 8} Z"
    )
    upright = line(here, TOP, here, BASE, class_="s-bad", stroke_width=1.6, stroke_dasharray="8 3")
    return upright + element("path", d=d, class_="c-bad")


def _segments(points: Sequence[Point]) -> list[list[int]]:
    """Stretches without a gap: a period without a score is not bridged."""
    runs: list[list[int]] = [[]]
    for at, point in enumerate(points):
        if point.shown:
            runs[-1].append(at)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if len(run) > 1]


def _path(dots: list[tuple[float, float]], class_: str, dashes: str | None) -> str:
    if len(dots) < 2:
        return ""
    d = "M" + " L".join(f"{x:.2f} {y:.2f}" for x, y in dots)
    return element(
        "path",
        d=d,
        class_=f"c-none {class_}",
        stroke_width=1.6,
        stroke_dasharray=dashes,
        stroke_linejoin="round",
    )
