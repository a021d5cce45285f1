"""A file of the organization: private, found by a random key, served by a view that asks for permission."""

import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import TenantManager, TenantModel


def new_key(organization_id: int, ending: str = "") -> str:
    """ "12/kD3…": the organization, then 128 random bits; the name somebody gave it is not part of it."""
    return f"{organization_id}/{secrets.token_urlsafe(16)}{ending}"


class StoredFile(TenantModel):
    class Purpose(models.TextChoices):
        LOGO = "logo", _("logo")
        IMPORT = "import", _("import")
        EXPORT = "export", _("export")

    key = models.CharField(max_length=120, editable=False)
    name = models.CharField(_("name"), max_length=200, blank=True)
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    content_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TenantManager()

    class Meta(TenantModel.Meta):
        verbose_name = _("file")
        verbose_name_plural = _("files")
        constraints = [models.UniqueConstraint(fields=["organization", "key"], name="stored_file_key_once")]

    def __str__(self) -> str:
        return self.name or self.key
