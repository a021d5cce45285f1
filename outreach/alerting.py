"""Telling the team that a customer is unhappy: a row per member in the app, a mail to those who want one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from accounts.acting import Actor
from accounts.models import Membership, Organization
from accounts.tenancy.context import current_organization_id
from outreach import sending
from outreach.caring import members_who
from outreach.models import Alert, Case, MessageClass, Wording
from outreach.sending import Draft
from outreach.verifying import from_line
from surveys.models import Response


@transaction.atomic
def alert_of_detractor(response: Response, case: Case | None, *, at: datetime | None = None) -> list[Alert]:
    """Tell every member who may see the case, once per response; returns the alerts that are new."""
    at = at or timezone.now()
    unit_id = case.unit_id if case is not None else response.unit_id
    made = []
    for member in members_who("alert.view", unit_id):
        alert, new = Alert.objects.get_or_create(
            membership=member,
            kind=Alert.Kind.DETRACTOR,
            occasion=f"response {response.pk}",
            defaults={"response": response, "case": case, "at": at},
        )
        if new:
            made.append(alert)
    _mail(made, response, case, at)
    return made


def _mail(alerts: Iterable[Alert], response: Response, case: Case | None, at: datetime) -> None:
    """By mail to the owner of the case; to all while nobody has it. Members switch it off in their profile."""
    told = [
        alert
        for alert in alerts
        if alert.membership.wants("alerts") and (case is None or case.owner_id in (None, alert.membership_id))
    ]
    if not told:
        return
    organization = Organization.objects.get(pk=current_organization_id())
    made = sending.queue([_draft(alert, response, case, organization) for alert in told], at=at)
    if made:
        Alert.objects.filter(pk__in=[alert.pk for alert in told]).update(mailed=True)


def _draft(alert: Alert, response: Response, case: Case | None, organization: Organization) -> Draft:
    user = alert.membership.user
    path = (
        reverse("case_detail", args=[organization.slug, case.number])
        if case
        else reverse("alert_list", args=[organization.slug])
    )
    customer = response.customer
    return Draft(
        key=f"alert {alert.pk} email",
        wording=_alert_wording(organization, user.locale),
        origin_kind="alert",
        origin_id=alert.pk,
        address=user.email,
        message_class=MessageClass.SERVICE,
        topic="service",
        mode=response.mode,
        facts={
            "score": response.score,
            "who": customer.shown_name if customer else "",
            "comment": response.comment[:500],
            "page": settings.BASE_URL.rstrip("/") + path,
            "due": _clock(case.due_at, user.time_zone or organization.time_zone) if case else "",
        },
    )


def _clock(at: datetime, zone: str) -> str:
    """An hour in the reader's own zone."""
    return date_format(at.astimezone(ZoneInfo(zone)), "j M H:i")


def _alert_wording(organization: Organization, locale: str) -> Wording:
    sender = from_line()
    with translation.override(locale or "en"):
        return Wording.objects.freeze(
            subject=_("{{ who | default: 'Somebody' }} gave {{ score }}"),
            html=_alert_html(organization),
            text=_alert_text(),
            from_name=sender.name,
            from_address=sender.address,
            constants={"organization": organization.facts()},
            locale=locale or "en",
        )


def _alert_html(organization: Organization) -> str:
    """Sentences with their merge fields, in the frame of Loopwell's own mails."""
    voice = (
        "margin:0 0 18px;padding-left:14px;border-left:3px solid #d2561f;font:18px/27px Georgia,Cambria,serif"
    )
    due = _("A person should be in contact before {{ due }}.")
    told = {
        "organization": organization,
        "heading": _("{{ who | default: 'Somebody' }} gave {{ score }} of 10"),
        "quote": '{% if comment %}<blockquote style="' + voice + '">{{ comment }}</blockquote>{% endif %}',
        "due": '{% if due %}<p style="margin:0">' + due + "</p>{% endif %}",
        "page": "{{ page }}",
        "deed": _("Open it in Loopwell"),
    }
    safe = {name: mark_safe(words) if isinstance(words, str) else words for name, words in told.items()}
    return render_to_string("outreach/mail/alert.html", safe)


def _alert_text() -> str:
    return "\n\n".join(
        [
            _("{{ who | default: 'Somebody' }} gave {{ score }} of 10"),
            "{% if comment %}“{{ comment }}”{% endif %}",
            "{% if due %}" + _("A person should be in contact before {{ due }}.") + "{% endif %}",
            _("Open it in Loopwell") + ": {{ page }}",
        ]
    )


def mark_read(member: Membership, ids: Iterable[int] | None = None, *, at: datetime | None = None) -> int:
    """Mark one's own alerts as read: some, or (None) all."""
    found = Alert.objects.of(member).unread()
    if ids is not None:
        found = found.filter(pk__in=list(ids))
    return found.update(read_at=at or timezone.now())


def unread_count(member: Membership | None) -> int:
    return Alert.objects.of(member).standing().unread().count()


def visible_alerts(actor: Actor) -> QuerySet[Alert]:
    """The member's own alerts, newest first, without those whose case has left their branch."""
    found = (
        Alert.objects.of(actor.membership)
        .standing()
        .select_related("case", "case__customer", "case__owner__user", "response", "improvement")
    )
    branch = actor.branch_ids
    if branch is not None:
        found = found.filter(Q(case=None) | Q(case__unit_id__in=branch))
    return found.order_by("-at", "-id")
