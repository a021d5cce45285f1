"""The automatic follow-up: the right category, once per answer, asleep for what does not count."""

import pytest

from accounts.models import News
from accounts.models.mode import Mode
from outreach import asking, following_up, triggers
from outreach.models import FollowUp, Message, SendKey, Template, Wording
from surveys.models import Distribution, Invitation
from tests.factories.segments import CustomerFactory
from tests.factories.surveys import DistributionFactory, InvitationFactory, respond

pytestmark = pytest.mark.usefixtures("in_acme")


@pytest.fixture
def rules(in_acme):
    made = {}
    for rule in following_up.rules():
        template = Template.objects.create(
            name=rule.category,
            message_class="relationship",
            subject={"en": f"To {rule.category}s"},
            body={"en": "You gave {{ answer.score }}: {{ answer.comment | default: '' }}"},
        )
        rule.template, rule.enabled = template, True
        rule.save()
        made[rule.category] = rule
    return made


def hear(response) -> None:
    for news in News.objects.filter(name="response.completed", subject_id=response.pk):
        triggers.response_completed(news)


@pytest.mark.parametrize(
    ("score", "subject"), [(0, "To detractors"), (6, "To detractors"), (7, "To passives"), (8, "To passives"),
                           (9, "To promoters"), (10, "To promoters")]
)  # fmt: skip
def test_each_category_gets_its_own_words_once_per_answer(rules, score, subject):
    response = respond(InvitationFactory(customer=CustomerFactory()), score, "Because.")
    hear(response)
    hear(response)
    message = Message.objects.get(origin_kind="followup")
    assert Wording.objects.get(pk=message.wording_id).subject == subject
    assert message.message_class == "relationship" and message.topic == "surveys"
    assert message.facts["answer"] == {
        "score": score, "comment": "Because.", "category": subject.removeprefix("To ").removesuffix("s"),
    }  # fmt: skip
    assert message.expires_at is not None and not message.capped


@pytest.mark.parametrize("mode", [Mode.TEST, Mode.IMPORTED, Mode.DEMO])
def test_answers_that_do_not_count_are_not_followed_up(rules, mode):
    response = respond(InvitationFactory(customer=CustomerFactory()), 10)
    response.mode = mode
    response.save()
    hear(response)
    assert not SendKey.objects.exists()


def test_an_anonymous_answer_and_a_rule_that_is_off_send_nothing(rules):
    hear(respond(None, 10))
    FollowUp.objects.update(enabled=False)
    hear(respond(InvitationFactory(customer=CustomerFactory()), 10))
    assert not SendKey.objects.exists()


def test_a_template_with_an_offer_goes_as_marketing_and_so_needs_consent(rules):
    Template.objects.filter(name="promoter").update(message_class="marketing")
    hear(respond(InvitationFactory(customer=CustomerFactory()), 10))
    message = Message.objects.get()
    assert (message.message_class, message.topic, message.capped) == ("marketing", "marketing", True)


class TestAsking:
    @pytest.fixture
    def invitations(self):
        distribution = DistributionFactory()
        return [
            InvitationFactory(
                distribution=distribution,
                customer=CustomerFactory(),
                outcome=Invitation.Outcome.WAITING,
                sent_at=None,
            )
            for _ in range(3)
        ]

    def test_each_waiting_invitation_gets_one_message_however_often_the_news_is_heard(self, invitations):
        distribution = invitations[0].distribution
        assert asking.make_messages(distribution.pk) == 3
        assert asking.make_messages(distribution.pk) == 0
        keys = SendKey.objects.filter(origin_kind="invitation")
        assert set(keys.values_list("origin_id", flat=True)) == {invitation.pk for invitation in invitations}
        facts = Message.objects.get(origin_id=invitations[0].pk).facts
        assert facts == {"invitation": invitations[0].pk, "generation": 1}

    def test_a_large_distribution_goes_batch_by_batch_each_once(self, invitations, monkeypatch):
        monkeypatch.setattr(asking, "BATCH", 2)
        distribution = invitations[0].distribution
        assert asking.make_messages(distribution.pk) == 2
        news = News.objects.get(name="distribution.queued")
        assert news.facts == {"upto": invitations[1].pk}
        triggers.distribution_queued(news)
        triggers.distribution_queued(news)
        assert Message.objects.count() == SendKey.objects.count() == 3
        assert News.objects.filter(name="distribution.queued").count() == 1

    def test_a_stop_between_two_batches_ends_it(self, invitations, monkeypatch):
        monkeypatch.setattr(asking, "BATCH", 2)
        distribution = invitations[0].distribution
        asking.make_messages(distribution.pk)
        Distribution.objects.filter(pk=distribution.pk).update(state=Distribution.State.STOPPED)
        triggers.distribution_queued(News.objects.get(name="distribution.queued"))
        assert SendKey.objects.count() == 2

    def test_stopping_a_distribution_takes_back_what_waits(self, invitations):
        distribution = invitations[0].distribution
        asking.make_messages(distribution.pk)
        assert asking.withdraw(distribution.pk) == 3
        assert not Message.objects.exists() and SendKey.objects.outcomes() == {"skipped": 3}

    def test_a_member_s_own_test_goes_to_them_alone(self, invitations, mona):
        asking.try_out(invitations[0].pk, mona.user_id)
        message = Message.objects.get()
        assert (message.address, message.mode, message.origin_kind) == (mona.user.email, "test", "test")
