"""A real shift calls once, for the week that has just ended; imported and test answers call nobody."""

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Doorbell, News
from accounts.tenancy.context import acting_for
from surveys import reporting, watching
from surveys.filtering import Filter
from surveys.models import Response, Survey
from tests.factories.segments import SegmentFactory
from tests.factories.surveys import published, respond, system

LONDON = ZoneInfo("Europe/London")
NOW = dt.datetime(2026, 6, 17, 12, 0, tzinfo=LONDON)  # a Wednesday; the last whole week began on 8 June
LAST = dt.date(2026, 6, 8)
CALM, LOW = [3] * 5 + [8] * 10 + [10] * 25, [3] * 14 + [8] * 10 + [10] * 16


def weeks(survey, *scores, mode="live", until=LAST):
    """The answers of one week after the other, the last one beginning on `until`."""
    first = respond(None, 9, survey=survey, at=NOW - dt.timedelta(days=900))
    rows = []
    for back, given in enumerate(reversed(scores)):
        day = until - dt.timedelta(weeks=back) + dt.timedelta(days=2)
        at = dt.datetime.combine(day, dt.time(12), LONDON)
        rows += [
            Response(
                survey=survey, version_id=first.version_id, score=score, mode=mode, state=first.state,
                source=first.source, channel="api", answered_at=at, completed_at=at, started_at=at,
            )
            for score in given
        ]  # fmt: skip
    Response.objects.bulk_create(rows)


@pytest.fixture
def survey(acme):
    with acting_for(acme):
        return published()


def news(organization):
    with acting_for(organization):
        return list(News.objects.filter(name="survey.shifted").order_by("id"))


@pytest.mark.django_db
class TestWatching:
    @pytest.mark.row("D2", "alarm on a real shift (CUSUM)")
    def test_the_week_that_makes_it_sure_calls_once(self, acme, survey, alice, as_, api):
        with acting_for(acme):
            weeks(survey, *[CALM] * 20, LOW, LOW)
        assert watching.due(acme, NOW) == 1
        (told,) = news(acme)
        assert told.subject_id == survey.pk and told.facts["up"] is False
        assert told.facts["since"].startswith("2026-06-01T00:00"), "Monday in London"
        assert watching.due(acme, NOW) == 0, "this week was looked at"
        assert watching.due(acme, NOW + dt.timedelta(days=7)) == 1
        assert len(news(acme)) == 1
        address = f"/o/{acme.slug}/surveys/{survey.pk}/results/?from=2026-01-05&to=2026-06-17&step=week"
        page = as_(alice).get(address).content.decode()
        assert "The score really shifted down" in page and "Shifted down from" in page
        surveys = api(acme).get("/api/v1/surveys").json()["items"]
        query = "from=2026-01-05&to=2026-06-17&step=week"
        (shift,) = api(acme).get(f"/api/v1/surveys/{surveys[0]['id']}/results?{query}").json()["shifts"]
        assert (shift["began"], shift["up"]) == ("2026-06-01", False)
        assert shift["before"]["score"] == 50 and shift["after"]["score"] == 5

    def test_the_line_of_a_segment_or_a_category_bends_by_itself_and_says_nothing(self, acme, survey):
        with acting_for(acme):
            weeks(survey, *[CALM] * 20, LOW, LOW)
            everything = Filter(acme, survey=survey, step="week", start=dt.date(2026, 1, 5))
            promoters = replace(everything, category="promoter")
            segment = replace(everything, segment=SegmentFactory())
            periods = reporting.trend(everything, system(), now=NOW)
            assert len(reporting.shifts(everything, periods)) == 1
            assert reporting.shifts(promoters, periods) == reporting.shifts(segment, periods) == []

    def test_nothing_real_calls_nobody(self, acme, survey, alice, as_):
        with acting_for(acme):
            weeks(survey, *[CALM] * 30)
        watching.due(acme, NOW)
        assert news(acme) == []

    @pytest.mark.parametrize("mode", ["imported", "test"])
    def test_imported_and_test_answers_call_nobody(self, acme, survey, mode):
        with acting_for(acme):
            weeks(survey, *[CALM] * 20, LOW, LOW, mode=mode)
        watching.due(acme, NOW)
        assert news(acme) == []

    def test_what_is_history_calls_nobody(self, acme, survey):
        with acting_for(acme):
            weeks(survey, *[CALM] * 20, *[LOW] * 6)
        watching.due(acme, NOW)
        assert news(acme) == [], "it was sure weeks ago, before anybody watched"

    def test_a_week_that_is_not_over_calls_nobody(self, acme, survey):
        with acting_for(acme):
            weeks(survey, *[CALM] * 20, [3] * 90, until=LAST + dt.timedelta(days=7))
        watching.due(acme, NOW)
        assert news(acme) == []
        watching.due(acme, NOW + dt.timedelta(days=5))
        assert len(news(acme)) == 1, "on Monday it is"

    def test_it_rings_for_the_end_of_the_next_week(self, acme, survey):
        Doorbell.objects.all().delete()
        watching.due(acme, NOW)
        with acting_for(acme):
            assert Survey.objects.get().watched_upto == LAST
        rung = Doorbell.objects.get(organization_id=acme.pk).due_at
        assert rung == dt.datetime(2026, 6, 22, 0, 0, tzinfo=LONDON)

    def test_too_few_of_an_anonymous_survey_are_passed_by(self, acme):
        with acting_for(acme):
            acme.privacy_threshold = 50
            acme.save()
            employees = published("How is it here", "employees")
            weeks(employees, *[CALM] * 20, LOW, LOW)
            Response.objects.of(employees).update(anonymous=True)
        watching.due(acme, NOW)
        assert news(acme) == []
