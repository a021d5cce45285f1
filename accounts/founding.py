"""A new organization and its first owner."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts.acting import member_actor, system_actor
from accounts.auditing import audit
from accounts.models.membership import Membership, Role
from accounts.models.organization import RESERVED_SLUGS, Organization
from accounts.models.user import User
from accounts.sockets import plugged
from accounts.tenancy.context import acting_for

# How many addresses are tried before a number is added at random.
TRIES = 50


@transaction.atomic
def found_organization(
    *,
    name: str,
    owner: User,
    time_zone: str = "UTC",
    currency: str = "EUR",
    kind: str = Organization.Kind.NORMAL,
    slug: str = "",
    at: datetime | None = None,
) -> Organization:
    """Make an organization, its owner's membership, and the first entry of its audit log."""
    at = at or timezone.now()
    organization = Organization.objects.create(
        name=name.strip(),
        slug=slug or free_slug(name),
        kind=kind,
        time_zone=time_zone,
        currency=currency,
        locale=owner.locale or "en",
        created_at=at,
    )
    membership = Membership.objects.create(
        user=owner, organization=organization, role=Role.OWNER, joined_at=at
    )
    with acting_for(organization):
        audit("settings.edit", organization, by=member_actor(membership), at=at, did="founded")
        for begin in plugged("FOUNDED"):
            begin(by=system_actor(organization))
    return organization


def free_slug(name: str) -> str:
    """An address for an organization of that name: "harbour-vale", "harbour-vale-2" if that is taken."""
    stem = slugify(name)[:48].strip("-_") or "business"
    if stem not in RESERVED_SLUGS and not Organization.objects.filter(slug=stem).exists():
        return stem
    taken = set(Organization.objects.filter(slug__startswith=f"{stem}-").values_list("slug", flat=True))
    return next(slug for number in range(2, len(taken) + TRIES) if (slug := f"{stem}-{number}") not in taken)
