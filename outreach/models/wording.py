"""The wording of messages, frozen when they are queued."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from django.db import models

from accounts.tenancy.models import OrganizationKey, TenantManager, TenantModel, TenantQuerySet

LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


class WordingQuerySet(TenantQuerySet):
    def freeze(
        self,
        *,
        subject: str,
        html: str,
        text: str = "",
        from_name: str,
        from_address: str,
        reply_to: str = "",
        constants: Mapping[str, object] | None = None,
        locale: str = "en",
    ) -> Wording:
        """The wording of exactly these words: the same words twice are the same row."""
        words = {
            "subject": subject,
            "html": html,
            "text": text,
            "from_name": from_name,
            "from_address": from_address,
            "reply_to": reply_to,
            "constants": dict(constants or {}),
            "locale": locale,
        }
        digest = hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()
        title = LIQUID.sub("…", subject).strip()[:200]
        return self.get_or_create(digest=digest, defaults={**words, "title": title})[0]  # type: ignore[return-value]


class Wording(TenantModel):
    """What a mail says, in whose name: immutable, so that editing a template changes no mail underway.

    `subject`, `html` and `text` are Liquid (an empty text is made from the html); `constants` are the values
    that are the same in every copy (the organization's name and address...), folded when compiled.
    """

    organization = OrganizationKey()
    digest = models.CharField(max_length=64)
    title = models.CharField(max_length=200, blank=True, help_text="The subject without its merge fields.")
    subject = models.TextField()
    html = models.TextField()
    text = models.TextField(blank=True)
    from_name = models.CharField(max_length=120, blank=True)
    from_address = models.EmailField()
    reply_to = models.EmailField(blank=True)
    constants = models.JSONField(default=dict)
    locale = models.CharField(max_length=16, default="en")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantManager.from_queryset(WordingQuerySet)()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "digest"], name="wording_once")]

    def __str__(self) -> str:
        return self.title
