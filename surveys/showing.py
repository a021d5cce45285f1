"""How questions and thanks look to the one who answers: figures and texts for the templates.

The same for the hosted page and for the preview in the builder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from accounts import tokens
from accounts.languages import language_name
from accounts.locales import pick
from accounts.models import Organization
from segments.models import Customer
from surveys import branching, colours, piping, reading
from surveys.definition import Asked, Definition
from surveys.kinds import Value, kind_of

CATEGORIES = ("promoter", "passive", "detractor", "other")


@dataclass(frozen=True)
class Option:
    """One radio or check box."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Shown:
    """One question, ready for its template."""

    key: str
    kind: str
    text: str
    hint: str
    required: bool
    several: bool
    options: list[Option] = field(default_factory=list)
    low: str = ""
    high: str = ""
    words: str = ""
    error: str = ""
    # Shown by the style sheet alone when one of these inputs is checked.
    on: list[str] = field(default_factory=list)

    @property
    def template(self) -> str:
        return f"surveys/hosted/kinds/{self.kind}.html"


@dataclass(frozen=True)
class Page:
    number: int
    of: int
    questions: list[Shown]
    is_last: bool
    errors: list[Shown]

    @property
    def folded(self) -> list[Shown]:
        return [each for each in self.questions if each.on]


@dataclass(frozen=True)
class Thanks:
    heading: str
    text: str
    words: str
    category: str


def page(
    definition: Definition,
    number: int,
    language: str,
    values: Mapping[str, Value],
    *,
    known: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    raw: Mapping[str, Sequence[str]] | None = None,
) -> Page:
    """The questions of one page. One that hangs on a question of the same page is shown by choosing there."""
    errors = errors or {}
    pages = definition.pages()
    here = {each.key for each in pages[number]}
    shown = {each.key for each in branching.visible(definition.questions, values)}
    questions = []
    for each in pages[number]:
        on = _inputs(definition, each, here)
        if not on and each.key not in shown:
            continue
        questions.append(_question(definition, each, language, values, known, errors, raw, on))
    last = reading.next_page(definition, number, values) is None and not any(
        later.shown_to for later_page in pages[number + 1 :] for later in later_page
    )
    return Page(number, len(pages), questions, last, [each for each in questions if each.error])


def thanks(
    definition: Definition, language: str, category: str, known: Mapping[str, str], words: str
) -> Thanks:
    text = pick(definition.thanks.get(category), language, definition.default_locale)
    name = known.get("customer.first_name", "")
    heading = _("Thank you, %(name)s.") % {"name": name} if name else _("Thank you.")
    return Thanks(heading, piping.fill(text, known) or _("Your answer has arrived."), words, category)


def facts_of(organization: Organization, customer: Customer | None) -> dict[str, str]:
    """What merge fields can be filled with."""
    facts = {"organization.name": organization.name}
    if customer is None or customer.deleted_at is not None:
        return facts
    facts["customer.first_name"] = customer.first_name
    facts["customer.name"] = customer.name
    facts["customer.stage"] = customer.stage
    for key, value in customer.attributes.items():
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            facts[f"customer.attributes.{key}"] = str(value)
    if customer.company is not None:
        facts["company.name"] = customer.company.name
    if customer.unit is not None:
        facts["unit.name"] = customer.unit.name
    return facts


def frame(definition: Definition, organization: Organization, language: str) -> dict[str, Any]:
    """The look around the page."""
    look = definition.look
    logo = ""
    if look.logo is not None:
        logo = f"/f/{tokens.derive('file', organization.pk, look.logo)}/"
    return {
        "organization": organization,
        "colour": look.colour,
        "ink": look.ink,
        "soft": colours.soft(look.colour, 0.09),
        "ground": colours.soft(look.colour, 0.05),
        # A pale brand colour cannot be the edge of a control on white.
        "mark": look.colour if colours.contrast(look.colour, colours.WHITE) >= 4.5 else colours.INK,
        "logo": logo,
        "show_name": look.show_name or not logo,
    }


def other_languages(definition: Definition, language: str) -> list[tuple[str, str]]:
    """(code, its own name) of the other languages of this survey."""
    return [(code, language_name(code)) for code in definition.locales if code != language]


def _question(
    definition: Definition,
    asked: Asked,
    language: str,
    values: Mapping[str, Value],
    known: Mapping[str, str],
    errors: Mapping[str, str],
    raw: Mapping[str, Sequence[str]] | None,
    on: list[str],
) -> Shown:
    default = definition.default_locale
    value = values.get(asked.key, Value())
    given = list(raw.get(asked.key, ())) if raw is not None else None
    takes = kind_of(asked.kind).TAKES
    options: list[Option] = []
    if takes == "number":
        chosen = given if given is not None else [str(value.number)] if value.number is not None else []
        options = [
            Option(str(each), str(each), str(each) in chosen) for each in kind_of(asked.kind).scale(asked)
        ]
    elif takes == "choices":
        picked = given if given is not None else list(value.choices)
        options = [
            Option(
                each["key"], piping.fill(pick(each["text"], language, default), known), each["key"] in picked
            )
            for each in asked.settings["choices"]
        ]
    ends = [
        piping.fill(pick(asked.settings.get(end), language, default), known)
        for end in ("low_label", "high_label")
    ]
    return Shown(
        key=asked.key,
        kind=asked.kind,
        text=piping.fill(pick(asked.text, language, default), known),
        hint=piping.fill(pick(asked.hint, language, default), known),
        required=asked.required,
        several=bool(asked.settings.get("several")),
        options=options,
        low=ends[0],
        high=ends[1],
        words=(given[0] if given else "") if given is not None else value.text,
        error=errors.get(asked.key, ""),
        on=on,
    )


def _inputs(definition: Definition, asked: Asked, here: set[str]) -> list[str]:
    """Ids of the inputs on the same page, one of which must be checked for this question to be shown."""
    condition = asked.shown_to
    if not condition or condition["question"] not in here:
        return []
    key = condition["question"]
    on = definition.question(key)
    if on is None:
        return []
    if "from" in condition:
        scale = kind_of(on.kind).scale(on)
        return [f"{key}-{number}" for number in scale if condition["from"] <= number <= condition["to"]]
    if "chosen" in condition:
        return [f"{key}-{choice}" for choice in condition["chosen"]]
    if kind_of(on.kind).TAKES == "number":
        return [f"{key}-{number}" for number in kind_of(on.kind).scale(on)]
    if on.kind == "choice":
        return [f"{key}-{each['key']}" for each in on.settings["choices"]]
    return []
