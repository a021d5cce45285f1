"""Door helpers for views: who may open a page, and whose data a token opens.

The middleware (accounts.middleware.Door) has opened the organization before a member page runs; the
decorators here say which action a page asks for, and open the organization of a public page by its token.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from accounts import tokens
from accounts.acting import Actor, NotAllowed
from accounts.models.membership import Membership
from accounts.models.organization import Organization
from accounts.models.user import User
from accounts.tenancy.context import acting_for

View = Callable[..., HttpResponseBase]


class AccountRequest(HttpRequest):
    """What a personal page is called with: somebody who is logged in."""

    user: User  # type: ignore[assignment]


class MemberRequest(AccountRequest):
    """What a member page is called with: the door has seen who asks, and for which organization."""

    organization: Organization
    membership: Membership
    actor: Actor


class PublicRequest(HttpRequest):
    """What a public page with a token is called with."""

    organization: Organization


SAFE = ("GET", "HEAD", "OPTIONS")


def member_page(action: str, *, post: str | None = None) -> Callable[[View], View]:
    """A page for members who may do `action`; writing to it asks for `post`, or the same.

    The lookup in the middleware is the membership; this is the right. A member without it gets 403 in
    plain words (the middleware turns NotAllowed into the page).
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            actor = getattr(request, "actor", None)
            if actor is None or actor.kind != "member":
                raise Http404
            wanted = action if request.method in SAFE else (post or action)
            if not actor.may(wanted):
                raise NotAllowed(wanted, actor)
            return view(request, slug, *args, **kwargs)

        guarded.action = action  # type: ignore[attr-defined]
        guarded.post_action = post or action  # type: ignore[attr-defined]
        guarded.policy = f"member:{action}" + (f"/{post}" if post else "")  # type: ignore[attr-defined]
        return guarded

    return decorate


def public_page(
    purpose: str, *, token: str | None = None, referrer: str = "same-origin"
) -> Callable[[View], View]:
    """A page without log-in. With `token="survey"`, the path's `token` is read for that purpose, the
    organization it carries is opened, and only then does the view look anything up.

    The view is called as view(request, claim, ...) and finds request.organization. A wrong, expired or
    foreign token is a missing page. Without `token`, the view is called as it is and may open nothing.

    `referrer="no-referrer"` is for pages whose forms need no CSRF check: that check reads the origin, which
    browsers then leave out.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if token is None:
                return view(request, *args, **kwargs)
            claim = tokens.read(token, kwargs.pop("token"))
            if claim is None:
                raise Http404
            organization = Organization.objects.filter(pk=claim.organization_id, deleted_at=None).first()
            if organization is None:
                raise Http404
            with acting_for(organization):
                request.organization = organization  # type: ignore[attr-defined]
                response = view(request, claim, *args, **kwargs)
                # A lazily rendered page still needs the organization's rows.
                render = getattr(response, "render", None)
                if callable(render) and not getattr(response, "is_rendered", True):
                    response = render()
            return _private(response, referrer)

        if token is not None:
            # acting_for opens the transaction of its own; one around it would cost savepoints and statements.
            transaction.non_atomic_requests(guarded)
        guarded.policy = f"public:{purpose}"  # type: ignore[attr-defined]
        guarded.token = token  # type: ignore[attr-defined]
        guarded.action = None  # type: ignore[attr-defined]
        return guarded

    return decorate


def _private(response: HttpResponseBase, referrer: str) -> HttpResponseBase:
    """Kept by nobody on the way, and its address told to nobody."""
    if isinstance(response, HttpResponse):
        response.setdefault("Cache-Control", "no-store")
        response.setdefault("Referrer-Policy", referrer)
    return response


def personal_page(purpose: str) -> Callable[[View], View]:
    """A page of somebody logged in that belongs to no organization: choosing one, founding one, leaving."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            from django.contrib.auth.views import redirect_to_login

            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            return view(request, *args, **kwargs)

        guarded.policy = f"personal:{purpose}"  # type: ignore[attr-defined]
        guarded.action = None  # type: ignore[attr-defined]
        return guarded

    return decorate


def policy_of(view: Any) -> str | None:
    """The declared policy of a view or API view class; None means that somebody forgot to say it."""
    declared = getattr(view, "policy", None) or getattr(getattr(view, "cls", None), "policy", None)
    if declared is not None:
        return str(declared)
    actions: Mapping[str, str] | None = getattr(getattr(view, "cls", None), "actions", None)
    return (
        "api:" + ",".join(f"{method}={name}" for method, name in sorted(actions.items())) if actions else None
    )


MISSING = _("There is nothing here.")
