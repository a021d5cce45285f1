"""A letter compiled: headers that never change as one block, bodies as segments already in quoted-printable.

Every piece of a body, literal or value, begins at the start of a line and ends with a soft line break, so pieces
can be joined in any order without counting columns. A leading dot is written =2E, which spares dot-stuffing.
"""

from __future__ import annotations

import base64
import binascii
import html as html_entities
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cached_property

from outreach.delivery.liquid import Segments

LINE_BREAK = re.compile(r"\r\n|\r|\n")
CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
BOUNDARY = b"=_loopwell"  # "=_" cannot occur in a quoted-printable body
_PLAIN = re.compile(r"[ !-<>-~]{0,72}").fullmatch
_ADDRESS = re.compile(r"[^\s@<>(),:;\"\[\]\\\x00-\x1f\x7f]+@[^\s@<>(),:;\"\[\]\\\x00-\x1f\x7f]+").fullmatch
_DOTS = re.compile(rb"(?m)^\..*$")


class BadAddress(ValueError):
    """An address that no mail can be sent to."""


def quoted(text: str) -> bytes:
    """Quoted-printable of a piece of a body, ending with a soft line break; lines of at most 76 characters."""
    if text[:1] != "." and _PLAIN(text):
        return text.encode("ascii") + b"=\r\n"
    raw = LINE_BREAK.sub("\n", text).encode("utf-8", "replace")
    made = binascii.b2a_qp(raw, quotetabs=False, istext=True)
    if b"." in made:
        made = _DOTS.sub(_hide_dot, made)
    return made.replace(b"\n", b"\r\n") + b"=\r\n"


def _hide_dot(line: re.Match[bytes]) -> bytes:
    rest = line.group()[1:]
    if len(rest) <= 72:
        return b"=2E" + rest
    return b"=2E=\n" + (_DOTS.sub(_hide_dot, rest) if rest.startswith(b".") else rest)


def subject_line(text: str) -> bytes:
    """The value of a Subject header: no line break gets in; encoded words end between characters."""
    text = CONTROL.sub(" ", text).strip()
    if (len(text) <= 66 and _PLAIN(text)) or not text:
        return text.encode("ascii")
    if text.isascii() and all(len(word) <= 70 for word in text.split(" ")):
        lines = [""]
        for word in text.split(" "):
            if len(lines[-1]) + len(word) >= (66 if len(lines) == 1 else 76) and lines[-1].strip():
                lines.append(word)
            else:
                lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
        if "=?" not in text and "  " not in text:
            return "\r\n ".join(lines).encode("ascii")
    words, held = [], b""
    for character in text:
        raw = character.encode("utf-8", "replace")
        if len(held) + len(raw) > 39:
            words.append(held)
            held = b""
        held += raw
    words.append(held)
    return b"\r\n ".join(b"=?utf-8?b?" + base64.b64encode(word) + b"?=" for word in words)


def mailbox(address: str) -> str:
    """The address as it goes on the wire (domain in ASCII), or BadAddress."""
    if len(address) > 254 or not _ADDRESS(address):
        raise BadAddress("The address cannot be used.")
    local, _, domain = address.rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise BadAddress("The domain of the address cannot be used.") from error
    return f"{local}@{domain}"


def as_text(html: str) -> str:
    """A text part for a letter that has none: the words of its HTML, with Liquid untouched."""
    html = re.sub(r"(?is)<(style|script|head|title)\b.*?</\1>", "", html)
    html = re.sub(r"(?is)<a\b[^>]*href=\"([^\"]*)\"[^>]*>(.*?)</a>", r"\2 \1 ", html)
    html = re.sub(r"(?i)<br\s*/?>|</(p|div|h\d|tr|li|table)>", "\n", html)
    text = html_entities.unescape(re.sub(r"<[^>]+>", "", html))
    text = re.sub(r"[ \t]+", " ", text)
    return re.sub(r"\n\s*\n+", "\n\n", "\n".join(line.strip() for line in text.split("\n"))).strip()


@dataclass(frozen=True)
class Words:
    """What a letter is compiled from."""

    subject: str
    html: str
    from_address: str
    text: str = ""
    from_name: str = ""
    reply_to: str = ""
    constants: Mapping[str, object] | None = None


class Letter:
    """A letter ready to be merged for one person after another. Raises TemplateFault or ValueError when made."""

    def __init__(self, words: Words) -> None:
        for value in (words.from_name, words.from_address, words.reply_to):
            if CONTROL.search(value):
                raise ValueError("A mail header may not contain a line break.")
        self.from_address = mailbox(words.from_address)
        constants = words.constants or {}
        self._subject = Segments(words.subject, html=False, literal=_as_is, value=_as_is, constants=constants)
        body = {"literal": quoted, "value": quoted, "constants": constants}
        self._text = Segments(words.text or as_text(words.html), html=False, **body)  # type: ignore[arg-type]
        self._html = Segments(words.html, html=True, **body)  # type: ignore[arg-type]
        self.roots = self._subject.roots | self._text.roots | self._html.roots
        self._head = self._constant_headers(words)

    @property
    def compiled(self) -> bool:
        return self._text.compiled and self._html.compiled and self._subject.compiled

    @cached_property
    def domain(self) -> str:
        return self.from_address.rpartition("@")[2]

    def _constant_headers(self, words: Words) -> bytes:
        message = EmailMessage(policy=SMTP)
        message["From"] = Address(words.from_name, addr_spec=self.from_address)
        if words.reply_to:
            message["Reply-To"] = Address(addr_spec=mailbox(words.reply_to))
        message["MIME-Version"] = "1.0"
        return message.as_bytes().rstrip(b"\r\n") + (
            b'\r\nContent-Type: multipart/alternative;\r\n boundary="' + BOUNDARY + b'"\r\nTo: '
        )

    def merge(
        self,
        values: Mapping[str, object],
        *,
        to: str,
        message_id: str,
        date: bytes,
        unsubscribe: str = "",
        automatic: bool = False,
    ) -> bytes:
        """The whole mail for one person, CRLF, ASCII. `date` from `date_line`. Raises TemplateFault, BadAddress."""
        more = b""
        if unsubscribe:
            more = (
                b"\r\nList-Unsubscribe: <" + unsubscribe.encode("ascii") + b">"
                b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click"
            )
        if automatic:
            more += b"\r\nAuto-Submitted: auto-generated"
        return b"".join(
            (
                self._head,
                to.encode("utf-8"),
                b"\r\nSubject: ",
                subject_line(self._subject.join(values).decode("utf-8")),
                b"\r\nDate: ",
                date,
                b"\r\nMessage-ID: <",
                message_id.encode("ascii"),
                b">",
                more,
                _TEXT_PART,
                self._text.join(values),
                _HTML_PART,
                self._html.join(values),
                _END,
            )
        )


_PART = b"Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
_TEXT_PART = b"\r\n\r\n--" + BOUNDARY + b"\r\n" + _PART % b"plain"
_HTML_PART = b"\r\n\r\n--" + BOUNDARY + b"\r\n" + _PART % b"html"
_END = b"\r\n\r\n--" + BOUNDARY + b"--\r\n"


def date_line(at: datetime) -> bytes:
    """The value of a Date header: +0000, where `formatdate` would write -0000 (an unknown zone)."""
    return format_datetime(at.astimezone(UTC)).encode("ascii")


def _as_is(text: str) -> bytes:
    return text.encode("utf-8", "replace")
