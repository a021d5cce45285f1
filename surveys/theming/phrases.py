"""Words and phrases looked up in a clause, by stems.

An entry is one word or several in a row. Inflected forms follow by the stem ("waiting" finds "waited"); a star at
an end stands for any letters ("*schlange" finds "Warteschlange"), and such a word is compared as it is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from surveys.theming.words import Clause, stem, words_of

Value = TypeVar("Value")


@dataclass(frozen=True)
class Hit(Generic[Value]):
    """An entry found: where it begins in the clause, how many words it has, and what it stands for."""

    start: int
    length: int
    value: Value


class Phrases(Generic[Value]):
    """Entries of one language, each standing for something."""

    def __init__(self, entries: Iterable[tuple[str, Value]], language: str) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], Value]]] = defaultdict(list)
        self._starred: set[str] = set()
        self._atoms: dict[str, frozenset[str]] = {}
        for entry, value in entries:
            atoms = tuple(word if "*" in word else stem(word, language) for word in words_of(entry, language))
            if not atoms:
                continue
            self._starred.update(atom for atom in atoms if "*" in atom)
            self._by_first[atoms[0]].append((atoms, value))

    def found(self, clause: Clause) -> Iterator[Hit[Value]]:
        """Every entry that occurs, in order of its place; entries may overlap."""
        atoms = [self._of(word, stemmed) for word, stemmed in zip(clause.words, clause.stems, strict=True)]
        for start, here in enumerate(atoms):
            for first in here:
                for wanted, value in self._by_first.get(first, ()):
                    rest = atoms[start + 1 : start + len(wanted)]
                    if len(rest) == len(wanted) - 1 and all(
                        atom in at for atom, at in zip(wanted[1:], rest, strict=True)
                    ):
                        yield Hit(start, len(wanted), value)

    def _of(self, word: str, stemmed: str) -> frozenset[str]:
        """The stem, and the starred entries that the word fits."""
        if not self._starred:
            return frozenset((stemmed,))
        known = self._atoms.get(word)
        if known is None:
            known = frozenset((stemmed, *(star for star in self._starred if _fits(word, star))))
            if len(self._atoms) < 50_000:
                self._atoms[word] = known
        return known


def _fits(word: str, star: str) -> bool:
    core = star.strip("*")
    if star.startswith("*") and star.endswith("*"):
        return core in word
    return word.endswith(core) if star.startswith("*") else word.startswith(core)
