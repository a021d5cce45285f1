"""What every answer of the web processes carries: a content security policy with a nonce, and no caching."""

import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

# Scripts run only with the nonce of their own page; nothing is fetched from another host.
POLICY = (
    "default-src 'none'; "
    "script-src 'nonce-{nonce}'; "
    "style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data:; "
    "font-src 'self'; "
    "connect-src 'self'; "
    "frame-src 'self'; "
    "manifest-src 'self'; "
    "form-action 'self'; "
    "base-uri 'none'; "
    "frame-ancestors 'none'"
)
PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


class SecurityHeaders:
    """Outermost middleware. A view that needs another policy or cache rule sets the header itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        nonce = new_nonce()
        request.csp_nonce = nonce  # type: ignore[attr-defined]
        response = self.get_response(request)
        headers = response.headers
        headers.setdefault("Content-Security-Policy", policy(nonce))
        headers.setdefault("Permissions-Policy", PERMISSIONS)
        # Static files come with a rule of their own (whitenoise); all else is somebody's private page.
        headers.setdefault("Cache-Control", "private, no-store")
        return response


def new_nonce() -> str:
    return secrets.token_urlsafe(16)


def policy(nonce: str) -> str:
    """The content security policy of a page whose own scripts and styles carry this nonce."""
    return POLICY.format(nonce=nonce)


def csp_nonce(request: HttpRequest) -> dict[str, str]:
    """Context processor: `<script nonce="{{ csp_nonce }}">`."""
    return {"csp_nonce": getattr(request, "csp_nonce", "")}


def with_policy(response: HttpResponse, policy: str) -> HttpResponse:
    """Give one answer a policy of its own, such as the frame that shows a foreign mail."""
    response.headers["Content-Security-Policy"] = policy
    return response
