"""Who sees which question. Pure: questions and given values in, visible questions out.

A condition is {} (everybody), {"question": key, "from": 0, "to": 6} (a number in that range, ends
included), {"question": key, "chosen": ["price"]} (one of these was chosen) or
{"question": key, "answered": true} (anything was said). A condition on a hidden question is never met.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from surveys.definition import Asked
from surveys.kinds import Value

NPS_RANGES = {"detractor": (0, 6), "passive": (7, 8), "promoter": (9, 10)}


def visible(questions: Iterable[Asked], values: Mapping[str, Value]) -> list[Asked]:
    """The questions that are shown to somebody who gave these values, in order."""
    shown: list[Asked] = []
    seen: set[str] = set()
    for each in questions:
        condition = each.shown_to
        if not condition or (condition["question"] in seen and meets(condition, values)):
            shown.append(each)
            seen.add(each.key)
    return shown


def meets(condition: Mapping[str, Any], values: Mapping[str, Value]) -> bool:
    """Whether the given values meet one condition; a missing value meets none."""
    value = values.get(condition["question"])
    if value is None or value.is_empty:
        return False
    if "from" in condition:
        return value.number is not None and condition["from"] <= value.number <= condition["to"]
    if "chosen" in condition:
        return bool(set(value.choices) & set(condition["chosen"]))
    return bool(condition.get("answered"))


def range_of(condition: Mapping[str, Any]) -> tuple[int, int] | None:
    """Ends of the range of numbers a condition asks for, None for other conditions."""
    return (condition["from"], condition["to"]) if "from" in condition else None


def category_condition(key: str, category: str) -> dict[str, Any]:
    """The condition under which a reason question is shown to one NPS category."""
    low, high = NPS_RANGES[category]
    return {"question": key, "from": low, "to": high}
