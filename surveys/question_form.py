"""The form of one question: read by hand, because its fields follow from the question's kind and languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.languages import language_name
from surveys.competing import LONGEST
from surveys.definition import Asked, Definition
from surveys.writing import is_key, new_key

TEXT, LABEL = 500, 60


@dataclass(frozen=True)
class LocaleText:
    """One text field in one language."""

    locale: str
    name: str
    value: str
    is_default: bool


@dataclass(frozen=True)
class ChoiceRow:
    key: str
    number: int
    texts: list[LocaleText]


def read(post: QueryDict, question: Asked, definition: Definition) -> Asked:
    """The question as the form wants it. Over-long texts are kept whole: publishing refuses them by name."""
    locales = definition.locales
    settings: dict[str, Any] = dict(question.settings)
    if question.kind in ("nps", "rating"):
        for end in ("low_label", "high_label"):
            settings[end] = _texts(post, end, locales, settings.get(end, {}), LABEL)
    if question.kind == "nps" and "competitor" in post:
        settings["competitor"] = " ".join(str(post["competitor"]).replace("\x00", "").split())[:LONGEST]
    if question.kind == "rating":
        steps = post.get("steps", "5")
        settings["steps"] = int(steps) if steps.isascii() and steps.isdigit() and len(steps) < 3 else 0
    if question.kind == "text":
        settings["reason"] = "reason" in post
    if question.kind == "choice":
        settings["several"] = "several" in post
        settings["choices"] = _choices(post, locales, settings.get("choices", []))
    return replace(
        question,
        text=_texts(post, "text", locales, question.text, TEXT),
        hint=_texts(post, "hint", locales, question.hint, TEXT),
        required="required" in post,
        settings=settings,
        shown_to=condition(post.get("shown_to", "")),
        starts_page="starts_page" in post,
        counting="counting" in post,
    )


def texts(name: str, given: Mapping[str, str], definition: Definition) -> list[LocaleText]:
    """The fields of one text, the default language first."""
    return [
        LocaleText(code, f"{name}-{code}", given.get(code, ""), code == definition.default_locale)
        for code in definition.locales
    ]


def choice_rows(question: Asked, definition: Definition) -> list[ChoiceRow]:
    """The choices there are, and two empty rows to add more."""
    choices = [*question.settings.get("choices", []), {"key": "", "text": {}}, {"key": "", "text": {}}]
    return [
        ChoiceRow(each["key"], number, texts(f"choice-{number}", each.get("text", {}), definition))
        for number, each in enumerate(choices, 1)
    ]


def conditions(question: Asked, definition: Definition) -> list[tuple[str, str, bool]]:
    """(value, words, whether it is so now) for "Shown to": what questions before this one allow."""
    now = token(question.shown_to)
    found = [("", _("Everybody"))]
    for number, each in enumerate(definition.questions, 1):
        if each.key == question.key:
            break
        if each.kind == "nps":
            for low, high, who in (
                (9, 10, _("promoters, 9 to 10")),
                (7, 8, _("passives, 7 to 8")),
                (0, 6, _("detractors, 0 to 6")),
                (0, 8, _("all but promoters, 0 to 8")),
            ):
                found.append(
                    (f"{each.key}:{low}:{high}", _("Question %(n)s: %(who)s") % {"n": number, "who": who})
                )
        elif each.kind == "rating":
            steps = int(each.settings.get("steps", 5))
            found.append((f"{each.key}:1:{steps // 2}", _("Question %(n)s: the lower half") % {"n": number}))
            found.append(
                (f"{each.key}:{steps // 2 + 1}:{steps}", _("Question %(n)s: the upper half") % {"n": number})
            )
        elif each.kind == "choice":
            for choice in each.settings.get("choices", []):
                text = choice.get("text", {}).get(definition.default_locale, "")
                found.append(
                    (
                        f"{each.key}={choice['key']}",
                        _("Question %(n)s: chose “%(text)s”") % {"n": number, "text": text},
                    )
                )
    if now and now not in {value for value, _words in found}:
        found.append((now, _("A condition of its own (kept as it is)")))
    return [(value, words, value == now) for value, words in found]


def condition(text: str) -> dict[str, Any]:
    """The condition that a value of the field stands for; {} for anything else."""
    key, colon, ends = text.partition(":")
    if colon:
        low, _colon, high = ends.partition(":")
        if is_key(key) and low.isdigit() and high.isdigit() and len(low) < 3 and len(high) < 3:
            return {"question": key, "from": int(low), "to": int(high)}
        return {}
    key, equals, choices = text.partition("=")
    if equals and is_key(key) and all(is_key(each) for each in choices.split(",")):
        return {"question": key, "chosen": choices.split(",")}
    if text.endswith("!") and is_key(text[:-1]):
        return {"question": text[:-1], "answered": True}
    return {}


def token(shown_to: Mapping[str, Any]) -> str:
    """The value of the field for a condition."""
    if "from" in shown_to:
        return f"{shown_to['question']}:{shown_to['from']}:{shown_to['to']}"
    if "chosen" in shown_to:
        return f"{shown_to['question']}={','.join(shown_to['chosen'])}"
    return f"{shown_to['question']}!" if shown_to.get("answered") else ""


def language_names(definition: Definition) -> dict[str, str]:
    return {code: language_name(code) for code in definition.locales}


def _texts(
    post: QueryDict, name: str, locales: tuple[str, ...], before: Mapping[str, str], most: int
) -> dict[str, str]:
    """The texts of the survey's languages; those of languages taken away stay where they are."""
    found = dict(before)
    for code in locales:
        field = f"{name}-{code}"
        if field in post:
            found[code] = str(post[field]).replace("\x00", "").strip()[: most * 4]
    return found


def _choices(post: QueryDict, locales: tuple[str, ...], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = {each["key"]: each for each in before}
    found = []
    for number in range(1, 40):
        if f"choice-{number}-key" not in post:
            break
        key = post[f"choice-{number}-key"]
        written = _texts(
            post, f"choice-{number}", locales, known[key].get("text", {}) if key in known else {}, 120
        )
        if f"choice-{number}-gone" in post or not any(written.get(code) for code in locales):
            continue
        found.append({"key": key if key in known else new_key("c"), "text": written})
    return found
