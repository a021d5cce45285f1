"""Opaque ids at the edge: `cus_4kTf0aQzR2B` outside, a number inside."""

from typing import Any

from django.db.models import Model, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts import opaque


def find(rows: QuerySet[Any], kind: str, text: str) -> Any:
    """The row of that opaque id among `rows`. Raises Http404, alike for missing, foreign and no id at all."""
    number = opaque.decode(kind, text)
    row = rows.filter(pk=number).first() if number is not None else None
    if row is None:
        raise Http404
    return row


class OpaqueId(serializers.Field):
    """Out: the id of the row (`source="*"` not needed). In: the number; with `rows`, the row itself.

    `rows` is a callable that takes the request's actor: lambda actor: Unit.objects.visible_to(actor).
    """

    default_error_messages = {"missing": _("There is nothing with this id.")}

    def __init__(self, kind: str, *, rows: Any = None, **kwargs: Any) -> None:
        self.kind, self.rows = kind, rows
        super().__init__(**kwargs)

    def to_representation(self, value: Any) -> str:
        return opaque.encode(self.kind, value.pk if isinstance(value, Model) else value)

    def to_internal_value(self, given: Any) -> Any:
        number = opaque.decode(self.kind, given)
        if number is None:
            self.fail("missing")
        if self.rows is None:
            return number
        row = self.rows(self.context["request"].actor).filter(pk=number).first()
        if row is None:
            self.fail("missing")
        return row
