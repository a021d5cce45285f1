"""Secrets of others that we must be able to use again, such as the token of a CRM: sealed in the database.

Whoever reads the database without the keys of the process learns nothing but the length. A sealed text opens only
for the purpose and the organization it was sealed for, so a row copied to another organization opens nothing.
The construction is that of accounts.tokens, with a nonce: a stream of HMAC-SHA256 over a counter, and a tag over
everything (encrypt, then authenticate), with keys of their own for both. Secrets of ours that can be derived or
hashed are not kept here (accounts.tokens, accounts.issuing_keys).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from functools import cache

from django.conf import settings

from accounts.tenancy.context import current_organization_id

NONCE, TAG = 16, 32


class NotOpened(Exception):
    """The text was not sealed for this purpose and organization, or with a key that is gone."""


def seal(purpose: str, text: str) -> str:
    """The text, sealed for the acting organization; "" stays ""."""
    if not text:
        return ""
    version = max(_keys())
    nonce = secrets.token_bytes(NONCE)
    mixed = _mixed(version, purpose, nonce, text.encode())
    return base64.b64encode(bytes([version]) + nonce + _tag(version, purpose, nonce, mixed) + mixed).decode()


def unseal(purpose: str, sealed: str) -> str:
    """What was sealed. Raises NotOpened."""
    if not sealed:
        return ""
    try:
        body = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError):
        raise NotOpened from None
    if len(body) <= 1 + NONCE + TAG or body[0] not in _keys():
        raise NotOpened
    version, nonce = body[0], body[1 : 1 + NONCE]
    tag, mixed = body[1 + NONCE : 1 + NONCE + TAG], body[1 + NONCE + TAG :]
    if not hmac.compare_digest(tag, _tag(version, purpose, nonce, mixed)):
        raise NotOpened
    return _mixed(version, purpose, nonce, mixed).decode()


@cache
def _keys() -> dict[int, bytes]:
    """Version -> key: those of the derived tokens, under another name. The highest seals, all of them open."""
    return {
        int(version): hashlib.sha256(b"loopwell seals\0" + secret.encode()).digest()
        for version, secret in settings.TOKEN_KEYS.items()
    }


def _about(purpose: str, nonce: bytes) -> bytes:
    return b"\0".join([purpose.encode(), str(current_organization_id()).encode(), nonce])


def _tag(version: int, purpose: str, nonce: bytes, mixed: bytes) -> bytes:
    key = hmac.digest(_keys()[version], b"tag", "sha256")
    about = _about(purpose, nonce)
    return hmac.digest(key, len(about).to_bytes(4) + about + mixed, "sha256")


def _mixed(version: int, purpose: str, nonce: bytes, text: bytes) -> bytes:
    key = hmac.digest(_keys()[version], b"stream", "sha256")
    about = _about(purpose, nonce)
    blocks = (len(text) + 31) // 32
    stream = b"".join(hmac.digest(key, about + block.to_bytes(4), "sha256") for block in range(blocks))
    return bytes(one ^ other for one, other in zip(text, stream, strict=False))
