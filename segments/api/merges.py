"""REST: duplicates, merging two customers, and taking it back."""

from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.response import Response

from accounts.api.base import ApiView, In, Out
from accounts.api.ids import OpaqueId, find
from accounts.api.pages import PAGE_PARAMETERS, CursorPage, page_of
from accounts.api.problems import Problem
from segments import compiling, matching, merging, telling_apart, unmerging
from segments.api.customers import CustomerOut, customers_of
from segments.models import Customer, Distinction, Merge


class DuplicatesOut(Out):
    reason = serializers.ChoiceField(["email", "phone", "name"])
    shared = serializers.CharField(help_text="What these records share.")
    number = serializers.IntegerField(help_text="How many records share it.")
    customers = CustomerOut(many=True, help_text="The oldest of them, at most six.")


class MergeOut(Out):
    id = OpaqueId("merge", source="pk")
    survivor = OpaqueId("customer", source="survivor_id")
    absorbed = OpaqueId("customer", source="absorbed_id")
    at = serializers.DateTimeField()
    undo_until = serializers.DateTimeField()
    undone_at = serializers.DateTimeField(allow_null=True)


class MergeIn(In):
    survivor = OpaqueId("customer", rows=customers_of, help_text="The record that stays, and keeps its id.")
    absorbed = OpaqueId("customer", rows=customers_of, help_text="The record that becomes part of it.")
    choose = serializers.DictField(
        child=serializers.ChoiceField([merging.KEPT, merging.OTHER]),
        required=False,
        help_text="Whose value stays, per field (`email`, `attribute.plan`); without a word the survivor's, "
        "or the other's where the survivor has none.",
    )
    survivor_revision = serializers.IntegerField(required=False, min_value=1)
    absorbed_revision = serializers.IntegerField(required=False, min_value=1)


class DuplicatesView(ApiView):
    """Records that may be one person: the same address, phone, or name and company."""

    actions = {"GET": "customer.merge"}

    @extend_schema(
        responses=inline_serializer("DuplicatesListOut", {"groups": DuplicatesOut(many=True)}),
        operation_id="duplicates_list",
    )
    def get(self, request: Any) -> Response:
        try:
            with compiling.patience():
                groups = matching.groups(self.actor)
        except compiling.TooSlow as error:
            raise Problem("too_slow", 422, str(error)) from None
        return Response({"groups": DuplicatesOut(groups, many=True).data})


class DistinctionOut(Out):
    id = OpaqueId("distinction", source="pk")
    first = OpaqueId("customer", source="first_id")
    second = OpaqueId("customer", source="second_id")
    at = serializers.DateTimeField()


class DistinctionIn(In):
    first = OpaqueId("customer", rows=customers_of)
    second = OpaqueId("customer", rows=customers_of)


def distinctions_of(actor: Any) -> Any:
    """The pairs of customers that were told apart and that this key may both see."""
    seen = customers_of(actor).values("pk")
    return Distinction.objects.filter(first__in=seen, second__in=seen)


class DistinctionsView(ApiView):
    """Pairs that look like one person and are two: they are not offered as duplicates."""

    actions = {"GET": "customer.merge", "POST": "customer.merge"}

    @extend_schema(
        responses=page_of(DistinctionOut), parameters=PAGE_PARAMETERS, operation_id="distinctions_list"
    )
    def get(self, request: Any) -> Response:
        return CursorPage(request, distinctions_of(self.actor), out=DistinctionOut).response()

    @extend_schema(request=DistinctionIn, responses={201: DistinctionOut}, operation_id="distinctions_create")
    def post(self, request: Any) -> Response:
        given = DistinctionIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        facts = given.validated_data
        try:
            told = telling_apart.tell_apart(facts["first"], facts["second"], by=self.actor)
        except telling_apart.NotTwo as error:
            raise serializers.ValidationError({"second": [str(error)]}) from None
        return Response(DistinctionOut(told).data, status=status.HTTP_201_CREATED)


class DistinctionView(ApiView):
    """One such pair. A DELETE takes it back: they may be one person after all."""

    actions = {"DELETE": "customer.merge"}

    @extend_schema(responses={204: None}, operation_id="distinctions_delete")
    def delete(self, request: Any, id: str) -> Response:
        telling_apart.take_back(find(distinctions_of(self.actor), "distinction", id), by=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)


def merges_of(actor: Any) -> Any:
    """The merges into customers that this key may see."""
    return Merge.objects.filter(survivor__in=customers_of(actor).values("pk"))


class MergesView(ApiView):
    """Merges, newest first; a POST makes one customer of two. It can be undone for 30 days."""

    actions = {"GET": "customer.merge", "POST": "customer.merge"}

    @extend_schema(responses=page_of(MergeOut), parameters=PAGE_PARAMETERS, operation_id="merges_list")
    def get(self, request: Any) -> Response:
        return CursorPage(request, merges_of(self.actor), out=MergeOut).response()

    @extend_schema(request=MergeIn, responses={201: MergeOut}, operation_id="merges_create")
    def post(self, request: Any) -> Response:
        given = MergeIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        facts = given.validated_data
        survivor: Customer = facts["survivor"]
        absorbed: Customer = facts["absorbed"]
        revisions = (
            facts.get("survivor_revision", survivor.revision),
            facts.get("absorbed_revision", absorbed.revision),
        )
        try:
            done = merging.merge(
                survivor, absorbed, by=self.actor, choose=facts.get("choose"), expected=revisions
            )
        except merging.NotMerged as error:
            raise serializers.ValidationError({error.path or "absorbed": [str(error)]}) from None
        return Response(MergeOut(done).data, status=status.HTTP_201_CREATED)


class MergeView(ApiView):
    """One merge. A DELETE undoes it, within 30 days: both records are back as they were."""

    actions = {"GET": "customer.merge", "DELETE": "customer.merge"}

    @extend_schema(responses=MergeOut, operation_id="merges_get")
    def get(self, request: Any, id: str) -> Response:
        return Response(MergeOut(find(merges_of(self.actor), "merge", id)).data)

    @extend_schema(responses={204: None}, operation_id="merges_undo")
    def delete(self, request: Any, id: str) -> Response:
        found = find(merges_of(self.actor), "merge", id)
        try:
            unmerging.undo(found, by=self.actor)
        except merging.NotMerged as error:
            raise Problem("not_undone", 409, str(error)) from None
        return Response(status=status.HTTP_204_NO_CONTENT)
