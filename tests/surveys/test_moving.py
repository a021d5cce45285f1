"""Movement: the answer before and the latest one of each customer, page and REST alike, small groups hidden."""

import datetime as dt
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import QueryDict
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.tenancy.context import acting_for
from surveys import moving, privacy
from surveys.filtering import Filter
from tests.factories.segments import CustomerFactory
from tests.factories.surveys import published, respond, system


def ago(days):
    return timezone.now() - dt.timedelta(days=days)


@pytest.fixture
def story(acme):
    """Ann was unhappy and is happy; Ben was happy and is unhappy, twelve like him stay; Dora is new."""
    with acting_for(acme):
        survey = published()
        people = {name: CustomerFactory(name=name) for name in ("Ann", "Ben", "Dora")}
        respond(None, 10, survey=survey, customer=people["Ann"], at=ago(300))
        respond(None, 2, survey=survey, customer=people["Ann"], at=ago(200))
        respond(None, 9, survey=survey, customer=people["Ann"], at=ago(3))
        respond(None, 9, survey=survey, customer=people["Ben"], at=ago(100))
        respond(None, 6, survey=survey, customer=people["Ben"], at=ago(5))
        respond(None, 8, survey=survey, customer=people["Dora"], at=ago(2))
        for _turn in range(12):
            one = CustomerFactory()
            respond(None, 10, survey=survey, customer=one, at=ago(120))
            respond(None, 10, survey=survey, customer=one, at=ago(10))
        respond(None, 3, survey=survey, at=ago(1))
        respond(None, 0, survey=survey, customer=people["Dora"], at=ago(1), mode="test")
        respond(None, 0, survey=survey, customer=people["Dora"], at=ago(400), mode="imported")
        return people


def moved(organization, actor=None, **query):
    with acting_for(organization):
        chosen = Filter.read(QueryDict("period=90").copy() | query, organization)
        return moving.movement(chosen, actor or system())


def told(movement):
    return {(cell.was, cell.now): cell.n for cell in movement.cells if cell.n}


@pytest.mark.django_db
class TestMovement:
    @pytest.mark.row("D9", "score movement per customer (detractor -> promoter) as table and flow")
    def test_ann_moved_up_and_ben_down(self, acme, story, alice, as_):
        found = moved(acme)
        assert told(found) == {
            ("detractor", "promoter"): 1,
            ("promoter", "detractor"): 1,
            ("promoter", "promoter"): 12,
            ("first", "passive"): 1,
        }
        assert (found.n, found.unknown) == (15, 1)
        again = found.again
        assert (again.n, again.better, again.same, again.worse) == (14, 1, 12, 1)
        assert again.value == 0 and again.low < 0 < again.high
        page = as_(alice).get(f"/o/{acme.slug}/movement/?period=90&was=detractor&now=promoter")
        text = page.content.decode()
        assert "1 people moved up, 12 stayed in their category, 1 moved down" in text, "the flow's sentence"
        assert "Ann" in text.split('id="people"')[1] and "Ben" not in text.split('id="people"')[1]

    def test_the_answer_before_may_be_older_than_the_period(self, acme, story):
        assert told(moved(acme, period="30"))["detractor", "promoter"] == 1

    def test_what_ended_before_is_told_as_it_was_then(self, acme, story):
        found = moved(acme, period="", to=(ago(150)).date().isoformat())
        assert told(found) == {("promoter", "detractor"): 1}, "Ann before she was happy again"

    def test_imported_answers_count_when_asked_for(self, acme, story):
        assert told(moved(acme, imported="1"))["detractor", "passive"] == 1

    def test_another_survey_knows_nothing_of_it(self, acme, story):
        with acting_for(acme):
            other = published("Other")
            respond(None, 4, survey=other, customer=story["Ann"], at=ago(1))
            chosen = Filter(acme, survey=other, period="all")
            assert told(moving.movement(chosen, system())) == {("first", "detractor"): 1}
        assert told(moved(acme))["promoter", "detractor"] == 2

    def test_the_cell_leads_to_its_people_and_to_a_segment_that_finds_them(self, acme, story, alice, as_):
        client = as_(alice)
        page = client.get(f"/o/{acme.slug}/movement/?period=90&was=detractor&now=promoter").content.decode()
        link = next(part for part in page.split('href="') if "/segments/new/?" in part).split('"')[0]
        query = parse_qs(urlsplit(link.replace("&amp;", "&")).query)
        assert json.loads(query["rule"][0]) == moving.rule("detractor", "promoter")
        builder = client.get(link.replace("&amp;", "&")).content.decode()
        assert "Ann" in builder and "Ben" not in builder

    def test_every_rule_is_one_that_the_builder_takes(self, acme, story, alice, as_):
        for was in moving.WAS:
            rule = json.dumps(moving.rule(was, "passive"))
            page = as_(alice).get(f"/o/{acme.slug}/segments/new/", {"rule": rule, "name": was})
            assert page.status_code == 200
            assert ("Dora" in page.content.decode()) is (was == "first")

    @pytest.mark.row("D10", "alike on screen", "API")
    def test_who_may_not_read_answers_sees_no_small_cell_and_no_sum_that_tells_of_it(
        self, acme, story, vera, actor_of, as_, api
    ):
        found = moved(acme, actor_of(vera))
        assert found.hides and found.again is None
        assert {cell.n for cell in found.cells} <= {None, 0}, "one big cell would tell of the small ones"
        page = as_(vera).get(f"/o/{acme.slug}/movement/?period=90&was=detractor&now=promoter")
        assert "Ann" not in page.content.decode()
        assert page.content.decode().count("hidden") >= 4
        program = api(acme, "reports:read").get("/api/v1/movement?period=90").json()
        assert program["hides"] and program["again"] is None
        assert {cell["n"] for cell in program["cells"]} <= {None, 0}
        assert api(acme, "reports:read").get("/api/v1/movement/customers").status_code == 403

    def test_a_branch_sees_its_own(self, acme, story, agnes, actor_of):
        assert moved(acme, actor_of(agnes)).n in (0, None)

    def test_nobody_known_has_no_movement_and_the_page_says_so(self, acme, alice, as_):
        page = as_(alice).get(f"/o/{acme.slug}/movement/").content.decode()
        assert "Nobody we know answered here" in page

    def test_first_answers_alone_are_no_movement(self, acme, alice, as_):
        with acting_for(acme):
            respond(None, 9, survey=published(), customer=CustomerFactory())
        page = as_(alice).get(f"/o/{acme.slug}/movement/").content.decode()
        assert "Everybody answered for the first time." in page

    def test_a_program_gets_the_same(self, acme, story, api):
        client = api(acme)
        program = client.get("/api/v1/movement?period=90").json()
        found = moved(acme)
        assert [(cell["was"], cell["now"], cell["n"]) for cell in program["cells"]] == [
            (cell.was, cell.now, cell.n) for cell in found.cells
        ]
        assert program["again"]["n"] == 14 and program["again"]["net"] == 0
        people = client.get("/api/v1/movement/customers?period=90&was=detractor&now=promoter").json()["items"]
        assert [(each["previous_score"], each["score"]) for each in people] == [(2, 9)]
        assert client.get("/api/v1/movement/customers?was=up&now=promoter").status_code == 400


sizes = st.dictionaries(
    st.tuples(st.integers(0, 3), st.integers(0, 2)), st.integers(0, 40), min_size=1, max_size=12
)


@given(sizes, st.integers(5, 20))
def test_no_sum_beside_a_table_tells_of_fewer_than_the_threshold(table, threshold):
    """Who knows the sums that are shown learns of no hidden cells fewer than the threshold together."""
    hidden = privacy.hidden_with_sums(table, threshold)
    for side, lines in ((0, hidden.rows), (1, hidden.columns)):
        sums = {
            key: sum(size for cell, size in table.items() if cell[side] == key)
            for key in {cell[side] for cell in table}
        }
        gone = [sums[key] for key in lines]
        shown = [total for key, total in sums.items() if key not in lines and total]
        assert all(total >= threshold for total in shown)
        if gone and shown:
            assert len(gone) >= 2 and sum(gone) >= threshold
        for key in sums:
            line = {cell: size for cell, size in table.items() if cell[side] == key and size}
            cells = [size for cell, size in line.items() if cell in hidden.cells]
            assert all(size >= threshold for cell, size in line.items() if cell not in hidden.cells)
            if key in lines:
                assert len(cells) == len(line)
            elif cells:
                assert len(cells) >= 2 and sum(cells) >= threshold
