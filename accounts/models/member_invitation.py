"""An offer of membership: bound to one address, used once, expiring."""

from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.membership import Role
from accounts.tenancy.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet

VALID_FOR = timedelta(days=7)


class MemberInvitationQuerySet(TenantQuerySet):
    def waiting(self) -> Self:
        return self.filter(accepted_at=None, revoked_at=None)


class MemberInvitation(TenantModel):
    """The token is derived from id and generation; sending again raises the generation and ends the old link."""

    email = models.EmailField(_("e-mail"), max_length=254)
    role = models.CharField(_("role"), max_length=8, choices=Role.choices)
    unit = TenantForeignKey(
        "accounts.Unit", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    generation = models.PositiveIntegerField(default=1, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    sent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    revoked_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(MemberInvitationQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = _("invitation of a member")
        verbose_name_plural = _("invitations of members")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="member_invited_once_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def is_open(self) -> bool:
        """Whether the link in the mail still works."""
        return self.accepted_at is None and self.revoked_at is None and self.expires_at > timezone.now()

    @property
    def state(self) -> str:
        if self.accepted_at is not None:
            return "accepted"
        if self.revoked_at is not None:
            return "revoked"
        return "waiting" if self.expires_at > timezone.now() else "expired"
