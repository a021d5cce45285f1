"""Every page of surveys opens: empty, with answers, for those who may, and for nobody else."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.tenancy.context import acting_for
from segments.models import Segment
from surveys.models import Distribution, Survey
from tests.factories.segments import AttributeFactory, CustomerFactory
from tests.factories.surveys import DistributionFactory, InvitationFactory, draft, published, respond

LISTS = ("overview", "survey_list", "distribution_list", "answer_list", "survey_new", "distribution_new")
OF_A_SURVEY = (
    "survey_edit",
    "survey_look",
    "survey_languages",
    "survey_after",
    "survey_versions",
    "survey_results",
    "survey_preview",
)


@pytest.fixture
def answered(acme) -> Survey:
    """A survey with sixty answers over a year, from two stores."""
    with acting_for(acme):
        survey = published("After purchase", "purchase")
        distribution = DistributionFactory(survey=survey, touchpoint="purchase")
        now = timezone.now()
        for number in range(60):
            customer = CustomerFactory(attributes={"store": ("Riverside", "Old Market")[number % 2]})
            respond(
                InvitationFactory(customer=customer, distribution=distribution, expires_at=None),
                number % 11,
                f"Words {number}",
                at=now - dt.timedelta(days=number * 6),
            )
    return survey


@pytest.mark.parametrize("name", LISTS)
def test_the_lists_open_empty(acme, alice, as_, name):
    assert as_(alice).get(reverse(name, args=["acme"])).status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_the_lists_open_with_answers(answered, alice, as_, name):
    assert as_(alice).get(reverse(name, args=["acme"])).status_code == 200


@pytest.mark.parametrize("name", OF_A_SURVEY)
def test_each_page_of_a_survey_opens(answered, alice, vera, as_, name):
    path = reverse(name, args=["acme", answered.pk])
    assert as_(alice).get(path).status_code == 200
    assert as_(vera).get(path).status_code == 200


@pytest.mark.parametrize("name", OF_A_SURVEY)
def test_a_stranger_cannot_learn_that_a_survey_exists(answered, cyd, alice, as_, name):
    stranger = as_(cyd)
    assert stranger.get(reverse(name, args=["acme", answered.pk])).status_code == 404
    assert stranger.get(reverse(name, args=["globex", answered.pk])).status_code == 404


CARD = re.compile(r'<section class="card.*?</section>', re.DOTALL)
FOOT = re.compile(r'<div class="card__foot">(.*)</div>', re.DOTALL)


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.row("D1", "every number says its n and its filter")
@pytest.mark.parametrize(("period", "said", "n"), [("90", "Last 90 days", 15), ("12m", "Last 12 months", 60)])
def test_each_card_says_of_how_many_and_of_which_answers_it_speaks(answered, alice, as_, period, said, n):
    with acting_for(answered.organization):
        AttributeFactory(key="store", kind="choice", label="Store")
    query = f"?period={period}&touchpoint=purchase&by=attribute.store"
    html = as_(alice).get(f"/o/acme/overview/{query}").content.decode()
    cards = [each.group() for each in CARD.finditer(html)]
    for card in cards:
        (foot,) = FOOT.findall(card)
        assert f"All surveys of customers · {said} · purchase" in words_of(foot)
    score, trend, bars, way, _groups, words = (words_of(card) for card in cards)
    assert f"95 % interval · n = {n}" in score
    assert f"n = {n} people" in bars
    assert f"{n} comments" in words
    assert "Asked 60" in way  # all were asked within both periods; they answered at other times
    assert sorted(int(each) for each in re.findall(r'data-label="n">(\d+)<', cards[4])) == [
        n // 2,
        n - n // 2,
    ]
    rows = [re.findall(r'<td class="num">([^<]*)<', row) for row in cards[1].split("<tr>")[2:]]
    in_line = sum(int(of_period) for _nps, _interval, of_period, _before in rows)
    assert in_line == n or (in_line > n and "The first period is shown whole." in trend)


def test_no_answers_is_no_score_and_not_zero(acme, alice, as_):
    html = as_(alice).get("/o/acme/overview/").content.decode()
    assert "No answers yet, so there is no score. Not zero: none." in html


@pytest.fixture
def everybody(acme) -> Segment:
    with acting_for(acme):
        CustomerFactory(name="Ann Okafor", email="ann@okafor.example")
        CustomerFactory(name="Cleo Quiet", email="")
        return Segment.objects.create(name="Everybody", rule={"all": []})


class TestTheBuilder:
    @pytest.fixture
    def survey(self, acme) -> Survey:
        with acting_for(acme):
            return draft()

    @pytest.fixture
    def mona_at(self, mona, as_, survey):
        """mona_at.post("survey_publish") -> what the page answered; the revision is filled in."""

        class Desk:
            client = as_(mona)

            def path(self, name, *more):
                return reverse(name, args=["acme", survey.pk, *more])

            def post(self, page, *more, **values):
                survey.refresh_from_db()
                values.setdefault("revision", survey.revision)
                return self.client.post(self.path(page, *more), values, follow=True)

        with acting_for(survey.organization_id):
            return Desk()

    def keys(self, acme, survey):
        with acting_for(acme):
            return list(survey.present_questions.values_list("key", flat=True))

    @pytest.fixture(autouse=True)
    def inside(self, acme):
        with acting_for(acme):
            yield

    def test_a_new_survey_from_a_template_in_one_step(self, acme, mona, as_):
        page = as_(mona).post(
            reverse("survey_new", args=["acme"]), {"name": "Spring", "template": "purchase"}, follow=True
        )
        assert page.status_code == 200
        survey = Survey.objects.get(name="Spring")
        assert "reason_detractor" in self.keys(acme, survey)

    def test_questions_are_added_moved_and_removed_with_buttons(self, acme, survey, mona_at):
        mona_at.post("question_add", kind="choice")
        keys = self.keys(acme, survey)
        added = keys[-1]
        mona_at.post("question_move", added, to="up")
        assert self.keys(acme, survey)[-2] == added
        mona_at.post("question_remove", added)
        assert added not in self.keys(acme, survey)

    def test_a_removed_question_comes_back_to_its_place(self, acme, survey, mona_at):
        before = self.keys(acme, survey)
        page = mona_at.post("question_remove", "nps")
        undo = reverse("question_restore", args=["acme", survey.pk, "nps"])
        assert "nps" not in self.keys(acme, survey) and undo in page.content.decode()
        for _twice in range(2):
            mona_at.post("question_restore", "nps")
        assert self.keys(acme, survey) == before
        assert survey.questions.get(key="nps").counting

    def test_what_was_removed_is_gone_with_the_next_version(self, acme, survey, mona_at):
        mona_at.post("question_remove", "about")
        mona_at.post("survey_publish")
        page = mona_at.post("question_restore", "about")
        assert page.status_code == 404

    def test_a_removed_question_counts_no_more_where_another_one_does(self, acme, survey, mona_at):
        mona_at.post("question_remove", "nps")
        mona_at.post("question_add", kind="nps")
        mona_at.post("question_restore", "nps")
        assert survey.questions.filter(counting=True).count() == 1
        assert not survey.questions.get(key="nps").counting

    def test_a_question_is_written_and_branches(self, acme, survey, mona_at):
        page = mona_at.post(
            "survey_edit",
            question="reason_detractor",
            **{"text-en": "What went wrong?", "hint-en": "Take your time", "shown_to": "nps:0:8"},
            reason="on",
            required="on",
        )
        assert page.status_code == 200
        question = survey.questions.get(key="reason_detractor")
        assert question.text == {"en": "What went wrong?"}
        assert question.shown_to == {"question": "nps", "from": 0, "to": 8}
        assert question.required

    def test_choices_keep_their_keys_when_their_text_changes(self, acme, survey, mona_at):
        mona_at.post("question_add", kind="choice")
        question = survey.questions.last()
        first, second = [each["key"] for each in question.settings["choices"]]
        mona_at.post(
            "survey_edit",
            question=question.key,
            **{
                "text-en": "What is it about?",
                "choice-1-key": first,
                "choice-1-en": "Price",
                "choice-2-key": second,
                "choice-2-en": "Gone",
                "choice-2-gone": "on",
                "choice-3-key": "",
                "choice-3-en": "Quality",
            },
        )
        question.refresh_from_db()
        choices = question.settings["choices"]
        assert [each["text"]["en"] for each in choices] == ["Price", "Quality"]
        assert choices[0]["key"] == first

    @pytest.mark.row("C2", "publish makes an immutable version")
    def test_publishing_makes_a_version_that_nothing_changes(self, acme, survey, mona_at):
        from django.db import DatabaseError, transaction

        page = mona_at.post("survey_publish")
        assert "Version 1 is live." in page.content.decode()
        version = survey.versions.get()
        before = version.definition
        mona_at.post("survey_edit", question="nps", **{"text-en": "Changed"})
        version.refresh_from_db()
        assert version.definition == before
        with pytest.raises(DatabaseError), transaction.atomic():
            survey.versions.update(definition={})
        assert "Publish version 2" in mona_at.client.get(mona_at.path("survey_edit")).content.decode()

    @pytest.mark.row("C1", "validation")
    def test_what_is_wrong_names_the_question_and_the_live_version_stays(self, acme, survey, mona_at):
        mona_at.post("survey_publish")
        mona_at.post("survey_edit", question="reason_passive", shown_to="nps:7:8", **{"text-en": ""})
        page = mona_at.post("survey_publish")
        html = page.content.decode()
        assert page.status_code == 422
        assert "Version 2 was not published. One thing needs a change." in html
        assert "Version 1 stays live, and no answer is lost." in html
        assert "Question 1b: the text is missing." in html
        assert "?q=reason_passive#text-en" in html

    def test_a_stale_save_is_told_who_and_keeps_the_text(self, acme, survey, mona_at, adam, as_):
        stale = survey.revision
        as_(adam).post(
            mona_at.path("survey_edit"),
            {"question": "nps", "revision": stale, "text-en": "Adam's", "counting": "on"},
        )
        page = mona_at.post("survey_edit", question="nps", revision=stale, **{"text-en": "Mona's words"})
        html = page.content.decode()
        assert page.status_code == 409
        assert "Adam Berg" in html
        assert "Mona&#x27;s words" in html
        assert survey.questions.get(key="nps").text["en"] == "Adam's"

    @pytest.mark.row("C1", "live preview on phone and desktop")
    def test_the_preview_shows_what_is_not_saved_yet_in_a_frame_of_our_own(self, acme, survey, mona_at):
        page = mona_at.post("survey_preview", question="nps", **{"text-en": "Not saved yet?"})
        assert "Not saved yet?" in page.content.decode()
        assert page["X-Frame-Options"] == "SAMEORIGIN"
        assert "frame-ancestors 'self'" in page["Content-Security-Policy"]
        assert "Not saved yet?" not in survey.questions.get(key="nps").text["en"]

    def test_a_pale_brand_colour_is_measured_and_never_a_reason_for_unreadable_text(self, survey, mona_at):
        mona_at.post("survey_look", brand_colour="#ffee88", show_name="on")
        assert "contrast of" in mona_at.client.get(mona_at.path("survey_look")).content.decode()
        mona_at.post("survey_publish")
        assert survey.versions.get().definition["look"]["ink"] == "#14201b"

    def test_a_wrong_colour_is_refused_beside_its_field(self, survey, mona_at):
        page = mona_at.post("survey_look", brand_colour="red")
        assert "A colour is written #5A2A4B." in page.content.decode()

    def test_a_language_is_added_and_missing_texts_are_named(self, acme, survey, mona_at):
        mona_at.post("survey_languages", codes="de")
        assert "0 of 4" in mona_at.client.get(mona_at.path("survey_languages")).content.decode()
        page = mona_at.post("survey_publish")
        assert "the text in de is missing" in page.content.decode()

    def test_thanks_and_window_are_saved(self, survey, mona_at):
        page = mona_at.post(
            "survey_after",
            **{
                "name": "Renamed",
                "edit_days": 3,
                "promoter-en": "Lovely",
                "passive-en": "",
                "detractor-en": "Sorry",
            },
        )
        assert page.status_code == 200
        survey.refresh_from_db()
        assert (survey.name, survey.edit_days, survey.thanks_promoter) == ("Renamed", 3, {"en": "Lovely"})

    def test_copy_archive_and_delete_with_undo(self, acme, survey, mona_at):
        mona_at.post("survey_duplicate")
        assert Survey.objects.filter(name="Relationship (copy)").exists()
        mona_at.post("survey_archive")
        survey.refresh_from_db()
        assert survey.state == "archived"
        mona_at.client.post(mona_at.path("survey_archive") + "?undo")
        survey.refresh_from_db()
        assert survey.state == "draft"
        page = mona_at.post("survey_delete")
        assert Survey.objects.present().filter(pk=survey.pk).count() == 0
        undo = next(line for line in page.content.decode().split('"') if "/surveys/restore/" in line)
        mona_at.client.post(undo)
        assert Survey.objects.present().filter(pk=survey.pk).count() == 1

    def test_a_viewer_changes_nothing(self, survey, vera, as_, mona_at):
        looker = as_(vera)
        for name in ("survey_publish", "survey_delete", "question_add", "survey_duplicate", "survey_edit"):
            assert looker.post(mona_at.path(name), {"revision": 1, "kind": "text"}).status_code == 403
        assert survey.questions.count() == 4


class TestAsking:
    @pytest.fixture
    def client(self, mona, as_):
        return as_(mona)

    def test_from_the_form_to_the_progress_page(self, acme, everybody, client):
        with acting_for(acme):
            survey = published()
        page = client.post(
            reverse("distribution_new", args=["acme"]),
            {
                "name": "Spring",
                "survey": survey.pk,
                "segment": everybody.pk,
                "sampling_percent": 100,
                "expires_after_days": 30,
                "subject-en": "How are we doing?",
            },
            follow=True,
        )
        html = page.content.decode()
        assert "Ask 1 person now?" in html
        assert "No e-mail address" in html
        assert "Cleo Quiet" in html
        with acting_for(acme):
            made = Distribution.objects.get()
        page = client.post(reverse("distribution_launch", args=["acme", made.pk]), follow=True)
        html = page.content.decode()
        assert "Launched: 1 people are being asked." in html or "1 " in html
        for which in ("", "waiting", "answered", "skipped", "failed"):
            assert (
                client.get(
                    reverse("distribution_detail", args=["acme", made.pk]) + f"?which={which}"
                ).status_code
                == 200
            )
        page = client.post(reverse("distribution_stop", args=["acme", made.pk]), follow=True)
        assert "Stopped" in page.content.decode()

    def test_a_time_that_is_over_is_refused_beside_the_field(self, acme, everybody, client):
        with acting_for(acme):
            made = Distribution.objects.create(name="x", survey=published(), segment=everybody)
        path = reverse("distribution_launch", args=["acme", made.pk])
        page = client.post(path, {"when": "2020-01-01T10:00"})
        assert page.status_code == 422
        assert "This time is over" in page.content.decode()
        page = client.post(path, {"when": "2099-01-01T10:00"}, follow=True)
        assert "Scheduled." in page.content.decode()
        assert client.get(reverse("distribution_edit", args=["acme", made.pk])).status_code == 200
        client.post(reverse("distribution_unschedule", args=["acme", made.pk]))
        with acting_for(acme):
            made.refresh_from_db()
        assert made.state == "draft"

    def test_an_invented_merge_field_in_the_subject_is_refused(self, acme, everybody, client):
        with acting_for(acme):
            survey = published()
        page = client.post(
            reverse("distribution_new", args=["acme"]),
            {
                "name": "Spring", "survey": survey.pk, "segment": everybody.pk, "sampling_percent": 100,
                "expires_after_days": 30, "subject-en": "{{ settings.SECRET_KEY }}",
            },
        )  # fmt: skip
        assert "is not a merge field" in page.content.decode()


class TestAnswers:
    @pytest.fixture
    def response(self, acme, answered):
        from surveys.models import Response

        with acting_for(acme):
            return Response.objects.order_by("-answered_at").first()

    def test_one_answer_is_read_in_the_words_it_was_asked_in(self, response, agnes, mona, as_):
        html = as_(mona).get(reverse("answer_detail", args=["acme", response.pk])).content.decode()
        assert "Words 0" in html
        assert "What should we do better first?" in html

    @pytest.mark.row("C11", "exclude from score with a reason")
    def test_an_answer_is_excluded_with_a_reason_and_put_back(self, acme, response, mona, as_):
        client = as_(mona)
        path = reverse("answer_exclusion", args=["acme", response.pk])
        assert client.post(path, {"reason": " "}).status_code == 422
        client.post(path, {"reason": "Sent by our own staff"})
        with acting_for(acme):
            response.refresh_from_db()
        assert response.excluded_at is not None
        assert not response.counts
        html = client.get(reverse("answer_detail", args=["acme", response.pk])).content.decode()
        assert "Sent by our own staff" in html
        client.post(path + "?undo")
        with acting_for(acme):
            response.refresh_from_db()
        assert response.counts

    def test_a_viewer_reads_no_single_answer(self, response, vera, as_):
        looker = as_(vera)
        assert looker.get(reverse("answer_detail", args=["acme", response.pk])).status_code == 403
        assert looker.get(reverse("answer_list", args=["acme"])).status_code == 403
        assert looker.get(reverse("answer_export", args=["acme"])).status_code == 403
        assert "Words " not in looker.get(reverse("overview", args=["acme"])).content.decode()

    def test_an_agent_of_another_branch_sees_nothing_of_it(self, acme, acme_units, agnes, bert, as_):
        with acting_for(acme):
            leeds = CustomerFactory(unit=acme_units.leeds)
            response = respond(
                InvitationFactory(customer=leeds, distribution=DistributionFactory()), 3, "Leeds words"
            )
        path = reverse("answer_detail", args=["acme", response.pk])
        assert as_(agnes).get(path).status_code == 200
        assert as_(bert).get(path).status_code == 404
        assert "Leeds words" in as_(agnes).get(reverse("answer_list", args=["acme"])).content.decode()
        assert "Leeds words" not in as_(bert).get(reverse("answer_list", args=["acme"])).content.decode()

    @pytest.mark.row("C11", "answers to CSV/XLSX")
    def test_answers_are_exported_and_formulas_disarmed(self, acme, answered, mona, as_):
        with acting_for(acme):
            distribution = Distribution.objects.get()
            respond(
                InvitationFactory(
                    customer=CustomerFactory(name="=cmd|'/c calc'!A0"), distribution=distribution
                ),
                3,
                '=HYPERLINK("http://evil.example")',
            )
        page = as_(mona).get(reverse("answer_export", args=["acme"]) + "?period=all")
        text = b"".join(page.streaming_content).decode("utf-8-sig")
        lines = text.splitlines()
        assert len(lines) == 62
        assert "'=HYPERLINK" in text
        assert "'=cmd" in text
        assert not any(line.startswith("=") or ",=" in line for line in lines)

    def test_filters_narrow_everything_alike(self, answered, mona, as_):
        client = as_(mona)
        html = client.get(
            reverse("answer_list", args=["acme"]) + "?category=detractor&period=all"
        ).content.decode()
        assert "Words 0" in html
        assert "Words 9<" not in html
        for query in (
            "?period=30", "?period=all&by=channel", "?by=stage&step=week", "?channel=nope", "?q=Words+7",
            "?from=2020-01-01&to=2020-02-01", "?from=nonsense", "?category=x&segment=seg_x&survey=sur_y",
            "?q=%00", "?step=quarter&period=all",
        ):  # fmt: skip
            for name in ("overview", "answer_list"):
                assert client.get(reverse(name, args=["acme"]) + query).status_code == 200, query
