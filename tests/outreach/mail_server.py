"""A recording mail server in a thread of the test, and the mails it took, parsed."""

from __future__ import annotations

import asyncio
import email
import email.policy
import threading
from collections import Counter
from email.message import EmailMessage
from pathlib import Path

from faults.sink import Book, Receiver, read_options


class MailServer:
    """`with MailServer(tmp_path) as server`; options as of faults.sink ("--no-chunking" ...)."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder / "taken"
        self.folder.mkdir(exist_ok=True)
        self.log = folder / "log"
        self.options = read_options(["--keep", str(self.folder), *options])
        self.port = 0

    def __enter__(self) -> MailServer:
        self.loop = asyncio.new_event_loop()
        self.book = Book(self.log)
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        # In that thread: a test that drives a browser has a running loop in its own.
        starting = self.loop.create_server(lambda: Receiver(self.book, self.options), "127.0.0.1", 0)
        self.server = asyncio.run_coroutine_threadsafe(starting, self.loop).result(10)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *exc: object) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.server.close()
        self.loop.close()

    def words(self, letter: str) -> Counter[int]:
        lines = self.log.read_text().split("\n") if self.log.exists() else []
        return Counter(int(line.split()[1]) for line in lines if line.startswith(letter))

    @property
    def taken(self) -> Counter[int]:
        """Send key -> how often a mail of it was taken."""
        return self.words("A")

    @property
    def started(self) -> Counter[int]:
        return self.words("S")

    def mails(self) -> list[EmailMessage]:
        files = sorted(self.folder.glob("*.eml"), key=lambda path: int(path.stem.split("-")[0]))
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in files]  # type: ignore[misc]
