"""Templates: what is wrong with one, how it reads for a person, and the wording that goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import css_inline
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.locales import pick
from accounts.models import Deletion, Organization
from accounts.tenancy.context import current_organization_id
from outreach import merge_fields, sending
from outreach.delivery import liquid
from outreach.delivery.liquid import TemplateFault
from outreach.markup import Markup, lay_out
from outreach.models import Campaign, FollowUp, MessageClass, Sender, Template, Wording
from outreach.verifying import FromLine, from_line
from segments.models import Attribute, Customer

SUBJECT_LIMIT = 200
BODY_LIMIT = 50_000


class InUse(Exception):
    """A template that something still sends cannot be put away; the sentence names who uses it."""


@dataclass(frozen=True)
class Problem:
    """What is wrong, where: `field` is subject or body, `line` counts from 1."""

    field: str
    locale: str
    message: str
    line: int | None = None
    warning: bool = False

    def __str__(self) -> str:
        return (
            _("Line %(line)s: %(message)s") % {"line": self.line, "message": self.message}
            if self.line
            else self.message
        )


def problems(template: Template) -> list[Problem]:
    """What keeps a template from being sent."""
    return [problem for problem in look_over(template) if not problem.warning]


def look_over(template: Template) -> list[Problem]:
    """Everything to say about a template: faults first, then what to heed."""
    attributes = set(Attribute.objects.values_list("key", flat=True))
    found: list[Problem] = []
    for locale in template.locales:
        found += _look_over_text("subject", locale, template.subject.get(locale, ""), attributes)
        found += _look_over_text("body", locale, template.body.get(locale, ""), attributes)
    return sorted(found, key=lambda problem: problem.warning)


def _look_over_text(field: str, locale: str, source: str, attributes: set[str]) -> list[Problem]:
    if not source.strip():
        words = _("Write the subject.") if field == "subject" else _("Write the text.")
        return [Problem(field, locale, words)]
    if field == "subject" and ("\n" in source or "\r" in source):
        return [Problem(field, locale, _("A subject is one line."))]
    limit = SUBJECT_LIMIT if field == "subject" else BODY_LIMIT
    if len(source) > limit:
        return [
            Problem(
                field,
                locale,
                _("This is %(n)s characters long; %(most)s is the most.") % {"n": len(source), "most": limit},
            )
        ]
    try:
        read = liquid.parse(source, html=field == "body")
        # Tried once with made-up values: an endless loop or a value that grows shows itself here, not at sending.
        liquid.render(read, merge_fields.sample_values(attributes))
    except TemplateFault as fault:
        return [Problem(field, locale, fault.message, fault.line or merge_fields.open_block_line(source))]
    return [_told(field, locale, finding) for finding in merge_fields.findings(source, attributes)]


def _told(field: str, locale: str, finding: merge_fields.Finding) -> Problem:
    if finding.code == "unknown":
        message = _("There is no field “%(path)s”. Pick one from the list.") % {"path": finding.detail}
    else:
        message = _(
            '“%(path)s” is empty for some people. Add a fallback: {{ %(path)s | default: "there" }}'
        ) % {"path": finding.detail}
    return Problem(field, locale, message, finding.line, finding.warning)


def freeze(template: Template, *, locale: str, sender: Sender | None = None) -> Wording:
    """The words of a template as they are now, in the organization's look, from a verified sender."""
    return freeze_words(
        subject=pick(template.subject, locale, template.default_locale),
        body=pick(template.body, locale, template.default_locale),
        message_class=template.message_class,
        locale=locale,
        sender=from_line(sender),
    )


def freeze_words(*, subject: str, body: str, message_class: str, locale: str, sender: FromLine) -> Wording:
    """Any words of a member, framed and frozen."""
    made = lay_out(body)
    return _freeze(subject, made, message_class=message_class, locale=locale, sender=sender)


def freeze_letter(*, message_class: str, locale: str, sender: FromLine) -> Wording:
    """The frame of a letter from one person to another: what they wrote comes with the message, as `letter`.

    So nothing personal stays in the wordings, and one row serves all letters.
    """
    made = Markup(html="<p>{{ letter.text | newline_to_br }}</p>", text="{{ letter.text }}")
    return _freeze("{{ letter.subject }}", made, message_class=message_class, locale=locale, sender=sender)


def _freeze(subject: str, made: Markup, *, message_class: str, locale: str, sender: FromLine) -> Wording:
    organization = Organization.objects.get(pk=current_organization_id())
    frame = _frame(organization, message_class, locale)
    return Wording.objects.freeze(
        subject=subject,
        html=frame.html.replace(BODY_MARK, made.html),
        text=frame.text.replace(BODY_MARK, made.text),
        from_name=sender.name,
        from_address=sender.address,
        reply_to=sender.reply_to,
        constants={"organization": organization.facts()},
        locale=locale,
    )


BODY_MARK = "@@body@@"


@dataclass(frozen=True)
class _Frame:
    html: str
    text: str


def _frame(organization: Organization, message_class: str, locale: str) -> _Frame:
    """The look around the words: name above, reason and ways out below; styles inlined for old mail programs."""
    context = {
        "organization": organization,
        "base_url": settings.BASE_URL.rstrip("/"),
        "message_class": message_class,
        "may_stop": message_class != MessageClass.SERVICE,
        "locale": locale,
        "body_mark": BODY_MARK,
    }
    with translation.override(locale if locale in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE):
        html = render_to_string("outreach/mail/frame.html", context)
        text = render_to_string("outreach/mail/frame.txt", context)
    return _Frame(css_inline.inline(html, keep_style_tags=True), text)


@dataclass(frozen=True)
class Preview:
    """How a mail reads for one person: what goes out, as text, or the fault that stops it."""

    subject: str
    html: str
    text: str
    problem: str = ""


def preview(template: Template, customer: Customer | None, *, locale: str = "") -> Preview:
    """Fill a template in for a real customer (or an invented one), exactly as sending would."""
    values = values_of(customer)
    locale = locale or (customer.locale if customer else "") or template.default_locale
    organization = Organization.objects.get(pk=current_organization_id())
    frame = _frame(organization, template.message_class, locale)
    made = lay_out(pick(template.body, locale, template.default_locale))
    try:
        return Preview(
            subject=_filled(pick(template.subject, locale, template.default_locale), values, html=False),
            html=_filled(frame.html.replace(BODY_MARK, made.html), values, html=True),
            text=_filled(frame.text.replace(BODY_MARK, made.text), values, html=False),
        )
    except TemplateFault as fault:
        return Preview("", "", "", problem=str(fault))


def _filled(source: str, values: dict[str, Any], *, html: bool) -> str:
    return liquid.render(liquid.parse(source, html=html), values)


def values_of(customer: Customer | None) -> dict[str, Any]:
    """The values of a preview: those of the customer, and links that lead nowhere."""
    organization = Organization.objects.get(pk=current_organization_id())
    values: dict[str, Any] = merge_fields.sample_values(Attribute.objects.values_list("key", flat=True))
    if customer is not None:
        values["customer"] = {
            **{name: getattr(customer, name) for name in merge_fields.CUSTOMER},
            "attributes": customer.attributes,
        }
        values["company"] = {"name": customer.company.name if customer.company else ""}
        values["unit"] = {"name": customer.unit.name if customer.unit else ""}
        values["answer"] = last_answer(customer)
    base = settings.BASE_URL.rstrip("/")
    return {
        **values,
        "organization": organization.facts(),
        "survey_link": f"{base}/s/preview",
        "unsubscribe_link": f"{base}/u/preview",
        "preferences_link": f"{base}/p/preview",
    }


def last_answer(customer: Customer) -> dict[str, Any]:
    """Their last score and words, as `answer.score` and `answer.comment`."""
    from surveys.models import Response

    response = (
        Response.objects.filter(pk=customer.last_response_id).first() if customer.last_response_id else None
    )
    return answer_facts(response)


def answer_facts(response: Any) -> dict[str, Any]:
    if response is None or response.score is None:
        return {"score": None, "comment": "", "category": ""}
    return {
        "score": response.score,
        "comment": response.comment[:500],
        "category": str(getattr(response.category, "value", response.category) or ""),
    }


@transaction.atomic
def test_send(template: Template, *, to: str, customer: Customer | None, by: Actor) -> int:
    """A copy to oneself, with a real customer's facts; never held, never counted."""
    values = values_of(customer)
    wording = freeze(template, locale=(customer.locale if customer else "") or template.default_locale)
    key = f"test template {template.pk} to {by.user_id} at {timezone.now():%Y%m%d%H%M%S%f}"
    facts = {name: values[name] for name in ("customer", "company", "unit", "answer")}
    audit("template.edit", template, by=by, did="tested")
    return sending.test_send(wording, address=to, origin_id=template.pk, facts=facts, key=key)


def users_of(template: Template) -> list[str]:
    """Who would miss the template: unsent campaigns and follow-ups, by name."""
    campaigns = Campaign.objects.present().filter(
        template=template, state__in=[Campaign.State.DRAFT, Campaign.State.SCHEDULED]
    )
    found = [_("campaign “%(name)s”") % {"name": campaign.name} for campaign in campaigns]
    found += [
        _("follow-up for %(category)s") % {"category": rule.get_category_display()}
        for rule in FollowUp.objects.filter(template=template)
    ]
    return found


@transaction.atomic
def delete_template(template: Template, *, by: Actor) -> Deletion:
    """Put a template away; within 30 days it can be brought back. Raises InUse, naming the users."""
    from accounts.deleting import delete

    template = Template.objects.select_for_update(of=("self",)).get(pk=template.pk)
    users = users_of(template)
    if users:
        raise InUse(_("It is used by %(users)s.") % {"users": ", ".join(users)})
    return delete(template, by=by)
