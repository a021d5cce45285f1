"""Lists of the API: stable cursor pages, and `updated_since` by change number.

return CursorPage(request, Customer.objects.visible_to(self.actor), out=CustomerOut).response()
"""

import base64
import binascii
import json
from functools import cache
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from accounts.tenancy.changes import horizon

DEFAULT_LIMIT, MOST = 25, 100

PAGE_PARAMETERS = [
    OpenApiParameter("limit", int, description="How many items at most: 1 to 100, 25 if not given."),
    OpenApiParameter("cursor", str, description="`next` of the page before."),
]
CHANGES_PARAMETERS = [
    *PAGE_PARAMETERS,
    OpenApiParameter(
        "updated_since",
        str,
        description="Only what changed since: 0 at first, then `updated_until` of the last page read. "
        "Nothing is missed under concurrent writes; an item may come twice.",
    ),
]


@cache
def page_of(out: type[serializers.Serializer], *, changes: bool = False) -> serializers.Serializer:
    """The schema of a page of `out`, for extend_schema(responses=...)."""
    name = out.__name__.removesuffix("Out") + ("ChangesPage" if changes else "Page")
    fields: dict[str, Any] = {
        "items": out(many=True),
        "next": serializers.CharField(
            allow_null=True, help_text="Give it as `cursor`; null on the last page."
        ),
    }
    if changes:
        fields["updated_until"] = serializers.CharField(
            required=False, help_text="Give it as `updated_since` next time."
        )
    return inline_serializer(name=name, fields=fields)


class CursorPage:
    """A slice after a cursor. Rows that come or go in between shift nothing."""

    def __init__(
        self,
        request: Any,
        queryset: QuerySet[Any],
        *,
        out: type[serializers.Serializer],
        newest_first: bool = True,
        change_field: str = "changed",
        context: dict[str, Any] | None = None,
    ) -> None:
        self.request, self.queryset, self.out = request, queryset, out
        self.newest_first, self.change_field = newest_first, change_field
        self.context = {"request": request, **(context or {})}

    def response(self) -> Response:
        limit = self._limit()
        if self.request.query_params.get("updated_since") is not None:
            return self._changes(limit)
        after = self._cursor(1)
        rows = self.queryset.order_by("-id" if self.newest_first else "id")
        if after is not None:
            rows = rows.filter(**{"id__lt" if self.newest_first else "id__gt": after[0]})
        found = list(rows[: limit + 1])
        return Response(self._body(found, limit, lambda row: [row.pk]))

    def _changes(self, limit: int) -> Response:
        since = self._number("updated_since")
        until = horizon()
        field = self.change_field
        rows = self.queryset.order_by(field, "id").filter(**{f"{field}__gte": since, f"{field}__lt": until})
        after = self._cursor(2)
        if after is not None:
            changed, pk = after
            rows = rows.filter(Q(**{f"{field}__gt": changed}) | Q(**{field: changed, "id__gt": pk}))
        found = list(rows[: limit + 1])
        body = self._body(found, limit, lambda row: [getattr(row, field), row.pk])
        if body["next"] is None:
            body["updated_until"] = str(until)
        return Response(body)

    def _body(self, found: list[models.Model], limit: int, mark: Any) -> dict[str, Any]:
        shown, more = found[:limit], len(found) > limit
        return {
            "items": self.out(shown, many=True, context=self.context).data,
            "next": _write(mark(shown[-1])) if more else None,
        }

    def _limit(self) -> int:
        given = self.request.query_params.get("limit")
        if given is None:
            return DEFAULT_LIMIT
        if not given.isascii() or not given.isdigit() or not 1 <= int(given[:6]) <= MOST:
            raise ValidationError({"limit": [_("A whole number from 1 to 100.")]})
        return int(given)

    def _number(self, name: str) -> int:
        given = self.request.query_params[name]
        if not given.isascii() or not given.isdigit() or len(given) > 18:
            raise ValidationError({name: [_("Give 0, or the number that the last page gave.")]})
        return int(given)

    def _cursor(self, length: int) -> list[int] | None:
        given = self.request.query_params.get("cursor")
        if given is None:
            return None
        try:
            marks = json.loads(base64.urlsafe_b64decode(given.encode() + b"==="))
        except (ValueError, binascii.Error, RecursionError):
            marks = None
        if (
            not isinstance(marks, list)
            or len(marks) != length
            or not all(type(mark) is int and 0 <= mark < 2**63 for mark in marks)
        ):
            raise ValidationError({"cursor": [_("This cursor is not one of ours.")]})
        return marks


def _write(marks: list[int]) -> str:
    return base64.urlsafe_b64encode(json.dumps(marks).encode()).decode().rstrip("=")
