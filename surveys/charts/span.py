"""The span and the ruler: a score as point, interval and zero on the one scale from −100 to +100."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.charts.drawing import (
    DASH,
    element,
    fluid,
    line,
    percent,
    rect,
    signed,
    svg,
    text,
    thousands,
)

WEAK_UNDER = 30


@dataclass(frozen=True)
class Figure:
    """A score as charts take it. `score`, `low`, `high` on −100..100, None where undefined; `n` answers;
    `hidden` when the group is smaller than the privacy threshold (then nothing else may be told)."""

    score: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    hidden: bool = False

    @property
    def degree(self) -> str:
        """How much can be said: "enough", "weak" (under 30 answers), "hidden", "none"."""
        if self.hidden:
            return "hidden"
        if self.score is None or self.n == 0:
            return "none"
        return "weak" if self.n < WEAK_UNDER else "enough"

    @property
    def sentence(self) -> str:
        if self.degree == "hidden":
            return _("Hidden, to protect people: too few answers.")
        if self.degree == "none":
            return _("No answers, so no score. Not zero: none.")
        if self.low is None or self.high is None:
            return _("Score %(score)s, from %(n)s answers.") % {
                "score": signed(self.score),
                "n": thousands(self.n),
            }
        words = {
            "score": signed(self.score),
            "low": signed(self.low),
            "high": signed(self.high),
            "n": thousands(self.n),
        }
        if self.degree == "weak":
            return _("Score %(score)s, 95 %% interval %(low)s to %(high)s, only %(n)s answers.") % words
        return _("Score %(score)s, 95 %% interval %(low)s to %(high)s, from %(n)s answers.") % words


def span(figure: Figure, *, width: int = 180, height: int = 20) -> str:
    """One row's span; hidden and none draw the empty scale only (the words stand beside it)."""
    at = _scale(width, pad=3)
    middle = height / 2
    marks = [
        line(3, middle, width - 3, middle, class_="s-line", stroke_width=1),
        line(at(0), middle - 5, at(0), middle + 5, class_="s-edge", stroke_width=1),
    ]
    if figure.degree in ("enough", "weak") and figure.score is not None:
        weak = figure.degree == "weak"
        if figure.low is not None and figure.high is not None:
            left, right = at(figure.low), at(figure.high)
            marks.append(
                rect(
                    min(left, (left + right) / 2 - 3),
                    middle - 4,
                    max(6.0, right - left),
                    8,
                    rx=4,
                    class_="s-edge " + ("c-none" if weak else "c-veil"),
                    stroke_width=1,
                    stroke_dasharray="3 2" if weak else None,
                )
            )
        marks.append(
            rect(at(figure.score) - 1.25, middle - 6, 2.5, 12, rx=1.25, class_="c-ink-2" if weak else "c-ink")
        )
    return svg(*marks, width=width, height=height, sentence=figure.sentence, class_="span")


def ruler(figure: Figure, *, target: float | None = None) -> str:
    """The score as a ruler: ticks each 10, interval as a veil between two edges, point as a heavy tick."""

    def at(score: float) -> str:
        return percent(0.02 + 0.96 * (max(-100.0, min(100.0, float(score))) + 100) / 200)

    base, parts = 40.0, []
    for tick in range(-100, 101, 10):
        long = tick % 50 == 0
        parts.append(
            line(at(tick), base - (11 if long else 7), at(tick), base, class_="s-edge", stroke_width=1)
        )
        if long:
            anchor = "start" if tick == -100 else "end" if tick == 100 else "middle"
            x = "0" if tick == -100 else "100%" if tick == 100 else at(tick)
            parts.append(
                text(signed(tick), x, base + 18, font_size=12.5, class_="c-ink-3", text_anchor=anchor)
            )
    parts.append(line(at(-100), base, at(100), base, class_="s-edge", stroke_width=1))
    if figure.degree in ("enough", "weak") and figure.score is not None:
        dashes = "3 2" if figure.degree == "weak" else None
        if figure.low is not None and figure.high is not None:
            wide = percent(0.96 * (figure.high - figure.low) / 200)
            parts.append(rect(at(figure.low), base - 26, wide, 26, class_="c-veil"))
            for edge in (at(figure.low), at(figure.high)):
                parts.append(
                    line(
                        edge, base - 26, edge, base, class_="s-ink", stroke_width=1.6, stroke_dasharray=dashes
                    )
                )
        point = at(figure.score)
        parts.append(line(point, base - 31, point, base, class_="s-ink", stroke_width=3.5))
    if target is not None:
        # A path takes no percents; a small frame at the place does.
        mark = element("path", d="M-4.5 8 L4.5 8 L0 1 Z", class_="c-well")
        parts.append(element("svg", mark, x=at(target), y=base, width=1, height=1, overflow="visible"))
    return fluid(*parts, height=62, sentence=figure.sentence)


def table(figure: Figure) -> list[tuple[str, str]]:
    """The rows behind both: name and words."""
    if figure.degree == "hidden":
        return [(_("Score"), _("hidden")), (_("Answers"), _("too few to show"))]
    low_high = (
        DASH
        if figure.low is None or figure.high is None
        else f"{signed(figure.low)} {_('to')} {signed(figure.high)}"
    )
    return [
        (_("Score"), signed(figure.score)),
        (_("95 % interval"), low_high),
        (_("Answers"), thousands(figure.n)),
    ]


def _scale(width: float, pad: float) -> Callable[[float], float]:
    def at(score: float) -> float:
        return pad + (max(-100.0, min(100.0, float(score))) + 100) / 200 * (width - 2 * pad)

    return at
