"""What surveys give to the search: the words that customers gave as their reason."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.acting import Actor
from segments.searching import Source, Told, Wanted
from surveys.models import Response


def _rows(wanted: Wanted, actor: Actor) -> QuerySet[Response]:
    found = Response.objects.visible_to(actor).with_words().filter(wanted.within(Response))
    return found.select_related("customer", "survey").order_by("-answered_at", "-id")


def _tell(response: Response) -> Told:
    customer = response.customer
    known = customer is not None and not customer.is_deleted
    return Told(
        title=customer.shown_name if customer is not None and known else _("Somebody unnamed"),
        text=response.comment,
        at=response.answered_at,
        page=("answer_detail", response.pk),
        ident=("response", response.pk),
        score=response.score,
    )


COMMENTS = Source("comment", gettext_lazy("Comments"), "comment", "response.view", _rows, _tell, voice=True)
