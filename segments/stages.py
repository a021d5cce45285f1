"""Which stages of the customer's journey there are: the organization's own, else those that are shipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from segments.models import StagePlan

ORDER = "order placed"
USE = "feature used"
MOST_STAGES = 12

Rule = dict[str, Any]


@dataclass(frozen=True)
class Stage:
    """One stage. `key` is what customers and answers carry; the name can change."""

    key: str
    name: str
    rule: Rule

    def as_json(self) -> dict[str, Any]:
        return {"key": self.key, "name": self.name, "rule": self.rule}


@dataclass(frozen=True)
class Plan:
    """All stages in the order in which their rules are asked. `revision` 0: nobody has changed them yet."""

    stages: tuple[Stage, ...]
    revision: int = 0

    def stage(self, key: str) -> Stage | None:
        return next((one for one in self.stages if one.key == key), None)

    @property
    def names(self) -> dict[str, str]:
        return {one.key: one.name for one in self.stages}

    def key_of(self, told: str) -> str | None:
        """The key that somebody means who wrote a key or a name, in small or capital letters; "" is none."""
        meant = told.strip().casefold()
        if not meant:
            return ""
        found = (one.key for one in self.stages if meant in (one.key.casefold(), one.name.casefold()))
        return next(found, None)


def plan() -> Plan:
    """The stages of the acting organization."""
    row = StagePlan.objects.first()
    return Plan(shipped()) if row is None else of_row(row)


def asking_for(text: str) -> list[str]:
    """The stages whose rule has this word in it, by name: the field of an attribute, the id of a segment."""
    return [
        _("stage “%(name)s”") % {"name": one.name} for one in plan().stages if f"'{text}'" in str(one.rule)
    ]


def of_row(row: StagePlan) -> Plan:
    """What a row says; one that is being made says nothing yet, and the shipped stages stand."""
    if not row.stages:
        return Plan(shipped())
    return Plan(tuple(Stage(one["key"], one["name"], one["rule"]) for one in row.stages), row.revision)


def shipped() -> tuple[Stage, ...]:
    """What an organization begins with. It asks for orders, else for the use of features, else for answers."""
    no_orders, no_use = _row("event_count", "is", 0, event=ORDER), _row("event_count", "is", 0, event=USE)
    neither = [no_orders, no_use]

    def silent(order: int, use: int, answer: int) -> Rule:
        return {
            "any": [
                _row("event_last", "longer_ago_than", order, event=ORDER),
                {"all": [no_orders, _row("event_last", "longer_ago_than", use, event=USE)]},
                {"all": [*neither, _row("answered", "longer_ago_than", answer)]},
            ]
        }

    loyal = {
        "any": [
            _row("event_count", "at_least", 4, event=ORDER, days=365),
            {"all": [no_orders, _row("event_count", "at_least", 20, event=USE, days=90)]},
            {"all": [*neither, _row("category", "is", "promoter")]},
        ]
    }
    unhappy = {"any": [_row("category", "is", "detractor"), _row("score_change", "at_most", -3)]}
    return (
        Stage("lost", _("Lost"), silent(365, 180, 730)),
        Stage("dormant", _("Dormant"), silent(180, 60, 365)),
        Stage("at_risk", _("At risk"), unhappy),
        Stage("new", _("New"), {"all": [_row("since", "within_last", 90)]}),
        Stage("loyal", _("Loyal"), {"all": [_row("since", "longer_ago_than", 365), loyal]}),
        Stage("active", _("Active"), {"all": []}),
    )


def _row(field: str, operator: str, value: Any, **options: Any) -> Rule:
    return {"field": field, **options, "operator": operator, "value": value}
