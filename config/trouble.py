"""What is answered when something breaks: the fault is ours, and what was sent is not lost.

A database that is gone or busy for a minute is no fault of anybody's form: the page keeps what was typed
and sends it again at a press. Programs get problem+json, with the time after which to try again.
"""

import re
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.api.problems import CONTENT_TYPE, problem
from accounts.middleware import API_PATH

TRY_AGAIN_AFTER = 30  # seconds
MOST_KEPT = 100_000  # characters of a form that are carried along
_SECRET = re.compile("password|secret|token_?code", re.IGNORECASE)


def broke(request: HttpRequest) -> HttpResponseBase:
    """handler500 of the project."""
    gone = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    if API_PATH.match(request.path_info):
        return _for_programs(gone)
    if not gone:
        return HttpResponse(render_to_string("500.html"), status=500)
    page = render_to_string("503.html", {"fields": _kept(request), "again": request.get_full_path()})
    return HttpResponse(page, status=503, headers={"Retry-After": str(TRY_AGAIN_AFTER)})


def _for_programs(gone: bool) -> JsonResponse:
    if gone:
        sentence = _("The database cannot be reached just now. Nothing was saved; send it again in a minute.")
        body, headers = problem("unavailable", 503, sentence), {"Retry-After": str(TRY_AGAIN_AFTER)}
    else:
        sentence = _("The fault is on our side and is written down. Nothing was saved.")
        body, headers = problem("broken", 500, sentence), {}
    return JsonResponse(body, status=body["status"], headers=headers, content_type=CONTENT_TYPE)


def _kept(request: HttpRequest) -> list[tuple[str, str]] | None:
    """What the form said, in its order; None where there was no form, or one that must not be written out."""
    if request.method != "POST":
        return None
    try:
        fields = [(name, value) for name, values in request.POST.lists() for value in values]
    except Exception:  # a body that was cut off
        return None
    if request.FILES or any(_SECRET.search(name) for name, _value in fields):
        return None
    if sum(len(value) for _name, value in fields) > MOST_KEPT:
        return None
    return [(name, str(value)) for name, value in fields]
