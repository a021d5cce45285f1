"""One or several of the business's choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from surveys.kinds.base import Problem, QuestionLike, Value, WrongAnswer, twice

KEY = "choice"
TAKES = "choices"
DEFAULTS: Mapping[str, Any] = {"several": False, "choices": []}
MOST = 30


def problems(question: QuestionLike, locales: Sequence[str], default: str) -> list[Problem]:
    choices = question.settings.get("choices", [])
    if len(choices) < 2:
        return [Problem("two_choices", question.key, "choices")]
    if len(choices) > MOST:
        return [Problem("many_choices", question.key, "choices", {"most": MOST})]
    found = []
    for locale in locales:
        texts = [each.get("text", {}).get(locale, "") for each in choices]
        missing = next((place for place, text in enumerate(texts, 1) if not text.strip()), None)
        if missing is not None:
            found.append(
                Problem(
                    "choice_text", question.key, f"choice-{missing}", {"place": missing, "locale": locale}
                )
            )
        else:
            double = twice(texts)
            if double is not None:
                found.append(Problem("choice_twice", question.key, "choices", {"choice": double}))
    return found


def read(question: QuestionLike, raw: Sequence[str]) -> Value:
    known = {each["key"] for each in question.settings.get("choices", [])}
    if len(raw) > 1 and not question.settings.get("several"):
        raise WrongAnswer("only_one")
    for each in raw:
        if each not in known:
            raise WrongAnswer("unknown_choice", given=each[:40])
    return Value(choices=tuple(dict.fromkeys(raw)))
