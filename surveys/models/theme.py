"""Themes: what comments speak of, by dictionaries that people edit, and which comment speaks of which."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Editable
from accounts.tenancy.models import (
    OrganizationKey,
    TenantForeignKey,
    TenantManager,
    TenantModel,
    TenantQuerySet,
)


class Sentiment(models.IntegerChoices):
    """How a comment speaks of a theme, or sounds as a whole."""

    NEGATIVE = -1, _("Complaint")
    NEUTRAL = 0, _("Neither")
    POSITIVE = 1, _("Praise")


class ThemeQuerySet(TenantQuerySet):
    def present(self) -> ThemeQuerySet:
        """Those not put away."""
        return self.filter(deleted_at=None)


class Theme(Editable, TenantModel):
    """Something that comments talk about: a name, and its words by language (surveys/theming/tagging.py)."""

    class Board(models.TextChoices):
        PAIN = "pain", _("Pain point")
        STRENGTH = "strength", _("Strength")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        WORKING = "working", _("Being worked on")
        DONE = "done", _("Done")

    organization = OrganizationKey()
    name = models.CharField(max_length=60)
    # The starter theme that it began as; empty for one of the organization's own.
    seed = models.CharField(max_length=20, blank=True)
    # {"en": ["waiting time", "-queue"], "": [...]}; "" is every language.
    words = models.JSONField(default=dict)
    # On which side of the board, whose it is there, and how far.
    board = models.CharField(max_length=8, choices=Board, blank=True, default="", db_default="")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN, db_default=State.OPEN)
    owner = TenantForeignKey(
        "accounts.Membership",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        indexed=False,
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager.from_queryset(ThemeQuerySet)()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"],
                condition=models.Q(deleted_at=None),
                name="theme_name_once",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("theme_detail", args=[self.organization.slug, self.pk])


class MentionQuerySet(TenantQuerySet):
    def present(self) -> MentionQuerySet:
        """Of themes that are not put away."""
        return self.filter(theme__deleted_at=None)


class Mention(TenantModel):
    """A comment speaks of a theme. Computed; what a person said about it stands in `Correction`."""

    organization = OrganizationKey()
    response = TenantForeignKey(
        "surveys.Response", on_delete=models.CASCADE, related_name="mentions", indexed=False
    )
    theme = TenantForeignKey(
        "surveys.Theme", on_delete=models.CASCADE, related_name="mentions", indexed=False
    )
    sentiment = models.SmallIntegerField(choices=Sentiment)

    objects = TenantManager.from_queryset(MentionQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "response", "theme"], name="mention_once")
        ]
        indexes = [models.Index(fields=["organization", "theme", "response"], name="mention_of_theme")]

    def __str__(self) -> str:
        return f"{self.theme_id} in {self.response_id}: {self.sentiment}"


class Tone(TenantModel):
    """How a comment sounds as a whole, and in which language it seems to be. A row per comment that was read."""

    organization = OrganizationKey()
    response = TenantForeignKey(
        "surveys.Response", on_delete=models.CASCADE, related_name="tones", indexed=False
    )
    sentiment = models.SmallIntegerField(choices=Sentiment)
    language = models.CharField(max_length=12)
    # The change number of the answer when it was read.
    heard = models.BigIntegerField()

    objects = TenantManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "response"], name="tone_once")]

    def __str__(self) -> str:
        return f"{self.response_id}: {self.sentiment}"


class Correction(TenantModel):
    """A person's word on one comment and one theme: it speaks of it, in this tone, or it does not. It outlasts every
    re-tagging."""

    organization = OrganizationKey()
    response = TenantForeignKey(
        "surveys.Response", on_delete=models.CASCADE, related_name="corrections", indexed=False
    )
    theme = TenantForeignKey(
        "surveys.Theme", on_delete=models.CASCADE, related_name="corrections", indexed=False
    )
    # None: the comment does not speak of it.
    sentiment = models.SmallIntegerField(choices=Sentiment, null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )

    objects = TenantManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "response", "theme"], name="correction_once")
        ]
        indexes = [models.Index(fields=["organization", "theme"], name="correction_of_theme")]

    def __str__(self) -> str:
        return f"{self.theme_id} in {self.response_id}: {self.sentiment}"


class Dismissal(TenantModel):
    """An entry that was suggested and is no theme."""

    organization = OrganizationKey()
    entry = models.CharField(max_length=60)

    objects = TenantManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "entry"], name="dismissal_once")]

    def __str__(self) -> str:
        return self.entry


class ThemeRun(TenantModel):
    """The last going through all comments: one row per organization, begun anew when a theme changes.

    Every comment up to `after` was read with the dictionaries of now. `changed_below` is the change number up to
    which single answers were followed.
    """

    organization = OrganizationKey()
    asked_at = models.DateTimeField()
    after = models.BigIntegerField(default=0)
    total = models.IntegerField(default=0)
    seen = models.IntegerField(default=0)
    moved = models.IntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    changed_below = models.BigIntegerField(default=0)

    objects = TenantManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization"], name="one_run_of_themes")]

    def __str__(self) -> str:
        return f"{self.seen} of {self.total}"
