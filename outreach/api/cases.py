"""REST: cases, their events, and the alerts of members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from accounts.acting import Actor
from accounts.api.base import ApiView, In, Out
from accounts.api.ids import OpaqueId, find
from accounts.api.pages import CHANGES_PARAMETERS, PAGE_PARAMETERS, CursorPage, page_of
from accounts.api.problems import Problem
from accounts.models import Membership
from outreach import caring
from outreach.caring import CaseError, SomebodyWasFaster
from outreach.models import Alert, Case, CaseEvent
from outreach.models.case import CaseQuerySet
from segments.models import Customer

VIEWS = ("open", "closed", "late")


def _cases(actor: Actor) -> CaseQuerySet:
    return Case.objects.visible_to(actor).filter(deleted_at=None).select_related("response")


def _members(actor: Actor) -> QuerySet[Membership]:
    return Membership.objects.filter(organization=actor.organization).select_related("user")


def _customers(actor: Actor) -> QuerySet[Customer]:
    return Customer.objects.visible_to(actor).present()


class CaseOut(Out):
    id = OpaqueId("case", source="pk")
    number = serializers.IntegerField()
    state = serializers.ChoiceField(Case.State.choices)
    customer = OpaqueId("customer", source="customer_id", allow_null=True)
    response = OpaqueId("response", source="response_id", allow_null=True)
    unit = OpaqueId("unit", source="unit_id", allow_null=True)
    owner = OpaqueId("member", source="owner_id", allow_null=True)
    mode = serializers.CharField()
    score = serializers.IntegerField(allow_null=True)
    comment = serializers.SerializerMethodField()
    opened_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(help_text="By when a person is to be in contact.")
    first_contact_at = serializers.DateTimeField(allow_null=True)
    waiting_since = serializers.DateTimeField(allow_null=True, help_text="The clock stands still since.")
    closed_at = serializers.DateTimeField(allow_null=True)
    cause = serializers.CharField()
    outcome = serializers.CharField()

    def get_comment(self, case: Case) -> str:
        return case.response.comment if case.response is not None else ""


class CaseEventOut(Out):
    kind = serializers.ChoiceField(CaseEvent.Kind.choices)
    at = serializers.DateTimeField()
    by = serializers.CharField(source="by_name")
    subject = serializers.CharField()
    text = serializers.CharField()


class CaseIn(In):
    customer = OpaqueId("customer", rows=_customers)
    reason = serializers.CharField(max_length=2000)


class OwnerIn(In):
    owner = OpaqueId("member", rows=_members, allow_null=True, help_text="null: back to the queue.")


class NoteIn(In):
    text = serializers.CharField(max_length=20_000)


class CallIn(In):
    text = serializers.CharField(max_length=20_000, required=False, allow_blank=True, default="")


class ReplyIn(In):
    subject = serializers.CharField(max_length=200)
    text = serializers.CharField(max_length=20_000, trim_whitespace=False)

    def validate_subject(self, subject: str) -> str:
        if "\r" in subject or "\n" in subject:
            raise ValidationError(_("A line break cannot stand in a mail header."))
        return subject


class ClosureIn(In):
    cause = serializers.CharField(max_length=120)
    outcome = serializers.ChoiceField(Case.Outcome.choices)
    text = serializers.CharField(max_length=20_000, required=False, allow_blank=True, default="")


def _done(do: Any) -> Any:
    """The verb's refusals as problems; nothing half-written stays behind."""
    try:
        with transaction.atomic():
            return do()
    except SomebodyWasFaster as error:
        raise Problem("stale", 409, str(error)) from None
    except CaseError as error:
        raise Problem("refused", 422, str(error)) from None


def _give(case: Case, *, owner: Membership | None, by: Actor) -> Case:
    return caring.assign(case, to=owner, by=by)


class CasesView(ApiView):
    """Unhappy customers being cared for."""

    actions = {"GET": "case.view", "POST": "case.work"}

    @extend_schema(
        responses=page_of(CaseOut, changes=True),
        parameters=[*CHANGES_PARAMETERS, OpenApiParameter("state", str, enum=VIEWS)],
        operation_id="cases_list",
    )
    def get(self, request: Any) -> Response:
        rows = _cases(self.actor)
        state = request.query_params.get("state")
        if state is not None and state not in VIEWS:
            raise ValidationError({"state": [_("One of open, closed, late.")]})
        if state == "open":
            rows = rows.open()
        elif state == "closed":
            rows = rows.closed()
        elif state == "late":
            rows = rows.late(timezone.now())
        return CursorPage(request, rows, out=CaseOut).response()

    @extend_schema(request=CaseIn, responses={201: CaseOut}, operation_id="cases_open")
    def post(self, request: Any) -> Response:
        """Open a case by hand; a customer with an open one gets a note in it instead."""
        given = CaseIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        case = _done(lambda: caring.open_by_hand(**given.validated_data, by=self.actor))
        return Response(CaseOut(case).data, status=201)


class CaseView(ApiView):
    actions = {"GET": "case.view"}

    @extend_schema(responses=CaseOut, operation_id="cases_get")
    def get(self, request: Any, id: str) -> Response:
        return Response(CaseOut(find(_cases(self.actor), "case", id)).data)


class CaseEventsView(ApiView):
    """What happened in a case: notes, answers, changes."""

    actions = {"GET": "case.view"}

    @extend_schema(responses=page_of(CaseEventOut), parameters=PAGE_PARAMETERS, operation_id="cases_events")
    def get(self, request: Any, id: str) -> Response:
        case = find(_cases(self.actor), "case", id)
        return CursorPage(request, case.events.all(), out=CaseEventOut, newest_first=False).response()


class _Deed(ApiView):
    """One deed on one case: parse, do, print the case."""

    actions = {"POST": "case.work"}

    def _answer(self, request: Any, id: str, takes: type[In], verb: Callable[..., Any]) -> Response:
        """`verb(case, by=..., **given)` with what `takes` reads from the body."""
        case = find(_cases(self.actor), "case", id)
        given = takes(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        _done(lambda: verb(case, **given.validated_data, by=self.actor))
        return Response(CaseOut(_cases(self.actor).get(pk=case.pk)).data)


class CaseOwnerView(_Deed):
    actions = {"POST": "case.assign"}

    @extend_schema(request=OwnerIn, responses=CaseOut, operation_id="cases_assign")
    def post(self, request: Any, id: str) -> Response:
        """Give a case to a member who may see it, or back to the queue."""
        return self._answer(request, id, OwnerIn, _give)


class CaseNotesView(_Deed):
    @extend_schema(request=NoteIn, responses=CaseOut, operation_id="cases_note")
    def post(self, request: Any, id: str) -> Response:
        """Write a note for the team. It stops no clock."""
        return self._answer(request, id, NoteIn, caring.note)


class CaseRepliesView(_Deed):
    @extend_schema(request=ReplyIn, responses=CaseOut, operation_id="cases_reply")
    def post(self, request: Any, id: str) -> Response:
        """Answer the customer by e-mail, as a person wrote it: a first contact, so the clock stops."""
        return self._answer(request, id, ReplyIn, caring.reply)


class CaseCallsView(_Deed):
    @extend_schema(request=CallIn, responses=CaseOut, operation_id="cases_call")
    def post(self, request: Any, id: str) -> Response:
        """Write down a call that a person made: a first contact, so the clock stops."""
        return self._answer(request, id, CallIn, caring.call)


class CaseWaitView(ApiView):
    """Waiting for the customer: the clock stands still while it lasts."""

    actions = {"POST": "case.work", "DELETE": "case.work"}

    @extend_schema(request=None, responses=CaseOut, operation_id="cases_wait")
    def post(self, request: Any, id: str) -> Response:
        return self._do(id, caring.wait)

    @extend_schema(request=None, responses=CaseOut, operation_id="cases_resume")
    def delete(self, request: Any, id: str) -> Response:
        return self._do(id, caring.resume)

    def _do(self, id: str, deed: Any) -> Response:
        case = find(_cases(self.actor), "case", id)
        _done(lambda: deed(case, by=self.actor))
        return Response(CaseOut(_cases(self.actor).get(pk=case.pk)).data)


class CaseClosureView(ApiView):
    """A closed case has a cause and an outcome; taking the closure away opens it again."""

    actions = {"POST": "case.work", "DELETE": "case.work"}

    @extend_schema(request=ClosureIn, responses=CaseOut, operation_id="cases_close")
    def post(self, request: Any, id: str) -> Response:
        case = find(_cases(self.actor), "case", id)
        given = ClosureIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        _done(lambda: caring.close(case, **given.validated_data, by=self.actor))
        return Response(CaseOut(_cases(self.actor).get(pk=case.pk)).data)

    @extend_schema(request=None, responses=CaseOut, operation_id="cases_reopen")
    def delete(self, request: Any, id: str) -> Response:
        case = find(_cases(self.actor), "case", id)
        _done(lambda: caring.reopen(case, by=self.actor))
        return Response(CaseOut(_cases(self.actor).get(pk=case.pk)).data)


class AlertOut(Out):
    id = OpaqueId("alert", source="pk")
    kind = serializers.ChoiceField(Alert.Kind.choices)
    member = OpaqueId("member", source="membership_id")
    case = OpaqueId("case", source="case_id", allow_null=True)
    response = OpaqueId("response", source="response_id", allow_null=True)
    improvement = OpaqueId("improvement", source="improvement_id", allow_null=True)
    at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class AlertsView(ApiView):
    """Who of the team was told of which unhappy customer, or of what is done differently, and has read it."""

    actions = {"GET": "alert.view"}

    @extend_schema(responses=page_of(AlertOut), parameters=PAGE_PARAMETERS, operation_id="alerts_list")
    def get(self, request: Any) -> Response:
        rows = Alert.objects.standing()
        branch = self.actor.branch_ids
        if branch is not None:
            rows = rows.filter(case__unit_id__in=branch)
        return CursorPage(request, rows, out=AlertOut).response()
