"""REST: who moved from which category to which (the page “Movement”)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response as Answered

from accounts.api.base import ApiView, Out
from accounts.api.ids import OpaqueId
from accounts.api.pages import PAGE_PARAMETERS, CursorPage, page_of
from surveys import moving
from surveys.api.surveys import ScoreOut
from surveys.filtering import Filter

FILTER = [
    OpenApiParameter(name, str)
    for name in ("survey", "period", "from", "to", "channel", "touchpoint", "stage", "segment", "imported")
]


class MovementCellOut(Out):
    was = serializers.CharField(
        help_text="promoter, passive, detractor, or first: nothing was answered before."
    )
    now = serializers.CharField(help_text="promoter, passive or detractor.")
    n = serializers.IntegerField(allow_null=True, help_text="People; null where that stays hidden.")


class AgainOut(Out):
    n = serializers.IntegerField(help_text="People who had answered before.")
    before = ScoreOut()
    after = ScoreOut()
    net = serializers.FloatField(source="value", help_text="Points: the score after minus the score before.")
    low = serializers.FloatField(help_text="95 % interval for paired answers.")
    high = serializers.FloatField()
    better = serializers.IntegerField()
    same = serializers.IntegerField()
    worse = serializers.IntegerField()
    p = serializers.FloatField(
        source="shift.p", allow_null=True, default=None, help_text="Stuart-Maxwell; null if nobody moved."
    )


class MovementOut(Out):
    filter = serializers.CharField()
    n = serializers.IntegerField(allow_null=True, help_text="People whose latest answer is in the period.")
    unknown = serializers.IntegerField(help_text="Answers of people who are not known; they cannot move.")
    hides = serializers.BooleanField(help_text="Whether anything of the table stays hidden.")
    cells = MovementCellOut(many=True)
    again = AgainOut(allow_null=True, help_text="Null: nobody answered before, or the table hides something.")


class MovedOut(Out):
    customer = OpaqueId("customer", source="customer_id")
    response = OpaqueId("response", source="pk")
    score = serializers.IntegerField()
    answered_at = serializers.DateTimeField()
    previous_score = serializers.IntegerField(allow_null=True)
    previous_at = serializers.DateTimeField(allow_null=True)


class MovementView(ApiView):
    """The answer before against the latest one, by category."""

    actions = {"GET": "report.view"}

    @extend_schema(responses=MovementOut, parameters=FILTER, operation_id="movement_get")
    def get(self, request: Any) -> Answered:
        chosen = Filter.read(request.query_params, self.actor.organization).of_everybody()
        found = moving.movement(chosen, self.actor)
        return Answered(
            MovementOut(
                {
                    "filter": chosen.words(),
                    "n": found.n,
                    "unknown": found.unknown,
                    "hides": found.hides,
                    "cells": found.cells,
                    "again": found.again,
                }
            ).data
        )


class MovedView(ApiView):
    """The customers of one cell of the movement, by their latest answers."""

    actions = {"GET": "response.view"}

    @extend_schema(
        responses=page_of(MovedOut),
        parameters=[
            OpenApiParameter("was", str, required=True, enum=moving.WAS),
            OpenApiParameter("now", str, required=True, enum=moving.NOW),
            *FILTER,
            *PAGE_PARAMETERS,
        ],
        operation_id="movement_customers",
    )
    def get(self, request: Any) -> Answered:
        was, now = request.query_params.get("was", ""), request.query_params.get("now", "")
        for name, value, known in (("was", was, moving.WAS), ("now", now, moving.NOW)):
            if value not in known:
                raise ValidationError({name: [", ".join(known)]})
        chosen = Filter.read(request.query_params, self.actor.organization).of_everybody()
        found = moving.people(chosen, self.actor, was=was, now=now)
        return CursorPage(request, found, out=MovedOut).response()
