"""The page on which people answer, over HTTP: what a link may do, what a form may say, what is shown."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.tenancy.context import acting_for
from surveys import inviting
from surveys.models import Invitation, Response
from surveys.publishing import publish
from tests.factories.segments import CustomerFactory
from tests.factories.surveys import (
    DistributionFactory,
    InvitationFactory,
    draft,
    published,
    respond,
    system,
)

MISSING = 404


@pytest.fixture
def visitor() -> Client:
    return Client()


@pytest.fixture
def invitation(acme) -> Invitation:
    with acting_for(acme):
        ann = CustomerFactory(name="Ann Okafor", first_name="Ann")
        return InvitationFactory(
            customer=ann, distribution__survey=published(thanks_detractor={"en": "A person answers."})
        )


def path_of(invitation: Invitation) -> str:
    return f"/s/{inviting.token(invitation)}"


def fields(html: str) -> dict[str, str]:
    """The hidden fields of the form, as a browser would send them."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html))


def send(visitor: Client, path: str, follow: bool = True, **values):
    """Open the page and send its form."""
    form = fields(visitor.get(path).content.decode())
    return visitor.post(path, {**form, **values}, follow=follow)


def count(acme) -> int:
    with acting_for(acme):
        return Response.objects.count()


def the_response(acme) -> Response:
    with acting_for(acme):
        return Response.objects.get()


def test_somebody_answers_and_is_thanked_by_category(acme, visitor, invitation):
    page = send(visitor, path_of(invitation), nps="3", reason_detractor="Three broken lamps")
    assert page.redirect_chain[0][1] == 303
    html = page.content.decode()
    assert "Thank you, Ann." in html
    assert "A person answers." in html
    assert "Three broken lamps" in html
    response = the_response(acme)
    assert (response.score, response.comment, response.language) == (3, "Three broken lamps", "en")


@pytest.mark.row("C4", "opening a link never records an answer")
@pytest.mark.parametrize("query", ["", *(f"?score={number}" for number in range(11)), "?score=3&submit=1"])
def test_opening_a_link_records_nothing(acme, visitor, invitation, query):
    for method in (visitor.get, visitor.head):
        assert method(path_of(invitation) + query).status_code == 200
    assert count(acme) == 0
    with acting_for(acme):
        found = Invitation.objects.get()
    assert found.opened_at is not None
    assert found.started_at is None


@pytest.mark.row("C4", "a tap opens the page with that score chosen")
def test_a_score_in_the_link_is_chosen_and_can_be_changed(acme, visitor, invitation):
    html = visitor.get(path_of(invitation) + "?score=9").content.decode()
    assert re.search(r'id="nps-9" value="9" checked', html)
    assert html.count(" checked") == 1
    send(visitor, path_of(invitation) + "?score=9", nps="4")
    assert the_response(acme).score == 4


@pytest.mark.parametrize("score", ["11", "-1", "9.5", "x", "", "9 OR 1", "٩"])
def test_a_wrong_score_in_the_link_chooses_nothing(visitor, invitation, score):
    page = visitor.get(path_of(invitation), {"score": score})
    assert page.status_code == 200
    assert " checked" not in page.content.decode()


def test_a_head_request_leaves_no_trace_at_all(acme, visitor, invitation):
    visitor.head(path_of(invitation))
    with acting_for(acme):
        assert Invitation.objects.get().opened_at is None


@pytest.mark.parametrize(
    ("score", "sentence"),
    [
        ("9.5", "is not a whole number"),
        ("11", "11 is not on the scale"),
        ("-1", "-1 is not on the scale"),
        (None, "Choose a number from 0 to 10."),
    ],
)
def test_what_is_not_a_score_is_told_beside_the_field_and_nothing_is_lost(
    acme, visitor, invitation, score, sentence
):
    values = {"reason_promoter": "Lovely lamp"} | ({} if score is None else {"nps": score})
    page = send(visitor, path_of(invitation), **values)
    html = page.content.decode()
    assert page.status_code == 422
    assert sentence in html
    assert 'id="err-nps"' in html
    assert 'aria-invalid="true"' in html
    assert "Lovely lamp" in html
    assert count(acme) == 0


@pytest.mark.row("C10", "one response per invitation")
def test_a_form_sent_twice_is_one_answer(acme, visitor, invitation):
    path = path_of(invitation)
    form = {**fields(visitor.get(path).content.decode()), "nps": "9", "reason_promoter": "Quick"}
    first, second = visitor.post(path, form), visitor.post(path, form)
    assert first.status_code == second.status_code == 303
    response = the_response(acme)
    with acting_for(acme):
        assert response.edits.count() == 0


def test_the_answer_can_be_changed_within_the_window(acme, visitor, invitation):
    path = path_of(invitation)
    send(visitor, path, nps="3", reason_detractor="Broken")
    assert "Change my answer" in visitor.get(path).content.decode()
    again = visitor.get(path + "?change").content.decode()
    assert 'id="nps-3" value="3" checked' in again
    assert "Broken" in again
    send(visitor, path + "?change", nps="8", reason_passive="Mended")
    response = the_response(acme)
    assert (response.score, response.comment) == (8, "Mended")
    with acting_for(acme):
        assert response.edits.count() == 1


def test_a_used_link_says_so_after_the_window(acme, visitor, invitation):
    path = path_of(invitation)
    with acting_for(acme):
        respond(invitation, 3, at=timezone.now() - dt.timedelta(days=9))
    page = visitor.get(path + "?change")
    assert "Change my answer" not in page.content.decode()
    page = visitor.post(path, {**form_of(visitor, acme), "nps": "10"})
    assert page.status_code in (409, 422)
    assert the_response(acme).score == 3


def form_of(visitor, acme) -> dict[str, str]:
    """Fields of a form of somebody else's page: their nonce is worth nothing here."""
    with acting_for(acme):
        other = InvitationFactory(customer=CustomerFactory())
    return fields(visitor.get(path_of(other)).content.decode())


def test_a_post_without_the_nonce_of_a_page_view_records_nothing(acme, visitor, invitation):
    path = path_of(invitation)
    for form in ({}, {"view": "forged"}, form_of(visitor, acme)):
        page = visitor.post(path, {**form, "nps": "10", "reason_promoter": "Kept"})
        assert page.status_code == 409
        assert "press Send once more" in page.content.decode()
        assert "Kept" in page.content.decode()
    assert count(acme) == 0


def test_wrong_expired_revoked_and_foreign_links_look_alike(acme, globex, visitor, invitation):
    with acting_for(acme):
        expired = InvitationFactory(
            customer=CustomerFactory(), expires_at=timezone.now() - dt.timedelta(seconds=1)
        )
        stale = path_of(invitation)
        inviting.revoke(invitation)
    with acting_for(globex):
        foreign = tokens.derive("survey", globex.pk, invitation.pk)
    paths = [
        stale,
        path_of(expired),
        f"/s/{foreign}",
        f"/s/{tokens.derive('unsubscribe', acme.pk, invitation.pk)}",
        f"/s/{tokens.derive('survey', acme.pk, 987654321)}",
        "/s/nonsense",
        path_of(invitation)[:-1],
    ]
    bodies = set()
    for path in paths:
        for method in (visitor.get, visitor.post):
            page = method(path)
            assert page.status_code == MISSING
            bodies.add(re.sub(rb"nonce=\S+", b"", page.content))
    assert len(bodies) == 1
    assert b"There is nothing here." in bodies.pop()
    assert visitor.get(path_of(invitation)).status_code == 200


def test_a_closed_survey_says_so_and_takes_nothing(acme, visitor, invitation):
    form = fields(visitor.get(path_of(invitation)).content.decode())
    with acting_for(acme):
        survey = invitation.distribution.survey
        survey.state = survey.State.ARCHIVED
        survey.save()
    assert "This survey is closed." in visitor.get(path_of(invitation)).content.decode()
    page = visitor.post(path_of(invitation), {**form, "nps": "9"})
    assert page.status_code == 409
    assert "This survey is closed." in page.content.decode()
    assert count(acme) == 0


def test_the_respondents_text_stays_text(visitor, invitation):
    words = "<script>alert(1)</script>{{ 7|add:7 }}{% now 'Y' %}"
    html = send(visitor, path_of(invitation), nps="9", reason_promoter=words).content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7|add:7 }}" in html


def test_the_page_uses_no_cookie_no_script_and_no_referrer(visitor, invitation):
    page = visitor.get(path_of(invitation))
    assert not page.cookies
    assert b"<script" not in page.content
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    sent = send(visitor, path_of(invitation), follow=False, nps="9")
    assert not sent.cookies


@pytest.mark.row("C3", "under 30 KB")
def test_the_page_is_one_request_of_under_14_kilobytes(visitor, invitation):
    page = visitor.get(path_of(invitation))
    assert len(page.content) < 14 * 1024
    assert not re.findall(rb'(?:src|href)="(?!data:|\?|/c/)([^"#]+)"', page.content)


@pytest.mark.row("C1", "translations in one survey")
def test_the_survey_speaks_the_customers_language(acme, visitor):
    with acting_for(acme):
        survey = draft(locales=["de"])
        for question in survey.questions.all():
            question.text["de"] = f"Auf Deutsch {question.key}"
            question.save()
        publish(survey, by=system())
        survey.refresh_from_db()
        anke = InvitationFactory(
            customer=CustomerFactory(locale="de-AT"), distribution=DistributionFactory(survey=survey)
        )
    html = visitor.get(path_of(anke)).content.decode()
    assert '<html lang="de"' in html
    assert "Auf Deutsch nps" in html
    assert 'href="?lang=en"' in html
    assert "How likely are you to recommend Acme" in visitor.get(path_of(anke) + "?lang=en").content.decode()
    send(visitor, path_of(anke), nps="9")
    assert the_response(acme).language == "de"


@pytest.mark.row("C1", "piping with fallback")
def test_a_question_names_the_customer_or_falls_back(acme, visitor):
    with acting_for(acme):
        survey = draft()
        question = survey.questions.get(key="nps")
        question.text = {"en": '{{ customer.first_name | default: "Hello" }}, would you recommend us?'}
        question.save()
        publish(survey, by=system())
        survey.refresh_from_db()
        distribution = DistributionFactory(survey=survey)
        ann = InvitationFactory(customer=CustomerFactory(first_name="Ann <b>"), distribution=distribution)
        nameless = InvitationFactory(customer=CustomerFactory(first_name=""), distribution=distribution)
    assert "Ann &lt;b&gt;, would you recommend us?" in visitor.get(path_of(ann)).content.decode()
    assert "Hello, would you recommend us?" in visitor.get(path_of(nameless)).content.decode()


class TestSeveralPages:
    @pytest.fixture
    def survey(self, acme):
        with acting_for(acme):
            survey = draft("After purchase", "purchase")
            survey.questions.filter(key="about").update(starts_page=True)
            publish(survey, by=system())
            survey.refresh_from_db()
            return survey

    @pytest.mark.row(
        "C10", "partial answers kept (each page at its Next; on a one-page survey nothing before Send)"
    )
    def test_next_keeps_the_page_and_shows_the_following_one(self, acme, visitor, survey):
        with acting_for(acme):
            invitation = InvitationFactory(
                customer=CustomerFactory(), distribution=DistributionFactory(survey=survey)
            )
        path = path_of(invitation)
        assert ">Next</button>" in visitor.get(path).content.decode()
        page = send(visitor, path, nps="5", reason_detractor="Slow")
        assert "What is it about?" in page.content.decode()
        assert ">Send my answer</button>" in page.content.decode()
        response = the_response(acme)
        assert (response.state, response.score) == ("partial", 5)
        # Coming back later by the same link goes on where it was left.
        assert "What is it about?" in Client().get(path).content.decode()
        page = send(visitor, path, about=["c1", "c3"])
        assert "Thank you" in page.content.decode()
        response = the_response(acme)
        assert response.state == "complete"
        with acting_for(acme):
            assert response.answers.get(question="about").choices == ["c1", "c3"]

    def test_an_anonymous_survey_goes_on_without_a_link(self, acme, visitor, survey):
        with acting_for(acme):
            survey.anonymous = True
            survey.save()
            publish(survey, by=system())
            survey.refresh_from_db()
            invitation = InvitationFactory(
                customer=CustomerFactory(), distribution=DistributionFactory(survey=survey)
            )
        path = path_of(invitation)
        page = send(visitor, path, nps="5")
        assert page.status_code == 200
        page = visitor.post(path, {**fields(page.content.decode()), "about": ["c2"]})
        assert "Thank you." in page.content.decode()
        response = the_response(acme)
        assert (response.state, response.invitation_id, response.customer_id) == ("complete", None, None)
        assert "Your answer is with us." in visitor.get(path).content.decode()

    def test_an_unknown_choice_is_refused(self, acme, visitor, survey):
        with acting_for(acme):
            invitation = InvitationFactory(
                customer=CustomerFactory(), distribution=DistributionFactory(survey=survey)
            )
        send(visitor, path_of(invitation), nps="5")
        page = send(visitor, path_of(invitation), about=["c99"])
        assert page.status_code == 422
        assert "is not one of the choices" in page.content.decode()


@pytest.mark.row("C10", "verified and open sources kept apart")
def test_an_open_link_is_a_source_of_its_own(acme, visitor):
    with acting_for(acme):
        survey = published(open_link=True)
        path = f"/open/{tokens.derive('open', acme.pk, survey.pk)}"
    page = send(visitor, path, nps="10")
    assert "Thank you." in page.content.decode()
    response = the_response(acme)
    assert (response.source, response.channel, response.customer_id) == ("open", "link", None)
    with acting_for(acme):
        survey.open_link = False
        survey.save()
    assert visitor.get(path).status_code == MISSING
