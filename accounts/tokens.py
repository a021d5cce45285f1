"""Derived tokens: the address of an invitation, an unsubscribe page or a file can be made again at any time.

A token is one byte of key version, 16 bytes of HMAC over (purpose, organization, object, generation), and the
three numbers, masked with a stream keyed by that HMAC (a synthetic initialisation vector: RFC 5297 in small).
So it is bound to its purpose, short (about 32 characters), and does not show how many invitations there are.
Raising the object's generation revokes the tokens made before; the reader compares it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from functools import cache

from django.conf import settings

TAG_BYTES = 16  # 128 bits


@dataclass(frozen=True)
class Claim:
    """What a genuine token says. Whether the object still takes this generation is the object's to say."""

    organization_id: int
    object_id: int
    generation: int


def derive(purpose: str, organization_id: int, object_id: int, generation: int = 1) -> str:
    """The token of an object for one purpose ("survey", "unsubscribe", "file"), fit for a URL."""
    version = max(_keys())
    numbers = _pack(organization_id, object_id, generation)
    tag = _tag(version, purpose, numbers)
    body = bytes([version]) + tag + _mask(version, purpose, tag, numbers)
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def read(purpose: str, token: str) -> Claim | None:
    """The claim of a token made for this purpose by one of our keys; None for anything else."""
    body = _decode(token)
    if body is None or len(body) < 1 + TAG_BYTES + 3 or body[0] not in _keys():
        return None
    version, tag, masked = body[0], body[1 : 1 + TAG_BYTES], body[1 + TAG_BYTES :]
    numbers = _mask(version, purpose, tag, masked)
    if not hmac.compare_digest(tag, _tag(version, purpose, numbers)):
        return None
    unpacked = _unpack(numbers)
    return Claim(*unpacked) if unpacked else None


def fingerprint(token: str) -> str:
    """What may be stored or logged in place of a token: 64 hexadecimal digits of SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()


@cache
def _keys() -> dict[int, bytes]:
    """Version -> key. The highest version makes new tokens, all of them are read."""
    return {
        int(version): hashlib.sha256(b"loopwell tokens\0" + secret.encode()).digest()
        for version, secret in settings.TOKEN_KEYS.items()
    }


def _tag(version: int, purpose: str, numbers: bytes) -> bytes:
    said = b"tag\0" + purpose.encode() + b"\0" + numbers
    return hmac.digest(_keys()[version], said, "sha256")[:TAG_BYTES]


def _mask(version: int, purpose: str, tag: bytes, numbers: bytes) -> bytes:
    stream = hmac.digest(_keys()[version], b"mask\0" + purpose.encode() + b"\0" + tag, "sha256")
    size = len(numbers)
    return (int.from_bytes(numbers) ^ int.from_bytes(stream[:size])).to_bytes(size)


def _pack(*numbers: int) -> bytes:
    """Numbers of seven bits a byte, the highest bit saying that more follow."""
    packed = bytearray()
    for number in numbers:
        if not 0 <= number < 1 << 63:
            raise ValueError("Ids and generations are not negative and fit in 63 bits.")
        while number > 0x7F:
            packed.append(number & 0x7F | 0x80)
            number >>= 7
        packed.append(number)
    return bytes(packed)


def _unpack(packed: bytes) -> tuple[int, int, int] | None:
    numbers, number, shift = [], 0, 0
    for byte in packed:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(number)
            number, shift = 0, 0
    return (numbers[0], numbers[1], numbers[2]) if len(numbers) == 3 and shift == 0 else None


def _decode(token: str) -> bytes | None:
    """The bytes of a token in its one spelling; None if it is none, or spelled otherwise."""
    if not 20 <= len(token) <= 80:
        return None
    try:
        body = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return body if base64.urlsafe_b64encode(body).rstrip(b"=").decode() == token else None
