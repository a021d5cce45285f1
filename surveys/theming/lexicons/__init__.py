"""The words of each language that say how something is said: common words, negation, praise, complaint.

A module per language with texts: COMMON (words that say nothing by themselves), NOT (what turns the next words
round), NONE (those of them that say something is missing), TURNS (where a sentence turns round), GOOD and BAD
(separated by commas, may be phrases; inflected forms follow by their stem). Words that are good or bad depending
on the thing ("cheap", "long") are left out: a theme's own dictionary says so where it is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module


@dataclass(frozen=True)
class Lexicon:
    common: frozenset[str]
    nots: frozenset[str]
    nones: frozenset[str]
    turns: frozenset[str]
    good: tuple[str, ...]
    bad: tuple[str, ...]


_CODES = ("en", "de", "fr", "es", "it", "ar")


@cache
def of(language: str) -> Lexicon:
    """The words of a language; those of English for one that has none here."""
    module = import_module(f"{__name__}.{language if language in _CODES else 'en'}")
    return Lexicon(
        common=frozenset(module.COMMON.split()),
        nots=frozenset(module.NOT.split()),
        nones=frozenset(module.NONE.split()),
        turns=frozenset(module.TURNS.split()),
        good=_listed(module.GOOD),
        bad=_listed(module.BAD),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(entry for part in text.split(",") if (entry := " ".join(part.split())))
