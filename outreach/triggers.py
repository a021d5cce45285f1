"""What outreach does when it hears news.

Each listener runs in the organization's context and may run twice.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.models import Organization
from accounts.models.news import News
from accounts.modes import counting
from accounts.tenancy.context import current_organization_id
from outreach import alerting, alerting_improvements, asking, caring, following_up, sending, ticketing
from segments import pushing
from surveys.models import Response


def distribution_launched(news: News) -> None:
    """Invitations exist: give the first of them their messages."""
    asking.make_messages(news.subject_id)


def distribution_queued(news: News) -> None:
    """A batch of a large distribution has its messages: the next."""
    asking.make_messages(news.subject_id, after=news.facts["upto"])


def distribution_stopped(news: News) -> None:
    """Nobody new is asked: take back the messages that have not gone out."""
    asking.withdraw(news.subject_id)


def invitation_tried(news: News) -> None:
    """A member wants to see the survey mail in their own mailbox."""
    asking.try_out(news.subject_id, news.facts["user"])


def case_changed(news: News) -> None:
    """A case was opened, closed or opened again: so is its task or ticket, where there is one."""
    pushing.errand_changed(ticketing.KIND, news.subject_id)


def customer_erased(news: News) -> None:
    """Mails about their data that have not gone out hold the address and belong to no customer: take them back."""
    sending.withdraw("my data", news.subject_id, reason="erased")


def improvement_told(news: News) -> None:
    """Members are to know of an improvement: in the app, and by mail to those who want it."""
    alerting_improvements.alert(news.subject_id, at=news.at)


def response_completed(news: News) -> None:
    """An answer: follow up with its giver; for a detractor open a case and tell the team.

    Only counting answers wake anybody: imported, back-filled and test ones do not.
    """
    response = Response.objects.select_related("customer", "survey").filter(pk=news.subject_id).first()
    if response is None or response.score is None or not response.counts:
        return
    organization = Organization.objects.get(pk=current_organization_id())
    if response.mode not in counting(organization):
        return
    if response.score <= 6:
        case = None
        if response.customer is not None:
            case = caring.open_case(
                customer=response.customer, response=response, reason=_("a score of 0 to 6"), at=news.at
            )
        alerting.alert_of_detractor(response, case, at=news.at)
    if response.customer is None or response.customer.unprofiled_at is None:
        # Who is written to by the category of their answer is profiled by it; a person who answers them is not that.
        following_up.follow_up(response)
