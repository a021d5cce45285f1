"""Drivers from stored answers: what is weighed, what is left out and why; page, file and REST alike."""

import csv
import io

import numpy as np
import pytest
from django.urls import reverse

from accounts import opaque
from accounts.tenancy.context import acting_for
from surveys import drivers, weighing_drivers
from surveys.filtering import Filter
from surveys.models import Question, Survey
from surveys.publishing import publish
from tests.factories.segments import CustomerFactory, SegmentFactory
from tests.factories.surveys import draft, published, respond, system

ASPECTS = ("staff", "waiting", "range", "parking")


def rating(survey, key, steps=5, position=10):
    Question.objects.create(
        survey=survey, key=key, kind="rating", text={"en": f"How was the {key}?"}, position=position,
        settings={"steps": steps, "low_label": {"en": "bad"}, "high_label": {"en": "good"}},
    )  # fmt: skip


def rated_survey(name="Rated", aspects=ASPECTS, **facts):
    survey = draft(name, **facts)
    for place, key in enumerate(aspects):
        rating(survey, key, position=10 + place)
    publish(survey, by=system())
    survey.refresh_from_db()
    return survey


def answered(survey, people, *, seed=2, parking=0):
    """Scores by what is rated of staff, less of waiting, and not of the range; the last is asked of few."""
    random, given = np.random.default_rng(seed), []
    for place, person in enumerate(people):
        staff, waiting, choice = (int(each) for each in random.integers(1, 6, 3))
        score = int(np.clip(round(6 + 1.4 * (staff - 3) + 0.6 * (waiting - 3) + random.normal()), 0, 10))
        answers = {"staff": staff, "waiting": waiting, "range": choice}
        if place < parking:
            answers["parking"] = 3
        respond(None, score, survey=survey, customer=person, answers=answers)
        given.append((score, [staff, waiting, choice]))
    return given


@pytest.fixture
def shop(acme):
    """130 customers who rate three aspects, ten of them a fourth."""
    with acting_for(acme):
        survey = rated_survey()
        return survey, answered(survey, [CustomerFactory() for _turn in range(130)], parking=10)


def weighed(acme, actor=None, **query):
    with acting_for(acme):
        who = actor or system()
        return weighing_drivers.weighed(weighing_drivers.of_one_survey(Filter.read(query, acme), who), who)


@pytest.mark.django_db
class TestWeighed:
    @pytest.mark.row("D5", "which rated aspects go with the score")
    def test_what_was_planted_goes_with_the_score_and_the_null_does_not(self, acme, shop):
        survey, given = shop
        found = weighed(acme)
        assert found.survey == survey, (
            "of surveys that have something rated the one with the most answers, where none is chosen"
        )
        assert [each.key for each in found.aspects] == ["staff", "waiting", "range", "parking"], (
            "heaviest first"
        )
        staff, waiting, choice, parking = found.aspects
        assert staff.driver.goes_with and waiting.driver.goes_with and not choice.driver.goes_with
        assert staff.driver.odds_low > 1 and choice.driver.odds_low < 1 < choice.driver.odds_high
        wanted = drivers.weights([score for score, _r in given], [ratings for _s, ratings in given])
        assert found.fit.r2 == pytest.approx(wanted.r2) and found.fit.n == 130
        assert [each.driver.weight for each in found.aspects[:3]] == pytest.approx(list(wanted.rescaled))
        assert staff.mean == pytest.approx(sum(ratings[0] for _s, ratings in given) / 130)
        assert (parking.left_out, parking.rated, parking.driver) == ("rare", 10, None)

    def test_of_a_customer_the_last_answer_counts_and_it_rates_all(self, acme, shop):
        survey, _given = shop
        with acting_for(acme):
            person = CustomerFactory()
            respond(None, 1, survey=survey, customer=person, answers={"staff": 1, "waiting": 1, "range": 1})
            respond(None, 9, survey=survey, customer=person, answers={"staff": 5})
        found = weighed(acme)
        assert (found.answers, found.complete) == (131, 130)

    def test_another_number_of_steps_is_another_scale(self, acme, shop):
        survey, _given = shop
        with acting_for(acme):
            question = Question.objects.get(survey=survey, key="staff")
            question.settings = {**question.settings, "steps": 10}
            question.save()
            publish(Survey.objects.get(pk=survey.pk), by=system())
            survey.refresh_from_db()
            for _turn in range(5):
                answers = {"staff": 10, "waiting": 3, "range": 3}
                respond(None, 9, survey=survey, customer=CustomerFactory(), answers=answers)
        found = weighed(acme)
        staff = next(each for each in found.aspects if each.key == "staff")
        assert (staff.steps, staff.rated, staff.other_scale, found.complete) == (5, 130, 5, 130)

    def test_what_everybody_rates_alike_is_left_out_by_name(self, acme, alice, as_):
        with acting_for(acme):
            survey = rated_survey(aspects=("staff", "price"))
            for place in range(110):
                answers = {"staff": 1 + place % 5, "price": 4}
                respond(None, place % 11, survey=survey, customer=CustomerFactory(), answers=answers)
        found = weighed(acme)
        assert [(each.key, each.left_out) for each in found.aspects] == [("staff", ""), ("price", "alike")]
        assert "Left out: everybody rates it alike." in as_(alice).get("/o/acme/drivers/").content.decode()

    def test_ratings_that_separate_are_told_in_words(self, acme, alice, as_):
        with acting_for(acme):
            survey = rated_survey(aspects=("staff", "price"))
            for place in range(120):
                happy = place % 2
                answers = {"staff": 5 if happy else 1, "price": 1 + place % 5}
                respond(None, 10 if happy else 2, survey=survey, customer=CustomerFactory(), answers=answers)
        assert weighed(acme).fit.without_model == "separated"
        page = as_(alice).get("/o/acme/drivers/").content.decode()
        assert "apart without fault" in page and "which way by itself cannot be told" in page

    def test_a_segment_and_a_period_narrow_and_too_few_are_told(self, acme, shop, alice, as_):
        with acting_for(acme):
            rule = {"all": [{"field": "score", "operator": "at_least", "value": 9}]}
            segment = opaque.encode("segment", SegmentFactory(rule=rule).pk)
        found = weighed(acme, segment=segment)
        assert found.fit is None and 0 < found.complete < 100
        page = as_(alice).get(f"/o/acme/drivers/?segment={segment}").content.decode()
        assert "Cannot be told yet." in page and f"{found.complete} answers of this filter rate all" in page
        assert weighed(acme, **{"from": "2030-01-01"}).survey is None
        assert weighed(acme, category="promoter").complete == 130, (
            "a category would pick by what is explained"
        )

    def test_page_file_and_rest_say_the_same(self, acme, shop, alice, as_, api):
        found = weighed(acme)
        told = api(acme, "reports:read", "responses:read").get("/api/v1/drivers").json()
        assert [each["question"] for each in told["aspects"]] == [each.key for each in found.aspects]
        assert told["explained"]["n"] == told["complete"] == 130
        assert told["aspects"][0]["driver"]["weight"] == found.aspects[0].driver.weight
        client = as_(alice)
        text = client.get(reverse("report_export", args=[acme.slug, "drivers"])).content.decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [row["verdict"] for row in rows] == ["goes_with", "goes_with", "unknown", "rare"]
        assert float(rows[0]["weight_percent"]) == pytest.approx(found.aspects[0].driver.weight, abs=0.05)
        page = client.get("/o/acme/drivers/").content.decode()
        assert "How was the staff?" in page and "Goes with the score: rated higher, scored higher." in page
        assert "“Goes with” is not “causes”" in page and "Cannot be told from noise." in page
        assert "Left out: under half of the answers rate it." in page and 'role="img"' in page

    def test_without_ratings_the_page_says_what_to_do(self, acme, alice, as_):
        client = as_(alice)
        assert "Nothing was rated here yet." in client.get("/o/acme/drivers/").content.decode()
        with acting_for(acme):
            shown = opaque.encode("survey", published().pk)
        page = client.get(f"/o/acme/drivers/?survey={shown}").content.decode()
        assert "No question of this survey asks to rate something." in page and "Add a rating" in page


@pytest.mark.django_db
@pytest.mark.row("D10", "alike on screen", "export", "API")
def test_a_few_answers_that_are_missing_here_hide_the_rest(acme, shop, vera, actor_of, as_, api):
    with acting_for(acme):
        actor = actor_of(vera)
    found = weighed(acme, actor)
    assert not found.hidden and found.complete == 130 and {each.rated for each in found.aspects} == {0}
    with acting_for(acme):
        for _turn in range(3):
            respond(None, 2, survey=shop[0], customer=CustomerFactory(), answers={"staff": 1})
    assert weighed(acme, actor).hidden, "those three alone are what the other pages have more"
    told = api(acme, "reports:read").get("/api/v1/drivers").json()
    assert told["hidden"] and told["aspects"] == [] and told["complete"] is None
    assert "Hidden, to protect people." in as_(vera).get("/o/acme/drivers/").content.decode()
    text = as_(vera).get(reverse("report_export", args=[acme.slug, "drivers"])).content.decode()
    assert len(text.splitlines()) == 1
