"""What a column of a file probably is: from its name, else from its values."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from segments.models import Attribute, ContactRole
from segments.values import BadValue, read_text

# Where a column can go besides an attribute.
TARGETS: dict[str, Any] = {
    "external_id": _("External id (tells customers apart)"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "name": _("Name"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "company": _("Company"),
    "roles": _("Role in the company (decides, uses, pays)"),
    "company_owner": _("Account owner of the company, by e-mail"),
    "company_revenue": _("Revenue of the company a year"),
    "company_renewal": _("Renewal date of the company"),
    "locale": _("Language"),
    "time_zone": _("Time zone"),
    "stage": _("Stage"),
    "unit": _("Unit, by name"),
    "created_at": _("Customer since"),
}

_NAMES = {
    "external_id": "external id|externalid|customer id|customerid|id|client id|user id|userid|account id"
    "|number|id cliente|kundennummer|customer number|customer no|customer key|key",
    "email": "email|e mail|mail|email address|e mail address|mailadresse|correo",
    "phone": "phone|phone number|telephone|mobile|mobile number|cell|telefon|tel",
    "name": "name|full name|fullname|customer name|contact name|contact",
    "first_name": "first name|firstname|given name|forename|vorname|prenom|nombre",
    "last_name": "last name|lastname|surname|family name|nachname|apellido",
    "company": "company|company name|employer|organization|organisation|account|account name|firma",
    "roles": "role|roles|role in the company|contact role|company role",
    "company_owner": "account owner|owner|account manager|company owner|kundenbetreuer",
    "company_revenue": "company revenue|account revenue|annual contract value|acv|contract value",
    "company_renewal": "company renewal|renewal date|renewal|renews on|contract end",
    "locale": "locale|language|lang|sprache",
    "time_zone": "time zone|timezone|tz",
    "stage": "stage|lifecycle stage|journey stage|lifecycle",
    "unit": "unit|store|branch|region unit",
    "created_at": "customer since|created at|created|signup date|sign up date|joined|member since|start date",
}
NAMES = {name: target for target, names in _NAMES.items() for name in names.split("|")}
# Proposed beside a column of companies only: alone, a role or a renewal is an attribute of the person.
OF_A_COMPANY = ("roles", "company_owner", "company_revenue", "company_renewal")
_MONEY = re.compile(r"\b(price|amount|revenue|charges?|spend|spent|total|cost|value|mrr|arr|balance|paid)\b")


@dataclass(frozen=True)
class Column:
    """One column's place: `to` is ignore, a target, attribute:KEY, or new (with key, label, kind)."""

    to: str
    key: str = ""
    label: str = ""
    kind: str = ""
    # Blank cells are rare in this column, so each is worth a line in the report.
    full: bool = False
    day_first: bool = True
    # The attribute was made by this very import.
    made: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def suggest(
    header: Sequence[str], sample: Sequence[Sequence[str]], attributes: Sequence[Attribute]
) -> list[Column]:
    """A proposal per column. No target is proposed twice, and no key of a new attribute."""
    taken: set[str] = set()
    found = []
    with_company = any(NAMES.get(plain_name(name)) == "company" for name in header)
    for number, name in enumerate(header):
        cells = [row[number] if number < len(row) else "" for row in sample]
        column = _suggestion(name, cells, attributes, taken, with_company)
        taken.add(column.to if column.to != "new" else f"attribute:{column.key}")
        found.append(column)
    return found


def as_before(
    chosen: Sequence[Column], proposed: Sequence[Column], attributes: Sequence[Attribute]
) -> list[Column]:
    """What was chosen for the same columns once; a proposal where its attribute is gone meanwhile."""
    present = {f"attribute:{attribute.key}" for attribute in attributes}
    return [
        replace(column, made=False) if column.to in ("ignore", *TARGETS) or column.to in present else fresh
        for column, fresh in zip(chosen, proposed, strict=True)
    ]


def _suggestion(
    name: str, cells: list[str], attributes: Sequence[Attribute], taken: set[str], with_company: bool
) -> Column:
    plain = plain_name(name)
    filled = [cell.strip() for cell in cells if cell.strip()]
    full = bool(cells) and len(filled) / len(cells) >= 0.95
    target = NAMES.get(plain) or _by_values(filled)
    if target == "created_at" and not _all_are("date", filled):
        target = None
    if target in OF_A_COMPANY and not (
        with_company
        and not any(plain in (plain_name(one.key), plain_name(one.label)) for one in attributes)
        and _fits_a_company(target, filled)
    ):
        target = None
    if target is not None and target not in taken:
        return Column(target, full=full, day_first=day_comes_first(filled))
    for attribute in attributes:
        same = plain in (plain_name(attribute.key), plain_name(attribute.label))
        if same and f"attribute:{attribute.key}" not in taken:
            return Column(f"attribute:{attribute.key}", full=full, day_first=day_comes_first(filled))
    key = free_key(name, taken)
    return Column("new", key, name[:120], guess_kind(name, filled), full, day_comes_first(filled))


def plain_name(name: str) -> str:
    """customerID, customer_id and "Customer ID" are one name."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return " ".join(re.sub(r"[^0-9a-zA-Z]+", " ", spaced).lower().split())


def free_key(name: str, taken: set[str]) -> str:
    base = slugify(plain_name(name)).replace("-", "_")[:50] or "column"
    key, number = base, 2
    while f"attribute:{key}" in taken:
        key, number = f"{base}_{number}", number + 1
    return key


def guess_kind(name: str, filled: Sequence[str]) -> str:
    """The narrowest kind that every value fits; text when in doubt."""
    if not filled:
        return "text"
    distinct = set(filled)
    if distinct <= {"0", "1"} and len(distinct) == 2:
        return "yes_no"
    for kind in ("yes_no", "number", "date"):
        if _all_are(kind, filled) and not (kind == "yes_no" and distinct <= {"0", "1"}):
            money = kind == "number" and _MONEY.search(plain_name(name))
            return "money" if money else kind
    few = len(filled) >= 20 and len(distinct) <= min(20, len(filled) // 5)
    return "choice" if few and all(len(cell) <= 60 for cell in distinct) else "text"


def _fits_a_company(target: str, filled: Sequence[str]) -> bool:
    """Whether the cells can be what the target takes: most of them roles, or all addresses, amounts, days."""
    if target == "roles":
        parts = [part.strip().lower() for cell in filled for part in re.split(r"[;,|]", cell)]
        return sum(part in ContactRole.values for part in parts) * 2 > len(parts)
    if target == "company_owner":
        return _by_values(filled) == "email"
    return _all_are("money" if target == "company_revenue" else "date", filled)


def day_comes_first(filled: Sequence[str]) -> bool:
    """31/1/2026 rather than 1/31/2026: whether any value could only be read that way."""
    found = [re.fullmatch(r"(\d{1,2})[-/.](\d{1,2})[-/.]\d{4}.*", cell) for cell in filled]
    pairs = [(int(match[1]), int(match[2])) for match in found if match]
    return not any(second > 12 for _first, second in pairs)


def _by_values(filled: Sequence[str]) -> str | None:
    if filled and all(re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", cell) for cell in filled):
        return "email"
    if filled and all(re.fullmatch(r"\+[1-9][\d ]{6,16}", cell) for cell in filled):
        return "phone"
    return None


def _all_are(kind: str, filled: Sequence[str]) -> bool:
    day_first = kind == "date" and day_comes_first(filled)
    try:
        for cell in filled:
            read_text(kind, cell, day_first=day_first)
    except BadValue:
        return False
    return bool(filled)
