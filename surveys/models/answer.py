from __future__ import annotations

from django.db import models

from accounts.tenancy.models import OrganizationKey, TenantForeignKey, TenantManager, TenantModel


class Answer(TenantModel):
    """The answer to one question of one response, by the question's key in the response's version."""

    # The key to the response holds the organization too, and its row need not be locked by everybody who answers.
    organization = OrganizationKey(db_constraint=False)
    response = TenantForeignKey(
        "surveys.Response", on_delete=models.CASCADE, related_name="answers", indexed=False
    )
    question = models.CharField(max_length=40)
    kind = models.CharField(max_length=12)
    number = models.SmallIntegerField(null=True, blank=True)
    text = models.TextField(blank=True)
    # Keys of the chosen choices.
    choices = models.JSONField(default=list, blank=True)

    objects = TenantManager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "response", "question"], name="answer_once_per_question"
            )
        ]

    def __str__(self) -> str:
        return self.question
