"""Praise or complaint, clause by clause: words of the lexicon, turned round where they are denied."""

from __future__ import annotations

from functools import cache
from typing import Any

from surveys.theming import lexicons
from surveys.theming.phrases import Hit, Phrases
from surveys.theming.words import Clause

REACH = 3  # words that a denial reaches forwards


@cache
def _phrases(language: str) -> Phrases[int]:
    lexicon = lexicons.of(language)
    entries = [(entry, 1) for entry in lexicon.good] + [(entry, -1) for entry in lexicon.bad]
    return Phrases(entries, language)


def of_clause(clause: Clause, language: str) -> int:
    """Words of praise minus words of complaint; "not good" is a complaint, "no problem" praise."""
    total, upto = 0, 0
    for hit in sorted(_phrases(language).found(clause), key=lambda hit: (hit.start, -hit.length)):
        if hit.start < upto:
            continue
        upto = hit.start + hit.length
        total += -hit.value if denied(clause, hit, language) else hit.value
    return total


def denied(clause: Clause, hit: Hit[Any], language: str) -> bool:
    """Whether a word shortly before turns it round."""
    nots = lexicons.of(language).nots
    return any(word in nots for word in clause.words[max(0, hit.start - REACH) : hit.start])


def is_missing(clause: Clause, start: int, language: str) -> bool:
    """Whether it is said that the thing at this place is not there ("no showers")."""
    nones = lexicons.of(language).nones
    return any(word in nones for word in clause.words[max(0, start - 2) : start])


def sign(value: int) -> int:
    return (value > 0) - (value < 0)
