"""Telling a rule in one sentence, whose every phrase knows its row.

The English sentence is unambiguous: values stand in quotes, groups within groups in brackets, so that a
reader (and a test) can get the same tree back from it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from segments.rules.tree import OPERATORS, Condition, Group, Node

Translate = Callable[[str], str]


class Told(Protocol):
    """What telling needs to know of a field."""

    @property
    def key(self) -> str: ...

    @property
    def kind(self) -> str: ...

    def subject(self, options: Mapping[str, Any]) -> str: ...

    def value_text(self, value: Any) -> str: ...


@dataclass(frozen=True)
class Part:
    """A piece of the sentence; `path` is the row it tells of, None for the words between rows."""

    text: str
    path: str | None = None
    strong: bool = False


def sentence(rule: Group, words: Mapping[str, Told], translate: Translate = str) -> str:
    return "".join(part.text for part in tell(rule, words, translate))


def tell(rule: Group, words: Mapping[str, Told], translate: Translate = str) -> list[Part]:
    """The sentence in parts. A condition whose field is gone is told as such instead of failing."""
    _ = translate
    if not rule.members:
        return [Part(_("All customers."))]
    if rule.how == "none":
        parts = [Part(_("All customers but those ")), *_members(rule, words, translate, "rules", _(" or "))]
    elif rule.how == "any" and len(rule.members) > 1:
        parts = [Part(_("Customers either ")), *_members(rule, words, translate, "rules", _(" or "))]
    elif rule.how == "any":
        parts = [Part(_("Customers, in any case, ")), *_members(rule, words, translate, "rules", "")]
    else:
        parts = [Part(_("Customers ")), *_members(rule, words, translate, "rules", _(", and "))]
    return [*parts, Part(".")]


def _members(
    group: Group, words: Mapping[str, Told], translate: Translate, path: str, between: str
) -> list[Part]:
    parts: list[Part] = []
    for number, member in enumerate(group.members):
        if number:
            parts.append(Part(between))
        parts += _node(member, words, translate, f"{path}[{number}]")
    return parts


def _node(node: Node, words: Mapping[str, Told], translate: Translate, path: str) -> list[Part]:
    _ = translate
    if isinstance(node, Condition):
        return _condition(node, words, translate, path)
    inside = f"{path}.{node.how}"
    opening, between = {
        "all": (_("(all of: "), _(", and ")),
        "any": (_("(either "), _(" or ")),
        "none": (_("(not "), _(" or ")),
    }[node.how]
    return [Part(opening), *_members(node, words, translate, inside, between), Part(")")]


def _condition(node: Condition, words: Mapping[str, Told], translate: Translate, path: str) -> list[Part]:
    _ = translate
    word = words.get(node.field)
    if word is None:
        return [Part(_("by a field that is gone (%(field)s)") % {"field": node.field}, path)]
    subject = word.subject(dict(node.options))
    phrase = _phrases(translate)[phrase_name(word.kind, node.operator)]
    # Everything before the value is quiet, the value itself is what one looks for.
    lead, _mark, tail = phrase.partition("%(value)s")
    named = {"subject": subject}
    if not _mark:
        head, _mark, strong = lead.partition("|")
        return [Part(head % named, path), Part(strong % named, path, strong=True)]
    head, _mark, before = lead.partition("|")
    return [
        Part(head % named, path),
        Part(before % named + _value(node, word, translate) + tail % named, path, strong=True),
    ]


def _value(node: Condition, word: Told, translate: Translate) -> str:
    _ = translate
    takes = OPERATORS[word.kind][node.operator].takes
    if takes in ("days", "percent"):
        return str(node.value)
    if takes == "values":
        return ", ".join(word.value_text(one) for one in node.value)
    if takes == "pair":
        low, high = (word.value_text(one) for one in node.value)
        return _("%(low)s and %(high)s") % {"low": low, "high": high}
    return word.value_text(node.value)


def phrase_name(kind: str, operator: str) -> str:
    """Numbers are "at least", days are "before": the phrase depends on both."""
    if kind in ("segment", "unit") and operator in ("is_in", "is_not_in"):
        return f"{kind}.{operator}"
    return operator


def _phrases(translate: Translate) -> dict[str, str]:
    """Phrase by operator. What stands after | is the part to be seen first; the value belongs to it."""
    _ = translate
    return {
        "is": _("whose %(subject)s is |%(value)s"),
        "is_not": _("whose %(subject)s is |not %(value)s"),
        "is_one_of": _("whose %(subject)s is |one of %(value)s"),
        "is_none_of": _("whose %(subject)s is |none of %(value)s"),
        "begins_with": _("whose %(subject)s |begins with %(value)s"),
        "contains": _("whose %(subject)s |contains %(value)s"),
        "at_least": _("whose %(subject)s is |at least %(value)s"),
        "at_most": _("whose %(subject)s is |at most %(value)s"),
        "more_than": _("whose %(subject)s is |more than %(value)s"),
        "less_than": _("whose %(subject)s is |less than %(value)s"),
        "between": _("whose %(subject)s is |between %(value)s"),
        "top_percent": _("whose %(subject)s is |among the highest %(value)s percent"),
        "before": _("whose %(subject)s is |before %(value)s"),
        "after": _("whose %(subject)s is |after %(value)s"),
        "within_last": _("whose %(subject)s is |within the last %(value)s days"),
        "longer_ago_than": _("whose %(subject)s is |more than %(value)s days ago"),
        "within_next": _("whose %(subject)s is |within the next %(value)s days"),
        "is_true": _("for whom |it is so: %(subject)s"),
        "is_false": _("for whom |it is not so: %(subject)s"),
        "includes": _("whose %(subject)s |includes %(value)s"),
        "includes_any": _("whose %(subject)s |includes one of %(value)s"),
        "excludes": _("whose %(subject)s |does not include %(value)s"),
        "is_known": _("whose %(subject)s is |known"),
        "is_unknown": _("whose %(subject)s is |not known"),
        "unit.is_in": _("who belong |to %(value)s or a unit beneath it"),
        "unit.is_not_in": _("who belong |neither to %(value)s nor to a unit beneath it"),
        "segment.is_in": _("who are |in the segment %(value)s"),
        "segment.is_not_in": _("who are |not in the segment %(value)s"),
    }
