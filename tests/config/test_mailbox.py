"""Mails of a trial: received by a real SMTP server, shown as they came, harmless."""

import smtplib
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.test import Client, override_settings

from config.mailbox.store import Mailbox
from config.stack.environment import ROOT
from config.stack.places import free_port
from outreach.delivery.smtp import Connection, Envelope, Server, Verdict

SCRIPT = "<script>document.title = 'ran'</script>"


def letter(subject: str = "How was it?", html: str = f"<p>Grüße {SCRIPT}</p>") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "Shop <shop@shop.example>"
    message["To"] = "ann@customers.example"
    message["List-Unsubscribe"] = "<http://127.0.0.1/u/x>"
    message.set_content("How likely is it that you recommend us? Grüße")
    message.add_alternative(html, subtype="html")
    return message


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with override_settings(LOCAL_MAILBOX=str(tmp_path / "mails"), TRIAL=True):
        yield Mailbox(tmp_path / "mails")


@contextmanager
def receiving(mailbox: Mailbox) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A receiver in a process of its own, and its port."""
    port = free_port()
    receiver = subprocess.Popen(
        [sys.executable, "-m", "config.mailbox.receiver", str(port), mailbox.path.parent], cwd=ROOT
    )
    try:
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
                break
            except ConnectionRefusedError:
                assert time.monotonic() < until
                time.sleep(0.05)
        yield receiver, port
    finally:
        receiver.terminate()
        receiver.wait(10)


def test_a_mail_that_was_sent_is_shown(mailbox: Mailbox) -> None:
    with receiving(mailbox) as (_receiver, port), smtplib.SMTP("127.0.0.1", port, timeout=5) as connection:
        for number in range(3):
            connection.send_message(letter(subject=f"Mail {number} ü"), to_addrs=["ann@customers.example"])
    page = Client().get("/mailbox").content.decode()
    assert page.index("Mail 2 ü") < page.index("Mail 0 ü")
    assert "ann@customers.example" in page


@pytest.mark.parametrize("features", [{"CHUNKING": "", "PIPELINING": ""}, {"PIPELINING": ""}, {}])
def test_what_was_answered_outlives_the_sudden_end_of_the_receiver(
    mailbox: Mailbox, features: dict[str, str]
) -> None:
    content = b"Subject: dots\r\n\r\n.\r\n..two\r\nlast\r\n"
    stuffed = content if "CHUNKING" in features else content.replace(b"\r\n.", b"\r\n..")
    window = [Envelope(n, "shop@shop.example", f"p{n}@customers.example", stuffed) for n in range(60)]
    accepted = set()
    with receiving(mailbox) as (receiver, port), Connection(Server("127.0.0.1", port), timeout=5) as line:
        line.open()
        line.features = features
        for start in range(0, 60, 20):
            for answer in line.send(window[start : start + 20]):
                if answer.verdict is Verdict.ACCEPTED:
                    accepted.add(f"p{answer.key}@customers.example")
                if len(accepted) == 45:
                    receiver.kill()
    assert len(accepted) >= 45
    kept = {recipients[0]: source for _number, recipients, source in mailbox.since()}
    assert accepted <= kept.keys()
    assert set(kept.values()) == {content}
    assert [mail.subject for mail in mailbox.newest(limit=1)] == ["dots"]


def test_what_is_no_mail_is_refused(mailbox: Mailbox) -> None:
    with receiving(mailbox) as (_receiver, port), smtplib.SMTP("127.0.0.1", port, timeout=5) as connection:
        assert connection.docmd("DATA")[0] == 503
        assert connection.docmd("RCPT", "TO:<ann@customers.example>")[0] == 503
        assert connection.docmd("MAIL", "FROM:nobody")[0] == 501
        assert connection.docmd("MAIL", "FROM:<shop@shop.example> SIZE=999999999")[0] == 552
        assert connection.docmd("NONSENSE")[0] == 502
        connection.send(b"BDAT 3 LAST\r\nabc")
        assert connection.getreply()[0] == 503
        connection.send_message(letter(), to_addrs=["ann@customers.example"])
    assert mailbox.count() == 1


def test_a_file_of_an_earlier_release_goes_on(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "mails.sqlite3")) as database, database:
        database.execute(
            "CREATE TABLE mail (id INTEGER PRIMARY KEY, at REAL NOT NULL, sender TEXT NOT NULL,"
            " recipients TEXT NOT NULL, subject TEXT NOT NULL, words TEXT NOT NULL, source BLOB NOT NULL)"
        )
        database.execute("INSERT INTO mail VALUES (1, 1, 'a@b.example', 'c@d.example', 'Old', '', x'')")
    mailbox = Mailbox(tmp_path)
    mailbox.keep("shop@shop.example", ["ann@customers.example"], letter("New").as_bytes())
    assert [mail.subject for mail in mailbox.newest()] == ["New", "Old"]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("text", "How likely is it that you recommend us? Grüße"),
        ("source", "Content-Type: multipart/alternative"),
        ("headers", "List-Unsubscribe"),
        ("html", "<iframe"),
    ],
)
def test_each_part_of_a_mail_has_its_page(mailbox: Mailbox, part: str, words: str) -> None:
    number = mailbox.keep("shop@shop.example", ["ann@customers.example"], letter().as_bytes())
    page = Client().get(f"/mailbox/{number}/{part}")
    assert page.status_code == 200
    assert words in page.content.decode()


def test_a_search_reads_addresses_subject_and_words(mailbox: Mailbox) -> None:
    mailbox.keep("shop@shop.example", ["ann@customers.example"], letter("Thank you, 100%").as_bytes())
    mailbox.keep("shop@shop.example", ["bob@customers.example"], letter("Sorry").as_bytes())
    for query, found in [
        ("ann@", 1),
        ("Sorry", 1),
        ("recommend us", 2),
        ("100%", 1),
        ("nothing_like_it", 0),
        ("'", 0),
    ]:
        assert len(mailbox.newest(query=query)) == found, query


def test_the_frame_of_a_mail_runs_nothing_and_fetches_nothing(mailbox: Mailbox) -> None:
    number = mailbox.keep("shop@shop.example", ["ann@customers.example"], letter().as_bytes())
    frame = Client().get(f"/mailbox/{number}/html/frame")
    policy = frame.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "allow-scripts" not in policy
    assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_a_mail_that_is_not_there_is_a_missing_page(mailbox: Mailbox) -> None:
    for path in ("/mailbox/7", "/mailbox/7/html/frame"):
        assert Client().get(path).status_code == 404
    number = mailbox.keep("shop@shop.example", ["ann@customers.example"], b"no headers at all")
    assert Client().get(f"/mailbox/{number}/everything").status_code == 404
    assert Client().get(f"/mailbox/{number}").status_code == 200


def test_where_mails_really_leave_there_is_no_mailbox() -> None:
    with override_settings(LOCAL_MAILBOX=""):
        assert Client().get("/mailbox").status_code == 404


@pytest.mark.parametrize(
    "broken", [b"", b"Content-Type: text/plain; charset=klingon\n\n\xff\xfe", b"\xff" * 50]
)
def test_a_broken_mail_is_kept_and_shown(mailbox: Mailbox, broken: bytes) -> None:
    number = mailbox.keep("", ["ann@customers.example"], broken)
    for part in ("", "/text", "/source", "/headers"):
        assert Client().get(f"/mailbox/{number}{part}").status_code == 200
