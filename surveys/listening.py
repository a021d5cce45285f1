"""What surveys do when they hear news: the timeline of the customer is told.

Each runs in the organization's context and may run twice: the event carries an id of its own.
"""

from __future__ import annotations

from accounts import opaque
from accounts.models.news import News
from segments.timeline import append
from surveys.models import Response


def note_on_timeline(news: News) -> None:
    """`survey.answered` on the timeline of the one who answered; anonymous answers leave none."""
    response = (
        Response.objects.select_related("survey", "customer")
        .filter(pk=news.subject_id, anonymous=False)
        .first()
    )
    if response is None or response.customer is None:
        return
    append(
        response.customer,
        "survey.answered",
        response.answered_at,
        properties={
            "survey": response.survey.name,
            "score": response.score,
            "response": opaque.encode("response", response.pk),
        },
        mode=response.mode,
        unit_id=response.unit_id,
        message_id=f"survey.answered {response.pk}",
    )
