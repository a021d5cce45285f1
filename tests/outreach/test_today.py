"""The page of today: from nothing to a live survey, and then what waits for this member."""

import pytest

from accounts.models import News
from accounts.tenancy.context import acting_for
from outreach import triggers
from tests.factories.segments import CustomerFactory
from tests.factories.surveys import InvitationFactory, respond


def test_an_empty_organization_sees_its_steps_and_one_button(acme, as_, alice):
    page = as_(alice).get(f"/o/{acme.slug}/")
    assert page.status_code == 200
    words = page.content.decode()
    assert "to your first answer" in words and words.count('aria-current="step"') == 1


@pytest.mark.parametrize("who", ["alice", "mona", "agnes", "vera"])
def test_every_role_has_a_page_of_today(acme, as_, request, who):
    assert as_(request.getfixturevalue(who)).get(f"/o/{acme.slug}/").status_code == 200


def test_an_agent_sees_who_waits_and_a_viewer_no_single_answer(acme, acme_units, as_, agnes, vera, bert):
    with acting_for(acme):
        ann = CustomerFactory(name="Ann Okafor", unit=acme_units.leeds)
        response = respond(InvitationFactory(customer=ann), 2, "Tired of your boxes.")
        for news in News.objects.filter(name="response.completed", subject_id=response.pk):
            triggers.response_completed(news)
    shown = as_(agnes).get(f"/o/{acme.slug}/").content.decode()
    assert "Ann Okafor" in shown and "Tired of your boxes." in shown and "1 open, 0 late" in shown
    for other in (vera, bert):
        assert "Tired of your boxes." not in as_(other).get(f"/o/{acme.slug}/").content.decode()
