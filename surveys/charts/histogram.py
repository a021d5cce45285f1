"""All answers from 0 to 10: detractors hatched, passives outlined, promoters solid; counts above the bars."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.charts.drawing import fluid, hatch, line, percent, rect, text, thousands

HEIGHT, BASE, TOP = 238.0, 200.0, 26.0
STEP, GAP = 1 / 11, 0.007
KINDS = {"det": "", "pas": "c-pas s-pas", "pro": "c-pro"}


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
    tallest = max(figures.counts) or 1
    definition, fill = hatch()
    parts = [definition]
    for score, count in enumerate(figures.counts):
        middle = percent((score + 0.5) * STEP)
        if not figures.total:
            ghost = 16 + 120 * (score / 10) ** 2
            parts.append(_bar(score, ghost, "c-none s-edge", dashes="4 4"))
        else:
            high = max((BASE - TOP) * count / tallest, 2.0) if count else 0.0
            kind = "det" if score <= 6 else "pas" if score <= 8 else "pro"
            parts.append(_bar(score, high, KINDS[kind], fill if kind == "det" else None))
            parts.append(
                text(
                    thousands(count),
                    middle,
                    BASE - high - 7,
                    font_size=12.5,
                    class_="c-ink-2",
                    text_anchor="middle",
                )
            )
        parts.append(
            text(score, middle, BASE + 20, font_size=13, class_="c-ink c-strong", text_anchor="middle")
        )
    for first, last, kind in ((0, 6, "det"), (7, 8, "pas"), (9, 10, "pro")):
        left, right = percent(first * STEP + GAP), percent((last + 1) * STEP - GAP)
        parts.append(line(left, BASE + 32, right, BASE + 32, class_=f"s-{kind}", stroke_width=2.5))
    return fluid(*parts, height=HEIGHT, sentence=figures.sentence)


def table(figures: Histogram) -> list[tuple[str, str, str]]:
    """Score, answers, share."""
    total = figures.total
    return [
        (str(score), thousands(count), f"{100 * count / total:.0f} %" if total else "–")
        for score, count in enumerate(figures.counts)
    ]


def _bar(score: int, high: float, class_: str, fill: str | None = None, dashes: str | None = None) -> str:
    if not high:
        return ""
    return rect(
        percent(score * STEP + GAP),
        BASE - high,
        percent(STEP - 2 * GAP),
        high,
        rx=2,
        class_=class_ or None,
        fill=fill,
        stroke_width=1.2 if class_ and "s-" in class_ else None,
        stroke_dasharray=dashes,
    )
