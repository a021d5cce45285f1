"""Shares of one whole with their intervals, heaviest first: a bar from zero, the interval as an outline at its end."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.charts.drawing import line, rect, svg, text

WIDTH, NARROW, ROW, HEAD, FOOT = 640.0, 330.0, 34.0, 6.0, 22.0


@dataclass(frozen=True)
class Bar:
    """`value`, `low` and `high` in per cent; `sure` draws it full, else it is an outline."""

    label: str
    value: float
    low: float
    high: float
    sure: bool


def weights(bars: Sequence[Bar], *, narrow: bool = False) -> str:
    """`narrow` is drawn anew for the width of a phone, the names above their bars."""
    width = NARROW if narrow else WIDTH
    left, right = (4.0, 40.0) if narrow else (214.0, 52.0)
    tall = ROW + 16 if narrow else ROW
    most = max([10.0, *(bar.high for bar in bars)])
    height = HEAD + tall * max(1, len(bars)) + FOOT

    def x(value: float) -> float:
        return left + value / most * (width - left - right)

    parts = [line(x(0), HEAD, x(0), height - FOOT, class_="s-edge", stroke_width=1)]
    step = 10 if most <= 50 else 20
    for mark in range(0, int(most) + 1, step):
        parts.append(line(x(mark), HEAD, x(mark), height - FOOT, class_="s-line", stroke_width=1))
        parts.append(
            text(
                f"{mark} %",
                x(mark),
                height - 5,
                font_size=12,
                class_="c-ink-3",
                text_anchor="middle" if mark else "start",
            )
        )
    for at, bar in enumerate(bars):
        middle = HEAD + tall * at + (tall - 12 if narrow else tall / 2)
        label = (
            bar.label
            if len(bar.label) <= (44 if narrow else 30)
            else bar.label[: 43 if narrow else 29].rstrip() + "…"
        )
        parts.append(
            text(
                label,
                4.0 if narrow else 0.0,
                middle - 14 if narrow else middle + 4.5,
                font_size=13,
                class_="c-ink c-medium",
            )
        )
        parts.append(
            rect(
                *(x(0), middle - 6, x(bar.value) - x(0), 12),
                class_="c-ink-2" if bar.sure else "c-surface s-edge",
                stroke_width=None if bar.sure else 1,
                stroke_dasharray=None if bar.sure else "3 2",
            )
        )
        parts.append(
            rect(
                *(x(bar.low), middle - 9, max(3.0, x(bar.high) - x(bar.low)), 18),
                rx=5,
                class_="c-veil s-edge",
                stroke_width=1,
            )
        )
        parts.append(
            text(
                f"{round(bar.value)} %",
                width,
                middle + 4.5,
                font_size=13,
                class_="c-ink c-strong",
                text_anchor="end",
            )
        )
    class_ = "phone-only" if narrow else "wide-only"
    return svg(*parts, width=width, height=height, sentence=sentence(bars), class_=f"chart {class_}")


def sentence(bars: Sequence[Bar]) -> str:
    told = [
        _("%(label)s %(value)s %% (%(low)s to %(high)s)")
        % {"label": bar.label, "value": round(bar.value), "low": round(bar.low), "high": round(bar.high)}
        for bar in bars
    ]
    return _("Share of what the aspects explain together: %(told)s.") % {"told": "; ".join(told)}
