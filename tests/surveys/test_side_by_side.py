"""Segments side by side, and two against each other: people in both, verdicts, what stays hidden, page and REST."""

import datetime as dt
import random

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts import opaque
from accounts.tenancy.context import acting_for
from segments.models import Customer, Segment
from surveys import disjoint, overlapping, privacy, veiling
from surveys.disjoint import Parts, Said
from surveys.filtering import Filter
from surveys.models import Response
from surveys.nps import Counts
from tests.factories.segments import AttributeFactory, CustomerFactory, SegmentFactory
from tests.factories.surveys import DistributionFactory, InvitationFactory, published, respond, system


def shown(segment):
    return opaque.encode("segment", segment.pk)


def rule(key, value):
    return {"all": [{"field": f"attribute.{key}", "operator": "is", "value": value}]}


@pytest.fixture
def shop(acme):
    """180 people who answered. Gold cards are happy; the north is like the south; 20 of the north hold a gold card."""
    chance = random.Random(5)
    with acting_for(acme):
        AttributeFactory(key="card", label="Card", kind="choice", choices=["gold", "plain", "silver"])
        AttributeFactory(key="area", label="Area", kind="choice", choices=["north", "south"])
        survey = published()
        first = respond(None, 9, survey=survey, customer=CustomerFactory(), at=timezone.now())
        rows = []
        for place in range(180):
            card = "gold" if place < 60 else "plain"
            area = "north" if 40 <= place < 110 else "south"
            one = CustomerFactory(attributes={"card": card, "area": area})
            score = chance.choice([9, 9, 10, 10, 8] if card == "gold" else [2, 5, 6, 8, 9])
            rows.append(
                Response(
                    survey=survey,
                    version_id=first.version_id,
                    customer=one,
                    score=score,
                    comment="Words" if place % 3 == 0 else "",
                    mode=first.mode,
                    state=first.state,
                    source=first.source,
                    channel="email",
                    answered_at=first.answered_at,
                    completed_at=first.completed_at,
                    attributes=one.attributes,
                )
            )
        Response.objects.bulk_create(rows)
        names = {
            "Gold": rule("card", "gold"),
            "Plain": rule("card", "plain"),
            "North": rule("area", "north"),
            "South": rule("area", "south"),
            "All of them": {"all": [{"field": "attribute.card", "operator": "is_known"}]},
            "Nobody": rule("card", "silver"),
        }
        return {name: SegmentFactory(name=name, rule=each) for name, each in names.items()}


def chosen(organization, first=None, second=None, **query):
    with acting_for(organization):
        if first is not None:
            query |= {"a": shown(first), "b": shown(second)}
        return Filter.read({"period": "all", **query}, organization)


def compared(organization, first, second, actor=None, **query):
    wanted = chosen(organization, first, second, **query)
    with acting_for(organization):
        return overlapping.compared(wanted, actor or system())


def beside(organization, actor=None, **query):
    wanted = chosen(organization, **query)
    with acting_for(organization):
        return overlapping.beside(wanted, actor or system())


def counted(**facts):
    found = {"detractors": 0, "passives": 0, "promoters": 0}
    for response in Response.objects.filter(**{f"attributes__{key}": value for key, value in facts.items()}):
        found[f"{response.category.value}s"] += 1
    return Counts(**found)


@pytest.mark.django_db
class TestBeside:
    @pytest.mark.row("D3", "segment")
    def test_segments_stand_by_score_and_say_who_is_in_several(self, acme, shop, alice, as_):
        found = beside(acme)
        order = [each.label for each in found.groups]
        assert order[0] == "Gold" and order[-1] == "Nobody", "no score stands at the end"
        scores = [each.scored.score for each in found.groups[:-1]]
        assert scores == sorted(scores, reverse=True)
        with acting_for(acme):
            by_name = {each.label: each.scored.counts for each in found.groups}
            assert by_name["Gold"] == counted(card="gold")
            assert by_name["North"] == counted(area="north")
        assert found.several == 180, "all of them are in “All of them” too"
        assert found.none == 1
        page = as_(alice).get(f"/o/{acme.slug}/side-by-side/?period=all").content.decode()
        assert "180 people are in more than one of these segments" in page
        assert "they may not have been when they answered" in page
        assert "1 person who answered is in none of them" in page

    def test_only_those_that_were_chosen(self, acme, shop):
        found = beside(acme, among=",".join(shown(shop[name]) for name in ("Gold", "North")))
        assert [each.label for each in found.groups] == ["Gold", "North"]
        assert found.several == 20
        assert found.others == 4

    def test_who_is_in_a_segment_is_so_now(self, acme, shop):
        with acting_for(acme):
            before = counted(card="gold").n
            Customer.objects.filter(attributes__card="gold").update(attributes={"card": "plain"})
        found = {each.label: each.scored.n for each in beside(acme).groups}
        assert before == 60
        assert found["Gold"] == 0 and found["Plain"] == 180

    def test_the_breakdown_of_the_overview_and_of_the_program_offer_segments(
        self, acme, shop, alice, as_, api
    ):
        page = as_(alice).get(f"/o/{acme.slug}/overview/?period=all&by=segments").content.decode()
        assert "the groups do not add up" in page and "Gold" in page
        surveys = api(acme).get("/api/v1/surveys").json()["items"]
        told = api(acme).get(f"/api/v1/surveys/{surveys[0]['id']}/results?period=all&by=segments").json()
        assert {each["label"]: each["scored"]["n"] for each in told["groups"]} == {
            each.label: each.scored.n for each in beside(acme).groups
        }

    def test_a_segment_by_score_carries_its_note(self, acme, shop, alice, as_):
        with acting_for(acme):
            happy = SegmentFactory(
                name="Happy", rule={"all": [{"field": "category", "operator": "is", "value": "promoter"}]}
            )
        assert overlapping.asks_for_scores(happy) and not overlapping.asks_for_scores(shop["Gold"])
        page = as_(alice).get(f"/o/{acme.slug}/side-by-side/").content.decode()
        assert "it drifts back by itself" in page

    def test_a_rule_that_cannot_be_asked_is_named_and_left_out(self, acme, shop, alice, as_):
        with acting_for(acme):
            SegmentFactory(name="Broken", rule=rule("gone", "x"))
        found = beside(acme)
        assert [each.name for each in found.unasked] == ["Broken"]
        assert "Broken" not in [each.label for each in found.groups]

    def test_without_segments_the_page_says_what_to_do(self, acme, alice, vera, as_):
        page = as_(alice).get(f"/o/{acme.slug}/side-by-side/").content.decode()
        assert "No segments yet, so nothing stands side by side." in page and "Open the library" in page
        assert "Open the library" not in as_(vera).get(f"/o/{acme.slug}/side-by-side/").content.decode()

    def test_the_ways_to_the_page(self, acme, shop, alice, as_):
        client = as_(alice)
        address = reverse("side_by_side", args=[acme.slug])
        for path in (
            "segments/",
            f"segments/{shop['Gold'].pk}/",
            "overview/?period=all&by=segments",
        ):
            assert address in client.get(f"/o/{acme.slug}/{path}").content.decode(), path


@pytest.mark.django_db
class TestCompared:
    @pytest.mark.row("D3", "compare two segments")
    def test_two_without_anybody_in_common_are_compared_whole(self, acme, shop):
        found = compared(acme, shop["Gold"], shop["Plain"])
        assert found.both == 0 and found.against.parts is Parts.WHOLE
        assert found.against.said is Said.REAL and found.low > 0
        with acting_for(acme):
            assert (found.against.first, found.against.second) == (
                counted(card="gold"),
                counted(card="plain"),
            )
        assert sum(found.first.histogram) == 60
        assert found.first.comments == 20

    @pytest.mark.row("D3", "compare two segments")
    def test_who_is_in_both_is_counted_and_left_out(self, acme, shop, alice, as_):
        found = compared(acme, shop["Gold"], shop["North"])
        assert found.both == 20 and found.against.parts is Parts.APART
        with acting_for(acme):
            assert found.against.first == counted(card="gold", area="south")
            assert found.against.second == counted(card="plain", area="north")
            assert found.first.scored.counts == counted(card="gold"), "the score is that of the whole segment"
        page = (
            as_(alice)
            .get(
                f"/o/{acme.slug}/side-by-side/",
                {"period": "all", "a": shown(shop["Gold"]), "b": shown(shop["North"])},
            )
            .content.decode()
        )
        assert "20 people who answered are in both." in page
        assert "those in Gold alone are compared with those in North alone" in page
        assert "A real difference." in page

    def test_one_within_the_other_is_compared_with_the_rest_of_it(self, acme, shop):
        inside = compared(acme, shop["Gold"], shop["All of them"])
        assert inside.against.parts is Parts.INSIDE_SECOND
        assert (inside.against.first.n, inside.against.second.n) == (60, 120)
        outside = compared(acme, shop["All of them"], shop["Gold"])
        assert outside.against.parts is Parts.INSIDE_FIRST
        assert outside.value == -inside.value

    def test_what_cannot_be_told_says_from_which_difference_it_could(self, acme, shop, alice, as_):
        found = compared(acme, shop["North"], shop["South"])
        assert found.against.said in (Said.UNKNOWN, Said.REAL)
        assert 5 < found.detectable < 60

    def test_the_same_twice_and_nobody_and_too_few(self, acme, shop, alice, as_):
        client = as_(alice)
        address = f"/o/{acme.slug}/side-by-side/"
        twice = client.get(address, {"a": shown(shop["Gold"]), "b": shown(shop["Gold"])}).content.decode()
        assert "This is the same segment twice." in twice
        nobody = compared(acme, shop["Gold"], shop["Nobody"])
        assert nobody.against.said is Said.NOBODY and nobody.second.scored.score is None
        with acting_for(acme):
            copy = SegmentFactory(name="Gold again", rule=rule("card", "gold"))
            people = Customer.objects.filter(attributes__card="plain")[:10]
            few = SegmentFactory(
                name="Few",
                rule={"all": [{"field": "name", "operator": "is_one_of", "value": [p.name for p in people]}]},
            )
        assert compared(acme, shop["Gold"], copy).against.said is Said.SAME
        assert compared(acme, shop["Gold"], few).against.said is Said.FEW

    def test_the_funnel_is_that_of_each_segment(self, acme, shop):
        with acting_for(acme):
            distribution = DistributionFactory()
            for card in ("gold", "gold", "plain"):
                one = Customer.objects.filter(attributes__card=card, invitations=None).first()
                InvitationFactory(customer=one, distribution=distribution)
        found = compared(acme, shop["Gold"], shop["Plain"])
        assert (found.first.way.asked, found.second.way.asked) == (2, 1)

    def test_a_program_gets_the_same(self, acme, shop, api, globex):
        client = api(acme)
        told = client.get(
            f"/api/v1/side-by-side/comparison?period=all&a={shown(shop['Gold'])}&b={shown(shop['North'])}"
        ).json()
        found = compared(acme, shop["Gold"], shop["North"])
        assert told["both"] == 20
        assert told["against"]["parts"] == "apart" and told["against"]["verdict"] == "real"
        assert told["against"]["difference"] == found.value and told["against"]["low"] == found.low
        assert told["first"]["histogram"] == list(found.first.histogram)
        rows = client.get("/api/v1/side-by-side?period=all").json()
        assert [each["name"] for each in rows["segments"]] == [each.label for each in beside(acme).groups]
        assert rows["membership"] == "now"
        with acting_for(globex):
            foreign = SegmentFactory()
        refused = [
            client.get(f"/api/v1/side-by-side/comparison?a={shown(shop['Gold'])}&b={other}")
            for other in (shown(foreign), "seg_nothing", "")
        ]
        assert {each.status_code for each in refused} == {400}
        assert len({each.content for each in refused}) == 1, "a foreign segment looks like none"

    def test_a_file_of_it_disarms_formulas(self, acme, shop, alice, as_):
        with acting_for(acme):
            Segment.objects.filter(pk=shop["Gold"].pk).update(name="=1+1")
        query = {"period": "all", "a": shown(shop["Gold"]), "b": shown(shop["North"])}
        text = as_(alice).get(f"/o/{acme.slug}/reports/comparison.csv", query).content.decode("utf-8-sig")
        assert "'=1+1" in text and "difference" in text
        assert not any(line.startswith("=") or ",=" in line for line in text.splitlines())
        text = as_(alice).get(f"/o/{acme.slug}/reports/segments.csv", query).content.decode("utf-8-sig")
        assert len(text.splitlines()) == 7


@pytest.mark.django_db
class TestHidden:
    @pytest.mark.row("D10", "alike on screen", "API")
    def test_nested_segments_give_nobody_away(self, acme, shop, vera, actor_of, as_, api):
        """Gold, and Gold but one: each is large; their difference is one person."""
        with acting_for(acme):
            one = Customer.objects.filter(attributes__card="gold").first()
            but_one = {
                "all": [
                    *rule("card", "gold")["all"],
                    {"field": "name", "operator": "is_not", "value": one.name},
                ]
            }
            nested = SegmentFactory(name="Gold but one", rule=but_one)
        for query in ({}, {"among": shown(nested)}):
            found = {each.label: each.scored for each in beside(acme, actor_of(vera), **query).groups}
            assert found["Gold but one"].hidden
        assert not beside(acme, actor_of(vera)).groups[0].scored.hidden
        assert beside(acme, actor_of(vera)).several is None
        comparison = compared(acme, shop["Gold"], nested, actor_of(vera))
        assert comparison.hidden and comparison.both is None and comparison.second.way is None
        assert not comparison.first.scored.hidden
        address = f"/o/{acme.slug}/side-by-side/?period=all&a={shown(shop['Gold'])}&b={shown(nested)}"
        page = as_(vera).get(address).content.decode()
        assert "is too small to be told of" in page
        program = api(acme, "reports:read").get(
            address.replace(f"/o/{acme.slug}/side-by-side/", "/api/v1/side-by-side/comparison")
        )
        told = program.json()
        assert (
            told["against"] is None
            and told["second"]["histogram"] is None
            and told["second"]["scored"]["n"] is None
        )
        overview = (
            as_(vera).get(f"/o/{acme.slug}/overview/?period=all&segment={shown(nested)}").content.decode()
        )
        assert "So it shows none." in overview, "nor by the filter of another page"

    def test_who_may_read_sees_all(self, acme, shop, alice, actor_of):
        assert not any(each.scored.hidden for each in beside(acme, actor_of(alice)).groups)

    def test_a_branch_sees_its_own(self, acme, shop, agnes, actor_of):
        assert all(each.scored.n == 0 for each in beside(acme, actor_of(agnes)).groups)

    def test_a_channel_that_leaves_few_is_hidden_with_its_neighbour(self, acme, shop, vera, actor_of, as_):
        with acting_for(acme):
            for _turn in range(3):
                respond(
                    None,
                    1,
                    channel="link",
                    survey=Response.objects.first().survey,
                    at=timezone.now() - dt.timedelta(days=1),
                )
            wanted = Filter.read({"period": "all", "channel": "email"}, acme)
            assert veiling.gives_away(wanted, actor_of(vera), 10), (
                "all without e-mail are the three of the link"
            )
        page = as_(vera).get(f"/o/{acme.slug}/overview/?period=all&channel=email").content.decode()
        assert "So it shows none." in page and 'class="mega"' not in page


parts = st.dictionaries(st.tuples(*[st.booleans()] * 4), st.integers(0, 40), min_size=1, max_size=16)


@pytest.mark.row("D10", "privacy of small groups (numbers.md)")
@given(parts, st.integers(5, 20), st.permutations(range(4)))
def test_no_sum_and_no_difference_of_the_told_speaks_of_few(people, threshold, order):
    told = privacy.tellable(people, order, threshold)
    cut = {}
    for part, size in people.items():
        key = tuple(part[each] for each in told)
        cut[key] = cut.get(key, 0) + size
    assert not told or all(size == 0 or size >= threshold for size in cut.values())
    assert told == [each for each in order if each in told]


def test_the_parts_of_two_groups():
    one, two, none = Counts(5, 20, 30), Counts(30, 10, 5), Counts(0, 0, 0)
    assert disjoint.against(one, none, two).parts is Parts.WHOLE
    assert disjoint.against(one, one, two).parts is Parts.APART
    assert disjoint.against(none, one, two).parts is Parts.INSIDE_SECOND
    assert disjoint.against(two, one, none).parts is Parts.INSIDE_FIRST
    assert disjoint.against(none, one, none).said is Said.SAME
    assert disjoint.against(none, none, two).said is Said.NOBODY
    assert disjoint.against(Counts(9, 10, 10), none, two).said is Said.FEW
    large = Counts(3000, 3000, 3000)
    assert disjoint.against(large, none, large).said is Said.SMALL
