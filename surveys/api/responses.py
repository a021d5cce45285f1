"""REST: single invitations (one link for one person) and responses."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response as Answered

from accounts import opaque
from accounts.acting import Actor
from accounts.api.base import ApiView, In, Out
from accounts.api.ids import OpaqueId, find
from accounts.api.pages import CHANGES_PARAMETERS, CursorPage, page_of
from accounts.api.problems import Problem
from accounts.models import Mode
from segments.models import Customer
from surveys import answering, inviting, reading, reasons, reporting
from surveys.api.surveys import surveys_of
from surveys.filtering import Filter
from surveys.inviting import NotLaunchable
from surveys.kinds import Value, value_from_json
from surveys.models import Invitation, Mention, Response, Survey
from surveys.wording import answer_sentence


def _customers(actor: Actor) -> QuerySet[Customer]:
    return Customer.objects.visible_to(actor).present()  # type: ignore[no-any-return]


def responses_of(actor: Actor) -> QuerySet[Response]:
    """What this actor may read; anonymous answers of groups too small to hide in are left out."""
    found = (
        Response.objects.visible_to(actor).select_related("version", "customer").prefetch_related("answers")
    )
    small = [
        survey.pk
        for survey in Survey.objects.filter(responses__anonymous=True).distinct()
        if reporting.Guard.of(actor, Filter(actor.organization, survey=survey)).threshold
        > Response.objects.of(survey).count()
    ]
    return found.exclude(survey__in=small, anonymous=True) if small else found  # type: ignore[no-any-return]


class InvitationIn(In):
    survey = OpaqueId("survey", rows=surveys_of)
    customer = OpaqueId("customer", rows=_customers, required=False, allow_null=True, default=None)
    touchpoint = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)
    expires_after_days = serializers.IntegerField(min_value=1, max_value=365, required=False, default=30)


class InvitationOut(Out):
    id = OpaqueId("invitation", source="pk")
    survey = OpaqueId("survey", source="distribution.survey_id")
    customer = OpaqueId("customer", source="customer_id", allow_null=True)
    mode = serializers.CharField()
    outcome = serializers.ChoiceField(Invitation.Outcome.choices)
    issued_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    link = serializers.SerializerMethodField(help_text="The page of the survey, for this one person.")

    def get_link(self, invitation: Invitation) -> str:
        return inviting.link(invitation)


class AnswerOut(Out):
    question = serializers.CharField()
    kind = serializers.CharField()
    number = serializers.IntegerField(allow_null=True)
    text = serializers.CharField()
    choices = serializers.ListField(child=serializers.CharField())


class ResponseOut(Out):
    id = OpaqueId("response", source="pk")
    survey = OpaqueId("survey", source="survey_id")
    version = serializers.IntegerField(source="version.number")
    customer = OpaqueId("customer", source="customer_id", allow_null=True)
    invitation = OpaqueId("invitation", source="invitation_id", allow_null=True)
    unit = OpaqueId("unit", source="unit_id", allow_null=True, help_text="Null for an anonymous answer.")
    anonymous = serializers.BooleanField()
    mode = serializers.ChoiceField(Mode.choices)
    source = serializers.ChoiceField(Response.Source.choices)  # type: ignore[assignment]
    state = serializers.ChoiceField(Response.State.choices)
    score = serializers.IntegerField(allow_null=True)
    category = serializers.SerializerMethodField()
    comment = serializers.CharField()
    channel = serializers.CharField()
    touchpoint = serializers.CharField()
    language = serializers.CharField()
    stage = serializers.CharField()
    attributes = serializers.DictField(help_text="As they were when the answer was given.")
    answers = AnswerOut(many=True)
    answered_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
    counts = serializers.BooleanField(help_text="Whether it is part of the score.")
    exclusion_reason = serializers.CharField()

    def get_category(self, response: Response) -> str | None:
        return response.category.value if response.category else None

    def to_representation(self, instance: Response) -> Any:
        """Of an anonymous answer nothing that could tell it from the others."""
        told = super().to_representation(instance)
        if instance.anonymous:
            told |= {"unit": None, "channel": "", "touchpoint": "", "language": ""}
        return told


class ResponseIn(In):
    survey = OpaqueId("survey", rows=surveys_of)
    customer = OpaqueId("customer", rows=_customers, required=False, allow_null=True, default=None)
    answers = serializers.DictField(
        child=serializers.JSONField(),
        help_text="Question key -> a whole number, a text, or a list of choice keys.",
    )
    answered_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    channel = serializers.CharField(max_length=20, required=False, default="api")
    touchpoint = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)
    language = serializers.CharField(max_length=12, required=False, default="", allow_blank=True)
    external_id = serializers.CharField(max_length=120, required=False, allow_null=True, default=None)
    historic = serializers.BooleanField(
        required=False, default=False, help_text="An answer from elsewhere: mode imported, wakes nobody."
    )

    def validate_answered_at(self, at: Any) -> Any:
        if at is not None and at > timezone.now():
            raise ValidationError(_("This time is to come."))
        return at


class InvitationsView(ApiView):
    """One link for one person, handed over by the business itself. Nothing is sent."""

    actions = {"POST": "distribution.launch"}
    # The answer holds a link that answers in somebody's place.
    repeatable = False

    @extend_schema(request=InvitationIn, responses={201: InvitationOut}, operation_id="invitations_create")
    def post(self, request: Any) -> Answered:
        given = InvitationIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        facts = given.validated_data
        try:
            with transaction.atomic():
                invitation = inviting.invite(
                    facts["survey"],
                    by=self.actor,
                    customer=facts["customer"],
                    touchpoint=facts["touchpoint"],
                    expires_after_days=facts["expires_after_days"],
                )
        except NotLaunchable as refused:
            raise Problem("nothing_published", 409, reasons.refusal(refused.reason)) from None
        return Answered(InvitationOut(invitation).data, status=201)


class InvitationView(ApiView):
    actions = {"GET": "distribution.launch"}

    @extend_schema(responses=InvitationOut, operation_id="invitations_get")
    def get(self, request: Any, id: str) -> Answered:
        rows = Invitation.objects.visible_to(self.actor).select_related("distribution")
        return Answered(InvitationOut(find(rows, "invitation", id)).data)


class ResponsesView(ApiView):
    """Answers. Newest first, or by `updated_since` everything that changed."""

    actions = {"GET": "response.view", "POST": "response.edit"}

    @extend_schema(
        responses=page_of(ResponseOut, changes=True),
        parameters=[
            *CHANGES_PARAMETERS,
            OpenApiParameter("survey", str),
            OpenApiParameter("customer", str),
            OpenApiParameter("mode", str, enum=Mode.values),
            OpenApiParameter("theme", str, description="Whose comment speaks of this theme."),
        ],
        operation_id="responses_list",
    )
    def get(self, request: Any) -> Answered:
        rows = responses_of(self.actor)
        for name, column in (("survey", "survey_id"), ("customer", "customer_id")):
            if name in request.query_params:
                rows = rows.filter(**{column: opaque.decode(name, request.query_params[name]) or 0})
        if "theme" in request.query_params:
            theme = opaque.decode("theme", request.query_params["theme"]) or 0
            spoken = Mention.objects.present().filter(theme=theme)
            rows = rows.filter(pk__in=spoken.values("response_id"))
        if "mode" in request.query_params:
            if request.query_params["mode"] not in Mode.values:
                raise ValidationError({"mode": [_("One of live, test, imported, demo.")]})
            rows = rows.filter(mode=request.query_params["mode"])
        return CursorPage(request, rows, out=ResponseOut).response()

    @extend_schema(
        request=ResponseIn, responses={201: ResponseOut, 200: ResponseOut}, operation_id="responses_create"
    )
    def post(self, request: Any) -> Answered:
        """Take in an answer from elsewhere; the same external_id again is the same answer (200)."""
        given = ResponseIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        facts = given.validated_data
        survey: Survey = facts["survey"]
        version = survey.version()
        if version is None:
            raise Problem("nothing_published", 409, reasons.refusal("no_version"))
        if facts["external_id"] is not None:
            known = responses_of(self.actor).filter(survey=survey, external_id=facts["external_id"]).first()
            if known is not None:
                return Answered(ResponseOut(known).data)
        values = _values(version, facts["answers"])
        customer = facts["customer"]
        with transaction.atomic():
            accepted = answering.answer(
                values,
                version=version,
                customer_id=customer.pk if customer else None,
                source=Response.Source.IMPORT if facts["historic"] else Response.Source.API,
                channel=facts["channel"],
                touchpoint=facts["touchpoint"] or survey.touchpoint,
                language=facts["language"],
                mode=self._mode(facts["historic"]),
                external_id=facts["external_id"],
                at=facts["answered_at"],
            )
        made = responses_of(self.actor).filter(pk=accepted.response_id).first()
        if made is None:
            made = Response.objects.select_related("version").get(pk=accepted.response_id)
        return Answered(ResponseOut(made).data, status=201)

    def _mode(self, historic: bool) -> str:
        own = self.actor.mode
        return Mode.IMPORTED.value if historic and own != Mode.TEST.value else own


class ResponseView(ApiView):
    actions = {"GET": "response.view"}

    @extend_schema(responses=ResponseOut, operation_id="responses_get")
    def get(self, request: Any, id: str) -> Answered:
        return Answered(ResponseOut(find(responses_of(self.actor), "response", id)).data)


def _values(version: Any, given: dict[str, Any]) -> dict[str, Value]:
    """The given answers as values. Raises ValidationError, naming each question at fault."""
    definition = answering.definition_of(version)
    errors: dict[str, list[str]] = {
        key: [answer_sentence("unknown_question", {"given": key[:40]})]
        for key in given
        if definition.question(key) is None
    }
    sheet = reading.read_with(
        definition, definition.questions, lambda asked: value_from_json(asked, given.get(asked.key))
    )
    errors.update({key: [answer_sentence(each.code, each.params)] for key, each in sheet.errors.items()})
    if errors:
        raise ValidationError({"answers": errors})
    return dict(sheet.values)
