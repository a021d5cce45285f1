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
