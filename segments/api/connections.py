"""REST: connections to CRMs and help desks."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.acting import NotAllowed
from accounts.api.base import ApiView, In, Out
from accounts.api.ids import OpaqueId, find
from accounts.api.pages import PAGE_PARAMETERS, CursorPage, page_of
from segments import connecting
from segments.connecting import NotConnected
from segments.models import Connection, NotTakenIn, Outgoing

STATES = ["trying", "working", "waiting", "paused", "ended"]
IN_HELP = (
    "Ours -> theirs, for what is read. Ours are email, name, first_name, phone, company, external_id, locale, "
    "time_zone and attribute.KEY."
)
OUT_HELP = (
    "Ours -> theirs, for what is written. Ours are score, category, previous_category, movement, answered_at, "
    "touchpoint, stage and segments."
)


class TheirFieldOut(Out):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.CharField(help_text="text, number, date, instant, yes_no or other.")
    writable = serializers.BooleanField()


class ConnectionOut(Out):
    id = OpaqueId("connection", source="pk")
    vendor = serializers.ChoiceField(Connection.Vendor.choices)
    account = serializers.CharField()
    state = serializers.ChoiceField(STATES, help_text="waiting and ended: see fault.")
    fault = serializers.CharField(help_text="Why it waits or ended, in words.")
    wait_until = serializers.DateTimeField(allow_null=True)
    pulls = serializers.BooleanField()
    pushes = serializers.BooleanField()
    errands = serializers.BooleanField(help_text="Whether a task or ticket is made there for each case.")
    makes_people = serializers.BooleanField()
    fields_in = serializers.DictField(child=serializers.CharField())
    fields_out = serializers.DictField(child=serializers.CharField())
    segments = serializers.ListField(child=OpaqueId("segment"))
    tried_at = serializers.DateTimeField(allow_null=True)
    pulled_at = serializers.DateTimeField(allow_null=True)
    pushed_at = serializers.DateTimeField(allow_null=True)
    seen = serializers.IntegerField(help_text="Records that were read.")
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    tickets = serializers.IntegerField()
    written = serializers.IntegerField()
    waiting = serializers.SerializerMethodField()
    failed = serializers.SerializerMethodField()
    revision = serializers.IntegerField()

    def get_waiting(self, connection: Connection) -> int:
        return int(Outgoing.objects.filter(connection=connection, held_at=None).count())

    def get_failed(self, connection: Connection) -> int:
        held = Outgoing.objects.filter(connection=connection).held().count()
        return int(held + NotTakenIn.objects.filter(connection=connection).count())


class ConnectionWithFieldsOut(ConnectionOut):
    their_fields = TheirFieldOut(many=True)


class ConnectionIn(In):
    vendor = serializers.ChoiceField(Connection.Vendor.choices)
    secret = serializers.DictField(
        child=serializers.CharField(max_length=2_000, trim_whitespace=True),
        help_text="hubspot: access_token, or client_id, client_secret and refresh_token; zendesk: account, email and "
        "api_token; salesforce: account, client_id, client_secret and refresh_token. It is never told again.",
    )


class ConnectionChangesIn(In):
    pulls = serializers.BooleanField(required=False)
    pushes = serializers.BooleanField(required=False)
    errands = serializers.BooleanField(required=False)
    makes_people = serializers.BooleanField(required=False)
    fields_in = serializers.DictField(
        child=serializers.CharField(max_length=120), required=False, help_text=IN_HELP
    )
    fields_out = serializers.DictField(
        child=serializers.CharField(max_length=120), required=False, help_text=OUT_HELP
    )
    segments = serializers.ListField(
        child=OpaqueId("segment"), required=False, help_text="Those whose names are written."
    )
    revision = serializers.IntegerField(required=False, min_value=1)


class ConnectionSecretIn(In):
    secret = serializers.DictField(child=serializers.CharField(max_length=2_000, trim_whitespace=True))


class ConnectionFailureOut(Out):
    direction = serializers.ChoiceField(
        (("in", "read"), ("out", "written")), help_text="Which way it was going."
    )
    what = serializers.CharField(help_text="person, case, or record: one of theirs.")
    theirs = serializers.CharField(allow_blank=True, help_text="Its id at the other side, where it is known.")
    field = serializers.CharField(allow_blank=True)
    message = serializers.CharField()
    at = serializers.DateTimeField()


class RetriedOut(Out):
    retried = serializers.IntegerField()


def _connections(actor: Any) -> Any:
    return Connection.objects.present().visible_to(actor)


def _wrong(refusal: NotConnected, prefix: str = "") -> serializers.ValidationError:
    path = ".".join(part for part in (prefix, refusal.path) if part) or "vendor"
    return serializers.ValidationError({path: [str(refusal)]})


class ConnectionsView(ApiView):
    """Connections, one for each vendor. A key of a branch sees and makes none."""

    actions = {"GET": "connection.view", "POST": "connection.edit"}
    # What comes in is a secret, so the request is not kept for repeats.
    repeatable = False

    @extend_schema(
        responses=page_of(ConnectionOut), parameters=PAGE_PARAMETERS, operation_id="connections_list"
    )
    def get(self, request: Any) -> Response:
        return CursorPage(request, _connections(self.actor), out=ConnectionOut).response()

    @extend_schema(request=ConnectionIn, responses={201: ConnectionOut}, operation_id="connections_connect")
    def post(self, request: Any) -> Response:
        given = ConnectionIn(data=request.data)
        given.is_valid(raise_exception=True)
        if self.actor.branch_ids is not None:
            raise NotAllowed("connection.edit", self.actor)
        told = given.validated_data
        try:
            made = connecting.connect(told["vendor"], told["secret"], by=self.actor)
        except NotConnected as refusal:
            raise _wrong(refusal, "secret" if refusal.path not in ("", "vendor") else "") from None
        return Response(ConnectionOut(made).data, status=201)


class ConnectionView(ApiView):
    """One connection, with the fields that the other side has."""

    actions = {"GET": "connection.view", "PATCH": "connection.edit", "DELETE": "connection.edit"}

    @extend_schema(responses=ConnectionWithFieldsOut, operation_id="connections_get")
    def get(self, request: Any, id: str) -> Response:
        return Response(ConnectionWithFieldsOut(find(_connections(self.actor), "connection", id)).data)

    @extend_schema(
        request=ConnectionChangesIn, responses=ConnectionWithFieldsOut, operation_id="connections_change"
    )
    def patch(self, request: Any, id: str) -> Response:
        connection = find(_connections(self.actor), "connection", id)
        given = ConnectionChangesIn(data=request.data)
        given.is_valid(raise_exception=True)
        facts = dict(given.validated_data)
        expected = facts.pop("revision", connection.revision)
        try:
            connection = connecting.change(connection, facts, expected=expected, by=self.actor)
        except NotConnected as refusal:
            raise _wrong(refusal) from None
        return Response(ConnectionWithFieldsOut(connection).data)

    @extend_schema(request=None, responses={204: None}, operation_id="connections_disconnect")
    def delete(self, request: Any, id: str) -> Response:
        connecting.disconnect(find(_connections(self.actor), "connection", id), by=self.actor)
        return Response(status=204)


class ConnectionSecretView(ApiView):
    """Another secret for the same account."""

    actions = {"PUT": "connection.edit"}
    repeatable = False

    @extend_schema(request=ConnectionSecretIn, responses=ConnectionOut, operation_id="connections_secret")
    def put(self, request: Any, id: str) -> Response:
        connection = find(_connections(self.actor), "connection", id)
        given = ConnectionSecretIn(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            connection = connecting.replace_secret(connection, given.validated_data["secret"], by=self.actor)
        except NotConnected as refusal:
            raise _wrong(refusal, "secret") from None
        return Response(ConnectionOut(connection).data)


class ConnectionTrialView(ApiView):
    """Tries the connection again, and asks which fields there are; the outcome stands in the connection soon."""

    actions = {"POST": "connection.edit"}

    @extend_schema(request=None, responses={202: ConnectionOut}, operation_id="connections_try")
    def post(self, request: Any, id: str) -> Response:
        connection = find(_connections(self.actor), "connection", id)
        return Response(ConnectionOut(connecting.try_again(connection, by=self.actor)).data, status=202)


class ConnectionFieldsView(ApiView):
    """Has our own fields made there, where that can be done from outside."""

    actions = {"POST": "connection.edit"}

    @extend_schema(request=None, responses={202: ConnectionOut}, operation_id="connections_make_fields")
    def post(self, request: Any, id: str) -> Response:
        connection = find(_connections(self.actor), "connection", id)
        try:
            asked = connecting.make_missing(connection, by=self.actor)
        except NotConnected as refusal:
            raise _wrong(refusal) from None
        return Response(ConnectionOut(asked).data, status=202)


class ConnectionSyncView(ApiView):
    """Looks at once at what changed there, and writes what waits."""

    actions = {"POST": "connection.edit"}

    @extend_schema(request=None, responses={202: ConnectionOut}, operation_id="connections_sync")
    def post(self, request: Any, id: str) -> Response:
        connection = find(_connections(self.actor), "connection", id)
        return Response(ConnectionOut(connecting.sync_now(connection, by=self.actor)).data, status=202)


class ConnectionPauseView(ApiView):
    """POST: nothing moves until it is resumed. DELETE: it goes on."""

    actions = {"POST": "connection.edit", "DELETE": "connection.edit"}

    @extend_schema(request=None, responses=ConnectionOut, operation_id="connections_pause")
    def post(self, request: Any, id: str) -> Response:
        connection = find(_connections(self.actor), "connection", id)
        return Response(ConnectionOut(connecting.pause(connection, by=self.actor)).data)

    @extend_schema(request=None, responses=ConnectionOut, operation_id="connections_resume")
    def delete(self, request: Any, id: str) -> Response:
        connection = find(_connections(self.actor), "connection", id)
        return Response(ConnectionOut(connecting.resume(connection, by=self.actor)).data)


class ConnectionFailuresView(ApiView):
    """What could not be brought in or written, and why: the latest hundred. POST tries all of it once more."""

    actions = {"GET": "connection.view", "POST": "connection.edit"}

    @extend_schema(responses=ConnectionFailureOut(many=True), operation_id="connections_failures")
    def get(self, request: Any, id: str) -> Response:
        connection = find(_connections(self.actor), "connection", id)
        return Response(ConnectionFailureOut(connecting.failures(connection), many=True).data)

    @extend_schema(request=None, responses={202: RetriedOut}, operation_id="connections_retry")
    def post(self, request: Any, id: str) -> Response:
        connection = find(_connections(self.actor), "connection", id)
        retried = connecting.retry_failed(connection, by=self.actor)
        return Response(RetriedOut({"retried": retried}).data, status=202)
