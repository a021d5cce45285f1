"""Cells -> people, by the chosen columns: a whole block column by column, the odd row by itself."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from json.encoder import encode_basestring
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Unit
from accounts.zones import zone_names
from segments import keeping_companies
from segments.addresses import BadAddress, is_plain_email, normal_phone
from segments.customers import LONGEST, Person, Refused, Schema, checked_person, no_such_stage
from segments.loading import People
from segments.models import KeyKind
from segments.sheets import LONGEST_CELL
from segments.suggesting import Column
from segments.values import BadValue, Value, parse_date, read_text

KINDS_THAT_MISS_BLANKS = ("number", "money", "date", "yes_no")
# Stands where a cell needs a look at its row; no cell can be it.
ODD: Any = "\x00odd"
# Columns of the customer whose cells mean something else than they say.
REMEMBERED = (
    "phone", "unit", "created_at", "time_zone", "stage", "roles", "company_owner", "company_revenue",
    "company_renewal",
)  # fmt: skip
# Values of a column that are remembered.
MOST_REMEMBERED = 20_000


@dataclass
class Row:
    """One row as read: a person, or the reason why not; and what was missing in it."""

    number: int
    cells: list[str]
    person: Person | None = None
    error: str = ""
    column: str = ""
    warnings: list[tuple[str, str]] = field(default_factory=list)


class RowReader:
    """Cells -> Person, by the chosen columns."""

    def __init__(self, columns: Sequence[Column], schema: Schema, header: Sequence[str]) -> None:
        self.columns, self.schema, self.header = columns, schema, header
        self.zones = frozenset(zone_names())
        self.units = {name.lower(): pk for pk, name in Unit.objects.all().values_list("pk", "name")}
        self.owners = keeping_companies.owners_by_address()
        self._remembered: dict[int, _Remembered] = {}
        self.kinds = {
            number: self._kind(column)
            for number, column in enumerate(columns)
            if column.to == "new" or column.to.startswith("attribute:")
        }

    def _kind(self, column: Column) -> tuple[str, str, list[str]]:
        if column.to == "new":
            return column.key, column.kind, []
        attribute = self.schema.attributes[column.to.removeprefix("attribute:")]
        return attribute.key, str(attribute.kind), attribute.choices

    def read(self, cells: list[str], number: int) -> Row:
        """Never raises: what is wrong with a row is part of what was read."""
        row = Row(number, cells)
        try:
            row.person = self._person(row)
        except Refused as refusal:
            row.error, row.column = str(refusal), refusal.path
        return row

    def _person(self, row: Row) -> Person:
        if len(row.cells) > len(self.header) and any(cell.strip() for cell in row.cells[len(self.header) :]):
            raise Refused(
                _("The row has %(cells)d cells, the first row has %(names)d.")
                % {"cells": len(row.cells), "names": len(self.header)}
            )
        facts: dict[str, Any] = {}
        attributes: dict[str, Any] = {}
        for number, column in enumerate(self.columns):
            if column.to == "ignore":
                continue
            cell = row.cells[number] if number < len(row.cells) else ""
            name = self.header[number]
            if len(cell) > LONGEST_CELL:
                raise Refused(
                    _("The cell has %(length)d characters; at most %(most)d can be kept.")
                    % {"length": len(cell), "most": LONGEST_CELL},
                    name,
                )
            try:
                if number in self.kinds:
                    key, kind, choices = self.kinds[number]
                    value = read_text(kind, cell, choices, day_first=column.day_first)
                    if value is not None:
                        attributes[key] = value
                    elif kind in KINDS_THAT_MISS_BLANKS and (column.full or cell):
                        row.warnings.append((name, _("The cell is blank; the customer came in without it.")))
                elif cell.strip():
                    facts[column.to] = self._fact(column, cell.strip())
            except BadValue as error:
                raise Refused(str(error), name) from None
        return self._checked(facts, attributes)

    def _fact(self, column: Column, cell: str) -> Any:
        if column.to == "created_at":
            day = parse_date(cell, day_first=column.day_first)
            return timezone.make_aware(datetime.combine(day, time(12)))
        if column.to == "unit":
            if cell.lower() not in self.units:
                raise BadValue(_("There is no unit “%(name)s”.") % {"name": cell[:60]})
            return self.units[cell.lower()]
        if column.to == "stage":
            key = self.schema.plan.key_of(cell)
            if key is None:
                raise BadValue(no_such_stage(cell, self.schema.plan))
            return key
        if column.to == "roles":
            return keeping_companies.read_roles(cell)
        if column.to == "company_owner":
            if cell.lower() not in self.owners:
                raise BadValue(_("No member has the address “%(address)s”.") % {"address": cell[:80]})
            return self.owners[cell.lower()]
        if column.to == "company_revenue":
            return keeping_companies.read_revenue(cell)
        if column.to == "company_renewal":
            return parse_date(cell, day_first=column.day_first)
        if column.to == "time_zone" and cell not in self.zones:
            raise BadValue(_("“%(zone)s” is not a time zone.") % {"zone": cell[:64]})
        return cell

    def _checked(self, facts: dict[str, Any], attributes: dict[str, Any]) -> Person:
        last_name = facts.pop("last_name", "")
        if last_name and "name" not in facts:
            facts["name"] = " ".join(part for part in (facts.get("first_name", ""), last_name) if part)
        if "unit" in facts:
            facts["unit_id"] = facts.pop("unit")
        person = Person(**facts)
        try:
            person = checked_person(person, self.schema)
        except Refused as refusal:
            raise Refused(str(refusal), self._column_name(refusal.path)) from None
        # Checked while they were read: typed values, so not a second time.
        person.attributes.update(attributes)
        return person

    def _column_name(self, target: str) -> str:
        for number, column in enumerate(self.columns):
            if column.to == target:
                return self.header[number]
        return ""

    # --- a block of rows ---------------------------------------------------------------------------------

    def read_block(self, rows: Sequence[list[str]], first: int) -> "Block":
        """The same for many rows, which are numbered from `first`.

        Cells that are as they should be are read a column at a time. A row with any other cell is read by
        itself, by `read`, so that there is one place that says what is wrong with it.
        """
        width = len(self.header)
        odd = {place for place, cells in enumerate(rows) if len(cells) != width}
        cut = rows if not odd else [[*cells, *[""] * width][:width] for cells in rows]
        block = _Columns(self, list(zip(*cut, strict=True)) if rows else [()] * width, odd)
        people = block.people(len(rows))
        problems: list[Row] = []
        for place in sorted(block.odd):
            row = self.read(rows[place], first + place)
            if row.person is not None:
                people.put(place, row.person)
            if row.error or row.warnings:
                problems.append(row)
        left_out = {row.number - first for row in problems if row.person is None}
        numbers = list(range(first, first + len(rows)))
        if left_out:
            places = [place for place in range(len(rows)) if place not in left_out]
            people, numbers = people.some(places), [first + place for place in places]
        return Block(people, numbers, problems)

    def remembered(self, number: int) -> "_Remembered":
        """What the cells of a column with values of its own mean, kept from block to block."""
        if number not in self._remembered:
            self._remembered[number] = _Remembered(self._meaning(number))
        return self._remembered[number]

    def _meaning(self, number: int) -> Callable[[str], Any]:
        column = self.columns[number]
        if number in self.kinds:
            key, kind, choices = self.kinds[number]
            quoted = encode_basestring(key)

            def member(cell: str) -> str | None:
                """`"key": value` as it stands in the JSON object."""
                value: Value = _plain_number(cell) if kind in ("number", "money") else None
                if value is None:
                    value = read_text(kind, cell, choices, day_first=column.day_first)
                if value is None:
                    missed = kind in KINDS_THAT_MISS_BLANKS and (column.full or cell)
                    return ODD if missed else None
                return f"{quoted}: {_as_json(value)}"

            return member
        if column.to == "phone":
            return normal_phone
        return lambda cell: self._fact(column, cell)


@dataclass
class Block:
    """Many rows as read: the people with the numbers of their rows, and the rows that need a line in the report."""

    people: People
    numbers: list[int]
    problems: list[Row]


class _Remembered(dict[str, Any]):
    """Cell -> what it means, or ODD."""

    def __init__(self, meaning: Callable[[str], Any]) -> None:
        self.meaning = meaning

    def __missing__(self, cell: str) -> Any:
        try:
            found = self.meaning(cell)
        except (BadValue, BadAddress):
            found = ODD
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        self[cell] = found
        return found


def _as_json(value: Any) -> str:
    """json.dumps for what a cell can be, without its detours for the two most frequent kinds."""
    if type(value) is str:
        return encode_basestring(value)
    return repr(value) if type(value) is int else json.dumps(value, ensure_ascii=False)


_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")


def _plain_number(cell: str) -> int | float | None:
    """The number that nearly all cells are, as read_text has it; None: look again."""
    if not _PLAIN_NUMBER.fullmatch(cell):
        return None
    number = float(cell)
    return int(number) if number.is_integer() else number


class _Columns:
    """One block, column by column; `odd` gathers the places of rows that need a look."""

    def __init__(self, reader: RowReader, cells: Sequence[tuple[str, ...]], odd: set[int]) -> None:
        self.reader, self.cells, self.odd = reader, cells, odd

    def people(self, count: int) -> People:
        facts: dict[str, list[Any]] = {}
        members: list[list[Any]] = []
        for number, column in enumerate(self.reader.columns):
            if column.to == "ignore":
                continue
            texts = self.cells[number]
            self.too_long(texts, LONGEST_CELL)
            if "\x00" in "".join(texts):
                self.mark(place for place, text in enumerate(texts) if "\x00" in text)
            if number in self.reader.kinds:
                members.append(self.remembered(number, texts))
            else:
                facts[column.to] = self.facts(number, column, [text.strip() or None for text in texts])
        if "last_name" in facts:
            self.join_names(facts, count)
        people = People([], [], _objects(members, count))
        people.unit_ids, people.created_at = facts.pop("unit", None), facts.pop("created_at", None)
        self.tell_apart(people, facts.pop("external_id", None), facts, count)
        people.facts = facts
        return people

    def mark(self, places: Any) -> None:
        self.odd.update(places)

    def remembered(self, number: int, texts: Sequence[str | None]) -> list[Any]:
        known = self.reader.remembered(number)
        found = [None if text is None else known[text] for text in texts]
        if ODD in found:
            self.mark(place for place, one in enumerate(found) if one is ODD)
        return found

    def facts(self, number: int, column: Column, texts: list[str | None]) -> list[Any]:
        """One of the columns of the customer, blanks as None."""
        if column.to in REMEMBERED:
            return self.remembered(number, texts)
        if column.to == "email":
            self.mark(
                place for place, text in enumerate(texts) if text is not None and not is_plain_email(text)
            )
        longest = LONGEST.get(column.to)
        if longest is not None:
            self.too_long(texts, longest)
        return texts

    def too_long(self, texts: Sequence[str | None], longest: int) -> None:
        if max(map(len, filter(None, texts)), default=0) > longest:
            self.mark(place for place, text in enumerate(texts) if text is not None and len(text) > longest)

    def join_names(self, facts: dict[str, list[Any]], count: int) -> None:
        """A last name makes the name, with the first name before it, where none is given."""
        names = facts.get("name") or [None] * count
        firsts = facts.get("first_name") or [None] * count
        lasts = facts.pop("last_name")
        facts["name"] = [
            name if name is not None or last is None else f"{first} {last}" if first else last
            for name, first, last in zip(names, firsts, lasts, strict=True)
        ]
        self.too_long(facts["name"], LONGEST["name"])

    def tell_apart(
        self, people: People, ids: list[Any] | None, facts: dict[str, list[Any]], count: int
    ) -> None:
        """The key of each: the external id, else the address, else the phone number."""
        if ids is not None and None not in ids:
            people.kinds, people.values = [KeyKind.EXTERNAL.value] * count, ids
            return
        nothing: list[Any] = [None] * count
        emails, phones = facts.get("email") or nothing, facts.get("phone") or nothing
        for place, (external, email, phone) in enumerate(zip(ids or nothing, emails, phones, strict=True)):
            kind, value = (
                (KeyKind.EXTERNAL.value, external)
                if external
                else (KeyKind.EMAIL.value, email.lower())
                if email
                else (KeyKind.PHONE.value, phone or "")
            )
            people.kinds.append(kind)
            people.values.append(value)
            if not value:
                self.odd.add(place)


def _objects(members: Sequence[Sequence[Any]], count: int) -> list[str]:
    """The JSON object of each row from the members of its columns."""
    if not members:
        return ["{}"] * count
    return ["{" + ", ".join(filter(None, row)) + "}" for row in zip(*members, strict=True)]
