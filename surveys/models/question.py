from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import LocaleMap
from accounts.tenancy.models import OrganizationKey, TenantForeignKey, TenantManager, TenantModel


class Question(TenantModel):
    """One question of a survey's draft. Its key is kept for ever: answers bind to key and version."""

    class Kind(models.TextChoices):
        NPS = "nps", _("How likely to recommend, 0 to 10")
        TEXT = "text", _("Own words")
        CHOICE = "choice", _("Choice")
        RATING = "rating", _("Rating")

    organization = OrganizationKey()
    survey = TenantForeignKey(
        "surveys.Survey", on_delete=models.CASCADE, related_name="questions", indexed=False
    )
    key = models.SlugField(max_length=40, db_index=False)
    kind = models.CharField(max_length=12, choices=Kind)
    text = LocaleMap()
    hint = LocaleMap(blank=True)
    required = models.BooleanField(default=False)
    # What this kind needs besides: choices, labels of the ends, number of steps (surveys/kinds/).
    settings = models.JSONField(default=dict, blank=True)
    # Who sees it: {} everybody, or {"question": key, "from": 0, "to": 6} (surveys/branching.py).
    shown_to = models.JSONField(default=dict, blank=True)
    starts_page = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField()
    # The NPS question whose value is the score of the response; at most one.
    counting = models.BooleanField(default=False)
    # Out of the draft. Kept until the next version is published, so that removing can be undone.
    removed_at = models.DateTimeField(null=True, editable=False)

    objects = TenantManager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "survey", "key"], name="question_key_once"),
            models.UniqueConstraint(
                fields=["organization", "survey"],
                condition=models.Q(counting=True, removed_at=None),
                name="question_one_counting",
            ),
            models.CheckConstraint(
                condition=models.Q(counting=False) | models.Q(kind="nps"), name="question_only_nps_counts"
            ),
        ]

    def __str__(self) -> str:
        return self.key
