"""A file of comments with scores, whatever its columns are called, and what its themes weigh: for trying themes on
data that is not in the product.

Ratings are brought to 0 to 10: those of 1 to 5 are stretched, also where a file changes its scale from one year to the
next (a year in which nobody gave more than 5, before years in which somebody did).
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from surveys import nps
from surveys.comparing import FALSE_SHARE, TESTED_FROM, Compared, compare
from surveys.nps import Counts
from surveys.theming.tagging import Mentioned, Tagger

SCORES = ("score", "nps", "grade", "overall_rating", "rating")
TEXTS = ("comment", "text", "content", "review")
DATES = ("date", "answered_at", "created_at")


class NoSuchColumn(ValueError):
    """The file has no column of comments, or none of scores, by a name that is known."""


@dataclass(frozen=True)
class Comment:
    text: str
    score: int


@dataclass(frozen=True)
class Theme:
    """What one theme weighs in a file; `leverage` in points of the whole, None under 30 on a side."""

    key: str
    counts: Counts
    tones: tuple[int, int, int]
    compared: Compared | None
    leverage: tuple[float, float, float] | None
    quotes: tuple[str, ...]


@dataclass(frozen=True)
class Review:
    """`stretched` comments had a score of 1 to 5."""

    comments: int
    whole: Counts
    stretched: int
    untold: int
    themes: list[Theme]


def read(lines: Iterable[str]) -> tuple[list[Comment], int]:
    """The comments that have a score, and how many of the scores were stretched. Raises NoSuchColumn."""
    reader = csv.DictReader(lines)
    names = {name.lower(): name for name in reader.fieldnames or ()}
    score, text = _column(names, SCORES), _column(names, TEXTS)
    date = next((names[each] for each in DATES if each in names), None)
    rows: list[tuple[str, float, str]] = []
    for row in reader:
        try:
            value = float(row[score] or "")
        except ValueError:
            continue
        words = (row[text] or "").strip()
        if words:
            rows.append((words, value, (row[date] or "")[:4] if date else ""))
    most: dict[str, float] = defaultdict(float)
    for _words, value, year in rows:
        most[year] = max(most[year], value)
    comments, stretched = [], 0
    for words, value, year in rows:
        if most[year] <= 5:
            value, stretched = (value - 1) / 4 * 10, stretched + 1
        comments.append(Comment(words, min(10, max(0, int(value + 0.5)))))
    return comments, stretched


def review(comments: list[Comment], tagger: Tagger, *, stretched: int = 0, quotes: int = 5) -> Review:
    """What each theme weighs, the greatest effect first."""
    whole = _counts(comment.score for comment in comments)
    scores: dict[str, list[int]] = defaultdict(list)
    said: dict[str, list[tuple[int, Mentioned]]] = defaultdict(list)
    untold = 0
    for comment in comments:
        heard = tagger.hear(comment.text)
        untold += not heard.mentions
        for theme, mentioned in heard.mentions.items():
            scores[str(theme)].append(comment.score)
            said[str(theme)].append((comment.score, mentioned))
    counted = {theme: _counts(each) for theme, each in scores.items()}
    pairs: dict[Hashable, tuple[Counts, Counts]] = {
        theme: (counts, whole - counts)
        for theme, counts in counted.items()
        if min(counts.n, whole.n - counts.n) >= TESTED_FROM
    }
    compared = compare(pairs, false_share=FALSE_SHARE) if pairs else {}
    themes = [
        Theme(
            theme,
            counts,
            _tones(said[theme]),
            found := compared.get(theme),
            _leverage(found, counts.n / whole.n),
            _quotes(said[theme], quotes),
        )
        for theme, counts in counted.items()
    ]
    themes.sort(key=lambda each: (-abs(each.leverage[0]) if each.leverage else 0.0, -each.counts.n))
    return Review(len(comments), whole, stretched, untold, themes)


def _column(names: Mapping[str, str], known: tuple[str, ...]) -> str:
    found = next((names[each] for each in known if each in names), None)
    if found is None:
        raise NoSuchColumn(f"none of the columns is called {', '.join(known)}")
    return found


def _counts(scores: Iterable[int]) -> Counts:
    return Counts.of_scores(list(scores))


def _tones(said: list[tuple[int, Mentioned]]) -> tuple[int, int, int]:
    tones = [mentioned.sentiment for _score, mentioned in said]
    return tones.count(-1), tones.count(0), tones.count(1)


def _leverage(compared: Compared | None, share: float) -> tuple[float, float, float] | None:
    if compared is None:
        return None
    found = compared.difference
    return found.value * share * 100, found.low * share * 100, found.high * share * 100


def _quotes(said: list[tuple[int, Mentioned]], most: int) -> tuple[str, ...]:
    """Complaints and praise in turn, sentences of middle length first."""
    piles = [
        sorted(
            {
                each.sentence
                for _score, each in said
                if each.sentiment == sentiment and len(each.sentence) > 15
            },
            key=lambda sentence: (abs(len(sentence) - 80), sentence),
        )
        for sentiment in (-1, 1, 0)
    ]
    taken: list[str] = []
    while len(taken) < most and any(piles):
        for pile in piles:
            if pile and len(taken) < most:
                taken.append(pile.pop(0))
    return tuple(taken)


def told(review: Review, names: Mapping[str, str], *, top: int = 10) -> list[str]:
    """The review as lines to print."""
    score = nps.points(nps.score(review.whole))
    lines = [f"{review.comments} comments with a score, NPS {score}; {review.untold} speak of no theme."]
    if review.stretched:
        lines.append(f"{review.stretched} scores of 1 to 5 were stretched to 0 to 10.")
    for place, theme in enumerate(review.themes[:top], start=1):
        negative, neutral, positive = theme.tones
        lines += [
            "",
            f"{place}. {names.get(theme.key, theme.key)}: {theme.counts.n} people, {negative} complaints, {positive}"
            f" praise, {neutral} neither; NPS {nps.points(nps.score(theme.counts))}",
        ]
        if theme.compared and theme.leverage:
            value, low, high = theme.leverage
            reach = f"{value:+.1f} points ({low:+.1f} to {high:+.1f})"
            lines.append(f"   effect on the whole {reach}, {theme.compared.verdict}")
        lines += [f"   “{quote}”" for quote in theme.quotes]
    return lines
