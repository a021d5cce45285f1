"""REST: one search over customers, comments, messages and notes."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from accounts import opaque
from accounts.api.base import ApiView, Out
from accounts.api.problems import Problem
from segments import compiling, searching

KINDS = ("customer", "comment", "message", "note")


class PieceOut(Out):
    text = serializers.CharField()
    hit = serializers.BooleanField(help_text="Whether this is a word that was looked for.")


class HitOut(Out):
    id = serializers.SerializerMethodField(help_text="Of the customer, the response, or the case.")
    title = PieceOut(many=True)
    excerpt = PieceOut(many=True)
    at = serializers.DateTimeField(source="told.at")
    score = serializers.IntegerField(source="told.score", allow_null=True)

    def get_id(self, hit: searching.Hit) -> str:
        return opaque.encode(*hit.told.ident)


class FoundOut(Out):
    kind = serializers.ChoiceField(KINDS, source="source.kind")
    number = serializers.IntegerField(help_text="How many there are, counted up to 10,000.")
    capped = serializers.BooleanField(help_text="Whether there are more than were counted.")
    hits = HitOut(many=True)


class SearchView(ApiView):
    """The latest 50 of each kind that hold all the words, each word by its beginning.

    Kinds that the key may not read are left out.
    """

    actions = {"GET": "customer.view"}

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "q", str, required=True, description="Words, in any order; at most eight count."
            ),
            OpenApiParameter("kind", str, enum=KINDS, description="Only hits of this kind."),
        ],
        responses=inline_serializer("SearchOut", {"found": FoundOut(many=True)}),
        operation_id="search",
    )
    def get(self, request: Any) -> Response:
        kind = request.query_params.get("kind", "")
        if kind and kind not in KINDS:
            raise serializers.ValidationError(
                {"kind": [_("One of: %(kinds)s.") % {"kinds": ", ".join(KINDS)}]}
            )
        try:
            with compiling.patience():
                found = searching.search(request.query_params.get("q", ""), by=self.actor, kind=kind)
        except compiling.TooSlow as error:
            raise Problem("too_slow", 422, str(error)) from None
        return Response({"found": FoundOut(found, many=True).data})
