"""Which organization has work due, and when: the only thing a sweep over all tenants may read."""

from typing import Self

from django.db import models


class DoorbellQuerySet(models.QuerySet["Doorbell"]):
    def due(self, at: "models.expressions.Combinable | object") -> Self:
        return self.filter(due_at__lte=at)


class Doorbell(models.Model):
    """Directory row, outside row security: an organization and an instant, nothing of a tenant's.

    Rows are only appended, one for each transaction that left work, and deleted by the sweep that had read
    them before it worked. One row per organization, moved to and fro, would make all transactions of an
    organization wait for each other; leaving out a ring because another is already there would lose it when
    that other one is being answered just then.
    """

    organization = models.ForeignKey(
        "accounts.Organization",
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,  # the check would lock the organization's row in every transaction
    )
    due_at = models.DateTimeField()

    objects = DoorbellQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["due_at", "organization"], name="doorbell_due")]

    def __str__(self) -> str:
        return f"organization {self.organization_id} at {self.due_at:%Y-%m-%d %H:%M:%S}"
