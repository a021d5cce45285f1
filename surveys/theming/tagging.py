"""Which themes a comment speaks of, and how it speaks of each.

A theme is a dictionary: for each language (and "" for all of them) words and phrases, see `phrases`. An entry that
begins with "-" is a complaint by itself ("-queue"), with "+" praise; the others take the tone of their clause, and
where it has none, that of the words of the same sentence which speak of no theme.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from surveys.theming import tone
from surveys.theming.phrases import Phrases
from surveys.theming.words import Clause, Sentence, language_of, sentences

Words = Mapping[str, Sequence[str]]
_Entry = tuple[Hashable, int]


@dataclass(frozen=True)
class Mentioned:
    """`sentiment` is -1, 0 or 1; `sentence` the one that says it most clearly."""

    sentiment: int
    sentence: str


@dataclass(frozen=True)
class Heard:
    """What a comment says: its language, its tone as a whole (-1, 0, 1), and each theme it speaks of."""

    language: str
    tone: int
    mentions: dict[Hashable, Mentioned] = field(default_factory=dict)


class Tagger:
    """Themes by their dictionaries. Make one for many comments: dictionaries are prepared once a language."""

    def __init__(self, dictionaries: Mapping[Hashable, Words]) -> None:
        self._dictionaries = dictionaries
        self._phrases: dict[str, Phrases[_Entry]] = {}

    def hear(self, text: str, *, told: str = "", default: str = "en") -> Heard:
        """`told` is the language of the form, `default` that of the organization."""
        language = language_of(text, told, default)
        phrases = self._in(language)
        whole = 0
        sums: dict[Hashable, int] = {}
        clearest: dict[Hashable, tuple[int, str]] = {}
        for sentence in sentences(text, language):
            found = _of_sentence(sentence, phrases, language)
            whole += found.tone
            for theme, value in found.themes.items():
                sums[theme] = sums.get(theme, 0) + value
                if theme not in clearest or abs(value) > clearest[theme][0]:
                    clearest[theme] = (abs(value), sentence.text)
        mentions = {theme: Mentioned(tone.sign(total), clearest[theme][1]) for theme, total in sums.items()}
        whole = tone.sign(whole) or tone.sign(sum(each.sentiment for each in mentions.values()))
        return Heard(language, whole, mentions)

    def _in(self, language: str) -> Phrases[_Entry]:
        if language not in self._phrases:
            entries = [
                (entry.lstrip("+-"), (theme, _sign_of(entry)))
                for theme, words in self._dictionaries.items()
                for entry in (*words.get(language, ()), *words.get("", ()))
            ]
            self._phrases[language] = Phrases(entries, language)
        return self._phrases[language]


@dataclass(frozen=True)
class _Found:
    tone: int
    themes: dict[Hashable, int]


def _of_sentence(sentence: Sentence, phrases: Phrases[_Entry], language: str) -> _Found:
    whole = loose = 0
    themes: dict[Hashable, int] = {}
    for clause in sentence.clauses:
        own = tone.of_clause(clause, language)
        whole += own
        found = _of_clause(clause, phrases, own, language)
        if not found:
            loose += own
        for theme, value in found.items():
            themes[theme] = themes.get(theme, 0) + value
    return _Found(whole, {theme: value or loose for theme, value in themes.items()})


def _of_clause(clause: Clause, phrases: Phrases[_Entry], own: int, language: str) -> dict[Hashable, int]:
    found: dict[Hashable, int] = {}
    for hit in phrases.found(clause):
        theme, said = hit.value
        if said:
            said = -said if tone.denied(clause, hit, language) else said
        elif not own and tone.is_missing(clause, hit.start, language):
            said = -1
        found[theme] = found.get(theme, own) + said
    return found


def _sign_of(entry: str) -> int:
    return {"-": -1, "+": 1}.get(entry[:1], 0)
