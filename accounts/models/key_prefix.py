"""Which organization a key belongs to: the public half of the look-up."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class KeyPrefix(models.Model):
    """Directory row, outside row security: which organization a key belongs to, and nothing else."""

    prefix = models.CharField(primary_key=True, max_length=16)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("prefix of a key")
        verbose_name_plural = _("prefixes of keys")

    def __str__(self) -> str:
        return self.prefix
