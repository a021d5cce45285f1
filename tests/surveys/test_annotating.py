"""Notes on the line: written, changed, put away and back; the score before and after them; page and REST alike."""

import datetime as dt
import random

import pytest
from django.utils import timezone

from accounts.models import AuditEntry, Deletion
from accounts.models.editable import Stale
from accounts.tenancy.context import acting_for
from surveys import annotating, nps, surrounding
from surveys.filtering import Filter
from surveys.models import Annotation, Response
from surveys.nps import Counts
from surveys.surrounding import Said
from tests.factories.surveys import published, respond, system

TODAY = timezone.localdate()


def day(ago):
    return TODAY - dt.timedelta(days=ago)


def answers(survey, scores, ago):
    """One answer of each score, at noon so many days ago."""
    at = timezone.now().replace(hour=12, minute=0) - dt.timedelta(days=ago)
    first = respond(None, 9, survey=survey, at=at)
    Response.objects.filter(pk=first.pk).update(excluded_at=timezone.now())
    rows = [
        Response(
            survey=survey, version_id=first.version_id, score=score, mode=first.mode, state=first.state,
            source=first.source, channel="api", answered_at=at, completed_at=at, started_at=at,
        )
        for score in scores
    ]  # fmt: skip
    Response.objects.bulk_create(rows)


@pytest.fixture
def layout(acme):
    """Forty answered before the new layout, most of them unhappy; fifty after it, most of them happy."""
    with acting_for(acme):
        survey = published()
        answers(survey, [3] * 20 + [9] * 20, 50)
        answers(survey, [3] * 5 + [9] * 45, 30)
        return annotating.annotate(day=day(40), words="new store layout", survey=survey, by=system())


def around(organization, note, actor=None, **facts):
    with acting_for(organization):
        chosen = Filter(organization, survey=note.survey)
        return surrounding.around(note.day, chosen, actor or system(), **facts)


@pytest.mark.django_db
class TestTheLine:
    @pytest.mark.row("D2", 'notes on the line ("new store layout")')
    def test_a_note_stands_on_the_chart_and_in_its_table(self, acme, layout, alice, as_, api):
        client = as_(alice)
        answer = client.post(
            f"/o/{acme.slug}/notes/", {"day": day(5).isoformat(), "words": "prices rose", "survey": ""}
        )
        assert answer.status_code == 302
        page = client.get(f"/o/{acme.slug}/surveys/{layout.survey_id}/results/?period=90").content.decode()
        trend = page.split('id="trend"')[1].split("</section>")[0]
        assert trend.count("new store layout") == 2, "beneath the chart and in the table"
        assert trend.count("prices rose") == 2
        assert ">A</text>" in trend and ">B</text>" in trend
        surveys = api(acme).get("/api/v1/surveys").json()["items"]
        told = api(acme).get(f"/api/v1/surveys/{surveys[0]['id']}/results?period=90").json()
        noted = [note["words"] for period in told["trend"] for note in period["notes"]]
        assert noted == ["new store layout", "prices rose"]

    def test_a_note_of_another_survey_is_not_on_this_line(self, acme, layout, alice, as_):
        with acting_for(acme):
            other = published("Other")
            answers(other, [9] * 5, 3)
        page = as_(alice).get(f"/o/{acme.slug}/surveys/{other.pk}/results/?period=90").content.decode()
        assert "new store layout" not in page

    def test_one_note_alone_says_its_words_on_the_chart(self, acme, layout, alice, as_):
        page = as_(alice).get(f"/o/{acme.slug}/overview/?period=90").content.decode()
        assert page.split('id="trend"')[1].split("<details")[0].count(">new store layout</text>") == 2

    def test_a_viewer_reads_notes_and_writes_none(self, acme, layout, vera, as_):
        client = as_(vera)
        assert "new store layout" in client.get(f"/o/{acme.slug}/notes/").content.decode()
        assert client.get(f"/o/{acme.slug}/notes/{layout.pk}/").status_code == 200
        assert client.post(f"/o/{acme.slug}/notes/", {"day": "2026-01-01", "words": "x"}).status_code == 403


@pytest.mark.django_db
class TestDeeds:
    def test_a_note_is_changed_unless_somebody_was_faster(self, acme, layout, alice, as_):
        client, address = as_(alice), f"/o/{acme.slug}/notes/{layout.pk}/"
        given = {"day": layout.day.isoformat(), "words": "newer layout", "survey": "", "revision": "1"}
        assert client.post(address, given).status_code == 302
        late = client.post(address, {**given, "words": "oldest layout"})
        assert late.status_code == 409
        assert (
            "oldest layout" in late.content.decode()
            and "changed this in the meantime" in late.content.decode()
        )
        with acting_for(acme):
            note = Annotation.objects.get()
            assert (note.words, note.revision, note.survey) == ("newer layout", 2, None)
            with pytest.raises(Stale):
                annotating.change(note, day=day(1), words="x", survey=None, revision=1, by=system())

    def test_a_note_is_put_away_and_taken_back(self, acme, layout, alice, as_):
        client = as_(alice)
        client.post(f"/o/{acme.slug}/notes/{layout.pk}/deletion/")
        assert client.get(f"/o/{acme.slug}/notes/{layout.pk}/").status_code == 404
        assert "No notes yet." in client.get(f"/o/{acme.slug}/notes/").content.decode()
        with acting_for(acme):
            deletion = Deletion.objects.get(subject_type="surveys.annotation")
        client.post(f"/o/{acme.slug}/notes/deletions/{deletion.pk}/undo/")
        assert "new store layout" in client.get(f"/o/{acme.slug}/notes/").content.decode()
        with acting_for(acme):
            told = AuditEntry.objects.filter(action="annotation.edit").values_list("details__did", flat=True)
            assert set(told) == {"created", "deleted", "restored"}

    @pytest.mark.parametrize(
        "given",
        [
            {"day": "2026-02-30", "words": "x"},
            {"day": "0001-01-01", "words": "x"},
            {"day": "2026-02-03", "words": " "},
        ],
    )
    def test_nonsense_is_refused_with_a_sentence(self, acme, alice, as_, given):
        answer = as_(alice).post(f"/o/{acme.slug}/notes/", given)
        assert answer.status_code == 422

    def test_a_program_does_the_same(self, acme, layout, api):
        client = api(acme)
        made = client.post("/api/v1/annotations", {"day": "2026-03-01", "words": "strike"}).json()
        assert made["survey"] is None and made["revision"] == 1
        address = f"/api/v1/annotations/{made['id']}"
        assert client.patch(address, {"words": "long strike", "revision": 1}).json()["revision"] == 2
        assert client.patch(address, {"words": "x", "revision": 1}).status_code == 409
        assert client.post("/api/v1/annotations", {"day": "0001-03-01", "words": "x"}).status_code == 400
        assert len(client.get("/api/v1/annotations").json()["items"]) == 2
        assert client.delete(address).status_code == 204
        assert client.get(address).status_code == 404
        assert api(acme, "reports:read").post("/api/v1/annotations", {}).status_code == 403


@pytest.mark.django_db
class TestBeforeAndAfter:
    def test_equal_windows_and_the_difference_with_its_interval(self, acme, layout):
        found = around(acme, layout)
        assert (found.before.counts, found.after.counts) == (Counts(20, 0, 20), Counts(5, 0, 45))
        expected = nps.difference(Counts(5, 0, 45), Counts(20, 0, 20))
        assert (found.said, found.difference, found.days) == (Said.REAL, expected, 30)

    def test_the_page_says_so_and_claims_no_cause(self, acme, layout, alice, as_, api):
        page = as_(alice).get(f"/o/{acme.slug}/notes/{layout.pk}/").content.decode()
        assert "A real change" in page and "need not come from it" in page
        client = api(acme)
        (note,) = client.get("/api/v1/annotations").json()["items"]
        told = client.get(f"/api/v1/annotations/{note['id']}/around").json()
        assert told["said"] == "real" and told["low"] > 0 and told["after"]["n"] == 50
        assert client.get(f"/api/v1/annotations/{note['id']}/around?days=5").status_code == 400

    def test_too_few_answers_are_not_compared(self, acme, layout, alice, as_):
        with acting_for(acme):
            Response.objects.filter(pk__in=Response.objects.filter(score=9)[:25]).delete()
        found = around(acme, layout)
        assert (found.said, found.difference) == (Said.FEW, None)
        assert "Not enough data." in as_(alice).get(f"/o/{acme.slug}/notes/{layout.pk}/").content.decode()

    def test_windows_that_are_not_over_are_both_shortened(self, acme, layout):
        found = around(acme, layout, days=60)
        assert found.days == 40
        assert (found.before.n, found.after.n) == (40, 50)
        assert found.ends == day(1), "today is not whole yet"

    def test_a_new_note_is_too_early(self, acme, layout, alice, as_):
        with acting_for(acme):
            fresh = annotating.annotate(day=day(3), words="sale", by=system())
        assert around(acme, fresh).said is Said.EARLY
        assert "too early" in as_(alice).get(f"/o/{acme.slug}/notes/{fresh.pk}/").content.decode()
        with acting_for(acme):
            to_come = annotating.annotate(day=day(-30), words="opening", by=system())
        assert around(acme, to_come).said is Said.EARLY

    def test_small_windows_are_hidden_from_who_may_not_read_answers(
        self, acme, layout, vera, actor_of, as_, api
    ):
        with acting_for(acme):
            acme.privacy_threshold = 45
            acme.save()
        found = around(acme, layout, actor_of(vera))
        assert found.said is Said.HIDDEN and found.before.hidden and found.difference is None
        page = as_(vera).get(f"/o/{acme.slug}/notes/{layout.pk}/").content.decode()
        assert "Too few people answered in one of the windows." in page and ">40<" not in page
        client = api(acme, "reports:read")
        (note,) = client.get("/api/v1/annotations").json()["items"]
        told = client.get(f"/api/v1/annotations/{note['id']}/around").json()
        assert (told["said"], told["before"]["n"], told["difference"]) == ("hidden", None, None)

    def test_where_nothing_changed_it_says_that_it_cannot_tell(self, acme):
        chance = random.Random(5)
        real = 0
        with acting_for(acme):
            survey = published()
            note = annotating.annotate(day=day(40), words="nothing", survey=survey, by=system())
            for _turn in range(20):
                Response.objects.all().delete()
                for ago in (50, 30):
                    answers(survey, chance.choices(range(11), k=80), ago)
                real += surrounding.around(note.day, Filter(acme, survey=survey), system()).said is Said.REAL
        assert real <= 4, "one in twenty on average"
