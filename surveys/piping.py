"""Merge fields in the texts of a survey: `{{ customer.first_name | default: "there" }}`. Pure.

The form is a subset of Liquid, so that the same text works in the mail. On a page only the fields
named here exist; anything else is refused when the survey is published, naming the question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

FIELD = re.compile(
    r"\{\{\s*(?P<path>[A-Za-z_][\w.]*)\s*(?:\|\s*default:\s*(?P<quote>[\"'])(?P<fallback>[^\"'{}]*)(?P=quote)\s*)?\}\}"
)
BRACES = re.compile(r"\{\{|\}\}|\{%|%\}")

FIXED_PATHS = frozenset(
    {
        "customer.first_name",
        "customer.name",
        "customer.stage",
        "company.name",
        "unit.name",
        "organization.name",
    }
)
ATTRIBUTE = re.compile(r"^customer\.attributes\.[a-z][a-z0-9_]*$")


class WrongField(ValueError):
    """A merge field that is not known, or braces that are no merge field. `what` is the piece at fault."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(what)


def fields(text: str) -> list[str]:
    """Paths of the merge fields in order. Raises WrongField for anything malformed or unknown."""
    found = []
    for match in FIELD.finditer(text):
        path = match["path"]
        if path not in FIXED_PATHS and not ATTRIBUTE.match(path):
            raise WrongField(match[0])
        if path.startswith(("customer.", "company.", "unit.")) and match["fallback"] is None:
            raise WrongField(match[0])
        found.append(path)
    left = BRACES.search(FIELD.sub("", text))
    if left:
        raise WrongField(left[0])
    return found


def fill(text: str, known: Mapping[str, str] | Callable[[str], str]) -> str:
    """The text with its fields put in; an empty or unknown one gives the fallback. Never escapes."""
    find = known if callable(known) else lambda path: known.get(path, "")

    def put(match: re.Match[str]) -> str:
        return find(match["path"]) or match["fallback"] or ""

    return FIELD.sub(put, text) if "{{" in text else text
