"""A block read column by column says what its rows say one by one."""

import json
import random
from typing import Any

from accounts.models import Organization
from segments.customers import PLAIN, Schema
from segments.loading import copied
from segments.mapping import RowReader
from segments.suggesting import Column
from tests.factories.segments import AttributeFactory

CELLS = {
    "external_id": ["", "1", " 2 ", "é-3", "x" * 201, "4\x00"],
    "email": ["", "a@x.example", " B@X.example ", "broken", "ü@x.example", "a" * 65 + "@x.example", '"q"@x.example'],
    "phone": ["", "+441234567890", "+44 1234 567890", "0123", "+43 1 234567"],
    "name": ["", "Ann", "  ", "x" * 201, "tab\tand\nline", "back\\slash"],
    "first_name": ["", "Bob", "x" * 101],
    "last_name": ["", "Lee", "y" * 190],
    "company": ["", "Acme Ltd", " Globex "],
    "locale": ["", "en", "a-locale-that-is-too-long"],
    "time_zone": ["", "Europe/Vienna", "Mars/Base"],
    "stage": ["", "new"],
    "unit": ["", "north", "nowhere"],
    "created_at": ["", "2026-01-31", "31.1.2026", "soon"],
    "attribute:city": ["", "Wien", 'a "quoted" word', "z" * 2001, "\u2028", "nul\x00"],
    "attribute:plan": ["", "Gold", "gold", "none of them"],
    "attribute:spend": ["", "5", "-0", "007", "1.50", "1,234", "1.234,5", "12 €", "9" * 15, "9" * 17, "many", "  "],
    "attribute:renewal": ["", "2026-01-31", "1/2/2026", "2026-02-31"],
    "attribute:beta": ["", "yes", "N", "perhaps"],
    "attribute:tags": ["", "a; b", "a|a"],
}  # fmt: skip


def test_a_block_says_what_its_rows_say_one_by_one(in_acme: Organization, acme_units: Any) -> None:
    for key, kind in (
        ("city", "text"), ("plan", "choice"), ("spend", "number"), ("renewal", "date"), ("beta", "yes_no"),
        ("tags", "list"),
    ):  # fmt: skip
        AttributeFactory(key=key, kind=kind, choices=["Gold", "Silver"] if kind == "choice" else [])
    chance = random.Random(3)
    tried = refused = warned = 0
    for _ in range(70):
        chosen = chance.sample(sorted(CELLS), chance.randint(2, 8))
        columns = [Column(to=to, full=chance.random() < 0.3) for to in chosen]
        columns.append(Column(to="ignore"))
        header = [*chosen, "Ignored"]
        # Mostly the cells of a good file, so that rows are taken column by column.
        rows = [
            [*(CELLS[to][1] if chance.random() < 0.8 else chance.choice(CELLS[to]) for to in chosen), "\x00"]
            for _ in range(12)
        ]
        rows[3] = rows[3][:-2]
        rows[5] = [*rows[5], "", ""]
        rows[7] = [*rows[7], "stray"]
        schema = Schema.load()
        block = RowReader(columns, schema, header).read_block(rows, 101)
        alone = [
            RowReader(columns, schema, header).read(cells, 101 + place) for place, cells in enumerate(rows)
        ]
        good = [row for row in alone if row.person is not None]
        assert block.numbers == [row.number for row in good]
        assert [(row.number, row.error, row.column, row.warnings) for row in block.problems] == [
            (row.number, row.error, row.column, row.warnings) for row in alone if row.error or row.warnings
        ]
        for place, row in enumerate(good):
            person, people = row.person, block.people
            assert person is not None
            assert (people.kinds[place], "", people.values[place]) == person.identity
            assert json.loads(people.attributes[place]) == person.attributes
            for name in (*PLAIN, "company"):
                assert people.facts.get(name, [None] * len(good))[place] == getattr(person, name), name
            assert (people.unit_ids or [None] * len(good))[place] == person.unit_id
            assert (people.created_at or [None] * len(good))[place] == person.created_at
        tried += len(good)
        refused += len(alone) - len(good)
        warned += sum(bool(row.warnings) for row in good)
    # The control: all three kinds of row were among them.
    assert min(tried, refused, warned) > 4


def test_texts_are_written_for_copy_as_they_are() -> None:
    assert copied([["a\\b", None], ["tab\there", "line\r\n"]]) == "a\\\\b\ttab\\there\n\\N\tline\\r\\n\n"
