"""What the kinds share: the value of an answer, and the two ways of being wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

NAMES = ("nps", "text", "choice", "rating")


class QuestionLike(Protocol):
    """A draft's Question or a version's Asked."""

    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def required(self) -> bool: ...
    @property
    def settings(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Value:
    """What was answered to one question: a number, words, or keys of choices (with "other" words)."""

    number: int | None = None
    text: str = ""
    choices: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return self.number is None and not self.text and not self.choices

    def print(self) -> dict[str, Any]:
        return {"number": self.number, "text": self.text, "choices": list(self.choices)}


class WrongAnswer(ValueError):
    """An answer that this question does not take; `code` names the sentence, `params` what it speaks of."""

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params = params
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a question cannot be published: the code of a sentence, the question and the field at fault."""

    code: str
    question: str = ""
    where: str = ""
    params: Mapping[str, object] = field(default_factory=dict)


@cache
def kind_of(name: str) -> ModuleType:
    """The module of a kind. Raises LookupError for an unknown name."""
    if name not in NAMES:
        raise LookupError(name)
    return import_module(f"surveys.kinds.{name}")


def kinds() -> list[ModuleType]:
    return [kind_of(name) for name in NAMES]


def read(question: QuestionLike, raw: Sequence[str]) -> Value:
    """The value given to a question, from the texts of a form. Raises WrongAnswer; never coerces."""
    cleaned = [each for each in raw if each != ""]
    value: Value = kind_of(question.kind).read(question, cleaned)
    if value.is_empty and question.required:
        raise WrongAnswer("required")
    return value


def value_from_json(question: QuestionLike, given: object) -> Value:
    """The value of an answer sent as JSON: a whole number, a text, or a list of choice keys."""
    if given is None:
        return read(question, [])
    if isinstance(given, bool):
        raise WrongAnswer("wrong_type")
    if isinstance(given, int):
        if kind_of(question.kind).TAKES != "number":
            raise WrongAnswer("wrong_type")
        return read(question, [str(given)])
    if isinstance(given, str):
        if kind_of(question.kind).TAKES == "number":
            raise WrongAnswer("not_whole", given=given)
        return read(question, [given])
    if isinstance(given, list) and all(isinstance(each, str) for each in given):
        return read(question, given)
    if isinstance(given, float):
        raise WrongAnswer("not_whole", given=str(given))
    raise WrongAnswer("wrong_type")


def whole_number(raw: Sequence[str], low: int, high: int) -> int | None:
    """A whole number within the scale, written in plain digits; "9.5", "+9", "９" and "1e1" are refused."""
    if not raw:
        return None
    if len(raw) > 1:
        raise WrongAnswer("only_one")
    text = raw[0].strip()
    digits = text[1:] if text.startswith("-") else text
    if not (digits.isascii() and digits.isdigit()):
        raise WrongAnswer("not_whole", given=text[:20])
    if len(digits) > 4 or not low <= int(text) <= high:
        raise WrongAnswer("off_scale", given=text[:20], low=low, high=high)
    return int(text)


def twice(items: Iterable[str]) -> str | None:
    """The first item that occurs a second time, if any (case and outer space do not count)."""
    seen: set[str] = set()
    for each in items:
        folded = each.strip().casefold()
        if folded in seen:
            return each
        seen.add(folded)
    return None
