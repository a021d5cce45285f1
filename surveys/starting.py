"""Beginning a survey: empty, from a template, or as a copy of another one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from accounts.acting import Actor
from surveys.branching import category_condition
from surveys.models import Appearance, Question, Survey


@dataclass(frozen=True)
class Sketch:
    """One question of a template, in untranslated words."""

    key: str
    kind: str
    text: str
    shown_to: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    required: bool = False
    starts_page: bool = False


@dataclass(frozen=True)
class SurveyTemplate:
    key: str
    name: str | Promise
    about: str | Promise
    kind: str
    questions: tuple[Sketch, ...]
    touchpoint: str = ""
    anonymous: bool = False


def _nps(text: str) -> Sketch:
    return Sketch("nps", "nps", text, required=True)


_REASONS = (
    Sketch(
        "reason_promoter",
        "text",
        gettext_noop("What do you like most?"),
        category_condition("nps", "promoter"),
        {"reason": True},
    ),
    Sketch(
        "reason_passive",
        "text",
        gettext_noop("What would make it a 9 or a 10?"),
        category_condition("nps", "passive"),
        {"reason": True},
    ),
    Sketch(
        "reason_detractor",
        "text",
        gettext_noop("What should we do better first?"),
        category_condition("nps", "detractor"),
        {"reason": True},
    ),
)


def _choice(key: str, text: str, *choices: str, several: bool = True) -> Sketch:
    listed = [{"key": f"c{place}", "text": choice} for place, choice in enumerate(choices, 1)]
    return Sketch(key, "choice", text, settings={"several": several, "choices": listed})


TEMPLATES = (
    SurveyTemplate(
        "relationship",
        gettext_lazy("Relationship"),
        gettext_lazy("The whole of your dealings, asked a few times a year."),
        "relationship",
        (
            _nps(gettext_noop("How likely are you to recommend {{ organization.name }} to a friend?")),
            *_REASONS,
        ),
    ),
    SurveyTemplate(
        "purchase",
        gettext_lazy("After a purchase"),
        gettext_lazy("Soon after something was bought or delivered."),
        "transactional",
        (
            _nps(
                gettext_noop("After this purchase, how likely are you to recommend {{ organization.name }}?")
            ),
            *_REASONS,
            _choice(
                "about",
                gettext_noop("What is it about?"),
                gettext_noop("Waiting time"),
                gettext_noop("Price"),
                gettext_noop("Quality"),
                gettext_noop("Choice of goods"),
                gettext_noop("Delivery"),
                gettext_noop("Staff"),
            ),
        ),
        touchpoint="purchase",
    ),
    SurveyTemplate(
        "support",
        gettext_lazy("After a support chat"),
        gettext_lazy("When a request for help was closed."),
        "transactional",
        (
            _nps(
                gettext_noop("After this contact, how likely are you to recommend {{ organization.name }}?")
            ),
            *_REASONS,
            Sketch("ease", "rating", gettext_noop("How easy was it to get help?"), settings={"steps": 5}),
        ),
        touchpoint="support chat",
    ),
    SurveyTemplate(
        "employees",
        gettext_lazy("Employees"),
        gettext_lazy("Anonymous: no link to a person is kept, and small groups stay hidden."),
        "employee",
        (
            _nps(gettext_noop("How likely are you to recommend {{ organization.name }} as a place to work?")),
            *_REASONS,
        ),
        anonymous=True,
    ),
)


def template(key: str) -> SurveyTemplate:
    """The template of that name. Raises LookupError."""
    for each in TEMPLATES:
        if each.key == key:
            return each
    raise LookupError(key)


@transaction.atomic
def start(
    name: str,
    *,
    by: Actor,
    template_key: str = "relationship",
    locale: str = "",
    at: dt.datetime | None = None,
) -> Survey:
    """A new draft in the organization's language, with the template's questions."""
    chosen = template(template_key)
    organization = by.organization
    locale = locale or organization.locale or "en"
    survey = Survey.objects.create(
        name=name.strip() or str(chosen.name),
        kind=chosen.kind,
        touchpoint=chosen.touchpoint,
        anonymous=chosen.anonymous,
        default_locale=locale,
        created_by_id=by.user_id,
        created_at=at or timezone.now(),
        draft_changes=1,
        **_thanks(locale),
    )
    Appearance.objects.create(survey=survey)
    with translation.override(locale):
        Question.objects.bulk_create(
            Question(
                survey=survey,
                key=sketch.key,
                kind=sketch.kind,
                text={locale: gettext(sketch.text)},
                required=sketch.required,
                settings=_settings(sketch, locale),
                shown_to=dict(sketch.shown_to),
                starts_page=sketch.starts_page,
                position=place,
                counting=sketch.kind == "nps" and sketch.key == "nps",
            )
            for place, sketch in enumerate(chosen.questions, 1)
        )
    return survey


@transaction.atomic
def duplicate(survey: Survey, *, by: Actor, at: dt.datetime | None = None) -> Survey:
    """A new draft with the same questions, texts and look; no versions, no answers."""
    copy = Survey.objects.create(
        name=gettext("%(name)s (copy)") % {"name": survey.name[:100]},
        kind=survey.kind,
        default_locale=survey.default_locale,
        locales=list(survey.locales),
        touchpoint=survey.touchpoint,
        anonymous=survey.anonymous,
        edit_days=survey.edit_days,
        thanks_promoter=dict(survey.thanks_promoter),
        thanks_passive=dict(survey.thanks_passive),
        thanks_detractor=dict(survey.thanks_detractor),
        created_by_id=by.user_id,
        created_at=at or timezone.now(),
        draft_changes=1,
    )
    look = Appearance.objects.filter(survey=survey).first() or Appearance()
    Appearance.objects.create(
        survey=copy, brand_colour=look.brand_colour, logo=look.logo, show_name=look.show_name
    )
    questions = list(survey.present_questions)
    for each in questions:
        each.pk = None
        each.survey = copy
        each._state.adding = True
    Question.objects.bulk_create(questions)
    return copy


def _settings(sketch: Sketch, locale: str) -> dict[str, Any]:
    settings = dict(sketch.settings)
    if sketch.kind == "choice":
        settings["choices"] = [
            {"key": each["key"], "text": {locale: gettext(each["text"])}} for each in settings["choices"]
        ]
    if sketch.kind in ("nps", "rating"):
        low, high = (
            (gettext_noop("not at all likely"), gettext_noop("extremely likely"))
            if sketch.kind == "nps"
            else (gettext_noop("very hard"), gettext_noop("very easy"))
        )
        settings["low_label"], settings["high_label"] = {locale: gettext(low)}, {locale: gettext(high)}
    return settings


def _thanks(locale: str) -> dict[str, dict[str, str]]:
    with translation.override(locale):
        return {
            "thanks_promoter": {locale: gettext("Thank you. Your words go to the people they are about.")},
            "thanks_passive": {
                locale: gettext("Thank you. We read every answer, and yours shows what to do better.")
            },
            "thanks_detractor": {
                locale: gettext("Thank you for telling us. A person will read this and answer you.")
            },
        }
