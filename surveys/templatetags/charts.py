"""Charts in templates: `{% load charts %}`. Each tag takes figures or a frozen shape of surveys.charts."""

from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from surveys.charts import dial as dials
from surveys.charts import flow as flows
from surveys.charts import forest as forests
from surveys.charts import funnel as funnels
from surveys.charts import gap as gaps
from surveys.charts import histogram as histograms
from surveys.charts import parts as portions
from surveys.charts import span as spans
from surveys.charts import staying as stayings
from surveys.charts import story as stories
from surveys.charts import three as threes
from surveys.charts import trend as trends
from surveys.charts import weights as heaviness
from surveys.charts.drawing import DASH, signed, thousands

register = template.Library()


@register.simple_tag
def nps_span(
    score: Any = None, low: Any = None, high: Any = None, n: Any = 0, hidden: bool = False, numbers: Any = ""
) -> SafeString:
    """A row's span; with `numbers` also the score, the interval and n in words beside it."""
    figure = _figure(score, low, high, n, hidden)
    if figure.degree == "hidden":
        drawn = format_html('<span class="span--words">{}{}</span>', _icon("lock"), _("to protect people"))
    elif figure.degree == "none":
        drawn = format_html('<span class="span--words">{}</span>', _("no score, not zero"))
    else:
        drawn = mark_safe(spans.span(figure))
    if not numbers:
        return drawn
    words = [_("hidden")] if figure.hidden else [signed(figure.score)]
    return format_html(
        '{} <span class="nps">{}</span> <span class="faint small">{}</span>',
        drawn,
        words[0],
        _interval(figure),
    )


@register.simple_tag
def nps_ruler(
    score: Any = None, low: Any = None, high: Any = None, n: Any = 0, target: Any = None
) -> SafeString:
    return mark_safe(spans.ruler(_figure(score, low, high, n, False), target=target))


@register.simple_tag
def three_bar(detractors: int = 0, passives: int = 0, promoters: int = 0, keys: Any = "") -> SafeString:
    """The bar of three; with `keys` the legend with percents and counts beneath."""
    three = threes.Three(int(detractors or 0), int(passives or 0), int(promoters or 0))
    drawn = mark_safe(threes.three_bar(three))
    if not keys:
        return drawn
    rows = [
        format_html(
            "<div>{}<span>{}</span><span>{}</span><span>{}</span></div>", mark_safe(threes.shape(kind)), *row
        )
        for kind, row in zip(("pro", "pas", "det"), threes.table(three), strict=True)
    ]
    return format_html('{}<div class="keys mt-12">{}</div>', drawn, mark_safe("".join(rows)))


@register.simple_tag
def dial_face(hours: float | None = None, state: str = "running") -> SafeString:
    return mark_safe(dials.dial(None if hours is None else float(hours), state))


@register.simple_tag
def score_histogram(counts: Any) -> SafeString:
    """Eleven counts, or a Histogram."""
    figures = counts if isinstance(counts, histograms.Histogram) else histograms.Histogram(tuple(counts))
    return mark_safe(histograms.histogram(figures))


@register.simple_tag
def nps_trend(points: Any, notes: Any = (), turns: Any = ()) -> SafeString:
    """A list of surveys.charts.trend.Point, of Mark and of Turn."""
    told, marks, shifted = list(points), list(notes or ()), list(turns or ())
    drawn = trends.trend(told, marks, shifted)
    if trends.fits_a_phone(told):
        drawn += trends.trend(told, marks, shifted, narrow=True)
    return _scrolling(drawn, trends.sentence(told))


@register.simple_tag
def answer_funnel(steps: Any) -> SafeString:
    """A list of surveys.charts.funnel.Step."""
    return mark_safe(funnels.funnel(list(steps)))


@register.simple_tag
def nps_forest(groups: Any, overall: Any = None, label: str = "") -> SafeString:
    """A list of surveys.charts.forest.Group; `overall` is the score of everybody."""
    told = list(groups)
    return _scrolling(forests.forest(told, _number(overall), str(label)), forests.sentence(told))


@register.simple_tag
def score_gap(
    value: float, low: float, high: float, margin: float, reach: float, verdict: str, against: str = ""
) -> SafeString:
    """A difference in points with its interval, against the rest or a named group; drawn full where it is real."""
    return mark_safe(gaps.gap(gaps.Gap(value, low, high, margin, verdict == "real", reach, against)))


@register.simple_tag
def movement_flow(flow: Any) -> SafeString:
    """A surveys.charts.flow.Flow, drawn for the desk and anew for the phone."""
    drawn = flows.flow(flow) + flows.flow(flow, narrow=True)
    return mark_safe(drawn)


@register.simple_tag
def staying_lines(lines: Any) -> SafeString:
    """A list of surveys.charts.staying.Line, drawn for the desk and anew for the phone."""
    told = list(lines)
    return mark_safe(stayings.staying(told) + stayings.staying(told, narrow=True))


@register.simple_tag
def driver_weights(bars: Any) -> SafeString:
    """A list of surveys.charts.weights.Bar, drawn for the desk and anew for the phone."""
    told = list(bars)
    return mark_safe(heaviness.weights(told) + heaviness.weights(told, narrow=True))


@register.simple_tag
def flow_swatch(kind: str) -> SafeString:
    return mark_safe(flows.swatch(kind))


@register.filter
def p_value(p: float) -> str:
    """Three decimals; what is smaller is said to be."""
    return _("under 0.001") if p < 0.001 else number_format(p, 3)


@register.simple_tag
def person_story(moments: Any) -> SafeString:
    """A list of surveys.charts.story.Moment, oldest first."""
    return mark_safe(stories.story(list(moments)))


@register.simple_tag
def parts_bar(parts: Any) -> SafeString:
    """A list of surveys.charts.parts.Part."""
    return mark_safe(portions.parts_bar(list(parts)))


@register.simple_tag
def part_swatch(style: str) -> SafeString:
    return mark_safe(portions.swatch(style))


def _scrolling(drawn: str, sentence: str) -> SafeString:
    """A wide chart scrolls inside its own frame on a phone, also by keyboard."""
    return format_html(
        '<div class="chart-scroll" role="region" tabindex="0" aria-label="{}">{}</div>',
        sentence,
        mark_safe(drawn),
    )


def _figure(score: Any, low: Any, high: Any, n: Any, hidden: bool) -> spans.Figure:
    if isinstance(score, spans.Figure):
        return score
    return spans.Figure(_number(score), _number(low), _number(high), int(n or 0), bool(hidden))


def _number(value: Any) -> float | None:
    return None if value is None or value == "" else float(value)


def _interval(figure: spans.Figure) -> str:
    if figure.hidden:
        return ""
    if figure.low is None or figure.high is None:
        return DASH if not figure.n else f"n = {thousands(figure.n)}"
    return _("%(low)s to %(high)s · n = %(n)s") % {
        "low": signed(figure.low),
        "high": signed(figure.high),
        "n": thousands(figure.n),
    }


def _icon(name: str) -> SafeString:
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("icons.svg"),
        name,
    )
