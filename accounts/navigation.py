"""The side of every member page: areas that exist, narrowed to what the reader may do."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.acting import Actor

# In the order of the side; icons are names of <c-icon>.
AREAS: dict[str, tuple[str | Promise, str]] = {
    "today": (_("Today"), "home"),
    "ask": (_("Ask"), "ask"),
    "understand": (_("Understand"), "understand"),
    "people": (_("People"), "people"),
    "reach": (_("Reach out"), "send"),
    "care": (_("Care"), "heart"),
    "advocacy": (_("Advocacy"), "star"),
    "settings": (_("Settings"), "settings"),
}


@dataclass(frozen=True)
class Item:
    """One page of an area. `url_name` takes the organization's slug; `action` is who sees the link."""

    area: str
    label: str | Promise
    url_name: str
    action: str
    icon: str = ""
    order: int = 50
    badge: Callable[[Actor], int] | None = None
    """How many things wait there for this member; the area shows the sum."""


@dataclass(frozen=True)
class Link:
    label: str | Promise
    url: str
    icon: str
    current: bool


@dataclass(frozen=True)
class Area:
    name: str
    label: str | Promise
    icon: str
    links: tuple[Link, ...]
    current: bool
    badge: int = 0

    @property
    def badge_words(self) -> str:
        return gettext("waiting")

    @property
    def url(self) -> str:
        return self.links[0].url


@cache
def items() -> tuple[Item, ...]:
    """All pages of all apps, as named in config/sockets.py."""
    paths: tuple[str, ...] = settings.NAVIGATION  # type: ignore[misc]
    return tuple(item for path in paths for item in import_string(path))


def areas(request: HttpRequest) -> list[Area]:
    """The areas this member sees, with the current one marked by the longest matching address."""
    organization, actor = getattr(request, "organization", None), getattr(request, "actor", None)
    if organization is None or actor is None or actor.kind != "member":
        return []
    seen = [
        (item, reverse(item.url_name, args=[organization.slug]))
        for item in sorted(items(), key=lambda each: each.order)
        if actor.may(item.action)
    ]
    here = max((url for _item, url in seen if request.path.startswith(url)), key=len, default="")
    found = []
    for name, (label, icon) in AREAS.items():
        links = tuple(
            Link(item.label, url, item.icon, url == here) for item, url in seen if item.area == name
        )
        if links:
            badge = sum(item.badge(actor) for item, _url in seen if item.area == name and item.badge)
            found.append(Area(name, label, icon, links, any(link.current for link in links), badge))
    return found


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `areas` for the side, `organization` and `actor` for every page."""
    organization = getattr(request, "organization", None)
    if organization is None:
        return {}
    return {
        "areas": areas(request),
        "organization": organization,
        "actor": getattr(request, "actor", None),
        "membership": getattr(request, "membership", None),
    }


ITEMS = [
    Item("settings", _("Organization"), "settings_organization", "organization.view", "home", 10),
    Item("settings", _("Brand"), "settings_brand", "organization.view", "palette", 20),
    Item("settings", _("Members"), "member_list", "member.view", "user-plus", 30),
    Item("settings", _("Units"), "unit_list", "unit.view", "branch", 40),
    Item("settings", _("Sending"), "settings_sending", "organization.view", "send", 50),
    Item("settings", _("Business hours"), "settings_hours", "organization.view", "clock", 56),
    Item("settings", _("Privacy"), "settings_privacy", "organization.view", "lock", 60),
    Item("settings", _("API keys"), "key_list", "key.manage", "key", 80),
    Item("settings", _("Audit"), "audit_log", "audit.view", "list", 90),
    Item("settings", _("Your profile"), "profile", "member.own", "user", 95),
]
