"""Account mails: one that cannot be handed over now is tried again, without being written down anywhere."""

import smtplib
import time

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend

from accounts import site_mail


class Unsteady(EmailBackend):
    """Raises what it was told to raise, one a try, then sends."""

    faults: list[OSError] = []
    tries = 0

    def send_messages(self, messages):
        type(self).tries += 1
        if self.faults:
            raise self.faults.pop(0)
        return super().send_messages(messages)


@pytest.fixture
def unsteady(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.Unsteady"
    monkeypatch.setattr(site_mail, "PAUSES", (0.05, 0.05, 0.05))
    Unsteady.tries = 0
    return Unsteady


def post():
    site_mail._post(EmailMessage("Confirm", "a link", "a@b.example", ["c@d.example"]))


def until(holds):
    end = time.monotonic() + 5
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    assert holds()


def test_a_mail_waits_for_a_mail_server_that_is_gone_for_a_moment(unsteady):
    unsteady.faults = [
        ConnectionRefusedError(),
        smtplib.SMTPServerDisconnected(),
        smtplib.SMTPConnectError(421, "later"),
    ]
    post()
    assert not mail.outbox
    until(lambda: len(mail.outbox) == 1)
    assert unsteady.tries == 4


def test_it_is_given_up_at_last_and_gives_its_place_back(unsteady):
    before = site_mail._places._value
    unsteady.faults = [ConnectionRefusedError() for _ in range(9)]
    post()
    until(lambda: unsteady.tries == 4 and site_mail._places._value == before)
    assert not mail.outbox


@pytest.mark.parametrize(
    "no",
    [
        smtplib.SMTPRecipientsRefused({"c@d.example": (550, b"nobody")}),
        smtplib.SMTPAuthenticationError(535, "no"),
    ],
)
def test_a_no_for_good_is_not_asked_again(unsteady, no):
    unsteady.faults = [no]
    post()
    time.sleep(0.2)
    assert unsteady.tries == 1
    assert not mail.outbox


def test_no_more_wait_than_there_is_room_for(unsteady, monkeypatch):
    monkeypatch.setattr(site_mail._places, "acquire", lambda blocking: False)
    unsteady.faults = [ConnectionRefusedError()]
    post()
    time.sleep(0.2)
    assert unsteady.tries == 1
