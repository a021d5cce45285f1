"""Where a value stands in a JSON document: `person.email`, `items[0].price`, with or without `$.` before it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

LONGEST = 200
DEEPEST = 12
# A name, a name in quotes and brackets, or a place in a list.
_STEP = re.compile(r"""\.?([^.\[\]'"]+)|\[(\d{1,6})\]|\[(?:'([^']*)'|"([^"]*)")\]""")

Path = tuple[str | int, ...]


class BadPath(ValueError):
    """A text that is no path."""


class Nothing:
    """Stands for: there is nothing at this place."""


NOTHING = Nothing()


def parse(text: str) -> Path:
    """The steps of a path. Raises BadPath.

    >>> parse("$.people[0].email")
    ('people', 0, 'email')
    """
    rest = text.strip()
    rest = rest[1:] if rest.startswith("$") else rest
    if not rest or len(rest) > LONGEST:
        raise BadPath(text)
    steps: list[str | int] = []
    while rest:
        match = _STEP.match(rest)
        if match is None or (rest.startswith(".") and not steps and not text.strip().startswith("$")):
            raise BadPath(text)
        name, place, single, double = match.groups()
        steps.append(
            int(place) if place is not None else next(x for x in (name, single, double) if x is not None)
        )
        rest = rest[match.end() :]
    if len(steps) > DEEPEST:
        raise BadPath(text)
    return tuple(steps)


def at(document: Any, path: Path) -> Any:
    """The value there, or NOTHING. A list is not asked for names, nor an object for places."""
    for step in path:
        if isinstance(step, int):
            found = isinstance(document, list) and step < len(document)
        else:
            found = isinstance(document, dict) and step in document
        if not found:
            return NOTHING
        document = document[step]
    return document


def places(document: Any, *, most: int = 60) -> list[tuple[str, str]]:
    """(path, value as shown) of each plain value of a sample, in its order: what a mapping can point at."""
    found: list[tuple[str, str]] = []
    for path, value in _leaves(document, "$", DEEPEST):
        found.append((path, "" if value is None else str(value)[:80]))
        if len(found) == most:
            break
    return found


def _leaves(value: Any, path: str, left: int) -> Iterator[tuple[str, Any]]:
    if left < 0 or len(path) > LONGEST:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            if (step := _step(name)) is not None:
                yield from _leaves(inner, f"{path}{step}", left - 1)
    elif isinstance(value, list):
        for place, inner in enumerate(value[:3]):
            yield from _leaves(inner, f"{path}[{place}]", left - 1)
    else:
        yield path, value


def _step(name: str) -> str | None:
    """How a path says a name; None for one with both kinds of quotes, which it cannot."""
    if re.fullmatch(r"[^.\[\]'\"]+", name) and name == name.strip():
        return f".{name}"
    quote = next((each for each in "'\"" if each not in name), None)
    return f"[{quote}{name}{quote}]" if quote is not None else None
