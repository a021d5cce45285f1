"""What people say often and no theme has a word for yet: words and phrases, put together where they occur together.

Two to three words in a row, and single ones, by their stems, counted once a comment. Words that say nothing by
themselves, and words of mere praise or complaint, are no suggestion. Which go with low and which with high scores is
told by their log odds among the comments of detractors against those of promoters, with a prior that expects what all
comments say (Monroe, Colaresi and Quinn 2008, "Fightin' Words", Political Analysis 16): z beyond 1.96 is a lean.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log, sqrt

from surveys.theming import lexicons
from surveys.theming.tagging import Tagger
from surveys.theming.words import Clause, language_of, sentences, stem, words_of

LONGEST = 3  # words
FEWEST = 4  # comments
SHARE = 0.006  # of the comments
MOST_SHARE = 0.5  # what more of them say is what all is about, and tells nobody apart
PRIOR = 100.0  # comments that are imagined beforehand, as all are
LEAN = 1.96
SWALLOWED = 0.6  # of the comments of a phrase that a longer one has, which then speaks for it
TOGETHER = 0.4  # of the comments of two phrases that have both
MOST_CANDIDATES = 150


@dataclass(frozen=True)
class Said:
    """One comment: what it says, its score if it has one, and whether a theme has words for it."""

    text: str
    score: int | None = None
    told: str = ""


@dataclass(frozen=True)
class Noticed:
    """A suggestion: its entries as they are written most, the comments that have one of them (their places), how
    many of these no theme speaks for, and the lean of its first entry (z > 0: with high scores)."""

    language: str
    entries: tuple[str, ...]
    places: tuple[int, ...]
    untold: int
    z: float

    @property
    def lean(self) -> int:
        return (self.z > LEAN) - (self.z < -LEAN)


def notice(
    comments: Sequence[Said],
    tagger: Tagger,
    *,
    default: str = "en",
    dismissed: Iterable[str] = (),
    most: int = 12,
) -> list[Noticed]:
    """Suggestions, those first that most comments have which no theme speaks for. `dismissed` entries stay away."""
    by_language: dict[str, list[int]] = defaultdict(list)
    for place, comment in enumerate(comments):
        by_language[language_of(comment.text, comment.told, default)].append(place)
    found: list[Noticed] = []
    for language, places in by_language.items():
        if len(places) >= FEWEST:
            away = {_key(each, language) for each in dismissed}
            found += _in_language(comments, places, language, tagger, away)
    found.sort(key=lambda each: (-each.untold * (1 + min(abs(each.z), 8) / 4), each.entries))
    return found[:most]


def log_odds(low: int, lows: int, high: int, highs: int, share: float) -> float:
    """z of the log odds of a word: in `high` of `highs` comments against `low` of `lows`, `share` of all."""
    expected = PRIOR * share
    one = log((high + expected) / (highs + PRIOR - high - expected))
    other = log((low + expected) / (lows + PRIOR - low - expected))
    return (one - other) / sqrt(1 / (high + expected) + 1 / (low + expected))


@dataclass
class _Candidate:
    stems: tuple[str, ...]
    places: set[int]
    written: Counter[str]


def _in_language(
    comments: Sequence[Said], places: list[int], language: str, tagger: Tagger, away: set[tuple[str, ...]]
) -> list[Noticed]:
    candidates: dict[tuple[str, ...], _Candidate] = {}
    untold: set[int] = set()
    for place in places:
        text = comments[place].text
        if not tagger.hear(text, told=language, default=language).mentions:
            untold.add(place)
        for sentence in sentences(text, language):
            for clause in sentence.clauses:
                for stems, written in _phrases(clause, language):
                    known = candidates.setdefault(stems, _Candidate(stems, set(), Counter()))
                    known.places.add(place)
                    known.written[written] += 1
    least = max(FEWEST, SHARE * len(places))
    often = {
        stems: each
        for stems, each in candidates.items()
        if least <= len(each.places) <= MOST_SHARE * len(places)
        and stems not in away
        and not _is_known(each, language, tagger)
    }
    kept = sorted(_longest(often), key=lambda each: (-len(each.places), each.stems))[:MOST_CANDIDATES]
    lows = {place for place in places if (score := comments[place].score) is not None and score <= 6}
    highs = {place for place in places if (score := comments[place].score) is not None and score >= 9}

    def z(each: _Candidate) -> float:
        share = min(0.9, len(each.places) / len(places))
        return log_odds(len(each.places & lows), len(lows), len(each.places & highs), len(highs), share)

    made = []
    for group in _together(kept):
        within = set().union(*(each.places for each in group))
        if len(within & untold) < FEWEST:  # themes speak for these comments already
            continue
        made.append(
            Noticed(
                language=language,
                entries=tuple(each.written.most_common(1)[0][0] for each in group),
                places=tuple(sorted(within)),
                untold=len(within & untold),
                z=z(group[0]),
            )
        )
    return made


def _phrases(clause: Clause, language: str) -> Iterable[tuple[tuple[str, ...], str]]:
    lexicon = lexicons.of(language)
    empty = [
        word in lexicon.common or word in lexicon.nots or len(word) < 3 or word.isdigit()
        for word in clause.words
    ]
    for length in range(1, LONGEST + 1):
        for start in range(len(clause.words) - length + 1):
            end = start + length
            if not empty[start] and not empty[end - 1]:
                yield clause.stems[start:end], " ".join(clause.words[start:end])


def _is_known(each: _Candidate, language: str, tagger: Tagger) -> bool:
    """Whether a theme speaks for it already, or it is mere praise or complaint."""
    opinions = _opinions(language)
    if all(part in opinions for part in each.stems):
        return True
    return bool(tagger.hear(each.written.most_common(1)[0][0], told=language, default=language).mentions)


def _opinions(language: str) -> set[str]:
    lexicon = lexicons.of(language)
    return {
        stem(word, language) for entry in (*lexicon.good, *lexicon.bad) for word in words_of(entry, language)
    } | {stem(word, language) for word in lexicon.common | lexicon.nots}


def _longest(often: dict[tuple[str, ...], _Candidate]) -> list[_Candidate]:
    """A phrase goes where a longer one has most of its comments; a longer one where it has few of them."""
    gone: set[tuple[str, ...]] = set()
    for stems in sorted(often, key=len, reverse=True):
        for length in range(1, len(stems)):
            for start in range(len(stems) - length + 1):
                part = stems[start : start + length]
                if part in often and len(often[stems].places) >= SWALLOWED * len(often[part].places):
                    gone.add(part)
    for stems in often:
        if len(stems) > 1 and stems not in gone:
            parts = [often[stems[at : at + 1]] for at in range(len(stems)) if stems[at : at + 1] in often]
            if parts and len(often[stems].places) < 0.2 * min(len(each.places) for each in parts):
                gone.add(stems)
    return [each for stems, each in often.items() if stems not in gone]


def _together(kept: list[_Candidate]) -> list[list[_Candidate]]:
    groups: list[list[_Candidate]] = []
    for each in kept:
        for group in groups:
            both = len(each.places & group[0].places)
            if both >= TOGETHER * len(each.places | group[0].places):
                group.append(each)
                break
        else:
            groups.append([each])
    return groups


def _key(entry: str, language: str) -> tuple[str, ...]:
    return tuple(stem(word, language) for word in words_of(entry, language))
