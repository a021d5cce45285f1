"""Sending: once, on time, to people who allow it; each bug the prototype had has its test here."""

from __future__ import annotations

import datetime as dt
import email
import io
import threading
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, connections
from django.utils import timezone

from accounts.models import Organization
from accounts.tenancy.context import acting_for
from outreach import failpoints, queueing, sending, settling
from outreach.claiming import claim
from outreach.models import (
    Attempt,
    Message,
    MessageClass,
    Outcome,
    SendKey,
    SettledMessage,
    Standstill,
)
from outreach.pace import Pace
from segments.contacting import suppress
from segments.models import Contact, Customer, Suppression
from surveys.models import Invitation
from tests.outreach.conftest import make_messages, make_people, wording

SHORT = Pace(lease=dt.timedelta(seconds=1), late_answers=dt.timedelta(minutes=5))


def send_all(organization: Organization, **more: Any) -> int:
    accepted = 0
    while True:
        sent = sending.send_due(organization.pk, **more)
        accepted += sent.accepted
        if not sent.looked:
            return accepted


def outcomes(organization: Organization) -> dict[str, int]:
    with acting_for(organization):
        return SendKey.objects.outcomes()


def let_leases_run_out(organization: Organization) -> None:
    with acting_for(organization):
        Message.objects.filter(state="sending").update(lease_until=timezone.now() - dt.timedelta(seconds=1))


# --- making ---------------------------------------------------------------------------------------------------------


def test_the_same_deed_makes_one_message_however_often_it_is_told(sender_of_mails):
    with acting_for(sender_of_mails):
        people = make_people(3)
    first = make_messages(sender_of_mails, people)
    again = make_messages(sender_of_mails, people)
    assert len(first) == 3
    assert again == {}
    with acting_for(sender_of_mails):
        assert Message.objects.count() == SendKey.objects.count() == 3


def test_a_message_is_sent_logged_and_leaves_the_hot_table(sender_of_mails, mail_server):
    keys = make_messages(sender_of_mails, 3, topic="marketing", message_class="marketing")
    with acting_for(sender_of_mails):
        from tests.factories.segments import ConsentFactory

        for person in Customer.objects.all():
            ConsentFactory(customer=person, purpose="marketing")
    assert send_all(sender_of_mails) == 3
    assert sorted(mail_server.taken) == sorted(keys.values())
    with acting_for(sender_of_mails):
        assert Message.objects.count() == 0
        row = SettledMessage.objects.order_by("id").first()
        assert row.answer.startswith("250 2.0.0 taken")
        assert row.wire_started_at is not None
        assert SendKey.objects.get(pk=row.pk).settled_at is not None
        assert Contact.objects.filter(send_id=row.pk, counted=True).exists()


def test_a_mail_says_who_how_to_stop_and_never_changes_its_message_id(sender_of_mails, mail_server):
    keys = make_messages(
        sender_of_mails,
        1,
        wording=_wording_in(
            sender_of_mails,
            html="<p>Hi {{ customer.first_name }}, <a href='{{ unsubscribe_link }}'>stop</a></p>",
        ),
    )
    send_all(sender_of_mails)
    (mail,) = mail_server.mails()
    (key,) = keys.values()
    assert mail["To"] == "test-0@people.example"
    assert mail["From"] == "Acme <hello@acme.example>"
    assert mail["Message-ID"] == f"<{sender_of_mails.pk}.{key}@acme.example>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = mail["List-Unsubscribe"].strip("<>")
    assert link in mail.get_body(("html",)).get_content()
    from accounts import tokens

    claimed = tokens.read("unsubscribe", link.rpartition("/")[2])
    assert (claimed.organization_id, claimed.object_id) == (sender_of_mails.pk, key)


def _wording_in(organization: Organization, **more: Any) -> Any:
    with acting_for(organization):
        return wording(**more)


# --- judged at the claim --------------------------------------------------------------------------------------------


@pytest.mark.row("F7", "suppression")
def test_whoever_said_stop_after_queueing_gets_nothing(sender_of_mails, mail_server):
    with acting_for(sender_of_mails):
        people = make_people(4)
    make_messages(sender_of_mails, people)
    with acting_for(sender_of_mails):
        suppress(people[0].email, reason="unsubscribed", purpose="surveys")
        suppress(people[1].email, reason="complained")
        suppress(people[2].email, reason="unsubscribed", purpose="marketing")
    assert send_all(sender_of_mails) == 2
    with acting_for(sender_of_mails):
        skipped = SendKey.objects.filter(outcome=Outcome.SKIPPED)
        assert {key.customer_id: key.reason for key in skipped} == {
            people[0].pk: "suppressed",
            people[1].pk: "suppressed",
        }
        assert not Contact.objects.filter(customer__in=people[:2]).exists()


@pytest.mark.row("F7", "consent")
def test_marketing_needs_a_word_and_a_survey_does_not_and_a_no_is_heard(sender_of_mails, mail_server):
    from tests.factories.segments import ConsentFactory

    with acting_for(sender_of_mails):
        silent, willing, unwilling = make_people(3)
        ConsentFactory(customer=willing, purpose="marketing", allowed=True)
        ConsentFactory(customer=unwilling, purpose="surveys", allowed=False)
    people = [silent, willing, unwilling]
    make_messages(sender_of_mails, people, name="offer", message_class="marketing", topic="marketing")
    make_messages(sender_of_mails, people, name="survey")
    send_all(sender_of_mails)
    with acting_for(sender_of_mails):
        skipped = SendKey.objects.filter(outcome=Outcome.SKIPPED, reason="no_consent")
        assert {(key.customer_id, key.topic) for key in skipped} == {
            (silent.pk, "marketing"),
            (unwilling.pk, "marketing"),
            (unwilling.pk, "surveys"),
        }


@pytest.mark.django_db(transaction=True)
@pytest.mark.row("F7", "checked at the moment of sending")
def test_of_1000_unsubscribes_during_a_send_none_is_claimed_after_its_commit(
    sender_of_mails, mail_server, settings
):
    mail_server.options.delay = 0.3
    with acting_for(sender_of_mails):
        people = make_people(2_000)
    keys = make_messages(sender_of_mails, people)
    committed: dict[int, dt.datetime] = {}

    def unsubscribe() -> None:
        try:
            for person in reversed(people[500:1_500]):
                with acting_for(sender_of_mails):
                    suppress(person.email, reason="unsubscribed", purpose="surveys")
                committed[person.pk] = timezone.now()
        finally:
            connections.close_all()

    thread = threading.Thread(target=unsubscribe)
    thread.start()
    send_all(sender_of_mails)
    thread.join()
    send_all(sender_of_mails)
    with acting_for(sender_of_mails):
        late = [
            contact
            for contact in Contact.objects.exclude(send_id=None)
            if contact.customer_id in committed and contact.at > committed[contact.customer_id]
        ]
    assert len(committed) == 1_000
    assert late == []
    result = outcomes(sender_of_mails)
    assert result["accepted"] + result["skipped"] == len(keys)
    assert result["skipped"] > 0


def test_a_message_that_expired_is_not_sent(sender_of_mails, mail_server):
    now = timezone.now()
    make_messages(sender_of_mails, 1, expires_at=now - dt.timedelta(minutes=1))
    assert send_all(sender_of_mails) == 0
    assert outcomes(sender_of_mails) == {"expired": 1}


def test_a_held_message_says_until_when_and_why_and_skips_when_that_is_too_late(
    acme, mail_server, without_broker
):
    acme.time_zone, acme.quiet_from, acme.quiet_to = "Europe/Berlin", dt.time(21), dt.time(8)
    acme.save()
    night = dt.datetime(2026, 11, 18, 22, 30, tzinfo=dt.UTC)
    make_messages(acme, 1, due_at=night, name="waits")
    make_messages(acme, 1, due_at=night, expires_at=night + dt.timedelta(hours=2), name="too late")
    make_messages(acme, 1, due_at=night, name="service", message_class="service", topic="service")
    with acting_for(acme):
        taken = claim(at=night)
        (held,) = Message.objects.held()
        assert [one.message_class for one in taken.go] == ["service"]
        assert [one.reason for one in taken.refused] == ["quiet_hours"]
        assert held.reason == "quiet_hours"
        assert held.due_at == dt.datetime(2026, 11, 19, 7, 0, tzinfo=dt.UTC)
        assert taken.again_at == held.due_at


def test_a_test_send_to_oneself_is_held_by_nothing(acme, mail_server, without_broker):
    acme.quiet_from, acme.quiet_to = dt.time(0), dt.time(23, 59, 59)
    acme.sending_paused_at = timezone.now()
    acme.save()
    make_messages(acme, 2)
    with acting_for(acme):
        queueing.test_send(wording(), address="mona@acme.example", origin_id=1, facts={}, key="try 1")
    assert send_all(acme) == 1
    assert [mail["To"] for mail in mail_server.mails()] == ["mona@acme.example"]


def test_a_pause_a_standstill_and_the_switch_hold_everything(sender_of_mails, mail_server, settings):
    make_messages(sender_of_mails, 2)
    sender_of_mails.sending_paused_at = timezone.now()
    sender_of_mails.save()
    assert send_all(sender_of_mails) == 0
    sender_of_mails.sending_paused_at = None
    sender_of_mails.save()
    standstill = Standstill.objects.create(reason="restored from a backup")
    assert send_all(sender_of_mails) == 0
    standstill.delete()
    call_command("standstill", "too many complaints", stdout=io.StringIO())
    assert send_all(sender_of_mails) == 0
    said = io.StringIO()
    call_command("standstill", "--end", stdout=said)
    assert said.getvalue().strip() == "Sending goes on."
    settings.SENDING = False
    assert send_all(sender_of_mails) == 0
    settings.SENDING = True
    assert send_all(sender_of_mails) == 2


def test_the_daily_cap_is_exact_and_the_rest_waits_for_tomorrow(sender_of_mails, mail_server):
    sender_of_mails.daily_send_cap = 7
    sender_of_mails.time_zone = "Asia/Tokyo"
    sender_of_mails.save()
    make_messages(sender_of_mails, 10)
    make_messages(sender_of_mails, 2, name="service", message_class="service", topic="service")
    assert send_all(sender_of_mails) == 9
    with acting_for(sender_of_mails):
        held = list(Message.objects.held())
        assert {row.reason for row in held} == {"daily_cap"}
        assert len(held) == 3
        local = held[0].due_at.astimezone(dt.timezone(dt.timedelta(hours=9)))
        assert (local.hour, local.minute) == (0, 0)
        assert held[0].due_at > timezone.now()


def test_a_retry_is_not_held_by_the_place_it_already_has_in_the_ledger(sender_of_mails, mail_server):
    sender_of_mails.cap_count = 1
    sender_of_mails.save()
    with acting_for(sender_of_mails):
        person = Customer.objects.create(
            name="Later", email="later@people.example", email_lower="later@people.example"
        )
    make_messages(sender_of_mails, [person])
    assert send_all(sender_of_mails) == 0
    with acting_for(sender_of_mails):
        row = Message.objects.get()
        assert row.reason.startswith("put_off: 451")
        assert row.due_at > timezone.now()
        Message.objects.update(due_at=timezone.now())
    assert send_all(sender_of_mails) == 1


def test_one_bad_row_is_skipped_with_its_reason_and_the_others_go(sender_of_mails, mail_server):
    with acting_for(sender_of_mails):
        people = make_people(5)
        Customer.objects.filter(pk=people[2].pk).update(attributes={"n": 0})
        Customer.objects.exclude(pk=people[2].pk).update(attributes={"n": 4})
        words = wording("<p>{{ 12 | divided_by: customer.attributes.n }}</p>")
    make_messages(sender_of_mails, people, wording=words)
    assert send_all(sender_of_mails) == 4
    with acting_for(sender_of_mails):
        bad = SendKey.objects.get(outcome=Outcome.SKIPPED)
        assert bad.customer_id == people[2].pk
        assert bad.reason.startswith("template:")
        assert not Contact.objects.filter(customer=people[2]).exists()


def test_a_line_break_never_reaches_a_header(sender_of_mails, mail_server):
    with acting_for(sender_of_mails):
        people = make_people(2)
        Customer.objects.filter(pk=people[0].pk).update(first_name="Pat\r\nBcc: all@evil.example")
        words = wording(subject="Hello {{ customer.first_name }}")
    make_messages(sender_of_mails, people, wording=words)
    with acting_for(sender_of_mails):
        Customer.objects.filter(pk=people[1].pk).update(email_lower="a@b.example\r\nRCPT TO:<x@evil.example>")
    send_all(sender_of_mails)
    (mail,) = mail_server.mails()
    assert mail["Bcc"] is None
    assert "\n" not in mail["Subject"]
    with acting_for(sender_of_mails):
        assert SendKey.objects.get(outcome=Outcome.SKIPPED).reason == "bad_address"


# --- what servers say -----------------------------------------------------------------------------------------------


def test_a_refused_recipient_fails_for_good_and_is_not_tried_again(sender_of_mails, mail_server):
    with acting_for(sender_of_mails):
        person = Customer.objects.create(
            name="R", email="refuse@people.example", email_lower="refuse@people.example"
        )
    make_messages(sender_of_mails, [person], name="first")
    send_all(sender_of_mails)
    make_messages(sender_of_mails, [person], name="second")
    send_all(sender_of_mails)
    with acting_for(sender_of_mails):
        first, second = SendKey.objects.order_by("id")
        assert (first.outcome, second.outcome) == ("failed", "skipped")
        assert first.reason.startswith("refused: 550 5.1.1")
        assert second.reason == "suppressed"
        assert Suppression.objects.get().reason == "bounced"


def test_a_lost_answer_is_unknown_and_a_campaign_mail_is_not_sent_again(sender_of_mails, mail_server):
    with acting_for(sender_of_mails):
        person = Customer.objects.create(
            name="D", email="drop@people.example", email_lower="drop@people.example"
        )
    keys = make_messages(sender_of_mails, [person])
    send_all(sender_of_mails)
    send_all(sender_of_mails)
    (key,) = keys.values()
    assert outcomes(sender_of_mails) == {"ambiguous": 1}
    assert mail_server.taken == {key: 1}
    with acting_for(sender_of_mails):
        assert Message.objects.get().wire_started_at is not None


def test_a_service_mail_with_a_lost_answer_is_repeated_once_and_flagged(sender_of_mails, mail_server):
    with acting_for(sender_of_mails):
        person = Customer.objects.create(
            name="D", email="drop@people.example", email_lower="drop@people.example"
        )
    (key,) = make_messages(sender_of_mails, [person], message_class="service", topic="service").values()
    for _ in range(4):
        send_all(sender_of_mails)
        with acting_for(sender_of_mails):
            Message.objects.filter(state="queued").update(due_at=timezone.now())
    assert mail_server.taken == {key: 2}
    with acting_for(sender_of_mails):
        row = SendKey.objects.get()
        assert row.outcome == "ambiguous"
        assert row.possible_duplicate
        assert Message.objects.get().possible_duplicate


def test_while_the_mail_server_is_away_nothing_is_claimed(sender_of_mails, mail_server, settings):
    settings.EMAIL_PORT = 1
    make_messages(sender_of_mails, 2)
    sent = sending.send_due(sender_of_mails.pk)
    assert "cannot be reached" in sent.away
    with acting_for(sender_of_mails):
        assert {row.attempts for row in Message.objects.all()} == {0}


def test_receipts_go_down_to_the_invitations(sender_of_mails, mail_server):
    from tests.factories.surveys import InvitationFactory

    with acting_for(sender_of_mails):
        people = [
            Customer.objects.create(
                name=name, email=f"{name}@people.example", email_lower=f"{name}@people.example"
            )
            for name in ("ann", "refuse", "drop", "stop")
        ]
        suppress("stop@people.example", reason="unsubscribed")
        invitations = [InvitationFactory(customer=person) for person in people]
        words = wording('<a href="{{ survey_link }}">go</a>')
        sending.queue(
            sending.Draft(
                key=f"invitation {one.pk}",
                wording=words,
                origin_kind="invitation",
                origin_id=one.pk,
                customer=one.customer_id,
                facts={"invitation": one.pk, "generation": one.generation},
            )
            for one in invitations
        )
    send_all(sender_of_mails)
    with acting_for(sender_of_mails):
        found = {one.customer.name: one.outcome for one in Invitation.objects.select_related("customer")}
        assert found == {"ann": "sent", "refuse": "failed", "drop": "unknown", "stop": "skipped"}
        assert Invitation.objects.get(customer=people[0]).sent_at is not None
    assert "/s/" in mail_server.mails()[0].get_body(("html",)).get_content()


# --- leases ---------------------------------------------------------------------------------------------------------


def _claimed(organization: Organization) -> Any:
    with acting_for(organization):
        return claim(pace=SHORT)


def test_a_lease_that_ran_out_before_the_wire_is_queued_again(sender_of_mails, mail_server):
    make_messages(sender_of_mails, 3)
    _claimed(sender_of_mails)
    assert send_all(sender_of_mails) == 0
    let_leases_run_out(sender_of_mails)
    with acting_for(sender_of_mails):
        assert settling.reap() == 3
        assert Attempt.objects.filter(outcome="lost").count() == 3
    assert send_all(sender_of_mails) == 3


def test_after_the_wire_mark_a_campaign_mail_is_unknown_and_a_true_late_answer_settles_it(sender_of_mails):
    make_messages(sender_of_mails, 2)
    taken = _claimed(sender_of_mails)
    ids = [one.id for one in taken.go]
    marked = settling.mark(
        sender_of_mails.pk, taken.attempt, findings=settling.Findings(), wire=ids, pace=SHORT
    )
    assert marked == set(ids)
    let_leases_run_out(sender_of_mails)
    with acting_for(sender_of_mails):
        settling.reap()
    assert outcomes(sender_of_mails) == {"ambiguous": 2}
    late = settling.Findings(settled=[(ids[0], "accepted", "", "250 ok")])
    settling.mark(sender_of_mails.pk, taken.attempt, findings=late, wire=(), pace=SHORT)
    assert outcomes(sender_of_mails) == {"ambiguous": 1, "accepted": 1}


def test_bug_1_a_second_claim_does_not_wipe_the_flag_of_a_possible_duplicate(sender_of_mails, mail_server):
    make_messages(sender_of_mails, 1, message_class="service", topic="service")
    taken = _claimed(sender_of_mails)
    settling.mark(
        sender_of_mails.pk, taken.attempt, findings=settling.Findings(), wire=[taken.go[0].id], pace=SHORT
    )
    let_leases_run_out(sender_of_mails)
    with acting_for(sender_of_mails):
        settling.reap()
    assert send_all(sender_of_mails) == 1
    with acting_for(sender_of_mails):
        assert SendKey.objects.get().possible_duplicate
        assert SettledMessage.objects.get().possible_duplicate


def test_a_repeat_that_is_lost_as_well_is_unknown_and_still_flagged_in_the_ledger(sender_of_mails):
    """Found by the rig: the flag stood in the hot row alone, and the ledger called a true double none."""
    make_messages(sender_of_mails, 1, message_class="service", topic="service")
    for _ in range(2):
        taken = _claimed(sender_of_mails)
        ids = [one.id for one in taken.go]
        settling.mark(sender_of_mails.pk, taken.attempt, findings=settling.Findings(), wire=ids, pace=SHORT)
        let_leases_run_out(sender_of_mails)
        with acting_for(sender_of_mails):
            settling.reap()
    with acting_for(sender_of_mails):
        row = SendKey.objects.get()
        assert (row.outcome, row.possible_duplicate) == ("ambiguous", True)


def test_bug_2_what_a_second_attempt_was_told_does_not_overwrite_the_first(sender_of_mails, mail_server):
    with acting_for(sender_of_mails):
        person = Customer.objects.create(
            name="L", email="later@people.example", email_lower="later@people.example"
        )
    make_messages(sender_of_mails, [person])
    send_all(sender_of_mails)
    with acting_for(sender_of_mails):
        Message.objects.update(due_at=timezone.now(), possible_duplicate=True)
    send_all(sender_of_mails)
    with acting_for(sender_of_mails):
        first = Attempt.objects.get()
        settled = SettledMessage.objects.get()
        assert first.outcome == "deferred"
        assert first.answer.startswith("451")
        assert settled.answer.startswith("250")
        assert settled.outcome == "accepted"
        assert settled.possible_duplicate


def test_bug_3_after_a_refused_wire_mark_only_what_was_written_is_settled(
    sender_of_mails, mail_server, monkeypatch
):
    keys = make_messages(sender_of_mails, 20)
    stolen = sorted(keys.values())[5:15]

    def steal(point: str) -> None:
        if point == "claim":
            with acting_for(sender_of_mails):
                # As if the lease had run out and another process had claimed these ten.
                Message.objects.filter(pk__in=stolen).update(attempt=10**9)

    monkeypatch.setattr(failpoints, "reached", steal)
    sent = sending.send_due(sender_of_mails.pk)
    assert sent.accepted == 10
    assert not set(stolen) & set(mail_server.started)
    with acting_for(sender_of_mails):
        assert set(Message.objects.values_list("pk", flat=True)) == set(stolen)
        assert SendKey.objects.filter(outcome="live").count() == 10


def test_a_process_that_comes_late_overwrites_nothing(sender_of_mails, mail_server):
    make_messages(sender_of_mails, 1)
    old = _claimed(sender_of_mails)
    let_leases_run_out(sender_of_mails)
    with acting_for(sender_of_mails):
        settling.reap()
    new = _claimed(sender_of_mails)
    (key,) = [one.id for one in new.go]
    wrong = settling.Findings(settled=[(key, "failed", "refused: 550", "550")])
    assert settling.mark(sender_of_mails.pk, old.attempt, findings=wrong, wire=[key], pace=SHORT) == set()
    assert outcomes(sender_of_mails) == {"live": 1}
    assert settling.mark(
        sender_of_mails.pk, new.attempt, findings=settling.Findings(), wire=[key], pace=SHORT
    ) == {key}


def test_a_lease_that_is_half_over_is_not_written_on(sender_of_mails, mail_server):
    make_messages(sender_of_mails, 1)
    taken = _claimed(sender_of_mails)
    with acting_for(sender_of_mails):
        Message.objects.update(lease_until=timezone.now() + SHORT.lease * 0.4)
    ids = [one.id for one in taken.go]
    assert (
        settling.mark(sender_of_mails.pk, taken.attempt, findings=settling.Findings(), wire=ids, pace=SHORT)
        == set()
    )


@pytest.mark.django_db(transaction=True)
def test_the_database_going_away_forgets_nothing_that_was_accepted(sender_of_mails, mail_server, monkeypatch):
    make_messages(sender_of_mails, 45)
    original, cut = settling._mark, []

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        if len(cut) < 2 and args[2].settled:
            cut.append(1)
            if len(cut) == 2:
                raise OperationalError("the server is starting up")
            connection.connection.close()
        return original(*args, **kwargs)

    monkeypatch.setattr(settling, "_mark", interrupted)
    assert sending.send_due(sender_of_mails.pk).accepted == 45
    assert cut == [1, 1]
    assert outcomes(sender_of_mails) == {"accepted": 45}
    assert set(mail_server.taken.values()) == {1}


# --- stopping, pausing ----------------------------------------------------------------------------------------------


def test_pausing_holds_resuming_lets_go_withdrawing_settles(sender_of_mails, mail_server):
    make_messages(sender_of_mails, 3, name="one", origin_id=1)
    make_messages(sender_of_mails, 2, name="two", origin_id=2)
    with acting_for(sender_of_mails):
        assert sending.pause("campaign", 1) == 3
    assert send_all(sender_of_mails) == 2
    with acting_for(sender_of_mails):
        assert sending.resume("campaign", 1) == 3
        assert sending.withdraw("campaign", 1, reason="stopped") == 3
    assert send_all(sender_of_mails) == 0
    assert outcomes(sender_of_mails) == {"accepted": 2, "skipped": 3}


@pytest.mark.django_db(transaction=True)
@pytest.mark.row("C9", "one contact-pressure ledger over surveys and outreach and all channels")
def test_caps_are_never_exceeded_by_several_senders_at_once(sender_of_mails, mail_server):
    sender_of_mails.cap_count = 2
    sender_of_mails.save()
    with acting_for(sender_of_mails):
        people = make_people(30)
    for name in "abcde":
        make_messages(sender_of_mails, people, name=name)
    pace = Pace(batch=7)

    def send() -> None:
        try:
            with sending.Connection(sending.server_from_settings()) as line:
                send_all(sender_of_mails, connection=line, pace=pace)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with acting_for(sender_of_mails):
        for person in people:
            assert SendKey.objects.filter(customer=person, outcome="accepted").count() == 2
        assert Message.objects.held().filter(reason="cap").count() == 90
    assert set(mail_server.taken.values()) == {1}


def test_mails_parse_without_a_defect(sender_of_mails, mail_server):
    words = _wording_in(
        sender_of_mails,
        html="<p>Grüße, {{ customer.name }} — 你好</p>\n.\n..\n",
        subject="Für {{ customer.name }} 你好" * 6,
    )
    make_messages(sender_of_mails, 3, wording=words)
    send_all(sender_of_mails)
    for mail in mail_server.mails():
        assert isinstance(mail, email.message.EmailMessage)
        assert mail.defects == []
        assert mail["Subject"].startswith("Für Pat")
        assert MessageClass.SERVICE not in str(mail)
