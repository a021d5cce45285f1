"""REST: notes on the line, each with the score before and after it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response as Answered

from accounts.api.base import ApiView, In, Out
from accounts.api.ids import OpaqueId, find
from accounts.api.pages import PAGE_PARAMETERS, CursorPage, page_of
from surveys import annotating, surrounding
from surveys.api.surveys import ScoreOut, surveys_of
from surveys.filtering import EARLIEST, LATEST, Filter
from surveys.models import Annotation


class AnnotationOut(Out):
    id = OpaqueId("annotation", source="pk")
    day = serializers.DateField(help_text="A day of the organization.")
    words = serializers.CharField()
    survey = OpaqueId("survey", source="survey_id", allow_null=True, help_text="Null: about every survey.")
    revision = serializers.IntegerField()


class AnnotationIn(In):
    day = serializers.DateField()
    words = serializers.CharField(max_length=120)
    survey = OpaqueId("survey", rows=surveys_of, required=False, allow_null=True, default=None)

    def validate_day(self, day: Any) -> Any:
        if not EARLIEST <= day.year <= LATEST:
            raise serializers.ValidationError("The year lies between 1990 and 2200.")
        return day


class AnnotationChangesIn(In):
    day = serializers.DateField(required=False)
    words = serializers.CharField(max_length=120, required=False)
    survey = OpaqueId("survey", rows=surveys_of, required=False, allow_null=True)
    revision = serializers.IntegerField(required=False, help_text="Refused if somebody saved since.")

    validate_day = AnnotationIn.validate_day


class AroundOut(Out):
    filter = serializers.CharField()
    days = serializers.IntegerField(help_text="Of each window; fewer than asked while they are not over.")
    before = ScoreOut()
    after = ScoreOut()
    difference = serializers.FloatField(
        source="value", allow_null=True, help_text="Points, after minus before, of the adjusted scores."
    )
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    said = serializers.ChoiceField(
        [(each.value, each.value) for each in surrounding.Said],
        help_text="early: under 7 whole days after; few: under 30 answers on a side; unknown: cannot tell.",
    )


def _annotations() -> QuerySet[Annotation]:
    return Annotation.objects.present()  # type: ignore[no-any-return]


class AnnotationsView(ApiView):
    """Notes on the line."""

    actions = {"GET": "report.view", "POST": "annotation.edit"}

    @extend_schema(
        responses=page_of(AnnotationOut), parameters=PAGE_PARAMETERS, operation_id="annotations_list"
    )
    def get(self, request: Any) -> Answered:
        return CursorPage(request, _annotations(), out=AnnotationOut).response()

    @extend_schema(request=AnnotationIn, responses={201: AnnotationOut}, operation_id="annotations_create")
    def post(self, request: Any) -> Answered:
        given = AnnotationIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        made = annotating.annotate(**given.validated_data, by=self.actor)
        return Answered(AnnotationOut(made).data, status=201)


class AnnotationView(ApiView):
    """One note."""

    actions = {"GET": "report.view", "PATCH": "annotation.edit", "DELETE": "annotation.edit"}

    @extend_schema(responses=AnnotationOut, operation_id="annotations_get")
    def get(self, request: Any, id: str) -> Answered:
        return Answered(AnnotationOut(find(_annotations(), "annotation", id)).data)

    @extend_schema(request=AnnotationChangesIn, responses=AnnotationOut, operation_id="annotations_change")
    @transaction.atomic
    def patch(self, request: Any, id: str) -> Answered:
        annotation = find(_annotations(), "annotation", id)
        given = AnnotationChangesIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        facts = {"day": annotation.day, "words": annotation.words, "survey": annotation.survey}
        facts |= {"revision": annotation.revision, **given.validated_data}
        return Answered(AnnotationOut(annotating.change(annotation, **facts, by=self.actor)).data)

    @extend_schema(responses={204: None}, operation_id="annotations_delete")
    def delete(self, request: Any, id: str) -> Answered:
        annotating.put_away(find(_annotations(), "annotation", id), by=self.actor)
        return Answered(status=status.HTTP_204_NO_CONTENT)


class AroundView(ApiView):
    """The score in equal windows before and after a note. What came after need not come from it."""

    actions = {"GET": "report.view"}

    @extend_schema(
        responses=AroundOut,
        parameters=[
            OpenApiParameter("days", int, description="Of each window: 14, 30, 60 or 90; 30 if left out."),
            *(
                OpenApiParameter(name, str)
                for name in ("channel", "touchpoint", "stage", "segment", "imported")
            ),
        ],
        operation_id="annotations_around",
    )
    def get(self, request: Any, id: str) -> Answered:
        annotation = find(_annotations(), "annotation", id)
        days = request.query_params.get("days", "30")
        if not days.isdigit() or int(days) not in surrounding.WINDOWS:
            raise ValidationError({"days": [", ".join(str(each) for each in surrounding.WINDOWS)]})
        chosen = Filter.read(
            request.query_params, self.actor.organization, survey=annotation.survey
        ).of_everybody()
        around = surrounding.around(annotation.day, chosen, self.actor, days=int(days))
        facts = {name: getattr(around, name) for name in ("days", "before", "after", "said")}
        facts |= {name: getattr(around, name) for name in ("value", "low", "high")}
        return Answered(AroundOut({**facts, "filter": surrounding.told(chosen)}).data)
