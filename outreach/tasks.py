"""Doorbells for Celery: ids in, one call. The system is right without any of them, and merely slower."""

from __future__ import annotations

from celery import shared_task

from accounts import tidying
from accounts.tenancy import months
from accounts.tenancy.tasks import tenant_task
from outreach import pumping


# Network stands between its transactions, so it opens the context itself, once per transaction.
@tenant_task(name="outreach.pump", opens_context=False, time_limit=300, soft_time_limit=240)
def pump(organization: int) -> None:
    """One turn for one organization; what is left rings again, behind the others."""
    pumping.pump(organization, by="celery")


@shared_task(name="outreach.sweep", time_limit=60)
def sweep() -> None:
    """What `manage.py engine` does every second, for those who prefer a beat."""
    pumping.tick("beat")
    pumping.sweep(by="celery")


@shared_task(name="outreach.make_months", time_limit=120)
def make_months() -> None:
    """Months of the logs, made ahead."""
    months.make_ahead()


@shared_task(name="outreach.tidy", time_limit=600)
def tidy() -> None:
    """What was kept for a time only."""
    tidying.tidy(seconds=300)
