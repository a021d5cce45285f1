"""Received mails in one SQLite file: written by the receiver, read by the pages and by rigs."""

import email
import email.policy
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage, MIMEPart
from pathlib import Path
from typing import cast

SCHEMA = """
CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    subject TEXT NOT NULL,
    words TEXT NOT NULL,
    source BLOB NOT NULL
)
"""
WORDS = 2_000  # characters of the text part that a search reads


@dataclass(frozen=True)
class Received:
    """One line of the list."""

    id: int
    at: datetime
    sender: str
    recipients: tuple[str, ...]
    subject: str


class Mailbox:
    """All mails that one installation tried to send."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "mails.sqlite3"
        with self._open() as database:
            # The file of a trial: a mail lost with the machine is no loss.
            database.execute("PRAGMA journal_mode = WAL")
            database.execute(SCHEMA)

    def keep(self, sender: str, recipients: Sequence[str], source: bytes) -> int:
        """Store one mail as it came over the wire; returns its number."""
        message = _parsed(source)
        with self._open() as database:
            made = database.execute(
                "INSERT INTO mail (at, sender, recipients, subject, words, source) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    time.time(),
                    sender,
                    " ".join(recipients),
                    str(message.get("Subject", "")),
                    text_of(message)[:WORDS],
                    source,
                ),
            )
            return int(made.lastrowid or 0)

    def newest(self, *, query: str = "", before: int | None = None, limit: int = 50) -> list[Received]:
        """Newest first; `query` looks into addresses, subject and the beginning of the text."""
        like = f"%{_escaped(query)}%"
        with self._open() as database:
            rows = database.execute(
                "SELECT id, at, sender, recipients, subject FROM mail WHERE id < ? AND (? = '' OR"
                r" recipients LIKE ? ESCAPE '\' OR sender LIKE ? ESCAPE '\' OR subject LIKE ? ESCAPE '\'"
                r" OR words LIKE ? ESCAPE '\') ORDER BY id DESC LIMIT ?",
                (before or 2**62, query, like, like, like, like, limit),
            ).fetchall()
        return [
            Received(id, datetime.fromtimestamp(at, UTC), sender, tuple(recipients.split()), subject)
            for id, at, sender, recipients, subject in rows
        ]

    def count(self) -> int:
        with self._open() as database:
            return int(database.execute("SELECT count(*) FROM mail").fetchone()[0])

    def source(self, id: int) -> bytes | None:
        """The mail as it came, None when there is none of this number."""
        with self._open() as database:
            row = database.execute("SELECT source FROM mail WHERE id = ?", (id,)).fetchone()
        return None if row is None else bytes(row[0])

    def envelope(self, id: int) -> Received | None:
        found = self.newest(before=id + 1, limit=1)
        return found[0] if found and found[0].id == id else None

    def since(self, id: int = 0) -> Iterator[tuple[int, tuple[str, ...], bytes]]:
        """For rigs: number, recipients and source of every mail after this number, oldest first."""
        with self._open() as database:
            for number, recipients, source in database.execute(
                "SELECT id, recipients, source FROM mail WHERE id > ? ORDER BY id", (id,)
            ):
                yield number, tuple(recipients.split()), bytes(source)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=10)) as database:
            database.execute("PRAGMA synchronous = OFF")
            with database:
                yield database


def _parsed(source: bytes) -> EmailMessage:
    return cast(EmailMessage, email.message_from_bytes(source, policy=email.policy.default))


def _escaped(query: str) -> str:
    return query.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


@dataclass(frozen=True)
class Opened:
    """One mail taken apart for the page."""

    headers: tuple[tuple[str, str], ...]
    html: str
    text: str


def opened(source: bytes) -> Opened:
    message = _parsed(source)
    html = message.get_body(("html",))
    return Opened(
        headers=tuple((name, str(value)) for name, value in message.items()),
        html=_content(html) if html is not None else "",
        text=text_of(message),
    )


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return _content(body) if body is not None else ""


def _content(part: MIMEPart) -> str:
    """The words of one part; a charset that nobody knows is read as well as it can be."""
    try:
        return str(part.get_content())
    except (LookupError, UnicodeDecodeError):
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
