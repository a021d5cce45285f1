"""A rating from 1 to 5 (or another number of steps up to 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from surveys.kinds.base import Problem, QuestionLike, Value, whole_number

KEY = "rating"
TAKES = "number"
DEFAULTS: Mapping[str, Any] = {"steps": 5, "low_label": {}, "high_label": {}}


def scale(question: QuestionLike) -> range:
    return range(1, int(question.settings.get("steps", 5)) + 1)


def problems(question: QuestionLike, locales: Sequence[str], default: str) -> list[Problem]:
    steps = question.settings.get("steps", 5)
    if not isinstance(steps, int) or not 2 <= steps <= 10:
        return [Problem("steps", question.key, "steps")]
    return []


def read(question: QuestionLike, raw: Sequence[str]) -> Value:
    return Value(number=whole_number(raw, 1, int(question.settings.get("steps", 5))))
