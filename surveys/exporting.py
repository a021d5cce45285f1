"""Answers as CSV: streamed, formulas disarmed, small groups left out alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accounts import opaque
from accounts.acting import Actor
from accounts.locales import pick
from accounts.tenancy.context import acting_for
from segments.models import Attribute
from segments.sheets import line_of
from surveys import answering, reporting
from surveys.filtering import Filter
from surveys.models import Response

CHUNK = 1_000


def columns(chosen: Filter, actor: Actor) -> tuple[list[str], list[str]]:
    """(keys of declared attributes, keys of questions) that become columns, in order."""
    attributes = Attribute.objects.present()
    if not actor.may("attribute.edit"):
        attributes = attributes.filter(sensitive=False)
    questions: dict[str, None] = {}
    if chosen.survey is not None:
        for version in chosen.survey.versions.order_by("number"):
            for asked in answering.definition_of(version).questions:
                questions[asked.key] = None
    return [each.key for each in attributes], list(questions)


def lines(chosen: Filter, actor: Actor) -> Iterator[str]:
    """The file, line by line. Opens the organization itself: a streamed body runs after the page's own."""
    with acting_for(chosen.organization):
        keys, questions = columns(chosen, actor)
        head = [
            "id", "survey", "version", "answered_at", "score", "category", "comment", "customer", "email",
            "channel", "touchpoint", "language", "unit", "stage", "source", "mode", "state", "counts",
            "not_counted_because",
            *(f"attribute.{key}" for key in keys),
            *(f"question.{key}" for key in questions),
        ]  # fmt: skip
        yield "\ufeff" + line_of(list(head))
        found = chosen.responses(actor, counting=False).exclude(mode="test")
        guard = reporting.Guard.of(actor, chosen)
        if guard.is_on and found.count() < guard.threshold:
            return
        rows = found.select_related("survey", "version", "customer", "unit").order_by("id")
        after = 0
        while True:
            batch = list(rows.filter(id__gt=after).prefetch_related("answers")[:CHUNK])
            for response in batch:
                yield line_of(_row(response, keys, questions))
            if len(batch) < CHUNK:
                return
            after = batch[-1].pk


def _row(response: Response, keys: list[str], questions: list[str]) -> list[object]:
    answers = {each.question: each for each in response.answers.all()}
    at: Any = response.answered_at
    return [
        opaque.encode("response", response.pk),
        response.survey.name,
        response.version.number,
        at.date().isoformat() if response.anonymous else at.isoformat(),
        response.score,
        response.category.value if response.category else "",
        response.comment,
        response.customer.name if response.customer else "",
        response.customer.email if response.customer else "",
        response.fact("channel"),
        response.fact("touchpoint"),
        response.fact("language"),
        response.fact("unit").name if response.fact("unit") else "",
        response.stage,
        response.source,
        response.mode,
        response.state,
        "yes" if response.counts else "no",
        response.exclusion_reason or response.suspicion,
        *(_plain(response.attributes.get(key)) for key in keys),
        *(_said(response, answers.get(key)) for key in questions),
    ]


def _said(response: Response, answer: Any) -> object:
    if answer is None:
        return ""
    if answer.choices:
        asked = answering.definition_of(response.version).question(answer.question)
        texts = {each["key"]: each["text"] for each in asked.settings.get("choices", [])} if asked else {}
        return ", ".join(pick(texts.get(key), "", "en") or key for key in answer.choices)
    return answer.number if answer.number is not None else answer.text


def _plain(value: object) -> object:
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return "" if value is None else value
