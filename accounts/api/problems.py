"""Errors of the API: application/problem+json (RFC 9457), with the path of each wrong field."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import set_rollback

from accounts.models.editable import Stale

CONTENT_TYPE = "application/problem+json"


class ProblemRenderer(JSONRenderer):
    media_type = CONTENT_TYPE


class Problem(exceptions.APIException):
    """A refusal with a name of its own: Problem("already_answered", 409, _("This was answered."))."""

    def __init__(self, name: str, status_code: int, sentence: str, **facts: Any) -> None:
        self.name, self.status_code, self.facts = name, status_code, facts
        super().__init__(sentence, name)


def problem(name: str, status_code: int, sentence: str, **facts: Any) -> dict[str, Any]:
    """The body of a problem. `type` is a page of the documentation, and the name to program against."""
    return {
        "type": f"/api/docs#problem-{name}",
        "title": TITLES.get(name, name.replace("_", " ").capitalize()),
        "status": status_code,
        "detail": sentence,
        **facts,
    }


TITLES = {
    "invalid": "The request is not as it should be",
    "unauthenticated": "No valid API key",
    "forbidden": "The key lacks the scope",
    "not_found": "There is nothing here",
    "method_not_allowed": "This method does not exist here",
    "rate_limited": "Too many requests",
    "stale": "Somebody changed it in the meantime",
    "in_use": "It is still used",
    "unavailable": "Not reachable for a moment",
    "broken": "Something broke on our side",
}


def flatten(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """One entry per wrong field: {"path": "rules[1].value", "message": "...", "code": "invalid"}."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            if name == "non_field_errors":
                yield from flatten(inner, path)
            elif isinstance(name, int):  # a list in which only some items are wrong
                yield from flatten(inner, f"{path}[{name}]")
            else:
                yield from flatten(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            # A list of sentences is about one field; a list of maps has one entry per item.
            yield from flatten(inner, f"{path}[{index}]" if isinstance(inner, dict | list) else path)
    else:
        yield {"path": path, "message": str(detail), "code": getattr(detail, "code", None) or "invalid"}


def answer_problem(exc: Exception, context: dict[str, Any]) -> Response | None:
    """The exception handler of REST framework: everything known becomes a problem, nothing leaks."""
    headers: dict[str, str] = {}
    if isinstance(exc, DjangoValidationError):
        messages = exc.message_dict if hasattr(exc, "error_dict") else {"non_field_errors": exc.messages}
        exc = exceptions.ValidationError(messages)
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    if isinstance(exc, Problem):
        body = problem(exc.name, exc.status_code, str(exc.detail), **exc.facts)
    elif isinstance(exc, Stale):
        body = problem("stale", 409, str(exc), changed_by=exc.who, changed_at=exc.when)
    elif isinstance(exc, ProtectedError | RestrictedError):
        body = problem("in_use", 409, _("Something else still uses it."))
    elif isinstance(exc, exceptions.ValidationError):
        errors = [each for each in flatten(exc.detail) if each["message"]]
        body = problem("invalid", 400, _("Please look at the fields named in “errors”."), errors=errors)
    elif isinstance(exc, exceptions.ParseError):
        body = problem(
            "invalid",
            400,
            str(exc.detail),
            errors=[{"path": "", "message": str(exc.detail), "code": "parse_error"}],
        )
    elif isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        headers["WWW-Authenticate"] = 'Bearer realm="Loopwell"'
        body = problem("unauthenticated", 401, _("Give a valid key: Authorization: Bearer lw_live_…"))
    elif isinstance(exc, DjangoPermissionDenied | exceptions.PermissionDenied):
        body = problem("forbidden", 403, str(getattr(exc, "detail", exc)))
    elif isinstance(exc, exceptions.NotFound):
        body = problem("not_found", 404, _("There is nothing here."))
    elif isinstance(exc, exceptions.MethodNotAllowed):
        body = problem("method_not_allowed", 405, str(exc.detail))
    elif isinstance(exc, exceptions.Throttled):
        wait = max(1, int(getattr(exc, "wait", None) or 1))
        headers["Retry-After"] = str(wait)
        body = problem("rate_limited", 429, _("Wait %(wait)s seconds.") % {"wait": wait})
    elif isinstance(exc, exceptions.APIException):
        body = problem(str(exc.default_code), exc.status_code, str(exc.detail))
    else:
        return None
    set_rollback()
    if body["status"] < status.HTTP_400_BAD_REQUEST:
        return None
    return Response(body, status=body["status"], headers=headers, content_type=CONTENT_TYPE)
