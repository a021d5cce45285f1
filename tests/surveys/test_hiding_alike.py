"""Page, file and program hide the same cells, over random answers, and nobody learns of few by subtraction."""

import csv
import io
import itertools
import random
import re

import pytest
from django.urls import reverse

from accounts import opaque
from accounts.tenancy.context import acting_for
from surveys import privacy
from surveys.models import Response
from tests.factories.segments import AttributeFactory, CustomerFactory, SegmentFactory
from tests.factories.surveys import published, respond

STORES = ["Hill", "Lake", "Mill", "Pier"]
CARDS = ["gold", "plain", "silver"]


@pytest.fixture(params=range(4))
def chance(request):
    return random.Random(request.param)


@pytest.fixture
def shop(acme, chance):
    """Random answers of known people in stores of very different sizes, some of whom answered before."""
    with acting_for(acme):
        AttributeFactory(key="store", label="Store", kind="choice", choices=STORES)
        AttributeFactory(key="card", label="Card", kind="choice", choices=CARDS)
        survey = published()
        first = respond(None, 9, survey=survey, customer=CustomerFactory())
        sizes = {pair: chance.choice([0, 1, 3, 9, 12, 30]) for pair in itertools.product(STORES, CARDS)}
        rows = []
        for (store, card), size in sizes.items():
            for _turn in range(size):
                one = CustomerFactory(attributes={"store": store, "card": card})
                for _again in range(chance.choice([1, 1, 2])):
                    rows.append(
                        Response(
                            survey=survey,
                            version_id=first.version_id,
                            customer=one,
                            score=chance.randint(0, 10),
                            mode=first.mode,
                            state=first.state,
                            source=first.source,
                            channel=chance.choice(["email", "email", "email", "link"]),
                            answered_at=first.answered_at,
                            completed_at=first.completed_at,
                            attributes=one.attributes,
                        )
                    )
        Response.objects.bulk_create(rows)
        for key, values in (("store", STORES), ("card", CARDS)):
            for value in values:
                SegmentFactory(
                    name=value,
                    rule={"all": [{"field": f"attribute.{key}", "operator": "is", "value": value}]},
                )
        return survey


@pytest.fixture
def seen(acme, shop, vera, as_, api):
    """What Vera, who may not read answers, sees of a report: the page, the file, and what her program gets."""
    looker, program = as_(vera), api(acme, "reports:read")
    survey = opaque.encode("survey", shop.pk)

    class Seen:
        def page(self, name, **query):
            answer = looker.get(reverse(name, args=[acme.slug]), {"period": "all", **query})
            assert answer.status_code == 200
            return answer.content.decode()

        def file(self, report, **query):
            answer = looker.get(
                reverse("report_export", args=[acme.slug, report]), {"period": "all", **query}
            )
            assert answer.status_code == 200
            return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

        def program(self, path, **query):
            return program.get(f"/api/v1/{path}", {"period": "all", **query}).json()

        def results(self, **query):
            return self.program(f"surveys/{survey}/results", **query)

    return Seen()


def rows_of(page, caption):
    """The texts of the cells of a table, row by row."""
    table = re.search(rf"<caption[^>]*>\s*{caption}.*?</table>", page, re.DOTALL).group()
    body = table.split("<tbody>")[1]
    rows = []
    for row in body.split("<tr>")[1:]:
        cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)
        rows.append([" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in cells])
    return rows


@pytest.mark.django_db
@pytest.mark.row("D10", "alike on screen", "export", "API")
class TestAlike:
    def test_a_breakdown(self, seen):
        told = {
            each["label"]: each["scored"]["verdict"] for each in seen.results(by="attribute.store")["groups"]
        }
        file = {each["group"]: each for each in seen.file("breakdown", by="attribute.store")}
        page = {row[0]: row[1] for row in rows_of(seen.page("overview", by="attribute.store"), "Store")}
        hidden = {label for label, verdict in told.items() if verdict == "hidden"}
        assert hidden == {label for label, row in file.items() if row["verdict"] == "hidden"}
        assert hidden == {label for label, score in page.items() if score == "hidden"}
        assert all(file[label][key] == "" for label in hidden for key in ("score", "low", "high", "n"))
        assert set(told) == set(file) == set(page)

    def test_a_crossed_table(self, seen):
        query = {"by": "attribute.store", "across": "attribute.card"}
        told = {
            (each["row"], each["column"]): each["scored"]["verdict"]
            for each in seen.results(**query)["cells"]
        }
        file = {(each["Store"], each["Card"]): each["verdict"] for each in seen.file("crossed", **query)}
        assert told == file
        page = rows_of(seen.page("overview", **query), "Store crossed with Card")
        columns = list(dict.fromkeys(column for _row, column in told))
        assert {key for key, verdict in told.items() if verdict == "hidden"} == {
            (row[0], column)
            for row in page
            for column, cell in zip(columns, row[1:], strict=True)
            if cell == "hidden"
        }

    def test_the_movement(self, seen):
        told = {(each["was"], each["now"]): each["n"] for each in seen.program("movement")["cells"]}
        file = {(each["before"], each["now"]): each["people"] for each in seen.file("movement")}
        assert {key: "" if n is None else str(n) for key, n in told.items()} == {
            key: people for key, people in file.items() if "all" not in key
        }
        page = rows_of(seen.page("movement"), "From the answer before")
        assert sum(row.count("hidden") for row in page) == sum(people == "" for people in file.values())

    def test_a_trend(self, seen):
        told = [each["scored"]["verdict"] for each in seen.results(step="day", period="30")["trend"]]
        file = [each["verdict"] for each in seen.file("trend", step="day", period="30")]
        assert told == file and len(file) == 30

    def test_segments(self, seen):
        told = {each["name"]: each["scored"]["verdict"] for each in seen.program("side-by-side")["segments"]}
        file = {each["segment"]: each["verdict"] for each in seen.file("segments")}
        page = {row[0]: row[1] for row in rows_of(seen.page("side_by_side"), "Score by segment")}
        assert told == file
        hidden = {label for label, verdict in told.items() if verdict == "hidden"}
        assert hidden == {label for label, score in page.items() if score == "hidden"}

    def test_a_filter_and_the_page_without_it(self, acme, seen):
        """Whoever subtracts the answers by one channel from all learns of ten others at least, or of nobody."""
        whole = seen.results()["scored"]["n"]
        for channel in ("email", "link", "api"):
            part = seen.results(channel=channel)["scored"]["n"]
            if whole is not None and part:
                with acting_for(acme):
                    rest = Response.objects.exclude(channel=channel).values("customer").distinct().count()
                assert part >= acme.privacy_threshold and (rest == 0 or rest >= acme.privacy_threshold)


@pytest.mark.django_db
@pytest.mark.row("D10", "export")
def test_files_disarm_formulas_and_tell_apart_what_is_hidden(acme, alice, as_):
    with acting_for(acme):
        AttributeFactory(key="store", label="=Store", kind="text")
        survey = published()
        for _turn in range(3):
            respond(None, 9, survey=survey, customer=CustomerFactory(attributes={"store": "=1+1"}))
    client = as_(alice)
    for report in ("breakdown", "trend", "movement", "segments", "comparison"):
        text = client.get(
            reverse("report_export", args=[acme.slug, report]), {"by": "attribute.store"}
        ).content.decode("utf-8-sig")
        assert not any(line.startswith("=") or ",=" in line for line in text.splitlines()), report
        assert text.splitlines()[0].endswith(",filter")
    assert client.get(f"/o/{acme.slug}/reports/salaries.csv").status_code == 404


@pytest.mark.django_db
@pytest.mark.row("D10", "alike on screen", "export", "API")
def test_one_answer_of_an_anonymous_survey_tells_no_group(acme, acme_units, alice, as_, api):
    """Twelve people answered; the one of Leeds could be told from them by their unit."""
    with acting_for(acme):
        survey = published("How is it here", "employees")
        for place in range(12):
            respond(None, place % 11, survey=survey, channel="email", touchpoint="yearly")
        Response.objects.filter(pk=Response.objects.first().pk).update(
            unit=acme_units.leeds, touchpoint="exit", language="fr", channel="link"
        )
        one = Response.objects.get(unit=acme_units.leeds)
    client, query = as_(alice), {"survey": opaque.encode("survey", survey.pk), "period": "all"}
    file = b"".join(client.get(reverse("answer_export", args=[acme.slug]), query).streaming_content).decode()
    told = api(acme).get("/api/v1/responses").json()["items"]
    page = client.get(reverse("answer_detail", args=[acme.slug, one.pk])).content.decode()
    rows = client.get(reverse("answer_list", args=[acme.slug]), query).content.decode()
    assert len(file.splitlines()) == 13 and len(told) == 12
    for text in (file, page.split("<main")[1], rows.split("<table")[1]):
        assert "Leeds" not in text and "exit" not in text
    assert {(each["unit"], each["channel"], each["touchpoint"], each["language"]) for each in told} == {
        (None, "", "", "")
    }


@pytest.mark.parametrize("seed", range(30))
def test_no_sum_of_told_groups_speaks_of_few(seed):
    """Tried out: every combination of the told groups with small whole factors, on random people."""
    chance = random.Random(seed)
    parts = {}
    for part in itertools.product((False, True), repeat=4):
        if size := chance.choice([0, 0, 1, 3, 9, 12, 40]):
            parts[part] = size
    told = privacy.tellable_sums(parts, range(4), 10)
    whole = sum(parts.values())
    for factors in itertools.product(range(-2, 3), repeat=len(told) + 1):
        made = {
            part: factors[0]
            + sum(factor for factor, group in zip(factors[1:], told, strict=True) if part[group])
            for part in parts
        }
        if told and set(made.values()) <= {0, 1}:
            size = sum(parts[part] for part, value in made.items() if value)
            assert size == 0 or size >= 10, (parts, told, factors)
    for group in told:
        inside = sum(size for part, size in parts.items() if part[group])
        assert inside == 0 or inside >= 10
        assert inside == whole or whole - inside >= 10
