"""Messages in the shape of Segment's API: what one says, or what is wrong with it. Pure: time is a parameter.

    {"type": "track", "userId": "u1", "event": "Order Completed", "properties": {"revenue": 12.5},
     "messageId": "a1", "timestamp": "2026-01-31T10:00:00Z"}

Stricter than Segment: a field that is not theirs refuses the message, with its path.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

KINDS = ("identify", "track", "group")
LARGEST = 32_000
LONGEST_ID = 200
LONGEST_MESSAGE_ID = 150
LONGEST_EVENT = 80

# What every message may carry. All but the first line is about the sender's own machinery, and passed over.
COMMON = {
    "type", "userId", "anonymousId", "messageId", "timestamp", "sentAt",
    "originalTimestamp", "receivedAt", "context", "integrations", "channel", "version", "writeKey", "_metadata",
}  # fmt: skip
OWN = {
    "identify": {"traits"},
    "track": {"event", "properties"},
    "group": {"groupId", "traits"},
}


class NotHeard(ValueError):
    """A message that is refused; `path` names the field at fault."""

    def __init__(self, sentence: object, path: str = "") -> None:
        self.path = path
        super().__init__(str(sentence))


@dataclass(frozen=True)
class Message:
    """One message as read. `at` is when it happened by our clock."""

    kind: str
    at: datetime
    user_id: str = ""
    anonymous_id: str = ""
    message_id: str = ""
    event: str = ""
    group_id: str = ""
    traits: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)


def read_message(raw: Any, *, kind: str = "", now: datetime, sent_at: Any = None) -> Message:
    """One message; `kind` where the address says it, `sent_at` of the batch it came in. Raises NotHeard."""
    if not isinstance(raw, dict):
        raise NotHeard(_("expected an object"))
    if size_of(raw) > LARGEST:
        raise NotHeard(_("A message has at most 32 KB."))
    kind = kind or raw.get("type") or ""
    if kind not in KINDS or raw.get("type", kind) != kind:
        raise NotHeard(_("expected one of %(kinds)s") % {"kinds": ", ".join(KINDS)}, "type")
    if unknown := sorted(set(raw) - COMMON - OWN[kind]):
        raise NotHeard(_("There is no such field."), unknown[0][:100])
    told = Message(
        kind=kind,
        at=_instant_by_our_clock(raw, now, raw.get("sentAt") or sent_at),
        user_id=_id(raw, "userId", LONGEST_ID),
        anonymous_id=_id(raw, "anonymousId", LONGEST_ID),
        message_id=_id(raw, "messageId", LONGEST_MESSAGE_ID),
        event=_id(raw, "event", LONGEST_EVENT),
        group_id=_id(raw, "groupId", LONGEST_ID),
        traits=_object(raw, "traits"),
        properties=_object(raw, "properties"),
    )
    if kind != "group" and not told.user_id and not told.anonymous_id:
        raise NotHeard(_("Give userId or anonymousId."), "userId")
    if kind == "group" and not told.group_id:
        raise NotHeard(_("This is needed."), "groupId")
    if kind == "track" and not told.event:
        raise NotHeard(_("This is needed."), "event")
    if "." in told.event:
        raise NotHeard(_("Names with a dot are Loopwell's own."), "event")
    return told


def size_of(document: Any) -> int:
    """Bytes of JSON. Raises NotHeard for what would not come out of the database again: half a character, 1e999."""
    try:
        return len(json.dumps(document, ensure_ascii=False, allow_nan=False).encode())
    except (ValueError, RecursionError):
        raise NotHeard(_("There is a number or a character in it that cannot be kept.")) from None


def amount_of(properties: Mapping[str, Any], currency: str) -> tuple[Decimal | None, str]:
    """The amount of an event and its currency: `revenue`, else `total`; `currency`, else the one given."""
    for name in ("revenue", "total"):
        value = properties.get(name)
        if value is None or value == "":
            continue
        try:
            amount = Decimal(str(value)) if not isinstance(value, bool | list | dict) else None
        except InvalidOperation:
            amount = None
        if amount is None or not amount.is_finite() or abs(amount) >= Decimal(10) ** 14:
            raise NotHeard(_("expected a number"), f"properties.{name}")
        said = properties.get("currency")
        if said is not None and not (isinstance(said, str) and re.fullmatch("[A-Za-z]{3}", said)):
            raise NotHeard(_("expected the three letters of a currency"), "properties.currency")
        return amount.quantize(Decimal("0.0001")), str(said).upper() if said else currency
    return None, ""


def instant(raw: Any, path: str) -> datetime:
    """An instant as ISO 8601 says it; without a zone it is UTC. Raises NotHeard."""
    try:
        found = parse_datetime(raw) if isinstance(raw, str) else None
    except ValueError:
        found = None
    if found is None and isinstance(raw, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", raw):
        try:
            found = datetime.fromisoformat(f"{raw}T12:00:00")
        except ValueError:
            found = None
    if found is None or not 1900 < found.year < 9000:
        raise NotHeard(_("expected a time such as 2026-01-31T10:00:00Z"), path)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _instant_by_our_clock(raw: Mapping[str, Any], now: datetime, sent_at: Any) -> datetime:
    """The time of the message, corrected by how far the sender's clock is off; never in the future."""
    if raw.get("timestamp") is None:
        return now
    at = instant(raw["timestamp"], "timestamp")
    if sent_at is not None:
        off = now - instant(sent_at, "sentAt")
        # More than a day is no clock that goes wrong, but a message told late.
        at += off if timedelta(seconds=1) < abs(off) < timedelta(days=1) else timedelta(0)
    return min(at, now)


def _id(raw: Mapping[str, Any], name: str, longest: int) -> str:
    value = raw.get(name)
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or "\x00" in value:
        raise NotHeard(_("expected a text"), name)
    value = value.strip()
    if len(value) > longest:
        raise NotHeard(_("at most %(most)d characters") % {"most": longest}, name)
    return value


def _object(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = raw.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise NotHeard(_("expected an object"), name)
    if "\\u0000" in json.dumps(value):
        raise NotHeard(_("a text without null characters"), name)
    return dict(value)
