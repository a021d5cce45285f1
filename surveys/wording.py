"""The sentences for what can be wrong with an answer or a draft: one per code, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, gettext_noop

ANSWERS = {
    "required": gettext_noop("Please answer this one."),
    "score_required": gettext_noop("Choose a number from 0 to 10."),
    "not_whole": gettext_noop("“%(given)s” is not a whole number. Choose one of the numbers shown."),
    "off_scale": gettext_noop("%(given)s is not on the scale. Choose a number from %(low)s to %(high)s."),
    "only_one": gettext_noop("Give one answer only."),
    "unknown_choice": gettext_noop("“%(given)s” is not one of the choices."),
    "too_long": gettext_noop(
        "This is %(length)s characters long; %(longest)s is the most. Nothing was cut, please shorten it."
    ),
    "wrong_type": gettext_noop("This question takes another kind of answer."),
    "unknown_question": gettext_noop("This survey has no question “%(given)s”."),
}

PROBLEMS = {
    "no_questions": gettext_noop("There is no question yet."),
    "text_missing": gettext_noop("the text is missing."),
    "text_missing_in": gettext_noop("the text in %(locale)s is missing."),
    "wrong_field": gettext_noop(
        "“%(field)s” is not a merge field that can be filled in. One about the customer needs a fallback: "
        '{{ customer.first_name | default: "there" }}.'
    ),
    "two_choices": gettext_noop("it needs at least two choices."),
    "many_choices": gettext_noop("it has more than %(most)s choices."),
    "choice_text": gettext_noop("choice %(place)s has no text in %(locale)s."),
    "choice_twice": gettext_noop("the choice “%(choice)s” is there twice."),
    "steps": gettext_noop("a rating has 2 to 10 steps."),
    "condition_unknown": gettext_noop("it is shown depending on a question that is not before it."),
    "condition_wrong": gettext_noop("the condition for showing it does not fit the question it depends on."),
    "counting_missing": gettext_noop("One NPS question must count for the score."),
    "counting_of_others": gettext_noop("the question that counts asks about you, not about a competitor."),
    "counting_hidden": gettext_noop("the question that counts must be shown to everybody."),
    "contrast": gettext_noop(
        "The brand colour is too pale: text on it has a contrast of %(ratio)s, 4.5 is needed."
    ),
}


def answer_sentence(code: str, params: Mapping[str, Any] | None = None) -> str:
    """What the respondent is told beside the field."""
    return gettext(ANSWERS[code]) % (params or {})


def problem_sentence(code: str, params: Mapping[str, Any] | None = None) -> str:
    """What the author is told; for a question it follows "Question 2: "."""
    text = gettext(PROBLEMS[code])
    return text % params if params else text
