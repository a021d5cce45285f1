"""A template: words with merge fields, for one class of message, in the languages of the business."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.editable import Editable
from accounts.models.fields import LocaleMap
from accounts.tenancy.models import OrganizationKey, TenantManager, TenantModel, TenantQuerySet
from outreach.models.send_key import Channel, MessageClass


class TemplateQuerySet(TenantQuerySet):
    def present(self) -> TemplateQuerySet:
        """Those nobody has deleted."""
        return self.filter(deleted_at=None)

    def of_class(self, message_class: str) -> TemplateQuerySet:
        return self.filter(message_class=message_class)


class Template(Editable, TenantModel):
    """E-mail words: subject and body per language, Liquid merge fields inside, Markdown around them."""

    organization = OrganizationKey()
    name = models.CharField(_("name"), max_length=120)
    message_class = models.CharField(
        _("class"), max_length=16, choices=MessageClass.choices, default=MessageClass.RELATIONSHIP
    )
    channel = models.CharField(max_length=16, choices=Channel.choices, default=Channel.EMAIL)
    default_locale = models.CharField(_("default language"), max_length=16, default="en")
    subject = LocaleMap(_("subject"))
    body = LocaleMap(_("text"))
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager.from_queryset(TemplateQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"],
                condition=models.Q(deleted_at=None),
                name="template_name_once",
                violation_error_message=_("There is already a template with this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def locales(self) -> list[str]:
        """The languages that have words, the default first."""
        others = sorted(set(self.body) - {self.default_locale})
        return [self.default_locale, *others]
