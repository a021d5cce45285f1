"""Which pages there are: the routes of the URL configuration, and for each an address that works.

Addresses come from following the links of the product itself, so a page that nothing links to is told apart;
public pages are entered by the tokens that mails carry.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

from accounts import tokens
from accounts.door import policy_of
from accounts.models import Membership, Organization
from accounts.tenancy.context import acting_for

HREF = re.compile(r"""<a\b[^>]*\shref=["']([^"'#]+)""")
# Leaves the session; is looked at as a mail; no page; a part of a page; a stored picture; where machines send to.
PASSED_BY = frozenset(
    {
        "account_logout",
        "mailbox_frame",
        "health",
        "public_file",
        "api_nothing",
        "import_progress",
        "stage_progress",
        "theme_progress",
        "inbound",
        "import_problems",
        "file_detail",
        "report_export",
    }
)


@dataclass(frozen=True)
class Route:
    """One address of the product, by name and pattern."""

    name: str
    pattern: str
    policy: str


@dataclass
class World:
    """Pages of one organization as one of its members sees them; `found` maps route names to addresses."""

    name: str
    client: Client | None
    start: tuple[str, ...]
    found: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def crawl(self) -> None:
        """Follow links breadth first, one address per route."""
        client = self.client or Client(SERVER_NAME="127.0.0.1")
        client.raise_request_exception = False  # a page that fails is told with the others
        waiting = list(self.start)
        seen = set(waiting)
        while waiting:
            path = waiting.pop(0)
            name = route_name(path)
            if name is None or name in self.found or name in PASSED_BY:
                continue
            answer = client.get(path, follow=False)
            if answer.status_code >= 500:
                self.broken.append(f"{path} answers {answer.status_code}")
                continue
            if answer.status_code in (301, 302, 303):
                waiting.insert(0, answer.headers["Location"])
                continue
            if answer.status_code != 200 or not answer.headers.get("Content-Type", "").startswith(
                "text/html"
            ):
                continue
            self.found[name] = path
            for link in HREF.findall(answer.content.decode()):
                target = urlsplit(urljoin(path, link.replace("&amp;", "&")))
                if target.scheme or target.netloc:
                    continue
                address = target.path
                if address not in seen:
                    seen.add(address)
                    waiting.append(address)


def routes() -> list[Route]:
    """Every named address that shows a page: members' and public ones, not the API."""
    return sorted(
        (
            Route(name, pattern, policy_of(view) or "")
            for name, pattern, view in _patterns(get_resolver().url_patterns, "")
            if name and not pattern.startswith("api/v1") and name not in PASSED_BY
        ),
        key=lambda route: route.pattern,
    )


def shows_a_page(route: Route, client: Client, slug: str) -> bool:
    """Whether somebody could look at it: not an address that only takes a POST, and not a file to save."""
    path = re.sub(r"<slug:slug>", slug, "/" + route.pattern)
    path = re.sub(r"<[^>]+>", "1", path) if "(?P" not in path else None
    if path is None:
        return True
    answer = client.get(path)
    kind = answer.headers.get("Content-Type", "text/html")
    return answer.status_code != 405 and (answer.status_code != 200 or kind.startswith("text/html"))


def _patterns(patterns: Iterable[Any], before: str) -> Iterable[tuple[str | None, str, Callable[..., Any]]]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from _patterns(each.url_patterns, before + str(each.pattern))
        elif isinstance(each, URLPattern):
            yield each.name, before + str(each.pattern), each.callback


def route_name(path: str) -> str | None:
    try:
        return resolve(urlsplit(path).path).url_name
    except Resolver404:
        return None


def member_client(membership: Membership) -> Client:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(membership.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def public_addresses(organization: Organization) -> tuple[str, ...]:
    """Addresses that only mails carry, of objects that exist."""
    from outreach import my_data
    from outreach.models import Sender
    from segments.models import Customer
    from surveys import inviting
    from surveys.models import Invitation

    with acting_for(organization):
        customer = Customer.objects.first()
        invitation = Invitation.objects.exclude(token_hash=b"").filter(completed_at=None).last()
        answered = Invitation.objects.exclude(token_hash=b"").exclude(completed_at=None).last()
        sender = Sender.objects.first()
        found = [
            f"/s/{inviting.token(invitation)}" if invitation else None,
            f"/s/{inviting.token(answered)}" if answered and not invitation else None,
            f"/c/{tokens.derive('choices', organization.pk, customer.pk)}" if customer else None,
            f"/d/{my_data.token(customer)}" if customer else None,
            f"/v/{tokens.derive('sender', organization.pk, sender.pk, sender.revision)}" if sender else None,
        ]
    return tuple(path for path in found if path)


NOBODY = (
    "/log-in/",
    "/sign-up/",
    "/password/forgotten/",
    "/password/forgotten/sent/",
    "/password/new/done/",
    "/confirm/",
    "/inactive/",
    "/mailbox",
    "/api/docs",
    "/design",
)
