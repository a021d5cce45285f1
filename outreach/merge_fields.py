"""The merge fields a template may use, pure: which exist, how they are called, and what is wrong with others."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

LIQUID_TAG = re.compile(r"\{%-?\s*(?P<tag>\w+)\s+(?P<rest>.*?)-?%\}", re.DOTALL)
OUTPUT = re.compile(r"\{\{-?\s*(?P<path>[A-Za-z_][\w.]*)\s*(?P<rest>.*?)-?\}\}", re.DOTALL)

# Paths that every message can fill in. The first word of each is a root of the values of a mail.
CUSTOMER = ("first_name", "name", "email", "phone", "locale", "stage")
FIXED: tuple[str, ...] = (
    *(f"customer.{name}" for name in CUSTOMER),
    "company.name",
    "unit.name",
    "organization.name",
    "organization.postal_address",
    "answer.score",
    "answer.comment",
    "answer.category",
    "survey_link",
    "unsubscribe_link",
    "preferences_link",
)
ROOTS = frozenset(path.partition(".")[0] for path in FIXED)
NEEDS_FALLBACK = ("customer.first_name", "customer.name", "company.name", "unit.name", "answer.comment")
SPARSE = re.compile(r"^customer\.attributes\.")


@dataclass(frozen=True)
class Finding:
    """Something to say about a template. `line` counts from 1 in the text as written; a `warning` stops nothing."""

    code: str
    line: int | None
    detail: str
    warning: bool = False


def findings(source: str, attributes: Collection[str] = ()) -> list[Finding]:
    """Fields that do not exist, and fields about a person that have no fallback."""
    local = _names_made_by(source)
    known = {*FIXED, *(f"customer.attributes.{key}" for key in attributes)}
    found = []
    for match in OUTPUT.finditer(source):
        path, rest = match["path"], match["rest"]
        line = source.count("\n", 0, match.start()) + 1
        if path.partition(".")[0] in local:
            continue
        if path not in known:
            found.append(Finding("unknown", line, path))
        elif "default" not in rest and (path in NEEDS_FALLBACK or SPARSE.match(path)):
            found.append(Finding("fallback", line, path, warning=True))
    return found


BLOCKS = ("if", "unless", "case", "for", "capture", "comment", "raw")


def open_block_line(source: str) -> int | None:
    """The line of a block that is never closed: Liquid itself only knows that the text ended."""
    opened: list[tuple[str, int]] = []
    for match in re.finditer(r"\{%-?\s*(\w+)", source):
        tag = match[1]
        if tag in BLOCKS:
            opened.append((tag, source.count("\n", 0, match.start()) + 1))
        elif tag.startswith("end") and opened and tag == f"end{opened[-1][0]}":
            opened.pop()
    return opened[-1][1] if opened else None


def _names_made_by(source: str) -> set[str]:
    """Names that the template itself makes: loop variables, assigned and captured ones."""
    names: set[str] = set()
    for match in LIQUID_TAG.finditer(source):
        first = match["rest"].split(maxsplit=1)[0] if match["rest"].split() else ""
        if match["tag"] in ("for", "assign", "capture") and first:
            names.add(first.strip("'\"="))
            if match["tag"] == "for":
                names.add("forloop")
    return names


def sample_values(attributes: Iterable[str] = ()) -> dict[str, object]:
    """Values to try a template with when the organization has no customer yet."""
    return {
        "customer": {
            "first_name": "Ann",
            "name": "Ann Okafor",
            "email": "ann@okafor.example",
            "phone": "",
            "locale": "en",
            "stage": "loyal",
            "attributes": dict.fromkeys(attributes, ""),
        },
        "company": {"name": ""},
        "unit": {"name": "Riverside"},
        "answer": {"score": 3, "comment": "Third time the lamp came in pieces.", "category": "detractor"},
    }
