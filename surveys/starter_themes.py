"""The starter themes as people read them: dictionaries that an organization can begin with, on request."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from accounts.tenancy.context import current_organization_id
from surveys.models import Response, Theme
from surveys.theming import seeds
from surveys.theming.tagging import Tagger

NAMES: dict[str, str | Promise] = {
    "waiting": _("Waiting"),
    "staff": _("Staff and service"),
    "support": _("Support"),
    "price": _("Price"),
    "quality": _("Quality"),
    "delivery": _("Delivery"),
    "packaging": _("Packaging"),
    "returns": _("Returns and refunds"),
    "range": _("Range of products"),
    "billing": _("Payment and invoices"),
    "app": _("Website and app"),
    "ease": _("Ease of use"),
    "setup": _("Setting up"),
    "reliability": _("Errors and reliability"),
    "speed": _("Speed of the software"),
    "automation": _("Automation and integrations"),
    "reports": _("Reports and figures"),
    "food": _("Food"),
    "drinks": _("Drinks"),
    "cleanliness": _("Cleanliness"),
    "comfort": _("Seats and comfort"),
    "space": _("Space"),
    "crowding": _("Crowding"),
    "noise": _("Quiet and noise"),
    "internet": _("Internet"),
    "washrooms": _("Washrooms"),
    "location": _("Finding and parking"),
    "opening": _("Opening hours"),
    "information": _("Being informed"),
}
LOOKED_AT = 1_500  # of the latest comments, to say how many each would find
PROPOSED_FROM = 0.02  # of these


@dataclass(frozen=True)
class Offered:
    """A starter theme that the organization does not have yet; `found` of the `among` latest comments speak of it."""

    key: str
    name: str
    found: int
    among: int

    @property
    def proposed(self) -> bool:
        return self.found >= max(1, PROPOSED_FROM * self.among)


def offered() -> list[Offered]:
    """Those that most of the latest comments speak of first."""
    taken = set(Theme.objects.present().values_list("seed", flat=True))
    keys = [key for key in seeds.KEYS if key not in taken]
    organization = Organization.objects.get(pk=current_organization_id())
    tagger = Tagger({key: seeds.words(key) for key in keys})
    latest = Response.objects.with_words().order_by("-answered_at", "-id")[:LOOKED_AT]
    found: Counter[str] = Counter()
    among = 0
    for comment, language in latest.values_list("comment", "language"):
        among += 1
        heard = tagger.hear(comment, told=language, default=organization.locale)
        found.update(str(key) for key in heard.mentions)
    rows = [Offered(key, str(NAMES[key]), found[key], among) for key in keys]
    return sorted(rows, key=lambda each: (-each.found, each.name))
