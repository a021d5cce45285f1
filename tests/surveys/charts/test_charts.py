"""Charts: well-formed, without a colour of their own, safe with any label, told in a sentence and a table."""

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.charts import dial, flow, forest, funnel, gap, histogram, parts, span, story, three, trend

EVIL = "<script>alert(\"1\")</script> & 'x'"
FULL = span.Figure(37, 33, 41, 1204)
COUNTS = (18, 9, 14, 22, 27, 49, 75, 128, 203, 301, 358)
POINTS = [
    trend.Point("Oct", 36, 29, 44, 442, year_before=31),
    trend.Point(EVIL, None, n=0),
    trend.Point("Dec", None, hidden=True, n=4),
    trend.Point("Jan", 38, 30, 46, 21, finished=False),
    trend.Point("Feb", 38, 30, 46, 210),
]
STEPS = [funnel.Step("Invited", 4620), funnel.Step(EVIL, 1204, EVIL), funnel.Step("Gave a reason", 0)]
GROUPS = [
    forest.Group(EVIL, FULL),
    forest.Group("Weak", span.Figure(33, -2, 60, 21)),
    forest.Group("Hidden", span.Figure(None, hidden=True, n=4)),
    forest.Group("None", span.Figure(None)),
]
PARTS = [parts.Part(EVIL, 982), *(parts.Part(style, 7, style) for style in parts.STYLES)]
FLOW = flow.Flow(
    lefts=[("promoter", EVIL), ("detractor", "Detractors"), ("first", "First answer")],
    rights=[("promoter", "Promoters"), ("detractor", EVIL)],
    ribbons=[
        flow.Ribbon("promoter", "detractor", 12, "worse"),
        flow.Ribbon("detractor", "promoter", 30, "better"),
        flow.Ribbon("promoter", "promoter", 400, "same"),
        flow.Ribbon("first", "promoter", 1, "first"),
    ],
)
MOMENTS = [story.Moment("Sep", 8), story.Moment(EVIL, 0), story.Moment("Nov", 10)]

DRAWN: dict[str, Callable[[], str]] = {
    "span": lambda: span.span(FULL),
    "weak span": lambda: span.span(span.Figure(33, -2, 60, 21)),
    "hidden span": lambda: span.span(span.Figure(None, hidden=True)),
    "no span": lambda: span.span(span.Figure(None)),
    "ruler": lambda: span.ruler(FULL, target=40),
    "dial": lambda: dial.dial(3.3) + "",
    "late dial": lambda: dial.dial(None, "late"),
    "paused dial": lambda: dial.dial(2, "paused"),
    "done dial": lambda: dial.dial(0, "done"),
    "full dial": lambda: dial.dial(24),
    "three": lambda: three.three_bar(three.Three(214, 331, 659)),
    "three of none": lambda: three.three_bar(three.Three(0, 0, 0)),
    "histogram": lambda: histogram.histogram(histogram.Histogram(COUNTS)),
    "histogram of none": lambda: histogram.histogram(histogram.Histogram((0,) * 11)),
    "trend": lambda: trend.trend(POINTS, [trend.Mark(1, EVIL), trend.Mark(99, "nowhere")]),
    "turned trend": lambda: trend.trend(POINTS, [], [trend.Turn(3, True), trend.Turn(1, False)]),
    "trend of none": lambda: trend.trend([]),
    "narrow trend": lambda: trend.trend(POINTS, [trend.Mark(1, EVIL)], narrow=True),
    "funnel": lambda: funnel.funnel(STEPS),
    "funnel of none": lambda: funnel.funnel([]),
    "forest": lambda: forest.forest(GROUPS, 25, EVIL),
    "forest of none": lambda: forest.forest([]),
    "gap": lambda: gap.gap(gap.Gap(-18, -31, -5, sure=True, reach=40)),
    "gap beyond the edge": lambda: gap.gap(gap.Gap(12, -120, 160)),
    "flow": lambda: flow.flow(FLOW),
    "narrow flow": lambda: flow.flow(FLOW, narrow=True),
    "flow of none": lambda: flow.flow(flow.Flow(FLOW.lefts, FLOW.rights, [])),
    "flow swatch": lambda: flow.swatch("worse"),
    "parts": lambda: parts.parts_bar(PARTS),
    "parts of none": lambda: parts.parts_bar([]),
    "swatch": lambda: parts.swatch("hatched"),
    "story": lambda: story.story(MOMENTS),
    "story of none": lambda: story.story([]),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_chart_is_well_formed_and_carries_nothing_the_policy_forbids(name):
    drawn = DRAWN[name]()
    root = ElementTree.fromstring(drawn)
    assert root.tag == "svg"
    assert "<script" not in drawn
    for node in root.iter():
        assert "style" not in node.attrib
        assert not any(key.startswith("on") for key in node.attrib)
        for key in ("fill", "stroke"):
            assert not node.attrib.get(key, "").startswith("#"), "colours come from the tokens"
    assert not re.search(r"\bnan\b|\binf\b", drawn, re.IGNORECASE)


@pytest.mark.parametrize("name", [name for name in DRAWN if "dial" not in name and "swatch" not in name])
def test_a_chart_is_an_image_with_a_sentence(name):
    root = ElementTree.fromstring(DRAWN[name]())
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"].endswith(".")


def test_without_colour_the_three_categories_still_differ():
    drawn = three.three_bar(three.Three(1, 1, 1))
    assert "<pattern" in drawn and 'fill="url(#hatch-det' in drawn, "detractors are hatched"
    assert "c-pas s-pas" in drawn, "passives have an outline"
    assert 'class="c-pro"' in drawn, "promoters are solid"


def test_two_charts_on_one_page_do_not_share_a_pattern():
    names = re.findall(r'id="(hatch[^"]+)"', three.three_bar(three.Three(1, 1, 1)) * 1 + DRAWN["histogram"]())
    assert len(names) == len(set(names)) == 2


def test_an_unfinished_period_is_a_hollow_point():
    dots = [
        node
        for node in ElementTree.fromstring(trend.trend(POINTS)).iter("circle")
        if "s-ink" in node.attrib["class"]
    ]
    assert [("c-surface" in dot.attrib["class"]) for dot in dots] == [False, True, False]


def test_a_gap_in_the_trend_is_not_bridged():
    lines = [
        node.attrib["d"]
        for node in ElementTree.fromstring(trend.trend(POINTS)).iter("path")
        if "s-ink" in node.attrib["class"].split()
    ]
    assert len(lines) == 1 and lines[0].count("L") == 1


def test_a_hidden_group_tells_neither_score_nor_count():
    secret = forest.Group("Small", span.Figure(73, 50, 90, 7, hidden=True))
    drawn = (
        forest.forest([secret])
        + str(forest.table([secret]))
        + span.span(secret.figure)
        + str(span.table(secret.figure))
    )
    assert "73" not in re.sub(r'(x|y|x1|x2|width)="[^"]*"', "", drawn)
    assert ">7<" not in drawn
    hidden_point = trend.Point("Jan", 73, 50, 90, 7, hidden=True)
    assert "73" not in str(trend.table([hidden_point])) and "'7'" not in str(trend.table([hidden_point]))


def test_no_answers_is_an_en_dash_and_not_zero():
    assert ("Score", "–") in [(str(name), value) for name, value in span.table(span.Figure(None))]
    assert "Not zero" in span.Figure(None).sentence


def test_tables_say_what_the_charts_draw():
    assert [row[1] for row in histogram.table(histogram.Histogram(COUNTS))] == [
        str(count) for count in COUNTS
    ]
    assert funnel.table(STEPS)[1][2] == "26 %"
    assert forest.table(GROUPS)[0][1:] == ("+37", "+33 to +41", "1,204")
    assert parts.table(PARTS[:1])[0][1:] == ("982", "100 %")
    assert trend.table(POINTS)[0][1] == "+36"


@given(st.tuples(*[st.integers(0, 10**7)] * 3))
def test_percents_of_three_add_up_to_a_hundred(counts):
    bar = three.Three(*counts)
    assert sum(bar.percents) == (100 if bar.total else 0)


@given(
    st.lists(
        st.tuples(
            st.integers(-100, 100), st.integers(-100, 100), st.integers(-100, 100), st.integers(0, 5000)
        ),
        max_size=60,
    )
)
def test_a_trend_of_any_figures_stays_inside_its_frame(rows):
    points = []
    for at, (a, b, c, n) in enumerate(rows):
        low, score, high = sorted((a, b, c))
        points.append(trend.Point(str(at), score, low, high, n))
    root = ElementTree.fromstring(trend.trend(points))
    _x, _y, width, height = (float(part) for part in root.attrib["viewBox"].split())
    for node in root.iter("circle"):
        assert 0 <= float(node.attrib["cx"]) <= width and 0 <= float(node.attrib["cy"]) <= height
    for node in root.iter("rect"):
        assert float(node.attrib["width"]) >= 0 and float(node.attrib["height"]) >= 0
        assert float(node.attrib["y"]) >= 0


@given(st.floats(min_value=-50, max_value=50))
def test_a_dial_takes_any_hours(hours):
    ElementTree.fromstring(dial.dial(hours))


@given(st.lists(st.integers(0, 10**6), min_size=11, max_size=11))
def test_a_histogram_takes_any_counts(counts):
    root = ElementTree.fromstring(histogram.histogram(histogram.Histogram(tuple(counts))))
    for node in root.iter("rect"):
        assert float(node.attrib.get("y", 0)) >= 0


def test_a_histogram_refuses_other_than_eleven_counts():
    with pytest.raises(ValueError):
        histogram.Histogram((1, 2, 3))
