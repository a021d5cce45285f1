"""Own words. With `reason` the words become the comment of the response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from surveys.kinds.base import Problem, QuestionLike, Value, WrongAnswer

KEY = "text"
TAKES = "text"
DEFAULTS: Mapping[str, Any] = {"reason": False}
LONGEST = 5000


def problems(question: QuestionLike, locales: Sequence[str], default: str) -> list[Problem]:
    return []


def read(question: QuestionLike, raw: Sequence[str]) -> Value:
    if len(raw) > 1:
        raise WrongAnswer("only_one")
    # NUL cannot be stored; line ends of forms are CRLF.
    text = (raw[0] if raw else "").replace("\x00", "").replace("\r\n", "\n").strip()
    if len(text) > LONGEST:
        raise WrongAnswer("too_long", longest=LONGEST, length=len(text))
    return Value(text=text)
