"""A difference between two groups: its interval around zero, with the band of what is not worth noticing."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.charts.drawing import line, rect, signed, svg


@dataclass(frozen=True)
class Gap:
    """`value` with its interval, in points; `margin` on either side of zero; `sure` draws it full.

    `reach`: points from zero to either edge; an interval that is longer ends there.
    """

    value: float
    low: float
    high: float
    margin: float = 10.0
    sure: bool = False
    reach: float = 100.0
    against: str = ""  # the rest, if nothing is said

    @property
    def sentence(self) -> str:
        words = {"value": signed(self.value), "low": signed(self.low), "high": signed(self.high)}
        if self.against:
            return _("%(value)s points against %(against)s, interval %(low)s to %(high)s.") % {
                **words,
                "against": self.against,
            }
        return _("%(value)s points against the rest, interval %(low)s to %(high)s.") % words


def gap(figure: Gap, *, width: int = 200, height: int = 20) -> str:
    """One row's difference, on the one scale that all rows share."""

    def at(points: float) -> float:
        share = (max(-figure.reach, min(figure.reach, points)) + figure.reach) / (2 * figure.reach)
        return 3 + share * (width - 6)

    middle = height / 2
    left, right = at(figure.low), at(figure.high)
    return svg(
        rect(at(-figure.margin), 1, at(figure.margin) - at(-figure.margin), height - 2, class_="c-line"),
        line(3, middle, width - 3, middle, class_="s-line", stroke_width=1),
        line(at(0), 1, at(0), height - 1, class_="s-edge", stroke_width=1),
        rect(
            left,
            middle - 4,
            max(4.0, right - left),
            8,
            rx=4,
            class_="s-edge " + ("c-veil" if figure.sure else "c-none"),
            stroke_width=1,
            stroke_dasharray=None if figure.sure else "3 2",
        ),
        rect(
            at(figure.value) - 1.25,
            middle - 6,
            2.5,
            12,
            rx=1.25,
            class_="c-ink" if figure.sure else "c-ink-2",
        ),
        width=width,
        height=height,
        sentence=figure.sentence,
        class_="span",
    )
