"""Region, store or team of the business, as a tree; a member with a unit sees their branch only."""

from typing import TYPE_CHECKING, Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.editable import Editable
from accounts.tenancy.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet

if TYPE_CHECKING:
    from accounts.acting import Actor

DEEPEST = 8


class BranchQuerySet(TenantQuerySet):
    """For models with a unit: every list, look-up and export goes through visible_to."""

    unit_field = "unit"

    def visible_to(self, actor: "Actor") -> Self:
        """The rows of the actor's branch; all of them for an actor without a unit.

        Rows that carry no unit belong to the whole business and are hidden from a branch.
        """
        branch = actor.branch_ids
        if branch is None:
            return self
        return self.filter(**{f"{self.unit_field}_id__in": branch})


class UnitQuerySet(TenantQuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        branch = actor.branch_ids
        return self if branch is None else self.filter(id__in=branch)

    def alive(self) -> Self:
        return self.filter(deleted_at=None)

    def in_order(self) -> Self:
        """Parents before their children, siblings by name."""
        return self.order_by("sort_key", "id")

    def branch_ids(self, unit_id: int) -> tuple[int, ...]:
        """The unit and everything beneath it."""
        marker = f"/{unit_id}/"
        return tuple(pk for pk, path in self.values_list("id", "path") if marker in path)


class Unit(Editable, TenantModel):
    parent = TenantForeignKey(
        "accounts.Unit", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    name = models.CharField(_("name"), max_length=120)
    # Ids from the root to this unit: "/1/7/12/".
    path = models.CharField(max_length=200, editable=False, default="")
    # Names from the root, so that one ORDER BY lists the tree in reading order.
    sort_key = models.TextField(editable=False, default="")

    objects = TenantManager.from_queryset(UnitQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "parent", "name"],
                condition=models.Q(deleted_at=None),
                nulls_distinct=False,
                name="unit_name_once_per_parent",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def depth(self) -> int:
        """0 at the root."""
        return self.path.count("/") - 2

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._place()
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = [*kwargs["update_fields"], "path", "sort_key"]
        super().save(*args, **kwargs)
        if not self.path.endswith(f"/{self.pk}/"):
            self._place()
            type(self).objects.filter(pk=self.pk).update(path=self.path)
        for child in type(self).objects.filter(parent_id=self.pk):
            child.save()

    def _place(self) -> None:
        """Compute path and sort key from the parent; refuses a circle and a tree that is too deep."""
        parent = type(self).objects.get(pk=self.parent_id) if self.parent_id else None
        above = parent.path if parent else "/"
        if self.pk and f"/{self.pk}/" in above:
            raise ValidationError(_("A unit cannot stand beneath itself."), code="circle")
        if above.count("/") - 1 >= DEEPEST:
            raise ValidationError(_("The tree may be at most 8 levels deep."), code="too_deep")
        self.path = f"{above}{self.pk}/" if self.pk else above
        # U+0001 sorts before every letter, so "North" and its children come before "North-East".
        self.sort_key = (parent.sort_key + "\x01" if parent else "") + self.name.casefold()
