"""What of the product is shown by tests: reads the row marks of the tests, writes docs/coverage.md.

The rows and their clauses stand in docs/rows.toml. A test says which clause it shows:
``@pytest.mark.row("B2", "dry run")``. The marks are read from the source, so that the page can be made
without a database; that the marked tests pass is what the test run itself says. A mark within the parameters of a
test is not read: such a test names all of its clauses above itself.
"""

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROWS = ROOT / "docs" / "rows.toml"
PAGE = ROOT / "docs" / "coverage.md"


class UnknownClause(ValueError):
    """A test names a row or a clause that docs/rows.toml does not have; the message says where."""


@dataclass(frozen=True)
class Mark:
    """One mark of one test: the row, the clause, and where the test stands."""

    row: str
    clause: str
    test: str


@dataclass
class Row:
    """One row of the contract and the tests that show its clauses."""

    id: str
    clauses: list[str]
    shown: dict[str, list[str]] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        return [clause for clause in self.clauses if clause not in self.shown]

    @property
    def state(self) -> str:
        if not self.shown:
            return "missing"
        return "part" if self.missing else "whole"


def marks(tests: Path = ROOT / "tests") -> Iterator[Mark]:
    """Every row mark in the tests, in the order of the files."""
    for path in sorted(tests.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        name = path.relative_to(tests.parent).as_posix()
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            for decorator in node.decorator_list:
                if not _is_row_mark(decorator):
                    continue
                assert isinstance(decorator, ast.Call)
                row, *clauses = (ast.literal_eval(argument) for argument in decorator.args)
                for clause in clauses:
                    yield Mark(row, clause, f"{name}::{node.name}")


def rows(found: list[Mark]) -> list[Row]:
    """The rows with their tests. Raises UnknownClause for a mark that names nothing of the contract."""
    contract = {
        name: Row(name, clauses) for name, clauses in tomllib.loads(ROWS.read_text(encoding="utf-8")).items()
    }
    strangers = []
    for mark in found:
        row = contract.get(mark.row)
        if row is None or mark.clause not in row.clauses:
            strangers.append(f"{mark.test}: row {mark.row} has no clause {mark.clause!r}")
            continue
        row.shown.setdefault(mark.clause, []).append(mark.test)
    if strangers:
        raise UnknownClause("\n".join(strangers))
    return list(contract.values())


def page(contract: list[Row]) -> str:
    """The Markdown of docs/coverage.md: one line per row."""
    states = [row.state for row in contract]
    lines = [
        "# What works, and which test shows it",
        "",
        "Made by `./run manage coverage` from the marks of the tests; `./run test` fails when it is stale.",
        "A row is *whole* when every clause of it has a test, *part* when some have, else *missing*.",
        "The clauses are listed in [rows.toml](rows.toml).",
        "",
        f"{len(contract)} rows: {states.count('whole')} whole, {states.count('part')} part, "
        f"{states.count('missing')} missing.",
        "",
        "| row | state | shown by | still missing |",
        "|---|---|---|---|",
    ]
    for row in contract:
        tests = sorted({test for names in row.shown.values() for test in names})
        missing = "; ".join(row.missing)
        lines.append(f"| {row.id} | {row.state} | {'<br>'.join(tests)} | {missing} |".replace("|  |", "| |"))
    return "\n".join(lines) + "\n"


def _is_row_mark(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "row"
        and ast.unparse(node.func) == "pytest.mark.row"
    )
