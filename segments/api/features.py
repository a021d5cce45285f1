"""REST: which events of the business are features."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response

from accounts.api.base import ApiView, In, Out
from accounts.api.ids import OpaqueId, find
from accounts.api.pages import PAGE_PARAMETERS, CursorPage, page_of
from segments import declaring_features, suggesting_features
from segments.catalog import Asked
from segments.declaring_features import NotAFeature
from segments.models import Feature
from segments.models.feature import MOST_DAYS, SILENT_DAYS


class FeatureOut(Out):
    id = OpaqueId("feature", source="pk")
    name = serializers.CharField()
    event = serializers.CharField(help_text="It was used whenever an event of this name came in.")
    property = serializers.CharField(help_text="Only events with this property; empty: all of the name.")
    value = serializers.CharField(help_text="Only with this value of the property; empty: with any.")
    silent_days = serializers.IntegerField(help_text="Used before, and not for so long: given up.")
    revision = serializers.IntegerField()


class FeatureIn(In):
    name = serializers.CharField(max_length=80)
    event = serializers.CharField(max_length=80)
    property = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    value = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    silent_days = serializers.IntegerField(
        min_value=1, max_value=MOST_DAYS, required=False, default=SILENT_DAYS
    )


class FeatureChangesIn(In):
    name = serializers.CharField(max_length=80, required=False)
    event = serializers.CharField(max_length=80, required=False)
    property = serializers.CharField(max_length=60, required=False, allow_blank=True)
    value = serializers.CharField(max_length=200, required=False, allow_blank=True)
    silent_days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, required=False)
    revision = serializers.IntegerField(required=False, help_text="Refused if somebody saved since.")


class SuggestedFeatureOut(Out):
    name = serializers.CharField()
    event = serializers.CharField()
    property = serializers.CharField()
    value = serializers.CharField()
    customers = serializers.IntegerField(
        help_text="With such an event, among the latest that were looked at."
    )


class SuggestedFeaturesOut(Out):
    items = SuggestedFeatureOut(many=True)


def _features() -> QuerySet[Feature]:
    return Feature.objects.present()  # type: ignore[no-any-return]


class FeaturesView(ApiView):
    """What the business declared as features."""

    actions = {"GET": "segment.view", "POST": "feature.edit"}

    @extend_schema(responses=page_of(FeatureOut), parameters=PAGE_PARAMETERS, operation_id="features_list")
    def get(self, request: Any) -> Response:
        return CursorPage(request, _features(), out=FeatureOut).response()

    @extend_schema(request=FeatureIn, responses={201: FeatureOut}, operation_id="features_create")
    @transaction.atomic
    def post(self, request: Any) -> Response:
        given = FeatureIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        try:
            made = declaring_features.declare(**given.validated_data, by=self.actor)
        except NotAFeature as error:
            raise serializers.ValidationError({error.field: [str(error)]}) from None
        return Response(FeatureOut(made).data, status=201)


class FeatureView(ApiView):
    """One feature."""

    actions = {"GET": "segment.view", "PATCH": "feature.edit", "DELETE": "feature.edit"}

    @extend_schema(responses=FeatureOut, operation_id="features_get")
    def get(self, request: Any, id: str) -> Response:
        return Response(FeatureOut(find(_features(), "feature", id)).data)

    @extend_schema(request=FeatureChangesIn, responses=FeatureOut, operation_id="features_change")
    @transaction.atomic
    def patch(self, request: Any, id: str) -> Response:
        feature = find(_features(), "feature", id)
        given = FeatureChangesIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        names = ("name", "event", "property", "value", "silent_days", "revision")
        facts = {**{name: getattr(feature, name) for name in names}, **given.validated_data}
        try:
            changed = declaring_features.change(feature, **facts, by=self.actor)
        except NotAFeature as error:
            raise serializers.ValidationError({error.field: [str(error)]}) from None
        return Response(FeatureOut(changed).data)

    @extend_schema(responses={204: None}, operation_id="features_delete")
    def delete(self, request: Any, id: str) -> Response:
        declaring_features.put_away(find(_features(), "feature", id), by=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SuggestedFeaturesView(ApiView):
    """Events that came in lately and may be features, the most used first."""

    actions = {"GET": "segment.view"}

    @extend_schema(responses=SuggestedFeaturesOut, operation_id="features_suggested")
    def get(self, request: Any) -> Response:
        found = suggesting_features.suggested(Asked.of(self.actor.organization))
        return Response(SuggestedFeaturesOut({"items": found}).data)
