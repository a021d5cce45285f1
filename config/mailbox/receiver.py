"""The SMTP server of a trial: `python -m config.mailbox.receiver PORT FOLDER`. Keeps every mail.

Mails that come in one piece off the wire (BDAT: a whole window of the sender) are kept in one transaction, and only
then answered: after the 250 a mail outlives the receiver's sudden end. They are read when nothing else is to do.
"""

import asyncio
import re
import signal
import sqlite3
import sys
from pathlib import Path

from config.mailbox.store import Arrived, Mailbox

SIZE = 25_000_000  # bytes
LINE = 4_096  # bytes of one command
FEATURES = ("PIPELINING", "CHUNKING", "8BITMIME", "SMTPUTF8", f"SIZE {SIZE}")
IDLE = 0.5  # seconds without a mail, after which those that came are read

_PATH = re.compile(rb"(?:FROM|TO):\s*<([^>]*)>(.*)", re.IGNORECASE)
_CLAIMED = re.compile(rb"\bSIZE=(\d+)", re.IGNORECASE)


class Receiver(asyncio.Protocol):
    """One connection. What a piece of input asks for is done and answered together."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.buffer = bytearray()
        self.transport: asyncio.Transport
        self._answers: list[bytes] = []
        self._complete: list[tuple[int, Arrived]] = []  # where its answer stands, and the mail
        self._in_data = False
        self._searched = 0
        self._wants: tuple[int, bool] | None = None  # octets of a chunk, and whether it is the last
        self._ended = False
        self._clear()

    def _clear(self) -> None:
        self.sender: str | None = None
        self.recipients: list[str] = []
        self.chunks: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 loopwell.local keeps what it gets\r\n")

    def data_received(self, data: bytes) -> None:
        if self._ended:
            return
        self.buffer += data
        while not self._ended and self._step():
            pass
        self._keep()
        self.transport.write(b"".join(answer + b"\r\n" for answer in self._answers))
        self._answers.clear()
        if self._ended:
            self.transport.close()

    def _keep(self) -> None:
        if not self._complete:
            return
        try:
            self.mailbox.keep_all([mail for _place, mail in self._complete])
            answer = b"250 OK: kept"
        except sqlite3.Error as error:
            answer = f"451 4.3.0 not kept: {error}".encode()
        for place, _mail in self._complete:
            self._answers[place] = answer
        self._complete.clear()

    def _step(self) -> bool:
        """Take one command or one content from the buffer; whether there was a whole one."""
        if self._in_data:
            return self._take_data()
        if self._wants is not None:
            return self._take_chunk(*self._wants)
        end = self.buffer.find(b"\r\n")
        if end < 0:
            if len(self.buffer) > LINE:
                self._end(b"500 5.5.2 line too long")
            return False
        line = bytes(self.buffer[:end])
        del self.buffer[: end + 2]
        self._command(line)
        return True

    def _take_data(self) -> bool:
        if self.buffer.startswith(b".\r\n"):
            end, length = 0, 3
        else:
            end, length = self.buffer.find(b"\r\n.\r\n", max(self._searched - 4, 0)), 5
            self._searched = len(self.buffer)
        if end < 0:
            if len(self.buffer) > SIZE:
                self._end(b"552 5.3.4 too big")
            return False
        # The last line keeps its break.
        content = bytes(self.buffer[: end + length - 3]).replace(b"\r\n..", b"\r\n.")
        del self.buffer[: end + length]
        self._in_data = False
        self._finish(content[1:] if content.startswith(b"..") else content)
        return True

    def _take_chunk(self, octets: int, last: bool) -> bool:
        if len(self.buffer) < octets:
            return False
        if self.recipients:
            self.chunks.append(bytes(self.buffer[:octets]))
        del self.buffer[:octets]
        self._wants = None
        if not self.recipients:
            self._say(b"503 5.5.1 no recipients")
        elif sum(map(len, self.chunks)) > SIZE:
            self._clear()
            self._say(b"552 5.3.4 too big")
        elif last:
            self._finish(b"".join(self.chunks))
        else:
            self._say(b"250 2.0.0 go on")
        return True

    def _finish(self, content: bytes) -> None:
        self._complete.append(
            (len(self._answers), Arrived(self.sender or "", tuple(self.recipients), content))
        )
        self._say(b"")
        self._clear()

    def _command(self, line: bytes) -> None:
        verb, _, rest = line.partition(b" ")
        match verb.upper():
            case b"EHLO":
                self._clear()
                lines = [b"loopwell.local", *(feature.encode() for feature in FEATURES)]
                for feature in lines[:-1]:
                    self._say(b"250-" + feature)
                self._say(b"250 " + lines[-1])
            case b"HELO":
                self._clear()
                self._say(b"250 loopwell.local")
            case b"MAIL":
                self._mail(rest)
            case b"RCPT":
                found = _PATH.match(rest)
                if self.sender is None:
                    self._say(b"503 5.5.1 MAIL first")
                elif found is None or not found.group(1):
                    self._say(b"501 5.5.4 RCPT TO:<address>")
                else:
                    self.recipients.append(found.group(1).decode("utf-8", "replace"))
                    self._say(b"250 2.1.5 OK")
            case b"DATA":
                if self.recipients:
                    self._in_data, self._searched = True, 0
                    self._say(b"354 end with a dot")
                else:
                    self._say(b"503 5.5.1 no recipients")
            case b"BDAT":
                octets, _, last = rest.strip().partition(b" ")
                if not octets.isdigit() or int(octets) > SIZE:
                    self._end(b"552 5.3.4 too big" if octets.isdigit() else b"501 5.5.4 BDAT octets [LAST]")
                else:
                    self._wants = (int(octets), last.strip().upper() == b"LAST")
            case b"RSET":
                self._clear()
                self._say(b"250 2.0.0 OK")
            case b"NOOP":
                self._say(b"250 2.0.0 OK")
            case b"VRFY":
                self._say(b"252 2.5.0 send it and see")
            case b"QUIT":
                self._end(b"221 2.0.0 bye")
            case _:
                self._say(b"502 5.5.1 not known here")

    def _mail(self, rest: bytes) -> None:
        found = _PATH.match(rest)
        if self.sender is not None:
            self._say(b"503 5.5.1 one mail at a time")
        elif found is None:
            self._say(b"501 5.5.4 MAIL FROM:<address>")
        elif (size := _CLAIMED.search(found.group(2))) and int(size.group(1)) > SIZE:
            self._say(b"552 5.3.4 too big")
        else:
            self.sender = found.group(1).decode("utf-8", "replace")
            self._say(b"250 2.1.0 OK")

    def _say(self, line: bytes) -> None:
        self._answers.append(line)

    def _end(self, line: bytes) -> None:
        self._say(line)
        self._ended = True


async def serve(port: int, folder: Path) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    with Mailbox(folder) as mailbox:
        server = await loop.create_server(lambda: Receiver(mailbox), "127.0.0.1", port)
        reading = loop.create_task(read_when_idle(mailbox))
        await ended.wait()
        reading.cancel()
        server.close()


async def read_when_idle(mailbox: Mailbox) -> None:
    """Subjects and words of what came, so that a search need not read them all."""
    while True:
        kept = mailbox.kept
        await asyncio.sleep(IDLE)
        while mailbox.kept == kept:
            try:
                if not mailbox.read_some(20):
                    break
            except sqlite3.Error:
                break  # a page writes at this moment; there is time
            await asyncio.sleep(0)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
