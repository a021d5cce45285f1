"""Campaigns: from draft to review to launch, and the account of everybody who was chosen."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.auditing import audit
from accounts.deleting import delete
from accounts.door import member_page
from accounts.models import Stale
from accounts.tenancy.context import acting_for
from accounts.toasts import toast
from accounts.views.restoring import taken_back
from outreach import campaigning, following_up, outcomes
from outreach.campaigning import CampaignError
from outreach.forms import CampaignForm, FollowUpForm, LaunchForm
from outreach.models import Campaign, FollowUp, Template
from outreach.views.rebasing import rebased
from segments.models import Segment

PER_PAGE = 25


@member_page("campaign.view")
def campaign_list(request: HttpRequest, slug: str) -> HttpResponse:
    rows = Campaign.objects.present().select_related("segment", "template").order_by("-created_at", "-pk")
    page = Paginator(rows, 25).get_page(request.GET.get("page"))
    shown = [
        {"campaign": row, "progress": None if row.launched_at is None else campaigning.progress(row)}
        for row in page
    ]
    ready = Template.objects.present().exists() and Segment.objects.present().exists()
    return render(request, "outreach/campaigns.html", {"page": page, "rows": shown, "ready": ready})


@member_page("campaign.view", post="campaign.edit")
def campaign_new(request: HttpRequest, slug: str) -> HttpResponse:
    request.actor.require("campaign.edit")
    initial = {"segment": request.GET.get("segment"), "template": request.GET.get("template")}
    return _editor(request, Campaign(), initial)


@member_page("campaign.view", post="campaign.edit")
def campaign_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    campaign = _campaign(pk)
    if not campaign.is_draft:
        return redirect("campaign_detail", slug, pk)
    return _editor(request, campaign, {})


def _editor(request: HttpRequest, campaign: Campaign, initial: dict[str, Any]) -> HttpResponse:
    form = CampaignForm(request.POST or None, instance=campaign, initial=initial)
    conflict, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _save(request, form)
            except Stale as stale:
                conflict, status = _("%(what)s Nothing was saved.") % {"what": stale}, 409
                form.data = rebased(request, stale)
            else:
                return redirect("campaign_review", request.organization.slug, campaign.pk)
    context = {"campaign": campaign, "form": form, "conflict": conflict}
    return render(request, "outreach/campaign_edit.html", context, status=status)


@transaction.atomic
def _save(request: HttpRequest, form: CampaignForm) -> None:
    campaign: Campaign = form.instance
    if campaign.pk is None:
        campaign.mode = request.organization.mode
        campaign.save()
        audit("campaign.edit", campaign, by=request.actor, did="created")
    else:
        campaign.save_revision(form.cleaned_data.get("revision") or 0, by=request.actor)
        audit("campaign.edit", campaign, by=request.actor, did="changed")


@member_page("campaign.view", post="campaign.launch")
def campaign_review(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Who will get it, who waits, who will not and why; and the button that sends."""
    campaign = _campaign(pk)
    if not campaign.is_draft:
        return redirect("campaign_detail", slug, pk)
    form = LaunchForm(request.POST or None, zone=request.organization.time_zone, initial={"when": "now"})
    trouble, status = "", 200
    if request.method == "POST":
        if form.is_valid():
            try:
                campaigning.launch(campaign, by=request.actor, when=form.cleaned_data["at"])
            except CampaignError as error:
                trouble, status = str(error), 422
            else:
                return redirect("campaign_detail", slug, pk)
        else:
            status = 422
    planned = form.cleaned_data.get("at") if form.is_bound and form.is_valid() else None
    return render(
        request,
        "outreach/campaign_review.html",
        {
            "campaign": campaign,
            "form": form,
            "review": campaigning.review(campaign, planned),
            "not_ready": campaigning.not_ready(campaign),
            "trouble": trouble,
        },
        status=status,
    )


@member_page("campaign.view")
def campaign_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Everybody is accounted for: the bar, the reasons, and person by person."""
    campaign = _campaign(pk)
    if campaign.is_draft:
        return redirect("campaign_review", slug, pk)
    progress = campaigning.progress(campaign)
    group = request.GET.get("show", "")
    words = request.GET.get("q", "").strip()
    people = outcomes.people(campaign, request.actor, group=group, words=words)
    page = Paginator(people, PER_PAGE).get_page(request.GET.get("page"))
    at = timezone.now()
    return render(
        request,
        "outreach/campaign.html",
        {
            "campaign": campaign,
            "progress": progress,
            "bar": outcomes.bar(progress),
            "page": page,
            "rows": outcomes.told(page),
            "group": group,
            "q": words,
            "answer": outcomes.why(campaign, request.actor, words) if words else [],
            "groups": outcomes.GROUP_LABELS,
            "may_take_back": campaign.may_be_taken_back(at),
            "grace_left": outcomes.grace_left(campaign, at),
            "live": campaign.state in (Campaign.State.SENDING, Campaign.State.SCHEDULED),
        },
    )


@member_page("campaign.view")
def campaign_csv(request: HttpRequest, slug: str, pk: int) -> StreamingHttpResponse:
    """Everybody with outcome and reason, as a file."""
    campaign = _campaign(pk)
    request.actor.require("customer.export")
    audit("customer.export", campaign, by=request.actor, did="outcomes")
    organization_id, actor = request.organization.pk, request.actor

    def lines() -> Iterator[str]:
        # The body is written after the view has ended, so it opens the organization again.
        with acting_for(organization_id):
            buffer = io.StringIO()
            writer = csv.writer(buffer)
            for row in outcomes.table(campaign, actor):
                writer.writerow(row)
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="campaign-{campaign.pk}.csv"'
    return response


def _deed(
    request: HttpRequest, pk: int, do: Callable[[Campaign], Any], said: Callable[[Any], str]
) -> HttpResponse:
    campaign = _campaign(pk)
    try:
        made = do(campaign)
    except CampaignError as error:
        toast(request, str(error), level=messages.ERROR)
    else:
        toast(request, said(made))
    return redirect("campaign_detail", request.organization.slug, pk)


@require_POST
@member_page("campaign.launch")
def campaign_take_back(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    def words(_made: Any) -> str:
        return _("Taken back. Nothing went out; it is a draft again.")

    return _deed(request, pk, lambda each: campaigning.take_back(each, by=request.actor), words)


@require_POST
@member_page("campaign.launch")
def campaign_pause(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    return _deed(
        request, pk, lambda each: campaigning.pause(each, by=request.actor), lambda _made: _("Paused.")
    )


@require_POST
@member_page("campaign.launch")
def campaign_resume(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    return _deed(
        request, pk, lambda each: campaigning.resume(each, by=request.actor), lambda _made: _("It goes on.")
    )


@require_POST
@member_page("campaign.launch")
def campaign_stop(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    def words(spared: int) -> str:
        return ngettext(
            "Stopped. %(n)s person will not get it.", "Stopped. %(n)s people will not get it.", spared
        ) % {"n": spared}

    return _deed(request, pk, lambda each: campaigning.stop(each, by=request.actor), words)


@require_POST
@member_page("campaign.launch")
def campaign_retry(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    def words(again: int) -> str:
        return ngettext(
            "Tried again for %(n)s person, and for nobody else.",
            "Tried again for %(n)s people, and for nobody else.",
            again,
        ) % {"n": again}

    return _deed(request, pk, lambda each: campaigning.retry_failures(each, by=request.actor), words)


@require_POST
@member_page("campaign.edit")
def campaign_delete(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    campaign = _campaign(pk)
    if campaign.state in (*Campaign.RUNNING, Campaign.State.SCHEDULED):
        toast(request, _("It is running. Stop it first."), level=messages.ERROR)
        return redirect("campaign_detail", slug, pk)
    deletion = delete(campaign, by=request.actor, action="campaign.edit")
    undo = reverse("campaign_restore", args=[slug, deletion.pk])
    toast(request, _("“%(name)s” is put away.") % {"name": campaign.name}, undo=undo)
    return redirect("campaign_list", slug)


@require_POST
@member_page("campaign.edit")
def campaign_restore(request: HttpRequest, slug: str, deletion_id: int) -> HttpResponse:
    campaign = taken_back(request, deletion_id, Campaign.objects.all(), action="campaign.edit")
    return redirect("campaign_detail", slug, campaign.pk)


@member_page("campaign.view", post="followup.edit")
def follow_ups(request: HttpRequest, slug: str) -> HttpResponse:
    """What promoters, passives and detractors are sent after answering."""
    rules = following_up.rules()
    wanted = request.POST.get("category", "")
    forms = []
    status = 200
    for rule in rules:
        bound = request.method == "POST" and wanted == rule.category
        form = FollowUpForm(request.POST if bound else None, instance=rule, prefix=rule.category)
        conflict = ""
        if bound:
            status = 422
            if form.is_valid():
                try:
                    rule.save_revision(form.cleaned_data.get("revision") or 0, by=request.actor)
                except Stale as stale:
                    conflict, status = str(stale), 409
                else:
                    audit("followup.edit", rule, by=request.actor, did="on" if rule.enabled else "off")
                    toast(request, _("Saved: %(rule)s.") % {"rule": rule})
                    return redirect("follow_ups", slug)
        forms.append({"rule": rule, "form": form, "conflict": conflict, "sent": following_up.tally(rule)})
    has_templates = Template.objects.present().exists()
    context = {"forms": forms, "has_templates": has_templates, "categories": FollowUp.Category}
    return render(request, "outreach/follow_ups.html", context, status=status)


def _campaign(pk: int) -> Campaign:
    campaign = (
        Campaign.objects.present()
        .select_related("segment", "template", "sender", "launched_by__user")
        .filter(pk=pk)
        .first()
    )
    if campaign is None:
        raise Http404
    return campaign
