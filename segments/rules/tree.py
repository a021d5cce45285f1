"""What a rule is: groups of conditions, each about one field, by one operator, with typed values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

DEEPEST = 8
MOST_NODES = 200
MOST_VALUES = 100
HOWS = ("all", "any", "none")


@dataclass(frozen=True)
class Operator:
    """`takes`: none, value (of the field's kind), values (several), pair (low, high), days, percent."""

    name: str
    takes: str = "value"


def _operators(text: str) -> dict[str, Operator]:
    made = (Operator(*word.split(":")) for word in text.split())
    return {operator.name: operator for operator in made}


_KNOWN = " is_known:none is_unknown:none"
_NUMBER = "is is_not at_least at_most more_than less_than between:pair top_percent:percent" + _KNOWN

# Kind of a field -> what can be asked of it.
OPERATORS: dict[str, dict[str, Operator]] = {
    "text": _operators("is is_not is_one_of:values is_none_of:values begins_with contains" + _KNOWN),
    "number": _operators(_NUMBER),
    "money": _operators(_NUMBER),
    # A count or a sum is always known, and no rank.
    "count": _operators("is is_not at_least at_most more_than less_than between:pair"),
    "date": _operators(
        "is before after between:pair within_last:days longer_ago_than:days within_next:days" + _KNOWN
    ),
    "instant": _operators("before after within_last:days longer_ago_than:days" + _KNOWN),
    "yes_no": _operators("is_true:none is_false:none" + _KNOWN),
    "flag": _operators("is_true:none is_false:none"),
    "choice": _operators("is is_not is_one_of:values is_none_of:values" + _KNOWN),
    "list": _operators("includes includes_any:values excludes" + _KNOWN),
    "unit": _operators("is_in is_not_in" + _KNOWN),
    "segment": _operators("is_in is_not_in"),
}


@dataclass(frozen=True)
class Option:
    """A further word that a field asks for: of which event, within how many days."""

    name: str
    kind: str  # "text", "days", "choice"
    required: bool = True
    choices: tuple[str, ...] = ()
    # The option without which this one means nothing.
    needs: str = ""
    # What the builder calls a choice, where its own word does not tell.
    labels: Mapping[str, Any] = field(default_factory=dict, compare=False)


class Word(Protocol):
    """What reading and telling need to know of a field."""

    @property
    def key(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def choices(self) -> tuple[str, ...]: ...

    @property
    def options(self) -> tuple[Option, ...]: ...


@dataclass(frozen=True)
class Condition:
    """One row of the builder. `value` fits the operator; dates are kept as "2026-01-31", pairs as tuples."""

    field: str
    operator: str
    value: Any = None
    options: tuple[tuple[str, Any], ...] = ()

    def option(self, name: str) -> Any:
        return dict(self.options).get(name)


@dataclass(frozen=True)
class Group:
    """all: every member holds; any: at least one; none: not one of them. An empty `all` is everybody."""

    how: str
    members: tuple["Node", ...] = field(default=())

    def conditions(self) -> Iterator[Condition]:
        for member in self.members:
            if isinstance(member, Group):
                yield from member.conditions()
            else:
                yield member

    def depth(self) -> int:
        return 1 + max((member.depth() for member in self.members if isinstance(member, Group)), default=0)

    def nodes(self) -> int:
        return 1 + sum(member.nodes() if isinstance(member, Group) else 1 for member in self.members)


Node = Condition | Group

EVERYBODY = Group("all")


def operators_of(kind: str) -> dict[str, Operator]:
    return OPERATORS[kind]


def as_json(node: Node) -> dict[str, Any]:
    """The one form a rule is kept in; read_rule gives the same tree back."""
    if isinstance(node, Group):
        return {node.how: [as_json(member) for member in node.members]}
    written: dict[str, Any] = {"field": node.field, **dict(node.options), "operator": node.operator}
    if node.value is not None:
        written["value"] = list(node.value) if isinstance(node.value, tuple) else node.value
    return written
