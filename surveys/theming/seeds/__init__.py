"""The dictionaries of the starter themes, in six languages; see `tagging` for what an entry may look like.

A module per language holds WORDS: the key of a theme, and its entries separated by commas. The names of the
themes, which people read, are in surveys/starter_themes.py.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from surveys.theming.words import LANGUAGES

KEYS = (
    "waiting staff support price quality delivery packaging returns range billing app ease setup reliability speed"
    " automation reports food drinks cleanliness comfort space crowding noise internet washrooms location opening"
    " information"
).split()


@cache
def words(key: str) -> dict[str, tuple[str, ...]]:
    """The entries of a starter theme by language. Raises KeyError for a key that is none of KEYS."""
    if key not in KEYS:
        raise KeyError(key)
    found = {}
    for language in LANGUAGES:
        listed: dict[str, str] = import_module(f"{__name__}.{language}").WORDS
        entries = tuple(" ".join(part.split()) for part in listed.get(key, "").split(",") if part.strip())
        if entries:
            found[language] = entries
    return found
