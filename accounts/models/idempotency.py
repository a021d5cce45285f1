"""What a request with an Idempotency-Key was answered, so that sending it again does it once."""

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import TenantForeignKey, TenantManager, TenantModel

KEPT_FOR = timedelta(hours=24)


class IdempotentAnswer(TenantModel):
    """Written in the transaction of the deed itself; kept for 24 hours."""

    api_key = TenantForeignKey("accounts.ApiKey", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    # SHA-256 over method, path and body: the same key with another request is refused.
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.BinaryField()
    content_type = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager()

    class Meta(TenantModel.Meta):
        verbose_name = _("answer to a repeated request")
        verbose_name_plural = _("answers to repeated requests")
        constraints = [
            models.UniqueConstraint(fields=["organization", "api_key", "key"], name="idempotent_answer_once")
        ]
        indexes = [models.Index(fields=["organization", "created_at"], name="idempotent_answer_age")]

    def __str__(self) -> str:
        return self.key
