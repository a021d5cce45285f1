"""A mail server that takes everything and remembers it: the judge of the rigs, in a process of its own.

Its log is written with one append per word, before the answer goes out: `S key` when a mail begins (MAIL), `A key`
before the 250 that makes the mail ours. The key is read from the return path: bounce+<organization>-<key>@...

    python -m faults.sink --log FILE [--delay MS] [--no-chunking] [--no-pipelining] [--keep DIR]

Recipients choose their fate by the beginning of their address: `refuse` 550, `later` 451 at first, `drop` is
accepted and the line cut before the answer. The first line on the screen is the port.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import signal
import sys
from pathlib import Path

KEY = re.compile(rb"bounce\+(\d+)-(\d+)@")


class Book:
    """What arrived, on disk before the sender hears of it."""

    def __init__(self, path: Path | None) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) if path else None
        self.accepted = 0
        self.put_off: set[bytes] = set()

    def write(self, letter: bytes, key: bytes) -> None:
        if self._file is not None:
            os.write(self._file, letter + b" " + key + b"\n")


class Receiver(asyncio.Protocol):
    """One connection. Commands are read from a buffer; with a delay, each mail's answer waits its turn."""

    def __init__(self, book: Book, options: argparse.Namespace) -> None:
        self.book, self.options = book, options
        self.buffer = b""
        self.waiting = False
        self._clear()

    def _clear(self) -> None:
        self.key = b""
        self.recipients: list[bytes] = []
        self.wants: int | None = None
        self.in_data = False
        self.content: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._say(b"220 sink ready")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.waiting:
            self._go_on()

    def _go_on(self) -> None:
        self.waiting = False
        out: list[bytes] = []
        self._out = out
        while self.buffer and not self.waiting:
            if self.in_data:
                end = self.buffer.find(b"\r\n.\r\n") if not self.buffer.startswith(b".\r\n") else -2
                if end == -1:
                    break
                content, self.buffer = self.buffer[: max(end, 0)], self.buffer[end + 5 :]
                self.in_data = False
                self._complete(content)
            elif self.wants is not None:
                if len(self.buffer) < self.wants:
                    break
                content, self.buffer = self.buffer[: self.wants], self.buffer[self.wants :]
                self.wants = None
                if self.recipients:
                    self._complete(content)
                else:
                    self._say(b"554 no valid recipients")
            else:
                end = self.buffer.find(b"\r\n")
                if end == -1:
                    break
                line, self.buffer = self.buffer[:end], self.buffer[end + 2 :]
                self._command(line)
        if out and not self.transport.is_closing():
            self.transport.write(b"".join(out))  # type: ignore[attr-defined]

    _out: list[bytes]

    def _say(self, line: bytes) -> None:
        if hasattr(self, "_out"):
            self._out.append(line + b"\r\n")
        else:
            self.transport.write(line + b"\r\n")  # type: ignore[attr-defined]

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"MAIL":
            self._clear()
            found = KEY.search(line)
            self.key = found.group(2) if found else line[10:]
            self.book.write(b"S", self.key)
            self._say(b"250 2.1.0 ok")
        elif verb == b"RCPT":
            address = line[line.find(b"<") + 1 : line.rfind(b">")]
            if address.startswith(b"refuse"):
                self._say(b"550 5.1.1 no such mailbox")
            elif address.startswith(b"later") and self.key not in self.book.put_off:
                self.book.put_off.add(self.key)
                self._say(b"451 4.7.1 come back later")
            else:
                self.recipients.append(address)
                self._say(b"250 2.1.5 ok")
        elif verb == b"DATA":
            if self.recipients or self.options.data_anyway:
                self.in_data = True
                self._say(b"354 go on")
            else:
                self._say(b"503 5.5.1 no valid recipients")
        elif verb == b"BDAT":
            self.wants = int(line.split()[1])
        elif verb in (b"EHLO", b"HELO"):
            more = [name for name, off in self._features() if not off]
            lines = [b"sink", *more]
            for index, text in enumerate(lines):
                self._say((b"250 " if index == len(lines) - 1 else b"250-") + text)
        elif verb == b"QUIT":
            self._say(b"221 bye")
            self.transport.close() if not self.buffer else None
        elif verb in (b"RSET", b"NOOP"):
            self._clear()
            self._say(b"250 ok")
        else:
            self._say(b"500 unknown command")

    def _features(self) -> list[tuple[bytes, bool]]:
        return [
            (b"PIPELINING", self.options.no_pipelining),
            (b"CHUNKING", self.options.no_chunking),
            (b"8BITMIME", False),
            (b"SIZE 52428800", False),
        ]

    def _complete(self, content: bytes) -> None:
        if not self.recipients:
            self._say(b"554 5.5.1 no valid recipients")
            self._clear()
            return
        if self.options.delay:
            self.waiting = True
            asyncio.get_running_loop().call_later(self.options.delay / 1000, self._take, content)
        else:
            self._take(content)

    def _take(self, content: bytes) -> None:
        # What came whole is taken, also when the sender is gone meanwhile: so do real servers.
        late = self.waiting
        if late:
            self._out = []
        self.book.write(b"A", self.key)
        self.book.accepted += 1
        if self.options.keep:
            path = Path(self.options.keep) / f"{self.key.decode()}-{self.book.accepted}.eml"
            path.write_bytes(content)
        if self.recipients[0].startswith(b"drop"):
            self.transport.write(b"".join(self._out))  # type: ignore[attr-defined]
            self._out.clear()
            self.transport.close()
            self.buffer = b""
            return
        key = self.key
        self._clear()
        self._say(b"250 2.0.0 taken " + key)
        if late:
            if not self.transport.is_closing():
                self.transport.write(b"".join(self._out))  # type: ignore[attr-defined]
            self._go_on()


async def serve(options: argparse.Namespace) -> None:
    book = Book(Path(options.log) if options.log else None)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Receiver(book, options), "127.0.0.1", options.port)
    print(server.sockets[0].getsockname()[1], flush=True)
    stopped = asyncio.Event()
    if options.pace:
        reading = loop.create_task(follow_pace(options))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
    print(book.accepted, flush=True)
    if options.pace:
        reading.cancel()
    server.close()


async def follow_pace(options: argparse.Namespace) -> None:
    while True:
        with contextlib.suppress(OSError, ValueError):
            options.delay = float(Path(options.pace).read_text() or options.delay)
        await asyncio.sleep(0.1)


def read_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="faults.sink")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", default="")
    parser.add_argument("--keep", default="")
    parser.add_argument("--delay", type=float, default=0, help="milliseconds before each mail is taken")
    parser.add_argument(
        "--pace", default="", help="a file that holds the delay, read again ten times a second"
    )
    parser.add_argument("--no-chunking", action="store_true")
    parser.add_argument("--no-pipelining", action="store_true")
    parser.add_argument(
        "--data-anyway", action="store_true", help="354 even when all recipients were refused"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    asyncio.run(serve(read_options(sys.argv[1:])))
