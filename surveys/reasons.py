"""Why somebody is not asked, and why something cannot be launched: one sentence per code."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
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
    "not_sampled": gettext_lazy("Not in the sample"),
    "stopped": gettext_lazy("Stopped by a member"),
    "expired": gettext_lazy("Too late to be useful"),
    "failed": gettext_lazy("The mail could not be delivered"),
    "bounced": gettext_lazy("The mail came back"),
    "unknown": gettext_lazy("Handed over, and the answer of the mail server was lost: not sent again"),
}

REFUSALS: dict[str, str | Promise] = {
    "no_version": gettext_lazy("Nothing of this survey is published yet. Publish a version first."),
    "no_segment": gettext_lazy("Choose a segment: it says who is asked."),
    "wrong_state": gettext_lazy("This has begun or is over already."),
    "no_channel": gettext_lazy("Links are handed out one by one, not launched."),
    "in_the_past": gettext_lazy("This time is over. Choose one that is to come."),
}


def sentence(code: str, free_at: datetime | None = None) -> str:
    """The words for a reason, with the day on which it ends by itself."""
    words = str(SENTENCES.get(code, code))
    if free_at is None:
        return words
    day = date_format(timezone.localtime(free_at), "DATE_FORMAT")
    return _("%(reason)s; free on %(day)s") % {"reason": words, "day": day}


def refusal(code: str) -> str:
    return str(REFUSALS.get(code, code))
