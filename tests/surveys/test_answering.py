"""Accepting answers: once per invitation, as of the answer, with history, and nothing wakes that must not."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import News
from segments.models import Customer
from surveys import answering, reading
from surveys.kinds import Value
from surveys.models import Invitation, Response, ResponseEdit
from tests.factories.segments import CustomerFactory
from tests.factories.surveys import (
    DistributionFactory,
    InvitationFactory,
    draft,
    published,
    respond,
    system,
)

pytestmark = pytest.mark.usefixtures("in_acme")


@pytest.fixture
def ann(in_acme) -> Customer:
    return CustomerFactory(
        name="Ann Okafor", email="ann@okafor.example", stage="loyal", attributes={"store": "Riverside"}
    )


def news(name: str) -> list[News]:
    return list(News.objects.filter(name=name).order_by("id"))


def test_an_answer_is_kept_with_what_was_true_when_it_was_given(ann):
    invitation = InvitationFactory(customer=ann, distribution__touchpoint="purchase")
    response = respond(invitation, 3, "Third time the lamp came in pieces.", language="en")
    Customer.objects.filter(pk=ann.pk).update(stage="at risk", attributes={"store": "Old Market"})
    response.refresh_from_db()
    assert (response.score, response.category, response.state) == (3, "detractor", "complete")
    assert response.comment == "Third time the lamp came in pieces."
    assert (response.stage, response.attributes) == ("loyal", {"store": "Riverside"})
    assert (response.touchpoint, response.channel, response.language) == ("purchase", "email", "en")
    assert response.customer_id == ann.pk
    assert response.changed > 0
    assert {each.question: each.kind for each in response.answers.all()} == {
        "nps": "nps",
        "reason_detractor": "text",
    }


def test_the_customer_carries_the_latest_and_the_previous_score(ann):
    respond(InvitationFactory(customer=ann), 9)
    respond(InvitationFactory(customer=ann), 4)
    ann.refresh_from_db()
    assert (ann.last_score, ann.last_category) == (4, "detractor")
    assert (ann.previous_score, ann.previous_category) == (9, "promoter")
    assert ann.answer_count == 2
    assert ann.last_channel == "email"
    assert ann.last_response_id == Response.objects.latest("id").pk


def test_an_older_answer_that_comes_late_does_not_become_the_latest_fact(ann):
    respond(InvitationFactory(customer=ann), 9)
    respond(InvitationFactory(customer=ann), 2, at=timezone.now() - dt.timedelta(days=40))
    ann.refresh_from_db()
    assert ann.last_score == 9


def test_an_answer_tells_the_others_once(ann):
    response = respond(InvitationFactory(customer=ann), 3)
    (told,) = news("response.completed")
    assert told.subject_id == response.pk
    assert told.facts == {"survey": response.survey_id, "customer": ann.pk}


@pytest.mark.row("C10", "one response per invitation")
def test_the_same_form_sent_twice_is_one_answer_and_no_edit(ann):
    invitation = InvitationFactory(customer=ann)
    first = respond(invitation, 8, "Fine")
    second = respond(invitation, 8, "Fine")
    assert first.pk == second.pk
    assert Response.objects.count() == 1
    assert not ResponseEdit.objects.exists()
    assert len(news("response.completed")) == 1
    assert not news("response.amended")


def test_sending_again_changes_the_answer_and_keeps_what_it_said_before(ann):
    invitation = InvitationFactory(customer=ann)
    respond(invitation, 3, "Broken lamp")
    response = respond(invitation, 9, "They fixed it")
    assert Response.objects.count() == 1
    assert (response.score, response.comment) == (9, "They fixed it")
    assert {each.question for each in response.answers.all()} == {"nps", "reason_promoter"}
    edit = ResponseEdit.objects.get()
    assert edit.before["score"] == 3
    assert edit.before["comment"] == "Broken lamp"
    ann.refresh_from_db()
    assert (ann.last_score, ann.last_category, ann.answer_count) == (9, "promoter", 1)
    assert len(news("response.completed")) == 1
    assert len(news("response.amended")) == 1


def test_after_the_window_the_answer_stands(ann):
    invitation = InvitationFactory(customer=ann)
    respond(invitation, 3, at=timezone.now() - dt.timedelta(days=8))
    with pytest.raises(answering.Refused, match="answered"):
        respond(invitation, 10)
    assert Response.objects.get().score == 3


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"expires_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}, "expired"),
        ({"outcome": Invitation.Outcome.SKIPPED}, "not_asked"),
    ],
)
def test_a_closed_invitation_takes_no_answer_even_past_the_page(ann, facts, reason):
    with pytest.raises(answering.Refused, match=reason):
        respond(InvitationFactory(customer=ann, **facts), 9)
    assert not Response.objects.exists()


def test_a_raised_generation_makes_the_old_link_worthless(ann):
    invitation = InvitationFactory(customer=ann)
    stale = Invitation.objects.get(pk=invitation.pk)
    invitation.generation = 2
    invitation.save()
    with pytest.raises(answering.Refused, match="not_asked"):
        respond(stale, 9)


@pytest.mark.row("C10", "anonymous mode (no link kept, coarse time only)")
def test_an_anonymous_answer_keeps_no_link_and_only_the_day(ann):
    survey = published("How is it here", "employees")
    invitation = InvitationFactory(customer=ann, distribution=DistributionFactory(survey=survey))
    at = timezone.now()
    response = respond(invitation, 2, "Too many meetings", at=at)
    invitation.refresh_from_db()
    ann.refresh_from_db()
    assert response.invitation_id is None
    assert response.customer_id is None
    assert response.attributes == {}
    assert response.stage == ""
    local = response.answered_at.astimezone(dt.UTC)
    assert response.answered_at == response.created_at == response.started_at
    assert (local.minute, local.second, local.microsecond) == (0, 0, 0)
    assert invitation.started_at == invitation.completed_at == response.answered_at
    assert ann.last_score is None
    with pytest.raises(answering.Refused, match="answered"):
        respond(invitation, 9)
    (told,) = news("response.completed")
    assert "customer" not in told.facts


def test_the_database_refuses_a_link_on_an_anonymous_answer(ann):
    response = respond(InvitationFactory(customer=ann), 9)
    with pytest.raises(IntegrityError), transaction.atomic():
        Response.objects.filter(pk=response.pk).update(anonymous=True)


def test_test_and_imported_answers_wake_nobody_and_move_no_fact(ann):
    respond(InvitationFactory(customer=ann, mode="test"), 2)
    respond(None, 2, survey=published(), customer=ann, mode="imported", source="import")
    ann.refresh_from_db()
    assert ann.last_score is None
    assert not news("response.completed")
    assert Response.objects.counting().count() == 0


def test_a_response_outlives_its_customer(ann):
    response = respond(InvitationFactory(customer=ann), 9)
    Customer.objects.filter(pk=ann.pk).delete()
    response.refresh_from_db()
    assert response.customer_id is None
    assert response.score == 9


class TestSeveralPages:
    """A survey whose second page asks what it was about."""

    @pytest.fixture
    def invitation(self, ann):
        survey = draft("After purchase", "purchase")
        survey.questions.filter(key="about").update(starts_page=True)
        from surveys.publishing import publish

        publish(survey, by=system())
        survey.refresh_from_db()
        return InvitationFactory(customer=ann, distribution=DistributionFactory(survey=survey))

    @staticmethod
    def send(invitation, page, at=None, **values):
        version = invitation.distribution.version
        return answering.answer(
            values,
            version=version,
            invitation=invitation,
            page=page,
            at=at,
        )

    @pytest.mark.row(
        "C10", "partial answers kept (each page at its Next; on a one-page survey nothing before Send)"
    )
    def test_a_score_counts_once_its_page_was_sent(self, invitation, ann):
        accepted = self.send(invitation, 0, nps=Value(number=4))
        assert accepted.next_page == 1
        response = Response.objects.get()
        assert (response.state, response.score) == ("partial", 4)
        assert Response.objects.counting().count() == 1
        ann.refresh_from_db()
        assert ann.last_score == 4
        assert not news("response.completed")

    @pytest.mark.row("C10", "`response.completed` is recorded at the last page")
    def test_the_last_page_completes_and_tells(self, invitation):
        self.send(invitation, 0, nps=Value(number=4))
        accepted = self.send(invitation, 1, about=Value(choices=("c1", "c2")))
        assert accepted.next_page is None
        response = Response.objects.get()
        assert (response.state, response.pages_sent) == ("complete", 2)
        assert response.completed_at is not None
        assert [each.subject_id for each in news("response.completed")] == [response.pk]
        assert not news("response.amended")
        invitation.refresh_from_db()
        assert invitation.completed_at is not None

    @pytest.mark.row("C10", "`response.completed` once, 30 minutes after the last Next (marked partial)")
    def test_a_partial_answer_is_told_once_after_thirty_minutes(self, invitation, in_acme):
        start = timezone.now()
        self.send(invitation, 0, at=start, nps=Value(number=4))
        assert answering.due(in_acme, start + dt.timedelta(minutes=29)) == 0
        assert answering.due(in_acme, start + dt.timedelta(minutes=31)) == 1
        assert answering.due(in_acme, start + dt.timedelta(minutes=62)) == 0
        assert len(news("response.completed")) == 1
        assert Response.objects.get().state == "partial"

    @pytest.mark.row(
        "C10", "later pages are `response.amended`, which wakes no second follow-up, alert or case"
    )
    def test_a_page_after_that_amends_and_does_not_complete_again(self, invitation, in_acme):
        start = timezone.now()
        self.send(invitation, 0, at=start, nps=Value(number=4))
        answering.due(in_acme, start + dt.timedelta(minutes=31))
        self.send(invitation, 1, at=start + dt.timedelta(hours=2), about=Value(choices=("c1",)))
        assert len(news("response.completed")) == 1
        assert len(news("response.amended")) == 1
        assert Response.objects.get().state == "complete"

    def test_going_back_and_sending_the_first_page_again_is_an_edit(self, invitation):
        self.send(invitation, 0, nps=Value(number=4))
        self.send(invitation, 0, nps=Value(number=7))
        assert Response.objects.get().score == 7
        assert ResponseEdit.objects.get().before["score"] == 4


def test_values_of_hidden_questions_are_not_kept():
    definition = answering.definition_of(published().version())
    sheet = reading.read_form(
        definition,
        definition.questions,
        {"nps": ["10"], "reason_detractor": ["x"], "reason_promoter": ["Lovely"]},
    )
    assert set(sheet.values) == {"nps", "reason_promoter"}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (["9.5"], "not_whole"),
        (["11"], "off_scale"),
        (["-1"], "off_scale"),
        ([""], "score_required"),
        ([], "score_required"),
        (["9", "10"], "only_one"),
        (["９"], "not_whole"),
        (["1e1"], "not_whole"),
        (["99999999999999999999"], "off_scale"),
    ],
)
def test_what_is_not_a_score_is_refused_beside_the_field(given, code):
    definition = answering.definition_of(published().version())
    sheet = reading.read_form(definition, definition.questions, {"nps": given})
    assert sheet.errors["nps"].code == code
    assert "nps" not in sheet.values
