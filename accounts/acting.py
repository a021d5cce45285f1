"""On whose behalf: a member, a key, the operator, or Loopwell itself. Verbs take `by: Actor`."""

from dataclasses import dataclass, field
from functools import cached_property

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from accounts import roles
from accounts.models.api_key import ApiKey
from accounts.models.membership import Membership
from accounts.models.mode import Mode
from accounts.models.organization import Organization
from accounts.models.unit import Unit


class NotAllowed(PermissionDenied):
    """The actor lacks the right; the sentence names the deed, so that the page can say it."""

    def __init__(self, action: str, actor: "Actor") -> None:
        self.action, self.actor = action, actor
        deed = roles.action(action).label
        super().__init__(_("You may not %(deed)s.") % {"deed": deed})


@dataclass(frozen=True)
class Actor:
    """Who acts in an organization. Ask `may`, demand by `require`; compare nothing else."""

    kind: str  # "member", "key", "operator" or "system"
    organization: Organization
    membership: Membership | None = None
    key: ApiKey | None = None
    name: str = field(default="", compare=False)

    def may(self, action: str) -> bool:
        """Whether the actor may do what the action table calls `action`."""
        if self.kind == "member":
            return self.membership is not None and roles.role_may(self.membership.role, action)
        if self.kind == "key":
            return self.key is not None and roles.scopes_may(self.key.scopes, action)
        return self.kind in ("system", "operator") and roles.action(action) is not None

    def require(self, action: str) -> None:
        """Raise NotAllowed unless the actor may."""
        if not self.may(action):
            raise NotAllowed(action, self)

    @property
    def user_id(self) -> int | None:
        return self.membership.user_id if self.membership is not None else None

    @property
    def mode(self) -> str:
        """The mode of what this actor writes: a test key writes test."""
        if self.key is not None and self.key.mode == Mode.TEST.value:
            return Mode.TEST.value
        return self.organization.mode

    @cached_property
    def branch(self) -> Unit | None:
        """The unit whose branch the actor is kept to; None sees the whole business."""
        bearer = self.membership or self.key
        if bearer is None or bearer.unit_id is None:
            return None
        return Unit.objects.get(pk=bearer.unit_id)

    @cached_property
    def branch_ids(self) -> tuple[int, ...] | None:
        """The ids of the actor's branch; None for the whole business."""
        bearer = self.membership or self.key
        if bearer is None or bearer.unit_id is None:
            return None
        return Unit.objects.all().branch_ids(bearer.unit_id)

    def sees_unit(self, unit_id: int | None) -> bool:
        branch = self.branch_ids
        return branch is None or unit_id in branch


def member_actor(membership: Membership) -> Actor:
    return Actor("member", membership.organization, membership=membership, name=str(membership.user))


def key_actor(organization: Organization, key: ApiKey) -> Actor:
    return Actor("key", organization, key=key, name=key.name)


def system_actor(organization: Organization) -> Actor:
    """Loopwell itself, for deeds that no person asked for at that moment."""
    return Actor("system", organization, name="Loopwell")


def operator_actor(organization: Organization, name: str = "operator") -> Actor:
    return Actor("operator", organization, name=name)
