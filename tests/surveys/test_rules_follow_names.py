"""A rule that names a theme or a survey follows it to its new name, and keeps a theme from going unseen."""

import pytest

from accounts.models import Organization
from accounts.tenancy.context import acting_for
from segments import arranging_stages, segmenting, stages
from segments.catalog import vocabulary
from segments.models import Segment
from segments.rules import read_rule
from surveys import naming_themes, writing
from surveys.models import Survey
from surveys.naming_themes import BadTheme
from tests.factories.segments import SegmentFactory
from tests.factories.surveys import published, system

pytestmark = pytest.mark.django_db


def speaking(*names):
    """People whose comments speak of one of these, deep in a rule, and of whom one other thing holds."""
    return {
        "all": [
            {"field": "score", "operator": "at_most", "value": 6},
            {
                "any": [
                    {"field": "themes", "operator": "includes_any", "value": list(names), "tone": "negative"}
                ]
            },
        ]
    }


def theme(name):
    return naming_themes.make(name, {"en": [f"-{name.lower()}"]}, by=system())


def named(segment):
    segment.refresh_from_db()
    read_rule(segment.rule, vocabulary())
    return segment.rule["all"][1]["any"][0]["value"]


def test_a_renamed_theme_keeps_its_people(acme: Organization) -> None:
    with acting_for(acme):
        waiting = theme("Waiting")
        segment = SegmentFactory(name="Waited", rule=speaking("Waiting", "Price"))
        other = SegmentFactory(rule={"all": [{"field": "name", "operator": "is", "value": "Waiting"}]})
        naming_themes.change(
            waiting, name="The queue", words=waiting.words, revision=waiting.revision, by=system()
        )
        assert named(segment) == ["The queue", "Price"] and segment.revision == 2
        other.refresh_from_db()
        assert other.rule["all"][0]["value"] == "Waiting", "a name of a person is none of a theme"


def test_a_merged_theme_leaves_its_rules_to_the_one_that_took_it_in(acme: Organization) -> None:
    with acting_for(acme):
        waiting, till = theme("Waiting"), theme("Till")
        segment = SegmentFactory(rule=speaking("Waiting", "Till"))
        naming_themes.merge(waiting, till, by=system())
        assert named(segment) == ["Waiting"]


def test_a_theme_in_use_says_where_and_stays(acme: Organization, alice, as_) -> None:
    with acting_for(acme):
        waiting = theme("Waiting")
        segment = SegmentFactory(name="Waited", rule=speaking("Waiting"))
        plan = stages.plan()
        wanted = [
            *plan.stages[:-1],
            stages.Stage(plan.stages[-1].key, "Waited long", speaking("Waiting")),
        ]
        arranging_stages.arrange(wanted, expected=plan.revision, by=system())
        with pytest.raises(BadTheme, match="segment “Waited”, stage “Waited long”"):
            naming_themes.put_away(waiting, by=system())
    answer = as_(alice).post(f"/o/acme/themes/{waiting.pk}/deletion/", follow=True)
    assert "It is used by segment “Waited”" in answer.content.decode()
    with acting_for(acme):
        plan = stages.plan()
        arranging_stages.arrange(
            arranging_stages.with_rule(plan, plan.stages[-1].key, name="Rest", rule=read_rule({"all": []}, {})),
            expected=plan.revision, by=system(),
        )  # fmt: skip
        segmenting.put_away(segment, by=system())
        naming_themes.put_away(waiting, by=system())


def test_the_stages_follow_too(acme: Organization) -> None:
    with acting_for(acme):
        waiting, plan = theme("Waiting"), stages.plan()
        wanted = [stages.Stage("waited", "Waited", speaking("Waiting")), *plan.stages]
        arranging_stages.arrange(wanted, expected=plan.revision, by=system())
        naming_themes.change(
            waiting, name="Queue", words=waiting.words, revision=waiting.revision, by=system()
        )
        found = stages.plan().stages[0]
        assert found.rule["all"][1]["any"][0]["value"] == ["Queue"]


def test_a_renamed_survey_is_followed_unless_another_bears_its_name(acme: Organization) -> None:
    rule = {"all": [{"field": "survey_answered", "name": "Delivery", "operator": "is_true"}]}
    with acting_for(acme):
        first, second = published("Delivery"), published("Delivery")
        segment = SegmentFactory(rule=rule)
        for survey, name, expected in (
            (first, "Parcel", "Delivery"),
            (second, "Second parcel", "Second parcel"),
        ):
            fresh = Survey.objects.get(pk=survey.pk)
            writing.save_survey(fresh, {"name": name}, by=system(), expected=fresh.revision)
            assert Segment.objects.get(pk=segment.pk).rule["all"][0]["name"] == expected
