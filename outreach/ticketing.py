"""A case stands as a task in the CRM and as a ticket in the help desk, as long as a connection makes them.

One side's word that it is over, or that it is not, is the other's too: whichever was heard first holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.acting import system_actor
from accounts.models import Mode, Organization
from accounts.tenancy.context import current_organization_id
from outreach import caring
from outreach.models import Case
from segments.connectors.base import Task
from segments.models import Connection
from segments.pushing import Assignment

KIND = "case"
LONGEST = 2_000


class Cases:
    """How cases look elsewhere (config/sockets.py, ERRANDS)."""

    kind = KIND

    def tasks(self, ids: Sequence[int]) -> dict[int, Assignment]:
        organization = Organization.objects.get(pk=current_organization_id())
        if organization.kind == Organization.Kind.DEMO:
            return {}
        cases = Case.objects.filter(pk__in=ids, mode=Mode.LIVE, deleted_at=None).exclude(customer=None)
        return {
            case.pk: self._assignment(organization, case)
            for case in cases.select_related("customer", "response")
        }

    def _assignment(self, organization: Organization, case: Case) -> Assignment:
        customer = case.customer
        assert customer is not None
        words = {"number": case.number, "who": customer.shown_name, "score": case.score}
        title = (
            _("Case %(number)s: %(who)s needs care") % words
            if case.score is None
            else _("Case %(number)s: %(who)s gave %(score)s of 10") % words
        )
        comment = case.response.comment[:LONGEST] if case.response is not None else ""
        page = settings.BASE_URL.rstrip("/") + reverse("case_detail", args=[organization.slug, case.number])
        task = Task(
            name=f"{organization.slug}-case-{case.number}",
            title=title[:200],
            text="\n\n".join(part for part in (f"“{comment}”" if comment else "", page) if part),
            due_at=case.due_at,
            opened_at=case.opened_at,
            done=not case.is_open,
            email=customer.email,
            who=customer.name,
        )
        return Assignment(task, customer.pk)

    def hear(self, subject: int, *, done: bool, at: datetime, vendor: Connection) -> None:
        """It was solved or opened again there: so it is here."""
        case = Case.objects.filter(pk=subject, deleted_at=None).first()
        if case is None or case.is_open is not done:
            return
        by = system_actor(Organization.objects.get(pk=current_organization_id()))
        if done:
            cause = _("Solved in %(vendor)s") % {"vendor": vendor}
            caring.close(case, cause=cause, outcome=Case.Outcome.SOLVED, by=by, at=at)
        else:
            caring.reopen(case, by=by, text=_("Opened again in %(vendor)s") % {"vendor": vendor}, at=at)


CASES = Cases()
