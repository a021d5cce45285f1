"""Small groups stay hidden where people must not be told apart (docs: numbers.md, "small groups"). Pure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping


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
    found: set[tuple[Hashable, Hashable]] = set()
    if threshold <= 1:
        return found
    while True:
        before = len(found)
        for side in (0, 1):
            for key in {cell[side] for cell in sizes}:
                line = {cell: size for cell, size in sizes.items() if cell[side] == key}
                found |= _also_hidden(line, found, threshold)
        if len(found) == before:
            return found


def _also_hidden(
    line: Mapping[tuple[Hashable, Hashable], int], already: set[tuple[Hashable, Hashable]], threshold: int
) -> set[tuple[Hashable, Hashable]]:
    present = {key: size for key, size in line.items() if size > 0}
    found = {key for key, size in present.items() if size < threshold or key in already}
    by_size = sorted((key for key in present if key not in found), key=lambda key: (present[key], str(key)))
    while found and by_size and (len(found) < 2 or sum(present[key] for key in found) < threshold):
        found.add(by_size.pop(0))
    return found
