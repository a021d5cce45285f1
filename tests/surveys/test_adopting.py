"""Who uses, gave up or never used a feature: every number is that of a rule, and page, file and REST say the same."""

import csv
import datetime as dt
import io
import json
import re
from random import Random
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.tenancy.context import acting_for
from segments import compiling, declaring_features
from segments.catalog import vocabulary
from segments.models import Customer
from segments.rules import read_rule
from surveys import adopting, nps, privacy
from surveys.filtering import Filter
from tests.factories.segments import CustomerEventFactory, CustomerFactory, SegmentFactory, scored
from tests.factories.surveys import system


def used(customer, days, name="feature used", **properties):
    at = timezone.now() - dt.timedelta(days=days)
    CustomerEventFactory(customer_id=customer.pk, name=name, at=at, properties=properties)


@pytest.fixture
def automations(acme):
    """Six promoters who use it, three detractors who gave it up, two passives and one silent who never did."""
    with acting_for(acme):
        for place in range(12):
            score = 10 if place < 6 else 3 if place < 9 else 7
            person = scored(score) if place < 11 else CustomerFactory()
            Customer.objects.filter(pk=person.pk).update(stage="active" if place % 2 else "new")
            used(person, 3, feature="reports")
            if place < 9:
                used(person, 100, feature="automations")
            if place < 6:
                used(person, 4, feature="automations")
        return declaring_features.declare(
            name="Automations", event="feature used", property="feature", value="automations", by=system()
        )


def adoption(organization, actor=None, **query):
    with acting_for(organization):
        return adopting.adoption(Filter.read(query, organization), actor or system())


def numbers(lines):
    return {line.key: (line.n, *(cell.n for cell in line.cells)) for line in lines}


@pytest.mark.django_db
class TestAdoption:
    @pytest.mark.row("D13", "who uses", "avoids", "gave up which feature", "by category and stage")
    def test_everybody_uses_gave_up_or_never_used(self, acme, automations):
        (one,) = adoption(acme).features
        assert numbers([one.whole]) == {"": (12, 6, 3, 3)}
        assert numbers(one.by_category) == {
            "promoter": (6, 6, 0, 0),
            "passive": (2, 0, 0, 2),
            "detractor": (3, 0, 3, 0),
            "none": (1, 0, 0, 1),
        }
        stages = numbers(one.by_stage)
        assert stages["active"] == (6, 3, 1, 2) and stages["new"] == (6, 3, 2, 1)
        cell = one.whole.cells[0]
        wilson = nps.proportion(6, 12)
        assert (cell.share, cell.low, cell.high) == (0.5, wilson.low, wilson.high)
        assert one.scores["uses"].score == 100 and one.scores["gave_up"].score == -100

    @pytest.mark.row("D13", "leads to a segment")
    def test_every_number_is_that_of_its_rule(self, acme, automations):
        with acting_for(acme):
            segment = SegmentFactory(rule={"all": [{"field": "score", "operator": "at_most", "value": 8}]})
        for query in ({}, {"category": "detractor"}, {"touchpoint": "after purchase"}, {"segment": segment}):
            if "segment" in query:
                from accounts import opaque

                query = {"segment": opaque.encode("segment", segment.pk)}
            (one,) = adoption(acme, **query).features
            with acting_for(acme):
                words = vocabulary()
                for line in (one.whole, *one.by_category, *one.by_stage):
                    for cell in line.cells:
                        found = compiling.found_by(read_rule(cell.rule, words), words=words)
                        assert found.count() == cell.n, (query, line.key, cell.use)

    def test_the_days_of_silence_are_the_features_own(self, acme, automations):
        with acting_for(acme):
            facts = {name: getattr(automations, name) for name in ("name", "event", "property", "value")}
            declaring_features.change(automations, **facts, silent_days=101, revision=1, by=system())
        (one,) = adoption(acme).features
        assert numbers([one.whole]) == {"": (12, 9, 0, 3)}
        assert one.too_young, "its first event came in 100 days ago"

    @pytest.mark.row("D13", "leads to a segment")
    def test_a_number_of_the_page_leads_to_the_builder_with_these_people(self, acme, automations, mona, as_):
        client = as_(mona)
        page = client.get(f"/o/{acme.slug}/features/").content.decode()
        links = re.findall(r'href="(/o/acme/segments/new/\?[^"]+)"', page)
        assert links
        for link in links:
            rule = json.loads(parse_qs(urlsplit(link.replace("&amp;", "&")).query)["rule"][0])
            assert rule["all"][-1]["equals"] == "automations"
        gave_up = next(link for link in links if "detractor" in link and "longer_ago_than" in link)
        builder = client.get(gave_up.replace("&amp;", "&")).content.decode()
        assert "Automations · Gave it up · Detractors" in builder
        assert re.search(r">\s*3\s*<", builder), "the live count"

    def test_page_file_and_rest_say_the_same(self, acme, automations, alice, as_, api):
        (one,) = adoption(acme).features
        told = api(acme, "reports:read", "responses:read").get("/api/v1/adoption").json()
        assert told["people"] == 12 and told["features"][0]["name"] == "Automations"
        rest = {
            (line["key"], use["use"]): use["n"]
            for line in told["features"][0]["by_category"]
            for use in line["uses"]
        }
        text = as_(alice).get(reverse("report_export", args=[acme.slug, "adoption"])).content
        rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
        file = [int(row["number"]) for row in rows if row["by"] == "category"]
        assert list(rest.values()) == file == [cell.n for line in one.by_category for cell in line.cells]
        assert rows[0]["filter"] == "All customers, as of now"

    def test_without_features_the_page_says_what_to_do(self, acme, alice, as_):
        page = as_(alice).get(f"/o/{acme.slug}/features/").content.decode()
        assert "No features are declared yet." in page and "Declare features" in page

    def test_a_member_of_a_branch_counts_the_people_of_the_branch(self, acme, automations, agnes, actor_of):
        with acting_for(acme):
            used(CustomerFactory(unit=agnes.unit), 1, feature="automations")
            actor = actor_of(agnes)
        (one,) = adoption(acme, actor).features
        assert numbers([one.whole]) == {"": (1, 1, 0, 0)}

    def test_who_does_not_want_to_be_profiled_has_no_score_here(self, acme, automations):
        from segments import profiling

        with acting_for(acme):
            profiling.follow(Customer.objects.filter(last_score=10).first(), allowed=False, at=timezone.now())
        (one,) = adoption(acme).features
        assert numbers(one.by_category)["promoter"][0] == 5 and numbers(one.by_category)["none"][0] == 2


@pytest.mark.django_db
@pytest.mark.row("D10", "alike on screen", "export", "API")
class TestHiding:
    @pytest.fixture
    def crowd(self, acme):
        """A hundred people, three of whom alone are unhappy and gave up."""
        chance = Random(4)
        with acting_for(acme):
            for place in range(100):
                person = CustomerFactory(
                    last_score=2 if place < 3 else chance.choice([8, 9, 10, None]),
                    stage=chance.choice(["new", "active", "loyal"]),
                )
                for feature in ("a", "b"):
                    if place < 3 or chance.random() < 0.6:
                        used(person, 90 if place < 3 else chance.choice([2, 80]), feature=feature)
            for feature in ("a", "b"):
                declaring_features.declare(
                    name=feature, event="feature used", property="feature", value=feature, by=system()
                )

    def test_page_file_and_rest_hide_alike(self, acme, crowd, vera, as_, api):
        client = as_(vera)
        told = api(acme, "reports:read").get("/api/v1/adoption").json()["features"]
        text = client.get(reverse("report_export", args=[acme.slug, "adoption"])).content.decode("utf-8-sig")
        file = [row["number"] for row in csv.DictReader(io.StringIO(text)) if row["by"]]
        rest = [
            "" if use["n"] is None else str(use["n"])
            for each in told
            for line in (*each["by_category"], *each["by_stage"])
            for use in line["uses"]
        ]
        assert rest == file and "" in rest
        detractors = next(line for line in told[0]["by_category"] if line["key"] == "detractor")
        assert detractors["n"] is None and all(use["n"] is None for use in detractors["uses"])
        assert told[0]["scores"]["gave_up"]["score"] is None
        for each in told:
            page = client.get(f"/o/{acme.slug}/features/?feature={each['feature']}").content.decode()
            lines = (*each["by_category"], *each["by_stage"])
            hidden = sum(
                (line["n"] is None) + sum(use["n"] is None for use in line["uses"]) for line in lines
            )
            main = page.split('id="feature"')[1].split("</table>", 1)[1]
            assert main.count(">hidden<") == hidden

    def test_what_one_feature_hides_of_a_group_the_other_does_not_tell(self, acme, crowd, vera, actor_of):
        with acting_for(acme):
            actor = actor_of(vera)
        for kind in ("by_category", "by_stage"):
            hidden = [
                {line.key for line in getattr(each, kind) if line.n is None}
                for each in adoption(acme, actor).features
            ]
            assert hidden[0] == hidden[1]

    def test_no_hidden_cell_follows_from_the_sums(self, acme, crowd, vera, actor_of):
        with acting_for(acme):
            actor = actor_of(vera)
        for each in adoption(acme, actor).features:
            for lines in (each.by_category, each.by_stage):
                table = {(line.key, cell.use) for line in lines for cell in line.cells}
                gone = {(line.key, cell.use) for line in lines for cell in line.cells if cell.n is None}
                untold = (
                    {line.key for line in lines if line.n is None},
                    {cell.use for cell in each.whole.cells if cell.n is None},
                )
                assert not privacy.given_away(table, gone, untold)

    def test_a_filter_shows_nothing(self, acme, crowd, vera, actor_of, as_):
        with acting_for(acme):
            actor = actor_of(vera)
        found = adoption(acme, actor, category="promoter")
        assert found.veiled and found.people is None
        page = as_(vera).get(f"/o/{acme.slug}/features/?category=promoter").content.decode()
        assert "Hidden, to protect people." in page
