"""Watching the lines: once a week has ended, each survey's weeks are looked through for a real shift.

The news `survey.shifted` is recorded for an alarm of the week that just ended, once. What is found in older
weeks (the first time a survey is watched, or back-filled answers) is history: the trend shows it, nobody is
called. Imported and test answers are no part of the line.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django.db.models import Q

from accounts import modes
from accounts.doorbells import ring
from accounts.models import Organization
from accounts.recording import record
from accounts.tenancy.context import acting_for
from surveys import cusum, grouping, reporting
from surveys.models import Response, Survey
from surveys.nps import Counts

WEEKS = 104
AT_ONCE = 10
WEEK = dt.timedelta(days=7)


def due(organization: Organization, now: dt.datetime) -> int:
    """Look through the surveys whose last week was not looked at yet; how many there were."""
    zone = ZoneInfo(organization.time_zone)
    today = now.astimezone(zone).date()
    monday = today - dt.timedelta(days=today.weekday())
    last = monday - WEEK
    with acting_for(organization):
        waiting = (
            Survey.objects.present()
            .exclude(latest_version=0)
            .filter(Q(watched_upto=None) | Q(watched_upto__lt=last))
            .order_by("id")
            .select_for_update(skip_locked=True, of=("self",))
        )
        looked = 0
        for survey in waiting[:AT_ONCE]:
            _look(organization, survey, last, zone)
            looked += 1
        if looked:
            ring(organization.pk, at=dt.datetime.combine(monday + WEEK, dt.time(), zone))
    return looked


def weeks_of(survey: Survey, organization: Organization, *, last: dt.date) -> dict[dt.date, Counts]:
    """The weeks up to the one that began on `last`, by their Mondays: the last answer of each customer in each."""
    zone = ZoneInfo(organization.time_zone)
    ends = dt.datetime.combine(last + WEEK, dt.time(), zone)
    found = (
        Response.objects.of(survey)
        .counting(modes.counting(organization))
        .between(ends - WEEKS * WEEK, ends)
        .annotate(period=reporting.TRUNCATED["week"]("answered_at", tzinfo=zone))
    )
    dated = grouping.last_of_each(found, "period").annotate(
        period=reporting.TRUNCATED["week"]("answered_at", tzinfo=zone)
    )
    rows = dated.values("period").annotate(**grouping.three()).order_by("period")
    return {
        row["period"].date(): Counts(row["detractors"], row["passives"], row["promoters"]) for row in rows
    }


def _look(organization: Organization, survey: Survey, last: dt.date, zone: ZoneInfo) -> None:
    weeks = weeks_of(survey, organization, last=last)
    days = list(weeks)
    fewest = max(cusum.FEWEST, organization.privacy_threshold if survey.anonymous else 0)
    for shift in cusum.shifts(list(weeks.values()), fewest=fewest):
        if days[shift.at] == last:
            since = dt.datetime.combine(days[shift.began], dt.time(), zone)
            record("survey.shifted", survey, up=shift.up, since=since)
    Survey.objects.filter(pk=survey.pk).update(watched_upto=last)
