"""Small groups stay hidden where people must not be told apart (docs: numbers.md, "small groups"). Pure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence, Set
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def hidden(sizes: Mapping[Hashable, int], threshold: int) -> set[Hashable]:
    """The groups that may not be shown: those below the threshold, and as many of the next smallest as
    it takes so that nobody can subtract the shown ones from the whole and learn of fewer than `threshold`.

    Empty groups tell nothing and are shown. `threshold` 1 hides nothing.
    """
    present = {key: size for key, size in sizes.items() if size > 0}
    found = {key for key, size in present.items() if size < threshold}
    by_size = sorted((key for key in present if key not in found), key=lambda key: (present[key], str(key)))
    while found and by_size and (len(found) < 2 or sum(present[key] for key in found) < threshold):
        found.add(by_size.pop(0))
    return found


def hidden_cells(
    sizes: Mapping[tuple[Hashable, Hashable], int], threshold: int
) -> set[tuple[Hashable, Hashable]]:
    """The cells of a crossed table that may not be shown, when the sums of its rows and columns are known, as far
    as a breakdown by either side shows them.

    Every row and every column hides as `hidden` does; what one hides is small for the other, until both rest. Then
    cells go too, empty ones first, until no hidden cell follows from the shown ones and the sums together. The table
    is whole: a pair that nobody has is a cell of 0, since to leave it out would tell so.
    """
    if threshold <= 1:
        return set()
    untold = [hidden(each, threshold) for each in _sums(sizes)]
    return _closed(sizes, _spread(sizes, set(), threshold), untold, threshold)


def tellable(parts: Mapping[tuple[bool, ...], int], order: Sequence[int], threshold: int) -> list[int]:
    """Which of several groups that may share people can be told, the earlier in `order` first.

    `parts` holds for each way of being in some groups and not in others how many people that are, those in none
    included. A group is told as long as the groups that are told, everybody included, cut the people into parts of
    at least `threshold`, or of nobody: then no sum and no difference of any of them speaks of fewer.
    """
    told: list[int] = []
    for group in order:
        cut: dict[tuple[bool, ...], int] = {}
        for part, size in parts.items():
            key = tuple(part[each] for each in (*told, group))
            cut[key] = cut.get(key, 0) + size
        if all(size == 0 or size >= threshold for size in cut.values()):
            told.append(group)
    return told


def tellable_sums(parts: Mapping[tuple[bool, ...], int], order: Sequence[int], threshold: int) -> list[int]:
    """Like `tellable`, where only the sum of each group is shown, never what two of them share.

    A group is told when it and the rest have nobody or at least `threshold`, and when no sum and difference of the
    groups that are told, everybody included, speaks of fewer than `threshold` and somebody. Fewer people than that can
    only be made of parts each smaller than `threshold`: so it is enough that the told groups, seen on the large parts
    alone, are linearly independent, for then no combination of them vanishes on all of those.
    """
    whole = sum(parts.values())
    large = [part for part, size in parts.items() if size >= threshold]
    if 0 < whole < threshold:
        return []
    told: list[int] = []
    reduced: list[list[Fraction]] = []
    if threshold > 1 and whole and _independent(reduced, [Fraction(1)] * len(large)) is None:
        return []
    for group in order:
        inside = sum(size for part, size in parts.items() if part[group])
        if threshold <= 1 or inside in (0, whole):
            told.append(group)
            continue
        if min(inside, whole - inside) < threshold:
            continue
        if _independent(reduced, [Fraction(int(part[group])) for part in large]) is not None:
            told.append(group)
    return told


def _independent(reduced: list[list[Fraction]], row: list[Fraction]) -> list[Fraction] | None:
    """Add the row to the reduced ones, unless it follows from them."""
    for other in reduced:
        lead = next(place for place, each in enumerate(other) if each)
        factor = row[lead] / other[lead]
        row = [a - factor * b for a, b in zip(row, other, strict=True)]
    if not any(row):
        return None
    reduced.append(row)
    return row


@dataclass(frozen=True)
class Hidden:
    """Of a crossed table: the cells that may not be shown, and the rows and columns whose sum may not."""

    cells: frozenset[tuple[Hashable, Hashable]] = frozenset()
    rows: frozenset[Hashable] = frozenset()
    columns: frozenset[Hashable] = frozenset()


def hidden_with_sums(
    sizes: Mapping[tuple[Hashable, Hashable], int],
    threshold: int,
    *,
    rows: Set[Hashable] = frozenset(),
    columns: Set[Hashable] = frozenset(),
) -> Hidden:
    """What may not be shown of a crossed table that shows the sums of its rows and columns beside the cells.

    A sum is hidden as any group is, and then all cells of its line with it: they would add up to it. `rows` and
    `columns` are hidden in any case, because another table beside this one has the same sums and hides them.
    """
    if threshold <= 1:
        return Hidden()
    sums = _sums(sizes)
    lines: list[set[Hashable]] = [set(rows), set(columns)]
    cells: set[tuple[Hashable, Hashable]] = set()
    while True:
        before = (len(cells), len(lines[0]), len(lines[1]))
        for side in (0, 1):
            # A line with one hidden cell and a sum would tell it.
            alone = {
                key
                for key in sums[side]
                if sum(size > 0 for cell, size in sizes.items() if cell[side] == key and cell in cells) == 1
            }
            lines[side] = _also_hidden(sums[side], lines[side] | alone, threshold)
        of_lines = {
            cell for cell, size in sizes.items() if size and (cell[0] in lines[0] or cell[1] in lines[1])
        }
        cells = _closed(sizes, _spread(sizes, cells | of_lines, threshold), lines, threshold)
        if (len(cells), len(lines[0]), len(lines[1])) == before:
            return Hidden(frozenset(cells), frozenset(lines[0]), frozenset(lines[1]))


def _sums(sizes: Mapping[tuple[Hashable, Hashable], int]) -> list[dict[Hashable, int]]:
    sums: list[dict[Hashable, int]] = [{}, {}]
    for cell, size in sizes.items():
        for side in (0, 1):
            sums[side][cell[side]] = sums[side].get(cell[side], 0) + size
    return sums


def given_away(
    table: Set[tuple[Hashable, Hashable]],
    gone: Set[tuple[Hashable, Hashable]],
    untold: Sequence[Set[Hashable]],
    *,
    whole: bool = True,
) -> set[tuple[Hashable, Hashable]]:
    """The hidden cells (`gone`) of a table that follow from the shown ones and from the sums.

    Known are the sum of all cells (`whole`), and those of each row and column that is not `untold` (rows, columns).
    These are linear equations in the hidden cells; one that stands alone after elimination is known.
    """
    names = sorted(gone, key=str)
    lines = [
        {cell for cell in gone if cell[side] == key}
        for side in (0, 1)
        for key in {cell[side] for cell in table} - set(untold[side])
    ]
    reduced: list[list[int]] = []
    for line in [*lines, *([set(gone)] if whole else [])]:
        row = [int(cell in line) for cell in names]
        for other in reduced:
            factor = row[_lead(other)]
            row = [a - factor * b for a, b in zip(row, other, strict=True)]
        if not any(row):
            continue
        lead = row[_lead(row)]  # 1 or -1: the equations are those of a graph
        row = [each // lead for each in row]
        for place, other in enumerate(reduced):
            factor = other[_lead(row)]
            reduced[place] = [a - factor * b for a, b in zip(other, row, strict=True)]
        reduced.append(row)
    return {names[_lead(row)] for row in reduced if sum(each != 0 for each in row) == 1}


def _lead(row: Sequence[int]) -> int:
    return next(place for place, each in enumerate(row) if each)


def _closed(
    sizes: Mapping[tuple[Hashable, Hashable], int],
    found: set[tuple[Hashable, Hashable]],
    untold: Sequence[Set[Hashable]],
    threshold: int,
) -> set[tuple[Hashable, Hashable]]:
    whole = sum(sizes.values()) >= threshold
    while given := given_away(set(sizes), found, untold, whole=whole):
        shown = [cell for cell in sizes if cell not in found]
        near = [cell for cell in shown if any(cell[0] == one[0] or cell[1] == one[1] for one in given)]
        if not (near or shown):
            return found
        found = _spread(
            sizes, found | {min(near or shown, key=lambda cell: (sizes[cell], str(cell)))}, threshold
        )
    return found


def _spread(
    sizes: Mapping[tuple[Hashable, Hashable], int], found: set[tuple[Hashable, Hashable]], threshold: int
) -> set[tuple[Hashable, Hashable]]:
    while True:
        before = len(found)
        for side in (0, 1):
            for key in {cell[side] for cell in sizes}:
                line = {cell: size for cell, size in sizes.items() if cell[side] == key}
                found |= _also_hidden(line, found, threshold)
        if len(found) == before:
            return found


def _also_hidden(line: Mapping[Key, int], already: Set[Key], threshold: int) -> set[Key]:
    present = {key: size for key, size in line.items() if size > 0}
    found = {key for key, size in present.items() if size < threshold or key in already}
    by_size = sorted((key for key in present if key not in found), key=lambda key: (present[key], str(key)))
    while found and by_size and (len(found) < 2 or sum(present[key] for key in found) < threshold):
        found.add(by_size.pop(0))
    return found
