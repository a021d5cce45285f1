"""Two attributes crossed: the score of each pair of values, as it was when people answered."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from accounts.acting import Actor
from surveys import grouping, privacy, reporting
from surveys.filtering import Filter
from surveys.grouping import Dimension, Slice
from surveys.nps import Counts
from surveys.reporting import Scored

MOST = 12  # values of each side; the small ones beyond are left out and counted


@dataclass(frozen=True)
class Crossed:
    """`cells` holds a row for each of `rows`, in the order of `columns`. `left_out` answers are in no cell."""

    down: Dimension
    across: Dimension
    rows: list[Slice]
    columns: list[Slice]
    cells: list[list[Scored]]
    left_out: int

    @property
    def lines(self) -> list[tuple[Slice, list[Scored]]]:
        return list(zip(self.rows, self.cells, strict=True))


def crossed(chosen: Filter, actor: Actor) -> Crossed | None:
    """The table of `chosen.by` and `chosen.across`; None unless both are known and not the same."""
    known = {each.key: each for each in grouping.dimensions(actor)}
    down, across = known.get(chosen.by), known.get(chosen.across)
    if down is None or across is None or down == across:
        return None
    guard = reporting.Guard.of(actor, chosen)
    responses = grouping.last_of_each(chosen.responses(actor))
    rows, columns, cells = grouping.by_two(responses, down, across)
    rows, columns = _largest(rows), _largest(columns)
    sizes: dict[tuple[Hashable, Hashable], int] = {
        (row.key, column.key): cells.get((row.key, column.key), Counts(0, 0, 0)).n
        for row in rows
        for column in columns
    }
    hidden = privacy.hidden_cells(sizes, guard.threshold)
    shown = [
        [
            Scored(cells.get((row.key, column.key), Counts(0, 0, 0)), hidden=(row.key, column.key) in hidden)
            for column in columns
        ]
        for row in rows
    ]
    in_cells = sum(sizes.values())
    left_out = reporting.counts_of(responses).n - in_cells
    return Crossed(down, across, rows, columns, shown, 0 if guard.is_on else left_out)


def _largest(slices: list[Slice]) -> list[Slice]:
    kept = sorted(slices, key=lambda each: -each.counts.n)[:MOST]
    return [each for each in slices if each in kept]
