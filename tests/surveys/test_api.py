"""Surveys over REST: what is asked, single links, answers in and out."""

import pytest

from accounts import opaque
from accounts.models import News
from accounts.tenancy.context import acting_for
from segments.models import Segment
from surveys.models import Response
from tests.factories.segments import CustomerFactory
from tests.factories.surveys import InvitationFactory, published, respond


@pytest.fixture
def survey(acme):
    with acting_for(acme):
        return published()


@pytest.fixture
def ann(acme):
    with acting_for(acme):
        return CustomerFactory(name="Ann Okafor", attributes={"store": "Riverside"})


def sid(survey) -> str:
    return opaque.encode("survey", survey.pk)


def test_a_survey_is_begun_published_and_read(acme, api):
    client = api(acme)
    made = client.post("/api/v1/surveys", {"name": "Spring", "template": "purchase"})
    assert made.status_code == 201
    path = f"/api/v1/surveys/{made.json()['id']}"
    version = client.post(f"{path}/versions", {})
    assert (version.status_code, version.json()["number"]) == (201, 1)
    assert client.get(path).json()["latest_version"] == 1
    assert len(client.get(f"{path}/versions").json()["items"]) == 1
    assert any(item["name"] == "Spring" for item in client.get("/api/v1/surveys").json()["items"])


def test_one_link_is_made_and_answers(acme, api, survey, ann, client):
    made = api(acme).post(
        "/api/v1/invitations", {"survey": sid(survey), "customer": opaque.encode("customer", ann.pk)}
    )
    assert made.status_code == 201
    path = "/s/" + made.json()["link"].rpartition("/")[2]
    assert client.get(path).status_code == 200


def test_answers_are_listed_by_cursor_and_by_change(acme, api, survey, ann):
    reader = api(acme)
    with acting_for(acme):
        for score in range(5):
            respond(None, score, survey=survey, customer=ann)
    first = reader.get("/api/v1/responses?limit=2").json()
    second = reader.get(f"/api/v1/responses?limit=2&cursor={first['next']}").json()
    assert [each["score"] for each in first["items"] + second["items"]] == [4, 3, 2, 1]
    assert first["items"][0]["attributes"] == {"store": "Riverside"}
    changes = reader.get("/api/v1/responses?updated_since=0")
    assert changes.status_code == 200


def test_an_answer_comes_in_once(acme, api, survey, ann):
    client = api(acme)
    body = {
        "survey": sid(survey),
        "customer": opaque.encode("customer", ann.pk),
        "answers": {"nps": 3, "reason_detractor": "Slow"},
        "external_id": "order-7",
    }
    first, second = client.post("/api/v1/responses", body), client.post("/api/v1/responses", body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert first.json()["category"] == "detractor"
    with acting_for(acme):
        assert News.objects.filter(name="response.completed").count() == 1


def test_historic_and_test_answers_wake_nobody(acme, api, survey):
    body = {
        "survey": sid(survey),
        "answers": {"nps": 3},
        "historic": True,
        "answered_at": "2024-05-01T12:00:00Z",
    }
    assert api(acme).post("/api/v1/responses", body).json()["mode"] == "imported"
    tried = api(acme, mode="test").post("/api/v1/responses", {"survey": sid(survey), "answers": {"nps": 3}})
    assert tried.json()["mode"] == "test"
    with acting_for(acme):
        assert not News.objects.filter(name="response.completed").exists()
        assert Response.objects.counting().count() == 0


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"nps": 9.5}, "not a whole number"),
        ({"nps": 11}, "not on the scale"),
        ({"nps": -1}, "not on the scale"),
        ({"nps": "9"}, "not a whole number"),
        ({"nps": True}, "another kind"),
        ({}, "Please answer this one"),
        ({"nps": 9, "nonsense": 1}, "no question"),
        ({"nps": 9, "reason_promoter": ["a"] * 2}, "one answer only"),
    ],
)
def test_what_is_not_an_answer_is_a_problem_that_names_the_question(acme, api, survey, answers, words):
    refused = api(acme).post("/api/v1/responses", {"survey": sid(survey), "answers": answers})
    assert refused.status_code in (400, 422)
    assert refused["Content-Type"].startswith("application/problem+json")
    assert words in refused.content.decode()
    with acting_for(acme):
        assert not Response.objects.exists()


def test_a_distribution_is_launched_and_stopped(acme, api, survey, ann):
    client = api(acme)
    with acting_for(acme):
        segment = Segment.objects.create(name="Everybody", rule={"all": []})
    made = client.post(
        "/api/v1/distributions",
        {"name": "Spring", "survey": sid(survey), "segment": opaque.encode("segment", segment.pk)},
    )
    assert made.status_code == 201, made.content
    path = f"/api/v1/distributions/{made.json()['id']}/launch"
    launched = client.post(path, {})
    assert launched.json()["progress"]["asked"] == 1
    assert client.post(path, {}).status_code == 409
    assert client.delete(path).json()["state"] == "stopped"


def test_results_come_with_interval_and_n(acme, api, survey):
    with acting_for(acme):
        for score in [9] * 20 + [3] * 10:
            respond(None, score, survey=survey)
    body = api(acme).get(f"/api/v1/surveys/{sid(survey)}/results?by=channel").json()
    assert body["scored"]["n"] == 30
    assert round(body["scored"]["score"]) == 33
    assert body["scored"]["low"] < 33 < body["scored"]["high"]
    assert body["groups"][0]["scored"]["n"] == 30
    assert sum(body["histogram"]) == 30


def test_a_foreign_key_finds_nothing(acme, globex, api, survey):
    with acting_for(acme):
        response = respond(InvitationFactory(), 9)
    stranger = api(globex)
    for path in (
        f"/api/v1/surveys/{sid(survey)}",
        f"/api/v1/surveys/{sid(survey)}/results",
        f"/api/v1/responses/{opaque.encode('response', response.pk)}",
    ):
        assert stranger.get(path).status_code == 404
    assert stranger.post("/api/v1/responses", {"survey": sid(survey), "answers": {"nps": 9}}).status_code in (
        400,
        422,
    )
    assert stranger.get("/api/v1/responses").json()["items"] == []
