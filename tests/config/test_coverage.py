"""The page of what works is made from the tests, and is never stale."""

from pathlib import Path

import pytest

from config import coverage


def test_the_page_is_up_to_date():
    assert coverage.PAGE.read_text(encoding="utf-8") == coverage.page(
        coverage.rows(list(coverage.marks()))
    ), "docs/coverage.md is stale: run ./run manage coverage"


def test_the_page_has_one_line_for_each_of_the_79_rows():
    contract = coverage.rows([])
    lines = [line for line in coverage.page(contract).splitlines() if line.startswith("| ")][1:]
    assert len(contract) == 79
    assert len(lines) == 79


def test_a_row_is_whole_only_when_every_clause_has_its_test():
    row = coverage.Row("X1", ["one", "two"])
    assert row.state == "missing"
    row.shown["one"] = ["tests/test_x.py::test_one"]
    assert (row.state, row.missing) == ("part", ["two"])
    row.shown["two"] = ["tests/test_x.py::test_two"]
    assert row.state == "whole"


def test_a_mark_that_names_no_clause_is_refused(tmp_path: Path):
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_x.py").write_text(
        'import pytest\n\n@pytest.mark.row("A1", "walks on water")\ndef test_x():\n    pass\n'
    )
    found = list(coverage.marks(tests))
    assert found == [coverage.Mark("A1", "walks on water", "tests/test_x.py::test_x")]
    with pytest.raises(coverage.UnknownClause, match="walks on water"):
        coverage.rows(found)
