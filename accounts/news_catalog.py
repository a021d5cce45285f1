"""The names of all news, what each one says and which facts it carries. docs/news.md is printed from here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from accounts.sockets import plugged


class Fact(Enum):
    """What a fact may be: never a name, an address or a text of a person."""

    ID = "id"
    INSTANT = "instant"
    FLAG = "yes or no"
    COUNT = "count"
    WORD = "one of our own words"


@dataclass(frozen=True)
class NewsType:
    """`noun.past_participle`, its schema version, one sentence for the catalog, and its facts.

    Adding a fact that may be missing keeps the version; taking one away or changing its meaning raises it.
    """

    name: str
    says: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    version: int = 1

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*", self.name):
            raise ImproperlyConfigured(f"News is called noun.past_participle, not {self.name!r}.")
        if unknown := self.optional - set(self.facts):
            raise ImproperlyConfigured(
                f"{self.name}: optional facts {sorted(unknown)} are not among its facts."
            )


class WrongFacts(ValueError):
    """The recorder's mistake: a fact that the catalog does not know, or of another kind."""


@cache
def catalog() -> dict[str, NewsType]:
    """All news by name, gathered from the socket NEWS."""
    found: dict[str, NewsType] = {}
    for several in plugged("NEWS"):
        for kind in several:
            if kind.name in found:
                raise ImproperlyConfigured(f"News {kind.name!r} stands in the catalog twice.")
            found[kind.name] = kind
    return found


def checked(name: str, facts: Mapping[str, Any]) -> tuple[NewsType, dict[str, Any]]:
    """The type of news and its facts as JSON. Raises WrongFacts, naming the fact at fault."""
    kind = catalog().get(name)
    if kind is None:
        raise WrongFacts(f"No news is called {name!r}; add it to the app's news.py.")
    if missing := set(kind.facts) - kind.optional - set(facts):
        raise WrongFacts(f"{name}: missing {', '.join(sorted(missing))}.")
    return kind, {
        key: _as_json(name, key, kind.facts.get(key), value)
        for key, value in facts.items()
        if value is not None
    }


def _as_json(name: str, key: str, fact: Fact | None, value: Any) -> Any:
    if fact is None:
        raise WrongFacts(f"{name}: {key} is not among its facts.")
    if fact is Fact.INSTANT and isinstance(value, datetime):
        return value.isoformat()
    if fact is Fact.FLAG and isinstance(value, bool):
        return value
    if fact in (Fact.ID, Fact.COUNT) and isinstance(value, int) and not isinstance(value, bool):
        return value
    if fact is Fact.WORD and isinstance(value, str) and re.fullmatch(r"[a-z0-9_.-]{1,60}", value):
        return str(value)
    raise WrongFacts(f"{name}: {key} is to be {fact.value}.")
