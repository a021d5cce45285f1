"""A CRM or help desk that the business uses: how to reach it, what its fields mean, and how far it was read."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import sealing
from accounts.acting import Actor
from accounts.models.editable import Editable
from accounts.tenancy.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet

SEAL = "connection"


class ConnectionQuerySet(TenantQuerySet):
    def present(self) -> "ConnectionQuerySet":
        return self.filter(deleted_at=None)

    def visible_to(self, actor: Actor) -> "ConnectionQuerySet":
        """A CRM tells of anybody: whoever is kept to a branch sees none."""
        return self if actor.branch_ids is None else self.none()

    def working(self) -> "ConnectionQuerySet":
        """Neither paused, nor refused by the other side."""
        return self.present().filter(paused_at=None, ended_at=None)

    def pushing(self) -> "ConnectionQuerySet":
        return self.present().filter(pushes=True)


class Connection(Editable, TenantModel):
    """One account at one vendor.

    `fields_in` is ours -> theirs for what is read, `fields_out` ours -> theirs for what is written: each field has
    one owner (docs/decisions/0050). `place` is where reading goes on, in the vendor's own terms. What is asked of
    the engine are instants: `try_at`, `pull_at`; `wait_until` is when the other side may be asked again.
    """

    class Vendor(models.TextChoices):
        HUBSPOT = "hubspot", "HubSpot"
        ZENDESK = "zendesk", "Zendesk"
        SALESFORCE = "salesforce", "Salesforce"

    vendor = models.CharField(max_length=12, choices=Vendor.choices)
    account = models.CharField(_("account"), max_length=120, blank=True)
    # JSON of what was entered and of the tokens it became, sealed (accounts.sealing).
    secret = models.TextField(editable=False)
    access_until = models.DateTimeField(null=True, editable=False)

    pulls = models.BooleanField(_("bring in what changes there"), default=True)
    pushes = models.BooleanField(_("write scores, categories and segments there"), default=False)
    errands = models.BooleanField(_("make a task or ticket there for each case"), default=False)
    makes_people = models.BooleanField(_("add people there whom it does not know"), default=False)
    fields_in = models.JSONField(default=dict, blank=True)
    fields_out = models.JSONField(default=dict, blank=True)
    segments = models.JSONField(default=list, blank=True)
    # What the account says of itself: its fields, [{"name", "label", "kind", "writable"}].
    their_fields = models.JSONField(default=list, blank=True)

    place = models.JSONField(default=dict, blank=True)
    try_at = models.DateTimeField(null=True, default=timezone.now)
    tried_at = models.DateTimeField(null=True)
    making = models.BooleanField(default=False)
    pull_at = models.DateTimeField(null=True)
    pulled_at = models.DateTimeField(null=True)
    pushed_at = models.DateTimeField(null=True)
    # While everybody is queued to be written: the customer up to whom that is done.
    filled_upto = models.BigIntegerField(null=True)
    stays_upto = models.BigIntegerField(default=0)
    wait_until = models.DateTimeField(null=True)
    busy_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    fault = models.CharField(max_length=300, blank=True)
    paused_at = models.DateTimeField(null=True)
    # When the other side ended our access; only another secret begins again.
    ended_at = models.DateTimeField(null=True)

    seen = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    tickets = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantManager.from_queryset(ConnectionQuerySet)()

    class Meta:
        verbose_name = _("connection")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "vendor"],
                condition=Q(deleted_at=None),
                name="connection_once_per_vendor",
                violation_error_message=_("There is a connection to it already."),
            )
        ]

    def __str__(self) -> str:
        return str(self.get_vendor_display())

    @property
    def opened(self) -> str:
        """The secret as JSON. Raises accounts.sealing.NotOpened."""
        return sealing.unseal(SEAL, self.secret)

    @property
    def state(self) -> str:
        """ "ended", "paused", "trying", "waiting" or "working"."""
        if self.ended_at is not None:
            return "ended"
        if self.paused_at is not None:
            return "paused"
        if self.fault:
            return "waiting"
        return "working" if self.tried_at is not None and self.try_at is None else "trying"


class OutgoingQuerySet(TenantQuerySet):
    def due(self, at: datetime) -> "OutgoingQuerySet":
        return self.filter(held_at=None, due_at__lte=at)

    def held(self) -> "OutgoingQuerySet":
        return self.exclude(held_at=None)


class Outgoing(TenantModel):
    """Something to be written at the other side; what it says is looked up when it goes, so many changes are one.

    `version` rises each time it is queued again: what was queued while it was under way goes once more.
    """

    connection = TenantForeignKey(
        Connection, on_delete=models.CASCADE, related_name="outgoing", indexed=False
    )
    kind = models.CharField(max_length=12)
    subject = models.BigIntegerField()
    version = models.PositiveIntegerField(default=1)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    held_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=300, blank=True)
    # Its outcome is not known: look before it is written again.
    unsure = models.BooleanField(default=False)

    objects = TenantManager.from_queryset(OutgoingQuerySet)()

    class Meta:
        verbose_name = _("outgoing change")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "connection", "kind", "subject"], name="outgoing_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["organization", "connection", "due_at"],
                condition=Q(held_at=None),
                name="outgoing_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Errand(TenantModel):
    """A task or ticket at the other side that stands for something of ours, and the state both sides last agreed on."""

    connection = TenantForeignKey(Connection, on_delete=models.CASCADE, related_name="made", indexed=False)
    kind = models.CharField(max_length=12)
    subject = models.BigIntegerField()
    theirs = models.CharField(max_length=64)
    done = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta:
        verbose_name = _("task or ticket")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "connection", "kind", "subject"], name="errand_once"
            ),
            models.UniqueConstraint(
                fields=["organization", "connection", "theirs"], name="errand_theirs_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} is {self.theirs}"


class HeardTicket(TenantModel):
    """A ticket of the help desk as it was last heard: what tells whether it was solved since."""

    connection = TenantForeignKey(Connection, on_delete=models.CASCADE, related_name="heard", indexed=False)
    theirs = models.CharField(max_length=64)
    customer_id = models.BigIntegerField(null=True)
    solved = models.BooleanField(default=False)
    at = models.DateTimeField()

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta:
        verbose_name = _("ticket")
        constraints = [
            models.UniqueConstraint(fields=["organization", "connection", "theirs"], name="heard_ticket_once")
        ]
        indexes = [
            models.Index(
                fields=["organization", "customer_id"],
                name="heard_of_customer",
                condition=Q(customer_id__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.theirs


class NotTakenIn(TenantModel):
    """A record of the other side that could not be brought in, and why; gone once it was."""

    connection = TenantForeignKey(Connection, on_delete=models.CASCADE, related_name="refused", indexed=False)
    theirs = models.CharField(max_length=64)
    field = models.CharField(max_length=120, blank=True)
    message = models.CharField(max_length=300)
    at = models.DateTimeField(default=timezone.now)
    again = models.BooleanField(default=False)

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta:
        verbose_name = _("record that was not taken in")
        constraints = [
            models.UniqueConstraint(fields=["organization", "connection", "theirs"], name="not_taken_in_once")
        ]

    def __str__(self) -> str:
        return f"{self.theirs}: {self.message}"
