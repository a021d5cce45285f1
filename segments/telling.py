"""Attributes as people read them: by their label, each value by its kind."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from segments.models import Attribute
from segments.values import as_text


def facts(attributes: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(label, what segments/parts/value.html shows) in the order of the declared attributes.

    An attribute that is not declared any more comes last, under its key.
    """
    declared = list(Attribute.objects.present())
    told = [
        (one.label, _shown(one.kind, attributes[one.key], one.currency))
        for one in declared
        if attributes.get(one.key) is not None
    ]
    known = {one.key for one in declared}
    gone = sorted(key for key in attributes if key not in known and attributes[key] is not None)
    return told + [(key, _shown("text", attributes[key], "")) for key in gone]


def _shown(kind: str, value: Any, currency: str) -> dict[str, Any]:
    if kind in ("list", "yes_no"):
        value = as_text(kind, value)
    if kind == "date" and isinstance(value, str):
        value = date.fromisoformat(value)
    return {"kind": kind, "value": value, "currency": currency}
