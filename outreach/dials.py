"""The clock of a case as people read it: a dial of 24 hours, and its words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outreach import clocks
from outreach.models import Case


@dataclass(frozen=True)
class Row:
    """A case with its dial as it stands now."""

    case: Case
    hours: float | None
    state: str
    text: str
    note: str


def dial_of(case: Case, at: datetime) -> Row:
    """The dial and its words: "1 h 10 late, to first contact"."""
    reading = clocks.read(
        at=at,
        due_at=case.due_at,
        first_contact_at=case.first_contact_at,
        waiting_since=case.waiting_since,
        closed_at=case.closed_at,
    )
    hours = reading.share * 24
    span = span_of(reading.left)
    if reading.state == "late":
        return Row(case, 0, "late", _("%(span)s late") % {"span": span}, _("to first contact"))
    if reading.state == "paused":
        since = timezone.localtime(case.waiting_since)
        return Row(
            case, hours, "paused", _("Paused"), _("since %(day)s") % {"day": since.strftime("%a %H:%M")}
        )
    if reading.state == "met" and case.first_contact_at is not None:
        took = span_of(case.first_contact_at - case.opened_at)
        return Row(case, 24, "done", _("In contact"), _("after %(span)s") % {"span": took})
    if reading.state == "closed" and case.closed_at is not None:
        took = span_of(case.closed_at - case.opened_at)
        return Row(case, 24, "done", _("Closed"), _("after %(span)s") % {"span": took})
    return Row(case, hours, "running", _("%(span)s left") % {"span": span}, _("to first contact"))


def span_of(length: timedelta) -> str:
    """3 h 20, 45 min, 2 days."""
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 60:
        return _("%(n)s min") % {"n": minutes}
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return _("%(h)s h %(m)02d") % {"h": hours, "m": rest} if rest else _("%(h)s h") % {"h": hours}
    return ngettext("%(n)s day", "%(n)s days", hours // 24) % {"n": hours // 24}
