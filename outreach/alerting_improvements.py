"""Telling members that something is done differently: a row per member in the app, a mail to those who want one."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from accounts.models import Organization
from accounts.roles import role_may
from accounts.tenancy.context import current_organization_id
from outreach import sending
from outreach.models import Alert, MessageClass, Wording
from outreach.sending import Draft
from outreach.verifying import from_line
from surveys.models import Briefing


@transaction.atomic
def alert(improvement_id: int, *, at: datetime | None = None) -> list[Alert]:
    """Everybody who was told and has not said that they know, once per telling; returns the alerts that are new.

    Roles without a list of alerts read it on the improvement's own page, and get the mail.
    """
    at = at or timezone.now()
    told = Briefing.objects.filter(
        improvement=improvement_id, acknowledged_at=None, improvement__deleted_at=None
    ).select_related("membership__user", "improvement")
    made = []
    drafts = []
    organization = Organization.objects.get(pk=current_organization_id())
    for briefing in told:
        member = briefing.membership
        if role_may(member.role, "alert.view"):
            row, new = Alert.objects.get_or_create(
                membership=member,
                kind=Alert.Kind.IMPROVEMENT,
                occasion=f"briefing {briefing.pk} {briefing.times}",
                defaults={
                    "improvement": briefing.improvement,
                    "at": at,
                    "mailed": member.wants("improvements"),
                },
            )
            if new:
                made.append(row)
        if member.wants("improvements"):
            drafts.append(_draft(briefing, organization))
    # A draft of a key that is there makes nothing: hearing the news twice mails once.
    sending.queue(drafts, at=at)
    return made


def _draft(briefing: Briefing, organization: Organization) -> Draft:
    user = briefing.membership.user
    path = reverse("improvement_detail", args=[organization.slug, briefing.improvement_id])
    return Draft(
        key=f"briefing {briefing.pk} {briefing.times} email",
        wording=_wording(organization, user.locale),
        origin_kind="briefing",
        origin_id=briefing.pk,
        address=user.email,
        message_class=MessageClass.SERVICE,
        topic="service",
        mode=organization.mode,
        facts={
            "improvement": briefing.improvement.name,
            "words": briefing.words,
            "page": settings.BASE_URL.rstrip("/") + path,
        },
    )


def _wording(organization: Organization, locale: str) -> Wording:
    """Frozen once per organization and language: what is filled in stands in the facts."""
    sender = from_line()
    with translation.override(locale or "en"):
        told = {
            "organization": organization,
            "heading": "{{ improvement }}",
            "quote": '<p style="margin:0;white-space:pre-line">{{ words }}</p>',
            "page": "{{ page }}",
            "deed": _("Say that you know"),
        }
        safe = {name: mark_safe(words) if isinstance(words, str) else words for name, words in told.items()}
        return Wording.objects.freeze(
            subject=_("New in your unit: {{ improvement }}"),
            html=render_to_string("outreach/mail/briefing.html", safe),
            text="\n\n".join(["{{ improvement }}", "{{ words }}", _("Say that you know") + ": {{ page }}"]),
            from_name=sender.name,
            from_address=sender.address,
            constants={"organization": organization.facts()},
            locale=locale or "en",
        )
