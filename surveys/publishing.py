"""Freezing a draft as the next version."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.recording import record
from surveys import colours, piping
from surveys.definition import Asked, Definition, Look
from surveys.kinds import Problem, kind_of
from surveys.models import Appearance, Question, Survey, Version


class NotReady(Exception):
    """The draft cannot be published yet. `problems` names the question and the field at fault."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(", ".join(f"{each.question or 'survey'}: {each.code}" for each in problems))


@transaction.atomic
def publish(survey: Survey, *, by: Actor, at: dt.datetime | None = None) -> Version:
    """Freeze the draft as the next version. Raises NotReady, naming the question at fault."""
    by.require("survey.publish")
    survey = Survey.objects.select_for_update(of=("self",)).get(pk=survey.pk)
    definition = draft(survey)
    problems = check(definition)
    if problems:
        raise NotReady(problems)
    counting = definition.counting
    version = Version.objects.create(
        survey=survey,
        number=survey.latest_version + 1,
        definition=definition.print(),
        counting_question=counting.key if counting else "",
        published_at=at or timezone.now(),
        published_by_id=by.user_id,
    )
    survey.latest_version = version.number
    survey.state = Survey.State.LIVE
    survey.draft_changes = 0
    survey.save(update_fields=["latest_version", "state", "draft_changes"])
    survey.questions.exclude(removed_at=None).delete()
    audit("survey.publish", survey, by=by, version=version.number)
    record("survey.published", survey, version=version.number)
    return version


def draft(survey: Survey) -> Definition:
    """The draft as the definition that publishing would freeze now."""
    return Definition(
        name=survey.name,
        kind=survey.kind,
        default_locale=survey.default_locale,
        locales=tuple(survey.every_locale),
        questions=tuple(asked(each) for each in survey.present_questions),
        anonymous=survey.anonymous,
        edit_days=survey.edit_days,
        thanks={
            "promoter": survey.thanks_promoter,
            "passive": survey.thanks_passive,
            "detractor": survey.thanks_detractor,
        },
        look=look(survey),
    )


def asked(question: Question) -> Asked:
    return Asked(
        key=question.key,
        kind=question.kind,
        text=question.text,
        hint=question.hint,
        required=question.required,
        settings=question.settings,
        shown_to=question.shown_to,
        starts_page=question.starts_page,
        counting=question.counting,
    )


def look(survey: Survey) -> Look:
    """The survey's own look, filled up with the organization's brand."""
    own = Appearance.objects.filter(survey=survey).first()
    organization = survey.organization
    colour = ((own.brand_colour if own else "") or organization.brand_colour or Look().colour).lower()
    logo = (own.logo_id if own else None) or organization.logo
    return Look(
        colour=colour, ink=colours.ink_on(colour), logo=logo, show_name=own.show_name if own else True
    )


def check(definition: Definition) -> list[Problem]:
    """Everything that keeps a definition from being published, in the order of the questions."""
    if not definition.questions:
        return [Problem("no_questions")]
    found: list[Problem] = []
    before: dict[str, Asked] = {}
    for question in definition.questions:
        found += _texts(question, definition)
        found += kind_of(question.kind).problems(question, definition.locales, definition.default_locale)
        found += _condition(question, before)
        before[question.key] = question
    counting = definition.counting
    if counting is None:
        found.append(Problem("counting_missing"))
    elif counting.shown_to:
        found.append(Problem("counting_hidden", counting.key, "shown_to"))
    elif counting.settings.get("competitor"):
        found.append(Problem("counting_of_others", counting.key, "competitor"))
    ratio = colours.contrast(definition.look.colour, definition.look.ink)
    if ratio < 4.5:
        found.append(Problem("contrast", "", "brand_colour", {"ratio": f"{ratio:.1f}"}))
    return found


def _texts(question: Asked, definition: Definition) -> list[Problem]:
    found = []
    for locale in definition.locales:
        text = question.text.get(locale, "")
        if not text.strip():
            code = "text_missing" if locale == definition.default_locale else "text_missing_in"
            found.append(Problem(code, question.key, f"text-{locale}", {"locale": locale}))
        labels = (question.settings.get(end, {}).get(locale, "") for end in ("low_label", "high_label"))
        for each in (text, question.hint.get(locale, ""), *labels):
            try:
                piping.fields(each)
            except piping.WrongField as error:
                found.append(Problem("wrong_field", question.key, f"text-{locale}", {"field": error.what}))
    return found


def _condition(question: Asked, before: dict[str, Asked]) -> list[Problem]:
    condition = question.shown_to
    if not condition:
        return []
    on = before.get(condition.get("question", ""))
    if on is None:
        return [Problem("condition_unknown", question.key, "shown_to")]
    if "from" in condition:
        fits = kind_of(on.kind).TAKES == "number" and condition["from"] <= condition["to"]
    elif "chosen" in condition:
        known = {each["key"] for each in on.settings.get("choices", [])}
        fits = on.kind == "choice" and bool(condition["chosen"]) and set(condition["chosen"]) <= known
    else:
        fits = bool(condition.get("answered"))
    return [] if fits else [Problem("condition_wrong", question.key, "shown_to")]
