"""One connection, three ways to speak: what is written, what is believed, and what is said when the line breaks."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from outreach.delivery.smtp import Connection, DeliveryError, Envelope, Server, Verdict
from tests.outreach.mail_server import MailServer

WAYS = {
    "a window at once": (),
    "a round trip a mail": ("--no-chunking",),
    "a round trip a command": ("--no-chunking", "--no-pipelining"),
    "354 for nobody": ("--no-chunking", "--data-anyway"),
}


@pytest.fixture(params=list(WAYS.values()), ids=list(WAYS))
def any_server(request: Any, tmp_path: Any) -> Iterator[MailServer]:
    with MailServer(tmp_path, *request.param) as server:
        yield server


def mails(*recipients: str) -> list[Envelope]:
    return [
        Envelope(key, f"bounce+1-{key}@acme.example", who, b"Subject: hi\r\n\r\nbody %d\r\n" % key)
        for key, who in enumerate(recipients, 1)
    ]


def test_every_mail_has_one_answer_and_arrives_whole(any_server):
    window = mails("a@x.example", "refuse@x.example", "b@x.example", "later@x.example", "c@x.example")
    with Connection(Server("127.0.0.1", any_server.port), timeout=5) as line:
        answers = {answer.key: answer for answer in line.send(window)}
        again = list(line.send(mails("d@x.example")))
    assert [answers[key].verdict for key in sorted(answers)] == [
        Verdict.ACCEPTED,
        Verdict.REFUSED,
        Verdict.ACCEPTED,
        Verdict.DEFERRED,
        Verdict.ACCEPTED,
    ]
    assert answers[2].unknown_recipient
    assert "451" in answers[4].text
    assert [answer.verdict for answer in again] == [Verdict.ACCEPTED]
    assert sorted(any_server.taken) == [1, 3, 5]
    bodies = {path.name.partition("-")[0]: path.read_bytes() for path in any_server.folder.glob("*.eml")}
    assert bodies["3"].rstrip(b"\r\n") == window[2].content.rstrip(b"\r\n")


def test_all_refused_leaves_the_connection_fit_for_the_next(any_server):
    with Connection(Server("127.0.0.1", any_server.port), timeout=5) as line:
        first = list(line.send(mails("refuse1@x.example", "refuse2@x.example")))
        second = list(line.send(mails("a@x.example")))
    assert {answer.verdict for answer in first} == {Verdict.REFUSED}
    assert [answer.verdict for answer in second] == [Verdict.ACCEPTED]
    assert sum(any_server.taken.values()) == 1


def test_what_may_have_arrived_is_unknown_and_what_cannot_have_is_untouched(any_server):
    window = mails("a@x.example", "drop@x.example", "b@x.example", "c@x.example")
    with Connection(Server("127.0.0.1", any_server.port), timeout=5) as line:
        verdicts = [answer.verdict for answer in line.send(window)]
        assert not line.is_open
    assert verdicts[:2] == [Verdict.ACCEPTED, Verdict.UNKNOWN]
    chunks = "--no-chunking" not in any_server.options.__dict__ and not any_server.options.no_chunking
    assert verdicts[2:] == ([Verdict.UNKNOWN] if chunks else [Verdict.UNTOUCHED]) * 2


def test_after_the_deadline_no_further_mail_is_begun(tmp_path):
    with (
        MailServer(tmp_path, "--no-chunking") as server,
        Connection(Server("127.0.0.1", server.port)) as line,
    ):
        verdicts = [answer.verdict for answer in line.send(mails("a@x.example", "b@x.example"), deadline=0)]
        assert sorted(verdict.value for verdict in verdicts) == ["accepted", "untouched"]
        assert sum(server.taken.values()) == 1


def test_a_connection_that_was_hung_up_is_opened_anew(tmp_path):
    with MailServer(tmp_path) as server, Connection(Server("127.0.0.1", server.port)) as line:
        line.open()
        assert line._socket is not None
        line._socket.shutdown(socket.SHUT_RDWR)
        line.refresh()
        assert [answer.verdict for answer in line.send(mails("a@x.example"))] == [Verdict.ACCEPTED]


class Scripted:
    """A server that says what it was told to, one answer for each line it reads."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = answers
        self.heard: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        line, _ = self.listener.accept()
        with line, line.makefile("rwb") as file:
            file.write(b"220 hello\r\n")
            file.flush()
            for answer in self.answers:
                heard = file.readline()
                self.heard.append(heard)
                file.write(answer)
                file.flush()


def test_a_server_that_closes_with_421_has_taken_nothing_more():
    server = Scripted(
        b"250-me\r\n250-PIPELINING\r\n250 CHUNKING\r\n",
        *(b"250 reset\r\n", b"250 from\r\n", b"250 to\r\n", b"250 taken\r\n", b"421 too many\r\n"),
    )
    with Connection(Server("127.0.0.1", server.port), timeout=5) as line:
        verdicts = [answer.verdict for answer in line.send(mails("a@x.example", "b@x.example"))]
    assert verdicts == [Verdict.ACCEPTED, Verdict.UNTOUCHED]


@pytest.mark.parametrize(
    ("server_says", "server_is", "why"),
    [
        ([b"250 me\r\n"], {"security": "starttls"}, "does not offer TLS"),
        ([b"250 me\r\n"], {"username": "u", "password": "p"}, "no log-in we know"),
        (
            [b"250-me\r\n250 AUTH PLAIN\r\n", b"535 no\r\n"],
            {"username": "u", "password": "p"},
            "refuses the log-in",
        ),
    ],
)
def test_what_was_asked_for_is_never_silently_dropped(server_says, server_is, why):
    server = Scripted(*server_says)
    with pytest.raises(DeliveryError, match=why) as error:
        Connection(Server("127.0.0.1", server.port, **server_is), timeout=5).open()
    assert error.value.permanent
    assert not any(b"AUTH" in line and b"PLAIN" not in line for line in server.heard)


def test_a_log_in_is_said_once(tmp_path):
    server = Scripted(
        b"250-me\r\n250-PIPELINING\r\n250 AUTH LOGIN PLAIN\r\n", b"235 welcome\r\n", b"250 ok\r\n"
    )
    line = Connection(Server("127.0.0.1", server.port, username="u", password="p"), timeout=5)
    line.open()
    line.open()
    line.drop()
    assert server.heard[1] == b"AUTH PLAIN AHUAcA==\r\n"


def test_an_address_that_needs_more_than_ascii_is_refused_where_the_server_cannot(tmp_path):
    with MailServer(tmp_path) as server, Connection(Server("127.0.0.1", server.port)) as line:
        answers = {answer.key: answer.verdict for answer in line.send(mails("zoë@x.example", "a@x.example"))}
    assert answers == {1: Verdict.REFUSED, 2: Verdict.ACCEPTED}


def test_a_server_that_is_not_there_leaves_everything_untouched():
    with Connection(Server("127.0.0.1", 1), timeout=2) as line:
        assert {answer.verdict for answer in line.send(mails("a@x.example"))} == {Verdict.UNTOUCHED}


@pytest.mark.parametrize(
    ("reply", "nobody"),
    [
        ("550 5.1.1 no such user", True),
        ("550 User unknown", True),
        ("550 5.7.1 looks like spam", False),
        ("552 5.2.2 mailbox full", False),
        ("554 5.7.1 policy", False),
    ],
)
def test_only_an_address_that_is_none_is_suppressed(
    reply: str, nobody: bool, monkeypatch: Callable[..., Any]
):
    answer = Connection._judge(mails("a@x.example")[0], b"250 ok", reply.encode(), b"503 none")
    assert (answer.verdict, answer.unknown_recipient) == (Verdict.REFUSED, nobody)
