"""A case: one unhappy customer being cared for, with an owner and a clock."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.editable import Editable
from accounts.models.unit import BranchQuerySet
from accounts.tenancy.fields import ChangeNumber
from accounts.tenancy.models import OrganizationKey, TenantForeignKey, TenantManager, TenantModel


class CaseQuerySet(BranchQuerySet):
    def open(self) -> CaseQuerySet:
        return self.exclude(state=Case.State.CLOSED)

    def closed(self) -> CaseQuerySet:
        return self.filter(state=Case.State.CLOSED)

    def late(self, at: datetime) -> CaseQuerySet:
        """Nobody has been in contact, the clock runs, and it ran out."""
        return self.ticking().filter(due_at__lt=at)

    def ticking(self) -> CaseQuerySet:
        return self.open().filter(first_contact_at=None, waiting_since=None)

    def mine_and_free(self, membership: models.Model) -> CaseQuerySet:
        return self.filter(Q(owner=membership) | Q(owner=None))

    def by_the_clock(self) -> CaseQuerySet:
        """Running clocks first, the latest deadline missed on top; then those in contact; then the waiting."""
        return self.order_by(
            models.Case(
                models.When(state=Case.State.CLOSED, then=3),
                models.When(waiting_since__isnull=False, then=2),
                models.When(first_contact_at__isnull=False, then=1),
                default=0,
            ),
            models.F("due_at").asc(nulls_last=True),
            "id",
        )


class Case(Editable, TenantModel):
    """`new -> in contact -> waiting -> closed`, and back when reopened. The first human contact stops the clock."""

    class State(models.TextChoices):
        NEW = "new", _("New")
        IN_CONTACT = "in_contact", _("In contact")
        WAITING = "waiting", _("Waiting for customer")
        CLOSED = "closed", _("Closed")

    class Outcome(models.TextChoices):
        SOLVED = "solved", _("Solved")
        NOT_SOLVED = "not_solved", _("Not solved")
        NO_ANSWER = "no_answer", _("The customer did not answer")
        NOT_OURS = "not_ours", _("Nothing we can change")

    class Opened(models.TextChoices):
        RULE = "rule", _("by the rule for detractors")
        MEMBER = "member", _("by a member")
        KEY = "key", _("through the API")

    organization = OrganizationKey()
    number = models.PositiveIntegerField()
    customer = TenantForeignKey(
        "segments.Customer", on_delete=models.SET_NULL, null=True, related_name="cases"
    )
    response = TenantForeignKey(
        "surveys.Response", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    unit = TenantForeignKey(
        "accounts.Unit", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    owner = TenantForeignKey(
        "accounts.Membership",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="cases",
        indexed=False,
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.NEW)
    mode = models.CharField(max_length=8, default="live")
    opened_how = models.CharField(max_length=8, choices=Opened.choices, default=Opened.RULE)
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    opened_at = models.DateTimeField()
    # The clock: `due_at` moves on by every pause; it stands still while `waiting_since` is set.
    due_at = models.DateTimeField()
    first_contact_at = models.DateTimeField(null=True, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    late_told_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = TenantForeignKey(
        "accounts.Membership", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    cause = models.CharField(_("root cause"), max_length=120, blank=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices, blank=True)
    changed = ChangeNumber()

    objects = TenantManager.from_queryset(CaseQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "number"], name="case_number_once"),
            models.UniqueConstraint(
                fields=["organization", "response"],
                condition=Q(response__isnull=False),
                name="case_once_per_response",
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | Q(closed_at__isnull=False), name="case_closed_has_instant"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "state", "due_at"], name="case_queue"),
            models.Index(fields=["organization", "owner", "state"], name="case_of_owner"),
            models.Index(fields=["organization", "opened_at"], name="case_opened"),
        ]

    def __str__(self) -> str:
        return f"Case {self.number}"

    @property
    def is_open(self) -> bool:
        return self.state != self.State.CLOSED

    def is_late(self, at: datetime) -> bool:
        return (
            self.is_open and self.first_contact_at is None and self.waiting_since is None and self.due_at < at
        )


class CaseDraft(TenantModel):
    """What a member was writing when somebody else was faster: kept, never sent by itself."""

    organization = OrganizationKey()
    case = TenantForeignKey(Case, on_delete=models.CASCADE, related_name="drafts", indexed=False)
    membership = TenantForeignKey("accounts.Membership", on_delete=models.CASCADE, related_name="+")
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "case", "membership"], name="case_draft_once")
        ]

    def __str__(self) -> str:
        return f"draft on case {self.case_id}"
