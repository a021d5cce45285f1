from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import OrganizationKey, TenantModel


class Sender(TenantModel):
    """In whose name mails go out. Only a verified address is offered for campaigns and surveys."""

    organization = OrganizationKey()
    name = models.CharField(_("name"), max_length=120)
    address = models.EmailField(_("address"))
    reply_to = models.EmailField(_("replies go to"), blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    is_default = models.BooleanField(_("used where nothing else is chosen"), default=False)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "address"], name="sender_once"),
            models.UniqueConstraint(
                fields=["organization"], condition=models.Q(is_default=True), name="sender_one_default"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>"

    @property
    def is_verified(self) -> bool:
        return self.verified_at is not None
