"""Which part of a text is shown for a hit, and where the words stand in it. Pure: no database, no markup."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

ROOM = 90


@dataclass(frozen=True)
class Piece:
    """A stretch of text, and whether it is a word that was looked for."""

    text: str
    hit: bool = False


def pieces(text: str, words: Sequence[str], *, room: int | None = ROOM) -> list[Piece]:
    """The text cut at the words that begin as one of `words` does, letters big or small.

    With `room`, only that many characters before the first of them and four times as many behind, with "…" where
    something is left out.
    """
    found = [match.span() for match in _pattern(words).finditer(text)] if words else []
    start, end = 0, len(text)
    if room is not None:
        first = found[0][0] if found else 0
        start, end = _at_a_blank(text, max(0, first - room)), min(len(text), first + 4 * room)
    cut = [Piece("… ")] if start else []
    at = start
    for begin, stop in found:
        if begin < at or stop > end:
            continue
        if begin > at:
            cut.append(Piece(text[at:begin]))
        cut.append(Piece(text[begin:stop], hit=True))
        at = stop
    if at < end:
        cut.append(Piece(text[at:end]))
    return [*cut, Piece(" …")] if end < len(text) else cut


def _at_a_blank(text: str, start: int) -> int:
    """Not in the middle of a word: behind the next blank, if there is one near."""
    if not start:
        return 0
    blank = text.find(" ", start, start + 30)
    return start if blank < 0 else blank + 1


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    several = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![^\W_])(?:{several})[^\W_]*", re.IGNORECASE)
