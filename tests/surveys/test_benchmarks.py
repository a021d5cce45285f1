"""Benchmarks: figures of others with source, year and method; competitors rated by the same people; own units."""

import pytest

from accounts.models import AuditEntry, Organization
from accounts.models.editable import Stale
from accounts.tenancy.context import acting_for
from surveys import benchmarking, competing, nps, paired, publishing, writing
from surveys.benchmarking import Place
from surveys.filtering import Filter
from surveys.models import Answer, Benchmark, Question
from surveys.nps import Counts
from surveys.reporting import Scored
from tests.factories.segments import CustomerFactory
from tests.factories.surveys import draft, published, respond, system

pytestmark = pytest.mark.django_db

FIGURE = {
    "whose": "Supermarkets in Norway", "score": 23, "year": 2025, "source": "A trade journal, June 2025",
    "link": "https://journal.example/scores", "method": "2,000 shoppers, by mail, 0 to 10", "people": 2000,
}  # fmt: skip


def everything(organization):
    return Filter.read({"period": "all"}, organization)


def asking(organization, competitor="Nordkauf"):
    """A published survey with a second question from 0 to 10, about a competitor."""
    survey = draft("Market")
    question = writing.add_question(survey, "nps", by=system(), expected=survey.revision)
    Question.objects.filter(pk=question.pk).update(
        text={"en": f"How likely are you to recommend {competitor}?"}, settings={"competitor": competitor}
    )
    survey.refresh_from_db()
    publishing.publish(survey, by=system())
    survey.refresh_from_db()
    return survey, question.key


def rated(survey, key, ours, theirs, **facts):
    response = respond(
        None, ours, survey=survey, customer=facts.pop("customer", None) or CustomerFactory(), **facts
    )
    if theirs is not None:
        Answer.objects.create(response=response, question=key, kind="nps", number=theirs)
    return response


@pytest.mark.row(
    "D15", "outside figures entered with source", "year", "method", "no shipped invented figures"
)
def test_a_figure_of_others_stands_with_all_that_makes_it_worth_something(acme, mona, as_) -> None:
    client, url = as_(mona), "/o/acme/benchmarks/"
    assert "No figures of others yet." in client.get(url).content.decode(), "none is shipped"
    with acting_for(acme):
        assert not Benchmark.objects.exists()
        survey = published()
        for _turn in range(40):
            respond(None, 10, survey=survey, customer=CustomerFactory())
    bare = client.post(url, {**FIGURE, "source": "", "year": "", "method": ""})
    text = bare.content.decode()
    assert bare.status_code == 422 and text.count("This field is required.") >= 3
    assert "Supermarkets in Norway" in text, "what was typed is still there"
    assert client.post(url, {**FIGURE, "score": "101"}).status_code == 422
    page = client.post(url, FIGURE, follow=True).content.decode()
    for words in (
        "Supermarkets in Norway",
        "2025",
        "A trade journal, June 2025",
        "by mail",
        "above it",
        "n = 2,000",
    ):
        assert words in page, words
    assert 'href="https://journal.example/scores" rel="noopener noreferrer"' in page
    with acting_for(acme):
        figure = Benchmark.objects.get()
        assert AuditEntry.objects.filter(action="benchmark.edit").count() == 1
    changed = {**FIGURE, "score": "24.5", "revision": 1}
    assert client.post(f"{url}{figure.pk}/", changed).status_code == 302
    stale = client.post(f"{url}{figure.pk}/", {**changed, "whose": "Somebody"})
    assert stale.status_code == 409 and "Your text is still here." in stale.content.decode()
    answer = client.post(f"{url}{figure.pk}/deletion/", follow=True).content.decode()
    assert "was put away." in answer and "No figures of others yet." in answer


def test_how_the_own_score_lies_follows_from_its_whole_interval(acme: Organization) -> None:
    counts = Counts(20, 30, 50)
    found = nps.interval(counts)
    with acting_for(acme):
        for score in (round(found.low * 100 - 1), 30, round(found.high * 100 + 1)):
            benchmarking.enter({**FIGURE, "score": score, "year": 2000 + score % 10}, by=system())
        places = {float(each.benchmark.score): each for each in benchmarking.standings(Scored(counts))}
        assert [places[key].place for key in sorted(places)] == [Place.ABOVE, Place.AROUND, Place.BELOW]
        assert places[30.0].difference == pytest.approx(0)
        for few in (Counts(0, 0, 0), Counts(1, 0, 2)):
            assert {each.place for each in benchmarking.standings(Scored(few))} == {Place.UNKNOWN}
        hidden = benchmarking.standings(Scored(counts, hidden=True))
        assert {each.difference for each in hidden} == {None}
        first = Benchmark.objects.first()
        with pytest.raises(Stale):
            benchmarking.change(first, {"score": 1}, revision=first.revision + 1, by=system())


@pytest.mark.row("D15", "competitor question")
def test_a_competitor_is_compared_with_us_by_those_who_rated_both(acme, mona, as_) -> None:
    with acting_for(acme):
        survey, key = asking(acme)
        pairs = [(10, 3)] * 20 + [(9, 8)] * 15 + [(4, 10)] * 5 + [(7, 7)] * 10
        for ours, theirs in pairs:
            rated(survey, key, ours, theirs)
        for _turn in range(10):
            rated(survey, key, 0, None)
        [rival] = competing.rivals(everything(acme), system())
    assert (rival.name, rival.n) == ("Nordkauf", 50)
    assert rival.ours.counts == Counts(5, 10, 35) and rival.theirs.counts == Counts(20, 25, 5)
    table = [[0, 0, 20], [0, 10, 15], [5, 0, 0]]
    net = paired.net(table)
    assert (rival.value, rival.low, rival.high) == (net.value * 100, net.low * 100, net.high * 100)
    assert rival.value == pytest.approx(rival.ours.score - rival.theirs.score) and rival.said == "real"
    page = as_(mona).get("/o/acme/benchmarks/?period=all").content.decode()
    assert "Nordkauf" in page and "+90" in page


def test_of_each_customer_the_last_answer_counts_and_few_are_not_judged(acme: Organization) -> None:
    with acting_for(acme):
        survey, key = asking(acme)
        person = CustomerFactory()
        rated(survey, key, 0, 10, customer=person)
        rated(survey, key, 10, 0, customer=person)
        rated(survey, key, 9, 9)
        [rival] = competing.rivals(everything(acme), system())
        assert rival.n == 2 and rival.theirs.counts == Counts(1, 0, 1) and rival.said == "few"


def test_small_groups_stay_hidden_and_so_does_what_is_left_of_all(acme, vera, actor_of) -> None:
    with acting_for(acme):
        survey, key = asking(acme)
        other, its = asking(acme, "Südkauf")
        for number in range(40):
            rated(survey, key, 9, 3 if number < 38 else None)
            rated(other, its, 9, 3)
        shown = {each.name: each for each in competing.rivals(everything(acme), actor_of(vera))}
        assert shown["Nordkauf"].said == "hidden" and shown["Nordkauf"].n == 0, "2 of 40 did not rate it"
        assert shown["Südkauf"].n == 40


def test_the_question_that_counts_is_about_us(acme, mona, as_) -> None:
    with acting_for(acme):
        survey = draft("Market")
        counting = survey.questions.get(counting=True)
    client = as_(mona)
    page = client.get(f"/o/acme/surveys/{survey.pk}/?q={counting.key}").content.decode()
    assert "About a competitor" in page
    fields = {
        "question": counting.key,
        "text-en": "How likely?",
        "counting": "on",
        "competitor": " Nord   kauf ",
        "revision": survey.revision,
    }
    client.post(f"/o/acme/surveys/{survey.pk}/?q={counting.key}", fields)
    with acting_for(acme):
        counting.refresh_from_db()
        assert counting.settings["competitor"] == "Nord kauf"
        codes = {each.code for each in publishing.check(publishing.draft(survey))}
        assert "counting_of_others" in codes


@pytest.mark.row("D15", "own units and surveys")
def test_own_units_and_surveys_stand_side_by_side(acme, acme_units, mona, as_, vera, actor_of) -> None:
    with acting_for(acme):
        first, second = published("Delivery"), published("Visit")
        for survey, unit, score, many in (
            (first, acme_units.north, 10, 30), (first, acme_units.south, 2, 12), (second, acme_units.north, 8, 3),
        ):  # fmt: skip
            for _turn in range(many):
                respond(None, score, survey=survey, customer=CustomerFactory(unit=unit))
        units = {
            each.label: each.scored.counts for each in benchmarking.by_unit(everything(acme), system()).groups
        }
        assert units == {acme_units.north.name: Counts(0, 3, 30), acme_units.south.name: Counts(12, 0, 0)}
        found = [
            (each.survey.name, each.scored.n) for each in benchmarking.by_survey(everything(acme), system())
        ]
        assert found == [("Delivery", 42), ("Visit", 3)]
        seen = benchmarking.by_survey(everything(acme), actor_of(vera))
        assert all(each.scored.hidden for each in seen), (
            "3 people, and by subtraction the others tell of them"
        )
    page = as_(mona).get("/o/acme/benchmarks/?period=all").content.decode()
    assert acme_units.north.name in page and "Delivery" in page


def test_a_program_enters_reads_and_changes_figures(acme, api) -> None:
    client = api(acme, "reports:read", "reports:write", "responses:read")
    refused = client.post("/api/v1/benchmarks", {"whose": "X", "score": 12}, format="json")
    assert refused.status_code == 422 or refused.status_code == 400
    assert {"source", "year", "method"} <= set(str(refused.json()).replace("'", " ").split())
    made = client.post("/api/v1/benchmarks", FIGURE, format="json").json()
    assert made["id"].startswith("bmk_") and made["score"] == 23.0
    one = f"/api/v1/benchmarks/{made['id']}"
    assert client.patch(one, {"score": 30, "revision": 1}, format="json").json()["revision"] == 2
    assert client.patch(one, {"score": 31, "revision": 1}, format="json").status_code == 409
    told = client.get("/api/v1/benchmarks/compared").json()
    assert told["outside"][0]["place"] == "unknown" and told["competitors"] == []
    assert client.delete(one).status_code == 204
    assert client.get("/api/v1/benchmarks").json()["items"] == []
