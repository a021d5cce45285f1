"""A breakdown: one row per group with its span on the one fixed scale, so that rows can be compared."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.charts import span as spans
from surveys.charts.drawing import DASH, element, line, rect, signed, svg, text, thousands

WIDTH, ROW, HEAD = 640.0, 34.0, 30.0
NAME, SCALE_LEFT, SCALE_RIGHT, SCORE, INTERVAL, N = 0.0, 196.0, 430.0, 478.0, 582.0, 640.0


@dataclass(frozen=True)
class Group:
    """`label` of the group and its figure (surveys.charts.span.Figure)."""

    label: str
    figure: spans.Figure


def forest(groups: Sequence[Group], overall: float | None = None, label: str = "") -> str:
    """`overall` draws a dotted line at the score of everybody; `label` heads the first column."""
    height = HEAD + ROW * max(1, len(groups)) + 4
    parts = _head(label, height, overall)
    for at, group in enumerate(groups):
        y = HEAD + ROW * at
        middle, figure = y + ROW / 2, group.figure
        parts.append(line(0, y, WIDTH, y, class_="s-line", stroke_width=1))
        parts.append(text(_short(group.label), NAME, middle + 4.5, font_size=13.5, class_="c-ink c-medium"))
        if figure.degree == "hidden":
            parts.append(
                text(_("to protect people"), SCALE_LEFT, middle + 4.5, font_size=12.5, class_="c-ink-3")
            )
            parts.append(
                text(_("hidden"), SCORE, middle + 4.5, font_size=13, class_="c-ink-3", text_anchor="end")
            )
            continue
        if figure.degree == "none":
            parts.append(
                text(_("no score, not zero"), SCALE_LEFT, middle + 4.5, font_size=12.5, class_="c-ink-3")
            )
        else:
            parts += _span(figure, middle)
        weak = figure.degree == "weak"
        parts.append(
            text(
                signed(figure.score),
                SCORE,
                middle + 4.5,
                font_size=13.5,
                class_="c-ink-2" if weak else "c-ink c-strong",
                text_anchor="end",
            )
        )
        parts.append(
            text(
                _interval(figure), INTERVAL, middle + 4.5, font_size=12.5, class_="c-ink-3", text_anchor="end"
            )
        )
        parts.append(
            text(thousands(figure.n), N, middle + 4.5, font_size=12.5, class_="c-ink-3", text_anchor="end")
        )
    return svg(*parts, width=WIDTH, height=height, sentence=sentence(groups), class_="chart chart--wide")


def sentence(groups: Sequence[Group]) -> str:
    scored = [group for group in groups if group.figure.degree in ("enough", "weak")]
    if not scored:
        return _("No group has a score to show.")
    best = max(scored, key=lambda group: group.figure.score or 0.0)
    worst = min(scored, key=lambda group: group.figure.score or 0.0)
    return _("%(count)s groups; highest %(best)s with %(high)s, lowest %(worst)s with %(low)s.") % {
        "count": len(groups),
        "best": best.label,
        "high": signed(best.figure.score),
        "worst": worst.label,
        "low": signed(worst.figure.score),
    }


def table(groups: Sequence[Group]) -> list[tuple[str, str, str, str]]:
    """Group, score, interval, answers."""
    rows = []
    for group in groups:
        if group.figure.hidden:
            rows.append((group.label, _("hidden"), DASH, DASH))
        else:
            rows.append(
                (group.label, signed(group.figure.score), _interval(group.figure), thousands(group.figure.n))
            )
    return rows


def _head(label: str, height: float, overall: float | None) -> list[str]:
    parts = [
        text(label, NAME, 18, font_size=12.5, class_="c-ink-3 c-medium"),
        text(signed(-100), SCALE_LEFT, 18, font_size=11.5, class_="c-ink-3"),
        text("0", _x(0), 18, font_size=11.5, class_="c-ink-3", text_anchor="middle"),
        text(signed(100), SCALE_RIGHT, 18, font_size=11.5, class_="c-ink-3", text_anchor="end"),
        text(_("NPS"), SCORE, 18, font_size=12.5, class_="c-ink-3 c-medium", text_anchor="end"),
        text(_("95 %"), INTERVAL, 18, font_size=12.5, class_="c-ink-3 c-medium", text_anchor="end"),
        text("n", N, 18, font_size=12.5, class_="c-ink-3 c-medium", text_anchor="end"),
        line(_x(0), HEAD, _x(0), height, class_="s-edge", stroke_width=1),
    ]
    if overall is not None:
        parts.append(
            line(
                _x(overall),
                HEAD,
                _x(overall),
                height,
                class_="s-ink-3",
                stroke_width=1,
                stroke_dasharray="2 3",
            )
        )
    return parts


def _span(figure: spans.Figure, middle: float) -> list[str]:
    weak = figure.degree == "weak"
    drawn = []
    if figure.low is not None and figure.high is not None:
        left, right = _x(figure.low), _x(figure.high)
        drawn.append(
            rect(
                min(left, (left + right) / 2 - 3),
                middle - 5,
                max(6.0, right - left),
                10,
                rx=5,
                class_="s-edge " + ("c-surface" if weak else "c-veil"),
                stroke_width=1,
                stroke_dasharray="3 2" if weak else None,
            )
        )
    drawn.append(
        element(
            "rect",
            x=_x(figure.score or 0.0) - 1.25,
            y=middle - 7.5,
            width=2.5,
            height=15.0,
            rx=1.25,
            class_="c-ink-2" if weak else "c-ink",
        )
    )
    return drawn


def _x(score: float) -> float:
    return SCALE_LEFT + (max(-100.0, min(100.0, score)) + 100) / 200 * (SCALE_RIGHT - SCALE_LEFT)


def _interval(figure: spans.Figure) -> str:
    if figure.low is None or figure.high is None:
        return DASH
    return _("%(low)s to %(high)s") % {"low": signed(figure.low), "high": signed(figure.high)}


def _short(label: str) -> str:
    return label if len(label) <= 26 else label[:25].rstrip() + "…"
