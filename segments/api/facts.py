"""REST: what is known of customers beside themselves: declared attributes, events."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.response import Response

from accounts.api.base import ApiView, In, Out
from accounts.api.ids import OpaqueId, find
from accounts.api.pages import PAGE_PARAMETERS, CursorPage, page_of
from segments.api.customers import customers_of, first_wrong
from segments.models import Attribute, CustomerEvent, CustomerKey
from segments.models.attribute import AttributeKind
from segments.timeline import Happening, append_many

MOST = 1_000


class AttributeOut(Out):
    id = OpaqueId("attribute", source="pk")
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.ChoiceField(AttributeKind.choices)
    choices = serializers.ListField(child=serializers.CharField())
    currency = serializers.CharField()
    sensitive = serializers.BooleanField()


class AttributesView(ApiView):
    """The attributes that the business has declared; they are declared in the settings or by an import."""

    actions = {"GET": "customer.view"}

    @extend_schema(
        responses=page_of(AttributeOut), parameters=PAGE_PARAMETERS, operation_id="attributes_list"
    )
    def get(self, request: Any) -> Response:
        return CursorPage(request, Attribute.objects.filter(deleted_at=None), out=AttributeOut).response()


class EventIn(In):
    customer = OpaqueId("customer", rows=customers_of, required=False)
    external_id = serializers.CharField(max_length=200, required=False)
    name = serializers.CharField(max_length=80)
    at = serializers.DateTimeField(required=False)
    amount = serializers.DecimalField(max_digits=18, decimal_places=4, required=False, allow_null=True)
    currency = serializers.RegexField("^[A-Z]{3}$", required=False)
    properties = serializers.DictField(required=False)
    message_id = serializers.CharField(
        max_length=200, required=False, help_text="Your own id of the event: the same one counts once."
    )

    def validate_name(self, name: str) -> str:
        if "." in name:
            raise serializers.ValidationError(_("Names with a dot are Loopwell's own."))
        return name

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if ("customer" in given) == ("external_id" in given):
            raise serializers.ValidationError({"customer": [_("Give either customer or external_id.")]})
        if given.get("amount") is not None and not given.get("currency"):
            given["currency"] = self.context["request"].organization.currency
        return given


class EventOutcomeOut(Out):
    index = serializers.IntegerField()
    outcome = serializers.ChoiceField(["recorded", "known", "refused"])
    path = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)


class EventsView(ApiView):
    """Up to 1,000 things that customers did, each with its own outcome."""

    actions = {"POST": "customer.edit"}

    @extend_schema(
        request=inline_serializer("EventBatchIn", {"events": EventIn(many=True)}),
        responses=inline_serializer("EventBatchOut", {"outcomes": EventOutcomeOut(many=True)}),
        operation_id="events_record",
    )
    def post(self, request: Any) -> Response:
        rows = request.data.get("events") if isinstance(request.data, dict) else None
        if not isinstance(rows, list):
            raise serializers.ValidationError({"events": [_("Expected a list.")]})
        if len(rows) > MOST:
            raise serializers.ValidationError({"events": [_("At most 1,000 at once.")]})
        outcomes: dict[int, tuple[str, str, str]] = {}
        happenings: list[tuple[int, Happening]] = []
        for index, row in enumerate(rows):
            given = EventIn(data=row, context={"request": request})
            if not given.is_valid():
                outcomes[index] = ("refused", *first_wrong(given.errors))
                continue
            happening = self._happening(given.validated_data)
            if happening is None:
                outcomes[index] = ("refused", "external_id", _("There is nothing with this id."))
            else:
                happenings.append((index, happening))
        written = append_many(happening for _index, happening in happenings)
        for (index, _happening), event in zip(happenings, written, strict=True):
            outcomes[index] = ("known" if event is None else "recorded", "", "")
        body = [
            dict(zip(("index", "outcome", "path", "message"), (index, *outcomes[index]), strict=True))
            for index in range(len(rows))
        ]
        return Response({"outcomes": EventOutcomeOut(body, many=True).data}, status=status.HTTP_200_OK)

    def _happening(self, given: dict[str, Any]) -> Happening | None:
        customer = given.get("customer")
        if customer is None:
            key = CustomerKey.objects.filter(kind="external", value=given["external_id"]).values(
                "customer_id"
            )
            customer = customers_of(self.actor).filter(pk__in=key).first()
            if customer is None:
                return None
        return Happening(
            customer_id=customer.pk,
            name=given["name"],
            at=given.get("at"),
            amount=given.get("amount"),
            currency=given.get("currency", "") if given.get("amount") is not None else "",
            properties=given.get("properties", {}),
            mode=self.actor.mode,
            source="api",
            unit_id=customer.unit_id,
            message_id=given.get("message_id", ""),
        )


class CustomerEventOut(Out):
    name = serializers.CharField()
    at = serializers.DateTimeField()
    amount = serializers.DecimalField(max_digits=18, decimal_places=4, allow_null=True)
    currency = serializers.CharField()
    properties = serializers.DictField()
    source = serializers.CharField()  # type: ignore[assignment]


class CustomerEventsView(ApiView):
    """The timeline of one customer, newest first."""

    actions = {"GET": "customer.view"}

    @extend_schema(
        responses=page_of(CustomerEventOut), parameters=PAGE_PARAMETERS, operation_id="customers_events"
    )
    def get(self, request: Any, id: str) -> Response:
        customer = find(customers_of(self.actor), "customer", id)
        return CursorPage(request, CustomerEvent.objects.of(customer.pk), out=CustomerEventOut).response()
