"""What a rule means, in plain Python over plain facts: the judge of the compiler.

Facts of one customer are a dictionary: field key -> value (None when unknown), and `events`: a list of
(name, at, amount, properties). It shares nothing with segments.compiling.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from segments.rules import Condition, Group, Node

Facts = dict[str, Any]


class Oracle:
    def __init__(self, people: list[Facts], now: datetime, zone: str, kinds: dict[str, str]) -> None:
        self.people, self.now, self.zone, self.kinds = people, now, ZoneInfo(zone), kinds
        self.today = now.astimezone(self.zone).date()

    def matching(self, rule: Group) -> set[int]:
        return {number for number, facts in enumerate(self.people) if self.holds(rule, facts)}

    def holds(self, node: Node, facts: Facts) -> bool:
        if isinstance(node, Group):
            several = [self.holds(member, facts) for member in node.members]
            return {"all": all(several), "any": any(several), "none": not any(several)}[node.how]
        kind = self.kinds[node.field]
        if node.field in ("event_count", "event_sum"):
            return self.compare(self.total(node, facts), node, "count")
        return self.compare(facts.get(node.field), node, kind)

    def total(self, node: Condition, facts: Facts) -> Any:
        name, days = node.option("event"), node.option("days")
        start = self.now - timedelta(days=days) if days else None
        rows = [
            amount
            for event, at, amount, said in facts["events"]
            if event == name and of_property(node, said) and at <= self.now and (start is None or at > start)
        ]
        return len(rows) if node.field == "event_count" else sum(amount or 0 for amount in rows)

    def compare(self, value: Any, node: Condition, kind: str) -> bool:
        operator, wanted = node.operator, node.value
        if operator in ("is_known", "is_unknown"):
            return (value is not None) == (operator == "is_known")
        if operator == "is_not":
            return value != wanted
        if operator == "is_none_of":
            return value not in wanted
        if operator == "excludes":
            return value is None or wanted not in value
        if value is None:
            return False
        if kind == "instant":
            return self.instant(value, operator, wanted)
        if kind == "date":
            return self.day(date.fromisoformat(value), operator, wanted)
        if operator == "top_percent":
            everyone = sorted(
                (person[node.field] for person in self.people if person.get(node.field) is not None),
                reverse=True,
            )
            return value >= everyone[-(-wanted * len(everyone) // 100) - 1]
        return {
            "is": lambda: value == wanted,
            "is_one_of": lambda: value in wanted,
            "begins_with": lambda: value.startswith(wanted),
            "contains": lambda: wanted.lower() in value.lower(),
            "at_least": lambda: value >= wanted,
            "at_most": lambda: value <= wanted,
            "more_than": lambda: value > wanted,
            "less_than": lambda: value < wanted,
            "between": lambda: wanted[0] <= value <= wanted[1],
            "is_true": lambda: value is True,
            "is_false": lambda: value is False,
            "includes": lambda: wanted in value,
            "includes_any": lambda: any(one in value for one in wanted),
        }[operator]()

    def day(self, day: date, operator: str, wanted: Any) -> bool:
        if operator == "between":
            return date.fromisoformat(wanted[0]) <= day <= date.fromisoformat(wanted[1])
        if operator in ("is", "before", "after"):
            other = date.fromisoformat(wanted)
            return {"is": day == other, "before": day < other, "after": day > other}[operator]
        ago = (self.today - day).days
        return {
            "within_last": 0 <= ago <= wanted,
            "longer_ago_than": ago > wanted,
            "within_next": 0 <= -ago <= wanted,
        }[operator]

    def instant(self, at: datetime, operator: str, wanted: Any) -> bool:
        if operator == "before":
            return at < datetime.combine(date.fromisoformat(wanted), time(), self.zone)
        if operator == "after":
            return at >= datetime.combine(date.fromisoformat(wanted) + timedelta(days=1), time(), self.zone)
        ago = self.now - at
        if operator == "within_last":
            return timedelta(0) <= ago < timedelta(days=wanted)
        return ago >= timedelta(days=wanted)


def of_property(node: Condition, said: Mapping[str, str]) -> bool:
    """Whether an event says what the row asks of it: nothing, that there is a value, or which."""
    key, wanted = node.option("property"), node.option("equals")
    return key is None or (key in said if wanted is None else said.get(key) == wanted)
