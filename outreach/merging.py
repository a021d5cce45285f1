"""What a mail says to one person: the values of its merge fields, its links, its envelope."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from accounts import tokens
from outreach.claiming import Claimed
from outreach.delivery.liquid import TemplateFault
from outreach.delivery.mime import BadAddress, Letter, Words, date_line, mailbox
from outreach.delivery.smtp import Envelope
from outreach.models.send_key import MessageClass
from outreach.models.wording import Wording

KEPT_LETTERS = 500

_letters: OrderedDict[tuple[int, int], Letter] = OrderedDict()


class Unmergeable(Exception):
    """This one mail cannot be made; `reason` goes to its row, the others go on."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason[:200]


def letters(organization_id: int, wording_ids: Sequence[int]) -> dict[int, Letter | Unmergeable]:
    """The compiled letters of a batch, kept from one batch to the next: wordings never change."""
    found: dict[int, Letter | Unmergeable] = {}
    missing = []
    for wording_id in wording_ids:
        letter = _letters.get((organization_id, wording_id))
        if letter is None:
            missing.append(wording_id)
        else:
            _letters.move_to_end((organization_id, wording_id))
            found[wording_id] = letter
    for wording in Wording.objects.filter(pk__in=missing) if missing else ():
        try:
            letter = Letter(words(wording))
        except TemplateFault as fault:
            found[wording.pk] = Unmergeable(f"template: {fault}")
            continue
        except ValueError as fault:
            found[wording.pk] = Unmergeable(f"bad_address: {fault}")
            continue
        found[wording.pk] = _letters[organization_id, wording.pk] = letter
        if len(_letters) > KEPT_LETTERS:
            _letters.popitem(last=False)
    return found


def words(wording: Wording) -> Words:
    return Words(
        subject=wording.subject,
        html=wording.html,
        text=wording.text,
        from_name=wording.from_name,
        from_address=wording.from_address,
        reply_to=wording.reply_to,
        constants=wording.constants,
    )


def envelope(
    organization_id: int, message: Claimed, letter: Letter | Unmergeable | None, date: bytes
) -> Envelope:
    """The mail of one claimed message. Raises Unmergeable with the reason for its row."""
    if letter is None:
        raise Unmergeable("template: the wording is gone")
    if isinstance(letter, Unmergeable):
        raise letter
    try:
        to = mailbox(message.address or "")
        unsubscribe = ""
        if message.message_class != MessageClass.SERVICE:
            unsubscribe = link("u", "unsubscribe", organization_id, message.id)
        content = letter.merge(
            values(organization_id, message, letter.roots, unsubscribe),
            to=to,
            message_id=f"{organization_id}.{message.id}@{letter.domain}",
            date=date,
            unsubscribe=unsubscribe,
            automatic=message.message_class == MessageClass.SERVICE,
        )
    except BadAddress as error:
        raise Unmergeable("bad_address") from error
    except TemplateFault as fault:
        raise Unmergeable(f"template: {fault}") from fault
    except Exception as fault:
        # One poisoned row must not stop the batch it stands in.
        raise Unmergeable(f"template: {type(fault).__name__}: {fault}") from fault
    return Envelope(message.id, return_path(organization_id, message.id, letter.domain), to, content)


def values(organization_id: int, message: Claimed, roots: set[str], unsubscribe: str = "") -> dict[str, Any]:
    """Merge fields of one message; links are made only where the letter uses them."""
    facts: dict[str, Any] = json.loads(message.facts) if message.facts != "{}" else {}
    made: dict[str, Any] = {}
    if "customer" in roots and message.customer_id is not None and message.name is not None:
        made["customer"] = {
            "name": message.name,
            "first_name": message.first_name,
            "email": message.email,
            "phone": message.phone,
            "locale": message.locale,
            "stage": message.stage,
            "attributes": json.loads(message.attributes or "{}"),
        }
        made["company"] = {"name": message.company or ""}
        made["unit"] = {"name": message.unit or ""}
    elif "company" in roots or "unit" in roots:
        made["company"], made["unit"] = {"name": message.company or ""}, {"name": message.unit or ""}
    if "unsubscribe_link" in roots:
        made["unsubscribe_link"] = unsubscribe or link("u", "unsubscribe", organization_id, message.id)
    if "preferences_link" in roots:
        made["preferences_link"] = link("p", "preferences", organization_id, message.id)
    if "invitation" in facts:
        invitation, generation = facts.pop("invitation"), facts.pop("generation", 1)
        if "survey_link" in roots:
            made["survey_link"] = link("s", "survey", organization_id, invitation, generation)
    elif "sender" in facts:
        sender, generation = facts.pop("sender"), facts.pop("generation", 1)
        made["link"] = link("v", "sender", organization_id, sender, generation)
    elif "my_data" in facts:
        customer, generation = facts.pop("my_data"), facts.pop("generation")
        made["link"] = link("d", "my data", organization_id, customer, generation)
    elif "new_address" in facts:
        request, generation = facts.pop("new_address"), facts.pop("generation")
        made["link"] = link("e", "new address", organization_id, request, generation)
    made.update(facts)
    return made


def link(place: str, purpose: str, organization_id: int, object_id: int, generation: int = 1) -> str:
    return f"{settings.BASE_URL}/{place}/{tokens.derive(purpose, organization_id, object_id, generation)}"


def return_path(organization_id: int, send_key_id: int, domain: str) -> str:
    """Where a bounce comes back to: the address itself says which message it is about."""
    return f"bounce+{organization_id}-{send_key_id}@{settings.BOUNCE_DOMAIN or domain}"


def date_now(at: datetime) -> bytes:
    return date_line(at)
