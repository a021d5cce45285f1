"""One request to a vendor and what its answer means: the token renewed in time, patience, refusals in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.fetching import Fetched, FetchFailed, FetchRefused, safe_fetch
from segments.connectors.base import Access, AccessEnded, ConnectorError, NotNow, NotTaken

SECONDS = 20
MOST_BYTES = 20_000_000
# A token that ends this soon is renewed before it is used.
EARLY = timedelta(seconds=60)
LONGEST_WAIT = 24 * 3600


class Caller:
    """Requests to one account. `prove` gives the headers that say who asks; `renew` gets another token, if it can.

    `explain` reads the vendor's own words from an answer that refuses.
    """

    def __init__(
        self,
        base: str,
        access: Access,
        *,
        prove: Callable[[], Mapping[str, str]],
        renew: Callable[[], None] | None,
        explain: Callable[[Any], str],
        short: Callable[[Fetched, Any], bool] = lambda answer, told: False,
    ) -> None:
        self.base, self.access = base.rstrip("/"), access
        self._prove, self._renew, self._explain, self._short = prove, renew, explain, short

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        missing: Any = None,
    ) -> Any:
        """The answer, read. Raises NotNow, AccessEnded, NotTaken; with `missing`, a 404 answers that instead."""
        until = self.access.until
        if self._renew is not None and until is not None and until - EARLY <= timezone.now():
            self._renew()
        answer = self._send(method, path, body, query, headers)
        if answer.status == 401 and self._renew is not None:
            self._renew()
            answer = self._send(method, path, body, query, headers)
        told = read(answer)
        if answer.ok:
            return told
        if answer.status == 404 and missing is not None:
            return missing
        raise self._error(answer, told)

    def _send(
        self,
        method: str,
        path: str,
        body: Any,
        query: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> Fetched:
        url = self.base + path + (f"?{urlencode(query)}" if query else "")
        told = {"Accept": "application/json", **self._prove(), **(headers or {})}
        raw = None
        if body is not None:
            raw = json.dumps(body).encode()
            told["Content-Type"] = "application/json"
        return fetch(url, method=method, body=raw, headers=told)

    def _error(self, answer: Fetched, told: Any) -> ConnectorError:
        why = self._explain(told)[:200]
        if answer.status == 429 or answer.status == 503 or self._short(answer, told):
            return NotNow(
                _("It asks us to wait, because there were too many requests."), seconds=patience(answer)
            )
        if answer.status in (401, 403):
            return AccessEnded(_("It does not let us in: %(why)s") % {"why": why or answer.status})
        if answer.status >= 500:
            # What was asked may have been done before the answer went wrong.
            return NotNow(
                _("It has a fault of its own (%(status)d).") % {"status": answer.status},
                seconds=patience(answer),
                unsure=True,
            )
        return NotTaken(why or _("It refused (%(status)d).") % {"status": answer.status})


def fetch(url: str, *, method: str, body: bytes | None, headers: Mapping[str, str]) -> Fetched:
    """One call through the one way out. Raises NotNow, NotTaken."""
    try:
        return safe_fetch(
            url, method=method, body=body, headers=headers, seconds=SECONDS, most_bytes=MOST_BYTES
        )
    except FetchRefused as error:
        raise NotTaken(str(error)) from None
    except FetchFailed as error:
        raise NotNow(str(error), unsure=True) from None


def token(url: str, form: Mapping[str, str]) -> Mapping[str, Any]:
    """An access token for a refresh token (RFC 6749, section 6). Raises AccessEnded, NotNow."""
    told = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    answer = fetch(url, method="POST", body=urlencode(form).encode(), headers=told)
    said = read(answer)
    if answer.status in (400, 401, 403):
        why = ""
        if isinstance(said, dict):
            why = str(said.get("error_description") or said.get("message") or said.get("error") or "")[:200]
        raise AccessEnded(_("It does not renew our access: %(why)s") % {"why": why or answer.status})
    if not answer.ok or not isinstance(said, dict) or not isinstance(said.get("access_token"), str):
        raise NotNow(_("It did not renew our access just now."), seconds=patience(answer))
    return said


def read(answer: Fetched) -> Any:
    """The document of an answer; None if it has none. Raises NotNow for one that is cut short or no JSON."""
    if not answer.content:
        return None
    try:
        return json.loads(answer.content)
    except ValueError:
        if answer.ok:
            raise NotNow(_("It answered something that is no JSON."), unsure=True) from None
        return None


def patience(answer: Fetched) -> float | None:
    """The seconds of Retry-After, which is a number or a date (RFC 9110, section 10.2.3)."""
    said = {name.lower(): value for name, value in answer.headers.items()}.get("retry-after", "").strip()
    if not said:
        return None
    if said.isascii() and said.replace(".", "", 1).isdigit():
        return min(float(said), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return None
    return min(max(0.0, (at - timezone.now()).total_seconds()), LONGEST_WAIT) if at.tzinfo else None


def instant(text: Any) -> datetime | None:
    """A time as vendors write it: ISO 8601, also with +0000, or milliseconds."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        return datetime.fromtimestamp(text / 1000, tz=UTC)
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def iso(at: datetime) -> str:
    """To the millisecond, in UTC: 2026-03-01T10:00:00.123Z."""
    at = at.astimezone(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
