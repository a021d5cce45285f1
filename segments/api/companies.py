"""REST: companies, with the score over their contacts."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.response import Response

from accounts.api.base import ApiView, In, Out
from accounts.api.ids import OpaqueId, find
from accounts.api.pages import CHANGES_PARAMETERS, CursorPage, page_of
from accounts.zones import zone_names
from segments.keeping_companies import NotKept, change, companies_of, owners_of, upsert
from segments.models import Company
from segments.standing import Standing, standing_of


class StandingOut(Out):
    """Of the contacts whom the key may see, each by the last answer."""

    people = serializers.IntegerField()
    answered = serializers.IntegerField()
    silent = serializers.IntegerField(help_text="Asked, and no answer.")
    never_asked = serializers.IntegerField(source="never")
    n = serializers.IntegerField(help_text="Contacts whose last answer is in the score.")
    score = serializers.FloatField(allow_null=True, help_text="-100 to 100; null when nobody answered.")
    low = serializers.FloatField(allow_null=True, help_text="The interval of 95 %.")
    high = serializers.FloatField(allow_null=True)
    hidden = serializers.BooleanField(help_text="Too few for a key that may not read answers.")


class CompanyOut(Out):
    id = OpaqueId("company", source="pk")
    name = serializers.CharField()
    domain = serializers.CharField()
    external_id = serializers.CharField()
    industry = serializers.CharField()
    time_zone = serializers.CharField()
    owner = OpaqueId("member", source="owner_id", allow_null=True)
    revenue = serializers.DecimalField(
        max_digits=18, decimal_places=4, allow_null=True, help_text="A year, as told."
    )
    currency = serializers.CharField(help_text="Of the revenue.")
    renewal_date = serializers.DateField(allow_null=True)
    contacts = serializers.SerializerMethodField()
    revision = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._known: dict[int, Standing] = {}

    @extend_schema_field(StandingOut)
    def get_contacts(self, company: Company) -> Any:
        """All companies of the page are asked for at once."""
        if company.pk not in self._known:
            rows: Any = self.parent.instance if self.parent is not None else [company]
            self._known |= standing_of([one.pk for one in rows], self.context["request"].actor)
        return StandingOut(self._known[company.pk]).data


class CompanyChangesIn(In):
    """Only what is given changes."""

    name = serializers.CharField(max_length=200, required=False)
    domain = serializers.CharField(max_length=253, required=False, allow_blank=True)
    external_id = serializers.CharField(max_length=200, required=False, allow_blank=True)
    industry = serializers.CharField(max_length=120, required=False, allow_blank=True)
    time_zone = serializers.CharField(max_length=64, required=False, allow_blank=True)
    owner = OpaqueId("member", rows=owners_of, required=False, allow_null=True)
    revenue = serializers.DecimalField(
        max_digits=15, decimal_places=4, min_value=0, required=False, allow_null=True,
        help_text="A year, in the organization's currency.",
    )  # fmt: skip
    renewal_date = serializers.DateField(required=False, allow_null=True)
    revision = serializers.IntegerField(
        required=False, min_value=1, help_text="The revision you read: a stale save is refused with 409."
    )

    def validate_time_zone(self, zone: str) -> str:
        if zone and zone not in zone_names():
            raise serializers.ValidationError(_("“%(zone)s” is not a time zone.") % {"zone": zone})
        return zone


class CompanyIn(CompanyChangesIn):
    """The external id, else the name, says which company it is; one that is not known is made."""

    revision = None  # type: ignore[assignment]

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if not given.get("name") and not given.get("external_id"):
            raise serializers.ValidationError({"name": [_("Give a name or an external id.")]})
        return given


class CompaniesView(ApiView):
    """The employers of customers; naming one in a customer makes it as well."""

    actions = {"GET": "customer.view", "POST": "customer.edit"}

    @extend_schema(
        responses=page_of(CompanyOut, changes=True),
        parameters=[
            *CHANGES_PARAMETERS,
            OpenApiParameter("external_id", str, description="Only the company with this id of yours."),
        ],
        operation_id="companies_list",
    )
    def get(self, request: Any) -> Response:
        found = companies_of(self.actor)
        if external_id := request.query_params.get("external_id"):
            found = found.filter(external_id=external_id)
        return CursorPage(request, found, out=CompanyOut).response()

    @extend_schema(
        request=CompanyIn, responses={200: CompanyOut, 201: CompanyOut}, operation_id="companies_upsert"
    )
    def post(self, request: Any) -> Response:
        given = CompanyIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        try:
            company, created = upsert(by=self.actor, **given.validated_data)
        except NotKept as refusal:
            raise _wrong(refusal) from None
        done = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(CompanyOut(company, context={"request": request}).data, status=done)


class CompanyView(ApiView):
    actions = {"GET": "customer.view", "PATCH": "customer.edit"}

    @extend_schema(responses=CompanyOut, operation_id="companies_get")
    def get(self, request: Any, id: str) -> Response:
        company = find(companies_of(self.actor), "company", id)
        return Response(CompanyOut(company, context={"request": request}).data)

    @extend_schema(request=CompanyChangesIn, responses=CompanyOut, operation_id="companies_change")
    def patch(self, request: Any, id: str) -> Response:
        company = find(companies_of(self.actor), "company", id)
        given = CompanyChangesIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        facts = dict(given.validated_data)
        try:
            change(company, facts, expected=facts.pop("revision", company.revision), by=self.actor)
        except NotKept as refusal:
            raise _wrong(refusal) from None
        return Response(CompanyOut(company, context={"request": request}).data)


def _wrong(refusal: NotKept) -> serializers.ValidationError:
    return serializers.ValidationError({refusal.path or "non_field_errors": [str(refusal)]})
