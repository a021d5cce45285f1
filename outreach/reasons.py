"""Every no has a reason: one sentence per code, the same on every page, in exports and over REST."""

from __future__ import annotations

from datetime import datetime

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

SENTENCES: dict[str, str | Promise] = {
    "deleted": gettext_lazy("The customer was deleted"),
    "missing": gettext_lazy("The customer is gone"),
    "no_address": gettext_lazy("No e-mail address"),
    "suppressed": gettext_lazy("The address may not be written to: it was stopped, or it bounced"),
    "no_consent": gettext_lazy("No consent for this by e-mail"),
    "quiet_hours": gettext_lazy("Quiet hours where they live"),
    "cap": gettext_lazy("Heard from us too often lately"),
    "survey_gap": gettext_lazy("Was asked not long ago"),
    "open_case": gettext_lazy("Has an open case"),
    "stopped": gettext_lazy("Stopped by a member"),
    "taken_back": gettext_lazy("Taken back before it went out"),
    "expired": gettext_lazy("Too late to be useful"),
    "paused": gettext_lazy("Paused by a member"),
    "template": gettext_lazy("The template could not be filled in for this person"),
    "daily_cap": gettext_lazy("The limit of messages a day is reached"),
    "no_permission": gettext_lazy("Not allowed"),
}


def sentence(code: str) -> str:
    """The words for a reason; what a mail server said is shown as it said it."""
    if not code:
        return ""
    word, _colon, rest = code.partition(":")
    known = SENTENCES.get(code) or SENTENCES.get(word)
    if known is None:
        return code
    return f"{known}: {rest.strip()}" if rest.strip() else str(known)


def until(code: str, free_at: datetime | None) -> str:
    """The same with the hour at which it ends, for those who wait."""
    words = sentence(code)
    if free_at is None:
        return words
    when = date_format(localtime(free_at), "j M H:i")
    if not words:
        return _("Goes out on %(when)s") % {"when": when}
    return _("%(reason)s, until %(when)s") % {"reason": words, "when": when}
