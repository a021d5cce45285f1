"""What a customer asked for on the page of their data, and what became of it."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.acting import Actor
from accounts.tenancy.models import TenantManager, TenantModel, TenantQuerySet
from segments.models.customer import Customer

# Until when a business has to answer somebody who asks for their data.
ANSWER_WITHIN = timedelta(days=30)


class DataRequestQuerySet(TenantQuerySet):
    def open(self) -> "DataRequestQuerySet":
        """Those that wait for a member of the business."""
        return self.filter(state=DataRequest.State.OPEN)

    def visible_to(self, actor: Actor) -> "DataRequestQuerySet":
        """Those of customers in the actor's branch; of the erased, who have no branch any more, to all without one."""
        if actor.branch_ids is None:
            return self
        return self.filter(customer_id__in=Customer.objects.all().visible_to(actor).values("pk"))


class DataRequest(TenantModel):
    """One wish of one customer. It outlives their erasure, without what they wrote: that it was done, and when.

    `asked` holds field -> what they want there, or "words". The customer is a plain number for the same reason.
    """

    class Kind(models.TextChoices):
        EXPORT = "export", _("a copy of their data")
        CORRECT = "correct", _("a correction")
        ADDRESS = "address", _("another address")
        ERASE = "erase", _("to be erased")

    class State(models.TextChoices):
        OPEN = "open", _("waits for you")
        UNCONFIRMED = "unconfirmed", _("waits for their confirmation")
        SCHEDULED = "scheduled", _("will be done")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("taken back")

    customer_id = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    asked = models.JSONField(default=dict, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    # An open one: answer by then. A scheduled one: done then.
    due_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    # What the member wrote to the customer.
    reply = models.CharField(max_length=500, blank=True)

    objects = TenantManager.from_queryset(DataRequestQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = _("request about data")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "customer_id"],
                condition=models.Q(kind="erase", state="scheduled"),
                name="erasure_scheduled_once",
            )
        ]
        indexes = [
            models.Index(fields=["organization", "customer_id", "-asked_at"], name="data_request_of"),
            models.Index(
                fields=["organization", "due_at"],
                condition=models.Q(state="scheduled"),
                name="data_request_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.customer_id}"

    def is_late(self, at: datetime) -> bool:
        return self.state == self.State.OPEN and self.due_at <= at
