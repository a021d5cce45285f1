"""REST: customers, one by one and by the thousand."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.response import Response

from accounts import opaque
from accounts.api.base import ApiView, In, Out
from accounts.api.ids import OpaqueId, find
from accounts.api.pages import CHANGES_PARAMETERS, CursorPage, page_of
from accounts.auditing import audit
from accounts.models import Unit
from segments.consenting import allow, refuse
from segments.customers import Outcome, Person, Refused, upsert, upsert_many
from segments.models import Category, Consent, ContactRole, Customer, Purpose
from segments.models.consent import CONSENT_CHANNELS
from segments.putting_away import put_away

MOST = 1_000


def customers_of(actor: Any) -> Any:
    """The customers that this key may see."""
    return Customer.objects.present().visible_to(actor)


def _units(actor: Any) -> Any:
    return Unit.objects.all().alive().visible_to(actor)


class ConsentOut(Out):
    channel = serializers.CharField()
    purpose = serializers.CharField()
    allowed = serializers.BooleanField()
    source = serializers.CharField()  # type: ignore[assignment]
    at = serializers.DateTimeField()


class ConsentIn(In):
    channel = serializers.ChoiceField(CONSENT_CHANNELS)
    purpose = serializers.ChoiceField(Purpose.choices)
    allowed = serializers.BooleanField()
    evidence = serializers.CharField(
        max_length=500, help_text="Where and when the customer said so: it is kept with the consent."
    )


class CustomerOut(Out):
    id = OpaqueId("customer", source="pk")
    external_id = serializers.SerializerMethodField()
    name = serializers.CharField()
    first_name = serializers.CharField()
    email = serializers.EmailField(allow_blank=True)
    phone = serializers.CharField()
    locale = serializers.CharField()
    time_zone = serializers.CharField()
    company = OpaqueId("company", source="company_id", allow_null=True)
    roles = serializers.ListField(
        child=serializers.ChoiceField(ContactRole.choices), source="role_list", help_text="In their company."
    )
    unit = OpaqueId("unit", source="unit_id", allow_null=True)
    stage = serializers.CharField(help_text="The key of the stage of the journey; blank is none.")
    stage_since = serializers.DateTimeField(allow_null=True)
    stage_told = serializers.BooleanField(help_text="Whether it was told; else it follows the rules.")
    attributes = serializers.DictField()
    mode = serializers.CharField()
    last_score = serializers.IntegerField(allow_null=True)
    last_category = serializers.ChoiceField([*Category.choices, ("", "")])
    previous_score = serializers.IntegerField(allow_null=True)
    last_responded_at = serializers.DateTimeField(allow_null=True)
    answer_count = serializers.IntegerField()
    revision = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_external_id(self, customer: Customer) -> str:
        return next((key.value for key in customer.keys.all() if key.kind == "external"), "")


class CrmIn(In):
    """The id of a customer in a CRM. Each time it is given, the link counts as alive."""

    system = serializers.CharField(max_length=40, help_text="What you call the CRM: hubspot, salesforce.")
    id = serializers.CharField(max_length=254)


class PersonIn(In):
    """What is known of one customer. The first of external_id, crm, email, phone that is given says who it is."""

    external_id = serializers.CharField(max_length=200, required=False, allow_blank=True)
    crm = CrmIn(required=False)
    email = serializers.CharField(max_length=254, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    first_name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    locale = serializers.CharField(max_length=16, required=False, allow_blank=True)
    time_zone = serializers.CharField(max_length=64, required=False, allow_blank=True)
    stage = serializers.CharField(
        max_length=40, required=False, allow_blank=True,
        help_text="One of the stages: it stands, whatever their rules say. Blank: as the rules say.",
    )  # fmt: skip
    company = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="By name; made when it is new."
    )
    roles = serializers.ListField(
        child=serializers.ChoiceField(ContactRole.choices), required=False, max_length=3,
        help_text="What they do in their company; an empty list takes all roles away.",
    )  # fmt: skip
    unit = OpaqueId("unit", rows=_units, required=False, allow_null=True)
    attributes = serializers.DictField(required=False, help_text="Declared attributes; null takes one away.")


class ChangesIn(PersonIn):
    """Only what is given changes."""

    external_id = None  # type: ignore[assignment]  # who somebody is does not change
    crm = None  # type: ignore[assignment]
    revision = serializers.IntegerField(required=False, min_value=1)


class CustomerOutcomeOut(Out):
    index = serializers.IntegerField(help_text="The place of the row in what was sent, from 0.")
    outcome = serializers.ChoiceField(["created", "updated", "unchanged", "refused"])
    id = OpaqueId("customer", allow_null=True)
    path = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)


class CustomersView(ApiView):
    """All customers; a POST creates one or updates the one that is already known."""

    actions = {"GET": "customer.view", "POST": "customer.edit"}

    @extend_schema(
        responses=page_of(CustomerOut, changes=True),
        parameters=[
            *CHANGES_PARAMETERS,
            OpenApiParameter("email", str, description="Only the customers with this address."),
            OpenApiParameter("external_id", str, description="Only the customer with this id of yours."),
            OpenApiParameter("company", str, description="Only the contacts of this company, by its id."),
        ],
        operation_id="customers_list",
    )
    def get(self, request: Any) -> Response:
        found = customers_of(self.actor).prefetch_related("keys")
        if email := request.query_params.get("email"):
            found = found.filter(email_lower=email.strip().lower())
        if external_id := request.query_params.get("external_id"):
            found = found.filter(keys__kind="external", keys__value=external_id)
        if company := request.query_params.get("company"):
            found = found.filter(company_id=opaque.decode("company", company) or 0)
        return CursorPage(request, found, out=CustomerOut).response()

    @extend_schema(
        request=PersonIn, responses={200: CustomerOut, 201: CustomerOut}, operation_id="customers_upsert"
    )
    def post(self, request: Any) -> Response:
        given = PersonIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        try:
            customer, created = upsert(by=self.actor, source="api", **_facts(given.validated_data))
        except Refused as refusal:
            raise _wrong(refusal.path, refusal) from None
        done = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(CustomerOut(customer).data, status=done)


class CustomerBatchView(ApiView):
    """Up to 1,000 customers in one call, each with its own outcome: a bad row costs only itself."""

    actions = {"POST": "customer.edit"}

    @extend_schema(
        request=inline_serializer("CustomerBatchIn", {"customers": PersonIn(many=True)}),
        responses=inline_serializer("CustomerBatchOut", {"outcomes": CustomerOutcomeOut(many=True)}),
        operation_id="customers_batch",
    )
    def post(self, request: Any) -> Response:
        rows = request.data.get("customers") if isinstance(request.data, dict) else None
        if not isinstance(rows, list):
            raise serializers.ValidationError({"customers": [_("Expected a list.")]})
        if len(rows) > MOST:
            raise serializers.ValidationError({"customers": [_("At most 1,000 at once.")]})
        outcomes: dict[int, Outcome] = {}
        people: list[tuple[int, Person]] = []
        for index, row in enumerate(rows):
            given = PersonIn(data=row, context={"request": request})
            if given.is_valid():
                people.append((index, Person(**_facts(given.validated_data))))
            else:
                path, message = first_wrong(given.errors)
                outcomes[index] = Outcome("refused", path=path, error=message)
        written = upsert_many([person for _index, person in people], by=self.actor, source="api")
        outcomes.update(zip((index for index, _person in people), written, strict=True))
        body = [
            {
                "index": index,
                "outcome": outcomes[index].what,
                "id": outcomes[index].customer_id,
                "path": outcomes[index].path,
                "message": outcomes[index].error,
            }
            for index in range(len(rows))
        ]
        return Response({"outcomes": CustomerOutcomeOut(body, many=True).data})


class CustomerView(ApiView):
    """One customer. A deleted one can be brought back in the pages for 30 days."""

    actions = {"GET": "customer.view", "PATCH": "customer.edit", "DELETE": "customer.edit"}

    @extend_schema(responses=CustomerOut, operation_id="customers_get")
    def get(self, request: Any, id: str) -> Response:
        return Response(CustomerOut(find(customers_of(self.actor), "customer", id)).data)

    @extend_schema(request=ChangesIn, responses=CustomerOut, operation_id="customers_change")
    def patch(self, request: Any, id: str) -> Response:
        customer = find(customers_of(self.actor), "customer", id)
        given = ChangesIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        facts = _facts(given.validated_data)
        revision = facts.pop("revision", None)
        if revision is not None:
            customer.save_revision(revision, by=self.actor, update_fields=[])
        key = customer.keys.order_by("id").first()
        try:
            upsert(by=self.actor, source="api", **_identity(customer, key), **facts)
        except Refused as refusal:
            raise _wrong(refusal.path, refusal) from None
        customer.refresh_from_db()
        return Response(CustomerOut(customer).data)

    @extend_schema(responses={204: None}, operation_id="customers_delete")
    def delete(self, request: Any, id: str) -> Response:
        customer = find(customers_of(self.actor), "customer", id)
        put_away(customer, by=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)


class CustomerConsentView(ApiView):
    """What a customer allows, per channel and purpose; a PUT keeps what they said with its evidence."""

    actions = {"GET": "customer.view", "PUT": "customer.edit"}

    @extend_schema(responses=ConsentOut(many=True), operation_id="customers_consent")
    def get(self, request: Any, id: str) -> Response:
        customer = find(customers_of(self.actor), "customer", id)
        rows = Consent.objects.filter(customer=customer).order_by("purpose", "channel")
        return Response(ConsentOut(rows, many=True).data)

    @extend_schema(request=ConsentIn, responses=ConsentOut(many=True), operation_id="customers_say_consent")
    def put(self, request: Any, id: str) -> Response:
        customer = find(customers_of(self.actor), "customer", id)
        given = ConsentIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        said = given.validated_data
        verb = allow if said["allowed"] else refuse
        verb(customer, said["channel"], said["purpose"], source="api", evidence=said["evidence"])
        audit("customer.edit", customer, by=self.actor, did="consent")
        return self.get(request, id)


def _facts(given: dict[str, Any]) -> dict[str, Any]:
    facts = dict(given)
    if "crm" in facts:
        facts["crm"] = (facts["crm"]["system"], facts["crm"]["id"])
    if "roles" in facts:
        facts["roles"] = ContactRole.written(facts["roles"])
    if "unit" in facts:
        unit = facts.pop("unit")
        facts["unit_id"] = unit.pk if unit is not None else None
    return facts


def _identity(customer: Customer, key: Any) -> dict[str, Any]:
    """What tells Person who this is: the first of its keys."""
    if key is None:
        return {"external_id": "", "email": customer.email or None}
    if key.kind == "external":
        return {"external_id": key.value}
    if key.kind == "crm":
        return {"crm": (key.source, key.value)}
    if key.kind == "anonymous":
        return {"anonymous_id": key.value}
    return {key.kind: key.value}


def _wrong(path: str, sentence: object) -> serializers.ValidationError:
    return serializers.ValidationError({path or "non_field_errors": [str(sentence)]})


def first_wrong(errors: Any) -> tuple[str, str]:
    """The first wrong field of a row, and what is wrong with it."""
    if not isinstance(errors, dict):
        return "", str(errors)
    path, messages = next(iter(errors.items()))
    message = messages[0] if isinstance(messages, list) else str(messages)
    return ("" if path == "non_field_errors" else str(path)), str(message)
