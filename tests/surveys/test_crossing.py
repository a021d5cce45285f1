"""Two attributes crossed: every cell agrees with the rows, and no hidden one can be worked out."""

import random
from fractions import Fraction

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from accounts.tenancy.context import acting_for
from surveys import crossing, privacy, reporting
from surveys.filtering import Filter
from surveys.models import Response
from tests.factories.surveys import system
from tests.surveys.test_scanning import answers


@pytest.fixture
def shop(acme):
    return answers(acme)


def crossed(organization, actor=None, **query):
    with acting_for(organization):
        chosen = Filter.read(QueryDict("period=all").copy() | query, organization)
        return crossing.crossed(chosen, actor or system())


@pytest.mark.django_db
class TestCrossed:
    @pytest.mark.row("D3", "two attributes crossed (store x purchase history)")
    def test_every_cell_agrees_with_the_rows(self, acme, shop):
        found = crossed(acme, by="attribute.store", across="attribute.spend")
        assert len(found.columns) == 4
        with acting_for(acme):
            for row, cells in found.lines:
                of_store = Response.objects.filter(attributes__store=row.key)
                assert sum(cell.n for cell in cells) == of_store.count()
            one = found.rows[0].key
            spent = sorted(
                each.attributes["spend"] for each in Response.objects.filter(attributes__has_key="spend")
            )
            low = spent[len(spent) // 4 - 1]
            expected = reporting.counts_of(
                Response.objects.filter(attributes__store=one, attributes__spend__lte=low)
            )
        assert found.cells[0][0].counts == expected

    def test_an_unknown_and_the_same_attribute_cross_nothing(self, acme, shop):
        assert crossed(acme, by="attribute.store", across="attribute.store") is None
        assert crossed(acme, by="attribute.store", across="attribute.shoe") is None
        assert crossed(acme, across="attribute.store") is None

    def test_small_cells_are_hidden_from_who_may_not_read_answers(self, acme, shop, vera, actor_of):
        found = crossed(acme, actor_of(vera), by="attribute.store", across="attribute.card")
        for row, cells in found.lines:
            for cell in cells:
                assert cell.hidden or cell.n == 0 or cell.n >= acme.privacy_threshold, row.label
        assert any(cell.hidden for cells in found.cells for cell in cells), "the pier has four answers"
        assert found.left_out == 0

    def test_the_page_and_the_program_show_the_same_cells(self, acme, shop, alice, as_, api):
        page = (
            as_(alice)
            .get(f"/o/{acme.slug}/overview/?period=all&by=attribute.store&across=attribute.card")
            .content.decode()
        )
        assert "Store crossed with Loyalty card" in page
        surveys = api(acme).get("/api/v1/surveys").json()["items"]
        told = (
            api(acme)
            .get(
                f"/api/v1/surveys/{surveys[0]['id']}/results?period=all&by=attribute.store&across=attribute.card"
            )
            .json()
        )
        found = crossed(acme, by="attribute.store", across="attribute.card")
        assert len(told["cells"]) == len(found.rows) * len(found.columns) == 10
        assert told["crossed_with"] == "Loyalty card"


sizes = st.dictionaries(
    st.tuples(st.integers(0, 4), st.integers(0, 4)), st.integers(0, 40), min_size=1, max_size=25
)


@given(sizes, st.integers(5, 20))
def test_no_row_and_no_column_hides_fewer_than_the_threshold(table, threshold):
    """Who knows the sum of a row learns by subtraction of its hidden cells together, never of one or of few.

    Where the whole line is smaller than the threshold, nothing of it is shown, and its sum is not told either.
    """
    hidden = privacy.hidden_cells(table, threshold)
    for side in (0, 1):
        for key in {cell[side] for cell in table}:
            line = {cell: size for cell, size in table.items() if cell[side] == key and size}
            gone = [size for cell, size in line.items() if cell in hidden]
            shown = [size for cell, size in line.items() if cell not in hidden]
            assert all(size >= threshold for size in shown)
            if gone and shown:
                assert len(gone) >= 2 and sum(gone) >= threshold


@pytest.mark.row("D10", "privacy of small groups (numbers.md)")
@given(sizes, st.integers(5, 20))
def test_no_hidden_cell_follows_from_what_is_shown(table, threshold):
    """Against exact arithmetic: the shown cells, the sums of both breakdowns, and the whole."""
    rows, columns = {cell[0] for cell in table}, {cell[1] for cell in table}
    table = {(row, column): table.get((row, column), 0) for row in rows for column in columns}
    hidden = privacy.hidden_cells(table, threshold)
    sums = [{}, {}]
    for cell, size in table.items():
        for side in (0, 1):
            sums[side][cell[side]] = sums[side].get(cell[side], 0) + size
    untold = [privacy.hidden(each, threshold) for each in sums]
    whole = [list(hidden)] if sum(table.values()) >= threshold else []
    for cell in solved(table, hidden, untold, whole):
        assert len(hidden) == len(table), "some cell could still have been hidden"
        assert table[cell] >= threshold or table[cell] == 0, "it is the sum of a line that is shown by itself"


def solved(table, hidden, untold, whole):
    """The hidden cells that have one value only, by Gauss over fractions."""
    names = sorted(hidden)
    lines = [
        [cell for cell in hidden if cell[side] == key]
        for side in (0, 1)
        for key in {cell[side] for cell in table} - untold[side]
    ]
    matrix = [[Fraction(cell in line) for cell in names] for line in [*lines, *whole]]
    rank = 0
    for column in range(len(names)):
        pivot = next((at for at in range(rank, len(matrix)) if matrix[at][column]), None)
        if pivot is None:
            continue
        matrix[rank], matrix[pivot] = matrix[pivot], matrix[rank]
        matrix[rank] = [each / matrix[rank][column] for each in matrix[rank]]
        for at in range(len(matrix)):
            if at != rank and matrix[at][column]:
                factor = matrix[at][column]
                matrix[at] = [a - factor * b for a, b in zip(matrix[at], matrix[rank], strict=True)]
        rank += 1
    alone = [row for row in matrix[:rank] if sum(1 for each in row if each) == 1]
    return [names[next(at for at, each in enumerate(row) if each)] for row in alone]


def test_a_bridge_between_two_rings_of_hidden_cells_is_hidden_by_more():
    """Every line hides two cells, and the one between the rings would still follow from the sums."""
    ring = {(r, c): 6 for r in (0, 1) for c in (0, 1)} | {(r, c): 6 for r in (2, 3) for c in (2, 3)}
    table = {(r, c): 50 for r in range(4) for c in range(4)} | ring | {(1, 2): 3}
    untold = [set(), set()]
    gone = set(ring) | {(1, 2)}
    assert solved(table, gone, untold, [list(gone)]) == [(1, 2)]
    assert privacy.given_away(set(table), gone, untold) == {(1, 2)}
    assert len(privacy.hidden_cells(table, 10)) > 9


def test_nothing_is_hidden_from_those_who_may_read():
    chance = random.Random(1)
    table = {(a, b): chance.randint(0, 9) for a in range(4) for b in range(4)}
    assert privacy.hidden_cells(table, 1) == set()
