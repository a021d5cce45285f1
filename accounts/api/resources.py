"""REST resources of accounts: the organization, its members, invitations, units and keys."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.base import ApiView, In, Out
from accounts.api.ids import OpaqueId, find
from accounts.api.pages import PAGE_PARAMETERS, CursorPage, page_of
from accounts.api.problems import Problem
from accounts.arranging_units import UnitRefused, add_unit, change_unit, put_away_unit
from accounts.auditing import audit
from accounts.forms.signing import NO_ADDRESS, PLAIN_NAME
from accounts.inviting_members import InvitationRefused, invite_member, revoke_invitation
from accounts.issuing_keys import KeyRefused, issue_key, revoke_key
from accounts.managing_members import MemberRefused, change_member, remove_member
from accounts.models.api_key import ApiKey
from accounts.models.fields import LOCALE
from accounts.models.member_invitation import MemberInvitation
from accounts.models.membership import Membership, Role
from accounts.models.mode import Mode
from accounts.models.organization import Organization
from accounts.models.unit import Unit
from accounts.zones import validate_currency, validate_zone


def _units(actor: Any) -> Any:
    return Unit.objects.all().alive().visible_to(actor)


class OrganizationOut(Out):
    id = OpaqueId("organization", source="pk")
    name = serializers.CharField()
    slug = serializers.CharField()
    kind = serializers.ChoiceField(Organization.Kind.choices)
    time_zone = serializers.CharField()
    locale = serializers.CharField()
    currency = serializers.CharField()
    postal_address = serializers.CharField()
    brand_colour = serializers.CharField()
    quiet_from = serializers.TimeField(format="%H:%M")
    quiet_to = serializers.TimeField(format="%H:%M")
    cap_count = serializers.IntegerField()
    cap_days = serializers.IntegerField()
    survey_gap_days = serializers.IntegerField()
    privacy_threshold = serializers.IntegerField()
    revision = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class OrganizationIn(In):
    name = serializers.CharField(max_length=120, required=False, validators=[PLAIN_NAME, NO_ADDRESS])
    time_zone = serializers.CharField(max_length=64, required=False, validators=[validate_zone])
    locale = serializers.RegexField(LOCALE, max_length=16, required=False)
    currency = serializers.CharField(max_length=3, required=False, validators=[validate_currency])
    postal_address = serializers.CharField(max_length=500, required=False, allow_blank=True)
    quiet_from = serializers.TimeField(required=False)
    quiet_to = serializers.TimeField(required=False)
    cap_count = serializers.IntegerField(min_value=1, max_value=100, required=False)
    cap_days = serializers.IntegerField(min_value=1, max_value=365, required=False)
    survey_gap_days = serializers.IntegerField(min_value=0, max_value=730, required=False)
    privacy_threshold = serializers.IntegerField(min_value=5, max_value=1000, required=False)
    revision = serializers.IntegerField(
        required=False, min_value=1, help_text="The revision you read: a stale save is refused with 409."
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        organization = self.context["request"].organization
        quiet = [given.get(name, getattr(organization, name)) for name in ("quiet_from", "quiet_to")]
        if quiet[0] == quiet[1]:
            raise serializers.ValidationError(
                {"quiet_to": [_("From and to are the same hour, so nothing could ever be sent.")]}
            )
        return given


class OrganizationView(ApiView):
    """The organization that the key belongs to."""

    actions = {"GET": "organization.view", "PATCH": "settings.edit"}

    @extend_schema(responses=OrganizationOut, operation_id="organization_get")
    def get(self, request: Any) -> Response:
        return Response(OrganizationOut(request.organization).data)

    @extend_schema(request=OrganizationIn, responses=OrganizationOut, operation_id="organization_change")
    def patch(self, request: Any) -> Response:
        given = OrganizationIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        changes = dict(given.validated_data)
        organization = Organization.objects.get(pk=request.organization.pk)
        revision = changes.pop("revision", organization.revision)
        names = [name for name, value in changes.items() if getattr(organization, name) != value]
        for name in names:
            setattr(organization, name, changes[name])
        if names:
            organization.save_revision(revision, by=self.actor, update_fields=names)
            audit("settings.edit", organization, by=self.actor, fields=names)
        return Response(OrganizationOut(organization).data)


class MemberOut(Out):
    id = OpaqueId("member", source="pk")
    name = serializers.CharField(source="user.name")
    email = serializers.EmailField(source="user.email")
    role = serializers.ChoiceField(Role.choices)
    unit = OpaqueId("unit", source="unit_id", allow_null=True)
    joined_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField(allow_null=True)


class MemberIn(In):
    role = serializers.ChoiceField(Role.choices, required=False)
    unit = OpaqueId("unit", rows=_units, required=False, allow_null=True)


def _members(actor: Any) -> Any:
    rows = Membership.objects.filter(organization=actor.organization).select_related("user")
    branch = actor.branch_ids
    return rows if branch is None else rows.filter(unit_id__in=branch)


class MembersView(ApiView):
    """The people of the business who log in."""

    actions = {"GET": "member.view"}

    @extend_schema(responses=page_of(MemberOut), parameters=PAGE_PARAMETERS, operation_id="members_list")
    def get(self, request: Any) -> Response:
        return CursorPage(request, _members(self.actor), out=MemberOut).response()


class MemberView(ApiView):
    actions = {"GET": "member.view", "PATCH": "member.invite", "DELETE": "member.invite"}

    @extend_schema(responses=MemberOut, operation_id="members_get")
    def get(self, request: Any, id: str) -> Response:
        return Response(MemberOut(find(_members(self.actor), "member", id)).data)

    @extend_schema(request=MemberIn, responses=MemberOut, operation_id="members_change")
    def patch(self, request: Any, id: str) -> Response:
        member = find(_members(self.actor), "member", id)
        given = MemberIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        role = given.validated_data.get("role", member.role)
        unit = given.validated_data.get("unit", member.unit)
        try:
            member = change_member(member, role=role, unit=unit, by=self.actor)
        except MemberRefused as refusal:
            raise Problem("refused", 409, str(refusal)) from None
        return Response(MemberOut(member).data)

    @extend_schema(request=None, responses={204: None}, operation_id="members_remove")
    def delete(self, request: Any, id: str) -> Response:
        try:
            remove_member(find(_members(self.actor), "member", id), by=self.actor)
        except MemberRefused as refusal:
            raise Problem("refused", 409, str(refusal)) from None
        return Response(status=204)


class MemberInvitationOut(Out):
    id = OpaqueId("memberinvitation", source="pk")
    email = serializers.EmailField()
    role = serializers.ChoiceField(Role.choices)
    unit = OpaqueId("unit", source="unit_id", allow_null=True)
    state = serializers.ChoiceField(["waiting", "expired", "accepted", "revoked"])
    sent_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class MemberInvitationIn(In):
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(Role.choices)
    unit = OpaqueId("unit", rows=_units, required=False, allow_null=True, default=None)


def _invitations(actor: Any) -> Any:
    rows = MemberInvitation.objects.all()
    branch = actor.branch_ids
    return rows if branch is None else rows.filter(unit_id__in=branch)


class MemberInvitationsView(ApiView):
    """Offers of membership, each by e-mail to one address."""

    actions = {"GET": "member.invite", "POST": "member.invite"}

    @extend_schema(
        responses=page_of(MemberInvitationOut),
        parameters=PAGE_PARAMETERS,
        operation_id="member_invitations_list",
    )
    def get(self, request: Any) -> Response:
        return CursorPage(request, _invitations(self.actor), out=MemberInvitationOut).response()

    @extend_schema(
        request=MemberInvitationIn,
        responses={201: MemberInvitationOut},
        operation_id="member_invitations_make",
    )
    def post(self, request: Any) -> Response:
        given = MemberInvitationIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        try:
            invitation = invite_member(**given.validated_data, by=self.actor)
        except InvitationRefused as refusal:
            raise Problem("refused", 409, str(refusal)) from None
        return Response(MemberInvitationOut(invitation).data, status=201)


class MemberInvitationView(ApiView):
    actions = {"GET": "member.invite", "DELETE": "member.invite"}

    @extend_schema(responses=MemberInvitationOut, operation_id="member_invitations_get")
    def get(self, request: Any, id: str) -> Response:
        return Response(MemberInvitationOut(find(_invitations(self.actor), "memberinvitation", id)).data)

    @extend_schema(request=None, responses={204: None}, operation_id="member_invitations_revoke")
    def delete(self, request: Any, id: str) -> Response:
        try:
            revoke_invitation(find(_invitations(self.actor), "memberinvitation", id), by=self.actor)
        except InvitationRefused as refusal:
            raise Problem("refused", 409, str(refusal)) from None
        return Response(status=204)


class UnitOut(Out):
    id = OpaqueId("unit", source="pk")
    name = serializers.CharField()
    parent = OpaqueId("unit", source="parent_id", allow_null=True)  # type: ignore[assignment]
    revision = serializers.IntegerField()


class UnitIn(In):
    name = serializers.CharField(max_length=120)
    parent = OpaqueId("unit", rows=_units, required=False, allow_null=True, default=None)  # type: ignore[assignment]


class UnitChangeIn(In):
    name = serializers.CharField(max_length=120, required=False)
    parent = OpaqueId("unit", rows=_units, required=False, allow_null=True)  # type: ignore[assignment]
    revision = serializers.IntegerField(required=False, min_value=1)


class UnitsView(ApiView):
    """Regions, stores, teams: a tree."""

    actions = {"GET": "unit.view", "POST": "unit.edit"}

    @extend_schema(responses=page_of(UnitOut), parameters=PAGE_PARAMETERS, operation_id="units_list")
    def get(self, request: Any) -> Response:
        return CursorPage(request, _units(self.actor), out=UnitOut, newest_first=False).response()

    @extend_schema(request=UnitIn, responses={201: UnitOut}, operation_id="units_make")
    def post(self, request: Any) -> Response:
        given = UnitIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        try:
            unit = add_unit(**given.validated_data, by=self.actor)
        except UnitRefused as refusal:
            raise Problem("refused", 409, str(refusal)) from None
        return Response(UnitOut(unit).data, status=201)


class UnitView(ApiView):
    actions = {"GET": "unit.view", "PATCH": "unit.edit", "DELETE": "unit.edit"}

    @extend_schema(responses=UnitOut, operation_id="units_get")
    def get(self, request: Any, id: str) -> Response:
        return Response(UnitOut(find(_units(self.actor), "unit", id)).data)

    @extend_schema(request=UnitChangeIn, responses=UnitOut, operation_id="units_change")
    def patch(self, request: Any, id: str) -> Response:
        unit = find(_units(self.actor), "unit", id)
        given = UnitChangeIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        try:
            unit = change_unit(
                unit,
                name=asked.get("name", unit.name),
                parent=asked.get("parent", unit.parent),
                revision=asked.get("revision", unit.revision),
                by=self.actor,
            )
        except UnitRefused as refusal:
            raise Problem("refused", 409, str(refusal)) from None
        return Response(UnitOut(unit).data)

    @extend_schema(request=None, responses={204: None}, operation_id="units_put_away")
    def delete(self, request: Any, id: str) -> Response:
        try:
            put_away_unit(find(_units(self.actor), "unit", id), by=self.actor)
        except UnitRefused as refusal:
            raise Problem("refused", 409, str(refusal)) from None
        return Response(status=204)


class KeyOut(Out):
    id = OpaqueId("apikey", source="pk")
    name = serializers.CharField()
    mode = serializers.ChoiceField([Mode.LIVE.value, Mode.TEST.value])
    prefix = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    unit = OpaqueId("unit", source="unit_id", allow_null=True)
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class NewKeyOut(KeyOut):
    key = serializers.CharField(help_text="The key itself: shown in this answer and never again.")


class KeyIn(In):
    name = serializers.CharField(max_length=120)
    mode = serializers.ChoiceField([Mode.LIVE.value, Mode.TEST.value])
    scopes = serializers.ListField(child=serializers.CharField(max_length=40), min_length=1, max_length=60)


def _keys(actor: Any) -> Any:
    rows = ApiKey.objects.all()
    branch = actor.branch_ids
    return rows if branch is None else rows.filter(unit_id__in=branch)


class KeysView(ApiView):
    """Keys of machines. A key makes keys with its own scopes at most."""

    actions = {"GET": "key.manage", "POST": "key.manage"}
    # The answer holds a secret, so it is not kept for repeats.
    repeatable = False

    @extend_schema(responses=page_of(KeyOut), parameters=PAGE_PARAMETERS, operation_id="keys_list")
    def get(self, request: Any) -> Response:
        return CursorPage(request, _keys(self.actor), out=KeyOut).response()

    @extend_schema(request=KeyIn, responses={201: NewKeyOut}, operation_id="keys_make")
    def post(self, request: Any) -> Response:
        given = KeyIn(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            issued = issue_key(**given.validated_data, by=self.actor)
        except KeyRefused as refusal:
            raise Problem("refused", 409, str(refusal)) from None
        return Response({**KeyOut(issued.key).data, "key": issued.text}, status=201)


class KeyView(ApiView):
    actions = {"GET": "key.manage", "DELETE": "key.manage"}

    @extend_schema(responses=KeyOut, operation_id="keys_get")
    def get(self, request: Any, id: str) -> Response:
        return Response(KeyOut(find(_keys(self.actor), "apikey", id)).data)

    @extend_schema(request=None, responses={204: None}, operation_id="keys_revoke")
    def delete(self, request: Any, id: str) -> Response:
        revoke_key(find(_keys(self.actor), "apikey", id), by=self.actor)
        return Response(status=204)


class NothingHere(ApiView):
    """Every other address of the API: a problem, not a page."""

    policy = "public:nothing"
    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    schema = None

    def _missing(self, request: Any, rest: str = "") -> Response:
        raise Http404

    get = post = put = patch = delete = _missing
