"""A published survey as plain values, read from the immutable JSON of a version. Pure.

The JSON is written by publishing.py alone and only ever read through `Definition.read`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SCHEMA = 1

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as it is asked."""

    key: str
    kind: str
    text: Texts
    hint: Texts = field(default_factory=dict)
    required: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    shown_to: Mapping[str, Any] = field(default_factory=dict)
    starts_page: bool = False
    counting: bool = False

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Asked:
        return cls(
            key=raw["key"],
            kind=raw["kind"],
            text=raw["text"],
            hint=raw.get("hint") or {},
            required=bool(raw.get("required")),
            settings=raw.get("settings") or {},
            shown_to=raw.get("shown_to") or {},
            starts_page=bool(raw.get("starts_page")),
            counting=bool(raw.get("counting")),
        )

    def print(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "key": self.key,
            "kind": self.kind,
            "text": dict(self.text),
            "hint": dict(self.hint),
            "required": self.required,
            "settings": dict(self.settings),
            "shown_to": dict(self.shown_to),
            "starts_page": self.starts_page,
            "counting": self.counting,
        }


@dataclass(frozen=True, slots=True)
class Look:
    """Colour of the brand and of what is written on it; `logo` is the id of a stored file."""

    colour: str = "#14604a"
    ink: str = "#ffffff"
    logo: int | None = None
    show_name: bool = True


@dataclass(frozen=True, slots=True)
class Definition:
    """Everything the hosted page, the mail and the reports need to know of one version."""

    name: str
    kind: str
    default_locale: str
    locales: tuple[str, ...]
    questions: tuple[Asked, ...]
    anonymous: bool = False
    edit_days: int = 7
    thanks: Mapping[str, Texts] = field(default_factory=dict)
    look: Look = field(default_factory=Look)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Definition:
        """Raises KeyError for what publishing never writes."""
        if raw["schema"] != SCHEMA:
            raise KeyError(f"definition schema {raw['schema']}")
        return cls(
            name=raw["name"],
            kind=raw["kind"],
            default_locale=raw["default_locale"],
            locales=tuple(raw["locales"]),
            questions=tuple(Asked.read(each) for each in raw["questions"]),
            anonymous=bool(raw.get("anonymous")),
            edit_days=int(raw.get("edit_days", 7)),
            thanks=raw.get("thanks") or {},
            look=Look(**raw["look"]),
        )

    def print(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "name": self.name,
            "kind": self.kind,
            "default_locale": self.default_locale,
            "locales": list(self.locales),
            "questions": [each.print() for each in self.questions],
            "anonymous": self.anonymous,
            "edit_days": self.edit_days,
            "thanks": {category: dict(texts) for category, texts in self.thanks.items()},
            "look": {
                "colour": self.look.colour,
                "ink": self.look.ink,
                "logo": self.look.logo,
                "show_name": self.look.show_name,
            },
        }

    @property
    def counting(self) -> Asked | None:
        """The NPS question whose value is the score; None when the survey asks none."""
        return next((each for each in self.questions if each.counting), None)

    def question(self, key: str) -> Asked | None:
        return next((each for each in self.questions if each.key == key), None)

    def pages(self) -> list[tuple[Asked, ...]]:
        """The questions by page, in order; at least one page."""
        found: list[list[Asked]] = [[]]
        for each in self.questions:
            if each.starts_page and found[-1]:
                found.append([])
            found[-1].append(each)
        return [tuple(page) for page in found]

    def locale_for(self, wanted: str) -> str:
        """The locale of this survey nearest to the wanted one: itself, its language, else the default."""
        if wanted in self.locales:
            return wanted
        language = wanted.split("-")[0].lower()
        for each in self.locales:
            if each.split("-")[0].lower() == language:
                return each
        return self.default_locale
