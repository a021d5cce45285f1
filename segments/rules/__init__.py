"""The rule language: a tree, read from JSON, told in a sentence. Pure: no Django, no clock."""

from segments.rules.reading import RuleError, read_rule
from segments.rules.telling import Part, sentence, tell
from segments.rules.tree import EVERYBODY, Condition, Group, Node, Operator, as_json, operators_of

__all__ = [
    "EVERYBODY",
    "Condition",
    "Group",
    "Node",
    "Operator",
    "Part",
    "RuleError",
    "as_json",
    "operators_of",
    "read_rule",
    "sentence",
    "tell",
]
