"""From a text to sentences, clauses and stems, and which language it is in."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

from surveys.theming import lexicons
from surveys.theming.lexicons import Lexicon

STEMMERS = {
    "en": "english",
    "de": "german",
    "fr": "french",
    "es": "spanish",
    "it": "italian",
    "ar": "arabic",
}
LANGUAGES = tuple(STEMMERS)
LONGEST_WORD = 40  # characters; longer ones are addresses and noise

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*\*?|\*[^\W_]+\*?")
_SENTENCE = re.compile(r"[.!?\n\r…؟]+(?=\s|$)|\n+")
_CLAUSE = re.compile(r"[,;:()،؛–—]|\s-\s")
# Marks over Arabic letters, and the stroke that only widens a word.
_ARABIC_MARKS = re.compile("[\u064b-\u0652\u0640]")
_ARABIC_LETTER = re.compile("[\u0620-\u064a]")
_ELIDING = ("fr", "it")
_local = threading.local()


@dataclass(frozen=True)
class Clause:
    """The words of a part of a sentence as they were written, folded, and their stems, word by word."""

    words: tuple[str, ...]
    stems: tuple[str, ...]


@dataclass(frozen=True)
class Sentence:
    text: str
    clauses: tuple[Clause, ...]


def fold(text: str) -> str:
    """Small letters, one kind of apostrophe, no marks over Arabic letters."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("‘", "'")
    return _ARABIC_MARKS.sub("", folded).replace("أ", "ا").replace("إ", "ا").replace("آ", "ا")


def words_of(text: str, language: str) -> list[str]:
    """The words of a text, folded; French and Italian articles are cut off ("l'attente" is l, attente)."""
    found = [word for word in _WORD.findall(fold(text)) if len(word) <= LONGEST_WORD]
    if language in _ELIDING:
        found = [part for word in found for part in word.split("'") if part]
    elif language == "en":
        found = [word.removesuffix("'s") for word in found]
    return found


@lru_cache(maxsize=100_000)
def stem(word: str, language: str) -> str:
    """The stem of a folded word; the word itself in a language that has no stemmer here."""
    name = STEMMERS.get(language)
    if name is None:
        return word
    # A stemmer keeps its word in itself while it works, so each thread has its own.
    made: dict[str, snowballstemmer.stemmer] = _local.__dict__.setdefault("stemmers", {})
    if name not in made:
        made[name] = snowballstemmer.stemmer(name)
    return str(made[name].stemWord(word))


def sentences(text: str, language: str) -> list[Sentence]:
    """The sentences of a text, each cut into clauses at commas and where it turns round ("but")."""
    lexicon = lexicons.of(language)
    found = []
    for part in _SENTENCE.split(text.replace("*", " ")):
        clauses: list[Clause] = []
        for piece in _CLAUSE.split(part):
            for words in _turns(words_of(piece, language), lexicon):
                clauses.append(Clause(tuple(words), tuple(stem(word, language) for word in words)))
        if clauses:
            found.append(Sentence(" ".join(part.split()), tuple(clauses)))
    return found


def language_of(text: str, told: str = "", default: str = "en") -> str:
    """The language most of whose common words occur; else what was told, if it is one of ours; else the default.

    What was told is the language of the form, and people write in another one often enough. It wins a tie.
    """
    if len(_ARABIC_LETTER.findall(text)) * 2 > sum(letter.isalpha() for letter in text):
        return "ar"
    said = told.lower().replace("_", "-").split("-")[0]
    fallback = said if said in STEMMERS else default
    seen = set(_WORD.findall(fold(text)))
    seen |= {part for word in seen if "'" in word for part in word.split("'")}
    hits = {language: len(seen & lexicons.of(language).common) for language in LANGUAGES}
    best = max(hits.values())
    if best == 0 or hits.get(fallback, 0) == best:
        return fallback
    return next(language for language in LANGUAGES if hits[language] == best)


def _turns(words: Sequence[str], lexicon: Lexicon) -> Iterable[list[str]]:
    piece: list[str] = []
    for word in words:
        if word in lexicon.turns:
            if piece:
                yield piece
            piece = []
        else:
            piece.append(word)
    if piece:
        yield piece
