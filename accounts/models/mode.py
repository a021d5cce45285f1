"""Where a row comes from, and so whether it counts."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Mode(models.TextChoices):
    """Only live rows count and wake anyone; inside a demo organization, demo rows do (accounts.modes)."""

    LIVE = "live", _("live")
    TEST = "test", _("test")
    IMPORTED = "imported", _("imported")
    DEMO = "demo", _("demo")
