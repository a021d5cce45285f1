"""The journey stages of an organization: which there are, how far they are computed, and who changed when."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.editable import Editable
from accounts.tenancy.models import TenantManager, TenantModel, TenantQuerySet


class Why(models.TextChoices):
    """What made a customer's stage another one."""

    FACTS = "facts", _("their facts changed")
    TIME = "time", _("time passed")
    RULES = "rules", _("the rules of the stages were changed")
    TOLD = "told", _("it was told, by hand or by your own systems")


class StagePlan(Editable, TenantModel):
    """The ordered stages of an organization that has changed them; without a row, those that are shipped.

    `stages` is [{"key": "new", "name": "New", "rule": {...}}, ...]; of the rules the first that holds wins.
    """

    stages = models.JSONField(default=list)

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = _("stages")
        constraints = [models.UniqueConstraint(fields=["organization"], name="one_plan_of_stages")]

    def __str__(self) -> str:
        return str(_("The stages"))


class StageRun(TenantModel):
    """The last going through all customers: one row per organization, begun anew each night and with new rules.

    Everybody up to `after` is judged as of `asked_at`. `changed_below` is the change number up to which single
    changes were followed; `next_at` the turn of the engine that was asked for.
    """

    why = models.CharField(max_length=8, choices=Why.choices)
    asked_at = models.DateTimeField()
    after = models.BigIntegerField(default=0)
    total = models.IntegerField(default=0)
    seen = models.IntegerField(default=0)
    moved = models.IntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    changed_below = models.BigIntegerField(default=0)
    followed_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = _("computing of stages")
        constraints = [models.UniqueConstraint(fields=["organization"], name="one_run_of_stages")]

    def __str__(self) -> str:
        return f"{self.why}, {self.seen} of {self.total}"


class StageChange(TenantModel):
    """One change of one customer's stage: from which ("" for none), to which, when and why."""

    customer_id = models.BigIntegerField()
    old = models.CharField(max_length=40, blank=True)
    new = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()
    why = models.CharField(max_length=8, choices=Why.choices)

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = _("change of stage")
        indexes = [models.Index(fields=["organization", "customer_id", "at"], name="stage_change_of")]

    def __str__(self) -> str:
        return f"{self.old} -> {self.new}"
