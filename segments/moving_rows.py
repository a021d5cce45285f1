"""Giving the rows of one customer to another, and writing over what would be in the way; all can be undone.

What moves is read from the data map: every model whose rows lead to their customer by `customer_id`, in whatever app.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils.functional import Promise

from accounts.personal_data import whole_map
from segments.merge_parts import Overwrite, every_part
from segments.models import Customer

CHUNK = 5_000


def moving(absorbed: Customer) -> list[tuple[str | Promise, int]]:
    """What would move with this record, as nouns and numbers; what there is none of is left out."""
    told = []
    for part in every_part():
        for label, noun in (part.counted or {}).items():
            number = rows_of(apps.get_model(label), absorbed.pk).count()
            if number:
                told.append((noun, number))
    return told


def move(survivor_id: int, absorbed_id: int) -> dict[str, list[int]]:
    """Give the rows of one to the other; label -> numbers of those that went.

    What the survivor has already (a place on the same fixed list) stays behind, and goes with that record.
    """
    moved: dict[str, list[int]] = {}
    for model in _belonging():
        rows = rows_of(model, absorbed_id)
        ids = list(rows.exclude(pk__in=_taken(model, survivor_id, absorbed_id)).values_list("pk", flat=True))
        for some in chunks(ids):
            rows.filter(pk__in=some).update(customer_id=survivor_id)
        if ids:
            moved[model._meta.label] = ids
    return moved


def _taken(model: type[models.Model], survivor_id: int, absorbed_id: int) -> list[int]:
    """Rows of the absorbed record whose place the survivor holds already, by any unique constraint."""
    taken: list[int] = []
    for constraint in model._meta.constraints:
        if not isinstance(constraint, models.UniqueConstraint) or "customer" not in constraint.fields:
            continue
        others = [name for name in constraint.fields if name not in ("organization", "customer")]
        condition = constraint.condition or Q()
        held = set(rows_of(model, survivor_id).filter(condition).values_list(*others))
        taken += [
            pk
            for pk, *place in rows_of(model, absorbed_id).filter(condition).values_list("pk", *others)
            if tuple(place) in held
        ]
    return taken


def write_over(one: Overwrite) -> list[Any]:
    """Change one row; returns it as it is kept in Merge.written."""
    row = apps.get_model(one.label)._default_manager.get(pk=one.pk)
    values = {name: [plain(getattr(row, name)), plain(value)] for name, value in one.values.items()}
    type(row)._default_manager.filter(pk=row.pk).update(**one.values)
    return [one.label, one.pk, values]


def write_back(label: str, pk: int, values: Mapping[str, list[Any]]) -> None:
    """Undo one overwrite, unless somebody has written there since."""
    model: type[models.Model] = apps.get_model(label)
    row = model._default_manager.filter(pk=pk).first()
    if row is None or any(plain(getattr(row, name)) != new for name, (_old, new) in values.items()):
        return
    back = {name: read(model, name, old) for name, (old, _new) in values.items()}
    model._default_manager.filter(pk=pk).update(**back)


def _belonging() -> list[type[models.Model]]:
    """Every model whose rows are a customer's, by the data map."""
    return [apps.get_model(label) for label, about in whole_map().items() if about.person == "customer_id"]


def rows_of(model: type[models.Model], customer_id: int) -> models.QuerySet[Any]:
    return model._default_manager.filter(customer_id=customer_id)


def chunks(ids: list[int]) -> Iterable[list[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def plain(value: Any) -> Any:
    """A value as it stands in JSON, without losing a microsecond; to_python of its field reads it back."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def read(model: type[models.Model], name: str, value: Any) -> Any:
    """The other way round: a value out of JSON as its field has it."""
    field: Any = model._meta.get_field(name)
    return field.to_python(value)
