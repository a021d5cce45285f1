"""The first page of an invitation, sent faultless and in time: one statement, no look-up before it.

The page view says which version it showed, the token whose invitation it is. Everything else about an answer
is decided on the long way, surveys.public.hosted.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import timezone

from accounts import tokens
from surveys import answering, reading
from surveys.public import page_view


def take(token: str, form: Mapping[str, list[str]]) -> bool:
    """Whether the answer is in, for good. If it is not, nothing was written, and the long way says why."""
    claim = tokens.read("survey", token)
    said = page_view.unseal(token, _one(form, "view"))
    if claim is None or said is None or "version" not in said or _one(form, "page") != "0":
        return False
    definition = answering.definition_by_id(claim.organization_id, said["version"])
    sheet = reading.read_form(definition, definition.pages()[0], form)
    if sheet.errors:
        return False
    first = answering.FirstPage(
        sheet.values,
        version_id=said["version"],
        survey_id=said["survey"],
        page=0,
        invitation_id=claim.object_id,
        generation=claim.generation,
        language=definition.locale_for(_one(form, "lang")),
    )
    return answering.take_in(first, definition, claim.organization_id, timezone.now()) is not None


def _one(form: Mapping[str, list[str]], name: str) -> str:
    """The last value of a field, as Django reads a form; nothing for one that was not sent."""
    return form.get(name, [""])[-1]
