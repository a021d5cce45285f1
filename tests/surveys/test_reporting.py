"""What the answers say: the last answer of each, by the organization's days, with what must stay hidden."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from surveys import nps, privacy, reporting
from surveys.filtering import Filter
from surveys.nps import Counts
from tests.factories.segments import AttributeFactory, CustomerFactory
from tests.factories.surveys import DistributionFactory, InvitationFactory, published, respond, system

pytestmark = pytest.mark.usefixtures("in_acme")
LONDON = ZoneInfo("Europe/London")
TODAY = dt.date(2026, 6, 15)
NOW = dt.datetime(2026, 6, 15, 12, 0, tzinfo=LONDON)


@pytest.fixture
def survey(in_acme):
    return published()


def chosen(organization, survey, **query) -> Filter:
    query = {key.rstrip("_"): value for key, value in query.items()}
    return Filter.read(query, organization, survey=survey, today=TODAY)


def at(day: str, time: str = "12:00") -> dt.datetime:
    return dt.datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=LONDON)


@pytest.mark.row("D1", "the 0-10 histogram")
def test_the_overall_score_is_the_arithmetic_of_its_counts(in_acme, survey):
    scores = [0, 3, 6, 7, 8, 8, 9, 9, 10, 10, 10, 10]
    for score in scores:
        respond(None, score, survey=survey, at=at("2026-06-01"))
    found = reporting.overall(chosen(in_acme, survey), system())
    counts = Counts(3, 3, 6)
    assert found.scored.counts == counts
    assert found.scored.score == nps.score(counts) * 100
    assert found.scored.low == nps.interval(counts).low * 100
    assert found.histogram == (1, 0, 0, 1, 0, 0, 1, 1, 2, 2, 4)
    assert found.scored.verdict == "weak"


def test_the_last_answer_of_each_customer_stands_for_them(in_acme, survey):
    ann = CustomerFactory()
    respond(None, 2, survey=survey, customer=ann, at=at("2026-03-01"))
    respond(None, 9, survey=survey, customer=ann, at=at("2026-06-01"))
    respond(None, 5, survey=survey, at=at("2026-06-01"))
    respond(None, 5, survey=survey, at=at("2026-06-01"))
    found = reporting.overall(chosen(in_acme, survey), system())
    assert found.scored.counts == Counts(2, 0, 1)
    assert found.answers == 4
    months = {
        each.start: each.scored.counts for each in reporting.trend(chosen(in_acme, survey), system(), now=NOW)
    }
    assert months[dt.date(2026, 3, 1)] == Counts(1, 0, 0)
    assert months[dt.date(2026, 6, 1)] == Counts(2, 0, 1)


@pytest.mark.row("D2", "trend by day/week/month/quarter with intervals")
@pytest.mark.parametrize(
    ("step", "start"),
    [
        ("day", dt.date(2026, 6, 1)),
        ("week", dt.date(2026, 6, 1)),
        ("month", dt.date(2026, 6, 1)),
        ("quarter", dt.date(2026, 4, 1)),
    ],
)
def test_periods_are_days_of_the_organization(in_acme, survey, step, start):
    # Half past midnight in London on 1 June is still 31 May in UTC.
    respond(None, 9, survey=survey, at=at("2026-06-01", "00:30"))
    found = reporting.trend(chosen(in_acme, survey, step=step, from_="2026-04-01"), system(), now=NOW)
    with_answers = [each for each in found if each.scored.n]
    assert [each.start for each in with_answers] == [start]
    assert with_answers[0].scored.low < 100
    assert not found[-1].finished
    assert all(each.finished for each in found[:-1])


@pytest.mark.row("D2", "same period last year")
def test_the_year_before_stands_beside_each_period(in_acme, survey):
    respond(None, 9, survey=survey, at=at("2026-06-02"))
    respond(None, 2, survey=survey, at=at("2025-06-20"))
    june = reporting.trend(chosen(in_acme, survey), system(), now=NOW)[-1]
    assert june.scored.score == 100
    assert june.year_before.score == -100


def test_a_period_in_which_nobody_answered_has_no_score(in_acme, survey):
    respond(None, 9, survey=survey, at=at("2026-06-02"))
    found = reporting.trend(chosen(in_acme, survey), system(), now=NOW)
    assert len(found) == 12
    assert found[0].scored.score is None
    assert found[0].scored.verdict == "none"


def test_excluded_test_and_imported_answers_do_not_count(in_acme, survey):
    from surveys.excluding import exclude

    respond(None, 9, survey=survey, at=at("2026-06-02"))
    exclude(respond(None, 0, survey=survey, at=at("2026-06-02")), reason="ours", by=system())
    respond(None, 0, survey=survey, mode="test", at=at("2026-06-02"))
    respond(None, 0, survey=survey, mode="imported", at=at("2026-06-02"))
    found = reporting.overall(chosen(in_acme, survey), system())
    assert found.scored.counts == Counts(0, 0, 1)
    assert found.excluded == 1
    with_imported = reporting.overall(chosen(in_acme, survey, imported="1"), system())
    assert with_imported.scored.counts == Counts(1, 0, 1)


@pytest.mark.row("D3", "break down by any attribute")
def test_a_breakdown_speaks_of_the_time_of_the_answer(in_acme, survey):
    AttributeFactory(key="store", label="Store", kind="choice", choices=["Riverside", "Old Market"])
    for number in range(40):
        customer = CustomerFactory(attributes={"store": "Riverside" if number < 35 else "Old Market"})
        respond(None, 9 if number % 2 else 3, survey=survey, customer=customer, at=at("2026-06-01"))
        customer.attributes = {"store": "Moved"}
        customer.save()
    respond(None, 9, survey=survey, at=at("2026-06-01"))
    found = reporting.breakdown(chosen(in_acme, survey, by="attribute.store"), system())
    assert [(each.label, each.scored.n, each.scored.verdict) for each in found.groups] == [
        ("Riverside", 35, "enough"),
        ("Old Market", 5, "few"),
    ]
    assert found.without == 1
    assert reporting.breakdown(chosen(in_acme, survey, by="attribute.nonsense"), system()) is None


@pytest.mark.parametrize("key", ["channel", "touchpoint", "stage", "unit", "language", "version", "source"])
@pytest.mark.row("D3", "touchpoint", "channel", "stage", "version")
def test_facts_of_the_answer_break_down_too(in_acme, survey, acme_units, key):
    customer = CustomerFactory(stage="loyal", unit=acme_units.leeds)
    invitation = InvitationFactory(
        customer=customer, distribution=DistributionFactory(survey=survey, touchpoint="purchase")
    )
    respond(invitation, 9, language="en")
    found = reporting.breakdown(Filter.read({"by": key}, in_acme, survey=survey), system())
    assert [each.scored.n for each in found.groups] == [1]


@pytest.mark.row("D1", "response rate and funnel")
def test_the_way_from_the_invitation_to_the_reason(in_acme, survey):
    distribution = DistributionFactory(survey=survey)
    people = [
        InvitationFactory(customer=CustomerFactory(), distribution=distribution, expires_at=None)
        for _ in range(5)
    ]
    InvitationFactory(customer=CustomerFactory(), distribution=distribution, outcome="skipped", sent_at=None)
    InvitationFactory(customer=CustomerFactory(), distribution=distribution, outcome="failed")
    respond(people[0], 9, "Lovely")
    respond(people[1], 3)
    found = reporting.way(Filter.read({}, in_acme, survey=survey), system())
    assert (found.asked, found.delivered, found.failed) == (6, 5, 1)
    assert (found.scored, found.reasons) == (2, 1)
    assert found.rate == 2 / 6
    assert found.rate_low < found.rate < found.rate_high


class TestSmallGroups:
    """Hidden alike on screen, in exports and in the API."""

    def test_groups_below_the_threshold_take_the_next_smallest_with_them(self):
        assert privacy.hidden({"a": 50, "b": 12, "c": 4}, 10) == {"c", "b"}
        assert privacy.hidden({"a": 50, "b": 6, "c": 6}, 10) == {"b", "c"}
        assert privacy.hidden({"a": 50, "b": 20}, 10) == set()
        assert privacy.hidden({"a": 4}, 10) == {"a"}
        assert privacy.hidden({"a": 50, "b": 0}, 10) == set()
        assert privacy.hidden({"a": 3, "b": 2}, 1) == set()

    def test_nobody_can_subtract_the_shown_from_the_whole(self):
        import itertools

        for sizes in itertools.product(range(0, 16, 3), repeat=4):
            groups = dict(enumerate(sizes))
            hidden = privacy.hidden(groups, 10)
            together = sum(groups[key] for key in hidden)
            shown = [key for key in groups if key not in hidden and groups[key]]
            assert all(groups[key] >= 10 for key in shown)
            if hidden and shown:
                assert together >= 10
                assert len(hidden) >= 2

    @pytest.mark.row("D10", "privacy of small groups (numbers.md)")
    def test_an_anonymous_survey_hides_them_from_everybody(self, in_acme, alice, actor_of):
        survey = published("How is it here", "employees")
        owner = actor_of(alice)
        for score in [9] * 8:
            respond(None, score, survey=survey, channel="email", at=at("2026-06-01"))
        few = chosen(in_acme, survey)
        assert reporting.overall(few, owner).scored.verdict == "hidden"
        assert reporting.overall(few, owner).histogram == (0,) * 11
        assert not reporting.comments(few, owner).exists()
        for score in [3] * 14:
            respond(None, score, survey=survey, channel="link", at=at("2026-06-01"))
        assert reporting.overall(few, owner).scored.verdict == "weak"
        by_channel = reporting.breakdown(chosen(in_acme, survey, by="channel"), owner)
        assert {each.scored.verdict for each in by_channel.groups} == {"hidden"}

    @pytest.mark.row("D10", "privacy of small groups (numbers.md)")
    def test_a_viewer_sees_no_small_group_of_a_survey_with_names(self, in_acme, survey, vera, mona, actor_of):
        for score in range(9):
            respond(None, score, survey=survey, comment="Words", at=at("2026-06-01"))
        by = chosen(in_acme, survey, by="channel")
        assert reporting.overall(by, actor_of(vera)).scored.hidden
        assert reporting.breakdown(by, actor_of(vera)).groups[0].scored.hidden
        assert not reporting.comments(by, actor_of(vera)).exists()
        assert reporting.overall(by, actor_of(mona)).scored.verdict == "few"
        assert reporting.comments(by, actor_of(mona)).count() == 9


def test_a_search_is_for_those_who_may_read(in_acme, survey, vera, mona, actor_of):
    respond(None, 3, "Third time the lamp broke", survey=survey, at=at("2026-06-01"))
    lamp = chosen(in_acme, survey, q="LAMP")
    assert lamp.responses(actor_of(mona)).count() == 1
    assert lamp.responses(actor_of(vera)).count() == 0


def test_the_filter_survives_its_address_and_nonsense_is_left_out(in_acme, survey):
    from django.http import QueryDict

    first = chosen(
        in_acme, None, category="detractor", q="a b&c", step="week", from_="2026-01-01", to="2026-02-01"
    )
    again = Filter.read(QueryDict(first.query()[1:]), in_acme, today=TODAY)
    assert again == first
    wild = chosen(in_acme, None, category="x", step="century", from_="31.12.", segment="seg_nothing")
    assert (wild.category, wild.segment, wild.survey, wild.start) == ("", None, None, dt.date(2025, 7, 1))
