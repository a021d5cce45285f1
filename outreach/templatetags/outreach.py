"""Words of the outreach pages: reasons, and the mark beside each event of a case."""

from django import template

from outreach.models import CaseEvent
from outreach.reasons import sentence, until
from segments.contacting import Decision

register = template.Library()

ICONS = {
    CaseEvent.Kind.OPENED: "case",
    CaseEvent.Kind.TAKEN: "hand",
    CaseEvent.Kind.ASSIGNED: "user",
    CaseEvent.Kind.NOTED: "edit",
    CaseEvent.Kind.REPLIED: "mail",
    CaseEvent.Kind.CALLED: "phone",
    CaseEvent.Kind.ANSWERED: "comment",
    CaseEvent.Kind.WAITING: "pause",
    CaseEvent.Kind.RESUMED: "play",
    CaseEvent.Kind.CLOSED: "check",
    CaseEvent.Kind.REOPENED: "undo",
}


@register.filter
def event_icon(event: CaseEvent) -> str:
    """The icon of an event of a case."""
    return ICONS.get(CaseEvent.Kind(event.kind), "clock")


@register.filter
def reason(code: str) -> str:
    """The sentence of a reason."""
    return sentence(code)


@register.filter
def why(decision: Decision) -> str:
    """Why something may not be sent, and until when."""
    return until(decision.reason, decision.free_at)
