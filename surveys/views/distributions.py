"""Distributions: who is asked which survey, when; what became of it."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.acting import Actor
from accounts.door import member_page
from accounts.models import Organization, Stale
from accounts.toasts import toast
from surveys import distributing, inviting, mailing, nps, reasons
from surveys.charts import funnel
from surveys.forms import DistributionForm, WhenForm
from surveys.inviting import NotLaunchable
from surveys.models import Distribution, Invitation, Survey


@member_page("distribution.view")
def distribution_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Newest first, each with how far it got."""
    found = Distribution.objects.present().select_related("survey", "segment", "created_by")
    page = Paginator(found, 30).get_page(request.GET.get("page"))
    rows = [
        (each, distributing.progress(each) if each.state not in ("draft", "scheduled") else None)
        for each in page
    ]
    return render(request, "surveys/distributions.html", {"page": page, "rows": rows})


@member_page("distribution.launch")
def distribution_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Survey, segment, words; the next page says who will be asked."""
    organization = _organization(request)
    survey = Survey.objects.live().filter(pk=_number(request.GET.get("survey"))).first()
    survey = survey or Survey.objects.live().order_by("-created_at").first()
    locales = survey.every_locale if survey else [organization.locale or "en"]
    form = DistributionForm(
        request.POST or None,
        locales=locales,
        initial={
            "survey": survey,
            "touchpoint": survey.touchpoint if survey else "",
            "sampling_percent": 100,
            "expires_after_days": 30,
        },
    )
    if request.method == "POST" and form.is_valid():
        distribution = Distribution.objects.create(
            **form.facts(), mode=organization.mode, created_by_id=_actor(request).user_id
        )
        return redirect("distribution_detail", slug, distribution.pk)
    return render(request, "surveys/distribution_edit.html", {"form": form, "survey": survey})


@member_page("distribution.view", post="distribution.launch")
def distribution_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Change a distribution that has not begun."""
    distribution = _distribution(pk)
    if distribution.state not in (Distribution.State.DRAFT, Distribution.State.SCHEDULED):
        return redirect("distribution_detail", slug, pk)
    form = DistributionForm(
        request.POST or None, distribution=distribution, locales=distribution.survey.every_locale
    )
    stale = None
    if request.method == "POST" and form.is_valid():
        facts = form.facts()
        for name, value in facts.items():
            setattr(distribution, name, value)
        try:
            distribution.save_revision(
                _number(request.POST.get("revision")), by=_actor(request), update_fields=list(facts)
            )
        except Stale as error:
            stale = error
            distribution.refresh_from_db()
        else:
            return redirect("distribution_detail", slug, pk)
    return render(
        request,
        "surveys/distribution_edit.html",
        {"form": form, "distribution": distribution, "stale": stale, "survey": distribution.survey},
        status=409 if stale else 200,
    )


@member_page("distribution.view")
def distribution_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Before: who will be asked, who not and why. After: how far it got, person by person."""
    distribution = _distribution(pk)
    if distribution.state in (Distribution.State.DRAFT, Distribution.State.SCHEDULED):
        return _before(request, distribution, WhenForm(zone=_organization(request).time_zone))
    progress = distributing.progress(distribution)
    which = request.GET.get("which", "")
    people = Invitation.objects.of(distribution).visible_to(_actor(request)).exclude(source="test")
    people = people.select_related("customer")
    if which == "answered":
        people = people.exclude(started_at=None)
    elif which == "waiting":
        people = people.waiting()
    elif which == "silent":
        people = people.asked().filter(started_at=None).exclude(sent_at=None)
    elif which == "skipped":
        people = people.filter(outcome=Invitation.Outcome.SKIPPED)
    elif which == "failed":
        people = people.filter(outcome__in=[Invitation.Outcome.FAILED, Invitation.Outcome.UNKNOWN])
    page = Paginator(people.order_by("id"), 50).get_page(request.GET.get("page"))
    steps = _steps(progress)
    return render(
        request,
        "surveys/distribution.html",
        {
            "distribution": distribution,
            "progress": progress,
            "rate": nps.proportion(progress.started, progress.asked),
            "share": progress.started / progress.asked if progress.asked else None,
            "steps": steps,
            "funnel_table": funnel.table(steps),
            "skipped": [(reasons.sentence(code), number) for code, number in progress.skipped.items()],
            "page": page,
            "rows": [(each, _outcome(each, distribution)) for each in page],
            "which": which,
            "anonymous": distribution.anonymous,
            "tabs": [
                ("", _("Everybody"), progress.members),
                ("waiting", _("Waiting"), progress.waiting),
                *([] if distribution.anonymous else [("answered", _("Answered"), progress.started)]),
                ("skipped", _("Not asked"), sum(progress.skipped.values())),
                ("failed", _("Not reached"), progress.failed),
            ],
        },
    )


@require_POST
@member_page("distribution.launch")
def distribution_launch(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Now, or at a time."""
    distribution = _distribution(pk)
    actor = _actor(request)
    try:
        if "when" in request.POST:
            form = WhenForm(request.POST, zone=_organization(request).time_zone)
            if not form.is_valid():
                return _before(request, distribution, form, status=422)
            distributing.schedule(distribution, by=actor, when=form.cleaned_data["when"])
            toast(request, _("Scheduled. Until then it can be changed or taken back."))
        else:
            launched = distributing.launch(distribution, by=actor)
            asked = Invitation.objects.of(launched).waiting().count()
            toast(request, _("Launched: %(n)s people are being asked.") % {"n": asked})
    except NotLaunchable as refused:
        return _before(
            request,
            distribution,
            WhenForm(zone=_organization(request).time_zone),
            refusal=reasons.refusal(refused.reason),
            status=409,
        )
    return redirect("distribution_detail", slug, pk)


@require_POST
@member_page("distribution.launch")
def distribution_unschedule(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    try:
        distributing.unschedule(_distribution(pk), by=_actor(request))
        toast(request, _("Taken back: it is a draft again."))
    except NotLaunchable as refused:
        toast(request, reasons.refusal(refused.reason))
    return redirect("distribution_detail", slug, pk)


@require_POST
@member_page("distribution.launch")
def distribution_stop(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    try:
        spared = distributing.stop(_distribution(pk), by=_actor(request))
        toast(request, _("Stopped. %(n)s people who waited are not asked.") % {"n": spared})
    except NotLaunchable as refused:
        toast(request, reasons.refusal(refused.reason))
    return redirect("distribution_detail", slug, pk)


@require_POST
@member_page("distribution.launch")
def distribution_try(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A test mail to one's own address; its answer never counts."""
    try:
        inviting.try_out(_distribution(pk), by=_actor(request))
        membership = request.membership  # type: ignore[attr-defined]
        toast(request, _("A test mail is on its way to %(address)s.") % {"address": membership.user.email})
    except NotLaunchable as refused:
        toast(request, reasons.refusal(refused.reason))
    return redirect("distribution_detail", slug, pk)


@require_POST
@member_page("distribution.launch")
def distribution_delete(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A draft goes; what has asked people stays, for its answers speak of it."""
    distribution = _distribution(pk)
    if distribution.state == Distribution.State.DRAFT:
        Distribution.objects.filter(pk=pk).update(deleted_at=timezone.now())
        toast(request, _("Draft deleted."))
    return redirect("distribution_list", slug)


def _before(
    request: HttpRequest, distribution: Distribution, form: WhenForm, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    preview = distributing.preview(distribution) if distribution.segment_id else None
    mail = mailing.glance(distribution)
    needed = nps.answers_needed(5)
    return render(
        request,
        "surveys/distribution_before.html",
        {
            "distribution": distribution,
            "preview": preview,
            "why_not": [(reasons.sentence(code), number) for code, number in preview.reasons.items()]
            if preview
            else [],
            "will": [each for each in preview.examples if not each.reason] if preview else [],
            "will_not": [
                (each, reasons.sentence(each.reason, each.free_at))
                for each in preview.examples
                if each.reason
            ]
            if preview
            else [],
            "mail": mail,
            "form": form,
            "refusal": refusal,
            "needed": needed,
            "invitations_needed": needed * 4,
        },
        status=status,
    )


def _steps(progress: distributing.Progress) -> list[funnel.Step]:
    failed = _("%(n)s could not be reached") % {"n": progress.failed} if progress.failed else ""
    return [
        funnel.Step(_("In the segment"), progress.members),
        funnel.Step(_("Asked"), progress.asked),
        funnel.Step(_("Sent"), progress.sent, failed),
        funnel.Step(_("Opened the page"), progress.opened, _("people and machines")),
        funnel.Step(_("Sent a score"), progress.started),
        funnel.Step(_("Finished"), progress.completed),
    ]


def _outcome(invitation: Invitation, distribution: Distribution) -> dict[str, Any]:
    """One sentence per person, the same as everywhere. Anonymous: never whether this person answered."""
    if not distribution.anonymous and invitation.completed_at:
        return {"kind": "ok", "words": _("Answered"), "at": invitation.completed_at}
    if not distribution.anonymous and invitation.started_at:
        return {"kind": "ok", "words": _("Answered in part"), "at": invitation.started_at}
    if invitation.outcome == Invitation.Outcome.SKIPPED:
        return {"kind": "skipped", "words": reasons.sentence(invitation.reason), "at": None}
    if invitation.outcome == Invitation.Outcome.FAILED:
        return {"kind": "bad", "words": reasons.sentence(invitation.reason or "failed"), "at": None}
    if invitation.outcome == Invitation.Outcome.UNKNOWN:
        return {"kind": "warn", "words": reasons.sentence("unknown"), "at": None}
    if invitation.outcome == Invitation.Outcome.WAITING:
        return {"kind": "waiting", "words": _("Waiting to be sent"), "at": None}
    return {"kind": "", "words": _("Sent, no answer yet"), "at": invitation.sent_at}


def _distribution(pk: int) -> Distribution:
    return get_object_or_404(
        Distribution.objects.present().select_related("survey", "segment", "version", "stopped_by"), pk=pk
    )


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined,no-any-return]


def _organization(request: HttpRequest) -> Organization:
    return request.organization  # type: ignore[attr-defined,no-any-return]


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else -1
