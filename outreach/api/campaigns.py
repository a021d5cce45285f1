"""REST: campaigns and what became of everybody in them, templates, senders, follow-ups."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from accounts.acting import Actor
from accounts.api.base import ApiView, In, Out
from accounts.api.ids import OpaqueId, find
from accounts.api.pages import CHANGES_PARAMETERS, PAGE_PARAMETERS, CursorPage, page_of
from accounts.api.problems import Problem
from accounts.auditing import audit
from accounts.deleting import delete
from accounts.models.fields import LOCALE
from outreach import campaigning, following_up, outcomes, templating, verifying
from outreach.campaigning import GROUPS, CampaignError
from outreach.models import Campaign, FollowUp, MessageClass, Sender, SendKey, Template
from outreach.templating import InUse
from segments.models import Segment

KINDS = [MessageClass.RELATIONSHIP.value, MessageClass.MARKETING.value]


def _campaigns(actor: Actor) -> QuerySet[Campaign]:
    return Campaign.objects.present().select_related("segment", "template", "sender")


def _templates(actor: Actor) -> QuerySet[Template]:
    return Template.objects.present()


def _segments(actor: Actor) -> QuerySet[Segment]:
    return Segment.objects.present()


def _senders(actor: Actor) -> QuerySet[Sender]:
    return Sender.objects.all()


class CampaignOut(Out):
    id = OpaqueId("campaign", source="pk")
    name = serializers.CharField()
    state = serializers.ChoiceField(Campaign.State.choices)
    segment = OpaqueId("segment", source="segment_id")
    template = OpaqueId("template", source="template_id")
    sender = OpaqueId("sender", source="sender_id", allow_null=True)
    scheduled_at = serializers.DateTimeField(allow_null=True)
    launched_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    revision = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class CountsOut(Out):
    total = serializers.IntegerField()
    sent = serializers.IntegerField()
    waiting = serializers.IntegerField()
    skipped = serializers.IntegerField()
    failed = serializers.IntegerField()
    unknown = serializers.IntegerField()


class CampaignWithCountsOut(CampaignOut):
    counts = serializers.SerializerMethodField(help_text="The groups add up to the total.")

    def get_counts(self, campaign: Campaign) -> CountsOut:
        progress = campaigning.progress(campaign)
        return {"total": progress.total, **progress.counts}  # type: ignore[return-value]


class CampaignIn(In):
    name = serializers.CharField(max_length=120)
    segment = OpaqueId("segment", rows=_segments)
    template = OpaqueId("template", rows=_templates)
    sender = OpaqueId("sender", rows=_senders, required=False, allow_null=True)


class CampaignChangeIn(In):
    name = serializers.CharField(max_length=120, required=False)
    segment = OpaqueId("segment", rows=_segments, required=False)
    template = OpaqueId("template", rows=_templates, required=False)
    sender = OpaqueId("sender", rows=_senders, required=False, allow_null=True)
    revision = serializers.IntegerField(min_value=1, required=False)


class CampaignLaunchIn(In):
    at = serializers.DateTimeField(required=False, allow_null=True, help_text="Empty: now.")


class CampaignOutcomeOut(Out):
    customer = OpaqueId("customer", source="row.customer_id", allow_null=True)
    group = serializers.ChoiceField(list(GROUPS))
    outcome = serializers.CharField(source="row.outcome")
    code = serializers.CharField(source="row.reason", help_text="The reason as a word to program against.")
    reason = serializers.CharField(source="words", help_text="The reason, or the hour, as a sentence.")
    at = serializers.DateTimeField(source="row.settled_at", allow_null=True)
    channel = serializers.CharField(source="row.channel")


class ReviewOut(Out):
    people = serializers.IntegerField()
    now = serializers.IntegerField()
    waiting = serializers.DictField(child=serializers.IntegerField())
    refused = serializers.DictField(child=serializers.IntegerField())


def _done(do: Any) -> Any:
    try:
        with transaction.atomic():
            return do()
    except CampaignError as error:
        raise Problem("refused", 409, str(error)) from None


class CampaignsView(ApiView):
    """One mail to everybody in a segment."""

    actions = {"GET": "campaign.view", "POST": "campaign.edit"}

    @extend_schema(
        responses=page_of(CampaignOut, changes=True),
        parameters=CHANGES_PARAMETERS,
        operation_id="campaigns_list",
    )
    def get(self, request: Any) -> Response:
        return CursorPage(request, _campaigns(self.actor), out=CampaignOut).response()

    @extend_schema(request=CampaignIn, responses={201: CampaignOut}, operation_id="campaigns_make")
    def post(self, request: Any) -> Response:
        given = CampaignIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        campaign = Campaign.objects.create(**given.validated_data, mode=self.actor.mode)
        audit("campaign.edit", campaign, by=self.actor, did="created")
        return Response(CampaignOut(campaign).data, status=201)


class CampaignView(ApiView):
    actions = {"GET": "campaign.view", "PATCH": "campaign.edit", "DELETE": "campaign.edit"}

    @extend_schema(responses=CampaignWithCountsOut, operation_id="campaigns_get")
    def get(self, request: Any, id: str) -> Response:
        return Response(CampaignWithCountsOut(find(_campaigns(self.actor), "campaign", id)).data)

    @extend_schema(request=CampaignChangeIn, responses=CampaignOut, operation_id="campaigns_change")
    def patch(self, request: Any, id: str) -> Response:
        campaign = find(_campaigns(self.actor), "campaign", id)
        given = CampaignChangeIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        if not campaign.is_draft:
            raise Problem("refused", 409, _("Only a draft can be changed."))
        changes = dict(given.validated_data)
        revision = changes.pop("revision", campaign.revision)
        for name, value in changes.items():
            setattr(campaign, name, value)
        campaign.save_revision(revision, by=self.actor)
        audit("campaign.edit", campaign, by=self.actor, did="changed")
        return Response(CampaignOut(campaign).data)

    @extend_schema(request=None, responses={204: None}, operation_id="campaigns_put_away")
    def delete(self, request: Any, id: str) -> Response:
        campaign = find(_campaigns(self.actor), "campaign", id)
        if campaign.state in (*Campaign.RUNNING, Campaign.State.SCHEDULED):
            raise Problem("refused", 409, _("It is running. Stop it first."))
        delete(campaign, by=self.actor, action="campaign.edit")
        return Response(status=204)


class CampaignReviewView(ApiView):
    """Who would get it now, who would wait, who not and why."""

    actions = {"GET": "campaign.view"}

    @extend_schema(responses=ReviewOut, operation_id="campaigns_review")
    def get(self, request: Any, id: str) -> Response:
        return Response(ReviewOut(campaigning.review(find(_campaigns(self.actor), "campaign", id))).data)


class CampaignLaunchView(ApiView):
    """A launch, which can be taken back for 60 seconds (or until its hour)."""

    actions = {"POST": "campaign.launch", "DELETE": "campaign.launch"}

    @extend_schema(request=CampaignLaunchIn, responses=CampaignOut, operation_id="campaigns_launch")
    def post(self, request: Any, id: str) -> Response:
        campaign = find(_campaigns(self.actor), "campaign", id)
        given = CampaignLaunchIn(data=request.data)
        given.is_valid(raise_exception=True)
        when = given.validated_data.get("at")
        if when is not None and when < timezone.now() - timedelta(minutes=1):
            raise ValidationError({"at": [_("This time has passed.")]})
        made = _done(lambda: campaigning.launch(campaign, by=self.actor, when=when))
        return Response(CampaignOut(made).data)

    @extend_schema(request=None, responses=CampaignOut, operation_id="campaigns_take_back")
    def delete(self, request: Any, id: str) -> Response:
        campaign = find(_campaigns(self.actor), "campaign", id)
        return Response(CampaignOut(_done(lambda: campaigning.take_back(campaign, by=self.actor))).data)


class CampaignPauseView(ApiView):
    actions = {"POST": "campaign.launch", "DELETE": "campaign.launch"}

    @extend_schema(request=None, responses=CampaignOut, operation_id="campaigns_pause")
    def post(self, request: Any, id: str) -> Response:
        campaign = find(_campaigns(self.actor), "campaign", id)
        return Response(CampaignOut(_done(lambda: campaigning.pause(campaign, by=self.actor))).data)

    @extend_schema(request=None, responses=CampaignOut, operation_id="campaigns_resume")
    def delete(self, request: Any, id: str) -> Response:
        campaign = find(_campaigns(self.actor), "campaign", id)
        return Response(CampaignOut(_done(lambda: campaigning.resume(campaign, by=self.actor))).data)


class CampaignStopView(ApiView):
    actions = {"POST": "campaign.launch"}

    @extend_schema(request=None, responses=CampaignWithCountsOut, operation_id="campaigns_stop")
    def post(self, request: Any, id: str) -> Response:
        """Stop for good: those who wait will not get it."""
        campaign = find(_campaigns(self.actor), "campaign", id)
        _done(lambda: campaigning.stop(campaign, by=self.actor))
        return Response(CampaignWithCountsOut(_campaigns(self.actor).get(pk=campaign.pk)).data)


class CampaignRetryView(ApiView):
    actions = {"POST": "campaign.launch"}

    @extend_schema(request=None, responses=CampaignWithCountsOut, operation_id="campaigns_retry")
    def post(self, request: Any, id: str) -> Response:
        """Try again for those alone for whom sending failed."""
        campaign = find(_campaigns(self.actor), "campaign", id)
        _done(lambda: campaigning.retry_failures(campaign, by=self.actor))
        return Response(CampaignWithCountsOut(_campaigns(self.actor).get(pk=campaign.pk)).data)


class CampaignOutcomesView(ApiView):
    """Person by person: what became of it, and why."""

    actions = {"GET": "campaign.view"}

    @extend_schema(
        responses=page_of(CampaignOutcomeOut),
        parameters=[*PAGE_PARAMETERS, OpenApiParameter("group", str, enum=list(GROUPS))],
        operation_id="campaigns_outcomes",
    )
    def get(self, request: Any, id: str) -> Response:
        campaign = find(_campaigns(self.actor), "campaign", id)
        group = request.query_params.get("group", "")
        if group and group not in GROUPS:
            raise ValidationError({"group": [_("One of sent, waiting, skipped, failed, unknown.")]})
        rows = outcomes.people(campaign, self.actor, group=group)
        return _OutcomePage(request, rows, out=CampaignOutcomeOut, newest_first=False).response()


class _OutcomePage(CursorPage):
    """Rows are told together: two queries a page, not two a person."""

    def _body(self, found: list[Any], limit: int, mark: Any) -> dict[str, Any]:
        body = super()._body([], limit, mark)
        shown: list[SendKey] = found[:limit]
        body["items"] = self.out(outcomes.told(shown), many=True, context=self.context).data
        if len(found) > limit:
            from accounts.api.pages import _write

            body["next"] = _write(mark(shown[-1]))
        return body


class LocaleMapField(serializers.DictField):
    """One text per language: {"en": "Thank you"}."""

    child = serializers.CharField(max_length=50_000, allow_blank=True, trim_whitespace=False)

    def to_internal_value(self, given: Any) -> Any:
        texts = super().to_internal_value(given)
        if wrong := [name for name in texts if not LOCALE.match(name)]:
            raise ValidationError(
                {name: [_("This is not a language code, such as en or pt-BR.")] for name in wrong}
            )
        return texts


class TemplateOut(Out):
    id = OpaqueId("template", source="pk")
    name = serializers.CharField()
    message_class = serializers.ChoiceField(MessageClass.choices)
    default_locale = serializers.CharField()
    subject = serializers.DictField(child=serializers.CharField())
    body = serializers.DictField(child=serializers.CharField())
    revision = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class TemplateIn(In):
    name = serializers.CharField(max_length=120)
    message_class = serializers.ChoiceField(KINDS, default=KINDS[0])
    default_locale = serializers.CharField(max_length=16, default="en")
    subject = LocaleMapField(help_text="One line per language; Liquid.")
    body = LocaleMapField(help_text="Markdown with Liquid, per language.")


class TemplateChangeIn(In):
    name = serializers.CharField(max_length=120, required=False)
    message_class = serializers.ChoiceField(KINDS, required=False)
    default_locale = serializers.CharField(max_length=16, required=False)
    subject = LocaleMapField(required=False)
    body = LocaleMapField(required=False)
    revision = serializers.IntegerField(min_value=1, required=False)


def _checked(template: Template) -> Template:
    """Refuse what could not be sent, with the path of the text and the line in it."""
    found: dict[str, dict[str, list[str]]] = {}
    for problem in templating.problems(template):
        found.setdefault(problem.field, {}).setdefault(problem.locale, []).append(str(problem))
    if found:
        raise ValidationError(found)
    if Template.objects.present().filter(name=template.name).exclude(pk=template.pk).exists():
        raise ValidationError({"name": [_("There is already a template with this name.")]})
    return template


class TemplatesView(ApiView):
    """Words for campaigns and follow-ups."""

    actions = {"GET": "template.view", "POST": "template.edit"}

    @extend_schema(responses=page_of(TemplateOut), parameters=PAGE_PARAMETERS, operation_id="templates_list")
    def get(self, request: Any) -> Response:
        return CursorPage(request, _templates(self.actor), out=TemplateOut).response()

    @extend_schema(request=TemplateIn, responses={201: TemplateOut}, operation_id="templates_make")
    def post(self, request: Any) -> Response:
        given = TemplateIn(data=request.data)
        given.is_valid(raise_exception=True)
        template = _checked(Template(**given.validated_data))
        template.save()
        audit("template.edit", template, by=self.actor, did="created")
        return Response(TemplateOut(template).data, status=201)


class TemplateView(ApiView):
    actions = {"GET": "template.view", "PATCH": "template.edit", "DELETE": "template.edit"}

    @extend_schema(responses=TemplateOut, operation_id="templates_get")
    def get(self, request: Any, id: str) -> Response:
        return Response(TemplateOut(find(_templates(self.actor), "template", id)).data)

    @extend_schema(request=TemplateChangeIn, responses=TemplateOut, operation_id="templates_change")
    def patch(self, request: Any, id: str) -> Response:
        template = find(_templates(self.actor), "template", id)
        given = TemplateChangeIn(data=request.data)
        given.is_valid(raise_exception=True)
        changes = dict(given.validated_data)
        revision = changes.pop("revision", template.revision)
        for name, value in changes.items():
            setattr(template, name, value)
        _checked(template).save_revision(revision, by=self.actor)
        audit("template.edit", template, by=self.actor, did="changed")
        return Response(TemplateOut(template).data)

    @extend_schema(request=None, responses={204: None}, operation_id="templates_put_away")
    def delete(self, request: Any, id: str) -> Response:
        template = find(_templates(self.actor), "template", id)
        try:
            templating.delete_template(template, by=self.actor)
        except InUse as error:
            raise Problem("in_use", 409, str(error)) from None
        return Response(status=204)


class SenderOut(Out):
    id = OpaqueId("sender", source="pk")
    name = serializers.CharField()
    address = serializers.EmailField()
    reply_to = serializers.CharField()
    verified_at = serializers.DateTimeField(allow_null=True)
    is_default = serializers.BooleanField()


class SenderIn(In):
    name = serializers.CharField(max_length=120)
    address = serializers.EmailField()
    reply_to = serializers.EmailField(required=False, allow_blank=True, default="")

    def validate_address(self, address: str) -> str:
        if Sender.objects.filter(address=address.lower()).exists():
            raise ValidationError(_("There is already a sender with this address."))
        return address


class SendersView(ApiView):
    """Who mails come from. A new address is mailed a link, and used once it was followed."""

    actions = {"GET": "organization.view", "POST": "sender.edit"}

    @extend_schema(responses=page_of(SenderOut), parameters=PAGE_PARAMETERS, operation_id="senders_list")
    def get(self, request: Any) -> Response:
        return CursorPage(request, _senders(self.actor), out=SenderOut).response()

    @extend_schema(request=SenderIn, responses={201: SenderOut}, operation_id="senders_make")
    def post(self, request: Any) -> Response:
        given = SenderIn(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            sender = verifying.add_sender(**given.validated_data, by=self.actor)
        except DjangoValidationError as error:
            raise ValidationError({"name": error.messages}) from None
        return Response(SenderOut(sender).data, status=201)


class SenderView(ApiView):
    actions = {"GET": "organization.view", "DELETE": "sender.edit"}

    @extend_schema(responses=SenderOut, operation_id="senders_get")
    def get(self, request: Any, id: str) -> Response:
        return Response(SenderOut(find(_senders(self.actor), "sender", id)).data)

    @extend_schema(request=None, responses={204: None}, operation_id="senders_remove")
    def delete(self, request: Any, id: str) -> Response:
        sender = find(_senders(self.actor), "sender", id)
        try:
            verifying.remove_sender(sender, by=self.actor)
        except ProtectedError:
            raise Problem("in_use", 409, _("A campaign still uses it.")) from None
        return Response(status=204)


class FollowUpOut(Out):
    category = serializers.ChoiceField(FollowUp.Category.choices)
    enabled = serializers.BooleanField()
    template = OpaqueId("template", source="template_id", allow_null=True)
    delay_minutes = serializers.IntegerField()
    revision = serializers.IntegerField()


class FollowUpIn(In):
    enabled = serializers.BooleanField(required=False)
    template = OpaqueId("template", rows=_templates, required=False, allow_null=True)
    delay_minutes = serializers.IntegerField(min_value=0, max_value=4320, required=False)
    revision = serializers.IntegerField(min_value=1, required=False)


class FollowUpsView(ApiView):
    """What promoters, passives and detractors are sent after answering."""

    actions = {"GET": "campaign.view"}

    @extend_schema(responses=FollowUpOut(many=True), operation_id="follow_ups_list")
    def get(self, request: Any) -> Response:
        return Response(FollowUpOut(following_up.rules(), many=True).data)


class FollowUpView(ApiView):
    actions = {"PATCH": "followup.edit"}

    @extend_schema(request=FollowUpIn, responses=FollowUpOut, operation_id="follow_ups_change")
    def patch(self, request: Any, category: str) -> Response:
        from django.http import Http404

        rule = next((one for one in following_up.rules() if one.category == category), None)
        if rule is None:
            raise Http404
        given = FollowUpIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        changes = dict(given.validated_data)
        revision = changes.pop("revision", rule.revision)
        for name, value in changes.items():
            setattr(rule, name, value)
        if rule.enabled and rule.template is None:
            raise ValidationError({"template": [_("Choose a template to switch it on.")]})
        rule.save_revision(revision, by=self.actor)
        audit("followup.edit", rule, by=self.actor, did="on" if rule.enabled else "off")
        return Response(FollowUpOut(rule).data)
