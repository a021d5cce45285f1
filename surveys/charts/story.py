"""One person's scores over time, on the bands of the three categories. A story, not a statistic."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.charts.drawing import element, rect, svg, text

WIDTH, TOP, BASE, HEIGHT = 330.0, 8.0, 168.0, 196.0


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

    bands = [("pro", 10.0, 8.5), ("pas", 8.5, 6.5), ("det", 6.5, 0.0)]
    parts = [
        rect(
            0,
            y(high) - (8 if high == 10 else 0),
            WIDTH,
            y(low) - y(high) + (8 if high == 10 else 0),
            class_=f"c-{kind}-soft",
        )
        for kind, high, low in bands
    ]
    step = WIDTH / max(1, len(told))
    dots = [(step * (at + 0.5), y(moment.score)) for at, moment in enumerate(told)]
    if len(dots) > 1:
        parts.append(
            element(
                "path",
                d="M" + " L".join(f"{x:.2f} {y_:.2f}" for x, y_ in dots),
                class_="c-none s-ink",
                stroke_width=1.6,
            )
        )
    for (x, y_), moment in zip(dots, told, strict=True):
        parts.append(element("circle", cx=x, cy=y_, r=12.0, class_="c-surface s-ink", stroke_width=1.6))
        parts.append(
            text(moment.score, x, y_ + 4.5, font_size=13, class_="c-ink c-strong", text_anchor="middle")
        )
        parts.append(text(moment.label, x, BASE + 22, font_size=12, class_="c-ink-2", text_anchor="middle"))
    return svg(*parts, width=WIDTH, height=HEIGHT, sentence=sentence(told), class_="chart chart--small")


def sentence(moments: Sequence[Moment]) -> str:
    if not moments:
        return _("No scores yet.")
    return _("Scores: %(list)s.") % {
        "list": ", ".join(f"{moment.score} ({moment.label})" for moment in moments)
    }


def table(moments: Sequence[Moment]) -> list[tuple[str, str]]:
    """When, score."""
    return [(moment.label, str(moment.score)) for moment in moments]
