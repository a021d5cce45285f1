"""What a form said, read against one page of a survey: values, and what is wrong with the rest. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from surveys import branching
from surveys.definition import Asked, Definition
from surveys.kinds import Value, WrongAnswer, kind_of, read

Take = Callable[[Asked], Value]


@dataclass(frozen=True)
class Sheet:
    """The values of the visible questions, and the questions whose answer was refused."""

    values: Mapping[str, Value]
    errors: Mapping[str, WrongAnswer] = field(default_factory=dict)


def read_form(
    definition: Definition,
    questions: Iterable[Asked],
    form: Mapping[str, Sequence[str]],
    before: Mapping[str, Value] | None = None,
) -> Sheet:
    """Read the texts of a form; what was given to hidden questions is left out, not refused."""

    def take(question: Asked) -> Value:
        try:
            return read(question, form.get(question.key, ()))
        except WrongAnswer as error:
            if error.code == "required" and question.counting:
                raise WrongAnswer("score_required") from error
            raise

    return read_with(definition, questions, take, before)


def read_with(
    definition: Definition,
    questions: Iterable[Asked],
    take: Take,
    before: Mapping[str, Value] | None = None,
) -> Sheet:
    """Read the questions in order, each only if what was given so far makes it visible."""
    known: dict[str, Value] = dict(before or {})
    wanted = {each.key for each in questions}
    values: dict[str, Value] = {}
    errors: dict[str, WrongAnswer] = {}
    for question in definition.questions:
        if question.key not in wanted:
            continue
        known.pop(question.key, None)
        if not is_visible(definition, question, known):
            continue
        try:
            value = take(question)
        except WrongAnswer as error:
            errors[question.key] = error
            continue
        if not value.is_empty:
            values[question.key] = known[question.key] = value
    return Sheet(values, errors)


def is_visible(definition: Definition, question: Asked, known: Mapping[str, Value]) -> bool:
    return any(each.key == question.key for each in branching.visible(definition.questions, known))


def next_page(definition: Definition, page: int, known: Mapping[str, Value]) -> int | None:
    """The number of the next page on which anything is shown; None when `page` was the last."""
    pages = definition.pages()
    shown = {each.key for each in branching.visible(definition.questions, known)}
    for number in range(page + 1, len(pages)):
        if any(each.key in shown for each in pages[number]):
            return number
    return None


def only_visible(definition: Definition, known: Mapping[str, Value]) -> dict[str, Value]:
    """The values without those of questions that are not shown to somebody who said this."""
    shown = {each.key for each in branching.visible(definition.questions, known)}
    return {key: value for key, value in known.items() if key in shown}


def score_of(definition: Definition, known: Mapping[str, Value]) -> int | None:
    counting = definition.counting
    value = known.get(counting.key) if counting else None
    return value.number if value else None


def comment_of(definition: Definition, known: Mapping[str, Value]) -> str:
    """The words given as the reason; without a reason question, the first words given at all."""
    texts = [each for each in definition.questions if each.kind == "text" and known.get(each.key)]
    reasons = [each for each in texts if each.settings.get("reason")]
    return known[(reasons or texts)[0].key].text if texts else ""


def takes_of(question: Asked) -> str:
    return str(kind_of(question.kind).TAKES)
