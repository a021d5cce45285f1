"""Who is in which segment since when, and how far the engine has followed the facts."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.fields import ChangeNumber
from accounts.tenancy.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet


class Reason(models.TextChoices):
    """What made somebody enter or leave a segment."""

    FACTS = "facts", _("their facts changed")
    TIME = "time", _("time passed")
    RULES = "rules", _("the rule was made or changed")
    AUDIT = "audit", _("a check put it right")


MOVES = (Reason.FACTS, Reason.TIME)
"""What a customer did or what befell them; what a new rule found is nobody's move."""


class SegmentStayQuerySet(TenantQuerySet):
    def open(self) -> "SegmentStayQuerySet":
        return self.filter(left_at=None)

    def came_since(self, at: datetime) -> "SegmentStayQuerySet":
        """Who entered since, by facts or by time."""
        return self.filter(entered_at__gte=at, entered_why__in=MOVES)

    def went_since(self, at: datetime) -> "SegmentStayQuerySet":
        """Who left since, by facts or by time."""
        return self.filter(left_at__gte=at, left_why__in=MOVES)


class SegmentStay(TenantModel):
    """One stay of one customer in one segment: from when, and until when; the open ones are its members."""

    segment = TenantForeignKey(
        "segments.Segment", on_delete=models.CASCADE, related_name="stays", indexed=False
    )
    customer = TenantForeignKey(
        "segments.Customer", on_delete=models.CASCADE, related_name="stays", indexed=False
    )
    entered_at = models.DateTimeField()
    entered_why = models.CharField(max_length=8, choices=Reason.choices)
    left_at = models.DateTimeField(null=True)
    left_why = models.CharField(max_length=8, choices=Reason.choices, blank=True)
    changed = ChangeNumber()

    objects = TenantManager.from_queryset(SegmentStayQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = _("stay in a segment")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "customer", "segment"],
                condition=models.Q(left_at=None),
                name="one_stay_at_a_time",
            )
        ]
        indexes = [
            models.Index(fields=["organization", "customer"], name="stay_of_customer"),
            models.Index(fields=["organization", "segment", "-entered_at"], name="stay_entered"),
            models.Index(
                fields=["organization", "segment", "-left_at"],
                condition=models.Q(left_at__isnull=False),
                name="stay_left",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.segment_id} since {self.entered_at:%Y-%m-%d}"


class SegmentFollowing(TenantModel):
    """How far one segment is followed.

    `signature` is that of the rule with everything in it; another one means that everybody is asked again, which
    `filling` says (and why). Until `through` the passing of time is worked in; at `next_at` it makes the next one
    enter or leave, as far as is known now. `held` says why the segment is not followed.
    """

    segment = TenantForeignKey("segments.Segment", on_delete=models.CASCADE, related_name="+", indexed=False)
    signature = models.CharField(max_length=64, blank=True)
    filling = models.CharField(max_length=8, choices=Reason.choices, blank=True)
    through = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    held = models.CharField(max_length=300, blank=True)

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = _("following of a segment")
        constraints = [
            models.UniqueConstraint(fields=["organization", "segment"], name="segment_followed_once")
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} through {self.through:%Y-%m-%d %H:%M}"


class FollowingTurn(TenantModel):
    """The engine's place in following an organization's facts: one row, whose lock lets one at a time do it.

    `positions` is {log: [change number, id]}: what lies behind is worked in, as of the turn at `seen_at`;
    `surroundings` is the signature of what all rules depend on (zone, currency, units, attributes). While segments
    are being filled, everybody up to `after` was asked, since `filled_from`. `suspects` are [customer, segment] whom
    the nightly check found where they should not be, looked at again once all before `suspected_below` is worked in.
    """

    positions = models.JSONField(default=dict)
    surroundings = models.CharField(max_length=64, blank=True)
    seen_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    filled_from = models.DateTimeField(null=True)
    after = models.BigIntegerField(default=0)
    audited_at = models.DateTimeField(null=True)
    audited = models.IntegerField(default=0)
    drifted = models.IntegerField(default=0)
    suspects = models.JSONField(default=list)
    suspected_below = models.BigIntegerField(default=0)

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = _("following of facts")
        constraints = [models.UniqueConstraint(fields=["organization"], name="one_turn_of_following")]

    def __str__(self) -> str:
        return f"next at {self.next_at}"


class FactChange(TenantModel):
    """A fact that was written for a customer (None: for whom is not known), by a trigger of the table it is in.

    A queue: the turn that reads a line works it in and deletes it. Tables that carry change numbers need none.
    """

    kind = models.CharField(max_length=16)
    whose = models.BigIntegerField(null=True)

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = _("change of a fact")

    def __str__(self) -> str:
        return f"{self.kind} of {self.whose}"
