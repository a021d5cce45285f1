"""The pages of People: found, read, changed, and closed to those they are not for."""

import csv
import html
import io
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts import opaque
from accounts.models import AuditEntry, Membership, Organization
from accounts.tenancy.context import acting_for
from segments import catalog, compiling, consenting, importing, library, timeline
from segments.models import Attribute, Customer, CustomerImport, Segment, SegmentMember
from segments.rules import read_rule
from tests.factories.segments import (
    AttributeFactory,
    ConsentFactory,
    CustomerFactory,
    SegmentFactory,
    scored,
)

LogIn = Callable[..., Client]


@pytest.fixture
def mona_in(mona: Membership, as_: LogIn) -> Client:
    return as_(mona)


def page(client: Client, path: str) -> str:
    response = client.get(f"/o/acme/{path}")
    assert response.status_code == 200, response.status_code
    return response.content.decode()


# --- customers ------------------------------------------------------------------------------------------------


def test_a_customer_is_found_by_name_address_or_id(acme: Organization, mona_in: Client) -> None:
    with acting_for(acme):
        CustomerFactory(name="Ann Okafor", email="ann@okafor.example", external_id="K-7")
        CustomerFactory(name="Bob Ray", email="bob@ray.example")
    for query in ("okaf", "ann@", "K-7", "ANN@OKAFOR.EXAMPLE"):
        body = page(mona_in, f"customers/?q={query}")
        assert "Ann Okafor" in body and "Bob Ray" not in body
    assert "Nobody fits this search." in page(mona_in, "customers/?q=nobody")


def test_the_list_goes_on_where_it_stopped_whatever_the_order(acme: Organization, mona_in: Client) -> None:
    import re

    with acting_for(acme):
        for number in range(120):
            CustomerFactory(name=f"P{number % 7}", last_score=number % 11 if number % 3 else None)
    for sort in ("name", "-name", "score", "-score", "since", "-answered"):
        seen: list[str] = []
        path: str | None = f"customers/?sort={sort}"
        while path is not None:
            body = page(mona_in, path)
            seen += re.findall(r'/customers/(\d+)/"', body)
            more = re.search(r'rel="next" href="([^"]+)"', body)
            path = "customers/" + more[1].replace("&amp;", "&") if more else None
        assert len(seen) == len(set(seen)) == 120, sort


@pytest.mark.row(
    "B1",
    "customer records with attributes the business declares (text, number, money, date, yes/no, choice, list)",
)
def test_a_customer_is_added_and_corrected_with_typed_attributes(acme: Organization, mona_in: Client) -> None:
    with acting_for(acme):
        for kind in ("text", "number", "money", "date", "yes_no", "choice", "list"):
            AttributeFactory(
                key=kind, kind=kind, currency="EUR" if kind == "money" else "",
                choices=["gold", "silver"] if kind == "choice" else [],
            )  # fmt: skip
    given = {
        "name": "Ann Okafor", "email": "Ann@Okafor.example", "phone": "+44 117 496 0123", "external_id": "K-7",
        "attribute_text": "likes tea", "attribute_number": "3.5", "attribute_money": "1,234.50",
        "attribute_date": "2026-01-31", "attribute_yes_no": "yes", "attribute_choice": "gold",
        "attribute_list": "lamps; rugs",
    }  # fmt: skip
    assert mona_in.post("/o/acme/customers/new/", given).status_code == 302
    with acting_for(acme):
        ann = Customer.objects.get()
        assert ann.attributes == {
            "text": "likes tea", "number": 3.5, "money": 1234.5, "date": "2026-01-31", "yes_no": True,
            "choice": "gold", "list": ["lamps", "rugs"],
        }  # fmt: skip
        assert (ann.phone, ann.email_lower) == ("+441174960123", "ann@okafor.example")
    body = page(mona_in, f"customers/{ann.pk}/")
    assert "1234.5 EUR" in body and "lamps; rugs" in body
    wrong = mona_in.post(
        f"/o/acme/customers/{ann.pk}/edit/",
        {
            **given,
            "revision": ann.revision,
            "attribute_number": "many",
            "attribute_date": "31 Jan",
            "email": "x",
        },
    )
    assert wrong.status_code == 422
    text = wrong.content.decode()
    assert "“many” is not a number." in text and "is not a date" in text and "is not an e-mail" in text


def test_a_stale_correction_is_told_and_its_text_is_kept(acme: Organization, mona_in: Client) -> None:
    with acting_for(acme):
        ann = CustomerFactory(name="Ann")
        Customer.objects.filter(pk=ann.pk).update(revision=2)
    late = mona_in.post(f"/o/acme/customers/{ann.pk}/edit/", {"name": "Ann Late", "revision": 1})
    assert late.status_code == 409
    assert "Ann Late" in late.content.decode() and "in the meantime" in late.content.decode()
    with acting_for(acme):
        assert Customer.objects.get().name == "Ann"


def test_a_deleted_customer_can_be_brought_back(acme: Organization, mona_in: Client) -> None:
    with acting_for(acme):
        ann = CustomerFactory(name="Ann Okafor")
    gone = mona_in.post(f"/o/acme/customers/{ann.pk}/deletion/", follow=True).content.decode()
    assert "Ann Okafor was deleted" in gone
    assert mona_in.get(f"/o/acme/customers/{ann.pk}/").status_code == 404
    undo = gone.split("/customers/deletions/")[1].split("/")[0]
    mona_in.post(f"/o/acme/customers/deletions/{undo}/undo/")
    assert mona_in.get(f"/o/acme/customers/{ann.pk}/").status_code == 200


@pytest.mark.row("B2", "export")
def test_the_export_reads_back_and_carries_no_formula(acme: Organization, mona_in: Client) -> None:
    with acting_for(acme):
        AttributeFactory(key="note", kind="text")
        CustomerFactory(
            name="=HYPERLINK(1)", email="ann@x.example", external_id="K-7", attributes={"note": "+1+1|cmd"}
        )
        CustomerFactory(name="Bob Ray", email="bob@x.example")
    response = mona_in.get("/o/acme/customers/export.csv?q=ann")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["external_id"], row["name"], row["note"]) for row in rows] == [
        ("K-7", "'=HYPERLINK(1)", "'+1+1|cmd")
    ]
    with acting_for(acme):
        assert AuditEntry.objects.get(action="customer.export").details["customers"] == 1


@pytest.mark.row("B7", "facts")
@pytest.mark.row("B7", '"what may we send, and why (not)"')
def test_the_customer_page_says_what_may_be_sent_and_why_not(
    acme: Organization, mona_in: Client, settings: Any
) -> None:
    with acting_for(acme):
        ann = scored(3, name="Ann Okafor", attributes={"city": "Bristol"}, stage="loyal")
        AttributeFactory(key="city", label="City")
        ConsentFactory(customer=ann, channel="email", purpose="surveys", allowed=False)
        consenting.allow(ann, "email", "marketing", source="shop", evidence="box at check-out")
        timeline.append(ann, "order placed", amount=89, currency="EUR")
    body = page(mona_in, f"customers/{ann.pk}/")
    assert "refused, " in body and "no consent recorded" in body and "no address" in body
    assert "Bristol" in body and "Loyal" in body and "Order placed" in body and "89.00 EUR" in body
    assert "box at check-out" in body


def test_a_branch_sees_its_own_people_only(
    acme: Organization, acme_units: Any, agnes: Membership, as_: LogIn
) -> None:
    with acting_for(acme):
        leeds = CustomerFactory(name="Lee Leeds", unit=acme_units.leeds)
        dover = CustomerFactory(name="Dora Dover", unit=acme_units.dover)
    browser = as_(agnes)
    body = page(browser, "customers/")
    assert "Lee Leeds" in body and "Dora Dover" not in body
    assert browser.get(f"/o/acme/customers/{leeds.pk}/").status_code == 200
    assert browser.get(f"/o/acme/customers/{dover.pk}/").status_code == 404


# --- segments -------------------------------------------------------------------------------------------------


def rows(*fields: dict[str, str]) -> dict[str, str]:
    """The form as a browser without script sends it."""
    given = {"name": "Loyal and slipping", "g.root": "all", "revision": "0"}
    for one in fields:
        given |= one
    return given


def row(place: str, field: str, operator: str, value: str = "", **options: str) -> dict[str, str]:
    told = {f"f.{place}": field, f"was.{place}": field, f"o.{place}": operator, f"v.{place}": value}
    return told | {f"x.{place}.{name}": text for name, text in options.items()}


@pytest.mark.row("E1", "rule builder in the browser", "nested all/any/not")
def test_a_segment_is_built_without_a_script(acme: Organization, mona_in: Client) -> None:
    with acting_for(acme):
        scored(3, name="Ann Okafor", stage="loyal")
        scored(10, name="Bob Ray", stage="loyal")
    form = rows(row("0", "stage", "is", "loyal"))
    added = mona_in.post("/o/acme/segments/new/", {**form, "do": "group:"}).content.decode()
    assert 'name="f.1.0"' in added and Segment.unlocked.model.__name__ == "Segment"
    form |= {
        "g.1": "any",
        **row("1.0", "score", "at_most", "6"),
        **row("1.1", "event_count", "is", "2", event="order placed", days="60"),
    }
    looked = mona_in.post("/o/acme/segments/new/", {**form, "do": "look"}).content.decode()
    assert "Ann Okafor" in looked and "Bob Ray" not in looked
    saved = mona_in.post("/o/acme/segments/new/", {**form, "do": "save"})
    assert saved.status_code == 302
    with acting_for(acme):
        segment = Segment.objects.get()
        assert segment.rule == {
            "all": [
                {"field": "stage", "operator": "is", "value": "loyal"},
                {"any": [
                    {"field": "score", "operator": "at_most", "value": 6},
                    {"field": "event_count", "event": "order placed", "days": 60, "operator": "is", "value": 2},
                ]},
            ]
        }  # fmt: skip
    body = page(mona_in, f"segments/{segment.pk}/")
    assert "number of “order placed” in the last 60 days" in body


@pytest.mark.row("E1", "live count")
@pytest.mark.row("E1", "tells the rule in an English sentence")
def test_the_live_part_counts_and_tells_while_editing(acme: Organization, mona_in: Client) -> None:
    with acting_for(acme):
        scored(3, name="Ann Okafor")
        scored(9, name="Bob Ray")
    form = rows(row("0", "score", "at_least", "9"))
    body = mona_in.post("/o/acme/segments/try/", form).content.decode()
    assert "<html" not in body
    assert "Customers" in body and "whose last score is " in body and "at least 9" in body
    assert ">1</span>" in body and "50.0" in body and "Bob Ray" in body
    asked = mona_in.post("/o/acme/segments/try/", {**form, "person": "ann"}).content.decode()
    assert "not in it" in asked


def test_a_gap_in_a_rule_is_told_at_its_row_and_nothing_is_saved(acme: Organization, mona_in: Client) -> None:
    form = rows(row("0", "stage", "is", "loyal"), row("1", "score", "at_least", "many"))
    refused = mona_in.post("/o/acme/segments/new/", {**form, "do": "save"})
    assert refused.status_code == 422
    text = refused.content.decode()
    assert 'id="e-1"' in text and "Expected a number." in text
    with acting_for(acme):
        assert not Segment.objects.exists()


def test_a_segment_in_use_cannot_be_deleted_and_says_by_whom(acme: Organization, mona_in: Client) -> None:
    with acting_for(acme):
        inner = SegmentFactory(name="Inner")
        SegmentFactory(
            name="Outer",
            rule={
                "all": [
                    {"field": "segment", "operator": "is_in", "value": opaque.encode("segment", inner.pk)}
                ]
            },
        )
    refused = mona_in.post(f"/o/acme/segments/{inner.pk}/deletion/", follow=True).content.decode()
    assert "Outer" in refused
    with acting_for(acme):
        assert Segment.objects.present().count() == 2


@pytest.mark.row("E5", "where-used")
def test_the_list_of_segments_says_how_many_and_who_uses_it(acme: Organization, mona_in: Client) -> None:
    with acting_for(acme):
        CustomerFactory.create_batch(3)
        inner = SegmentFactory(name="Inner")
        SegmentFactory(
            name="Outer",
            rule={
                "all": [
                    {"field": "segment", "operator": "is_in", "value": opaque.encode("segment", inner.pk)}
                ]
            },
        )
    body = page(mona_in, "segments/")
    assert "segment “Outer”" in body and '<td class="num" data-label="People">3</td>' in body
    assert "Outer" not in page(mona_in, "segments/?q=inner").split("segment “Outer”")[1]


@pytest.mark.row("E5", "frozen snapshots")
def test_a_frozen_list_keeps_those_who_were_in_it(acme: Organization, mona_in: Client) -> None:
    with acting_for(acme):
        ann = scored(10)
        segment = SegmentFactory(rule={"all": [{"field": "score", "operator": "at_least", "value": 9}]})
    mona_in.post(f"/o/acme/segments/{segment.pk}/frozen/")
    with acting_for(acme):
        Customer.objects.update(last_score=2)
        frozen = Segment.objects.get(static=True)
        assert list(SegmentMember.objects.filter(segment=frozen).values_list("customer_id", flat=True)) == [
            ann.pk
        ]
    assert ann.shown_name in page(mona_in, f"segments/{frozen.pk}/")


@pytest.mark.row("E4", "promoters", "passives", "detractors")
def test_every_ready_segment_can_be_taken_and_counts(
    acme: Organization, mona_in: Client, actor_of: Any, mona: Membership
) -> None:
    with acting_for(acme):
        AttributeFactory(key="spent", label="Spent", kind="money", currency="EUR")
        scored(3), scored(8), scored(10)
    body = page(mona_in, "segments/ready/")
    assert "Promoters" in body and "Top 5 % by Spent" in body
    with acting_for(acme):
        keys = [one["key"] for one in library.ready()]
    assert len(keys) >= 17
    for key in keys:
        assert mona_in.post("/o/acme/segments/ready/", {"key": key}).status_code == 302
    for _ in range(len(keys) // 10 + 1):
        page(mona_in, "segments/")  # counts a few of those that were never counted
    with acting_for(acme):
        counted = dict(Segment.objects.values_list("ready_key", "counted"))
    assert None not in counted.values()
    assert (counted["promoters"], counted["passives"], counted["detractors"]) == (1, 1, 1)
    assert mona_in.post("/o/acme/segments/ready/", {"key": "nothing"}).status_code == 404


# --- imports --------------------------------------------------------------------------------------------------


@pytest.mark.row("B2", "progress bar")
def test_a_file_is_uploaded_mapped_tried_run_and_its_bad_rows_come_back(
    acme: Organization, mona_in: Client
) -> None:
    raw = b"Customer ID,E-mail,Name,Spent\n1,ann@x.example,Ann Lee,5\n2,broken,Bob Ray,6\n3,cy@x.example,Cy Poe,7\n"
    begun = mona_in.post("/o/acme/imports/new/", {"file": SimpleUploadedFile("people.csv", raw)})
    assert begun.status_code == 302
    with acting_for(acme):
        one = CustomerImport.objects.get()
    body = page(mona_in, f"imports/{one.pk}/columns/")
    assert "Customer ID" in body and "Ann Lee" in body
    unsaid = mona_in.post(f"/o/acme/imports/{one.pk}/columns/", {"existing": "update"})
    assert unsaid.status_code == 422
    tried = mona_in.post(
        f"/o/acme/imports/{one.pk}/columns/", {"existing": "update", "ground": "contract"}, follow=True
    ).content.decode()
    assert "What would happen" in tried and "“broken” is not an e-mail address." in tried
    with acting_for(acme):
        assert not Customer.objects.exists()
    mona_in.post(f"/o/acme/imports/{one.pk}/start/")
    running = page(mona_in, f"imports/{one.pk}/")
    assert "<progress" in running and "Stop here" in running
    assert "<progress" in page(mona_in, f"imports/{one.pk}/progress/")
    assert importing.run(acme.pk, one.pk) is False
    done = page(mona_in, f"imports/{one.pk}/")
    assert "Rows with a problem" in done
    problems = mona_in.get(f"/o/acme/imports/{one.pk}/problems.csv")
    text = b"".join(problems.streaming_content).decode("utf-8-sig")
    row = next(csv.DictReader(io.StringIO(text)))
    assert row["E-mail"] == "broken" and row["Loopwell row"] == "2"
    with acting_for(acme):
        assert Customer.objects.count() == 2
        assert Customer.objects.first().mode == "live"
    mended = text.replace("broken", "bob@x.example").encode("utf-8-sig")
    again = mona_in.post("/o/acme/imports/new/", {"file": SimpleUploadedFile("mended.csv", mended)})
    path = again.headers["Location"]
    mona_in.post(path, {"existing": "update", "ground": "contract"})
    with acting_for(acme):
        second = CustomerImport.objects.latest("id")
    mona_in.post(f"/o/acme/imports/{second.pk}/start/")
    importing.run(acme.pk, second.pk)
    with acting_for(acme):
        assert Customer.objects.count() == 3
        assert Attribute.objects.count() == 1


def test_a_file_that_is_no_table_is_refused_on_the_page(acme: Organization, mona_in: Client) -> None:
    refused = mona_in.post("/o/acme/imports/new/", {"file": SimpleUploadedFile("people.xlsx", b"PK\x03\x04")})
    assert refused.status_code == 422 and "damaged" in refused.content.decode()


def test_a_running_import_can_be_stopped(acme: Organization, mona_in: Client, acme_system: Any) -> None:
    with acting_for(acme):
        one = importing.begin(
            b"id\n" + b"".join(b"%d\n" % n for n in range(50)), name="x.csv", by=acme_system
        )
        importing.choose(one, importing.columns_of(one), by=acme_system)
        importing.start(one, by=acme_system)
        importing.step(one, chunk=20)
    mona_in.post(f"/o/acme/imports/{one.pk}/cancellation/")
    assert importing.run(acme.pk, one.pk) is False
    with acting_for(acme):
        assert Customer.objects.count() == 20


FIRST_PAGES = "customers customers/new segments segments/ready segments/new imports imports/new".split()


@pytest.mark.parametrize("path", FIRST_PAGES)
def test_empty_pages_say_what_to_do_first(path: str, acme: Organization, mona_in: Client) -> None:
    assert page(mona_in, f"{path}/")


def test_an_agent_may_look_and_not_make(acme: Organization, agnes: Membership, as_: LogIn) -> None:
    browser = as_(agnes)
    with acting_for(acme):
        segment = SegmentFactory()
    assert "disabled" in page(browser, f"segments/{segment.pk}/")
    assert browser.post(f"/o/acme/segments/{segment.pk}/", {"do": "save"}).status_code == 403
    assert browser.get("/o/acme/imports/").status_code == 403
    assert browser.get("/o/acme/customers/export.csv").status_code == 403


@pytest.mark.row("B7", "one timeline of everything")
@pytest.mark.row("B7", "current score and movement")
def test_the_timeline_quotes_to_those_who_may_read_and_tells_the_others_nothing_of_it(
    acme: Organization, mona_in: Client, vera: Membership, as_: LogIn
) -> None:
    from tests.factories.surveys import published, respond

    with acting_for(acme):
        ann = scored(9, name="Ann Okafor")
        timeline.append(ann, "order placed", amount=89, currency="EUR")
        survey = published("After purchase")
        respond(score=3, comment="Third time the lamp came in pieces.", survey=survey, customer=ann)
    body = page(mona_in, f"customers/{ann.pk}/")
    assert "Third time the lamp came in pieces." in body and "Answered “After purchase”" in body
    assert "promoter → detractor" in body
    only = page(mona_in, f"customers/{ann.pk}/?show=answer")
    assert "the lamp came in pieces" in only and "Order placed" not in only
    assert "the lamp came in pieces" not in page(as_(vera), f"customers/{ann.pk}/")


@pytest.mark.row("E1", "NPS of the segment while editing")
def test_the_nps_of_a_segment_stands_beside_its_rule(acme: Organization, mona_in: Client) -> None:
    with acting_for(acme):
        for score in (10, 10, 9, 7, 3):
            scored(score)
    form = rows(row("0", "score", "is_known"))
    body = mona_in.post("/o/acme/segments/try/", form).content.decode()
    assert "NPS of this segment" in body and "+40" in body and "n = 5" in body


@pytest.mark.row("E1", "sample")
def test_the_newest_five_are_shown_as_a_sample(acme: Organization, mona_in: Client) -> None:
    with acting_for(acme):
        people = [CustomerFactory(name=f"Person number {number:02}") for number in range(9)]
    body = mona_in.post("/o/acme/segments/try/", rows()).content.decode()
    assert people[8].name in body and people[4].name in body and people[3].name not in body


# --- a search that is kept as a segment -----------------------------------------------------------------------


@pytest.mark.row("E5", "saved search -> segment")
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("category=promoter", {"Ann Okafor", "Bob Ray"}),
        ("category=none", {"Cleo Quiet"}),
        ("q=ann", {"Ann Okafor"}),
        ("q=BOB@&category=promoter", {"Bob Ray"}),
        ("q=K-7", {"Cleo Quiet"}),
        ("attribute=city", {"Ann Okafor", "Cleo Quiet"}),
        ("attribute=city&value=Bristol", {"Ann Okafor"}),
        ("attribute=spent&value=12.50", {"Bob Ray"}),
        ("attribute=member&value=yes", {"Cleo Quiet"}),
        ("attribute=hobbies&value=sailing", {"Bob Ray"}),
    ],
)
def test_a_search_becomes_a_segment_of_the_same_people(
    acme: Organization, mona_in: Client, query: str, names: set[str]
) -> None:
    with acting_for(acme):
        for key, kind in (("city", "text"), ("spent", "number"), ("member", "yes_no"), ("hobbies", "list")):
            AttributeFactory(key=key, kind=kind)
        scored(9, name="Ann Okafor", attributes={"city": "Bristol"})
        scored(
            10,
            name="Bob Ray",
            email="bob@ray.example",
            attributes={"spent": 12.5, "hobbies": ["sailing", "tea"]},
        )
        CustomerFactory(name="Cleo Quiet", external_id="K-7", attributes={"city": "Leeds", "member": True})
    listed = page(mona_in, f"customers/?{query}")
    (link,) = re.findall(r'href="([^"]*/segments/new/\?rule=[^"]*)"', listed)
    builder = mona_in.get(html.unescape(link))
    form = dict(re.findall(r'name="((?:[gfovw]|was|x)\.[\w.]+)" value="([^"]*)"', builder.content.decode()))
    assert form, "the builder begins empty"
    with acting_for(acme):
        rule = json.loads(parse_qs(urlsplit(html.unescape(link)).query)["rule"][0])
        found = compiling.found_by(read_rule(rule, catalog.vocabulary()))
        assert {customer.name for customer in found} == names
        seen = {name for name in ("Ann Okafor", "Bob Ray", "Cleo Quiet") if name in listed}
    assert seen == names


def test_a_list_of_everybody_is_no_search_to_keep(acme: Organization, mona_in: Client) -> None:
    assert "/segments/new/?rule=" not in page(mona_in, "customers/")
