"""Values of attributes: what counts as a number, a date, a yes. Pure: no Django models, no clock.

A value is kept as JSON: text and choice as text, number and money as a number of at most 15 digits (which
a double holds exactly, so that no amount is ever rounded), date as "2026-01-31", yes or no as a boolean,
list as a list of texts.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

Value = str | int | float | bool | list[str] | None

LONGEST_TEXT = 2_000
LONGEST_CHOICE = 200
LONGEST_LIST = 100
MOST_DIGITS = 15

YES = {"yes", "y", "true", "t", "1", "on", "ja", "oui", "sí", "si", "sim"}
NO = {"no", "n", "false", "f", "0", "off", "nein", "non", "não", "nao"}


class BadValue(ValueError):
    """A value that does not fit its kind; the text says what was expected."""


def read(kind: str, raw: Any, choices: Sequence[str] = ()) -> Value:
    """A JSON value as it came over REST, or None. Strict: the text "5" is not a number. Raises BadValue."""
    if raw is None:
        return None
    return _READERS[kind](raw, choices)


def read_text(kind: str, text: str, choices: Sequence[str] = (), *, day_first: bool = True) -> Value:
    """What somebody typed, or a cell of a file; blank is None. Raises BadValue.

    Numbers may have thousands separators and either decimal mark where that is unambiguous; dates may be
    2026-01-31, 31.1.2026, or 31/1/2026 (1/31/2026 with day_first=False).
    """
    text = text.strip()
    if not text:
        return None
    if kind in ("number", "money"):
        return _number(parse_number(text), choices)
    if kind == "date":
        return parse_date(text, day_first=day_first).isoformat()
    if kind == "yes_no":
        return parse_yes_no(text)
    if kind == "list":
        return _list([part.strip() for part in re.split(r"[;,|\n]", text) if part.strip()], choices)
    return _READERS[kind](text, choices)


def parse_number(text: str) -> Decimal:
    """ "1,234.56", "1.234,56", "1 234.56", "-3", "29.85" as Decimal. Raises BadValue."""
    cleaned = re.sub(r"[\s'’  ]", "", text.strip()).replace("−", "-")
    cleaned = re.sub(r"^[€$£¥]|[€$£¥%]$", "", cleaned)
    if "," in cleaned and "." in cleaned:
        thousands = "," if cleaned.rindex(".") > cleaned.rindex(",") else "."
        cleaned = cleaned.replace(thousands, "").replace(",", ".")
    elif "," in cleaned:
        if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+", cleaned):
            # "1,234" could be either; a thousands separator is by far the more common in files.
            cleaned = cleaned.replace(",", "")
        else:
            cleaned = cleaned.replace(",", ".")
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", cleaned):
        raise BadValue(_("“%(text)s” is not a number.") % {"text": text[:60]})
    try:
        return Decimal(cleaned)
    except InvalidOperation:
        raise BadValue(_("“%(text)s” is not a number.") % {"text": text[:60]}) from None


def parse_date(text: str, *, day_first: bool = True) -> date:
    """A day in one of the written forms above. Raises BadValue."""
    text = text.strip()
    iso = re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})([T ].*)?", text)
    other = re.fullmatch(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})([T ].*)?", text)
    try:
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if other:
            day, month = (int(other[1]), int(other[2])) if day_first else (int(other[2]), int(other[1]))
            return date(int(other[3]), month, day)
    except ValueError:
        pass
    raise BadValue(_("“%(text)s” is not a date, such as 2026-01-31.") % {"text": text[:60]})


def parse_yes_no(text: str) -> bool:
    word = text.strip().lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise BadValue(_("“%(text)s” is neither yes nor no.") % {"text": text[:60]})


def as_text(kind: str, value: Value) -> str:
    """The value as a cell of a file; reads back by read_text."""
    if value is None:
        return ""
    if kind == "yes_no":
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(value)
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return str(value)


def _text(raw: Any, _choices: Sequence[str]) -> str:
    if not isinstance(raw, str):
        raise BadValue(_("expected a text"))
    if len(raw) > LONGEST_TEXT:
        raise BadValue(_("at most %(most)d characters") % {"most": LONGEST_TEXT})
    if "\x00" in raw:
        raise BadValue(_("a text without null characters"))
    return raw


def _number(raw: Any, _choices: Sequence[str]) -> int | float:
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        raise BadValue(_("expected a number"))
    number = Decimal(repr(raw)) if isinstance(raw, float) else Decimal(raw)
    if not number.is_finite():
        raise BadValue(_("expected a number"))
    number = number.normalize()
    if len(number.as_tuple().digits) > MOST_DIGITS or abs(number.adjusted()) > MOST_DIGITS:
        raise BadValue(_("a number of at most %(most)d digits") % {"most": MOST_DIGITS})
    return int(number) if number == number.to_integral_value() else float(number)


def _date(raw: Any, _choices: Sequence[str]) -> str:
    if not isinstance(raw, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", raw):
        raise BadValue(_("expected a date, such as 2026-01-31"))
    try:
        return date.fromisoformat(raw).isoformat()
    except ValueError:
        raise BadValue(_("expected a date, such as 2026-01-31")) from None


def _yes_no(raw: Any, _choices: Sequence[str]) -> bool:
    if not isinstance(raw, bool):
        raise BadValue(_("expected true or false"))
    return raw


def _choice(raw: Any, choices: Sequence[str]) -> str:
    text = _text(raw, ())
    if len(text) > LONGEST_CHOICE:
        raise BadValue(_("at most %(most)d characters") % {"most": LONGEST_CHOICE})
    if choices and text not in choices:
        # "female" for "Female" is the same choice, written by another system.
        same = [choice for choice in choices if choice.lower() == text.lower()]
        if not same:
            raise BadValue(
                _("“%(text)s” is none of the choices: %(choices)s")
                % {"text": text[:60], "choices": ", ".join(list(choices)[:12])}
            )
        return same[0]
    return text


def _list(raw: Any, choices: Sequence[str]) -> list[str]:
    if not isinstance(raw, list):
        raise BadValue(_("expected a list of texts"))
    if len(raw) > LONGEST_LIST:
        raise BadValue(_("at most %(most)d entries") % {"most": LONGEST_LIST})
    return list(dict.fromkeys(_choice(entry, choices) for entry in raw))


_READERS: dict[str, Callable[[Any, Sequence[str]], Any]] = {
    "text": _text,
    "number": _number,
    "money": _number,
    "date": _date,
    "yes_no": _yes_no,
    "choice": _choice,
    "list": _list,
}
