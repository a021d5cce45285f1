"""What every REST resource shares: key, scope, limits, repeats, problems.

A resource is a subclass of ApiView that names its actions, one per method, and does one thing per method:
find, ask, answer. The door (accounts.middleware) has opened the key's organization already.
"""

import hashlib
from typing import Any, ClassVar

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers
from rest_framework.exceptions import Throttled
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import rates
from accounts.acting import Actor
from accounts.api.authentication import HasScope, KeyAuthentication
from accounts.api.problems import Problem, answer_problem
from accounts.models.idempotency import KEPT_FOR, IdempotentAnswer

WINDOW = 60


class In(serializers.Serializer):
    """What may come in: the fields declared, and nothing else; an unknown field is named and refused."""

    def to_internal_value(self, given: Any) -> Any:
        if isinstance(given, dict) and (unknown := sorted(set(map(str, given)) - set(self.fields))):
            raise serializers.ValidationError({name: [_("There is no such field.")] for name in unknown})
        return super().to_internal_value(given)


class Out(serializers.Serializer):
    """What goes out. Ids are opaque strings (accounts.opaque); times are RFC 3339 in UTC."""


class ApiRequest(Request):
    """REST framework's request, with the actor of the door."""

    @property
    def actor(self) -> Actor | None:
        return getattr(self._request, "actor", None)

    @property
    def organization(self) -> Any:
        return getattr(self._request, "organization", None)


class Replayed(Exception):
    """The same request came before: its answer is given again."""

    def __init__(self, response: Response) -> None:
        self.response = response


class ApiView(APIView):
    # No docstring: it would be told as the description of every operation that has none of its own.
    # Maps each method that exists to its action: {"GET": "customer.view"}.
    actions: ClassVar[dict[str, str]] = {}
    # False where the answer holds a secret that must not be kept.
    repeatable: ClassVar[bool] = True
    authentication_classes = [KeyAuthentication]
    permission_classes = [HasScope]
    parser_classes = [JSONParser]
    renderer_classes = [JSONRenderer]

    _repeatable: tuple[str, str] | None = None
    _spent: tuple[int, int] | None = None

    @property
    def actor(self) -> Actor:
        """Who asks; only inside a method of the view, where the permission has been seen."""
        actor: Actor = self.request.actor  # type: ignore[attr-defined]
        return actor

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> ApiRequest:
        return ApiRequest(
            request,
            parsers=self.get_parsers(),
            authenticators=self.get_authenticators(),
            negotiator=self.get_content_negotiator(),
            parser_context=self.get_parser_context(request),
        )

    def get_exception_handler(self) -> Any:
        return answer_problem

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.actor is not None:
            self._count(request)
            if self.repeatable and request.method not in ("GET", "HEAD", "OPTIONS"):
                self._look_for_repeat(request)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Replayed):
            return exc.response
        return super().handle_exception(exc)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        if self._spent is not None:
            limit, left = settings.API_RATE_PER_MINUTE, max(0, self._spent[0])
            response.headers["RateLimit-Policy"] = f'"key";q={limit};w={WINDOW}'
            response.headers["RateLimit"] = f'"key";r={left};t={self._spent[1]}'
        if self._repeatable is not None and isinstance(response, Response) and response.status_code < 400:
            self._remember(request, response)
        return response

    # limits

    def _count(self, request: ApiRequest) -> None:
        """A fixed window per key: cheap, shared by all processes, told in the RateLimit headers."""
        assert request.actor is not None and request.actor.key is not None
        used, reset = rates.count(f"api-rate:{request.organization.pk}:{request.actor.key.pk}", WINDOW)
        self._spent = (settings.API_RATE_PER_MINUTE - used, reset)
        if used > settings.API_RATE_PER_MINUTE:
            raise Throttled(wait=reset)

    # repeats

    def _look_for_repeat(self, request: ApiRequest) -> None:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return
        if len(key) > 255:
            raise exceptions.ValidationError({"Idempotency-Key": [_("At most 255 characters.")]})
        assert request.actor is not None and request.actor.key is not None
        told = f"{request.method} {request.get_full_path()}\n".encode() + request._request.body
        request_hash = hashlib.sha256(told).hexdigest()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 7))",
                [f"{request.organization.pk}:{request.actor.key.pk}:{key}"],
            )
            (free,) = cursor.fetchone()
        if not free:
            raise Problem(
                "concurrent_repeat", 409, _("The first request with this Idempotency-Key still runs.")
            )
        answers = IdempotentAnswer.objects.filter(api_key=request.actor.key, key=key)
        before = answers.first()
        if before is not None and before.created_at < timezone.now() - KEPT_FOR:
            answers.delete()
            before = None
        if before is None:
            self._repeatable = (key, request_hash)
            return
        if before.request_hash != request_hash:
            raise Problem(
                "another_request",
                422,
                _("This Idempotency-Key was used with another request within 24 hours."),
            )
        raise Replayed(_AgainResponse(before))

    def _remember(self, request: ApiRequest, response: Response) -> None:
        assert self._repeatable is not None and request.actor is not None
        key, request_hash = self._repeatable
        self._repeatable = None
        response.render()
        IdempotentAnswer.objects.create(
            api_key=request.actor.key,
            key=key,
            request_hash=request_hash,
            status=response.status_code,
            body=response.content,
            content_type=response.headers.get("Content-Type", "application/json"),
        )


class _AgainResponse(Response):
    """Bytes that were sent before, sent again."""

    def __init__(self, before: IdempotentAnswer) -> None:
        super().__init__(None, status=before.status, headers={"Idempotent-Replayed": "true"})
        self._bytes, self._type = bytes(before.body), before.content_type

    @property
    def rendered_content(self) -> Any:
        self["Content-Type"] = self._type
        return self._bytes
