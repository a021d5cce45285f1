"""Person by person: what became of everybody whom a campaign chose, and why; the same on page, file and API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.acting import Actor
from outreach.campaigning import GROUPS, Progress, latest_rows
from outreach.models import Campaign, Message, MessageState, Outcome, SendKey, SettledMessage
from outreach.models.campaign import GRACE
from outreach.reasons import sentence, until
from segments.models import Customer

GROUP_LABELS = {
    "sent": gettext_lazy("Sent"),
    "waiting": gettext_lazy("Waiting"),
    "skipped": gettext_lazy("Skipped, with reason"),
    "failed": gettext_lazy("Failed"),
    "unknown": gettext_lazy("Outcome unknown"),
}
TAGS = {"sent": "ok", "waiting": "waiting", "skipped": "skipped", "failed": "bad", "unknown": "warn"}


def group_of(outcome: str) -> str:
    """sent, waiting, skipped, failed or unknown."""
    return next(group for group, names in GROUPS.items() if outcome in names)


def people(campaign: Campaign, actor: Actor, *, group: str = "", words: str = "") -> QuerySet[SendKey]:
    """The rows that this member may see: of one group, of one person, or all."""
    rows = latest_rows(campaign).select_related("customer")
    if actor.branch_ids is not None:
        rows = rows.filter(customer__unit_id__in=actor.branch_ids)
    if group in GROUPS:
        rows = rows.filter(outcome__in=GROUPS[group])
    if words:
        rows = rows.filter(customer__in=Customer.objects.visible_to(actor).matching(words))
    return rows.order_by("pk")


@dataclass(frozen=True)
class Told:
    """One person's line: the outcome as a word, and when it went out or why not."""

    row: SendKey
    group: str
    label: str
    tag: str
    words: str

    @property
    def name(self) -> str:
        return self.row.customer.shown_name if self.row.customer else _("Erased")


def told(rows: Iterable[SendKey]) -> list[Told]:
    """The lines of a page, with what the hot table and the log know of them: two more queries, not two a row."""
    shown = list(rows)
    ids = [row.pk for row in shown]
    waiting = {message.pk: message for message in Message.objects.filter(pk__in=ids)}
    failed = SettledMessage.objects.filter(pk__in=ids, outcome=Outcome.FAILED)
    answers = dict(failed.values_list("pk", "answer"))
    return [_tell(row, waiting.get(row.pk), answers.get(row.pk, "")) for row in shown]


def _tell(row: SendKey, message: Message | None, answer: str) -> Told:
    group = group_of(row.outcome)
    label = str(row.get_outcome_display())
    if group == "waiting":
        label = _("Waiting")
        words = _waiting_words(message)
    elif group == "sent":
        words = _clock(row.settled_at)
    elif group == "failed":
        words = answer or sentence(row.reason)
    else:
        words = sentence(row.reason)
    if row.possible_duplicate:
        words = _("%(words)s; may have arrived twice") % {"words": words}
    return Told(row, group, label, TAGS[group], words)


def _waiting_words(message: Message | None) -> str:
    if message is None:
        return _("On its way")
    if message.state == MessageState.PAUSED:
        return sentence("paused")
    if message.reason:
        return until(message.reason, message.due_at)
    if message.state == MessageState.SENDING:
        return _("Being sent")
    return _("In the queue since %(when)s") % {"when": _clock(message.due_at)}


def _clock(at: datetime | None) -> str:
    return date_format(localtime(at), "j M H:i") if at else ""


def why(campaign: Campaign, actor: Actor, words: str, *, most: int = 5) -> list[str]:
    """Answers to "why did ... (not) get this?", one sentence per person found: those who were chosen first."""
    chosen = list(people(campaign, actor, words=words)[:most])
    answers = [f"{line.name}: {line.label}. {line.words}".strip() for line in told(chosen)]
    known = latest_rows(campaign).exclude(customer=None).values("customer_id")
    others = Customer.objects.visible_to(actor).matching(words).exclude(pk__in=known).order_by("name", "pk")
    for customer in others[: most - len(answers)]:
        answers.append(
            _("%(name)s was not chosen: not in the segment when people were chosen.")
            % {"name": customer.shown_name}
        )
    return answers or [_("Nobody is found by these words.")]


def table(campaign: Campaign, actor: Actor) -> Iterator[list[str]]:
    """The file: a head, then a line per person. What a spreadsheet would run as a formula is quoted."""
    yield [_("Customer"), _("E-mail"), _("Outcome"), _("Reason"), _("When"), _("Channel")]
    batch: list[SendKey] = []
    for row in people(campaign, actor).iterator(chunk_size=1000):
        batch.append(row)
        if len(batch) == 1000:
            yield from map(_line, told(batch))
            batch = []
    yield from map(_line, told(batch))


def _line(each: Told) -> list[str]:
    customer = each.row.customer
    when = each.row.settled_at.isoformat(timespec="seconds") if each.row.settled_at else ""
    return [
        harmless(text)
        for text in (
            each.name,
            customer.email if customer else "",
            each.label,
            each.words,
            when,
            each.row.channel,
        )
    ]


def harmless(text: str) -> str:
    """A cell that begins like a formula is shown as text."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def bar(progress: Progress) -> list[dict[str, Any]]:
    """The pieces of the bar, in order, in thousandths of its width; empty groups have none."""
    pieces, left = [], 0.0
    for group, label in GROUP_LABELS.items():
        count = progress.counts[group]
        width = progress.share(group) * 1000
        if group == "unknown" and not count:
            continue
        pieces.append(
            {
                "group": group,
                "label": label,
                "count": count,
                "share": progress.share(group),
                "x": left,
                "width": width,
            }
        )
        left += width
    return pieces


def grace_left(campaign: Campaign, at: datetime) -> int:
    """Seconds for which the launch can still be taken back."""
    if campaign.launched_at is None:
        return 0
    return max(0, int((campaign.launched_at + GRACE - at).total_seconds()))
