"""What the answer of a segment depends on: which facts, other people's facts, and the passing of time.

The segments inside a rule are part of it: whoever changes one of them changes this one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import opaque
from accounts.models import Unit
from accounts.modes import counting
from segments import catalog, compiling
from segments.catalog import Asked, Vocabulary
from segments.edges import AnyEdge
from segments.models import Attribute, Segment
from segments.rules import Condition, Group, RuleError, as_json, read_rule

ALL_ASK = ("customer", "consent")
"""Logs that every segment reads: the customer's own row, and whether they wish to be profiled."""


@dataclass
class Depending:
    """One segment as it is followed. `trouble` says why it cannot be."""

    segment: Segment
    signature: str = ""
    reads: set[str] = field(default_factory=lambda: set(ALL_ASK))
    among_others: bool = False
    conditions: list[Condition] = field(default_factory=list)
    trouble: str = ""
    words: Vocabulary | None = None

    def edges(self, asked: Asked) -> Iterator[AnyEdge]:
        """When time alone may turn it for somebody."""
        assert self.words is not None
        for condition in self.conditions:
            yield from catalog.edges_of(self.words[condition.field], condition, asked)

    def holds(self, asked: Asked) -> Q:
        """The condition for Customer.objects.filter. Raises compiling.Unanswerable."""
        return compiling.inside(self.segment, asked=asked, words=self.words)


def depending(asked: Asked) -> list[Depending]:
    """All segments of the acting organization that change by themselves: fixed lists do not."""
    words = catalog.vocabulary()
    segments = {one.pk: one for one in Segment.objects.present()}
    look = _Look(segments, words, asked)
    return [look.at(one) for one in segments.values() if not one.static]


def surroundings(asked: Asked) -> str:
    """What all rules depend on: when this is another, it is worth looking at every rule."""
    units = list(Unit.objects.order_by("pk").values_list("pk", "parent_id"))
    attributes = list(Attribute.objects.present().order_by("pk").values_list("key", "kind"))
    return _signed([_settings(asked), units, attributes])


def _settings(asked: Asked) -> list[Any]:
    organization = asked.organization
    return [organization.time_zone, organization.currency, sorted(counting(organization))]


def _signed(facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


class _Look:
    """Reads each rule once, also where several segments refer to it."""

    def __init__(self, segments: dict[int, Segment], words: Vocabulary, asked: Asked) -> None:
        self.segments, self.words, self.asked = segments, words, asked
        self.rules: dict[int, Group | str] = {}
        self.units: dict[str, list[int]] | None = None

    def at(self, segment: Segment) -> Depending:
        found = Depending(segment, words=self.words)
        try:
            written = self._written(segment, found, [])
        except compiling.Unanswerable as trouble:
            found.trouble = str(trouble)[:300]
            return found
        found.signature = _signed([_settings(self.asked), written])
        return found

    def _written(self, segment: Segment, found: Depending, inside: list[int]) -> Any:
        """The rule with everything in it, for the signature; notes on the way what it depends on."""
        if segment.pk in inside:
            raise compiling.circle(inside)
        if segment.static:
            found.reads.add("list")
            return ["list", segment.pk]
        rule = self._rule(segment)
        parts: list[Any] = [as_json(rule)]
        for condition in rule.conditions():
            word = self.words[condition.field]
            found.reads.update(word.reads)
            found.among_others = found.among_others or word.among_others(condition)
            parts.append([word.kind, word.column, word.attribute])
            if word.kind == "unit":
                parts.append(self._branch(condition))
            if word.kind == "segment":
                other = self.segments.get(opaque.decode("segment", str(condition.value)) or 0)
                if other is None:
                    raise compiling.gone()
                parts.append(self._written(other, found, [*inside, segment.pk]))
            else:
                found.conditions.append(condition)
        return parts

    def _rule(self, segment: Segment) -> Group:
        if segment.pk not in self.rules:
            try:
                self.rules[segment.pk] = read_rule(segment.rule or {"all": []}, self.words)
            except RuleError as error:
                self.rules[segment.pk] = _(error.message) % error.params
        rule = self.rules[segment.pk]
        if isinstance(rule, str):
            raise compiling.Unanswerable(rule)
        return rule

    def _branch(self, condition: Condition) -> list[int]:
        """The units beneath the one that is asked for: a tree that is moved makes another rule."""
        unit_id = opaque.decode("unit", str(condition.value)) if condition.value is not None else None
        return sorted(Unit.objects.all().branch_ids(unit_id)) if unit_id is not None else []
