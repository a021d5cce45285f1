"""Caring for unhappy customers: who gets the case, how its clock runs, and what stops it."""

import datetime as dt
from email import message_from_bytes, policy

import pytest
from django.utils import timezone

from accounts.acting import system_actor
from accounts.models import News
from accounts.models.mode import Mode
from accounts.tenancy.context import acting_for
from outreach import alerting, caring, merging, triggers
from outreach.caring import CaseError, SomebodyWasFaster
from outreach.delivery.mime import Letter
from outreach.models import Alert, Case, CaseDraft, CaseEvent, Message, SendKey, Wording
from segments.models import CustomerEvent
from tests.factories.segments import CustomerFactory
from tests.factories.surveys import InvitationFactory, respond

NOON = dt.datetime(2026, 11, 18, 12, 0, tzinfo=dt.UTC)  # a Wednesday


@pytest.fixture
def ann(in_acme, acme_units):
    return CustomerFactory(name="Ann Okafor", email="ann@okafor.example", unit=acme_units.leeds)


def hear(response, name: str = "response.completed") -> None:
    """The relay, for one piece of news."""
    for news in News.objects.filter(name=name, subject_id=response.pk):
        triggers.response_completed(news)


def answered(customer, score: int, comment: str = "", **more):
    """An invited customer's answer, heard by the listeners."""
    response = respond(InvitationFactory(customer=customer), score, comment, **more)
    hear(response)
    return response


@pytest.mark.row("G2", "opened by rule")
def test_a_detractor_s_answer_opens_a_case_once_however_often_it_is_heard(ann, agnes):
    response = answered(ann, 3, "Third time the lamp came in pieces.")
    hear(response)
    case = Case.objects.get()
    assert (case.customer, case.response, case.score, case.unit) == (ann, response, 3, ann.unit)
    assert Case.objects.count() == 1
    assert CustomerEvent.objects.filter(customer_id=ann.pk, name="case.opened").count() == 1


@pytest.mark.parametrize("score", [7, 8, 9, 10])
def test_nobody_else_gets_a_case(ann, agnes, score):
    answered(ann, score)
    assert not Case.objects.exists() and not Alert.objects.exists()


@pytest.mark.parametrize("mode", [Mode.TEST, Mode.IMPORTED, Mode.DEMO])
def test_answers_that_do_not_count_wake_nobody(ann, agnes, mode):
    response = respond(InvitationFactory(customer=ann), 0, "broken")
    response.mode = mode
    response.save()
    hear(response)
    assert not Case.objects.exists() and not Alert.objects.exists() and not SendKey.objects.exists()


@pytest.mark.row("G2", "owner by rule or turn")
def test_cases_are_given_in_turn_to_agents_who_see_the_unit(in_acme, acme_units, agnes, bert, mona):
    from accounts.models import Role
    from tests.factories.accounts import member

    ida = member(in_acme, "Ida North", Role.AGENT, acme_units.north)
    owners = []
    for number in range(4):
        customer = CustomerFactory(name=f"Leeds {number}", unit=acme_units.leeds)
        answered(customer, 2)
        owners.append(Case.objects.get(customer=customer).owner)
    assert owners == [agnes, ida, agnes, ida]
    dover = CustomerFactory(name="Dover", unit=acme_units.dover)
    answered(dover, 2)
    assert Case.objects.get(customer=dover).owner == bert


def test_without_an_agent_the_case_is_free_and_everybody_who_may_is_told(ann, mona, alice, vera):
    answered(ann, 1)
    assert Case.objects.get().owner is None
    assert {alert.membership for alert in Alert.objects.all()} == {mona, alice}


@pytest.mark.row("G1", "in the app")
def test_an_alert_is_one_row_per_member_who_may_see_the_unit_and_reading_is_one_s_own(
    ann, agnes, bert, mona, vera
):
    response = answered(ann, 0)
    hear(response)
    assert {alert.membership for alert in Alert.objects.all()} == {agnes, mona}
    assert alerting.unread_count(agnes) == 1
    alerting.mark_read(agnes)
    assert (alerting.unread_count(agnes), alerting.unread_count(mona)) == (0, 1)


@pytest.mark.row("G1", "e-mail")
def test_the_owner_of_the_case_is_told_by_mail_and_who_switched_it_off_is_not(ann, agnes, mona):
    answered(ann, 0, "Broken.")
    assert [key.origin_kind for key in SendKey.objects.all()] == ["alert"]
    assert SendKey.objects.get().message_class == "service"
    agnes.notifications = {"alerts": False}
    agnes.save()
    ben = CustomerFactory(name="Ben", unit=ann.unit)
    answered(ben, 0)
    assert SendKey.objects.count() == 1


def test_a_second_answer_joins_the_open_case(ann, agnes):
    answered(ann, 3)
    response = answered(ann, 1)
    hear(response)
    case = Case.objects.get()
    assert case.events.filter(kind=CaseEvent.Kind.ANSWERED).count() == 1


@pytest.mark.row("G2", "24 h clock with business hours and pause")
def test_the_clock_starts_with_the_answer_leaves_closed_days_out_and_stands_still_while_waiting(
    in_acme, ann, agnes, actor_of
):
    friday = dt.datetime(2026, 11, 20, 16, 0, tzinfo=dt.UTC)
    response = respond(InvitationFactory(customer=ann), 2, at=friday)
    hear(response)
    case = Case.objects.get()
    assert case.due_at == dt.datetime(2026, 11, 23, 16, 0, tzinfo=dt.UTC)
    by = actor_of(agnes)
    caring.wait(case, by=by, at=friday + dt.timedelta(hours=2))
    case.refresh_from_db()
    assert case.state == "waiting" and not case.is_late(friday + dt.timedelta(days=9))
    back = dt.datetime(2026, 11, 25, 10, 0, tzinfo=dt.UTC)
    caring.resume(case, by=by, at=back)
    case.refresh_from_db()
    # Six hours of Friday were left to run after two had passed, and sixteen of the day that followed.
    assert (case.state, case.due_at) == ("new", dt.datetime(2026, 11, 26, 8, 0, tzinfo=dt.UTC))


def test_the_first_human_contact_stops_the_clock_and_a_note_does_not(ann, agnes, actor_of):
    by = actor_of(agnes)
    response = respond(InvitationFactory(customer=ann), 2, at=NOON)
    hear(response)
    case = Case.objects.get()
    caring.note(case, text="Same supplier as case 402.", by=by, at=NOON + dt.timedelta(minutes=5))
    case.refresh_from_db()
    assert case.first_contact_at is None
    caring.call(case, text="She wants a new one.", by=by, at=NOON + dt.timedelta(minutes=9))
    case.refresh_from_db()
    assert (case.state, case.first_contact_at) == ("in_contact", NOON + dt.timedelta(minutes=9))
    assert not case.is_late(NOON + dt.timedelta(days=30))


@pytest.mark.row("G2", "answer from the case on the right channel")
def test_an_answer_goes_out_as_a_service_mail_and_is_kept_as_it_was_written(ann, agnes, actor_of):
    answered(ann, 2)
    case = Case.objects.get()
    caring.reply(case, subject="Your lamp", text="Dear Ann,\n{{ it }} <leaves> today.", by=actor_of(agnes))
    key = SendKey.objects.get(origin_kind="case")
    assert (key.customer, key.message_class, key.topic) == (ann, "service", "service")
    message = Message.objects.get(pk=key.pk)
    wording = Wording.objects.get(pk=message.wording_id)
    # What was written is the customer's own matter: it goes with the message, not with the wordings that stay.
    assert (
        "leaves today" not in wording.html + wording.text
        and message.facts["letter"]["subject"] == "Your lamp"
    )
    letter = Letter(merging.words(wording)).merge(
        message.facts, to="ann@okafor.example", message_id="1@x", date=b"", automatic=True
    )
    mail = message_from_bytes(letter, policy=policy.default)
    assert mail["Subject"] == "Your lamp"
    html, plain = (mail.get_body(kind).get_content().replace("\r\n", "\n") for kind in ("html", "plain"))
    assert "Dear Ann,<br />\n{{ it }} &lt;leaves&gt; today." in html
    assert "Dear Ann,\n{{ it }} <leaves> today." in plain
    event = case.events.get(kind=CaseEvent.Kind.REPLIED)
    assert (event.subject, event.text, event.send_key) == (
        "Your lamp",
        "Dear Ann,\n{{ it }} <leaves> today.",
        key,
    )


def test_a_reply_to_a_case_that_somebody_closed_is_refused(ann, agnes, mona, actor_of):
    answered(ann, 2)
    case = Case.objects.get()
    caring.close(case, cause="Packaging", outcome="solved", by=actor_of(mona))
    with pytest.raises(SomebodyWasFaster, match="Mona Lund closed this case"):
        caring.reply(case, subject="Late", text="Too late.", by=actor_of(agnes))
    assert not SendKey.objects.filter(origin_kind="case").exists()


@pytest.mark.row("G2", "root cause")
def test_a_case_closes_only_with_a_cause_and_an_outcome_and_can_be_reopened(ann, agnes, actor_of):
    by = actor_of(agnes)
    answered(ann, 2)
    case = Case.objects.get()
    for cause, outcome in (("", "solved"), ("Packaging", ""), ("Packaging", "whatever")):
        with pytest.raises(CaseError):
            caring.close(case, cause=cause, outcome=outcome, by=by)
    caring.close(case, cause="Packaging: inner tray", outcome="solved", by=by)
    case.refresh_from_db()
    assert (case.state, case.cause, case.closed_by) == ("closed", "Packaging: inner tray", agnes)
    caring.reopen(case, by=by)
    case.refresh_from_db()
    assert (case.state, case.closed_at) == ("new", None)


def test_a_late_case_is_flagged_once_to_its_owner(ann, agnes, mona):
    response = respond(InvitationFactory(customer=ann), 2, at=NOON)
    hear(response)
    case = Case.objects.get()
    assert caring.flag_late(case.due_at - dt.timedelta(seconds=1)) == 0
    assert caring.flag_late(case.due_at + dt.timedelta(seconds=1)) == 1
    assert caring.flag_late(case.due_at + dt.timedelta(hours=1)) == 0
    assert [alert.membership for alert in Alert.objects.filter(kind="case_late")] == [agnes]


def test_the_queue_is_sorted_by_the_clock(in_acme, agnes, acme_units, actor_of):
    late, soon, paused, met = (
        caring.open_case(
            customer=CustomerFactory(name=name, unit=acme_units.leeds), at=NOON + dt.timedelta(hours=hours)
        )
        for name, hours in (("late", -30), ("soon", -3), ("paused", -40), ("met", -50))
    )
    by = actor_of(agnes)
    caring.wait(paused, by=by, at=NOON)
    caring.call(met, text="", by=by, at=NOON)
    assert list(Case.objects.open().by_the_clock()) == [late, soon, met, paused]
    figures = caring.figures(by, NOON)
    assert (figures.late, figures.today, figures.later, figures.in_contact, figures.paused) == (1, 0, 1, 1, 1)


def test_numbers_follow_each_other_in_each_organization(in_acme, globex):
    assert [caring.open_case(customer=CustomerFactory()).number for _ in range(3)] == [1, 2, 3]
    with acting_for(globex):
        assert caring.open_case(customer=CustomerFactory()).number == 1


def test_open_cases_of_a_member_who_leaves_go_to_the_heir_who_may_see_them(
    ann, agnes, mona, bert, actor_of, alice
):
    from outreach.handovers import CASES

    answered(ann, 2)
    by = actor_of(alice)
    assert CASES.count(agnes) == 1
    CASES.give(agnes, bert, by)
    assert Case.objects.get().owner is None
    caring.assign(Case.objects.get(), to=agnes, by=by)
    CASES.give(agnes, mona, by)
    assert Case.objects.get().owner == mona


class TestPages:
    """The queue and one case, in the browser's words."""

    @pytest.fixture
    def case(self, acme, acme_units, agnes):
        with acting_for(acme):
            ann = CustomerFactory(name="Ann Okafor", email="ann@okafor.example", unit=acme_units.leeds)
            response = respond(InvitationFactory(customer=ann), 3, "Tired of your boxes.")
            hear(response)
            return Case.objects.get()

    def test_the_queue_shows_the_words_the_owner_and_the_clock(self, case, as_, agnes, acme):
        page = as_(agnes).get(f"/o/{acme.slug}/cases/")
        for words in (b"Ann Okafor", b"Tired of your boxes.", b"Agnes Roy", b"left", b"to first contact"):
            assert words in page.content
        assert "Nobody is waiting" not in page.content.decode()

    def test_an_empty_queue_says_so(self, as_, mona, acme):
        assert "Nobody is waiting" in as_(mona).get(f"/o/{acme.slug}/cases/").content.decode()

    def test_another_branch_does_not_see_the_case_and_a_viewer_sees_none(self, case, as_, bert, vera, acme):
        assert as_(bert).get(f"/o/{acme.slug}/cases/{case.number}/").status_code == 404
        assert b"Ann Okafor" not in as_(bert).get(f"/o/{acme.slug}/cases/").content
        assert as_(vera).get(f"/o/{acme.slug}/cases/").status_code == 403

    @pytest.mark.row("G2", "states")
    @pytest.mark.row("G2", "notes")
    def test_an_agent_works_a_case_from_the_page_to_its_close(self, case, as_, agnes, acme):
        browser, base = as_(agnes), f"/o/{acme.slug}/cases/{case.number}/"

        def state() -> str:
            with acting_for(acme):
                return Case.objects.get(pk=case.pk).state

        assert browser.get(base).status_code == 200
        assert browser.post(f"{base}notes/", {"text": "Same supplier as 402."}).status_code == 302
        assert state() == "new"
        assert browser.post(f"{base}wait/").status_code == 302 and state() == "waiting"
        assert browser.post(f"{base}wait/end/").status_code == 302 and state() == "new"
        sent = browser.post(
            f"{base}replies/", {"subject": "Your lamp", "text": "Dear Ann, a new one leaves today."}
        )
        assert sent.status_code == 302 and state() == "in_contact"
        refused = browser.post(f"{base}closure/", {"cause": "", "outcome": ""})
        assert refused.status_code == 422 and state() == "in_contact"
        done = browser.post(f"{base}closure/", {"cause": "Packaging", "outcome": "solved"})
        assert done.status_code == 302 and state() == "closed"
        page = browser.get(base).content.decode()
        for words in (
            "Same supplier as 402.",
            "Dear Ann, a new one leaves today.",
            "Packaging",
            "closed the case",
        ):
            assert words in page
        assert browser.post(f"{base}closure/undo/").status_code == 302 and state() == "in_contact"

    def test_who_was_slower_keeps_the_words_as_a_draft(self, case, as_, agnes, mona, acme, actor_of):
        with acting_for(acme):
            caring.close(case, cause="Packaging", outcome="solved", by=actor_of(mona))
        base = f"/o/{acme.slug}/cases/{case.number}/"
        page = as_(agnes).post(f"{base}replies/", {"subject": "Lamp", "text": "I was writing this."})
        assert page.status_code == 409
        assert (
            "Mona Lund closed this case. Your reply is kept as a draft and was not sent."
            in page.content.decode()
        )
        with acting_for(acme):
            assert CaseDraft.objects.get().text == "I was writing this."

    def test_a_draft_is_kept_and_shown_again(self, case, as_, agnes, acme):
        base = f"/o/{acme.slug}/cases/{case.number}/"
        as_(agnes).post(f"{base}replies/", {"subject": "Lamp", "text": "Half a thought", "keep": "1"})
        assert "Half a thought" in as_(agnes).get(base).content.decode()

    def test_a_case_is_opened_by_hand_for_a_customer_found_by_address(self, acme, acme_units, as_, mona):
        with acting_for(acme):
            CustomerFactory(name="Rui Costa", email="rui@costa.example")
        browser = as_(mona)
        missing = browser.post(f"/o/{acme.slug}/cases/new/", {"customer": "nobody@x.example", "reason": "x"})
        assert missing.status_code == 422
        browser.post(
            f"/o/{acme.slug}/cases/new/",
            {"customer": "rui@costa.example", "reason": "Called about delivery."},
        )
        with acting_for(acme):
            case = Case.objects.get()
            assert (case.customer.name, case.owner, case.opened_how) == ("Rui Costa", mona, "member")

    def test_the_bell_lists_one_s_own_alerts_and_marks_them_read(self, case, as_, agnes, acme):
        browser = as_(agnes)
        assert "Ann Okafor" in browser.get(f"/o/{acme.slug}/alerts/").content.decode()
        browser.post(f"/o/{acme.slug}/alerts/read/")
        with acting_for(acme):
            assert alerting.unread_count(agnes) == 0


def test_time_to_first_contact_can_be_read_off(ann, agnes, actor_of):
    response = respond(InvitationFactory(customer=ann), 2, at=timezone.now() - dt.timedelta(hours=2))
    hear(response)
    case = Case.objects.get()
    caring.call(case, text="", by=actor_of(agnes))
    case.refresh_from_db()
    assert dt.timedelta(hours=2) <= case.first_contact_at - case.opened_at < dt.timedelta(hours=3)


@pytest.mark.row("B7", "open case")
def test_the_customers_page_shows_the_open_case_to_those_who_may_see_it(
    acme, alice, vera, bert, acme_units, as_
) -> None:
    with acting_for(acme):
        ann = CustomerFactory(name="Ann Okafor", unit=acme_units.leeds)
        case = caring.open_case(customer=ann)
        ben = CustomerFactory(name="Ben Ray", unit=acme_units.leeds)
    here = f"/o/acme/customers/{ann.pk}/"
    shown = as_(alice).get(here).content.decode()
    assert f"/o/acme/cases/{case.number}/" in shown and "nobody has taken it yet" in shown
    assert "Open case" not in as_(alice).get(f"/o/acme/customers/{ben.pk}/").content.decode()
    assert as_(bert).get(here).status_code == 404
    with acting_for(acme):
        caring.close(case, cause="Price", outcome="solved", by=system_actor(acme))
    assert "Open case" not in as_(alice).get(here).content.decode()
