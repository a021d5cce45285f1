"""The link with the business: each figure against plain Python over the same people; page, file and REST alike."""

import csv
import datetime as dt
import io
import math
from decimal import Decimal
from random import Random
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone
from scipy import stats

from accounts import opaque
from accounts.tenancy.context import acting_for
from segments import profiling
from segments.models import Customer, StageChange, StagePlan
from surveys import linking_business, nps, retaining, valuing
from surveys.filtering import Filter
from surveys.models import Response
from tests.factories.segments import CustomerEventFactory, CustomerFactory, SegmentFactory
from tests.factories.surveys import published, respond, system

NOW = timezone.now().replace(microsecond=0)
LEAVE = {"promoter": 0.08, "passive": 0.2, "detractor": 0.6}


def ago(days):
    return NOW - dt.timedelta(days=days)


def changed(person, days, new, old="", why="time"):
    StageChange.objects.create(customer_id=person.pk, old=old, new=new, at=ago(days), why=why)


def category(score):
    return "promoter" if score >= 9 else "passive" if score >= 7 else "detractor"


@pytest.fixture
def people(acme):
    """150 customers of three years, who answered once in the last year; unhappy ones leave sooner and buy less."""
    chance, made = Random(7), []
    with acting_for(acme):
        survey = published()
        for place in range(150):
            score = chance.choice((2, 5, 7, 8, 9, 10))
            answered = chance.uniform(40, 330)
            person = CustomerFactory(created_at=ago(1_000), stage="active")
            Response.objects.filter(pk=respond(None, score, survey=survey, customer=person).pk).update(
                answered_at=ago(answered)
            )
            # Of one in five the stages were computed only after the answer.
            known = answered - 20 if place % 5 == 0 else 500
            changed(person, known, "active", why="rules")
            gone = None
            if chance.random() < LEAVE[category(score)]:
                gone = min(answered, known) - chance.uniform(1, min(answered, known) - 1)
                changed(person, gone, "lost", "active")
                Customer.objects.filter(pk=person.pk).update(stage="lost")
            orders = []
            for _turn in range(chance.randint(0, 6)):
                day = chance.uniform(0, 400)
                if gone is None or day > gone:
                    amount = chance.randint(10, 90)
                    orders.append((day, amount))
                    CustomerEventFactory(customer_id=person.pk, at=ago(day), amount=Decimal(amount))
            made.append((person, score, answered, known, gone, orders))
    return made


def chosen_of(acme, **query):
    return linking_business.of_answers(Filter.read({"period": "all", **query}, acme))


def link(acme, actor=None, **query):
    with acting_for(acme):
        return linking_business.link(chosen_of(acme, **query), actor or system(), now=NOW)


@pytest.mark.django_db
class TestSurvival:
    @pytest.mark.row("D6", "survival by category")
    def test_the_clock_begins_at_the_answer_and_latecomers_come_late(self, acme, people):
        found = link(acme).survival
        assert found.late == sum(known < answered for _p, _s, answered, known, _g, _o in people) > 20
        for group in found.groups:
            mine = [each for each in people if category(each[1]) == group.category]
            assert (group.n, group.left) == (len(mine), sum(each[4] is not None for each in mine))
            # Person by person, day by day: at risk once known and until gone or today.
            rows = [
                (
                    math.ceil(max(0, answered - known)),
                    math.ceil(answered - gone) if gone is not None else math.floor(answered),
                    gone is not None,
                )
                for _p, _s, answered, known, gone, _o in mine
            ]
            share = 1.0
            for day in range(1, 181):
                risk = [row for row in rows if row[0] < day <= row[1]]
                out = sum(row[1] == day and row[2] for row in risk)
                share *= 1 - out / len(risk) if risk else 1
            step = next(step for step in group.told if step.day == 180)
            assert step.share == pytest.approx(share) and step.low < share < step.high
            assert step.at_risk == sum(row[0] < 180 <= row[1] for row in rows)
        assert found.test.p < 0.001, "six in ten of the unhappy leave, and one in twelve of the happy"

    def test_nothing_before_the_answer_counts(self, acme, people):
        """No immortal time: who left before they answered is not followed; nor is who has no stage."""
        before = link(acme).survival
        with acting_for(acme):
            survey = published("Another")
            gone, unknown, back, ruled = (CustomerFactory() for _turn in range(4))
            for person in (gone, unknown, back, ruled):
                response = respond(None, 3, survey=survey, customer=person)
                Response.objects.filter(pk=response.pk).update(answered_at=ago(50))
            changed(gone, 100, "active")
            changed(gone, 60, "lost", "active")
            changed(back, 200, "lost")
            changed(back, 90, "active", "lost")
            changed(ruled, 100, "active")
            changed(ruled, 30, "lost", "active", why="rules")
        after = link(acme).survival
        assert (after.already, after.unknown) == (1, 1)
        assert (after.n, after.left) == (before.n + 2, before.left), (
            "one is back, one only called lost by a new rule"
        )

    def test_who_is_not_to_be_profiled_is_not_followed(self, acme, people):
        before = link(acme)
        with acting_for(acme):
            profiling.follow(people[0][0], allowed=False, at=NOW)
        after = link(acme)
        assert after.survival.n == before.survival.n - 1 and after.worth.n + after.worth.early == 149
        assert sum(each.period.scored.n for each in after.quarters) == 150, "their score counts"

    def test_what_is_at_risk_is_our_own_revenue_times_our_own_share(self, acme, people):
        found = link(acme)
        told = {each.category: each for each in found.at_risk}
        assert "detractor" in told and {each.days for each in told.values()} == {180}
        here = [each for each in people if category(each[1]) == "detractor" and each[4] is None]
        risk = told["detractor"]
        assert risk.people == len(here)
        assert risk.amount == sum(amount for each in here for day, amount in each[5] if day < 365)
        group = next(each for each in found.survival.groups if each.category == "detractor")
        step = next(step for step in group.told if step.day == 180)
        assert (risk.risk, risk.low, risk.high) == (1 - step.share, 1 - step.high, 1 - step.low)
        assert risk.lost_low < risk.lost < risk.lost_high < risk.amount

    def test_too_few_are_told_as_too_few(self, acme, people, alice, as_):
        segment = self._few(acme, people)
        found = link(acme, segment=segment)
        assert found.survival.n == 5 and found.survival.test is None and found.at_risk == ()
        page = as_(alice).get(f"/o/acme/business/?period=all&segment={segment}").content.decode()
        assert "Too few to test" in page and "Until then no figure stands here: not zero, none." in page

    @staticmethod
    def _few(acme, people):
        with acting_for(acme):
            for person, *_rest in people[:5]:
                Customer.objects.filter(pk=person.pk).update(name="Chosen One")
            rule = {"all": [{"field": "name", "operator": "is", "value": "Chosen One"}]}
            return opaque.encode("segment", SegmentFactory(rule=rule).pk)


@pytest.mark.django_db
class TestRetention:
    @pytest.mark.row("D6", "retention and churn per month")
    def test_there_at_the_beginning_and_still_at_the_end(self, acme, people):
        zone, found = ZoneInfo(acme.time_zone), link(acme).retention
        assert len(found.months) >= 15
        totals = dict.fromkeys(retaining.GROUPS, (0, 0))
        for month in found.months:
            begin = dt.datetime.combine(month.start, dt.time(), zone)
            after = month.start.replace(day=28) + dt.timedelta(days=5)
            end = min(dt.datetime.combine(after.replace(day=1), dt.time(), zone), NOW)
            active = [
                each for each in people if ago(each[3]) <= begin and (each[4] is None or ago(each[4]) > begin)
            ]
            lost = [each for each in active if each[4] is not None and ago(each[4]) <= end]
            assert (month.kept.active, month.kept.lost) == (len(active), len(lost)), month.label
            assert month.finished == (end < NOW)
            for each in active if month.finished else ():
                key = category(each[1]) if ago(each[2]) < begin else "none"
                n, out = totals[key]
                totals[key] = (n + 1, out + (each in lost))
        assert {key: (kept.active, kept.lost) for key, kept in found.groups.items()} == totals
        kept = found.groups["detractor"]
        assert kept.low == nps.proportion(kept.lost, kept.active).low
        assert found.groups["promoter"].churn < kept.churn

    @pytest.mark.row("D6", "NPS per quarter")
    def test_quarters_have_a_score_and_how_many_were_kept(self, acme, people):
        zone, found = ZoneInfo(acme.time_zone), link(acme).quarters
        for quarter in found:
            mine = [
                each[1]
                for each in people
                if (lambda at: (at.year, (at.month - 1) // 3))(ago(each[2]).astimezone(zone))
                == (quarter.period.start.year, (quarter.period.start.month - 1) // 3)
            ]
            assert quarter.period.scored.counts == nps.Counts.of_scores(mine)
        assert any(quarter.kept and quarter.kept.active for quarter in found)

    def test_without_stages_the_page_says_since_when_it_would_know(self, acme, alice, as_, api):
        told = api(acme, "reports:read", "responses:read").get("/api/v1/business-link").json()
        assert told["retention"] == {"since": None, "months": [], "by_category": None}
        assert (
            "Nobody answered here, and no stage is known yet."
            in as_(alice).get("/o/acme/business/").content.decode()
        )
        with acting_for(acme):
            respond(None, 9, survey=published(), customer=CustomerFactory())
        page = as_(alice).get("/o/acme/business/").content.decode()
        assert "No month has begun yet with known stages." in page and "Nobody to follow yet." in page
        assert "No amounts that can be put beside an answer yet." in page

    def test_a_business_without_the_stage_is_told_so(self, acme, people, alice, as_):
        with acting_for(acme):
            StagePlan.objects.create(stages=[{"key": "all", "name": "All", "rule": {"all": []}}])
        assert link(acme).survival is None
        assert "No stage says that somebody is lost." in as_(alice).get("/o/acme/business/").content.decode()


@pytest.mark.django_db
class TestWorth:
    @pytest.mark.row("D6", "lifetime value and repeat purchase by category")
    def test_everybody_is_looked_at_for_as_long_after_the_answer(self, acme, people):
        found, window = link(acme).worth, valuing.WINDOW
        ripe = [each for each in people if each[2] >= window]
        assert (found.n, found.early, found.young) == (len(ripe), 150 - len(ripe), 0)
        scores, afters, changes = [], [], []
        for value, grown in zip(found.values, found.grown, strict=True):
            so_far, after, before, again = [], [], [], 0
            for _p, score, answered, _k, _g, orders in ripe:
                if category(score) != value.category:
                    continue
                so_far.append(sum(amount for day, amount in orders if day >= answered))
                before.append(sum(amount for day, amount in orders if answered <= day < answered + window))
                then = [amount for day, amount in orders if answered - window <= day < answered]
                after.append(sum(then))
                again += bool(then)
                scores.append(score)
                afters.append(after[-1])
                changes.append(after[-1] - before[-1])
            assert (value.n, value.so_far, value.after, value.again) == (
                len(so_far), median(so_far), median(after), again,
            )  # fmt: skip
            assert (grown.before, grown.after) == (sum(before), sum(after))
            if grown.growth:
                assert grown.growth.value == pytest.approx(sum(after) / sum(before) - 1)
        assert found.goes_with.value == pytest.approx(float(stats.spearmanr(scores, afters).statistic))
        assert found.grows_with.value == pytest.approx(float(stats.spearmanr(scores, changes).statistic))
        assert found.goes_with.low < found.goes_with.value < found.goes_with.high

    def test_other_currencies_and_what_loopwell_wrote_are_no_revenue(self, acme, people):
        before = link(acme).worth
        with acting_for(acme):
            person = people[0][0]
            CustomerEventFactory(
                customer_id=person.pk, at=ago(people[0][2] - 1), amount=9_999, currency="JPY"
            )
            CustomerEventFactory(
                customer_id=person.pk, at=ago(people[0][2] - 1), amount=9_999, name="survey.sent"
            )
        assert link(acme).worth == before

    def test_growth_is_that_of_who_was_a_customer_before(self, acme, people):
        with acting_for(acme):
            ripe = next(each for each in people if each[2] >= valuing.WINDOW)
            Customer.objects.filter(pk=ripe[0].pk).update(created_at=ago(ripe[2] + 10))
        found = link(acme).worth
        assert found.young == 1 and found.n_growth == found.n - 1


@pytest.mark.django_db
class TestTold:
    @pytest.mark.row("D6", "with their caveats on screen")
    def test_each_card_says_what_it_cannot_say(self, acme, people, alice, as_):
        page = as_(alice).get("/o/acme/business/?period=all").content.decode()
        for words in (
            "that both lines move says nothing of why",
            "left earlier. A segment is that of today.",
            "never one in it: who answers is there.",
            "The clock begins at the answer: what went before it made the answer possible.",
            "Answers do not keep anybody",
            "It takes the next year to be like your past",
            "since who bought much before may answer differently for that",
            "who bought most goes back towards the middle by itself",
            "The categories do not leave alike (log-rank test",
        ):
            assert words in page, words
        assert page.count('role="img"') >= 4, "two lines, for desk and phone each"

    @pytest.mark.row("D6", "per segment")
    def test_a_segment_narrows_every_card(self, acme, people, alice, as_, api):
        with acting_for(acme):
            for place, (person, *_rest) in enumerate(people):
                Customer.objects.filter(pk=person.pk).update(name="Gold" if place % 2 else "Plain")
            rule = {"all": [{"field": "name", "operator": "is", "value": "Gold"}]}
            segment = opaque.encode("segment", SegmentFactory(name="Gold ones", rule=rule).pk)
        gold = [each for place, each in enumerate(people) if place % 2]
        found = link(acme, segment=segment)
        assert found.survival.n == 75 and found.worth.n + found.worth.early == 75
        assert sum(each.period.scored.n for each in found.quarters) == 75
        month = found.retention.months[-2]
        assert month.kept.active <= 75 and month.kept.active < link(acme).retention.months[-2].kept.active
        assert sum(each.people for each in found.at_risk) <= sum(each[4] is None for each in gold)
        address = f"/api/v1/business-link?period=all&segment={segment}"
        told = api(acme, "reports:read", "responses:read").get(address).json()
        assert sum(each["n"] for each in told["survival"]["groups"]) == 75 and "Gold ones" in told["filter"]
        assert (
            "Gold ones" in as_(alice).get(f"/o/acme/business/?period=all&segment={segment}").content.decode()
        )

    def test_page_file_and_rest_say_the_same(self, acme, people, alice, as_, api):
        found = link(acme)
        told = api(acme, "reports:read", "responses:read").get("/api/v1/business-link?period=all").json()
        text = as_(alice).get(reverse("report_export", args=[acme.slug, "business"]) + "?period=all").content
        rows = {
            (row["figure"], row["of"]): row for row in csv.DictReader(io.StringIO(text.decode("utf-8-sig")))
        }
        for group, out in zip(found.survival.groups, told["survival"]["groups"], strict=True):
            assert out["n"] == group.n and [each["days"] for each in out["horizons"]] == [
                each.day for each in group.told
            ]
            assert float(rows["staying_90_days", group.category]["value"]) == pytest.approx(
                out["horizons"][1]["staying"], abs=1e-4
            )
        for value, out in zip(found.worth.values, told["worth"]["by_category"], strict=True):
            assert (out["again"], out["median_after"]) == (value.again, value.after)
            assert float(rows["bought_again", value.category]["value"]) == pytest.approx(
                value.share, abs=1e-4
            )
        assert (
            told["retention"]["by_category"]["detractor"]["lost"] == found.retention.groups["detractor"].lost
        )
        assert Decimal(told["revenue_at_risk"][0]["at_risk"]) == pytest.approx(
            found.at_risk[0].lost, abs=Decimal("0.01")
        )

    def test_a_member_of_a_branch_sees_its_people(self, acme, people, agnes, actor_of):
        with acting_for(acme):
            person = CustomerFactory(unit=agnes.unit)
            respond(None, 2, survey=published("North"), customer=person)
            changed(person, 300, "active")
            actor = actor_of(agnes)
        found = link(acme, actor)
        assert found.survival.n <= 1 and found.retention.months[-1].kept.active == 1


@pytest.mark.django_db
@pytest.mark.row("D10", "alike on screen", "export", "API")
class TestHiding:
    def test_parts_that_speak_of_few_are_hidden_whole_and_alike(self, acme, people, vera, actor_of, as_, api):
        with acting_for(acme):
            actor = actor_of(vera)
        found = link(acme, actor)
        assert found.guarded and not found.veiled
        assert any(month.kept is None for month in found.retention.months), "few leave in a month"
        assert found.retention.groups is None and all(each.kept is None for each in found.quarters)
        threshold = acme.privacy_threshold
        for month in found.retention.months:
            if month.kept is not None:
                assert all(
                    n == 0 or n >= threshold for n in (month.kept.active, month.kept.lost, month.kept.kept)
                )
        told = api(acme, "reports:read").get("/api/v1/business-link?period=all").json()
        assert (told["survival"] is None) == (found.survival is None)
        assert (told["worth"] is None) == (found.worth is None)
        text = (
            as_(vera)
            .get(reverse("report_export", args=[acme.slug, "business"]) + "?period=all")
            .content.decode()
        )
        assert ("staying_90" in text) == (found.survival is not None) and "churn_of_quarter" not in text
        page = as_(vera).get("/o/acme/business/?period=all").content.decode()
        assert "Hidden: it would tell of few people." in page

    def test_what_is_shown_never_speaks_of_few_even_beside_each_other(self, acme, people, vera, actor_of):
        """The sizes of categories are those of several cards; none of them, and no difference, is small."""
        with acting_for(acme):
            actor = actor_of(vera)
        found, threshold = link(acme, actor), acme.privacy_threshold
        sizes = []
        if found.worth:
            sizes.append({each.category: each.n for each in found.worth.values})
            if found.shows_growth:
                sizes.append({each.category: each.n for each in found.worth.grown})
        if found.survival:
            sizes.append({each.category: each.n for each in found.survival.groups})
        for one in sizes:
            for other in sizes:
                for key, n in one.items():
                    apart = abs(n - other[key])
                    assert apart == 0 or apart >= threshold
                    assert n == 0 or n >= threshold

    def test_with_a_filter_only_the_score_is_left(self, acme, people, vera, actor_of, as_):
        with acting_for(acme):
            actor = actor_of(vera)
        found = link(acme, actor, channel="api")
        assert found.veiled and (found.survival, found.worth, found.retention) == (None, None, None)
        page = as_(vera).get("/o/acme/business/?period=all&channel=api").content.decode()
        assert "So with one, the score alone is shown." in page

    def test_an_anonymous_survey_has_no_people_to_follow(self, acme, alice, as_):
        with acting_for(acme):
            survey = published("Team", anonymous=True)
            respond(None, 9, survey=survey)
            shown = opaque.encode("survey", survey.pk)
        found = link(acme, survey=shown)
        assert found.survival is None and found.worth is None
        page = as_(alice).get(f"/o/acme/business/?survey={shown}").content.decode()
        assert "This survey is anonymous." in page and "Revenue at risk" not in page
