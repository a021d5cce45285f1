"""REST: improvements, their priority, their effect, and telling the team."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response as Answered

from accounts.acting import Actor
from accounts.api.base import ApiView, In, Out
from accounts.api.ids import OpaqueId, find
from accounts.api.pages import PAGE_PARAMETERS, CursorPage, page_of
from accounts.models import Membership, Unit
from segments.models import Segment
from surveys import comparing_units, improving, prioritising, surrounding
from surveys.api.surveys import ScoreOut
from surveys.api.themes import FILTER_PARAMETERS, ReachOut
from surveys.filtering import Filter
from surveys.improving import BadImprovement
from surveys.models import Improvement, Theme
from surveys.models.improvement import ImprovementQuerySet


def _improvements(actor: Actor) -> ImprovementQuerySet:
    return Improvement.objects.visible_to(actor).present()  # type: ignore[no-any-return]


def _members(actor: Actor) -> QuerySet[Membership]:
    return Membership.objects.filter(organization=actor.organization).select_related("user")


def _themes(actor: Actor) -> QuerySet[Theme]:
    return Theme.objects.present()  # type: ignore[no-any-return]


def _units(actor: Actor) -> QuerySet[Unit]:
    return Unit.objects.visible_to(actor).alive()  # type: ignore[no-any-return]


def _segments(actor: Actor) -> QuerySet[Segment]:
    return Segment.objects.present()  # type: ignore[no-any-return]


class ImprovementOut(Out):
    id = OpaqueId("improvement", source="pk")
    name = serializers.CharField()
    change = serializers.CharField(help_text="What changes.")
    side = serializers.ChoiceField(Improvement.Side.choices)
    theme = OpaqueId("theme", source="theme_id", allow_null=True)
    fact = serializers.CharField(help_text="The fact of the group that it is about, as breakdowns name it.")
    value = serializers.CharField(help_text="The value of that fact.")
    action = serializers.ChoiceField(Improvement.Action.choices)
    owner = OpaqueId("member", source="owner_id", allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    state = serializers.ChoiceField(Improvement.State.choices)
    done_on = serializers.DateField(allow_null=True, help_text="The first day on which customers met it.")
    confidence = serializers.ChoiceField(Improvement.Confidence.choices)
    effort = serializers.IntegerField(help_text="Days of work.")
    expected = serializers.IntegerField(allow_null=True, help_text="Points that people expect.")
    briefing = serializers.CharField(help_text="What the team is told.")
    note = serializers.CharField(help_text="What customers are told who raised it.")
    units = serializers.SerializerMethodField()
    segments = serializers.SerializerMethodField()
    revision = serializers.IntegerField()

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_units(self, improvement: Improvement) -> list[str]:
        shown = OpaqueId("unit")
        return [shown.to_representation(each.pk) for each in improving.touched_units(improvement)]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_segments(self, improvement: Improvement) -> list[str]:
        shown = OpaqueId("segment")
        return [shown.to_representation(each.pk) for each in improving.touched_segments(improvement)]


class ImprovementIn(In):
    """Every fact of an improvement; what is left out is as a new one has it."""

    name = serializers.CharField(max_length=120)
    change = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    side = serializers.ChoiceField(Improvement.Side.choices, required=False)
    theme = OpaqueId("theme", rows=_themes, required=False, allow_null=True)
    fact = serializers.CharField(max_length=80, required=False, allow_blank=True)
    value = serializers.CharField(max_length=200, required=False, allow_blank=True)
    action = serializers.ChoiceField(Improvement.Action.choices, required=False)
    owner = OpaqueId("member", rows=_members, required=False, allow_null=True)
    due_on = serializers.DateField(required=False, allow_null=True)
    state = serializers.ChoiceField(Improvement.State.choices, required=False)
    done_on = serializers.DateField(required=False, allow_null=True)
    confidence = serializers.ChoiceField(Improvement.Confidence.choices, required=False)
    effort = serializers.IntegerField(min_value=1, max_value=1000, required=False)
    expected = serializers.IntegerField(min_value=1, max_value=200, required=False, allow_null=True)
    briefing = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    units = serializers.ListField(child=OpaqueId("unit", rows=_units), required=False, max_length=200)
    segments = serializers.ListField(
        child=OpaqueId("segment", rows=_segments), required=False, max_length=200
    )


class ImprovementChangesIn(ImprovementIn):
    name = serializers.CharField(max_length=120, required=False)
    revision = serializers.IntegerField(required=False, help_text="Refused if somebody saved since.")


class ImpactOut(Out):
    points = serializers.FloatField(allow_null=True, help_text="Per person reached; null: cannot be told.")
    basis = serializers.ChoiceField([(each.value, each.value) for each in prioritising.Basis])
    difference = serializers.SerializerMethodField(help_text="Of those it is about, against the others.")

    @extend_schema_field(ReachOut(allow_null=True))
    def get_difference(self, impact: prioritising.Impact) -> dict[str, Any] | None:
        if impact.value is None:
            return None
        return {"value": impact.value, "low": impact.low, "high": impact.high}


class PriorityOut(Out):
    improvement = OpaqueId("improvement", source="improvement.pk")
    name = serializers.CharField(source="improvement.name")
    reach = serializers.IntegerField(allow_null=True, help_text="People; null: hidden, or nobody is named.")
    reached = serializers.ChoiceField([(each.value, each.value) for each in prioritising.Reached])
    hidden = serializers.BooleanField()
    impact = ImpactOut()
    confidence = serializers.ChoiceField(Improvement.Confidence.choices)
    effort = serializers.IntegerField(source="improvement.effort")
    priority = serializers.FloatField(
        source="score",
        allow_null=True,
        help_text="Reach x points x confidence / effort; null: cannot be ranked.",
    )


class PrioritiesOut(Out):
    filter = serializers.CharField()
    improvements = PriorityOut(many=True)


class UnitEffectOut(Out):
    unit = OpaqueId("unit", source="unit.pk")
    name = serializers.CharField(source="unit.name")
    touched = serializers.BooleanField()
    before = ScoreOut()
    after = ScoreOut()


class EffectOut(Out):
    filter = serializers.CharField()
    said = serializers.ChoiceField(
        [(each.value, each.value) for each in comparing_units.Said],
        help_text="real, unknown: it cannot be told; the others say why nothing is compared.",
    )
    days = serializers.IntegerField(help_text="Of each window; fewer than asked while they are not over.")
    difference = serializers.SerializerMethodField(
        help_text="Points: how the touched units changed, less how the untouched ones did."
    )
    touched_change = serializers.FloatField(allow_null=True)
    untouched_change = serializers.FloatField(allow_null=True)
    earlier = serializers.SerializerMethodField(
        help_text="The same comparison a window earlier, when nothing had been done."
    )
    units = UnitEffectOut(many=True, source="rows")

    @extend_schema_field(ReachOut(allow_null=True))
    def get_difference(self, effect: Any) -> dict[str, Any] | None:
        return _ends(effect["value"], effect["low"], effect["high"])

    @extend_schema_field(ReachOut(allow_null=True))
    def get_earlier(self, effect: Any) -> dict[str, Any] | None:
        return _ends(effect["earlier_value"], effect["earlier_low"], effect["earlier_high"])


class BriefingOut(Out):
    member = OpaqueId("member", source="membership_id")
    told_at = serializers.DateTimeField()
    acknowledged_at = serializers.DateTimeField(allow_null=True)


class BriefingsOut(Out):
    told = serializers.IntegerField()
    acknowledged = serializers.IntegerField()
    items = BriefingOut(many=True)


def _ends(value: float | None, low: float | None, high: float | None) -> dict[str, Any] | None:
    return None if value is None else {"value": value, "low": low, "high": high}


def _refused(error: BadImprovement) -> ValidationError:
    return ValidationError({error.field: [str(error)]})


def _briefings(improvement: Improvement) -> dict[str, Any]:
    rows = improving.briefings(improvement)
    known = sum(each.acknowledged_at is not None for each in rows)
    return {"told": len(rows), "acknowledged": known, "items": rows}


class ImprovementsView(ApiView):
    """Improvements."""

    actions = {"GET": "report.view", "POST": "improvement.edit"}

    @extend_schema(
        responses=page_of(ImprovementOut), parameters=PAGE_PARAMETERS, operation_id="improvements_list"
    )
    def get(self, request: Any) -> Answered:
        return CursorPage(request, _improvements(self.actor), out=ImprovementOut).response()

    @extend_schema(request=ImprovementIn, responses={201: ImprovementOut}, operation_id="improvements_create")
    def post(self, request: Any) -> Answered:
        given = ImprovementIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        try:
            made = improving.plan(**given.validated_data, by=self.actor)
        except BadImprovement as error:
            raise _refused(error) from error
        return Answered(ImprovementOut(made).data, status=201)


class ImprovementView(ApiView):
    """One improvement."""

    actions = {"GET": "report.view", "PATCH": "improvement.edit", "DELETE": "improvement.edit"}

    @extend_schema(responses=ImprovementOut, operation_id="improvements_get")
    def get(self, request: Any, id: str) -> Answered:
        return Answered(ImprovementOut(find(_improvements(self.actor), "improvement", id)).data)

    @extend_schema(request=ImprovementChangesIn, responses=ImprovementOut, operation_id="improvements_change")
    @transaction.atomic
    def patch(self, request: Any, id: str) -> Answered:
        improvement = find(_improvements(self.actor), "improvement", id)
        given = ImprovementChangesIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        facts: dict[str, Any] = {name: getattr(improvement, name) for name in improving.FACTS}
        facts["units"] = improving.touched_units(improvement)
        facts["segments"] = improving.touched_segments(improvement)
        facts |= {"revision": improvement.revision, **given.validated_data}
        try:
            changed = improving.change(improvement, **facts, by=self.actor)
        except BadImprovement as error:
            raise _refused(error) from error
        return Answered(ImprovementOut(changed).data)

    @extend_schema(responses={204: None}, operation_id="improvements_delete")
    def delete(self, request: Any, id: str) -> Answered:
        improving.put_away(find(_improvements(self.actor), "improvement", id), by=self.actor)
        return Answered(status=status.HTTP_204_NO_CONTENT)


class PrioritiesView(ApiView):
    """The open improvements in the order of the page: reach and impact from real counts."""

    actions = {"GET": "report.view"}

    @extend_schema(
        responses=PrioritiesOut, parameters=FILTER_PARAMETERS, operation_id="improvements_priorities"
    )
    def get(self, request: Any) -> Answered:
        chosen = Filter.read(request.query_params, self.actor.organization).of_everybody()
        rows = list(_improvements(self.actor).open()[:100])
        found = prioritising.priorities(rows, chosen, self.actor)
        return Answered(PrioritiesOut({"filter": chosen.words(), "improvements": found}).data)


class EffectView(ApiView):
    """How the touched units changed against comparable untouched ones: difference in differences."""

    actions = {"GET": "report.view"}

    @extend_schema(
        responses=EffectOut,
        parameters=[
            OpenApiParameter("days", int, description="Of each window: 30, 60, 90 or 180; 90 if left out."),
            *(
                OpenApiParameter(name, str)
                for name in ("survey", "channel", "touchpoint", "stage", "segment", "imported")
            ),
        ],
        operation_id="improvements_effect",
    )
    def get(self, request: Any, id: str) -> Answered:
        improvement = find(_improvements(self.actor), "improvement", id)
        days = request.query_params.get("days", "90")
        if not days.isdigit() or int(days) not in comparing_units.WINDOWS:
            raise ValidationError({"days": [", ".join(str(each) for each in comparing_units.WINDOWS)]})
        chosen = Filter.read(request.query_params, self.actor.organization).of_everybody()
        found = comparing_units.effect(improvement, chosen, self.actor, days=int(days))
        names = ("said", "days", "value", "low", "high", "touched_change", "untouched_change", "rows")
        facts = {name: getattr(found, name) for name in names}
        facts |= {name: getattr(found, name) for name in ("earlier_value", "earlier_low", "earlier_high")}
        return Answered(EffectOut({**facts, "filter": surrounding.told(chosen)}).data)


class BriefingsView(ApiView):
    """Who was told of an improvement and who says that they know. To say so is for the member, on the page."""

    actions = {"GET": "report.view", "POST": "improvement.edit"}

    @extend_schema(responses=BriefingsOut, operation_id="improvements_briefings")
    def get(self, request: Any, id: str) -> Answered:
        improvement = find(_improvements(self.actor), "improvement", id)
        return Answered(BriefingsOut(_briefings(improvement)).data)

    @extend_schema(request=None, responses=BriefingsOut, operation_id="improvements_tell")
    def post(self, request: Any, id: str) -> Answered:
        improvement = find(_improvements(self.actor), "improvement", id)
        try:
            improving.tell(improvement, by=self.actor)
        except BadImprovement as error:
            raise _refused(error) from error
        return Answered(BriefingsOut(_briefings(improvement)).data)
