"""A person at a browser without script: keeps cookies, fills in forms, follows redirects. Loopback only."""

import http.client
import json
import time
import uuid
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

# A server closes a kept connection after a while; a POST must not be sent into one that is about to close.
IDLE = 0.5  # seconds
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Unexpected(Exception):
    """The site answered something else than the story needs; the message says where."""


@dataclass
class Form:
    """One form of a page: where it goes, and its fields as a browser would send them untouched."""

    action: str
    method: str
    id: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    # Names and values of boxes, radios and files, chosen or not.
    choices: dict[str, list[str]] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.fields} | set(self.choices) | {name for name, _ in self.buttons}


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._form: Form | None = None
        self._by_id: dict[str, Form] = {}
        self._select: tuple[str, list[tuple[str, bool]]] | None = None
        self._text: tuple[str, list[str]] | None = None
        self._target: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in a:
            self.links.append(a["href"])
        if tag == "form":
            self._form = Form(a.get("action", ""), a.get("method", "get").lower(), a.get("id", ""))
            self.forms.append(self._form)
            if self._form.id:
                self._by_id[self._form.id] = self._form
        form = self._by_id.get(a["form"]) if "form" in a else self._form
        if form is None or "disabled" in a:
            return
        name = a.get("name", "")
        if tag == "input" and name:
            kind = a.get("type", "text")
            if kind in ("checkbox", "radio", "file"):
                form.choices.setdefault(name, []).append(a.get("value", "on"))
            if kind in ("checkbox", "radio"):
                if "checked" in a:
                    form.fields.append((name, a.get("value", "on")))
            elif kind == "submit":
                form.buttons.append((name, a.get("value", "")))
            elif kind not in ("file", "button", "image", "reset"):
                form.fields.append((name, a.get("value", "")))
        elif tag == "button" and name:
            form.buttons.append((name, a.get("value", "")))
        elif tag == "select" and name:
            self._select, self._target = (name, []), form
        elif tag == "option" and self._select is not None:
            self._select[1].append((a.get("value", ""), "selected" in a))
        elif tag == "textarea" and name:
            self._text, self._target = (name, []), form

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select" and self._select is not None and self._target is not None:
            name, options = self._select
            chosen = [value for value, on in options if on] or [value for value, _ in options[:1]]
            self._target.fields += [(name, value) for value in chosen]
            self._select = None
        elif tag == "textarea" and self._text is not None and self._target is not None:
            text = "".join(self._text[1])
            self._target.fields.append((self._text[0], text.removeprefix("\n")))
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text[1].append(data)


@dataclass
class Page:
    """What came back: the address after redirects, the status, the text."""

    url: str
    status: int
    text: str
    headers: dict[str, str]

    def forms(self) -> list[Form]:
        parser = _Forms()
        parser.feed(self.text)
        return parser.forms

    def links(self) -> list[str]:
        parser = _Forms()
        parser.feed(self.text)
        return parser.links

    def form(self, *names: str) -> Form:
        """The first form that has all these fields. Raises Unexpected when there is none."""
        for form in self.forms():
            if set(names) <= form.names:
                return form
        raise Unexpected(f"{self.url}: no form with {', '.join(names)} ({self.status})")


class Visitor:
    """One browser session against one site on this machine."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        if parts.hostname not in LOOPBACK:
            raise ValueError(f"{base}: the loop talks to this machine only")
        self.base, self.host, self.port = base, parts.hostname, parts.port or 80
        self.cookies: dict[str, str] = {}
        self._connection: http.client.HTTPConnection | None = None
        self._used = 0.0

    def get(self, path: str) -> Page:
        return self._follow("GET", urljoin(self.base, path), None, {})

    def post(self, path: str, fields: dict[str, Any] | list[tuple[str, str]]) -> Page:
        body = urlencode(fields if isinstance(fields, list) else list(fields.items()), doseq=True).encode()
        url = urljoin(self.base, path)
        return self._follow("POST", url, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def json(self, method: str, path: str, key: str, body: dict[str, Any] | None) -> Any:
        """One call of the REST API. Raises Unexpected for any answer that is not a success."""
        sent = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        for _turn in range(70):
            status, answer, text = self._send(method, urljoin(self.base, path), sent, headers)
            if status != 429:
                break
            time.sleep(int(answer.get("retry-after", "1")))
        if status >= 400:
            raise Unexpected(f"{method} {path} answered {status}: {text[:500]}")
        return json.loads(text) if text else None

    def submit(self, page: Page, form: Form, press: tuple[str, str] | None = None, **values: Any) -> Page:
        """Send the form as a browser would, with these fields filled in. A Path value is a file."""
        fields = [(name, value) for name, value in form.fields if name not in values]
        files = {name: value for name, value in values.items() if isinstance(value, Path)}
        for name, value in values.items():
            if name in files:
                continue
            fields += [(name, str(item)) for item in (value if isinstance(value, list | tuple) else [value])]
        if press is not None:
            fields.append(press)
        url = urljoin(page.url, form.action or page.url)
        if form.method != "post":
            return self.get(url.split("?")[0] + "?" + urlencode(fields))
        if not files:
            return self.post(url, fields)
        body, kind = _multipart(fields, files)
        return self._follow("POST", url, body, {"Content-Type": kind})

    def _follow(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Page:
        for _ in range(10):
            status, answer, text = self._send(method, url, body, headers)
            if status in (301, 302, 303, 307, 308) and "location" in answer:
                url = urljoin(url, answer["location"])
                if status in (301, 302, 303):
                    method, body, headers = "GET", None, {}
                continue
            return Page(url, status, text, answer)
        raise Unexpected(f"{url}: redirected more than ten times")

    def _send(
        self, method: str, url: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], str]:
        parts = urlsplit(url)
        if parts.hostname not in LOOPBACK:
            raise Unexpected(f"{url} leaves this machine")
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        sent = {
            **headers,
            "Referer": self.base,
            "Origin": self.base.rstrip("/"),
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        if time.monotonic() - self._used > IDLE:
            self._connection = None
        for attempt in (1, 2):
            if self._connection is None:
                self._connection = http.client.HTTPConnection(self.host, self.port, timeout=120)
            try:
                self._connection.request(method, target, body, sent)
                response = self._connection.getresponse()
                content = response.read()
                break
            except (http.client.HTTPException, ConnectionError):
                # A kept connection that the server closed in the meantime: once more on a new one.
                self._connection = None
                if attempt == 2 or method == "POST":
                    raise
        self._used = time.monotonic()
        for line in response.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        if response.will_close:
            self._connection = None
        found = {name.lower(): value for name, value in response.getheaders()}
        return response.status, found, content.decode("utf-8", "replace")


def _multipart(fields: list[tuple[str, str]], files: dict[str, Path]) -> tuple[bytes, str]:
    boundary = uuid.uuid4().hex
    parts = []
    for name, value in fields:
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        )
    for name, path in files.items():
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{path.name}"\r\n'
            "Content-Type: text/csv\r\n\r\n"
        )
        parts.append(head.encode() + path.read_bytes() + b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"
