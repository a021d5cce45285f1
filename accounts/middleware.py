"""The outer middleware of the house: it opens the door to one organization, or to none.

Two of the four places that open `acting_for` are here: address + membership, and API key. (The others:
signed token, in accounts.door; task argument, in accounts.tenancy.tasks.) Together with ATOMIC_REQUESTS,
a view that raises leaves nothing half-done behind (docs/tenancy.md).
"""

import re
from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation

from accounts.acting import key_actor, member_actor
from accounts.issuing_keys import prove_key, read_key
from accounts.models.membership import Membership
from accounts.tenancy.context import acting_for

Next = Callable[[HttpRequest], HttpResponseBase]

MEMBER_PATH = re.compile(r"^/o/(?P<slug>[-a-zA-Z0-9_]+)/")
VISIT_NOTED_EVERY = timedelta(minutes=10)
API_PATH = re.compile(r"^/api/v\d+/")
# Where libraries of others bring the key as the user name of Basic authentication.
BASIC_PATH = re.compile(r"^/api/v\d+/segment/")


class Door:
    """Sets request.organization, request.membership and request.actor; 404 for anyone else's address."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.organization = request.membership = request.actor = None  # type: ignore[attr-defined]
        if match := MEMBER_PATH.match(request.path_info):
            return self._member(request, match["slug"])
        if API_PATH.match(request.path_info):
            return self._key(request)
        return self.get_response(request)

    def _member(self, request: HttpRequest, slug: str) -> HttpResponseBase:
        if not request.user.is_authenticated:
            if request.headers.get("HX-Request") == "true":
                # htmx would put the log-in page into a corner of the old one; send the whole tab there.
                return HttpResponse(status=204, headers={"HX-Redirect": request.get_full_path()})
            return redirect_to_login(request.get_full_path())
        membership = (
            Membership.objects.of_slug(slug).filter(user=request.user).select_related("organization").first()
        )
        if membership is None:
            return render(request, "404.html", status=404)
        membership.user = request.user
        with acting_for(membership.organization), translation.override(request.user.locale or None):
            request.organization = membership.organization  # type: ignore[attr-defined]
            request.membership = membership  # type: ignore[attr-defined]
            request.actor = member_actor(membership)  # type: ignore[attr-defined]
            self._note_visit(membership)
            timezone.activate(request.user.time_zone or membership.organization.time_zone)
            try:
                response = self.get_response(request)
            finally:
                timezone.deactivate()
        if isinstance(response, HttpResponse):
            response.setdefault("Cache-Control", "private, no-store")
        return response

    def _note_visit(self, membership: Membership) -> None:
        """Once in ten minutes, so that reading pages is not writing rows."""
        now = timezone.now()
        if membership.last_seen_at is None or now - membership.last_seen_at > VISIT_NOTED_EVERY:
            # Two requests at once: the second does not wait for the first to end.
            free = Membership.objects.select_for_update(skip_locked=True, of=("self",)).filter(
                pk=membership.pk
            )
            Membership.objects.filter(pk__in=list(free.values_list("pk", flat=True))).update(last_seen_at=now)

    def _key(self, request: HttpRequest) -> HttpResponseBase:
        basic = BASIC_PATH.match(request.path_info) is not None
        presented = read_key(request.headers.get("Authorization", ""), basic=basic)
        if presented is None:
            return self.get_response(request)
        with acting_for(presented.organization):
            key = prove_key(presented)
            if key is not None:
                request.organization = presented.organization  # type: ignore[attr-defined]
                request.actor = key_actor(presented.organization, key)  # type: ignore[attr-defined]
                return self.get_response(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """A right that is missing is told in plain words, on the member's own page."""
        if isinstance(exception, PermissionDenied) and getattr(request, "membership", None) is not None:
            return render(request, "403.html", {"reason": str(exception)}, status=403)
        return None
