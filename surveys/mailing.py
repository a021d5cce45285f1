"""The words of the survey mail: eleven links that only choose, why one gets it, and how to stop it.

What is given here are Liquid sources, one set per distribution and language; outreach puts in the person
(`customer`, `survey_link`, `unsubscribe_link`, `preferences_link`) and what is the same in every copy
(`organization`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import css_inline
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.locales import pick
from surveys import colours, piping
from surveys.answering import definition_of
from surveys.models import Distribution, Version

TAG = re.compile(r"(\{\{.*?\}\})", re.DOTALL)


@dataclass(frozen=True)
class MailContent:
    """Liquid sources of one mail. `html` is a whole document with its styles still in the head."""

    subject: str
    html: str
    text: str
    locale: str


def content(distribution: Distribution, locale: str = "", *, version: Version | None = None) -> MailContent:
    """The mail of a distribution in the language nearest to `locale`."""
    asked = version or distribution.version or distribution.survey.version()
    if asked is None:
        raise LookupError("nothing is published yet")
    definition = definition_of(asked)
    language = definition.locale_for(locale)
    question = definition.counting
    default = definition.default_locale
    with translation.override(language):
        subject = _subject(distribution, language, default)
        intro = pick(distribution.intro, language, default).strip()
        asks = pick(question.text, language, default) if question else ""
        ends = question.settings if question else {}
        mark = definition.look.colour
        facts = {
            "language": language,
            "intro": intro,
            "intro_html": [_escaped(each) for each in re.split(r"\n\s*\n", intro) if each.strip()],
            "question": asks,
            "question_html": _escaped(asks),
            "low": pick(ends.get("low_label"), language, default) or _("not at all likely"),
            "high": pick(ends.get("high_label"), language, default) or _("extremely likely"),
            "scores": range(11),
            "colour": definition.look.colour,
            "ink": definition.look.ink,
            # The edge of a control needs a contrast of 3 on white.
            "mark": mark if colours.contrast(mark, colours.WHITE) >= 3 else colours.INK,
            "anonymous": definition.anonymous,
        }
        html = render_to_string("surveys/mail/survey.html", facts)
        return MailContent(
            subject=subject,
            html=css_inline.inline(html, keep_style_tags=True),
            text=render_to_string("surveys/mail/survey.txt", facts),
            locale=language,
        )


@dataclass(frozen=True)
class Glance:
    """How a mail reads to somebody called Ann, in a few lines; for the page before a launch."""

    subject: str
    intro: list[str]
    question: str


def glance(distribution: Distribution, *, version: Version | None = None) -> Glance | None:
    """The words of the mail in the default language; None while nothing is published."""
    asked = version or distribution.version or distribution.survey.version()
    if asked is None:
        return None
    definition = definition_of(asked)
    default = definition.default_locale
    known = {"customer.first_name": _("Ann"), "organization.name": distribution.organization.name}
    question = pick(definition.counting.text, default, default) if definition.counting else ""
    intro = pick(distribution.intro, default, default)
    return Glance(
        subject=piping.fill(_subject(distribution, default, default), known),
        intro=[piping.fill(each, known) for each in re.split(r"\n\s*\n", intro) if each.strip()],
        question=piping.fill(question, known),
    )


def locales(distribution: Distribution) -> tuple[str, ...]:
    """The languages in which the mail exists, the default first."""
    asked = distribution.version or distribution.survey.version()
    return definition_of(asked).locales if asked else ()


def _subject(distribution: Distribution, language: str, default: str) -> str:
    written = pick(distribution.subject, language, default).replace("\r", " ").replace("\n", " ").strip()
    return written or _("How did we do, {{ customer.first_name | default: 'there' }}?")


def _escaped(text: str) -> SafeString:
    """The text for HTML, its Liquid tags left as they are: what they put in is escaped when it is merged."""
    pieces = TAG.split(text)
    return SafeString(
        "".join(piece if place % 2 else str(conditional_escape(piece)) for place, piece in enumerate(pieces))
    )
