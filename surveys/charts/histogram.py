"""All answers from 0 to 10: detractors hatched, passives outlined, promoters solid; counts above the bars."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.charts.drawing import element, hatch, line, rect, svg, text, thousands

WIDTH, HEIGHT, BASE, TOP = 640.0, 250.0, 200.0, 26.0


@dataclass(frozen=True)
class Histogram:
    """`counts[i]` is how many gave i, for i = 0..10 (eleven figures)."""

    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.counts) != 11 or min(self.counts) < 0:
            raise ValueError("A histogram takes eleven counts, none below zero.")

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def sentence(self) -> str:
        if not self.total:
            return _("No answers yet, so there is no score. Not zero: none.")
        most = max(range(11), key=lambda score: self.counts[score])
        return _("%(n)s answers from 0 to 10; most often %(score)s, given %(times)s times.") % {
            "n": thousands(self.total),
            "score": most,
            "times": thousands(self.counts[most]),
        }


def histogram(figures: Histogram) -> str:
    """With no answers the bars are an outline of what will stand there."""
    step = WIDTH / 11
    wide = step - 8
    tallest = max(figures.counts) or 1
    definition, fill = hatch()
    parts = [definition]
    for score, count in enumerate(figures.counts):
        x = score * step + 4
        middle = x + wide / 2
        if not figures.total:
            ghost = 16 + 120 * (score / 10) ** 2
            parts.append(
                rect(x, BASE - ghost, wide, ghost, rx=4, class_="c-none s-edge", stroke_dasharray="4 4")
            )
        else:
            high = (BASE - TOP) * count / tallest
            high = max(high, 2.0) if count else 0.0
            parts.append(_bar(score, x, BASE - high, wide, high, fill))
            parts.append(
                text(
                    thousands(count),
                    middle,
                    BASE - high - 7,
                    font_size=13,
                    class_="c-ink-2",
                    text_anchor="middle",
                )
            )
        parts.append(
            text(score, middle, BASE + 20, font_size=13, class_="c-ink c-strong", text_anchor="middle")
        )
    for first, last, kind in ((0, 6, "det"), (7, 8, "pas"), (9, 10, "pro")):
        parts.append(
            line(
                first * step + 4,
                BASE + 32,
                (last + 1) * step - 4,
                BASE + 32,
                class_=f"s-{kind}",
                stroke_width=2.5,
            )
        )
    return svg(*parts, width=WIDTH, height=HEIGHT - 12, sentence=figures.sentence)


def table(figures: Histogram) -> list[tuple[str, str, str]]:
    """Score, answers, share."""
    total = figures.total
    return [
        (str(score), thousands(count), f"{100 * count / total:.0f} %" if total else "–")
        for score, count in enumerate(figures.counts)
    ]


def _bar(score: int, x: float, y: float, wide: float, high: float, fill: str) -> str:
    if not high:
        return ""
    if score <= 6:
        return rect(x, y, wide, high, rx=2, fill=fill)
    if score <= 8:
        return rect(x + 0.5, y + 0.5, wide - 1, high - 0.5, rx=2, class_="c-pas s-pas", stroke_width=1.2)
    return element("path", d=_topped(x, y, wide, high), class_="c-pro")


def _topped(x: float, y: float, wide: float, high: float) -> str:
    """A bar with rounded upper corners."""
    r = min(3.0, high)
    return (
        f"M{x:.2f} {y + high:.2f}V{y + r:.2f}q0-{r:.2f} {r:.2f}-{r:.2f}h{wide - 2 * r:.2f}"
        f"q{r:.2f} 0 {r:.2f} {r:.2f}V{y + high:.2f}z"
    )
