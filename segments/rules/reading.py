"""Reading a rule from JSON: refused with the path of the fault, or a tree that is right in every part."""

import math
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from segments.rules.tree import (
    DEEPEST,
    HOWS,
    MOST_NODES,
    MOST_VALUES,
    OPERATORS,
    Condition,
    Group,
    Node,
    Option,
    Word,
)

LONGEST_TEXT = 200
MOST_DAYS = 36_500


def gettext_noop(text: str) -> str:
    """Marks a text for translation; whoever shows it translates it."""
    return text


class RuleError(ValueError):
    """`rules[1].any[0].value: expected a number`. `message` % `params` is the sentence without its path."""

    def __init__(self, path: str, message: str, **params: Any) -> None:
        self.path, self.message, self.params = path, message, params
        super().__init__(f"{path}: {message % params}" if path else message % params)


def read_rule(raw: Any, words: Mapping[str, Word]) -> Group:
    """The tree of a rule. Raises RuleError.

    >>> read_rule({"all": [{"field": "score", "operator": "at_least", "value": 9}]}, words)
    Group(how='all', members=(Condition(field='score', operator='at_least', value=9, options=()),))
    """
    reader = _Reader(words)
    return reader.group(raw, "", 1)


class _Reader:
    def __init__(self, words: Mapping[str, Word]) -> None:
        self.words = words
        self.nodes = 0

    def node(self, raw: Any, path: str, depth: int) -> Node:
        if isinstance(raw, dict) and "field" in raw:
            self._count(path)
            return self.condition(raw, path)
        return self.group(raw, path, depth)

    def group(self, raw: Any, path: str, depth: int) -> Group:
        where = path or "rules"
        if not isinstance(raw, dict):
            raise RuleError(where, gettext_noop("expected an object"))
        hows = [how for how in HOWS if how in raw]
        if len(raw) != 1 or len(hows) != 1:
            raise RuleError(where, gettext_noop("expected one of all, any, none, or a field"))
        if depth > DEEPEST:
            raise RuleError(where, gettext_noop("groups may be at most %(most)d deep"), most=DEEPEST)
        self._count(where)
        how, members = hows[0], raw[hows[0]]
        inside = f"{path}.{how}" if path else "rules"
        if not isinstance(members, list):
            raise RuleError(inside, gettext_noop("expected a list"))
        if not members and path:
            raise RuleError(inside, gettext_noop("a group needs at least one rule"))
        if not members and how != "all":
            raise RuleError(inside, gettext_noop("a group needs at least one rule"))
        read = [self.node(member, f"{inside}[{number}]", depth + 1) for number, member in enumerate(members)]
        return Group(how, tuple(read))

    def condition(self, raw: dict[str, Any], path: str) -> Condition:
        key = raw["field"]
        word = self.words.get(key) if isinstance(key, str) else None
        if word is None:
            raise RuleError(
                f"{path}.field", gettext_noop("there is no field “%(field)s”"), field=str(key)[:60]
            )
        name = raw.get("operator")
        operator = OPERATORS[word.kind].get(name) if isinstance(name, str) else None
        if operator is None:
            raise RuleError(
                f"{path}.operator",
                gettext_noop("expected one of %(operators)s"),
                operators=", ".join(OPERATORS[word.kind]),
            )
        known = {"field", "operator", "value", *(option.name for option in word.options)}
        for other in raw:
            if other not in known:
                raise RuleError(f"{path}.{str(other)[:60]}", gettext_noop("is not expected here"))
        options = tuple(
            (option.name, value)
            for option in word.options
            if (value := self.option(option, raw.get(option.name), f"{path}.{option.name}")) is not None
        )
        given = dict(options)
        for option in word.options:
            if option.needs and option.name in given and option.needs not in given:
                raise RuleError(f"{path}.{option.needs}", gettext_noop("is missing"))
        value = self.value(word, operator.takes, raw.get("value"), f"{path}.value")
        return Condition(word.key, operator.name, value, options)

    def option(self, option: Option, raw: Any, path: str) -> Any:
        if raw is None:
            if option.required:
                raise RuleError(path, gettext_noop("is missing"))
            return None
        if option.kind == "days":
            return _days(raw, path)
        text = _text(raw, path)
        if option.choices and text not in option.choices:
            raise RuleError(
                path, gettext_noop("expected one of %(choices)s"), choices=", ".join(option.choices)
            )
        return text

    def value(self, word: Word, takes: str, raw: Any, path: str) -> Any:
        if takes == "none":
            if raw is not None:
                raise RuleError(path, gettext_noop("is not expected here"))
            return None
        if raw is None:
            raise RuleError(path, gettext_noop("is missing"))
        if takes == "days":
            return _days(raw, path)
        if takes == "percent":
            if not isinstance(raw, int) or isinstance(raw, bool) or not 1 <= raw <= 99:
                raise RuleError(path, gettext_noop("expected a whole number from 1 to 99"))
            return raw
        if takes == "values":
            if not isinstance(raw, list) or not 1 <= len(raw) <= MOST_VALUES:
                raise RuleError(
                    path, gettext_noop("expected a list of 1 to %(most)d values"), most=MOST_VALUES
                )
            return tuple(self.single(word, one, f"{path}[{number}]") for number, one in enumerate(raw))
        if takes == "pair":
            if not isinstance(raw, list) or len(raw) != 2:
                raise RuleError(path, gettext_noop("expected a list of two values"))
            low, high = (self.single(word, one, f"{path}[{number}]") for number, one in enumerate(raw))
            if low > high:
                raise RuleError(path, gettext_noop("the first value is above the second"))
            return (low, high)
        return self.single(word, raw, path)

    def single(self, word: Word, raw: Any, path: str) -> Any:
        if word.kind in ("number", "money", "count"):
            return _number(raw, path)
        if word.kind in ("date", "instant"):
            return _date(raw, path)
        text = _text(raw, path)
        if word.kind in ("choice", "list") and word.choices and text not in word.choices:
            raise RuleError(
                path, gettext_noop("expected one of %(choices)s"), choices=", ".join(word.choices[:20])
            )
        return text

    def _count(self, path: str) -> None:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise RuleError(path, gettext_noop("a rule may have at most %(most)d parts"), most=MOST_NODES)


def _number(raw: Any, path: str) -> int | float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
        raise RuleError(path, gettext_noop("expected a number"))
    if abs(raw) >= 10**15:
        raise RuleError(path, gettext_noop("expected a number below a quadrillion"))
    return int(raw) if isinstance(raw, float) and raw.is_integer() else raw


def _days(raw: Any, path: str) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 < raw <= MOST_DAYS:
        raise RuleError(path, gettext_noop("expected a whole number of days, 1 to %(most)d"), most=MOST_DAYS)
    return raw


def _date(raw: Any, path: str) -> str:
    if isinstance(raw, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", raw, re.ASCII):
        try:
            return date.fromisoformat(raw).isoformat()
        except ValueError:
            pass
    raise RuleError(path, gettext_noop("expected a date, such as 2026-01-31"))


def _text(raw: Any, path: str) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise RuleError(path, gettext_noop("expected a text"))
    if len(raw) > LONGEST_TEXT:
        raise RuleError(path, gettext_noop("at most %(most)d characters"), most=LONGEST_TEXT)
    if "\x00" in raw:
        raise RuleError(path, gettext_noop("a text without null characters"))
    return raw
