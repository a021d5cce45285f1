"""REST: identify, track, group and batch in the shape of Segment's HTTP API: its libraries need another host only.

The key is the write key: user name of Basic authentication, or Bearer as everywhere.
"""

import json
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.base import ApiView, In, Out
from segments.tracking import Heard, hear

LARGEST_BATCH = 500_000
MOST = 2_500


class IdentifyIn(In):
    """Who somebody is. Traits are email, phone, name, firstName, lastName, locale, timezone, createdAt, company, roles,
    stage, and declared attributes; other words of Segment are passed over, unknown ones refused."""

    userId = serializers.CharField(max_length=200, required=False, help_text="Your id: the external id.")
    anonymousId = serializers.CharField(max_length=200, required=False)
    traits = serializers.DictField(required=False)
    messageId = serializers.CharField(max_length=150, required=False, help_text="The same one counts once.")
    timestamp = serializers.DateTimeField(required=False)
    sentAt = serializers.DateTimeField(required=False, help_text="Corrects the time by your clock's error.")
    context = serializers.DictField(  # type: ignore[assignment]
        required=False, help_text="Passed over, as are integrations."
    )


class TrackIn(IdentifyIn):
    """What somebody did. The amount is `properties.revenue`, else `total`, with `currency`."""

    traits = None  # type: ignore[assignment]
    event = serializers.CharField(max_length=80)
    properties = serializers.DictField(required=False)


class GroupIn(IdentifyIn):
    """The company somebody works for. Traits are name, industry, website, timezone, revenue, renewalDate."""

    groupId = serializers.CharField(max_length=200, help_text="Your id of the company.")


class MessageIn(In):
    """One of the three, with its `type` beside its own fields."""

    type = serializers.ChoiceField(["identify", "track", "group"])


class SegmentBatchIn(In):
    batch = MessageIn(many=True, help_text="At most 2,500 messages and 500 KB; each at most 32 KB.")
    sentAt = serializers.DateTimeField(required=False)


class HeardOut(Out):
    index = serializers.IntegerField()
    outcome = serializers.ChoiceField(["recorded", "known", "refused"])
    path = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)
    passed_over = serializers.ListField(
        child=serializers.CharField(), help_text="Words of Segment that have no place here."
    )


class SegmentOneOut(Out):
    success = serializers.BooleanField()
    outcome = serializers.CharField(help_text="recorded, or known: its messageId came before.")
    passed_over = serializers.ListField(child=serializers.CharField())


class SegmentBatchOut(Out):
    success = serializers.BooleanField(help_text="Whether no message was refused.")
    outcomes = HeardOut(many=True)


class _OneView(ApiView):
    actions = {"POST": "customer.edit"}
    kind = ""

    def hear_one(self, request: Any) -> Response:
        (told,) = hear([request.data], by=self.actor, kind=self.kind)
        if told.outcome == "refused":
            raise serializers.ValidationError({told.path or "non_field_errors": [told.message]})
        body = {"success": True, "outcome": told.outcome, "passed_over": told.passed_over}
        return Response(SegmentOneOut(body).data)


class IdentifyView(_OneView):
    """Says who somebody is: makes the customer, or changes what is given."""

    kind = "identify"

    @extend_schema(request=IdentifyIn, responses=SegmentOneOut, operation_id="segment_shape_identify")
    def post(self, request: Any) -> Response:
        return self.hear_one(request)


class TrackView(_OneView):
    """Records what somebody did; a person who is not known yet is made."""

    kind = "track"

    @extend_schema(request=TrackIn, responses=SegmentOneOut, operation_id="segment_shape_track")
    def post(self, request: Any) -> Response:
        return self.hear_one(request)


class GroupView(_OneView):
    """Says which company somebody works for, and what is known of it."""

    kind = "group"

    @extend_schema(request=GroupIn, responses=SegmentOneOut, operation_id="segment_shape_group")
    def post(self, request: Any) -> Response:
        return self.hear_one(request)


class BatchView(ApiView):
    """Many messages in one call, each with its own outcome: a bad one costs only itself."""

    actions = {"POST": "customer.edit"}

    @extend_schema(request=SegmentBatchIn, responses=SegmentBatchOut, operation_id="segment_shape_batch")
    def post(self, request: Any) -> Response:
        rows = request.data.get("batch") if isinstance(request.data, dict) else None
        if not isinstance(rows, list):
            raise serializers.ValidationError({"batch": [_("Expected a list.")]})
        if len(rows) > MOST:
            raise serializers.ValidationError({"batch": [_("At most 2,500 at once.")]})
        if len(json.dumps(request.data, ensure_ascii=False).encode(errors="replace")) > LARGEST_BATCH:
            raise serializers.ValidationError({"batch": [_("A batch has at most 500 KB.")]})
        told = hear(rows, by=self.actor, sent_at=request.data.get("sentAt"))
        body = {
            "success": all(one.outcome != "refused" for one in told),
            "outcomes": [_told(index, one) for index, one in enumerate(told)],
        }
        return Response(SegmentBatchOut(body).data)


def _told(index: int, one: Heard) -> dict[str, Any]:
    return {
        "index": index,
        "outcome": one.outcome,
        "path": one.path,
        "message": one.message,
        "passed_over": one.passed_over,
    }
