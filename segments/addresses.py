"""Addresses in one form, and the keyed hash under which a stopped address is remembered."""

import hashlib
import re

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts.models import Organization

_WORD = r"[a-z0-9](?:[a-z0-9_+-]*[a-z0-9])?"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN = re.compile(rf"{_WORD}(?:\.{_WORD})*@(?:{_LABEL}\.)+[a-z]{{2,24}}", re.IGNORECASE | re.ASCII)


class BadAddress(ValueError):
    """An address that nothing can be sent to, with a sentence that says why."""


def normal_email(text: str) -> str:
    """The address without blanks around it, its case kept. Raises BadAddress."""
    text = text.strip()
    if is_plain_email(text):
        # What nearly all are; the whole grammar takes ten times as long, which a large file would notice.
        return text
    if len(text) > 254:
        raise BadAddress(_("An e-mail address has at most 254 characters."))
    try:
        validate_email(text)
    except ValidationError:
        raise BadAddress(_("“%(text)s” is not an e-mail address.") % {"text": text[:80]}) from None
    return text


def is_plain_email(text: str) -> bool:
    """An address in the form that nearly all have; others may be addresses too."""
    return (
        _PLAIN.fullmatch(text) is not None
        and len(text) <= 254
        and (len(text) <= 64 or len(text.partition("@")[0]) <= 64)
    )


def normal_phone(text: str, region: str | None = None) -> str:
    """The number as E.164, "+441234567890". A number without + needs a region ("GB"). Raises BadAddress."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise BadAddress(
            _("“%(text)s” is not a phone number with its country, such as +441234567890.")
            % {"text": text[:40]}
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def address_hash(organization: Organization, address: str) -> bytes:
    """Keyed by the organization's salt and nested, so that it cannot be extended or compared across tenants.

    contacting_sql.HASH computes the same in SQL; a test holds the two together.
    """
    key = organization.salt.encode()
    inner = hashlib.sha256(key + address.strip().lower().encode()).digest()
    return hashlib.sha256(key + inner).digest()
