"""REST: the stages of the journey with their rules, and in which a customer was."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.base import ApiView, In, Out
from accounts.api.ids import find
from accounts.api.pages import PAGE_PARAMETERS, CursorPage, page_of
from segments import arranging_stages, stages, staging
from segments.api.customers import customers_of
from segments.catalog import Vocabulary, vocabulary
from segments.compiling import Unanswerable
from segments.models import StageChange, StageRun
from segments.models.stage import Why
from segments.rules import RuleError, read_rule, sentence
from segments.stages import Stage


class StageOut(Out):
    key = serializers.CharField(help_text="What customers and answers carry as their stage.")
    name = serializers.CharField()
    rule = serializers.DictField()
    sentence = serializers.CharField(help_text="The rule in words.")
    number = serializers.IntegerField(help_text="How many customers are in it.")


class StagesOut(Out):
    revision = serializers.IntegerField(help_text="0: nobody has changed the stages that are shipped.")
    stages = StageOut(many=True, help_text="In their order: of the rules the first that holds wins.")
    without = serializers.IntegerField(help_text="How many customers are in no stage.")
    judged_at = serializers.DateTimeField(allow_null=True, help_text="As of when everybody was judged.")
    running = serializers.BooleanField(help_text="Whether everybody is being judged now.")


class StageIn(In):
    key = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=40)
    rule = serializers.DictField(help_text='As that of a segment; `{"all": []}` is everybody who is left.')


class StagesIn(In):
    revision = serializers.IntegerField(min_value=0, help_text="The one that you read.")
    stages = StageIn(many=True)


class StageChangeOut(Out):
    old = serializers.CharField()
    new = serializers.CharField()
    at = serializers.DateTimeField()
    why = serializers.ChoiceField(Why.choices)


class StagesView(ApiView):
    """The stages of the customer's journey. A PUT puts others in their place; everybody is judged again."""

    actions = {"GET": "stage.view", "PUT": "stage.edit"}

    @extend_schema(responses=StagesOut, operation_id="stages_get")
    def get(self, request: Any) -> Response:
        plan, words, run = stages.plan(), vocabulary(), StageRun.objects.first()
        numbers = staging.counts(customers_of(self.actor))
        body = {
            "revision": plan.revision,
            "stages": [
                {**one.as_json(), "sentence": _sentence(one, words), "number": numbers.get(one.key, 0)}
                for one in plan.stages
            ],
            "without": numbers.get("", 0),
            "judged_at": run.asked_at if run is not None else None,
            "running": run is not None and run.finished_at is None,
        }
        return Response(StagesOut(body).data)

    @extend_schema(request=StagesIn, responses=StagesOut, operation_id="stages_put")
    @transaction.atomic
    def put(self, request: Any) -> Response:
        given = StagesIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        wanted = [Stage(one["key"], one["name"], one["rule"]) for one in given.validated_data["stages"]]
        try:
            arranging_stages.arrange(wanted, expected=given.validated_data["revision"], by=self.actor)
        except RuleError as error:
            path = error.path or "rule"
            raise serializers.ValidationError({path: [_(error.message) % error.params]}) from None
        except arranging_stages.NotArranged as error:
            raise serializers.ValidationError({error.path: [str(error)]}) from None
        except Unanswerable as error:
            raise serializers.ValidationError({"stages": [str(error)]}) from None
        return self.get(request)


class CustomerStagesView(ApiView):
    """In which stages a customer was, newest first; the present one is in the customer."""

    actions = {"GET": "customer.view"}

    @extend_schema(
        responses=page_of(StageChangeOut), parameters=PAGE_PARAMETERS, operation_id="customers_stages"
    )
    def get(self, request: Any, id: str) -> Response:
        customer = find(customers_of(self.actor), "customer", id)
        return CursorPage(
            request, StageChange.objects.filter(customer_id=customer.pk), out=StageChangeOut
        ).response()


def _sentence(stage: Stage, words: Vocabulary) -> str:
    try:
        return sentence(read_rule(stage.rule, words), words, _)
    except RuleError:
        return ""
