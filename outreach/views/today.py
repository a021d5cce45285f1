"""The page of today: from nothing to a live survey, and after that what waits for this member."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.acting import Actor
from accounts.door import member_page
from accounts.first_run import FirstRun, first_run
from accounts.modes import counting
from outreach import alerting, campaigning, caring
from outreach.dials import dial_of
from outreach.models import Campaign, Case
from surveys.models import Distribution, Response


@member_page("today.view")
def today(request: HttpRequest, slug: str) -> HttpResponse:
    """The first run until it is done; then cases, alarms, running sends and the latest answers."""
    actor: Actor = request.actor
    run = first_run(request.organization)
    answers = Response.objects.visible_to(actor).filter(mode__in=counting(request.organization))
    if run.steps and not run.finished and not answers.exists():
        return render(request, "outreach/first_run.html", {"run": run, "greeting": _greeting(request, run)})
    at = timezone.now()
    context = {"greeting": _greeting(request), "at": at}
    if actor.may("case.view"):
        context |= _care(actor)
    if actor.may("alert.view"):
        context["unread"] = alerting.unread_count(actor.membership)
        context["alerts"] = list(alerting.visible_alerts(actor).filter(read_at=None)[:5])
    if actor.may("campaign.view"):
        running = Campaign.objects.present().running().select_related("segment").order_by("-launched_at")[:5]
        context["campaigns"] = [{"campaign": one, "progress": campaigning.progress(one)} for one in running]
    if actor.may("distribution.view"):
        context["distributions"] = Distribution.objects.under_way(at).order_by("-created_at")[:5]
    if actor.may("response.view"):
        context["answers"] = list(
            answers.filter(score__isnull=False)
            .exclude(comment="")
            .select_related("customer")
            .order_by("-answered_at", "-pk")[:6]
        )
    context["answers_today"] = answers.filter(answered_at__gte=at - timedelta(hours=24)).count()
    return render(request, "outreach/today.html", context)


def _care(actor: Actor) -> dict[str, object]:
    at = timezone.now()
    # The most urgent first, whoever owns them: a late customer is everybody's business.
    urgent = Case.objects.visible_to(actor).open().by_the_clock()
    rows = urgent.select_related("customer", "owner__user", "response", "unit")[:6]
    last = Case.objects.visible_to(actor).closed().order_by("-closed_at").first()
    return {
        "cases": [dial_of(case, at) for case in rows],
        "figures": caring.figures(actor, at),
        "last_closed": last,
    }


def _greeting(request: HttpRequest, run: FirstRun | None = None) -> str:
    """Good morning, in the member's own time of day."""
    hour = timezone.localtime().hour
    name = request.actor.membership.user.get_short_name()
    if hour < 12:
        words = _("Good morning, %(name)s.")
    elif hour < 18:
        words = _("Good afternoon, %(name)s.")
    else:
        words = _("Good evening, %(name)s.")
    return words % {"name": name}
