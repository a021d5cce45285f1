"""The short way for the one request that comes in crowds: a sent first page of a survey, POST /s/<token>.

After a mail to a hundred thousand people their answers arrive within the hour. Half of what an answer cost in
Python was Django's request: thirteen layers of middleware for a page without session, log-in, language or form
check. So an answer that is plainly what it should be is read here, and taken in by the same statement. Whatever
is not (another host, another type, a fault in the form, a link that was used, a database that is away) goes on
to Django with nothing read and nothing written, and is answered there, by the page that knows how.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlencode

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.http.request import split_domain_port, validate_host

from config import headers
from surveys.public import first_page

Environ = dict[str, Any]
Start = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[Environ, Any], Iterable[bytes]]

PREFIX = "/s/"
FORM = "application/x-www-form-urlencoded"
LARGEST = 64 * 1024  # bytes; what is longer is for Django to judge
MOST_FIELDS = 200

log = logging.getLogger(__name__)


class Quick:
    """A WSGI application: the short way where it leads to the end, `behind` for all else."""

    def __init__(self, behind: Application) -> None:
        self.behind = behind

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if environ["REQUEST_METHOD"] == "POST" and path.startswith(PREFIX) and self._take(environ, path):
            start("303 See Other", _headers(environ, path))
            return []
        return self.behind(environ, start)

    def _take(self, environ: Environ, path: str) -> bool:
        form = _form(environ) if _is_ours(environ) else None
        if form is None:
            return False
        close_old_connections()
        try:
            return first_page.take(path.removeprefix(PREFIX), form)
        except DatabaseError:
            return False  # Django says so, and keeps what was written
        except Exception:
            log.exception("The short way broke off; the long way goes on.")
            return False


def _is_ours(environ: Environ) -> bool:
    """Whether Django would let this request through to the page: its host, and its encryption."""
    if environ.get("SCRIPT_NAME") or settings.USE_X_FORWARDED_HOST:
        return False
    if settings.SECURE_SSL_REDIRECT and not _is_secure(environ):
        return False
    return _is_our_host(environ.get("HTTP_HOST", ""), tuple(settings.ALLOWED_HOSTS))


@lru_cache(maxsize=256)
def _is_our_host(said: str, allowed: tuple[str, ...]) -> bool:
    host, _port = split_domain_port(said)
    return bool(host) and validate_host(host, allowed)


def _is_secure(environ: Environ) -> bool:
    proxy = settings.SECURE_PROXY_SSL_HEADER
    if proxy is not None and proxy[0] in environ:
        return str(environ[proxy[0]]).split(",", 1)[0].strip() == proxy[1]
    return environ.get("wsgi.url_scheme") == "https"


def _form(environ: Environ) -> dict[str, list[str]] | None:
    """The fields of the form; None if it is not one, or too large. What was read can be read again behind."""
    length = environ.get("CONTENT_LENGTH", "")
    if environ.get("CONTENT_TYPE") != FORM or not length.isdigit() or int(length) > LARGEST:
        return None
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    if len(body) != int(length) or not body.isascii():
        return None
    try:
        return parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return None


def _headers(environ: Environ, path: str) -> list[tuple[str, str]]:
    """Those of the page's own redirect (surveys.public.hosted), after which reloading sends nothing again."""
    language = parse_qs(environ.get("QUERY_STRING", "")).get("lang", [""])[-1]
    location = f"{path}?{urlencode({'lang': language})}" if language else path
    said = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", "0"),
        ("Location", location),
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
        ("Content-Security-Policy", headers.policy(headers.new_nonce())),
        ("Permissions-Policy", headers.PERMISSIONS),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", settings.X_FRAME_OPTIONS),
        ("Cross-Origin-Opener-Policy", settings.SECURE_CROSS_ORIGIN_OPENER_POLICY),
    ]
    if settings.SECURE_HSTS_SECONDS and _is_secure(environ):
        said.append(("Strict-Transport-Security", _transport_security()))
    return said


def _transport_security() -> str:
    domains = "; includeSubDomains" if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else ""
    preload = "; preload" if settings.SECURE_HSTS_PRELOAD else ""
    return f"max-age={settings.SECURE_HSTS_SECONDS}{domains}{preload}"
