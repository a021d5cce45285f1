"""What a form of the hosted page brings back: signed for its link, of one page view, with what it continues."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from django.core import signing

AGE = dt.timedelta(hours=24)


def seal(token: str, **facts: int) -> str:
    """A new view of the page at this link, with what its form should say by itself when it comes back."""
    return signing.dumps({"once": secrets.token_urlsafe(6), **facts}, salt=_salt(token))


def unseal(token: str, text: str) -> dict[str, Any] | None:
    """The facts of a view of this link's page; None when it is older than a day, of another link, or made up."""
    try:
        said = signing.loads(text, salt=_salt(token), max_age=AGE)
    except signing.BadSignature:
        return None
    return said if isinstance(said, dict) else None


def _salt(token: str) -> str:
    return f"page view {token}"
