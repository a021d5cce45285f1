"""The data map: what every field of every model holds, and by it the export and the erasure of a person.

Each app has a `data_map.py` with `DATA_MAP`, named in config/sockets.py (PERSONAL_DATA). docs/data-map.md says
how to tag a field; a field without a tag fails a test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import models, transaction

from accounts.sockets import plugged


class Tag(StrEnum):
    PERSONAL = "personal"  # names, addresses, words or choices of a person
    TENANT = "tenant"  # the business's own words and settings
    NONE = "none"  # keys, states, counts, instants


@dataclass(frozen=True)
class About:
    """What the fields of one model hold, each list as words in one string.

    `person` leads from a row to the id of the customer it speaks of: "customer_id", "case__customer_id". The
    fields in `personal` are that customer's; those in `member` belong to somebody who logs in. Erasing a
    customer blanks their fields, or with `delete` removes the row.
    """

    personal: str = ""
    member: str = ""
    tenant: str = ""
    none: str = ""
    person: str = ""
    delete: bool = False

    @cached_property
    def tags(self) -> dict[str, Tag]:
        """Field -> tag. Raises ImproperlyConfigured for a field that is listed twice."""
        found: dict[str, Tag] = {}
        for words, tag in (
            (self.personal, Tag.PERSONAL),
            (self.member, Tag.PERSONAL),
            (self.tenant, Tag.TENANT),
            (self.none, Tag.NONE),
        ):
            for name in words.split():
                if name in found:
                    raise ImproperlyConfigured(f"The data map tags {name} twice.")
                found[name] = tag
        return found


DataMap = dict[str, About]


def whole_map() -> dict[str, About]:
    """Model label ("segments.Customer") -> what its fields hold, over all apps, upper apps first."""
    found: dict[str, About] = {}
    for data_map in plugged("PERSONAL_DATA"):
        found.update(data_map)
    return found


def gather(customer_id: int) -> dict[str, list[dict[str, Any]]]:
    """Everything that is held about a customer of the acting organization, by model: for their export."""
    return {
        model._meta.label: rows
        for model, about, held in _held(customer_id)
        if (rows := [_shown(row, about) for row in held.order_by("pk").iterator()])
    }


@transaction.atomic
def erase(customer_id: int) -> dict[str, int]:
    """Blank or remove every field about a customer of the acting organization; model -> rows touched.

    Goes from the upper apps down, so that the row of the customer itself, to which the others lead, goes last.
    """
    touched: dict[str, int] = {}
    for model, about, held in _held(customer_id):
        if about.delete:
            number, _ = held.delete()
        else:
            blanks = {name: _blank(model._meta.get_field(name)) for name in about.personal.split()}
            number = held.update(**blanks) if blanks else 0
        if number:
            touched[model._meta.label] = number
    return touched


def _held(customer_id: int) -> Iterator[tuple[type[models.Model], About, models.QuerySet[Any]]]:
    for label, about in whole_map().items():
        if about.person:
            model = apps.get_model(label)
            yield model, about, model._default_manager.filter(**{about.person: customer_id})


def _shown(row: models.Model, about: About) -> dict[str, Any]:
    """A row as the person may read it: their own fields, and when things happened."""
    return {
        field.name: field.value_from_object(row)
        for field in row._meta.concrete_fields
        if field.name in about.personal.split() or isinstance(field, models.DateTimeField)
    }


def _blank(field: Any) -> Any:
    """What stands where a person's value stood."""
    if field.null:
        return None
    if field.has_default():
        return field.get_default()
    return "" if field.empty_strings_allowed else 0
