"""Reports as tables for a file: the rows of the page, hidden where the page hides, formulas disarmed.

Each row says its filter at the end. A hidden score has the verdict "hidden" and empty cells.
"""

from __future__ import annotations

from collections.abc import Callable

from accounts.acting import Actor
from segments.sheets import line_of
from surveys import (
    adopting,
    crossing,
    linking_business,
    mapping_journey,
    moving,
    overlapping,
    reporting,
    retaining,
    weighing_channels,
    weighing_drivers,
    weighing_themes,
)
from surveys.filtering import Filter
from surveys.reporting import Scored

Row = list[object]
SCORED = ["score", "low", "high", "n", "verdict"]
TOGETHER = "all"  # the sums of the table of movements


def lines(report: str, chosen: Filter, actor: Actor) -> list[str]:
    """The file, line by line. Raises KeyError for a report that is none of REPORTS; what reports raise."""
    head, *rows = REPORTS[report](chosen, actor)
    words = TOLD.get(report, Filter.words)(chosen)
    return ["\ufeff" + line_of([*head, "filter"]), *(line_of([*row, words]) for row in rows)]


def trend(chosen: Filter, actor: Actor) -> list[Row]:
    return [
        ["period", "finished", *SCORED, "score_year_before", "notes"],
        *(
            [
                each.start.isoformat(),
                "yes" if each.finished else "no",
                *_scored(each.scored),
                _rounded(each.year_before.score) if each.year_before else "",
                "; ".join(note.words for note in each.notes),
            ]
            for each in reporting.trend(chosen, actor)
        ),
    ]


def breakdown(chosen: Filter, actor: Actor) -> list[Row]:
    found = overlapping.breakdown(chosen, actor)
    rows: list[Row] = (
        [[found.label, each.label, *_scored(each.scored)] for each in found.groups] if found else []
    )
    return [["by", "group", *SCORED], *rows]


def crossed(chosen: Filter, actor: Actor) -> list[Row]:
    found = crossing.crossed(chosen, actor)
    rows: list[Row] = []
    for row, cells in found.lines if found else []:
        for column, scored in zip(found.columns if found else [], cells, strict=True):
            rows.append([row.label, column.label, *_scored(scored)])
    names = (found.down.label, found.across.label) if found else ("row", "column")
    return [[*names, *SCORED], *rows]


def themes(chosen: Filter, actor: Actor) -> list[Row]:
    found = weighing_themes.weighed(chosen, actor)
    rows: list[Row] = []
    for each in found.rows:
        tones = each.tones
        rows.append(
            [
                each.theme.name,
                *_scored(each.scored),
                *((tones.negative, tones.neutral, tones.positive) if tones else ("", "", "")),
                "" if found.hidden or each.hidden else found.commenters,
                *(_rounded(value) for value in (each.value, each.low, each.high)),
                each.verdict.value if each.verdict else "",
                *(_rounded(value) for value in (each.leverage, each.leverage_low, each.leverage_high)),
            ]
        )
    head = ["theme", *SCORED, "complaints", "neither", "praise", "commenters", "difference", "difference_low"]
    return [
        [*head, "difference_high", "difference_verdict", "impact", "impact_low", "impact_high"],
        *rows,
    ]


def movement(chosen: Filter, actor: Actor) -> list[Row]:
    found = moving.movement(chosen.of_everybody(), actor)
    rows: list[Row] = []
    for line in found.lines:
        rows += [[cell.was, cell.now, *_people(cell.n)] for cell in line.cells]
        rows.append([line.was, TOGETHER, *_people(line.n)])
    rows += [[TOGETHER, now, *_people(found.sums[now])] for now in moving.NOW]
    rows.append([TOGETHER, TOGETHER, *_people(found.n)])
    return [["before", "now", "people", "verdict"], *rows]


def segments(chosen: Filter, actor: Actor) -> list[Row]:
    found = overlapping.beside(chosen.of_everybody().without_segment(), actor)
    return [
        ["segment", "membership", "rule_asks_for_scores", *SCORED],
        *(
            [each.label, "now", "yes" if each.by_score else "no", *_scored(each.scored)]
            for each in found.groups
        ),
    ]


def comparison(chosen: Filter, actor: Actor) -> list[Row]:
    head: Row = ["what", "name", "membership", *SCORED, "reasons_in_words", "asked", "answered"]
    found = overlapping.compared(chosen.of_everybody().without_segment(), actor)
    if found is None:
        return [head]
    rows: list[Row] = [
        [
            what,
            side.segment.name,
            "now",
            *_scored(side.scored),
            "" if side.comments is None else side.comments,
            side.way.asked if side.way else "",
            side.way.scored if side.way else "",
        ]
        for what, side in (("first", found.first), ("second", found.second))
    ]
    if found.against is None:
        return [head, *rows]
    rows.append(["both", "", "now", "", "", "", found.both, "", "", "", ""])
    for what, name, counts in zip(
        ("compared first", "compared second"),
        overlapping.names_of(found),
        (found.against.first, found.against.second),
        strict=True,
    ):
        rows.append([what, name, "now", *_scored(Scored(counts)), "", "", ""])
    ends = [_rounded(each) for each in (found.value, found.low, found.high)]
    rows.append(["difference", "", "now", *ends, "", found.against.said.value, "", "", ""])
    return [head, *rows]


def channels(chosen: Filter, actor: Actor) -> list[Row]:
    rows: list[Row] = []
    for each in weighing_channels.weighed(chosen, actor).channels:
        rate, hours, length = each.rate, each.hours, each.length
        rows.append(
            [
                each.label,
                *_scored(each.scored),
                *([rate.asked, rate.answered] if rate else ["", ""]),
                *(
                    [round(share, 4) for share in (rate.value, rate.low, rate.high) if share is not None]
                    if rate
                    else [""] * 3
                ),
                _rounded(hours.half) if hours else "",
                round(length.answered, 2) if length else "",
                _share(length.share_complete if length else None),
                "" if each.per_asked is None else each.per_asked,
                round(each.cost.total, 2) if each.cost else "",
                round(each.cost.per_answer, 4) if each.cost and each.cost.per_answer is not None else "",
            ]
        )
    head: Row = ["channel", *SCORED, "asked", "answered", "response_rate", "response_low", "response_high"]
    more = ["median_hours_to_answer", "questions_answered", "share_to_the_last_page"]
    return [[*head, *more, "cost_per_asked", "cost", "cost_per_answer"], *rows]


def adoption(chosen: Filter, actor: Actor) -> list[Row]:
    head: Row = ["feature", "by", "group", "people", "stands", "number", "share", "low", "high", "verdict"]
    rows: list[Row] = [head]
    for each in adopting.adoption(chosen, actor).features:
        for by, lines in (("", (each.whole,)), ("category", each.by_category), ("stage", each.by_stage)):
            for line in lines:
                for cell in line.cells:
                    told = [_share(cell.share), _share(cell.low), _share(cell.high)]
                    number, verdict = _people(cell.n)
                    people = "" if line.n is None else line.n
                    rows.append([str(each.feature), by, line.label, people, cell.use, number, *told, verdict])
    return rows


def journey(chosen: Filter, actor: Actor) -> list[Row]:
    head: Row = ["place", "touchpoint", *SCORED, "answers", "asked", "answered"]
    more = ["response_rate", "response_low", "response_high", "here", "went_no_further"]
    rows: list[Row] = []
    for place, each in enumerate(mapping_journey.journey(chosen, actor).stops, 1):
        rate, dropped = each.rate, each.dropped
        rows.append(
            [
                place,
                each.touchpoint,
                *_scored(each.scored),
                "" if each.answers is None else each.answers,
                *([rate.asked, rate.answered] if rate else ["", ""]),
                *([_share(rate.value), _share(rate.low), _share(rate.high)] if rate else [""] * 3),
                *([dropped.n, dropped.left] if dropped else ["", ""]),
                *(
                    [_share(dropped.share), _share(dropped.low), _share(dropped.high)]
                    if dropped
                    else [""] * 3
                ),
                "; ".join(f"{topic.theme.name} ({topic.n})" for topic in each.topics),
            ]
        )
    return [[*head, *more, "drop_off", "drop_off_low", "drop_off_high", "themes"], *rows]


def business(chosen: Filter, actor: Actor) -> list[Row]:
    """Every figure of the page in a row: what it is, of which category or period, its interval, its n."""
    found = linking_business.link(chosen, actor)
    rows: list[Row] = []
    for quarter in found.quarters:
        scored = quarter.period.scored
        rows.append(["nps_of_quarter", quarter.period.start.isoformat(), *_scored(scored)])
        if quarter.kept and quarter.kept.active:
            rows.append(_kept("churn_of_quarter", quarter.period.start.isoformat(), quarter.kept))
    if found.retention:
        for month in found.retention.months:
            rows.append(_kept("churn_of_month", month.start.isoformat(), month.kept))
        for group, kept in (found.retention.groups or {}).items():
            rows.append(_kept("churn_per_month_by_last_answer_before", group, kept))
    for staying in found.survival.groups if found.survival else ():
        for step in staying.told:
            figures = [_share(step.share), _share(step.low), _share(step.high)]
            rows.append([f"staying_{step.day}_days", staying.category, *figures, step.at_risk, ""])
    for risk in found.at_risk or ():
        figures = [round(each, 2) for each in (risk.lost, risk.lost_low, risk.lost_high)]
        rows.append([f"revenue_at_risk_{risk.days}_days", risk.category, *figures, risk.people, ""])
    for value in found.worth.values if found.worth else ():
        rows += [
            ["median_brought_in_up_to_the_answer", value.category, _money(value.so_far), "", "", value.n, ""],
            ["median_brought_in_after_the_answer", value.category, _money(value.after), "", "", value.n, ""],
            [
                *("bought_again", value.category),
                *(_share(each) for each in (value.share, value.low, value.high)),
                *(value.n, ""),
            ],
        ]
    for grown in found.worth.grown if found.worth and found.shows_growth else ():
        told = grown.growth
        figures = [_share(each) for each in (told.value, told.low, told.high)] if told else [""] * 3
        rows.append(["growth", grown.category, *figures, grown.n, "" if told else "few"])
    if found.worth:
        shown = [("score_and_brought_in_after", found.worth.goes_with)]
        shown += [("score_and_growth", found.worth.grows_with)] if found.shows_growth else []
        for name, rank in shown:
            figures = [_share(each) for each in (rank.value, rank.low, rank.high)] if rank else [""] * 3
            rows.append([name, "", *figures, rank.n if rank else "", "" if rank else "few"])
    return [["figure", "of", "value", "low", "high", "n", "verdict"], *rows]


def drivers(chosen: Filter, actor: Actor) -> list[Row]:
    found = weighing_drivers.weighed(weighing_drivers.of_one_survey(chosen, actor), actor)
    rows: list[Row] = []
    for each in found.aspects:
        told = each.driver
        verdict = each.left_out or ("few" if told is None else "goes_with" if told.goes_with else "unknown")
        figures: Row = [_rounded(value) for value in (told.weight, told.low, told.high)] if told else [""] * 3
        odds = (told.odds, told.odds_low, told.odds_high) if told else (None,) * 3
        figures += ["" if value is None else round(value, 3) for value in odds]
        mean = "" if each.mean is None else round(each.mean, 2)
        asked = [found.survey.name if found.survey else "", each.key, each.label, each.steps]
        rows.append([*asked, each.rated or "", found.complete, mean, *figures, verdict])
    head: Row = ["survey", "question", "text", "steps", "rated", "n", "mean", "weight_percent", "low", "high"]
    return [[*head, "odds", "odds_low", "odds_high", "verdict"], *rows]


def _kept(name: str, of: str, kept: retaining.Kept | None) -> Row:
    if kept is None:
        return [name, of, "", "", "", "", "hidden"]
    return [name, of, *(_share(each) for each in (kept.churn, kept.low, kept.high)), kept.active, ""]


def _money(value: float | None) -> object:
    return "" if value is None else round(value, 2)


REPORTS: dict[str, Callable[[Filter, Actor], list[Row]]] = {
    "trend": trend,
    "breakdown": breakdown,
    "crossed": crossed,
    "movement": movement,
    "segments": segments,
    "comparison": comparison,
    "channels": channels,
    "themes": themes,
    "adoption": adoption,
    "journey": journey,
    "business": business,
    "drivers": drivers,
}
# What a row says of whom it speaks, where that is not the filter of answers.
TOLD: dict[str, Callable[[Filter], str]] = {
    "adoption": lambda chosen: adopting.words(adopting.of_people(chosen)),
    "drivers": lambda chosen: chosen.of_everybody().words(),
    "business": lambda chosen: linking_business.of_answers(chosen).words(),
    "journey": lambda chosen: mapping_journey.of_all_touchpoints(chosen).words(),
}


def _scored(scored: Scored) -> Row:
    if scored.hidden:
        return ["", "", "", "", scored.verdict]
    return [*(_rounded(each) for each in (scored.score, scored.low, scored.high)), scored.n, scored.verdict]


def _people(n: int | None) -> Row:
    return ["", "hidden"] if n is None else [n, ""]


def _rounded(value: float | None) -> object:
    return "" if value is None else round(value, 1)


def _share(value: float | None) -> object:
    return "" if value is None else round(value, 4)
