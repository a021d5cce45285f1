"""Drivers: which of the aspects that a survey has rated go with its score, from the answers as they are stored.

Of each customer the last answer counts, and it has to rate every aspect that is weighed: an aspect that less than half
of them rated (others were not asked, or passed it by) is left out by name, so that it does not take the others' answers
with it; so is one that everybody rates alike. Where the number of steps of a question was changed, the answers on the
scale that most have count, since 4 of 5 is not 4 of 10.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.db.models import Count, F, Window
from django.db.models.functions import Coalesce, RowNumber
from django.utils.translation import get_language

from accounts.acting import Actor
from accounts.locales import pick
from accounts.tenancy.context import current_organization_id
from segments import compiling
from surveys import answering, drivers
from surveys.drivers import Driver, Fit
from surveys.filtering import Filter
from surveys.models import Survey, Version
from surveys.reporting import Guard
from surveys.retaining import statement

MOST = 20_000  # answers; of more so many are drawn, always the same
LEAST_RATED = 0.5  # of the answers, for an aspect to be weighed

RARE, ALIKE = "rare", "alike"


@dataclass(frozen=True)
class Aspect:
    """One rating question. `rated` is how many gave it, on the scale of `steps` steps; `mean` of those weighed.

    `left_out` says why it is not weighed: "rare", "alike"; "" where it is, and then `driver` is there with enough
    people. `other_scale` are answers on another number of steps, which do not count.
    """

    key: str
    label: str
    steps: int
    rated: int
    other_scale: int
    left_out: str
    mean: float | None
    driver: Driver | None


@dataclass(frozen=True)
class Weighed:
    """`answers` have a score; of these `complete` rate every aspect that is weighed. `fit` is None with too few.

    `aspects` are heaviest first, those left out last. `hidden`: small groups may not be shown.
    """

    survey: Survey | None
    answers: int
    complete: int
    aspects: tuple[Aspect, ...]
    fit: Fit | None
    alike: tuple[tuple[str, str], ...]
    drawn_of: int | None
    hidden: bool = False
    guarded: bool = False

    @property
    def weighed(self) -> tuple[Aspect, ...]:
        return tuple(each for each in self.aspects if not each.left_out)


def of_one_survey(chosen: Filter, actor: Actor) -> Filter:
    """Without category, words and themes, which would pick people by what is to be explained; of one survey.

    Without a survey in the filter: of those of customers that have something rated, the one with the most answers.
    """
    chosen = chosen.of_everybody()
    if chosen.survey is not None:
        return chosen
    counted = chosen.responses(actor).order_by().values_list("survey").annotate(n=Count("pk"))
    for survey_id, _n in counted.order_by("-n", "survey"):
        survey = Survey.objects.present().filter(pk=survey_id).first()
        if survey is not None and _asked(survey):
            return replace(chosen, survey=survey)
    return chosen


def weighed(chosen: Filter, actor: Actor) -> Weighed:
    """Of a filter made by `of_one_survey`. Raises Unanswerable, TooSlow."""
    survey = chosen.survey
    if survey is None:
        return Weighed(None, 0, 0, (), None, (), None)
    guard = Guard.of(actor, chosen)
    asked = _asked(survey)
    if not asked:
        return Weighed(survey, 0, 0, (), None, (), None)
    answers, everybody = _answers(chosen, actor)
    steps, scales = _scales(asked, answers)
    columns, aspects = _columns(asked, answers, steps, scales)
    rows = [
        (each.score, [each.ratings[key] for key in columns])
        for each in answers
        if all(key in each.ratings and scales[each.version].get(key) == steps[key] for key in columns)
    ]
    columns, alike = _varied(columns, rows)
    rows = [(score, [ratings[place] for place in alike]) for score, ratings in rows]
    # Whose answers are missing here, too, are few, or nobody.
    apart = len(answers) - len(rows)
    if guard.is_on and (len(rows) < guard.threshold or 0 < apart < guard.threshold):
        return Weighed(survey, 0, 0, (), None, (), None, hidden=bool(answers), guarded=True)
    fit = drivers.fit([score for score, _r in rows], [ratings for _s, ratings in rows]) if columns else None
    told = [
        _with(aspect, columns, rows, fit)
        if aspect.key in columns
        else replace(aspect, left_out=aspect.left_out or ALIKE)
        for aspect in aspects
    ]
    told.sort(key=lambda each: (bool(each.left_out), -(each.driver.weight if each.driver else 0)))
    if guard.is_on:
        told = [replace(each, rated=0, other_scale=0) for each in told]
    names = {each.key: each.label for each in told}
    pairs = tuple((names[columns[i]], names[columns[j]]) for i, j in fit.alike) if fit else ()
    return Weighed(
        survey,
        len(answers),
        len(rows),
        tuple(told),
        fit,
        pairs,
        everybody if everybody > len(answers) else None,
        guarded=guard.is_on,
    )


@dataclass(frozen=True)
class _Rated:
    score: int
    version: int
    ratings: Mapping[str, int]


def _asked(survey: Survey) -> dict[str, tuple[str, dict[int, int]]]:
    """Of each rating question: what it asks in the newest version that does, and its steps by version."""
    found: dict[str, tuple[str, dict[int, int]]] = {}
    for version in Version.objects.filter(survey=survey).order_by("number"):
        definition = answering.definition_of(version)
        for each in definition.questions:
            if each.kind == "rating":
                words = pick(each.text, get_language() or "en", definition.default_locale) or each.key
                steps = found[each.key][1] if each.key in found else {}
                found[each.key] = (words, {**steps, version.pk: int(each.settings.get("steps", 5))})
    return found


_RATED = """
WITH answered (id, score, version_id) AS ({answered}), drawn AS (
    SELECT * FROM answered ORDER BY hashint8(id), id LIMIT %s
)
SELECT drawn.id, drawn.score, drawn.version_id, answer.question, answer.number, (SELECT count(*) FROM answered)
FROM drawn LEFT JOIN surveys_answer answer ON answer.organization_id = %s AND answer.response_id = drawn.id
    AND answer.kind = 'rating' AND answer.number IS NOT NULL
ORDER BY drawn.id
"""


def _answers(chosen: Filter, actor: Actor) -> tuple[list[_Rated], int]:
    """The last answer of each customer, and of how many they were drawn."""
    place = Window(
        RowNumber(),
        partition_by=[Coalesce(F("customer_id"), -F("id"))],
        order_by=[F("answered_at").desc(), F("id").desc()],
    )
    rows = chosen.responses(actor).order_by().annotate(place=place).filter(place=1)
    answered, given = statement(rows.values_list("id", "score", "version_id"), "bigint", "integer", "bigint")
    answered = f"SELECT * FROM ({answered}) AS given (id, score, version_id)"
    with compiling.patience(), connection.cursor() as cursor:
        cursor.execute(_RATED.replace("{answered}", answered), [*given, MOST, current_organization_id()])
        found: list[Any] = cursor.fetchall()
    people: dict[int, tuple[int, int, dict[str, int]]] = {}
    for pk, score, version, question, number, _all in found:
        ratings = people.setdefault(pk, (score, version, {}))[2]
        if question is not None:
            ratings[question] = number
    return [_Rated(*each) for each in people.values()], found[0][5] if found else 0


def _scales(
    asked: Mapping[str, tuple[str, Mapping[int, int]]], answers: Sequence[_Rated]
) -> tuple[dict[str, int], dict[int, dict[str, int]]]:
    """The number of steps that most answers of each aspect have, and those of each version."""
    by_version: dict[int, dict[str, int]] = {each.version: {} for each in answers}
    for key, (_words, steps) in asked.items():
        for version, number in steps.items():
            by_version.setdefault(version, {})[key] = number
    usual: dict[str, int] = {}
    for key, (_words, steps) in asked.items():
        seen = Counter(
            steps[each.version] for each in answers if key in each.ratings and each.version in steps
        )
        usual[key] = (
            min(seen, key=lambda number: (-seen[number], number)) if seen else list(steps.values())[-1]
        )
    return usual, by_version


def _columns(
    asked: Mapping[str, tuple[str, Mapping[int, int]]],
    answers: Sequence[_Rated],
    steps: Mapping[str, int],
    scales: Mapping[int, Mapping[str, int]],
) -> tuple[list[str], list[Aspect]]:
    """The aspects that enough rated, and all of them."""
    columns, aspects = [], []
    for key, (words, _steps) in asked.items():
        given = [each for each in answers if key in each.ratings]
        rated = sum(scales[each.version].get(key) == steps[key] for each in given)
        rare = rated < LEAST_RATED * len(answers) or not rated
        aspects.append(
            Aspect(key, words, steps[key], rated, len(given) - rated, RARE if rare else "", None, None)
        )
        if not rare:
            columns.append(key)
    return columns, aspects


def _varied(columns: list[str], rows: Sequence[tuple[int, Sequence[int]]]) -> tuple[list[str], list[int]]:
    """The columns that are not the same for everybody, and their places."""
    places = [at for at in range(len(columns)) if len({ratings[at] for _score, ratings in rows}) > 1]
    return [columns[at] for at in places], places


def _with(
    aspect: Aspect, columns: Sequence[str], rows: Sequence[tuple[int, Sequence[int]]], fit: Fit | None
) -> Aspect:
    at = columns.index(aspect.key)
    mean = sum(ratings[at] for _score, ratings in rows) / len(rows) if rows else None
    return replace(aspect, mean=mean, driver=fit.drivers[at] if fit else None)
