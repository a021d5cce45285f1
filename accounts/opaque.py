"""Ids as the API shows them: `cus_4kTf0aQzR2B`. They say their kind, and not how many there are.

The number is shuffled by a Feistel network over 64 bits, keyed by the prefix and by nothing secret: an id is
not a password (the tenant's locks do not rest on it), and it must stay the same when keys are rotated.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2s

PREFIXES = {
    "alert": "alr",
    "annotation": "ann",
    "answer": "ans",
    "apikey": "key",
    "attribute": "att",
    "benchmark": "bmk",
    "campaign": "cam",
    "case": "cas",
    "company": "com",
    "connection": "cnn",
    "customer": "cus",
    "customerevent": "evt",
    "customerimport": "imp",
    "datarequest": "dar",
    "distinction": "dst",
    "distribution": "dis",
    "feature": "ftr",
    "improvement": "ipv",
    "inbounddelivery": "ind",
    "inboundwebhook": "inw",
    "invitation": "inv",
    "member": "mem",
    "memberinvitation": "mei",
    "merge": "mrg",
    "message": "msg",
    "news": "new",
    "organization": "org",
    "question": "qst",
    "response": "res",
    "segment": "seg",
    "stay": "sty",
    "sender": "snd",
    "survey": "sur",
    "template": "tpl",
    "theme": "thm",
    "unit": "unt",
    "version": "ver",
}
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
LENGTH = 11  # 62 ** 11 > 2 ** 64
ROUNDS = 4


def encode(kind: str, id: int) -> str:
    """`encode("customer", 7)` -> "cus_...". Raises KeyError for a kind that has no prefix."""
    prefix = PREFIXES[kind]
    number = _shuffle(prefix, id)
    letters = []
    for _ in range(LENGTH):
        number, rest = divmod(number, 62)
        letters.append(ALPHABET[rest])
    return f"{prefix}_{''.join(reversed(letters))}"


def decode(kind: str, text: object) -> int | None:
    """The id, or None if the text is no id of this kind: the caller then answers as for a missing one."""
    prefix = PREFIXES[kind]
    if (
        not isinstance(text, str)
        or len(text) != len(prefix) + 1 + LENGTH
        or not text.startswith(f"{prefix}_")
    ):
        return None
    number = 0
    for letter in text[len(prefix) + 1 :]:
        if letter not in VALUES:
            return None
        number = number * 62 + VALUES[letter]
    id = _unshuffle(prefix, number) if number < 1 << 64 else 1 << 63
    return id if 0 < id < 1 << 63 else None


def _shuffle(prefix: str, number: int) -> int:
    left, right = number >> 32, number & 0xFFFFFFFF
    for turn in range(ROUNDS):
        left, right = right, left ^ _round(prefix, turn, right)
    return left << 32 | right


def _unshuffle(prefix: str, number: int) -> int:
    left, right = number >> 32, number & 0xFFFFFFFF
    for turn in reversed(range(ROUNDS)):
        left, right = right ^ _round(prefix, turn, left), left
    return left << 32 | right


@lru_cache(maxsize=4096)
def _round(prefix: str, turn: int, half: int) -> int:
    word = half.to_bytes(4, "big")
    return int.from_bytes(blake2s(word, digest_size=4, key=f"{prefix}{turn}".encode()).digest(), "big")
