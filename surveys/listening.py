"""What surveys do when they hear news: the timeline of the customer is told.

Each runs in the organization's context and may run twice: the event carries an id of its own.
"""

from __future__ import annotations

from accounts import opaque
from accounts.models import Organization
from accounts.models.news import News
from accounts.modes import counting
from accounts.tenancy.context import current_organization_id
from segments.customers import note_answer
from segments.models import Customer, Purpose
from segments.timeline import append
from surveys import hearing
from surveys.models import Response


def profile_again(news: News) -> None:
    """Somebody allows that their answers say something about them: the latest two stand on their record again."""
    if news.facts.get("purpose") != Purpose.PROFILING or not news.facts.get("allowed"):
        return
    customer = Customer.objects.filter(pk=news.subject_id, unprofiled_at=None, answer_count=0).first()
    if customer is None:
        return
    organization = Organization.objects.get(pk=current_organization_id())
    said = Response.objects.filter(customer=customer).counting(counting(organization))
    for each in said.order_by("answered_at", "id"):
        assert each.score is not None
        note_answer(customer.pk, each.score, each.answered_at, each.channel, each.touchpoint, each.pk)


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
            # Of somebody who does not want to be profiled: that they answered, not what.
            **({} if response.customer.unprofiled_at else {"score": response.score}),
            "response": opaque.encode("response", response.pk),
        },
        mode=response.mode,
        unit_id=response.unit_id,
        message_id=f"survey.answered {response.pk}",
    )


def hear_themes(news: News) -> None:
    """The themes of a comment are known as soon as the answer is."""
    hearing.read_again([news.subject_id])
