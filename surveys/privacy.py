"""Small groups stay hidden where people must not be told apart (docs: numbers.md, "small groups"). Pure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence, Set
from dataclasses import dataclass
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
    """The cells of a crossed table that may not be shown, when the sums of its rows and columns are known.

    Every row and every column hides as `hidden` does; what one hides is small for the other, until both rest.
    """
    return _spread(sizes, set(), threshold) if threshold > 1 else set()


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


@dataclass(frozen=True)
class Hidden:
    """Of a crossed table: the cells that may not be shown, and the rows and columns whose sum may not."""

    cells: frozenset[tuple[Hashable, Hashable]] = frozenset()
    rows: frozenset[Hashable] = frozenset()
    columns: frozenset[Hashable] = frozenset()


def hidden_with_sums(sizes: Mapping[tuple[Hashable, Hashable], int], threshold: int) -> Hidden:
    """What may not be shown of a crossed table that shows the sums of its rows and columns beside the cells.

    A sum is hidden as any group is, and then all cells of its line with it: they would add up to it.
    """
    if threshold <= 1:
        return Hidden()
    sums = [
        {
            key: sum(size for cell, size in sizes.items() if cell[side] == key)
            for key in {cell[side] for cell in sizes}
        }
        for side in (0, 1)
    ]
    lines: list[set[Hashable]] = [set(), set()]
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
        cells = _spread(sizes, cells | of_lines, threshold)
        if (len(cells), len(lines[0]), len(lines[1])) == before:
            return Hidden(frozenset(cells), frozenset(lines[0]), frozenset(lines[1]))


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
