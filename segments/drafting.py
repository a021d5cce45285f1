"""A rule while it is being written: as the fields of a form, half-finished, with what is wrong at which row.

A row's place is a dotted path of numbers ("1.0" is the first row of the second group). Each row is a few fields
named by it (f.1.0, o.1.0, v.1.0), so that the builder is one plain form that works without a script; `do` names
the button: add:1, group:1, remove:1.0, copy:1.0, up:1.0, down:1.0.
"""

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from segments.catalog import Field, Vocabulary
from segments.rules import Group, RuleError, operators_of, read_rule
from segments.rules.tree import DEEPEST, HOWS, MOST_NODES
from segments.values import BadValue, parse_number

LONGEST_LINK = 4_000  # characters; an address much longer is cut off on its way

_FIELD = re.compile(r"^([gf])\.((?:\d{1,3}\.)*\d{1,3}|root)$")


@dataclass
class Draft:
    """One node: a group (`how`, `members`) or a row (`field`, `operator`, `value`, `options`)."""

    how: str = ""
    members: list["Draft"] = dataclasses.field(default_factory=list)
    field: str = ""
    operator: str = ""
    value: Any = None
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    # Where the keyboard goes on after a button: "field" of a row, its button "up", or "add" of a group.
    focus: str = ""

    @property
    def is_group(self) -> bool:
        return bool(self.how)

    def as_json(self) -> dict[str, Any]:
        if self.is_group:
            return {self.how: [member.as_json() for member in self.members]}
        told: dict[str, Any] = {"field": self.field, **self.options, "operator": self.operator}
        if self.value is not None:
            told["value"] = self.value
        return told

    def nodes(self) -> int:
        return 1 + sum(member.nodes() for member in self.members)


def of_rule(raw: Mapping[str, Any]) -> Draft:
    """The draft of a rule that is kept, also of one that no longer reads."""
    how = next((one for one in HOWS if one in raw), None)
    if how is not None:
        members = raw[how] if isinstance(raw[how], list) else []
        return Draft(how, [of_rule(member) for member in members if isinstance(member, dict)])
    known = ("field", "operator", "value")
    return Draft(
        field=str(raw.get("field", "")),
        operator=str(raw.get("operator", "")),
        value=raw.get("value"),
        options={key: value for key, value in raw.items() if key not in known},
    )


def of_text(text: str) -> Draft | None:
    """The draft that a link to the builder brings along, as JSON; None where it brings nothing to begin with."""
    if not text or len(text) > LONGEST_LINK:
        return None
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return None
    draft = of_rule(raw) if isinstance(raw, dict) else Draft()
    return draft if draft.is_group and draft.nodes() <= MOST_NODES else None


def read_form(given: QueryDict, words: Vocabulary) -> Draft:
    """The draft as it was sent, with the pressed button carried out."""
    root = Draft(given.get("g.root", "all") if given.get("g.root") in HOWS else "all")
    places: dict[tuple[int, ...], Draft] = {(): root}
    found = []
    for name in given:
        match = _FIELD.match(name)
        if match and match[2] != "root":
            found.append((tuple(int(part) for part in match[2].split(".")), match[1], match[2]))
    for place, kind, path in sorted(found)[:MOST_NODES]:
        parent = places.get(place[:-1])
        if parent is None or not parent.is_group or place in places or len(place) > DEEPEST:
            continue
        how = given.get(f"g.{path}", "any")
        node = Draft(how if how in HOWS else "any") if kind == "g" else _row(given, path, words)
        places[place] = node
        parent.members.append(node)
    _carry_out(given.get("do", ""), places, words)
    return root


def _row(given: QueryDict, path: str, words: Vocabulary) -> Draft:
    row = Draft(field=given.get(f"f.{path}", ""), operator=given.get(f"o.{path}", ""))
    word = words.get(row.field)
    if word is None:
        return row
    if row.field != given.get(f"was.{path}", row.field):
        # Another field was chosen: what was asked of the one before means nothing here.
        return fresh(word)
    operators = operators_of(word.kind)
    if row.operator not in operators:
        row.operator = next(iter(operators))
    for option in word.options:
        text = given.get(f"x.{path}.{option.name}", "").strip()
        if text:
            row.options[option.name] = int(text) if option.kind == "days" and text.isdigit() else text
    takes = operators[row.operator].takes
    texts = [text.strip() for text in given.getlist(f"v.{path}")]
    if takes == "values":
        several = [part.strip() for text in texts for part in re.split(r"[\n;]", text)]
        row.value = [_typed(word, text) for text in several if text] or None
    elif takes == "pair":
        row.value = [_typed(word, text) for text in [*texts, "", ""][:2]]
    elif takes in ("days", "percent"):
        text = texts[0] if texts else ""
        row.value = int(text) if text.isascii() and text.isdigit() else (text or None)
    elif takes == "value" and texts and texts[0]:
        row.value = _typed(word, texts[0])
    return row


def _typed(word: Field, text: str) -> Any:
    if word.kind in ("number", "money", "count"):
        try:
            number = parse_number(text)
        except BadValue:
            return text
        return int(number) if number == number.to_integral_value() else float(number)
    return text


def fresh(word: Field) -> Draft:
    """A new row about a field, with nothing asked yet."""
    row = Draft(field=word.key, operator=next(iter(operators_of(word.kind))))
    for option in word.options:
        if option.choices:
            row.options[option.name] = option.choices[0]
    return row


def _carry_out(deed: str, places: dict[tuple[int, ...], Draft], words: Vocabulary) -> None:
    name, _colon, path = deed.partition(":")
    try:
        place = tuple(int(part) for part in path.split(".") if part)
    except ValueError:
        return
    node = places.get(place)
    if node is None:
        return
    if name in ("add", "group") and node.is_group:
        row = fresh(words["score"])
        row.focus = "field"
        if name == "add":
            node.members.append(row)
        elif len(place) + 2 <= DEEPEST:
            node.members.append(Draft("any", [row]))
        return
    if not place:
        return
    parent, index = places[place[:-1]], place[-1]
    position = next((number for number, member in enumerate(parent.members) if member is node), index)
    if name == "remove":
        parent.members.pop(position)
        rows = [member for member in parent.members if not member.is_group]
        if rows:
            rows[min(position, len(rows) - 1)].focus = "field"
        else:
            parent.focus = "add"
    elif name == "copy":
        copied = of_rule(node.as_json())
        copied.focus = "field"
        parent.members.insert(position + 1, copied)
    elif name == "up" and position > 0:
        parent.members.insert(position - 1, parent.members.pop(position))
        node.focus = "up"
    elif name == "down" and position < len(parent.members) - 1:
        parent.members.insert(position + 1, parent.members.pop(position))
        node.focus = "up"


@dataclass(frozen=True)
class Trouble:
    """What is wrong, and the row where ("" for the whole)."""

    place: str
    message: str
    params: dict[str, Any]


def checked(draft: Draft, words: Vocabulary) -> tuple[Group | None, Trouble | None]:
    """The rule, or what is wrong with it."""
    try:
        return read_rule(draft.as_json(), words), None
    except RuleError as error:
        place = ".".join(re.findall(r"\[(\d+)\]", error.path))
        # An entry of a list of values has a number too; the row is the longest place that exists.
        while place and not _exists(draft, place):
            place = place.rpartition(".")[0]
        return None, Trouble(place, error.message, error.params)


def _exists(draft: Draft, place: str) -> bool:
    node = draft
    for part in place.split("."):
        if not node.is_group or int(part) >= len(node.members):
            return False
        node = node.members[int(part)]
    return True
