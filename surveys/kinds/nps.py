"""How likely to recommend, 0 to 10: whole numbers only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from surveys.kinds.base import Problem, QuestionLike, Value, whole_number

KEY = "nps"
TAKES = "number"
DEFAULTS: Mapping[str, Any] = {"low_label": {}, "high_label": {}}


def scale(question: QuestionLike) -> range:
    return range(0, 11)


def problems(question: QuestionLike, locales: Sequence[str], default: str) -> list[Problem]:
    return []


def read(question: QuestionLike, raw: Sequence[str]) -> Value:
    return Value(number=whole_number(raw, 0, 10))
