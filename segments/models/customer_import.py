"""A file of customers on its way in, chunk by chunk."""

from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet

if TYPE_CHECKING:
    from accounts.acting import Actor


class ImportState(models.TextChoices):
    MAPPING = "mapping", _("columns to choose")
    READY = "ready", _("checked, not started")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    CANCELLED = "cancelled", _("cancelled")
    FAILED = "failed", _("failed")


class ExistingPolicy(models.TextChoices):
    UPDATE = "update", _("update those we know")
    SKIP = "skip", _("leave those we know as they are")


class CustomerImportQuerySet(TenantQuerySet):
    def running(self) -> "CustomerImportQuerySet":
        return self.filter(state=ImportState.RUNNING)

    def visible_to(self, actor: "Actor") -> "CustomerImportQuerySet":
        """A file may hold customers of every branch: a member of one sees the files they brought themselves."""
        if actor.branch_ids is None:
            return self
        if actor.user_id is None:
            return self.none()
        return self.filter(file__created_by_id=actor.user_id)


class CustomerImport(TenantModel):
    """One upload: what the file is, which column is what, and how far it has come.

    `offset` is the byte where the next chunk begins, `rows_seen` the number of rows before it. Both move in
    the transaction that writes the chunk, so that a process killed anywhere begins again at a whole chunk.
    """

    file = TenantForeignKey(
        "accounts.StoredFile", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    file_name = models.CharField(max_length=200)
    file_bytes = models.BigIntegerField(default=0)
    encoding = models.CharField(max_length=20, default="utf-8")
    delimiter = models.CharField(max_length=1, default=",")
    header = models.JSONField(default=list)
    mapping = models.JSONField(default=dict, blank=True)
    existing = models.CharField(max_length=8, choices=ExistingPolicy.choices, default=ExistingPolicy.UPDATE)
    mode = models.CharField(max_length=10, default="live")
    consent_ground = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.MAPPING)
    failure = models.CharField(max_length=500, blank=True)
    rows_total = models.IntegerField(default=0)
    rows_seen = models.IntegerField(default=0)
    offset = models.BigIntegerField(default=0)
    created = models.IntegerField(default=0)
    updated = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    warned = models.IntegerField(default=0)
    preview = models.JSONField(default=dict, blank=True)
    started_by = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    touched_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = TenantManager.from_queryset(CustomerImportQuerySet)()

    class Meta:
        verbose_name = _("import")
        indexes = [
            models.Index(fields=["organization", "-created_at"], name="import_by_date"),
            models.Index(
                fields=["organization", "id"], name="import_running", condition=models.Q(state="running")
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def rows_left(self) -> int:
        return max(0, self.rows_total - self.rows_seen)


class ImportRowError(TenantModel):
    """One row that did not come in (or, as a warning, one value that did not), with the row as it stood."""

    customer_import = TenantForeignKey(
        "segments.CustomerImport", on_delete=models.CASCADE, related_name="row_errors", indexed=False
    )
    row_number = models.IntegerField()
    column = models.CharField(max_length=200, blank=True)
    message = models.CharField(max_length=500)
    warning = models.BooleanField(default=False)
    cells = models.JSONField(default=list)

    class Meta:
        indexes = [
            models.Index(fields=["organization", "customer_import", "row_number"], name="import_error_of")
        ]

    def __str__(self) -> str:
        return f"row {self.row_number}: {self.message}"
