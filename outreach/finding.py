"""What outreach gives to the search: messages and notes of cases."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.acting import Actor
from outreach.models import Case, CaseEvent
from segments.searching import Source, Told, Wanted

MESSAGES_ARE = (CaseEvent.Kind.REPLIED, CaseEvent.Kind.ANSWERED)


def _said(wanted: Wanted, actor: Actor) -> QuerySet[CaseEvent]:
    found = CaseEvent.objects.exclude(text="").filter(wanted.within(CaseEvent))
    if actor.branch_ids is not None:
        found = found.filter(case__in=Case.objects.all().visible_to(actor).values("pk"))
    # Fetched apart: a join would tempt the planner to go through the cases instead of the words.
    return found.prefetch_related("case__customer").order_by("-at", "-id")


def _messages(wanted: Wanted, actor: Actor) -> QuerySet[CaseEvent]:
    return _said(wanted, actor).filter(kind__in=MESSAGES_ARE)


def _notes(wanted: Wanted, actor: Actor) -> QuerySet[CaseEvent]:
    """What the team wrote for itself: notes, what was said on the phone, words on closing and reopening."""
    return _said(wanted, actor).exclude(kind__in=MESSAGES_ARE)


def _tell(event: CaseEvent) -> Told:
    customer = event.case.customer
    facts = {"number": event.case.number, "name": customer.shown_name if customer is not None else ""}
    title = _("Case %(number)d, %(name)s") if customer is not None else _("Case %(number)d")
    return Told(
        title=title % facts,
        text=f"{event.subject}: {event.text}" if event.subject else event.text,
        at=event.at,
        page=("case_detail", event.case.number),
        ident=("case", event.case_id),
    )


MESSAGES = Source("message", gettext_lazy("Messages"), "mail", "case.view", _messages, _tell)
NOTES = Source("note", gettext_lazy("Notes"), "edit", "case.view", _notes, _tell)
