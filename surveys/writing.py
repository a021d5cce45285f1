"""Changing a draft: questions, languages, look, what comes after. Every change raises the survey's revision."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.deleting import delete
from accounts.models import Deletion
from segments import renaming
from surveys.definition import Asked
from surveys.kinds import kind_of
from surveys.models import Appearance, Question, Survey

MOST_QUESTIONS = 40
FIELDS = ("text", "hint", "required", "settings", "shown_to", "starts_page", "counting")


class TooMany(Exception):
    """A survey holds at most MOST_QUESTIONS questions."""


@transaction.atomic
def add_question(survey: Survey, kind: str, *, by: Actor, expected: int) -> Question:
    """A new question at the end. Raises LookupError for an unknown kind, Stale, TooMany."""
    defaults = kind_of(kind).DEFAULTS
    _touch(survey, by, expected)
    questions = list(survey.present_questions)
    if len(questions) >= MOST_QUESTIONS:
        raise TooMany
    locale = survey.default_locale
    settings = {key: dict(value) if isinstance(value, dict) else value for key, value in defaults.items()}
    if kind == "choice":
        with translation.override(locale):
            settings["choices"] = [
                {"key": new_key("c"), "text": {locale: _("Choice %(n)s") % {"n": number}}}
                for number in (1, 2)
            ]
    counting = kind == "nps" and not any(each.counting for each in questions)
    return Question.objects.create(
        survey=survey,
        key=new_key("q"),
        kind=kind,
        text={locale: ""},
        settings=settings,
        required=counting,
        position=max((each.position for each in questions), default=0) + 1,
        counting=counting,
    )


@transaction.atomic
def save_question(question: Question, wanted: Asked, *, by: Actor, expected: int) -> Question:
    """Write one question as wanted; its key and kind stay. Raises Stale."""
    survey = question.survey
    _touch(survey, by, expected)
    if wanted.counting and question.kind == "nps":
        survey.present_questions.exclude(pk=question.pk).filter(counting=True).update(counting=False)
    for field in FIELDS:
        setattr(question, field, _plain(getattr(wanted, field)))
    question.counting = wanted.counting and question.kind == "nps"
    question.save(update_fields=list(FIELDS))
    return question


@transaction.atomic
def move_question(question: Question, by_places: int, *, by: Actor, expected: int) -> None:
    """One place up (-1) or down (1); at an end nothing happens. Raises Stale."""
    _touch(question.survey, by, expected)
    order = list(question.survey.present_questions)
    here = next(place for place, each in enumerate(order) if each.pk == question.pk)
    there = min(max(here + by_places, 0), len(order) - 1)
    order.insert(there, order.pop(here))
    for place, each in enumerate(order, 1):
        each.position = place
    Question.objects.bulk_update(order, ["position"])


@transaction.atomic
def remove_question(question: Question, *, by: Actor, expected: int) -> None:
    """Out of the draft, until `put_back`; what was published and answered stays as it was. Raises Stale."""
    _touch(question.survey, by, expected)
    question.removed_at = timezone.now()
    question.save(update_fields=["removed_at"])


@transaction.atomic
def put_back(question: Question, *, by: Actor) -> Question:
    """Undo `remove_question`: to its old place. Putting back twice is once. Raises TooMany.

    Where another question counts by now, this one comes back without counting.
    """
    by.require("survey.edit")
    survey = Survey.objects.select_for_update(of=("self",)).get(pk=question.survey_id)
    question.refresh_from_db()
    if question.removed_at is None:
        return question
    _touch(survey, by, survey.revision)
    present = list(survey.present_questions)
    if len(present) >= MOST_QUESTIONS:
        raise TooMany
    question.removed_at = None
    question.counting = question.counting and not any(each.counting for each in present)
    question.save(update_fields=["removed_at", "counting"])
    return question


@transaction.atomic
def save_survey(survey: Survey, facts: Mapping[str, Any], *, by: Actor, expected: int) -> Survey:
    """Name, texts after sending, window, source of answers. Raises Stale.

    Rules that name the survey follow it to its new name, unless another one bears the old one too.
    """
    before = Survey.objects.values_list("name", flat=True).get(pk=survey.pk)
    for field, value in facts.items():
        setattr(survey, field, value)
    _touch(survey, by, expected, *facts)
    if not Survey.objects.present().filter(name=before).exclude(pk=survey.pk).exists():
        renaming.follow("survey_answered", before, survey.name, place="name", by=by)
    return survey


@transaction.atomic
def save_look(survey: Survey, facts: Mapping[str, Any], *, by: Actor, expected: int) -> Appearance:
    """Colour, logo, name. Raises Stale."""
    _touch(survey, by, expected)
    appearance, _made = Appearance.objects.get_or_create(survey=survey)
    for field, value in facts.items():
        setattr(appearance, field, value)
    appearance.save()
    return appearance


@transaction.atomic
def set_locales(survey: Survey, locales: list[str], *, by: Actor, expected: int) -> Survey:
    """The languages besides the default one; texts of a language taken away are kept in the draft."""
    survey.locales = [code for code in dict.fromkeys(locales) if code != survey.default_locale]
    _touch(survey, by, expected, "locales")
    return survey


@transaction.atomic
def archive(survey: Survey, *, by: Actor) -> None:
    """Take no answers any more, ask nobody, stay readable."""
    by.require("survey.edit")
    Survey.objects.filter(pk=survey.pk).update(state=Survey.State.ARCHIVED)
    audit("survey.edit", survey, by=by, did="archived")


@transaction.atomic
def unarchive(survey: Survey, *, by: Actor) -> None:
    """Back to what it was before."""
    by.require("survey.edit")
    state = Survey.State.LIVE if survey.latest_version else Survey.State.DRAFT
    Survey.objects.filter(pk=survey.pk).update(state=state)
    audit("survey.edit", survey, by=by, did="unarchived")


@transaction.atomic
def put_away(survey: Survey, *, by: Actor) -> Deletion:
    """Delete, to be undone within 30 days; its links are closed meanwhile, its answers stay."""
    by.require("survey.edit")
    return delete(survey, by=by, action="survey.edit")


def new_key(letter: str) -> str:
    """A key for a question or a choice: it stays for ever, whatever its text becomes."""
    return f"{letter}_{secrets.token_hex(4)}"


def is_key(text: str) -> bool:
    return bool(re.fullmatch(r"[a-z][a-z0-9_]{0,39}", text))


def _touch(survey: Survey, by: Actor, expected: int, *fields: str) -> None:
    by.require("survey.edit")
    survey.draft_changes += 1
    survey.save_revision(expected, by=by, update_fields=["draft_changes", *fields])


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value
