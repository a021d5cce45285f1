"""The scan over real rows: what is compared, what is found, what stays hidden, page and REST alike."""

import json
import random
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import QueryDict

from accounts.tenancy.context import acting_for
from segments.models import Customer
from surveys import grouping, reporting, scanning
from surveys.comparing import Verdict
from surveys.filtering import Filter
from surveys.models import Response
from surveys.nps import Counts
from tests.factories.segments import AttributeFactory, CustomerFactory
from tests.factories.surveys import published, respond, system


def answers(organization, number=240, seed=3):
    """People of four stores; those of the harbour are unhappy; plan and spend say nothing."""
    chance = random.Random(seed)
    with acting_for(organization):
        AttributeFactory(
            key="store", label="Store", kind="choice", choices=["Harbour", "Hill", "Mill", "Mole"]
        )
        AttributeFactory(key="card", label="Loyalty card", kind="yes_no")
        AttributeFactory(key="spend", label="Spend", kind="number")
        AttributeFactory(key="joined", label="Joined", kind="date")
        survey = published()
        first = respond(None, 9, survey=survey)
        rows = []
        for place in range(number):
            store = ["Harbour", "Hill", "Mill", "Mole"][place % 4] if place < 236 else "Pier"
            scores = [1, 3, 6, 6, 8] if store == "Harbour" else [4, 8, 9, 10, 10]
            rows.append(
                Response(
                    survey=survey,
                    version_id=first.version_id,
                    score=chance.choice(scores),
                    mode=first.mode,
                    state=first.state,
                    source=first.source,
                    channel="email",
                    answered_at=first.answered_at,
                    completed_at=first.completed_at,
                    started_at=first.started_at,
                    created_at=first.created_at,
                    attributes={
                        "store": store,
                        "card": chance.random() < 0.5,
                        "spend": chance.randint(1, 1_000) / 2,
                        "joined": f"{2024 + place % 2}-05-0{1 + place % 9}",
                    },
                )
            )
        Response.objects.bulk_create(rows)
        return survey


@pytest.fixture
def shop(acme):
    return answers(acme)


def scanned(organization, actor=None, **query):
    with acting_for(organization):
        chosen = Filter.read(QueryDict("period=all").copy() | query, organization)
        return scanning.scan(chosen, actor or system())


def named(scan, attribute):
    return {
        each.slice.label: each for each in scan.findings if each.dimension.key == f"attribute.{attribute}"
    }


@pytest.mark.django_db
class TestScan:
    @pytest.mark.row("D3", "scan all and show which differences are real (false-discovery control)")
    def test_the_store_that_differs_is_real_and_the_null_is_not(self, acme, shop):
        scan = scanned(acme)
        stores = named(scan, "store")
        assert stores["Harbour"].verdict is Verdict.REAL and stores["Harbour"].high < 0
        assert set(stores) == {"Harbour", "Hill", "Mill", "Mole"}, "Pier has four answers and is not compared"
        assert scan.too_small >= 1
        assert {each.verdict for each in named(scan, "card").values()} == {Verdict.UNKNOWN}
        assert scan.wholes[0].dimension.key == "attribute.store" and scan.wholes[0].omnibus.p < 0.001

    @pytest.mark.row("D3", "which are not")
    @pytest.mark.row("D3", "which cannot be told with this n")
    def test_what_cannot_be_told_says_from_which_difference_it_could(self, acme, shop):
        unknown = scanned(acme).of(Verdict.UNKNOWN)
        assert unknown and all(each.detectable > 10 for each in unknown)
        assert all(each.low < 10 and each.high > -10 for each in unknown)

    def test_every_count_agrees_with_the_rows(self, acme, shop):
        scan = scanned(acme)
        with acting_for(acme):
            found = Response.objects.filter(attributes__store="Harbour")
            assert named(scan, "store")["Harbour"].compared.counts == reporting.counts_of(found)
            others = Response.objects.filter(attributes__has_key="store").exclude(attributes__store="Harbour")
            assert named(scan, "store")["Harbour"].compared.rest == reporting.counts_of(others)

    def test_two_values_are_one_comparison(self, acme, shop):
        scan = scanned(acme)
        assert list(named(scan, "card")) == ["yes"]
        assert len(named(scan, "joined")) == 1

    def test_the_same_groups_under_another_name_are_compared_once(self, acme, shop):
        with acting_for(acme):
            AttributeFactory(key="branch", label="Branch", kind="text")
            for each in Response.objects.filter(attributes__has_key="store"):
                each.attributes["branch"] = each.attributes["store"]
                each.save()
        scan = scanned(acme)
        assert [each.label for each in scan.same_groups] == ["Store"] or [
            each.label for each in scan.same_groups
        ] == ["Branch"]
        assert bool(named(scan, "store")) != bool(named(scan, "branch"))

    def test_numbers_come_in_quarters_that_miss_nobody(self, acme, shop):
        quarters = named(scanned(acme), "spend")
        assert len(quarters) == 4
        assert sum((each.compared.counts for each in quarters.values()), Counts(0, 0, 0)).n == 240
        assert all(50 <= each.compared.counts.n <= 70 for each in quarters.values())

    def test_a_number_that_all_share_is_one_part(self, acme, shop):
        with acting_for(acme):
            Response.objects.filter(attributes__has_key="spend").update(attributes={"spend": 5})
            (dimension,) = [each for each in grouping.dimensions(system()) if each.key == "attribute.spend"]
            values, without = grouping.by_value(Response.objects.all(), dimension)
            assert [each.counts.n for each in values] == [240]
            assert without == 1
            Response.objects.update(attributes={"spend": "a lot"})
            assert grouping.by_value(Response.objects.all(), dimension) == ([], 241)

    def test_nobody_is_compared_with_nobody(self, acme):
        scan = scanned(acme)
        assert (scan.tests, scan.n, scan.wholes) == (0, 0, [])

    def test_the_filter_holds_for_the_scan(self, acme, shop):
        assert scanned(acme, channel="api").tests == 0
        assert scanned(acme, survey="none").tests > 0

    def test_a_group_that_must_stay_hidden_is_in_no_list(self, acme, shop, vera, actor_of):
        with acting_for(acme):
            acme.privacy_threshold = 70
            acme.save()
        scan = scanned(acme, actor_of(vera))
        assert named(scan, "store") == {}
        assert scan.hidden >= 4
        assert scanned(acme).of(Verdict.REAL), "who may read single answers sees them"

    def test_a_sensitive_attribute_is_for_those_who_declare_attributes(self, acme, shop, mona, actor_of):
        with acting_for(acme):
            AttributeFactory._meta.model.objects.filter(key="store").update(sensitive=True)
        assert named(scanned(acme, actor_of(mona)), "store") == {}


@pytest.mark.django_db
class TestPage:
    def test_the_page_tells_how_many_are_real_and_offers_the_segment(self, acme, shop, alice, as_):
        client = as_(alice)
        page = client.get(f"/o/{acme.slug}/differences/?period=all").content.decode()
        assert "Harbour" in page and "real difference" in page
        link = next(part for part in page.split('href="') if "/segments/new/?" in part).split('"')[0]
        query = parse_qs(urlsplit(link.replace("&amp;", "&")).query)
        rule = json.loads(query["rule"][0])
        assert rule["all"][0]["field"] == "attribute.store"
        builder = client.get(link.replace("&amp;", "&"))
        assert builder.status_code == 200 and query["name"][0] in builder.content.decode()

    def test_the_segment_finds_the_customers_of_today(self, acme, shop, alice, as_):
        with acting_for(acme):
            Customer.objects.create(name="Ann", attributes={"store": "Harbour"})
        rule = json.dumps({"all": [{"field": "attribute.store", "operator": "is", "value": "Harbour"}]})
        page = as_(alice).get(f"/o/{acme.slug}/segments/new/", {"rule": rule, "name": "Harbour"})
        assert "Ann" in page.content.decode()

    @pytest.mark.parametrize("rule", ["{", "[]", '{"all": 5}', '{"field": "x"}', "9" * 5_000, "[" * 3_000])
    def test_nonsense_in_the_link_begins_an_ordinary_segment(self, acme, alice, as_, rule):
        assert as_(alice).get(f"/o/{acme.slug}/segments/new/", {"rule": rule}).status_code == 200

    def test_without_answers_the_page_says_what_is_needed(self, acme, alice, as_):
        page = as_(alice).get(f"/o/{acme.slug}/differences/").content.decode()
        assert "Nothing to compare yet." in page

    def test_a_program_gets_the_same(self, acme, shop, api):
        told = api(acme).get("/api/v1/differences?period=all").json()
        scan = scanned(acme)
        assert told["tests"] == scan.tests == len(told["compared"])
        (harbour,) = [each for each in told["compared"] if each["value"] == "Harbour"]
        assert harbour["verdict"] == "real" and harbour["high"] < 0
        assert told["attributes"][0]["attribute"] == "attribute.store"

    @pytest.mark.row("B9", "shown before any scan")
    def test_before_the_groups_stands_what_is_known_of_the_customers_they_are_made_of(self, acme, alice, as_):
        answers(acme)
        with acting_for(acme):
            for place in range(4):
                CustomerFactory(attributes={"store": "Hill"} if place else {"store": "Hill", "card": True})
        page = as_(alice).get(f"/o/{acme.slug}/differences/?period=all").content.decode()
        data, results = page.index("What these groups are made of"), page.index("Real differences")
        assert data < results
        told = page[data:results]
        assert "<strong>Loyalty card</strong>: known of 25 % only" in " ".join(told.split())
        assert "<strong>Store</strong>: known" not in told
        assert f"/o/{acme.slug}/customers/quality/" in told
