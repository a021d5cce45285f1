"""REST: what customers asked about their data, a copy of it, and erasing them."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response

from accounts.api.base import ApiView, In, Out
from accounts.api.ids import OpaqueId, find
from accounts.api.pages import PAGE_PARAMETERS, CursorPage, page_of
from accounts.api.problems import Problem
from accounts.auditing import audit
from segments import my_data, telling_data
from segments.api.customers import customers_of
from segments.erasing import erase
from segments.models import DataRequest


class DataRequestOut(Out):
    id = OpaqueId("datarequest", source="pk")
    customer = OpaqueId("customer", source="customer_id")
    kind = serializers.ChoiceField(DataRequest.Kind.choices)
    state = serializers.ChoiceField(DataRequest.State.choices)
    asked = serializers.DictField(help_text="Field -> what they want there, or `words`. Empty once erased.")
    asked_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    reply = serializers.CharField()


class OutcomeIn(In):
    outcome = serializers.ChoiceField(["done", "refused"])
    reply = serializers.CharField(
        max_length=500, required=False, allow_blank=True, help_text="The customer reads it; needed to refuse."
    )


def requests_of(actor: Any) -> Any:
    return DataRequest.objects.all().visible_to(actor)


class DataRequestsView(ApiView):
    """Everything that customers asked for on the page of their data, newest first."""

    actions = {"GET": "customer.view"}

    @extend_schema(
        responses=page_of(DataRequestOut), parameters=PAGE_PARAMETERS, operation_id="data_requests_list"
    )
    def get(self, request: Any) -> Response:
        return CursorPage(request, requests_of(self.actor), out=DataRequestOut).response()


class DataRequestView(ApiView):
    """One request."""

    actions = {"GET": "customer.view"}

    @extend_schema(responses=DataRequestOut, operation_id="data_requests_get")
    def get(self, request: Any, id: str) -> Response:
        return Response(DataRequestOut(find(requests_of(self.actor), "datarequest", id)).data)


class DataRequestOutcomeView(ApiView):
    """Say what became of an open request: done, or refused with a reason."""

    actions = {"POST": "customer.edit"}

    @extend_schema(request=OutcomeIn, responses=DataRequestOut, operation_id="data_requests_decide")
    def post(self, request: Any, id: str) -> Response:
        found = find(requests_of(self.actor), "datarequest", id)
        given = OutcomeIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        said = given.validated_data
        try:
            done = my_data.decide(
                found, done=said["outcome"] == "done", reply=said.get("reply", ""), by=self.actor
            )
        except my_data.NotDone as fault:
            if fault.field:
                raise serializers.ValidationError({fault.field: [str(fault)]}) from None
            raise Problem("answered_already", 409, str(fault)) from None
        return Response(DataRequestOut(done).data)


class CustomerDataView(ApiView):
    """All that is held about a customer, to hand to them. Who took it stands in the audit log."""

    actions = {"GET": "customer.export"}

    @extend_schema(responses={200: OpenApiTypes.OBJECT}, operation_id="customers_data")
    def get(self, request: Any, id: str) -> Response:
        customer = find(customers_of(self.actor).select_related("organization"), "customer", id)
        audit("customer.export", customer, by=self.actor, did="copy")
        return Response(telling_data.copy(customer))


class CustomerErasureView(ApiView):
    """Erase everything about a customer, at once and for good; their scores stay in the totals."""

    actions = {"POST": "customer.erase"}

    @extend_schema(request=None, responses={204: None}, operation_id="customers_erase")
    def post(self, request: Any, id: str) -> Response:
        erase(find(customers_of(self.actor), "customer", id), by=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)
