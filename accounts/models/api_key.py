"""Keys for machines: shown once, kept as a hash, found by a public prefix."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.mode import Mode
from accounts.tenancy.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet


class ApiKeyQuerySet(TenantQuerySet):
    def alive(self) -> Self:
        return self.filter(revoked_at=None)


class ApiKey(TenantModel):
    name = models.CharField(_("name"), max_length=120)
    mode = models.CharField(
        _("mode"), max_length=8, choices=[(Mode.LIVE.value, _("live")), (Mode.TEST.value, _("test"))]
    )
    prefix = models.CharField(max_length=16, editable=False)
    # SHA-256 of the secret half: 256 random bits need no slow hash.
    secret_hash = models.CharField(max_length=64, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    unit = TenantForeignKey(
        "accounts.Unit", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = TenantManager.from_queryset(ApiKeyQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = [
            models.UniqueConstraint(fields=["organization", "prefix"], name="api_key_prefix_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def shown(self) -> str:
        """What may be shown of it: "lw_live_a1b2c3d4e5f6…"."""
        return f"lw_{self.mode}_{self.prefix}…"
