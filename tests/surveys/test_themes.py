"""Themes of comments: heard as answers come, weighed, hidden alike, corrected by people, read again."""

import csv
import io

import pytest
from django.utils import timezone

from accounts import opaque
from accounts.acting import member_actor
from accounts.models import AuditEntry
from accounts.models.editable import Stale
from accounts.tenancy.context import acting_for
from outreach.pumping import pump
from segments import erasing
from surveys import hearing, naming_themes, nps, starter_themes, weighing_themes
from surveys.filtering import Filter
from surveys.models import Correction, Mention, Response, Theme, ThemeRun, Tone
from surveys.naming_themes import BadTheme
from surveys.nps import Counts
from surveys.theming import seeds
from tests.factories.segments import CustomerFactory
from tests.factories.surveys import published, respond, system


def theme(name="Waiting", words=("-queue", "till"), language="en"):
    return naming_themes.make(name, {language: list(words)}, by=system())


def said(text, score=3, **facts):
    return respond(None, score, text, survey=facts.pop("survey", None) or published(), **facts)


def spoken(response):
    return {each.theme.name: each.sentiment for each in Mention.objects.filter(response=response)}


def many(survey, texts, **facts):
    """One answer of a known person for each (text, score), without the engine."""
    first = respond(None, 9, survey=survey)
    Response.objects.filter(pk=first.pk).update(excluded_at=timezone.now())
    rows = [
        Response(
            survey=survey, version_id=first.version_id, score=score, comment=text, mode=first.mode,
            customer=CustomerFactory(), state=first.state, source=first.source, channel="api",
            answered_at=first.answered_at, completed_at=first.answered_at, **facts,
        )
        for text, score in texts
    ]  # fmt: skip
    return Response.objects.bulk_create(rows)


@pytest.fixture
def shop(acme):
    """200 commenters: 60 complain of the queue, 40 praise the staff, 100 say something else; 100 are silent."""
    with acting_for(acme):
        survey = published()
        theme()
        theme("Staff", ["staff", "+helpful"])
        texts = [("The queue was endless", 3)] * 45 + [("The queue again", 9)] * 15
        texts += [("Helpful staff", 10)] * 40 + [("Blue is my colour", 8)] * 60 + [("So it is", 5)] * 40
        many(survey, texts + [("", 9)] * 100)
        hearing.settle()
        return survey


class TestHearing:
    @pytest.mark.row("D4", "positive/neutral/negative")
    @pytest.mark.django_db(transaction=True)
    def test_a_comment_is_heard_at_its_news_and_again_when_it_changes(self, acme):
        with acting_for(acme):
            theme()
            theme("Staff", ["staff"])
            survey = published()
            one = said("An hour in the queue, but the staff were kind", survey=survey)
            two = said("Fine", 9, survey=survey)
        pump(acme.pk)
        with acting_for(acme):
            assert spoken(one) == {"Waiting": -1, "Staff": 1}
            assert spoken(two) == {}
            assert Tone.objects.get(response=two).sentiment == 0
            Response.objects.filter(pk=two.pk).update(comment="No queue at all")
        hearing.due(acme, timezone.now())
        with acting_for(acme):
            assert spoken(two) == {"Waiting": 1}, "an update is followed by its change number"
            Response.objects.filter(pk=one.pk).update(comment="")
        assert hearing.due(acme, timezone.now()) == 1
        with acting_for(acme):
            assert spoken(one) == {}
            assert not Tone.objects.filter(response=one).exists()

    def test_reading_again_goes_on_where_it_was_killed(self, acme):
        with acting_for(acme):
            survey = published()
            many(survey, [("queue", 3)] * 25)
            theme()
            assert hearing.step(size=10)
            assert Mention.objects.count() == 10
            run = ThemeRun.objects.get()
            assert (run.seen, run.total, run.moved, run.finished_at) == (10, 25, 10, None)
            while hearing.step(size=10):
                pass
            assert Mention.objects.count() == 25
            assert ThemeRun.objects.get().finished_at
            hearing.begin()
            assert hearing.settle() == 0, "nothing differs, nothing is written"

    def test_what_a_person_said_outlasts_every_reading(self, acme, mona, as_):
        with acting_for(acme):
            waiting = theme()
            one = said("The queue for tickets to the cinema is not yours")
            hearing.settle()
            assert spoken(one) == {"Waiting": -1}
        page = f"/o/{acme.slug}/answers/{one.pk}/"
        client = as_(mona)
        assert "Complaint" in client.get(page).content.decode()
        client.post(page + "themes/", {"theme": waiting.pk, "says": "none"})
        with acting_for(acme):
            assert spoken(one) == {}
            naming_themes.change(
                waiting, name="Waiting", words={"en": ["queue", "cinema"]}, revision=1, by=system()
            )
            hearing.settle()
            assert spoken(one) == {}
            assert Correction.objects.get().sentiment is None
        assert "it does not speak of" in client.get(page).content.decode()
        client.post(page + "themes/", {"theme": waiting.pk, "says": "1"})
        with acting_for(acme):
            assert spoken(one) == {"Waiting": 1}
        client.post(page + "themes/", {"theme": waiting.pk, "says": "words"})
        with acting_for(acme):
            assert spoken(one) == {"Waiting": 0}
            assert not Correction.objects.exists()
            assert AuditEntry.objects.filter(action="response.edit").count() == 3

    def test_an_erased_person_leaves_no_mention(self, acme):
        with acting_for(acme):
            theme()
            one = said("queue", customer=CustomerFactory())
            hearing.settle()
            assert Mention.objects.exists()
            erasing.erase(one.customer, by=system())
            assert not Mention.objects.exists()
            assert not Tone.objects.exists()


class TestNaming:
    @pytest.mark.row("D4", "named and merged by people")
    def test_a_manager_names_changes_merges_and_puts_away(self, acme, mona, as_):
        client, base = as_(mona), f"/o/{acme.slug}/themes/"
        with acting_for(acme):
            one, two = said("The queue"), said("So slow at the till")
        client.post(base + "new/", {"name": "Waiting", "words_en": "-queue\n-queues"})
        client.post(base + "new/", {"name": "Tills", "words_en": "till, tills"})
        with acting_for(acme):
            hearing.settle()
            assert (spoken(one), spoken(two)) == ({"Waiting": -1}, {"Tills": -1})
            waiting, tills = Theme.objects.get(name="Waiting"), Theme.objects.get(name="Tills")
            naming_themes.correct(one, tills, 1, by=system())
        answer = client.post(f"{base}{waiting.pk}/merge/", {"other": tills.pk}, follow=True)
        assert "is part of" in answer.content.decode()
        with acting_for(acme):
            hearing.settle()
            assert (spoken(one), spoken(two)) == ({"Waiting": 1}, {"Waiting": -1})
            assert [each.name for each in Theme.objects.present()] == ["Waiting"]
        page = client.get(f"{base}{waiting.pk}/").content.decode()
        assert "tills" in page
        stale = client.post(f"{base}{waiting.pk}/", {"name": "Q", "words_en": "queue", "revision": "1"})
        assert stale.status_code == 409
        client.post(f"{base}{waiting.pk}/deletion/")
        with acting_for(acme):
            hearing.settle()
            assert not Mention.objects.exists()
            assert set(AuditEntry.objects.filter(action="theme.edit").values_list("details__did", flat=True)) == {
                "created", "merged", "deleted",
            }  # fmt: skip

    def test_what_cannot_be_a_theme_is_refused_with_the_reason(self, in_acme):
        theme()
        for name, words in (
            ("", {"en": ["queue"]}),
            ("Waiting", {"en": ["queue"]}),
            ("Empty", {"en": ["", "  "]}),
            ("Star", {"en": ["*"]}),
            ("Letter", {"en": ["a"]}),
            ("Long", {"en": ["x" * 61]}),
            ("Tongue", {"xx": ["queue"]}),
            ("Many", {"en": [f"word{number}" for number in range(301)]}),
        ):
            with pytest.raises(BadTheme):
                naming_themes.make(name, words, by=system())
        with pytest.raises(Stale):
            naming_themes.change(Theme.objects.get(), name="A", words={"en": ["bb"]}, revision=9, by=system())

    def test_starter_themes_are_offered_by_what_comments_say(self, acme, mona, as_):
        with acting_for(acme):
            survey = published()
            many(survey, [("Lange Warteschlange an der Kasse", 3)] * 6 + [("Long queue", 4)] * 3)
            first = starter_themes.offered()[0]
            assert (first.key, first.found, first.among) == ("waiting", 9, 9)
            assert set(starter_themes.NAMES) == set(seeds.KEYS)
        client = as_(mona)
        page = client.get(f"/o/{acme.slug}/themes/starters/").content.decode()
        assert 'value="waiting" checked' in page
        assert 'value="food" checked' not in page
        client.post(f"/o/{acme.slug}/themes/starters/", {"key": ["waiting", "food"]})
        client.post(f"/o/{acme.slug}/themes/starters/", {"key": ["waiting"]})
        with acting_for(acme):
            assert sorted(Theme.objects.values_list("name", flat=True)) == ["Food", "Waiting"]
            hearing.settle()
            assert Mention.objects.filter(sentiment=-1).count() == 9


class TestWeighing:
    @pytest.mark.row("D4", "impact on NPS")
    def test_score_difference_and_leverage_are_those_of_the_counts(self, acme, shop):
        with acting_for(acme):
            found = weighing_themes.weighed(Filter(acme, survey=shop), system())
        staff, waiting = found.rows
        assert (found.commenters, found.answers, found.untold) == (200, 300, 100)
        assert (waiting.theme.name, waiting.counts) == ("Waiting", Counts(45, 0, 15))
        assert (waiting.tones.negative, waiting.tones.positive) == (60, 0)
        assert (staff.counts, staff.tones.positive) == (Counts(0, 0, 40), 40)
        expected = nps.difference(Counts(45, 0, 15), Counts(40, 60, 40))
        assert waiting.value == pytest.approx(expected.value * 100)
        assert waiting.verdict.value == "real"
        assert waiting.leverage == pytest.approx(expected.value * 100 * 60 / 300)
        assert waiting.leverage_low < waiting.leverage < waiting.leverage_high < 0
        assert waiting.share == pytest.approx(0.3)

    def test_page_file_and_program_say_the_same(self, acme, shop, alice, as_, api):
        client, base = as_(alice), f"/o/{acme.slug}/"
        page = client.get(base + "themes/").content.decode()
        assert "60 complaints" in page
        assert "n = 200 people who wrote something" in page
        rows = list(
            csv.DictReader(io.StringIO(client.get(base + "reports/themes.csv").content.decode("utf-8-sig")))
        )
        told = api(acme).get("/api/v1/themes/report").json()
        assert (
            [row["theme"] for row in rows]
            == [each["name"] for each in told["themes"]]
            == ["Staff", "Waiting"]
        )
        first, rows = told["themes"][1], rows[1:]
        assert (
            (first["scored"]["n"], first["tones"]["negative"])
            == (60, 60)
            == (int(rows[0]["n"]), int(rows[0]["complaints"]))
        )
        assert float(rows[0]["impact"]) == round(first["impact"]["value"], 1)
        with acting_for(acme):
            waiting = Theme.objects.get(name="Waiting")
        detail = client.get(f"{base}themes/{waiting.pk}/").content.decode()
        assert "The queue was endless" in detail
        assert "a real difference" in detail
        answers = client.get(f"{base}answers/?theme={opaque.encode('theme', waiting.pk)}").content.decode()
        assert "The queue" in answers
        assert "Helpful staff" not in answers

    def test_who_may_not_read_answers_gets_no_small_theme_and_no_words(self, acme, shop, vera, as_):
        with acting_for(acme):
            theme("Colour", ["blue"])
            theme("Rare", ["velvet"])
            many(shop, [("Such velvet", 9)] * 4)
            hearing.settle()
            actor = member_actor(vera)
            found = weighing_themes.weighed(Filter(acme, survey=shop), actor)
            told = {each.theme.name: each.hidden for each in found.rows}
            assert told == {"Waiting": False, "Staff": False, "Colour": False, "Rare": True}
            assert found.untold is None
            rare = Theme.objects.get(name="Rare")
            assert all(
                span.hidden for span in weighing_themes.line(rare, Filter(acme, survey=shop), actor).spans
            )
            waiting = Theme.objects.get(name="Waiting")
        client = as_(vera)
        page = client.get(f"/o/{acme.slug}/themes/{waiting.pk}/").content.decode()
        assert "endless" not in page
        file = client.get(f"/o/{acme.slug}/reports/themes.csv").content.decode()
        assert next(line for line in file.splitlines() if line.startswith("Rare")).startswith(
            "Rare,,,,,hidden,,,,,"
        )
        narrowed = client.get(f"/o/{acme.slug}/overview/?theme={opaque.encode('theme', rare.pk)}")
        assert "Hidden" in narrowed.content.decode()

    def test_a_theme_that_is_spoken_of_more_often_rings(self, acme, alice, as_, api):
        with acting_for(acme):
            survey = published()
            waiting = theme()
            now = timezone.now()
            rows = []
            for months in range(14):
                for number in range(60):
                    queue = number < (30 if months < 3 else 6)
                    text = "The queue" if queue else "So it is"
                    rows.append((text, months))
            made = many(survey, [(text, 7) for text, _months in rows])
            for response, (_text, months) in zip(made, rows, strict=True):
                response.answered_at = now - timezone.timedelta(days=31 * months + 31)
            Response.objects.bulk_update(made, ["answered_at"])
            hearing.settle()
        page = as_(alice).get(f"/o/{acme.slug}/themes/{waiting.pk}/?period=all").content.decode()
        assert "It is spoken of more often than before." in page
        told = api(acme).get(f"/api/v1/themes/{opaque.encode('theme', waiting.pk)}/line?period=all").json()
        assert [each["up"] for each in told["shifts"]] == [True]
        assert told["shifts"][0]["before"] == pytest.approx(0.1)

    def test_quotes_name_nobody(self, acme, alice, as_):
        with acting_for(acme):
            waiting = theme()
            said(
                "Queue! I am Ada Brown, call 0171 555 0199 or ada@brown.example",
                customer=CustomerFactory(name="Ada Brown"),
            )
            hearing.settle()
        page = as_(alice).get(f"/o/{acme.slug}/themes/{waiting.pk}/").content.decode()
        assert "Queue! I am" in page
        for told in ("Ada", "Brown", "0199", "brown.example"):
            assert told not in page


def test_programs_make_change_merge_and_correct(acme, api):
    client = api(acme)
    made = client.post("/api/v1/themes", {"name": "Waiting", "words": {"en": ["-queue"]}})
    assert made.status_code == 201, made.json()
    other = client.post("/api/v1/themes/starters", {"keys": ["staff"]}).json()[0]
    key = made.json()["id"]
    refused = client.patch(f"/api/v1/themes/{key}", {"words": {"en": []}})
    assert refused.status_code == 400
    changed = client.patch(f"/api/v1/themes/{key}", {"name": "Queues", "revision": 1})
    assert (changed.json()["name"], changed.json()["revision"]) == ("Queues", 2)
    with acting_for(acme):
        one = said("The queue")
        hearing.settle()
    answer = f"/api/v1/responses/{opaque.encode('response', one.pk)}/themes"
    assert [each["sentiment"] for each in client.get(answer).json()["items"]] == ["negative"]
    told = client.put(answer, {"theme": other["id"], "says": "positive"}).json()["items"]
    assert [(each["name"], each["sentiment"]) for each in told] == [
        ("Queues", "negative"),
        ("Staff and service", "positive"),
    ]
    assert len(client.get(f"/api/v1/responses?theme={other['id']}").json()["items"]) == 1
    merged = client.post(f"/api/v1/themes/{key}/merge", {"other": other["id"]})
    assert "staff" in merged.json()["words"]["en"]
    assert client.delete(f"/api/v1/themes/{key}").status_code == 204
    assert client.get("/api/v1/themes").json()["items"] == []
