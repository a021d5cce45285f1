"""Who may do what, and which branch they see."""

import pytest

from accounts.acting import NotAllowed, member_actor, system_actor
from accounts.models import Unit
from accounts.tenancy.context import acting_for


def test_a_manager_publishes_and_an_agent_does_not(mona, agnes):
    member_actor(mona).require("survey.publish")
    with pytest.raises(NotAllowed, match="publish surveys"):
        member_actor(agnes).require("survey.publish")


def test_an_agent_of_the_north_sees_the_north_only(acme, acme_units, agnes, alice):
    with acting_for(acme):
        assert set(Unit.objects.all().visible_to(member_actor(agnes))) == {acme_units.north, acme_units.leeds}
        assert Unit.objects.all().visible_to(member_actor(alice)).count() == 5


def test_an_action_that_nobody_declared_is_a_mistake(acme):
    with pytest.raises(KeyError):
        system_actor(acme).may("moon.walk")
