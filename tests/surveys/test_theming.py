"""Suggested themes, previews, parting, the board, promoters' wishes, and what stands out here against the rest."""

import random

import pytest

from accounts import opaque
from accounts.acting import member_actor
from accounts.models.editable import Stale
from accounts.tenancy.context import acting_for
from surveys import (
    boarding_themes,
    comparing,
    hearing,
    naming_themes,
    noticing_themes,
    previewing_themes,
    proportions,
    standing_out,
    weighing_themes,
)
from surveys.filtering import Filter
from surveys.models import Mention, Theme
from surveys.naming_themes import BadTheme
from surveys.theming import noticing, wishing
from surveys.theming.tagging import Tagger
from tests.factories.surveys import published, system
from tests.surveys.test_themes import many, spoken, theme

PARKING = [
    "No parking space left",
    "Parking was full again",
    "I could not find parking",
    "The parking, as ever",
]


@pytest.fixture
def garage(acme):
    """40 detractors speak of parking, which is no theme; 40 promoters of the queue, which is one; 40 of neither."""
    with acting_for(acme):
        survey = published()
        theme()
        texts = [(PARKING[number % 4], 3) for number in range(40)]
        texts += [("No queue", 10)] * 40 + [(f"Word{number} it is", 8) for number in range(40)]
        many(survey, texts)
        hearing.settle()
        return survey


class TestSuggestions:
    @pytest.mark.row("D4", "found automatically")
    def test_what_many_say_becomes_a_theme_or_is_sent_away(self, acme, garage, mona, as_):
        client, url = as_(mona), f"/o/{acme.slug}/themes/suggestions/"
        with acting_for(acme):
            found = noticing_themes.suggestions(Filter(acme, survey=garage), system())
            first = found.rows[0]
            assert "parking" in first.noticed.entries
            assert (len(first.noticed.places), first.noticed.untold, first.noticed.lean) == (40, 40, -1)
        page = client.get(url).content.decode()
        assert "said more by detractors than by promoters" in page
        given = {"entry": ["parking"], "language": "en", "name": "Parking", "do": "accept"}
        client.post(url, given)
        with acting_for(acme):
            hearing.settle()
            assert Mention.objects.filter(theme__name="Parking").count() == 40
            found = noticing_themes.suggestions(Filter(acme, survey=garage), system())
            assert not any("parking" in each.noticed.entries for each in found.rows)
            naming_themes.put_away(Theme.objects.get(name="Parking"), by=system())
        client.post(url, {"entry": ["parking"], "do": "dismiss"})
        with acting_for(acme):
            found = noticing_themes.suggestions(Filter(acme, survey=garage), system())
            assert not any("parking" in each.noticed.entries for each in found.rows)
            waiting = Theme.objects.get(name="Waiting")
        client.post(url, {**given, "into": waiting.pk})
        with acting_for(acme):
            assert "parking" in Theme.objects.get(name="Waiting").words["en"]

    def test_nothing_is_suggested_to_who_may_not_read_answers(self, acme, garage, vera, as_):
        with acting_for(acme):
            assert noticing_themes.suggestions(Filter(acme, survey=garage), member_actor(vera)).rows == []
        assert as_(vera).get(f"/o/{acme.slug}/themes/suggestions/").status_code == 403

    def test_log_odds_lean_only_where_the_groups_differ(self):
        assert noticing.log_odds(30, 100, 30, 100, 0.3) == pytest.approx(0)
        assert noticing.log_odds(60, 100, 5, 100, 0.3) < -1.96
        assert abs(noticing.log_odds(1, 100, 3, 100, 0.02)) < 1.96

    def test_a_longer_phrase_speaks_for_its_words(self):
        said = [noticing.Said(f"the loyalty card number{at} please", at % 11) for at in range(30)]
        said += [noticing.Said(f"otherwise{at}", 8) for at in range(40)]
        found = noticing.notice(said, Tagger({}))
        assert "loyalty card" in found[0].entries
        assert not any("loyalty" in each.entries for each in found)


class TestPreviewAndSplit:
    @pytest.mark.row("D4", "named and merged by people")
    def test_a_preview_tells_what_saving_then_does(self, acme, garage, mona, as_):
        with acting_for(acme):
            waiting = Theme.objects.get(name="Waiting")
            words = {"en": ["parking"]}
            told = previewing_themes.preview(words, system(), theme=waiting)
            assert (told.gained, told.lost, told.turned) == (40, 40, 0)
        client, url = as_(mona), f"/o/{acme.slug}/themes/{waiting.pk}/"
        given = {"name": "Waiting", "words_en": "parking", "revision": "1"}
        page = client.post(url, {**given, "do": "preview"}).content.decode()
        assert "40 more" in page
        assert "40 fewer" in page
        with acting_for(acme):
            assert Theme.objects.get(pk=waiting.pk).words == {"en": ["-queue", "till"]}, "nothing was saved"
        client.post(url, given)
        with acting_for(acme):
            assert hearing.settle() == told.changes

    def test_a_theme_is_parted_in_two(self, acme, mona, as_):
        with acting_for(acme):
            one, two = many(published(), [("queue", 3), ("till", 3)])
            waiting = theme()
        client = as_(mona)
        client.post(f"/o/{acme.slug}/themes/{waiting.pk}/split/", {"name": "Tills", "entry": ["till"]})
        with acting_for(acme):
            hearing.settle()
            assert (list(spoken(one)), list(spoken(two))) == (["Waiting"], ["Tills"])
            waiting.refresh_from_db()
            for entries in ([], ["-queue"], ["nothing"]):
                with pytest.raises(BadTheme):
                    naming_themes.split(waiting, "More", entries, by=system())


class TestTheBoard:
    @pytest.mark.row("D4", "pain points and strengths as boards with owner and state")
    def test_the_numbers_propose_and_people_put_and_own(self, acme, garage, mona, as_, alice):
        with acting_for(acme):
            theme("Parking", ["parking"])
            hearing.settle()
            board = boarding_themes.board(weighing_themes.weighed(Filter(acme, survey=garage), system()))
            assert [each.theme.name for each in board.pain_proposed] == ["Parking"]
            assert [each.theme.name for each in board.strength_proposed] == ["Waiting"]
            parking = Theme.objects.get(name="Parking")
        client, base = as_(mona), f"/o/{acme.slug}/themes/"
        assert "Put “Parking” here" in client.get(base + "board/").content.decode()
        given = {"board": "pain", "state": "working", "owner": alice.pk, "revision": "1"}
        client.post(f"{base}{parking.pk}/place/", given)
        page = client.get(base + "board/").content.decode()
        assert "Owner: Alice Moreau" in page
        assert "Being worked on" in page
        with acting_for(acme):
            parking.refresh_from_db()
            assert (parking.board, parking.state, parking.owner_id) == ("pain", "working", alice.pk)
            with pytest.raises(Stale):
                boarding_themes.place(parking, board="", state="open", owner=None, revision=1, by=system())

    @pytest.mark.row("D4", "suggestions of promoters")
    def test_what_promoters_wish_for_stands_beside_it(self, acme, alice, as_):
        with acting_for(acme):
            texts = [("Lovely, but it would be nice to pay by card", 10), ("I miss a bus stop", 9)]
            many(published(), [*texts, ("It would be nice to be heard", 2), ("Lovely", 10)])
        page = as_(alice).get(f"/o/{acme.slug}/themes/board/").content.decode()
        assert "pay by card" in page
        assert "bus stop" in page
        assert "to be heard" not in page
        assert wishing.is_wish("Es wäre schön, wenn Sie sonntags geöffnet hätten")
        assert wishing.is_wish("Me gustaría pagar con tarjeta")
        assert not wishing.is_wish("Me gusta")


class TestStandingOut:
    @pytest.mark.row("D4", "over-represented here against the rest")
    def test_a_planted_theme_stands_out_and_a_null_does_not(self, acme, alice, as_, api):
        with acting_for(acme):
            survey = published()
            theme()
            theme("Staff", ["staff"])
            chance = random.Random(3)
            for touchpoint, share in (("store", 0.5), ("web", 0.1)):
                texts = []
                for _number in range(80):
                    parts = ["queue"] if chance.random() < share else []
                    parts += ["staff"] if chance.random() < 0.4 else []
                    texts.append((" and ".join(parts) or "So it is", chance.randint(0, 10)))
                many(survey, texts, touchpoint=touchpoint)
            hearing.settle()
            found = standing_out.standings(Filter(acme, survey=survey, touchpoint="store"), system())
            rows = {each.theme.name: each for each in found.rows}
            assert (found.here, found.rest) == (80, 80)
            assert rows["Waiting"].real
            assert rows["Waiting"].interval.low > 0
            assert not rows["Staff"].real
            assert not standing_out.standings(Filter(acme, survey=survey), system()).narrow
        page = as_(alice).get(f"/o/{acme.slug}/themes/?touchpoint=store").content.decode()
        assert "spoken of more here" in page
        told = api(acme).get("/api/v1/themes/standing-out?touchpoint=store").json()
        assert [(each["name"], each["real"]) for each in told["themes"]] == [
            ("Waiting", True),
            ("Staff", False),
        ]

    def test_who_may_not_read_answers_is_told_nothing_of_a_part(self, acme, garage, vera):
        with acting_for(acme):
            found = standing_out.standings(Filter(acme, survey=garage, channel="api"), member_actor(vera))
        assert (found.rows, found.hidden) == ([], True)

    def test_nothing_stands_out_of_chance_more_often_than_promised(self):
        chance = random.Random(1)
        called = 0
        for _turn in range(100):
            pairs = []
            for _theme in range(10):
                share = chance.uniform(0.05, 0.5)
                here, rest = (sum(chance.random() < share for _each in range(60)) for _side in range(2))
                pairs.append(((here, 60), (rest, 60)))
            called += min(comparing.adjusted([proportions.exact_p(*pair) for pair in pairs])) <= 0.05
        assert called <= 10

    def test_fishers_p_is_that_of_scipy(self):
        stats = pytest.importorskip("scipy.stats")
        for one, other in (((3, 10), (9, 12)), ((45, 60), (100, 200)), ((0, 5), (3, 900)), ((1, 3), (2, 3))):
            table = [[one[0], one[1] - one[0]], [other[0], other[1] - other[0]]]
            assert proportions.exact_p(one, other) == pytest.approx(stats.fisher_exact(table)[1])


def test_programs_see_suggestions_preview_split_and_place(acme, garage, api):
    client = api(acme)
    told = client.get("/api/v1/themes/suggestions").json()["items"]
    assert "parking" in told[0]["entries"]
    with acting_for(acme):
        key = opaque.encode("theme", Theme.objects.get(name="Waiting").pk)
    words = {"en": ["parking"]}
    preview = client.post("/api/v1/themes/preview", {"theme": key, "words": words}).json()
    assert (preview["gained"], preview["lost"]) == (40, 40)
    made = client.post(f"/api/v1/themes/{key}/split", {"name": "Tills", "entries": ["till"]})
    assert (made.status_code, made.json()["words"]) == (201, {"en": ["till"]})
    placed = client.put(f"/api/v1/themes/{key}/place", {"board": "pain", "state": "open"})
    assert (placed.json()["board"], placed.json()["state"]) == ("pain", "open")
