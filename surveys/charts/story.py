"""One person's scores over time, on the bands of the three categories. A story, not a statistic."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext as _

from surveys.charts.drawing import element, fluid, line, percent, rect, text

TOP, BASE, HEIGHT = 16.0, 168.0, 196.0


@dataclass(frozen=True)
class Moment:
    """`label` of the time, and the score from 0 to 10 given then."""

    label: str
    score: int


def story(moments: Sequence[Moment]) -> str:
    """The last eight at most; the newest is on the right."""
    told = list(moments)[-8:]

    def y(score: float) -> float:
        return TOP + (10 - score) / 10 * (BASE - TOP)

    parts = [
        rect(0, y(high) - above, "100%", y(low) - y(high) + above, class_=f"c-{kind}-soft")
        for kind, high, low, above in (("pro", 10, 8.5, 16), ("pas", 8.5, 6.5, 0), ("det", 6.5, 0, 0))
    ]
    step = 1 / max(1, len(told))
    dots = [(percent(step * (at + 0.5)), y(moment.score)) for at, moment in enumerate(told)]
    for (x1, y1), (x2, y2) in pairwise(dots):
        parts.append(line(x1, y1, x2, y2, class_="s-ink", stroke_width=1.6))
    for (x, height), moment in zip(dots, told, strict=True):
        parts.append(element("circle", cx=x, cy=height, r=12.0, class_="c-surface s-ink", stroke_width=1.6))
        parts.append(
            text(moment.score, x, height + 4.5, font_size=13, class_="c-ink c-strong", text_anchor="middle")
        )
        parts.append(text(moment.label, x, BASE + 22, font_size=12, class_="c-ink-2", text_anchor="middle"))
    return fluid(*parts, height=HEIGHT, sentence=sentence(told))


def sentence(moments: Sequence[Moment]) -> str:
    if not moments:
        return _("No scores yet.")
    return _("Scores: %(list)s.") % {
        "list": ", ".join(f"{moment.score} ({moment.label})" for moment in moments)
    }


def table(moments: Sequence[Moment]) -> list[tuple[str, str]]:
    """When, score."""
    return [(moment.label, str(moment.score)) for moment in moments]
