"""REST: segments, their rules, how many and who."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.response import Response

from accounts.api.base import ApiView, In, Out
from accounts.api.ids import OpaqueId, find
from accounts.api.pages import CHANGES_PARAMETERS, PAGE_PARAMETERS, CursorPage, page_of
from accounts.api.problems import Problem
from segments import library, segmenting
from segments.api.customers import CustomerOut
from segments.catalog import Asked, vocabulary
from segments.compiling import (
    TooSlow,
    Unanswerable,
    check_circle,
    count,
    everybody,
    found_by,
    members,
    patience,
)
from segments.models import Segment
from segments.rules import RuleError, as_json, read_rule, sentence
from segments.rules.tree import EVERYBODY
from segments.segmenting import InUse


class SegmentOut(Out):
    id = OpaqueId("segment", source="pk")
    name = serializers.CharField()
    description = serializers.CharField()
    rule = serializers.DictField()
    static = serializers.BooleanField()
    counted = serializers.IntegerField(allow_null=True, help_text="The last count seen; see /count for now.")
    revision = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SegmentIn(In):
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True)
    rule = serializers.DictField(help_text="Groups of all, any, none around conditions; see the docs.")


class SegmentChangesIn(In):
    name = serializers.CharField(max_length=120, required=False)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True)
    rule = serializers.DictField(required=False)
    revision = serializers.IntegerField(required=False, min_value=1)


class CountOut(Out):
    number = serializers.IntegerField()
    of = serializers.IntegerField()


class ReadyOut(Out):
    key = serializers.CharField()
    name = serializers.CharField()
    why = serializers.CharField()
    rule = serializers.DictField()
    taken = serializers.BooleanField(help_text="Whether it is among the segments already.")


class SegmentsView(ApiView):
    """All segments; a POST makes one from a rule."""

    actions = {"GET": "segment.view", "POST": "segment.edit"}

    @extend_schema(
        responses=page_of(SegmentOut, changes=True),
        parameters=CHANGES_PARAMETERS,
        operation_id="segments_list",
    )
    def get(self, request: Any) -> Response:
        return CursorPage(request, Segment.objects.present(), out=SegmentOut).response()

    @extend_schema(request=SegmentIn, responses={201: SegmentOut}, operation_id="segments_create")
    @transaction.atomic
    def post(self, request: Any) -> Response:
        given = SegmentIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        facts = given.validated_data
        rule = _rule(facts["rule"], None)
        description = facts.get("description", "")
        segment = segmenting.save(None, name=facts["name"], description=description, rule=rule, by=self.actor)
        return Response(SegmentOut(segment).data, status=status.HTTP_201_CREATED)


class SegmentView(ApiView):
    """One segment. It cannot be deleted while something uses it."""

    actions = {"GET": "segment.view", "PATCH": "segment.edit", "DELETE": "segment.edit"}

    @extend_schema(responses=SegmentOut, operation_id="segments_get")
    def get(self, request: Any, id: str) -> Response:
        return Response(SegmentOut(find(Segment.objects.present(), "segment", id)).data)

    @extend_schema(request=SegmentChangesIn, responses=SegmentOut, operation_id="segments_change")
    @transaction.atomic
    def patch(self, request: Any, id: str) -> Response:
        segment = find(Segment.objects.present(), "segment", id)
        given = SegmentChangesIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        changes = dict(given.validated_data)
        expected = changes.pop("revision", segment.revision)
        if "rule" in changes and segment.static:
            raise serializers.ValidationError(
                {"rule": [_("A fixed list has no rule; take it from its segment.")]}
            )
        if changes:
            segmenting.save(
                segment,
                name=changes.get("name", segment.name),
                description=changes.get("description", segment.description),
                rule=EVERYBODY if segment.static else _rule(changes.get("rule", segment.rule), segment.pk),
                expected=expected,
                by=self.actor,
            )
        return Response(SegmentOut(segment).data)

    @extend_schema(responses={204: None}, operation_id="segments_delete")
    def delete(self, request: Any, id: str) -> Response:
        segment = find(Segment.objects.present(), "segment", id)
        try:
            segmenting.put_away(segment, by=self.actor)
        except InUse as used:
            raise Problem("in_use", status.HTTP_409_CONFLICT, str(used)) from None
        return Response(status=status.HTTP_204_NO_CONTENT)


class SegmentCopyView(ApiView):
    """The same once more, to be changed."""

    actions = {"POST": "segment.edit"}

    @extend_schema(request=None, responses={201: SegmentOut}, operation_id="segments_copy")
    def post(self, request: Any, id: str) -> Response:
        segment = find(Segment.objects.present(), "segment", id)
        return Response(
            SegmentOut(segmenting.copy(segment, by=self.actor)).data, status=status.HTTP_201_CREATED
        )


class SegmentFreezeView(ApiView):
    """A fixed list of those who are in it now, as far as the key may see them."""

    actions = {"POST": "segment.edit"}

    @extend_schema(request=None, responses={201: SegmentOut}, operation_id="segments_freeze")
    def post(self, request: Any, id: str) -> Response:
        segment = find(Segment.objects.present(), "segment", id)
        try:
            with patience():
                frozen = segmenting.freeze(segment, by=self.actor)
        except TooSlow as error:
            raise Problem("too_slow", 422, str(error)) from None
        return Response(SegmentOut(frozen).data, status=status.HTTP_201_CREATED)


class ReadySegmentsView(ApiView):
    """The library: segments that are ready to take. Taking one twice gives the first."""

    actions = {"GET": "segment.view", "POST": "segment.edit"}

    @extend_schema(responses=ReadyOut(many=True), operation_id="segments_ready_list")
    def get(self, request: Any) -> Response:
        return Response([ReadyOut(one).data for one in library.ready()])

    @extend_schema(
        request=inline_serializer("ReadyIn", {"key": serializers.CharField()}),
        responses={201: SegmentOut},
        operation_id="segments_ready_take",
    )
    def post(self, request: Any) -> Response:
        key = request.data.get("key") if isinstance(request.data, dict) else None
        try:
            segment = library.take(str(key), by=self.actor)
        except KeyError:
            raise serializers.ValidationError(
                {"key": [_("There is no ready segment of this key.")]}
            ) from None
        return Response(SegmentOut(segment).data, status=status.HTTP_201_CREATED)


class SegmentCountView(ApiView):
    """How many are in it now, of how many the key may see."""

    actions = {"GET": "segment.view"}

    @extend_schema(responses=CountOut, operation_id="segments_count")
    def get(self, request: Any, id: str) -> Response:
        segment = find(Segment.objects.present(), "segment", id)
        return Response(_counted(members(segment).visible_to(self.actor), self.actor))


class SegmentMembersView(ApiView):
    """Who is in it now."""

    actions = {"GET": "customer.view"}

    @extend_schema(
        responses=page_of(CustomerOut), parameters=PAGE_PARAMETERS, operation_id="segments_members"
    )
    def get(self, request: Any, id: str) -> Response:
        segment = find(Segment.objects.present(), "segment", id)
        found = members(segment).visible_to(self.actor).prefetch_related("keys")
        return CursorPage(request, found, out=CustomerOut).response()


class RuleView(ApiView):
    """Try a rule without keeping it: the sentence that tells it, and how many it describes."""

    actions = {"POST": "segment.view"}

    @extend_schema(
        request=inline_serializer("RuleIn", {"rule": serializers.DictField()}),
        responses=inline_serializer(
            "RuleOut",
            {
                "rule": serializers.DictField(),
                "sentence": serializers.CharField(),
                "number": serializers.IntegerField(),
                "of": serializers.IntegerField(),
            },
        ),
        operation_id="rules_try",
    )
    def post(self, request: Any) -> Response:
        raw = request.data.get("rule") if isinstance(request.data, dict) else None
        rule = _rule(raw, None)
        found = _counted(found_by(rule).visible_to(self.actor), self.actor)
        told = sentence(rule, vocabulary(), _)
        return Response({"rule": as_json(rule), "sentence": told, **found})


def _counted(found: Any, actor: Any) -> dict[str, int]:
    try:
        return {"number": count(found), "of": count(everybody(Asked.here()).visible_to(actor))}
    except TooSlow as error:
        raise Problem("too_slow", 422, str(error)) from None


def _rule(raw: Any, segment_id: int | None) -> Any:
    """The tree of a rule that can be asked. Refused with the path of the fault."""
    try:
        rule = read_rule(raw, vocabulary())
        check_circle(segment_id, rule)
    except RuleError as error:
        raise serializers.ValidationError({error.path or "rule": [_(error.message) % error.params]}) from None
    except Unanswerable as error:
        raise serializers.ValidationError({"rule": [str(error)]}) from None
    return rule
