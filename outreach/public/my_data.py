"""The page of one's data: /d/<token>, mailed to the customer and good for a day; /e/<token> proves a new address.

No log-in, no cookie, no script. GET shows and changes nothing; each deed is a POST.
"""

from __future__ import annotations

from typing import Any

from django.conf import global_settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.door import public_page
from accounts.languages import language_name
from accounts.tokens import Claim
from outreach import leaving, my_data
from outreach.my_data import TooOften
from segments import consenting, telling_data
from segments import my_data as verbs
from segments.addresses import BadAddress
from segments.following import standing_for
from segments.models import ANY_CHANNEL, Customer, DataRequest, Purpose
from segments.my_data import NotDone

COPIES = {
    "json": (telling_data.as_json, "application/json"),
    "zip": (telling_data.as_zip, "application/zip"),
}


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@public_page("my data", token=my_data.MY_DATA)
def your_data(request: HttpRequest, claim: Claim) -> HttpResponse:
    """See, correct, take along, be erased."""
    customer = standing_for(claim.object_id) if my_data.is_fresh(claim, timezone.now()) else None
    if customer is None or customer.is_deleted:
        raise Http404
    if request.method != "POST":
        return _page(request, customer)
    try:
        my_data.allow(customer.pk, "deed", my_data.DEEDS_AN_HOUR, 3_600)
        if copy := COPIES.get(request.POST.get("copy", "")):
            return _copy(customer, request.POST["copy"], *copy)
        said = _carry_out(customer, request)
    except TooOften as often:
        return _page(request, customer, trouble=str(often), status=429)
    except NotDone as fault:
        return _page(request, customer, trouble=str(fault), field=fault.field, status=422)
    except BadAddress as fault:
        field = "email" if request.POST.get("do") == "address" else "phone"
        return _page(request, customer, trouble=str(fault), field=field, status=422)
    customer.refresh_from_db()
    return _page(request, customer, said=said)


def _carry_out(customer: Customer, request: HttpRequest) -> str:
    """Do what the form asks; gives what to say of it."""
    given = request.POST
    match given.get("do"):
        case "correct":
            facts = {name: given[name] for name in verbs.OWN_FIELDS if name in given}
            return _("Changed.") if verbs.correct(customer, facts) else _("Nothing differs.")
        case "address":
            asked = my_data.change_address(customer, given.get("email", ""))
            return _("We wrote to %(address)s. It becomes your address once you follow the link there.") % {
                "address": asked.asked["email"]
            }
        case "ask":
            verbs.ask(customer, given.get("words", ""))
            return _("Your request has reached %(name)s. The answer will stand on this page.") % {
                "name": customer.organization.name
            }
        case "profiling":
            return profiling(customer, allowed=given.get("profiling") == "yes")
        case "erase" if given.get("sure") == "yes":
            verbs.ask_erasure(customer)
            leaving.stop_everything(customer, source=verbs.SOURCE)
            return _("Everything about you will be erased. Nothing is sent to you from now on.")
        case "erase":
            raise NotDone(_("Tick the box first: it cannot be undone once it is done."), "sure")
        case "keep":
            return _("Nothing will be erased.") if verbs.keep(customer) else _("Nothing differs.")
    raise NotDone(_("There is nothing here."))


def profiling(customer: Customer, *, allowed: bool) -> str:
    """Say whether answers may say something about their giver."""
    verb = consenting.allow if allowed else consenting.refuse
    verb(customer, ANY_CHANNEL, Purpose.PROFILING, source=verbs.SOURCE)
    if allowed:
        return _("Your answers may sort you into groups again.")
    return _("Your answers count in the score, and sort you into no group.")


def _copy(customer: Customer, ending: str, make: Any, kind: str) -> HttpResponse:
    my_data.allow(customer.pk, "copy", my_data.COPIES_AN_HOUR, 3_600)
    body = make(customer)
    verbs.note_export(customer)
    response = HttpResponse(body, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="my-data.{ending}"'
    return response


def _page(
    request: HttpRequest,
    customer: Customer,
    *,
    said: str = "",
    trouble: str = "",
    field: str = "",
    status: int = 200,
) -> HttpResponse:
    told = {
        "customer": customer,
        "held": telling_data.held(customer),
        "erasure": verbs.erasure_of(customer),
        "said": said,
        "trouble": trouble,
        "field": field,
        "given": request.POST,
        "languages": _languages(customer.locale),
        "grace": verbs.GRACE.days,
        "most_lines": telling_data.MOST_LINES,
    }
    return render(request, "outreach/public/my_data.html", told, status=status)


def _languages(present: str) -> list[tuple[str, str]]:
    """Languages a survey or a mail may be in, by their own names; the present one too, however it is written."""
    codes = {code for code, _name in global_settings.LANGUAGES} | ({present} if present else set())
    return sorted(((code, language_name(code)) for code in codes), key=lambda pair: pair[1].casefold())


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@public_page("my data", token=my_data.NEW_ADDRESS)
def new_address(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Whoever reads the new mailbox says that it is theirs."""
    asked = DataRequest.objects.filter(pk=claim.object_id, kind=DataRequest.Kind.ADDRESS).first()
    customer = standing_for(asked.customer_id) if asked is not None else None
    if asked is None or customer is None or not my_data.is_fresh(claim, timezone.now()):
        raise Http404
    if asked.state == DataRequest.State.UNCONFIRMED and request.method == "POST":
        my_data.confirm_address(asked)
        asked.refresh_from_db()
    if asked.state not in (DataRequest.State.UNCONFIRMED, DataRequest.State.DONE):
        raise Http404
    told = {
        "asked": asked,
        "done": asked.state == DataRequest.State.DONE,
        "address": asked.asked.get("email", ""),
    }
    return render(request, "outreach/public/new_address.html", told)
