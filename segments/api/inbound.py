"""REST: inbound webhooks, what came to them, and what their bodies mean."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts import deleting
from accounts.acting import NotAllowed
from accounts.api.base import ApiView, In, Out
from accounts.api.ids import OpaqueId, find
from accounts.api.pages import PAGE_PARAMETERS, CursorPage, page_of
from segments import receiving
from segments.models import InboundDelivery, InboundWebhook
from segments.receiving import NotMapped
from segments.segment_shape import NotHeard

MAPPING_HELP = (
    "Target -> JSON path ($.person.email), or = and a text that is always the same. Targets are external_id, email, "
    "phone, name, first_name, company, roles, locale, time_zone, attribute.KEY, event, event_at, amount, currency, "
    "property.NAME and delivery_id."
)


class InboundWebhookOut(Out):
    id = OpaqueId("inboundwebhook", source="pk")
    name = serializers.CharField()
    mode = serializers.CharField()
    signing = serializers.CharField(allow_blank=True)
    header = serializers.CharField()
    mapping = serializers.DictField()
    address = serializers.SerializerMethodField()
    revision = serializers.IntegerField()
    created_at = serializers.DateTimeField()

    def get_address(self, webhook: InboundWebhook) -> str:
        path = reverse("inbound", args=[receiving.token_of(webhook)])
        return str(self.context["request"].build_absolute_uri(path))


class InboundWebhookChangesIn(In):
    name = serializers.CharField(max_length=120, required=False)
    signing = serializers.ChoiceField(InboundWebhook.Signing.choices, required=False, allow_blank=True)
    header = serializers.CharField(max_length=80, required=False)
    mapping = serializers.DictField(required=False, help_text=MAPPING_HELP)
    revision = serializers.IntegerField(required=False, min_value=1)


class InboundWebhookIn(InboundWebhookChangesIn):
    name = serializers.CharField(max_length=120)
    revision = None  # type: ignore[assignment]


class InboundTrialIn(In):
    mapping = serializers.DictField(
        required=False, help_text="The one that is kept, if not given. " + MAPPING_HELP
    )
    body = serializers.JSONField(help_text="What would come.")


class InboundTrialOut(Out):
    taken = serializers.BooleanField()
    path = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)
    said = serializers.DictField(help_text="What would be written. Nothing was.")


class InboundDeliveryOut(Out):
    id = OpaqueId("inbounddelivery", source="pk")
    received_at = serializers.DateTimeField()
    outcome = serializers.CharField(help_text="recorded, refused, or kept as there is no mapping yet.")
    path = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)
    repeats = serializers.IntegerField(help_text="How many times more it came; it counts once.")
    customer = OpaqueId("customer", source="customer_id", allow_null=True)
    body = serializers.CharField(allow_blank=True)


def _webhooks(actor: Any) -> Any:
    return InboundWebhook.objects.present().visible_to(actor)


def _wrong(refusal: NotMapped) -> serializers.ValidationError:
    path = f"mapping.{refusal.path}" if refusal.path else "mapping"
    return serializers.ValidationError({path: [str(refusal)]})


class InboundWebhooksView(ApiView):
    """Addresses that other software sends to. A key of a branch sees and makes none."""

    actions = {"GET": "customer.import", "POST": "customer.import"}

    @extend_schema(
        responses=page_of(InboundWebhookOut), parameters=PAGE_PARAMETERS, operation_id="inbound_webhooks_list"
    )
    def get(self, request: Any) -> Response:
        return CursorPage(request, _webhooks(self.actor), out=InboundWebhookOut).response()

    @extend_schema(
        request=InboundWebhookIn, responses={201: InboundWebhookOut}, operation_id="inbound_webhooks_make"
    )
    def post(self, request: Any) -> Response:
        given = InboundWebhookIn(data=request.data)
        given.is_valid(raise_exception=True)
        if self.actor.branch_ids is not None:
            raise NotAllowed("customer.import", self.actor)
        facts = dict(given.validated_data)
        mapping = facts.pop("mapping", None)
        try:
            webhook = receiving.make(**facts, by=self.actor)
            if mapping is not None:
                webhook = receiving.change(webhook, {"mapping": mapping}, expected=1, by=self.actor)
        except NotMapped as refusal:
            raise _wrong(refusal) from None
        return Response(InboundWebhookOut(webhook, context={"request": request}).data, status=201)


class InboundWebhookView(ApiView):
    actions = {"GET": "customer.import", "PATCH": "customer.import", "DELETE": "customer.import"}

    @extend_schema(responses=InboundWebhookOut, operation_id="inbound_webhooks_get")
    def get(self, request: Any, id: str) -> Response:
        webhook = find(_webhooks(self.actor), "inboundwebhook", id)
        return Response(InboundWebhookOut(webhook, context={"request": request}).data)

    @extend_schema(
        request=InboundWebhookChangesIn, responses=InboundWebhookOut, operation_id="inbound_webhooks_change"
    )
    def patch(self, request: Any, id: str) -> Response:
        webhook = find(_webhooks(self.actor), "inboundwebhook", id)
        given = InboundWebhookChangesIn(data=request.data)
        given.is_valid(raise_exception=True)
        facts = dict(given.validated_data)
        try:
            receiving.change(webhook, facts, expected=facts.pop("revision", webhook.revision), by=self.actor)
        except NotMapped as refusal:
            raise _wrong(refusal) from None
        return Response(InboundWebhookOut(webhook, context={"request": request}).data)

    @extend_schema(request=None, responses={204: None}, operation_id="inbound_webhooks_delete")
    def delete(self, request: Any, id: str) -> Response:
        webhook = find(_webhooks(self.actor), "inboundwebhook", id)
        deleting.delete(webhook, by=self.actor, action="customer.import")
        return Response(status=204)


class InboundTrialView(ApiView):
    """Tries a mapping on a body; nothing is written."""

    actions = {"POST": "customer.import"}

    @extend_schema(request=InboundTrialIn, responses=InboundTrialOut, operation_id="inbound_webhooks_try")
    def post(self, request: Any, id: str) -> Response:
        webhook = find(_webhooks(self.actor), "inboundwebhook", id)
        given = InboundTrialIn(data=request.data)
        given.is_valid(raise_exception=True)
        mapping = given.validated_data.get("mapping", webhook.mapping)
        told: dict[str, Any] = {"taken": True, "path": "", "message": "", "said": {}}
        try:
            receiving.check(mapping)
            meant = receiving.meaning(
                mapping, given.validated_data["body"], currency=self.actor.organization.currency
            )
            told["said"] = dict(meant.lines())
        except NotMapped as refusal:
            raise _wrong(refusal) from None
        except NotHeard as refusal:
            told |= {"taken": False, "path": refusal.path, "message": str(refusal)}
        return Response(InboundTrialOut(told).data)


class InboundSecretView(ApiView):
    """The secret that the sender signs with."""

    actions = {"POST": "customer.import"}
    # The answer is a secret, so it is not kept for repeats.
    repeatable = False

    @extend_schema(request=None, responses={200: dict[str, str]}, operation_id="inbound_webhooks_secret")
    def post(self, request: Any, id: str) -> Response:
        webhook = find(_webhooks(self.actor), "inboundwebhook", id)
        return Response({"secret": receiving.told_secret(webhook, by=self.actor)})


class InboundDeliveriesView(ApiView):
    """What came, newest first, for 30 days; the last 50 with their bodies."""

    actions = {"GET": "customer.import"}

    @extend_schema(
        responses=page_of(InboundDeliveryOut),
        parameters=PAGE_PARAMETERS,
        operation_id="inbound_webhooks_deliveries",
    )
    def get(self, request: Any, id: str) -> Response:
        webhook = find(_webhooks(self.actor), "inboundwebhook", id)
        return CursorPage(request, InboundDelivery.objects.of(webhook), out=InboundDeliveryOut).response()


class InboundAgainView(ApiView):
    """Takes in once more what was refused or kept, by the mapping as it is now."""

    actions = {"POST": "customer.import"}

    @extend_schema(request=None, responses=InboundDeliveryOut, operation_id="inbound_deliveries_again")
    def post(self, request: Any, id: str) -> Response:
        rows = InboundDelivery.objects.filter(webhook__in=_webhooks(self.actor))
        delivery = find(rows, "inbounddelivery", id)
        return Response(InboundDeliveryOut(receiving.again(delivery)).data)
