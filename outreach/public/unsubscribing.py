"""One-click unsubscribe (RFC 8058) and the page of choices: no log-in, no cookie, GET only asks."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.door import public_page
from accounts.tokens import Claim
from outreach import leaving, my_data
from outreach.models import SendKey
from outreach.public.my_data import profiling
from segments.following import standing_for
from segments.models import Customer, Purpose

PURPOSES = {
    str(Purpose.SURVEYS): gettext_lazy("questions about how we do"),
    str(Purpose.MARKETING): gettext_lazy("offers and news"),
}


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@public_page("unsubscribe", token=leaving.UNSUBSCRIBE)
def unsubscribe(request: HttpRequest, claim: Claim) -> HttpResponse:
    """GET asks; POST stops the topic of the mail it came from, by a mail program or by a person."""
    received = SendKey.objects.filter(pk=claim.object_id).select_related("customer").first()
    if received is None:
        raise Http404
    links = _links(claim.organization_id, received)
    topic = PURPOSES.get(received.topic, PURPOSES[str(Purpose.MARKETING)])
    if request.method != "POST":
        return render(request, "outreach/public/unsubscribe.html", {"topic": topic, **links})
    one_click = request.POST.get("List-Unsubscribe") == "One-Click"
    source = "one-click" if one_click else "unsubscribe page"
    leaving.stop_topic(received, source=source, evidence=f"send key {received.pk}")
    if one_click:
        return HttpResponse(status=200, content_type="text/plain")
    return render(request, "outreach/public/unsubscribed.html", {"topic": topic, **links})


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@public_page("preferences", token=leaving.PREFERENCES)
def preferences(request: HttpRequest, claim: Claim) -> HttpResponse:
    """The choices of whoever got the mail that this link stands in."""
    received = SendKey.objects.filter(pk=claim.object_id).select_related("customer").first()
    return _preferences(request, received.customer if received is not None else None)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@public_page("preferences", token=leaving.CHOICES)
def choices(request: HttpRequest, claim: Claim) -> HttpResponse:
    """The same page for somebody who comes from a survey: their link names them, not a mail."""
    return _preferences(request, standing_for(claim.object_id))


def _preferences(request: HttpRequest, customer: Customer | None) -> HttpResponse:
    """Channels by purposes, everything off, and back again."""
    if customer is None or customer.is_deleted:
        raise Http404
    saved, sent, trouble = False, "", ""
    if request.method == "POST" and "my_data" in request.POST:
        try:
            # The same words whether or not there is an address: who holds an old mail learns nothing by it.
            my_data.mail_link(customer)
            sent = _("The link to your data is on its way to the address we have of you. It works for a day.")
        except my_data.TooOften as often:
            trouble = str(often)
    elif request.method == "POST" and "profiling" in request.POST:
        sent = profiling(customer, allowed=request.POST["profiling"] == "yes")
    elif request.method == "POST":
        if "everything" in request.POST:
            leaving.stop_everything(customer, source="preference page")
        else:
            chosen = {
                (cell.channel, cell.purpose): cell.name in request.POST for cell in leaving.table(customer)
            }
            leaving.choose(customer, chosen, source="preference page")
        saved = True
    cells = leaving.table(customer)
    rows = [{"purpose": PURPOSES[cell.purpose], "cell": cell} for cell in cells]
    none_left = not any(cell.allowed for cell in cells)
    return render(
        request,
        "outreach/public/preferences.html",
        {
            "customer": customer,
            "rows": rows,
            "saved": saved,
            "none_left": none_left,
            "sent": sent,
            "trouble": trouble,
        },
        status=429 if trouble else 200,
    )


def _links(organization_id: int, received: SendKey) -> dict[str, str]:
    if received.customer is None:
        return {"preferences_link": ""}
    return {"preferences_link": leaving.preferences_link(organization_id, received.pk)}
