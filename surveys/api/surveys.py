"""REST: surveys, their versions, distributions and results."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response as Answered

from accounts.acting import Actor
from accounts.api.base import ApiView, In, Out
from accounts.api.ids import OpaqueId, find
from accounts.api.pages import PAGE_PARAMETERS, CursorPage, page_of
from accounts.api.problems import Problem
from segments.models import Segment
from surveys import crossing, distributing, overlapping, publishing, reasons, reporting, starting
from surveys.filtering import Filter
from surveys.inviting import NotLaunchable
from surveys.models import Distribution, Survey, Version
from surveys.wording import problem_sentence


def surveys_of(actor: Actor) -> QuerySet[Survey]:
    return Survey.objects.present()  # type: ignore[no-any-return]


def _segments(actor: Actor) -> QuerySet[Segment]:
    return Segment.objects.present()  # type: ignore[no-any-return]


def _distributions() -> QuerySet[Distribution]:
    return Distribution.objects.present().select_related("survey", "version")  # type: ignore[no-any-return]


class SurveyOut(Out):
    id = OpaqueId("survey", source="pk")
    name = serializers.CharField()
    kind = serializers.ChoiceField(Survey.Kind.choices)
    state = serializers.ChoiceField(Survey.State.choices)
    touchpoint = serializers.CharField()
    anonymous = serializers.BooleanField()
    default_locale = serializers.CharField()
    locales = serializers.ListField(child=serializers.CharField(), source="every_locale")
    latest_version = serializers.IntegerField(help_text="0: nothing is published yet.")
    created_at = serializers.DateTimeField()


class SurveyIn(In):
    name = serializers.CharField(max_length=120)
    template = serializers.ChoiceField([each.key for each in starting.TEMPLATES], default="relationship")


class VersionOut(Out):
    id = OpaqueId("version", source="pk")
    number = serializers.IntegerField()
    counting_question = serializers.CharField(help_text="Key of the NPS question that counts.")
    definition = serializers.DictField(help_text="What was asked, word for word; it never changes.")
    published_at = serializers.DateTimeField()


class DistributionOut(Out):
    id = OpaqueId("distribution", source="pk")
    name = serializers.CharField()
    survey = OpaqueId("survey", source="survey_id")
    segment = OpaqueId("segment", source="segment_id", allow_null=True)
    channel = serializers.CharField()
    state = serializers.ChoiceField(Distribution.State.choices)
    touchpoint = serializers.CharField()
    scheduled_at = serializers.DateTimeField(allow_null=True)
    launched_at = serializers.DateTimeField(allow_null=True)
    stopped_at = serializers.DateTimeField(allow_null=True)
    progress = serializers.SerializerMethodField()

    def get_progress(self, distribution: Distribution) -> dict[str, Any] | None:
        if distribution.launched_at is None:
            return None
        progress = distributing.progress(distribution)
        return {
            "members": progress.members,
            "asked": progress.asked,
            "sent": progress.sent,
            "delivered": progress.delivered,
            "opened": progress.opened,
            "started": progress.started,
            "completed": progress.completed,
            "failed": progress.failed,
            "not_asked": progress.skipped,
        }


class DistributionIn(In):
    name = serializers.CharField(max_length=120)
    survey = OpaqueId("survey", rows=surveys_of)
    segment = OpaqueId("segment", rows=_segments)
    touchpoint = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)
    sampling_percent = serializers.IntegerField(min_value=1, max_value=100, required=False, default=100)
    expires_after_days = serializers.IntegerField(min_value=1, max_value=365, required=False, default=30)


class LaunchIn(In):
    at = serializers.DateTimeField(required=False, allow_null=True, help_text="Later; now if left out.")


class ScoreOut(Out):
    score = serializers.FloatField(allow_null=True, help_text="-100 to 100; null: nobody, or hidden.")
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.SerializerMethodField()
    verdict = serializers.CharField(help_text="none, hidden, few, weak or enough.")

    def get_n(self, scored: reporting.Scored) -> int | None:
        return None if scored.hidden else scored.n


class NotedOut(Out):
    id = OpaqueId("annotation", source="pk")
    day = serializers.DateField()
    words = serializers.CharField()


class PeriodOut(Out):
    start = serializers.DateField()
    finished = serializers.BooleanField()
    scored = ScoreOut()
    notes = NotedOut(many=True)


class ShiftedOut(Out):
    began = serializers.DateField(source="began.start", help_text="First period of the new stretch.")
    rang = serializers.DateField(source="rang.start", help_text="The period with which the alarm rang.")
    up = serializers.BooleanField()
    before = ScoreOut()
    after = ScoreOut()


class GroupOut(Out):
    label = serializers.CharField()  # type: ignore[assignment]
    scored = ScoreOut()


class CellOut(Out):
    row = serializers.CharField()
    column = serializers.CharField()
    scored = ScoreOut()


class ResultsOut(Out):
    filter = serializers.CharField(help_text="What these numbers speak of, in words.")
    scored = ScoreOut()
    histogram = serializers.ListField(child=serializers.IntegerField(), allow_null=True)
    trend = PeriodOut(many=True)
    shifts = ShiftedOut(
        many=True, help_text="Real shifts of this line (CUSUM of its finished periods); none for a segment."
    )
    by = serializers.CharField(allow_blank=True)
    groups = GroupOut(many=True)
    crossed_with = serializers.CharField(allow_blank=True)
    cells = CellOut(many=True, help_text="With `by` and `across`: one for each pair of values.")
    asked = serializers.IntegerField()
    answered = serializers.IntegerField()


class SurveysView(ApiView):
    """Surveys: the editable things; what was published are their versions."""

    actions = {"GET": "survey.view", "POST": "survey.edit"}

    @extend_schema(responses=page_of(SurveyOut), parameters=PAGE_PARAMETERS, operation_id="surveys_list")
    def get(self, request: Any) -> Answered:
        return CursorPage(request, surveys_of(self.actor), out=SurveyOut).response()

    @extend_schema(request=SurveyIn, responses={201: SurveyOut}, operation_id="surveys_start")
    def post(self, request: Any) -> Answered:
        """A draft from a template."""
        given = SurveyIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        survey = starting.start(
            given.validated_data["name"], by=self.actor, template_key=given.validated_data["template"]
        )
        return Answered(SurveyOut(survey).data, status=201)


class SurveyView(ApiView):
    actions = {"GET": "survey.view"}

    @extend_schema(responses=SurveyOut, operation_id="surveys_get")
    def get(self, request: Any, id: str) -> Answered:
        return Answered(SurveyOut(find(surveys_of(self.actor), "survey", id)).data)


class SurveyVersionsView(ApiView):
    """Versions of a survey; publishing makes the next one of the draft."""

    actions = {"GET": "survey.view", "POST": "survey.publish"}

    @extend_schema(responses=page_of(VersionOut), parameters=PAGE_PARAMETERS, operation_id="versions_list")
    def get(self, request: Any, id: str) -> Answered:
        survey = find(surveys_of(self.actor), "survey", id)
        return CursorPage(request, Version.objects.filter(survey=survey), out=VersionOut).response()

    @extend_schema(request=None, responses={201: VersionOut}, operation_id="versions_publish")
    def post(self, request: Any, id: str) -> Answered:
        """422 names the questions that need a change; the version before stays live."""
        survey = find(surveys_of(self.actor), "survey", id)
        try:
            with transaction.atomic():
                version = publishing.publish(survey, by=self.actor)
        except publishing.NotReady as refused:
            told = [
                f"{each.question}: {problem_sentence(each.code, each.params)}" for each in refused.problems
            ]
            raise Problem("not_ready", 422, " ".join(told)) from None
        return Answered(VersionOut(version).data, status=201)


class DistributionsView(ApiView):
    """Who is asked which survey, by which mail."""

    actions = {"GET": "distribution.view", "POST": "distribution.launch"}

    @extend_schema(
        responses=page_of(DistributionOut), parameters=PAGE_PARAMETERS, operation_id="distributions_list"
    )
    def get(self, request: Any) -> Answered:
        return CursorPage(request, _distributions(), out=DistributionOut).response()

    @extend_schema(
        request=DistributionIn, responses={201: DistributionOut}, operation_id="distributions_draft"
    )
    def post(self, request: Any) -> Answered:
        """A draft; launch it with another request."""
        given = DistributionIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        made = Distribution.objects.create(**given.validated_data, mode=self.actor.mode)
        return Answered(DistributionOut(made).data, status=201)


class DistributionView(ApiView):
    actions = {"GET": "distribution.view"}

    @extend_schema(responses=DistributionOut, operation_id="distributions_get")
    def get(self, request: Any, id: str) -> Answered:
        return Answered(DistributionOut(find(_distributions(), "distribution", id)).data)


class DistributionLaunchView(ApiView):
    """The launch of a distribution: POST launches or schedules, DELETE stops."""

    actions = {"POST": "distribution.launch", "DELETE": "distribution.launch"}

    @extend_schema(request=LaunchIn, responses=DistributionOut, operation_id="distributions_launch")
    def post(self, request: Any, id: str) -> Answered:
        distribution = find(_distributions(), "distribution", id)
        given = LaunchIn(data=request.data or {}, context={"request": request})
        given.is_valid(raise_exception=True)
        when = given.validated_data.get("at")
        try:
            with transaction.atomic():
                launched = (
                    distributing.schedule(distribution, by=self.actor, when=when)
                    if when
                    else distributing.launch(distribution, by=self.actor)
                )
        except NotLaunchable as refused:
            raise Problem("not_launchable", 409, reasons.refusal(refused.reason)) from None
        return Answered(DistributionOut(launched).data)

    @extend_schema(responses=DistributionOut, operation_id="distributions_stop")
    def delete(self, request: Any, id: str) -> Answered:
        distribution = find(_distributions(), "distribution", id)
        try:
            with transaction.atomic():
                distributing.stop(distribution, by=self.actor)
        except NotLaunchable as refused:
            raise Problem("not_launchable", 409, reasons.refusal(refused.reason)) from None
        return Answered(DistributionOut(find(_distributions(), "distribution", id)).data)


class ResultsView(ApiView):
    """The score with its interval, histogram, trend and one breakdown. Small groups are hidden alike."""

    actions = {"GET": "report.view"}

    @extend_schema(
        responses=ResultsOut,
        parameters=[
            OpenApiParameter(name, str)
            for name in (
                "period",
                "from",
                "to",
                "channel",
                "touchpoint",
                "segment",
                "category",
                "step",
                "by",
                "across",
                "imported",
            )
        ],
        operation_id="surveys_results",
    )
    def get(self, request: Any, id: str) -> Answered:
        survey = find(surveys_of(self.actor), "survey", id)
        chosen = Filter.read(request.query_params, self.actor.organization, survey=survey)
        overall = reporting.overall(chosen, self.actor)
        periods = reporting.trend(chosen, self.actor)
        broken = overlapping.breakdown(chosen, self.actor)
        way = reporting.way(chosen, self.actor)
        crossed = crossing.crossed(chosen, self.actor)
        body = {
            "filter": chosen.words(),
            "scored": overall.scored,
            "histogram": None if overall.scored.hidden else list(overall.histogram),
            "trend": periods,
            "shifts": reporting.shifts(chosen, periods),
            "by": broken.label if broken else "",
            "groups": broken.groups if broken else [],
            "crossed_with": crossed.across.label if crossed else "",
            "cells": [
                {"row": row.label, "column": column.label, "scored": scored}
                for row, cells in (crossed.lines if crossed else [])
                for column, scored in zip(crossed.columns if crossed else [], cells, strict=True)
            ],
            "asked": way.asked,
            "answered": way.scored,
        }
        return Answered(ResultsOut(body).data)
