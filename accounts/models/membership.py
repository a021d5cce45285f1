"""A person's place in an organization. The product's word on screen is Member."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import TenantForeignKey


class Role(models.TextChoices):
    """From most to least. What each may do stands in accounts.roles and nowhere else."""

    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    MANAGER = "manager", _("Manager")
    AGENT = "agent", _("Agent")
    VIEWER = "viewer", _("Viewer")


class MembershipQuerySet(models.QuerySet["Membership"]):
    def of_slug(self, slug: str) -> Self:
        return self.filter(organization__slug=slug, organization__deleted_at=None)

    def owners(self) -> Self:
        return self.filter(role=Role.OWNER)

    def by_name(self) -> Self:
        return self.order_by("user__name", "user__email", "id")


class Membership(models.Model):
    """Directory row, outside row security: the door reads it before it knows the organization."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=8, choices=Role.choices)
    unit = TenantForeignKey(
        "accounts.Unit", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # Which mails this member wants: {"alerts": true, ...}; a missing word means yes.
    notifications = models.JSONField(_("notifications"), default=dict, blank=True)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)
    last_seen_at = models.DateTimeField(null=True, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="membership_once"),
            # What tenant rows point to: (organization, member).
            models.UniqueConstraint(fields=["organization", "id"], name="membership_of_organization"),
            models.CheckConstraint(
                name="membership_role_known", condition=models.Q(role__in=[role.value for role in Role])
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)

    @property
    def name(self) -> str:
        return str(self.user)

    def wants(self, notification: str) -> bool:
        """Whether this member wants mails of that kind ("alerts", "cases", "digest")."""
        return bool(self.notifications.get(notification, True))
