"""REST: who has been in a segment, and in which segments somebody is."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.base import ApiView, Out
from accounts.api.ids import OpaqueId, find
from accounts.api.pages import CHANGES_PARAMETERS, PAGE_PARAMETERS, CursorPage, page_of
from segments import membership
from segments.api.customers import customers_of
from segments.models import Reason, Segment


class SegmentStayOut(Out):
    id = OpaqueId("stay", source="pk")
    segment = OpaqueId("segment", source="segment_id")
    customer = OpaqueId("customer", source="customer_id")
    entered_at = serializers.DateTimeField()
    entered_why = serializers.ChoiceField(Reason.choices)
    left_at = serializers.DateTimeField(allow_null=True, help_text="Null: they are in it.")
    left_why = serializers.ChoiceField(Reason.choices, allow_blank=True)


class SegmentStaysView(ApiView):
    """Who came into a segment and who went, newest first; `updated_since` gives the moves since you last asked.

    It is written down within seconds of the fact, and as time passes. A fixed list has no stays.
    """

    actions = {"GET": "customer.view"}

    @extend_schema(
        responses=page_of(SegmentStayOut, changes=True),
        parameters=CHANGES_PARAMETERS,
        operation_id="segments_stays",
    )
    def get(self, request: Any, id: str) -> Response:
        segment = find(Segment.objects.present(), "segment", id)
        return CursorPage(request, membership.stays(segment, self.actor), out=SegmentStayOut).response()


class CustomerSegmentsView(ApiView):
    """In which segments a customer is, and was."""

    actions = {"GET": "customer.view"}

    @extend_schema(
        responses=page_of(SegmentStayOut), parameters=PAGE_PARAMETERS, operation_id="customers_segments"
    )
    def get(self, request: Any, id: str) -> Response:
        customer = find(customers_of(self.actor), "customer", id)
        stays = customer.stays.filter(segment__deleted_at=None)
        return CursorPage(request, stays, out=SegmentStayOut).response()
