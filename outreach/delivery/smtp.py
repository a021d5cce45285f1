"""One SMTP connection, kept over a batch, writing a window of mails in as few round trips as the server allows.

BDAT (RFC 3030) takes a whole window in one; with PIPELINING alone a mail's content and the next mail's envelope
go together, one round trip a mail (RFC 2920: DATA ends a group); else each command waits for its answer.
Blocking sockets: a thread or a loop per mail costs more than the mail.
"""

from __future__ import annotations

import base64
import math
import re
import socket
import ssl
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from outreach import failpoints

CRLF = b"\r\n"

# A refusal of the recipient that will not change: no such mailbox, no such domain. Not: full, policy, spam.
_NOBODY = re.compile(rb"5\d\d[ -]5\.1\.(1|2|3|6|10)\b|55[013] (?!\d\.)")


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed over. `security` is "", "starttls" or "tls"; it is never silently dropped."""

    host: str
    port: int
    username: str = ""
    password: str = ""
    security: str = ""
    greeting: str = "localhost"


@dataclass(frozen=True, slots=True)
class Envelope:
    """One mail as written: `key` is the caller's, `content` ends with CRLF and has no line that begins with a dot."""

    key: int
    sender: str
    recipient: str
    content: bytes


class Verdict(Enum):
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    UNTOUCHED = "untouched"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one envelope. UNKNOWN: its content may have arrived. UNTOUCHED: it cannot have."""

    key: int
    verdict: Verdict
    text: str = ""
    unknown_recipient: bool = False


class DeliveryError(Exception):
    """The server cannot be used now (`permanent`: not before somebody changes a setting)."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class _Closing(ConnectionError):
    """421: the server ends the conversation, and has taken nothing it did not say yes to."""


class Connection:
    """Opened on first use; `send` gives an answer for every envelope, also when the line breaks in the middle."""

    def __init__(self, server: Server, *, timeout: float = 30.0, most: int = 500) -> None:
        self.server = server
        self.timeout = timeout
        self.most = most
        self.written = 0
        self.features: dict[str, str] = {}
        self._socket: socket.socket | None = None
        self._held = b""
        self._lines: deque[bytes] = deque()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def is_open(self) -> bool:
        return self._socket is not None

    def open(self) -> None:
        """Greet, secure and log in, unless that is done. Raises DeliveryError."""
        if self._socket is not None:
            return
        failpoints.reached("connect")
        try:
            self._socket = socket.create_connection(
                (self.server.host, self.server.port), timeout=self.timeout
            )
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.server.security == "tls":
                self._wrap()
            self._expect(2, "greeting")
            self._greet()
            if self.server.security == "starttls":
                if "STARTTLS" not in self.features:
                    raise DeliveryError("The mail server does not offer TLS.", permanent=True)
                self._ask(b"STARTTLS", 2, "STARTTLS")
                if self._held or self._lines:
                    raise DeliveryError("The mail server spoke before TLS was ready.", permanent=True)
                self._wrap()
                self._greet()
            if self.server.username:
                self._log_in()
        except (OSError, ValueError) as error:
            self.drop()
            raise DeliveryError(f"The mail server cannot be reached: {error}") from error
        except DeliveryError:
            self.drop()
            raise

    def refresh(self) -> None:
        """Open, or open anew if the server has hung up, or has taken as many mails as it may like to. Raises
        DeliveryError."""
        if self.written >= self.most:
            self.close()
        if self._socket is not None:
            try:
                self._ask(b"NOOP", 2, "NOOP")
            except (OSError, DeliveryError):
                self.drop()
        self.open()

    def close(self) -> None:
        """Say goodbye, without waiting for an answer."""
        if self._socket is not None:
            try:
                self._socket.settimeout(1)
                self._socket.sendall(b"QUIT\r\n")
            except OSError:
                pass
            self.drop()

    def drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket, self._held, self.written = None, b"", 0
        self._lines.clear()

    def send(self, window: Sequence[Envelope], *, deadline: float = math.inf) -> Iterator[Answer]:
        """Hand over a window. One answer per envelope, each as soon as it is known. Never raises for the network.

        After `deadline` (of time.monotonic) no further mail of the window is begun.
        """
        try:
            self.open()
        except DeliveryError as error:
            yield from (Answer(one.key, Verdict.UNTOUCHED, str(error)) for one in window)
            return
        self.written += len(window)
        plain = []
        for one in window:
            if one.recipient.isascii() or "SMTPUTF8" in self.features:
                plain.append(one)
            else:
                yield Answer(one.key, Verdict.REFUSED, "553 The mail server takes ASCII addresses only.")
        if "CHUNKING" in self.features and "PIPELINING" in self.features:
            yield from self._send_chunks(plain)
        else:
            yield from self._send_in_turn(plain, deadline, pipelining="PIPELINING" in self.features)

    # --- a window in one round trip -------------------------------------------------------------------------------

    def _send_chunks(self, window: Sequence[Envelope]) -> Iterator[Answer]:
        # RSET first: after a refused BDAT the state of a server is undefined (RFC 3030, 2).
        whole = b"".join(
            b"RSET\r\n%b\r\nRCPT TO:<%b>\r\nBDAT %d LAST\r\n%b"
            % (self._mail_from(one), one.recipient.encode(), len(one.content), one.content)
            for one in window
        )
        answered = 0
        try:
            self._write(whole)
            failpoints.reached("354")
            for one in window:
                self._read()
                mail, recipient, content = self._read(), self._read(), self._read()
                answered += 1
                yield self._judge(one, mail, recipient, content)
        except _Closing as closing:
            self.drop()
            for one in window[answered:]:
                yield Answer(one.key, Verdict.UNTOUCHED, str(closing))
        except OSError as error:
            self.drop()
            for one in window[answered:]:
                yield Answer(one.key, Verdict.UNKNOWN, f"The connection ended: {error}")

    # --- one round trip a mail ------------------------------------------------------------------------------------

    def _send_in_turn(
        self, window: Sequence[Envelope], deadline: float, *, pipelining: bool
    ) -> Iterator[Answer]:
        answered, written = 0, 0
        try:
            heads: list[tuple[bytes, bytes, bytes]] = []
            if window:
                heads.append(self._envelope(window[0], b"", pipelining=pipelining))
            for index, one in enumerate(list(window)):
                if index >= len(window):
                    break
                mail, recipient, data = heads.pop()
                follower = window[index + 1] if index + 1 < len(window) else None
                if follower is not None and time.monotonic() > deadline:
                    for other in window[index + 1 :]:
                        yield Answer(other.key, Verdict.UNTOUCHED, "The lease is nearly over.")
                    window, follower = window[: index + 1], None
                if data[:1] != b"3":
                    if follower is not None:
                        heads.append(self._envelope(follower, b"RSET\r\n", pipelining=pipelining, answers=1))
                    answered = index + 1
                    yield self._judge(one, mail, recipient, data)
                    continue
                failpoints.reached("354")
                # All recipients refused and the server still wants content: a lone dot, nothing of the mail.
                refused = mail[:1] != b"2" or recipient[:1] != b"2"
                body = b".\r\n" if refused else one.content + b".\r\n"
                written = index + (0 if refused else 1)
                if follower is not None and pipelining:
                    self._write(body + self._commands(follower))
                    final = self._read()
                    answered = index + 1
                    yield self._judge(one, mail, recipient, final)
                    heads.append((self._read(), self._read(), self._read()))
                else:
                    self._write(body)
                    final = self._read()
                    answered = index + 1
                    yield self._judge(one, mail, recipient, final)
                    if follower is not None:
                        heads.append(self._envelope(follower, b"", pipelining=False))
        except _Closing as closing:
            self.drop()
            for one in window[answered:]:
                yield Answer(one.key, Verdict.UNTOUCHED, str(closing))
        except OSError as error:
            self.drop()
            for index, one in enumerate(window[answered:], answered):
                verdict = Verdict.UNKNOWN if index < written else Verdict.UNTOUCHED
                yield Answer(one.key, verdict, f"The connection ended: {error}")

    def _envelope(
        self, one: Envelope, before: bytes, *, pipelining: bool, answers: int = 0
    ) -> tuple[bytes, bytes, bytes]:
        if pipelining:
            self._write(before + self._commands(one))
            for _ in range(answers):
                self._read()
            return self._read(), self._read(), self._read()
        if before:
            self._write(before)
            self._read()
        replies = []
        for command in (self._mail_from(one), b"RCPT TO:<%b>" % one.recipient.encode(), b"DATA"):
            self._write(command + CRLF)
            replies.append(self._read())
            if replies[-1][:1] not in (b"2", b"3"):
                break
        return (*replies, *[replies[-1]] * (3 - len(replies)))  # type: ignore[return-value]

    def _commands(self, one: Envelope) -> bytes:
        return b"%b\r\nRCPT TO:<%b>\r\nDATA\r\n" % (self._mail_from(one), one.recipient.encode())

    def _mail_from(self, one: Envelope) -> bytes:
        more = b"" if one.recipient.isascii() else b" SMTPUTF8"
        return b"MAIL FROM:<%b>%b" % (one.sender.encode(), more)

    @staticmethod
    def _judge(one: Envelope, mail: bytes, recipient: bytes, content: bytes) -> Answer:
        """The first of the three replies that is not a yes decides."""
        for reply in (mail, recipient, content):
            kind = reply[:1]
            if kind == b"5":
                nobody = reply is recipient and _NOBODY.match(reply) is not None
                return Answer(one.key, Verdict.REFUSED, _text(reply), nobody)
            if kind != b"2" and not (reply is content and kind == b"3"):
                return Answer(one.key, Verdict.DEFERRED, _text(reply))
        failpoints.reached("250")
        return Answer(one.key, Verdict.ACCEPTED, _text(content))

    # --- the line -------------------------------------------------------------------------------------------------

    def _greet(self) -> None:
        reply = self._ask(b"EHLO " + self.server.greeting.encode("ascii", "replace"), 0, "EHLO")
        self.features = {}
        if reply[:1] == b"2":
            for line in reply.split(b"\n")[1:]:
                name, _, rest = line[4:].decode("ascii", "replace").strip().partition(" ")
                self.features[name.upper()] = rest
        else:
            self._ask(b"HELO " + self.server.greeting.encode("ascii", "replace"), 2, "HELO")

    def _log_in(self) -> None:
        ways = self.features.get("AUTH", "").upper().split()
        name, word = self.server.username.encode(), self.server.password.encode()
        if "PLAIN" in ways:
            self._ask(b"AUTH PLAIN " + base64.b64encode(b"\0" + name + b"\0" + word), 2, "log-in")
        elif "LOGIN" in ways:
            self._ask(b"AUTH LOGIN", 3, "log-in")
            self._ask(base64.b64encode(name), 3, "log-in")
            self._ask(base64.b64encode(word), 2, "log-in")
        else:
            raise DeliveryError("The mail server offers no log-in we know.", permanent=True)

    def _wrap(self) -> None:
        assert self._socket is not None
        self._socket = ssl.create_default_context().wrap_socket(
            self._socket, server_hostname=self.server.host
        )

    def _ask(self, command: bytes, expected: int, what: str) -> bytes:
        self._write(command + CRLF)
        return self._expect(expected, what)

    def _expect(self, expected: int, what: str) -> bytes:
        reply = self._read()
        if expected and reply[:1] != str(expected).encode():
            raise DeliveryError(
                f"The mail server refuses the {what}: {_text(reply)}", permanent=reply[:1] == b"5"
            )
        return reply

    def _write(self, data: bytes) -> None:
        if self._socket is None:
            raise ConnectionError("closed")
        self._socket.sendall(data)

    def _read(self) -> bytes:
        """One reply, all its lines."""
        if self._socket is None:
            raise ConnectionError("closed")
        lines: list[bytes] = []
        while True:
            if not self._lines:
                more = self._socket.recv(65536)
                if not more:
                    raise ConnectionError("closed by the mail server")
                *whole, self._held = (self._held + more).split(b"\n")
                self._lines.extend(whole)
                if len(self._held) > 1_000_000 or len(lines) > 10_000:
                    raise ConnectionError("a reply without end")
                continue
            line = self._lines.popleft().rstrip(b"\r")
            lines.append(line)
            if line[3:4] != b"-":
                if line[:3] == b"421":
                    raise _Closing(_text(line))
                return b"\n".join(lines)


def _text(reply: bytes) -> str:
    return reply.decode("utf-8", "replace").replace("\n", " ")[:300]
