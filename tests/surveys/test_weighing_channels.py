"""What each channel brings, from what is stored, and what is advised of it; page, file and REST alike."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.tenancy.context import acting_for
from surveys import nps, proportions, weighing_channels
from surveys.filtering import Filter
from surveys.models import Invitation, Response
from surveys.nps import Counts
from tests.factories.segments import CustomerFactory
from tests.factories.surveys import DistributionFactory, InvitationFactory, published, respond, system


@pytest.fixture
def asked(acme):
    """80 asked by mail, of whom 60 answer, the k-th after k hours, happily; 80 by link, 20 answer unhappily."""
    now = timezone.now()
    with acting_for(acme):
        survey = published()
        for channel, answering, score in (("email", 60, 10), ("link", 20, 3)):
            distribution = DistributionFactory(survey=survey, channel=channel)
            people = [
                InvitationFactory(customer=CustomerFactory(), distribution=distribution, expires_at=None)
                for _turn in range(80)
            ]
            for place, invitation in enumerate(people[:answering]):
                respond(invitation, score, "Words" if place % 2 else "")
                sent = now - dt.timedelta(hours=place)
                Invitation.objects.filter(pk=invitation.pk).update(sent_at=sent, started_at=now)
        for _turn in range(15):
            respond(None, 9, survey=survey, channel="api")
        return survey


def weighed(organization, actor=None, **query):
    with acting_for(organization):
        return weighing_channels.weighed(Filter.read(query, organization), actor or system())


@pytest.mark.django_db
class TestWeighed:
    @pytest.mark.row("D16", "response rate", "time to answer", "length", "score with interval per channel")
    def test_every_number_is_that_of_the_rows(self, acme, asked):
        found = {each.key: each for each in weighed(acme).channels}
        mail, link, api = found["email"], found["link"], found["api"]
        assert (mail.rate.asked, mail.rate.answered, mail.rate.value) == (80, 60, 0.75)
        assert mail.rate.low == nps.proportion(60, 80).low
        assert api.rate is None, "nobody is asked by name over the API"
        assert mail.hours.n == 60 and mail.hours.half == pytest.approx(29.5, abs=0.01)
        assert mail.hours.quarter < mail.hours.half < mail.hours.three_quarters
        assert mail.scored.counts == Counts(0, 0, 60) and link.scored.counts == Counts(20, 0, 0)
        assert mail.scored.low < 100
        with acting_for(acme):
            answers = sum(each.answers.count() for each in Response.objects.filter(channel="email"))
        assert mail.length.answered == answers / 60 and mail.length.complete == 60

    @pytest.mark.row("D16", "advice")
    def test_what_is_advised_follows_from_the_intervals(self, acme, asked, alice, as_):
        words = [each.words for each in weighed(acme).advice]
        assert any(each.startswith("More people answer on E-mail than on Link:") for each in words)
        assert any("more than two times" in each for each in words), "60 against 20 of 80"
        assert any("On E-mail three quarters" in each for each in words)
        assert not any("scores" in each for each in words), "20 answers by link are too few to compare"
        page = as_(alice).get(f"/o/{acme.slug}/channels/").content.decode()
        assert "More people answer on E-mail than on Link" in page and "nobody by name" in page

    def test_scores_are_compared_as_one_family(self, acme, asked):
        with acting_for(acme):
            for _turn in range(40):
                respond(None, 3, survey=asked, channel="link")
        words = [each.words for each in weighed(acme).advice]
        assert any("scores" in each and "by lot" in each for each in words)

    def test_too_few_give_no_advice(self, acme, alice, as_):
        empty = as_(alice).get(f"/o/{acme.slug}/channels/").content.decode()
        assert "Nobody was asked and nobody answered here." in empty
        with acting_for(acme):
            respond(None, 9, survey=published(), channel="api")
        found = weighed(acme)
        assert [each.kind for each in found.advice] == ["info"] and "Only" in found.advice[0].words

    def test_a_program_and_a_file_tell_the_same(self, acme, asked, api, alice, as_):
        told = api(acme).get("/api/v1/channels").json()
        found = weighed(acme)
        assert [each["channel"] for each in told["channels"]] == [each.key for each in found.channels]
        assert told["channels"][0]["response_rate"]["value"] == 0.75
        assert [each["words"] for each in told["advice"]] == [each.words for each in found.advice]
        text = as_(alice).get(f"/o/{acme.slug}/reports/channels.csv").content.decode("utf-8-sig")
        assert len(text.splitlines()) == 4 and "E-mail" in text

    @pytest.mark.row("D16", "cost")
    def test_cost_is_what_the_business_enters_and_nothing_before(self, acme, asked, alice, vera, as_, api):
        assert {each.cost for each in weighed(acme).channels} == {None}
        client, address = as_(alice), f"/o/{acme.slug}/channels/costs/"
        client.post(address, {"channel": "email", "per_asked": "0.5"})
        assert (
            api(acme)
            .put(
                "/api/v1/channels/costs",
                {"channel": "link", "per_asked": "2"},
                content_type="application/json",
            )
            .status_code
            == 204
        )
        found = {each.key: each for each in weighed(acme).channels}
        assert found["email"].cost.total == 40 and round(found["email"].cost.per_answer, 4) == Decimal(
            "0.6667"
        )
        assert found["link"].cost.per_answer == 8, "80 were asked, 20 answered"
        assert any("0.67 on E-mail and 8.00 on Link" in each.words for each in weighed(acme).advice)
        assert "0.67" in client.get(f"/o/{acme.slug}/channels/").content.decode()
        told = {each["channel"]: each for each in api(acme).get("/api/v1/channels").json()["channels"]}
        assert told["email"]["cost"]["total"] == "40.00" and told["api"]["cost"] is None
        for wrong in ("-1", "1.23456", "many", "NaN"):
            client.post(address, {"channel": "email", "per_asked": wrong})
        assert {each.key: each for each in weighed(acme).channels}["email"].per_asked == Decimal("0.5")
        assert (
            api(acme)
            .put(
                "/api/v1/channels/costs",
                {"channel": "email", "per_asked": -1},
                content_type="application/json",
            )
            .status_code
            == 400
        )
        assert as_(vera).post(address, {"channel": "email", "per_asked": "1"}).status_code == 403
        client.post(address, {"channel": "email", "per_asked": ""})
        assert {each.key: each for each in weighed(acme).channels}["email"].cost is None

    @pytest.mark.row("D10", "alike on screen", "export", "API")
    def test_a_small_channel_is_hidden_with_its_neighbour(self, acme, asked, vera, actor_of, as_, api):
        with acting_for(acme):
            for _turn in range(3):
                respond(None, 1, survey=asked, channel="kiosk")
        found = {each.key: each for each in weighed(acme, actor_of(vera)).channels}
        assert {key for key, each in found.items() if each.scored.hidden} == {"kiosk", "api"}
        assert found["kiosk"].rate is None and found["kiosk"].length is None
        told = api(acme, "reports:read").get("/api/v1/channels").json()["channels"]
        assert {each["channel"] for each in told if each["scored"]["verdict"] == "hidden"} == {"kiosk", "api"}
        assert as_(vera).get(f"/o/{acme.slug}/channels/").status_code == 200


def test_the_difference_of_two_shares_agrees_with_the_published_case():
    """Newcombe 1998, table II, example (a): 56 of 70 against 48 of 80, method 10."""
    found = proportions.difference((56, 70), (48, 80))
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)
    assert proportions.difference((0, 0), (1, 2)) is None
