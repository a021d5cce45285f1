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
    source BLOB NOT NULL,
    read INTEGER NOT NULL DEFAULT 1
)
"""
# Mails come faster than they can be taken apart: subject and words are filled in when somebody wants them.
UNREAD = "CREATE INDEX IF NOT EXISTS mail_unread ON mail (id) WHERE read = 0"
KEEP = (
    "INSERT INTO mail (at, sender, recipients, subject, words, source, read) VALUES (?, ?, ?, '', '', ?, 0)"
)
WORDS = 2_000  # characters of the text part that a search reads


@dataclass(frozen=True, slots=True)
class Arrived:
    """A mail as it came over the wire."""

    sender: str
    recipients: tuple[str, ...]
    source: bytes


@dataclass(frozen=True)
class Received:
    """One line of the list."""

    id: int
    at: datetime
    sender: str
    recipients: tuple[str, ...]
    subject: str


class Mailbox:
    """All mails that one installation tried to send. As a context it keeps its file open, for a receiver."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "mails.sqlite3"
        self.kept = 0
        """How many mails this object has kept."""
        self._file: sqlite3.Connection | None = None
        with self._open() as database:
            # The file of a trial: a mail lost with the machine is no loss.
            database.execute("PRAGMA journal_mode = WAL")
            database.execute(SCHEMA)
            columns = {row[1] for row in database.execute("PRAGMA table_info(mail)")}
            if "read" not in columns:  # made by an earlier release
                database.execute("ALTER TABLE mail ADD COLUMN read INTEGER NOT NULL DEFAULT 1")
            database.execute(UNREAD)

    def __enter__(self) -> "Mailbox":
        self._file = self._connect()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def keep(self, sender: str, recipients: Sequence[str], source: bytes) -> int:
        """Store one mail as it came over the wire; returns its number."""
        return self.keep_all([Arrived(sender, tuple(recipients), source)])

    def keep_all(self, mails: Sequence[Arrived]) -> int:
        """Store mails in one transaction, which outlives the sudden end of this process; the last one's number."""
        now = time.time()
        with self._open() as database:
            last = 0
            for mail in mails:
                made = database.execute(KEEP, (now, mail.sender, " ".join(mail.recipients), mail.source))
                last = int(made.lastrowid or 0)
        self.kept += len(mails)
        return last

    def read_some(self, most: int, *, among: Sequence[int] | None = None) -> int:
        """Take mails apart that nobody has read, newest first; how many there were."""
        with self._open() as database:
            if among is None:
                rows = database.execute(
                    "SELECT id, source FROM mail WHERE read = 0 ORDER BY id DESC LIMIT ?", (most,)
                ).fetchall()
            else:
                places = ",".join("?" * len(among))
                rows = database.execute(
                    f"SELECT id, source FROM mail WHERE read = 0 AND id IN ({places})", tuple(among)
                ).fetchall()
        read = [(*_read(source), id) for id, source in rows]
        if read:
            with self._open() as database:
                database.executemany("UPDATE mail SET subject = ?, words = ?, read = 1 WHERE id = ?", read)
        return len(read)

    def newest(self, *, query: str = "", before: int | None = None, limit: int = 50) -> list[Received]:
        """Newest first; `query` looks into addresses, subject and the beginning of the text."""
        if query:
            while self.read_some(500):
                pass
        rows = self._newest(query, before, limit)
        if self.read_some(limit, among=[row[0] for row in rows]):
            rows = self._newest(query, before, limit)
        return [
            Received(id, datetime.fromtimestamp(at, UTC), sender, tuple(recipients.split()), subject)
            for id, at, sender, recipients, subject in rows
        ]

    def _newest(self, query: str, before: int | None, limit: int) -> list[tuple[int, float, str, str, str]]:
        like = f"%{_escaped(query)}%"
        with self._open() as database:
            return database.execute(
                "SELECT id, at, sender, recipients, subject FROM mail WHERE id < ? AND (? = '' OR"
                r" recipients LIKE ? ESCAPE '\' OR sender LIKE ? ESCAPE '\' OR subject LIKE ? ESCAPE '\'"
                r" OR words LIKE ? ESCAPE '\') ORDER BY id DESC LIMIT ?",
                (before or 2**62, query, like, like, like, like, limit),
            ).fetchall()

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
        if self._file is not None:
            with self._file:
                yield self._file
            return
        with closing(self._connect()) as database, database:
            yield database

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=10)
        database.execute("PRAGMA synchronous = OFF")
        return database


def _read(source: bytes) -> tuple[str, str]:
    """Subject, and the words that a search reads."""
    try:
        message = _parsed(source)
        return _storable(str(message.get("Subject", ""))), _storable(text_of(message)[:WORDS])
    except Exception:
        # A mail that cannot be taken apart is shown as it came, and must not be tried for ever.
        return "", ""


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


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
