"""A named rule over customers, or a list of them that was fixed once."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.editable import Editable
from accounts.tenancy.fields import ChangeNumber
from accounts.tenancy.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet


class SegmentQuerySet(TenantQuerySet):
    def present(self) -> "SegmentQuerySet":
        return self.filter(deleted_at=None)

    def named_like(self, text: str) -> "SegmentQuerySet":
        return self.filter(models.Q(name__icontains=text) | models.Q(description__icontains=text))


class Segment(Editable, TenantModel):
    """Its members change as facts change; a static one keeps those it was given (SegmentMember).

    `counted` and `counted_at` are the last count seen on a page: a figure to read, never to act on.
    """

    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(_("description"), max_length=500, blank=True)
    rule = models.JSONField(_("rule"), default=dict, blank=True)
    static = models.BooleanField(_("fixed list"), default=False)
    ready_key = models.SlugField(max_length=60, blank=True, db_index=False)
    counted = models.IntegerField(null=True, blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)
    created_by = models.CharField(max_length=200, blank=True)
    changed = ChangeNumber()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager.from_queryset(SegmentQuerySet)()

    class Meta:
        verbose_name = _("segment")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"],
                condition=models.Q(deleted_at=None),
                name="segment_name_once",
                violation_error_message=_("A segment with this name exists already."),
            ),
            models.UniqueConstraint(
                fields=["organization", "ready_key"],
                condition=~models.Q(ready_key="") & models.Q(deleted_at=None),
                name="segment_ready_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SegmentMember(TenantModel):
    """One customer on a fixed list."""

    segment = TenantForeignKey(
        "segments.Segment", on_delete=models.CASCADE, related_name="listed", indexed=False
    )
    customer = TenantForeignKey("segments.Customer", on_delete=models.CASCADE, related_name="lists")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "segment", "customer"], name="segment_member_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.segment_id}"
