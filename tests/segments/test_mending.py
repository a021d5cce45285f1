"""The file of problems, mended and brought in again: nothing is asked anew, nobody comes in twice."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Membership, Organization
from accounts.tenancy.context import acting_for
from segments import importing
from segments.models import Attribute, Customer, CustomerImport, ImportRowError
from tests.factories.segments import AttributeFactory

HEAD = ["Key", "Mail", "Call", "Who", "Bought on", "Spent", "Left over"]
CHOSEN = ["external_id", "email", "phone", "name", "new", "attribute:spent", "ignore"]
PEOPLE = 240
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mona_in(mona: Membership, as_: Callable[..., Client]) -> Client:
    return as_(mona)


def upload(client: Client, rows: list[list[str]], name: str) -> CustomerImport:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    begun = client.post("/o/acme/imports/new/", {"file": SimpleUploadedFile(name, out.getvalue().encode())})
    assert begun.status_code == 302, begun.content.decode()
    return CustomerImport.objects.get(pk=int(begun.headers["Location"].split("/")[-3]))


def run(client: Client, acme: Organization, one: CustomerImport, **chosen: str) -> CustomerImport:
    client.post(f"/o/acme/imports/{one.pk}/columns/", {"existing": "update", "ground": "contract", **chosen})
    client.post(f"/o/acme/imports/{one.pk}/start/")
    assert importing.run(acme.pk, one.pk) is False
    return CustomerImport.objects.get(pk=one.pk)


def people() -> list[list[str]]:
    """Every sixth row has a fault, each of another kind; names and phones begin like formulas."""
    rows = []
    for number in range(PEOPLE):
        row = [
            f"K{number}",
            f"p{number}@x.example",
            f"+4930900{number:05d}",
            f"=P {number}",
            "2026-03-04",
            "5",
            "-",
        ]
        match number % 30:
            case 0:
                row[1] = "no address"
            case 6:
                row[2] = "+49 nonsense"
            case 12:
                row[4] = "31.31.2026"
            case 18:
                row[5] = "many"
            case 24:
                row[4] = ""
        rows.append(row)
    return rows


def mended(row: dict[str, str]) -> list[str]:
    number = int(row["Key"][1:])
    right = {
        "Mail": f"p{number}@x.example",
        "Call": f"+4930900{number:05d}",
        "Bought on": "2026-03-04",
        "Spent": "5",
    }
    return [*(right.get(name, row[name]) for name in HEAD), row["Loopwell row"], row["Loopwell problem"]]


@pytest.mark.row("B2", "mend and re-import")
def test_a_mended_file_of_problems_leaves_no_error_and_no_double(acme: Organization, mona_in: Client) -> None:
    with acting_for(acme):
        AttributeFactory(key="spent", label="Spent", kind="number")
        first = upload(mona_in, [HEAD, *people()], "spring.csv")
    chosen = {f"to.{place}": to for place, to in enumerate(CHOSEN)}
    with acting_for(acme):
        first = run(mona_in, acme, first, **chosen, **{"label.4": "Bought", "kind.4": "date"})
        assert (first.created, first.refused, first.warned) == (PEOPLE - 32, 32, 8)
    text = b"".join(mona_in.get(f"/o/acme/imports/{first.pk}/problems.csv").streaming_content)
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
    assert len(rows) == 40
    assert all(row["Who"].startswith("'=P ") for row in rows)  # no spreadsheet takes it for a formula

    with acting_for(acme):
        second = upload(
            mona_in, [[*HEAD, "Loopwell row", "Loopwell problem"], *map(mended, rows)], "mended.csv"
        )
        assert second.header == HEAD
        assert [column.to for column in importing.columns_of(second)] == [
            "attribute:bought_on" if to == "new" else to for to in CHOSEN
        ]
    shown = mona_in.get(f"/o/acme/imports/{second.pk}/columns/").content.decode()
    assert "“spring.csv”" in shown
    with acting_for(acme):
        second = run(mona_in, acme, second)
        assert (second.created, second.refused, second.warned) == (32, 0, 0)
        assert not ImportRowError.objects.filter(customer_import=second).exists()
        assert Customer.objects.count() == PEOPLE
        assert Attribute.objects.count() == 2
        told = {
            (one.email, one.phone, one.name, one.attributes["bought_on"]) for one in Customer.objects.all()
        }
        assert told == {(row[1], row[2], row[3], "2026-03-04") for row in map(as_meant, range(PEOPLE))}


def as_meant(number: int) -> list[str]:
    return [f"K{number}", f"p{number}@x.example", f"+4930900{number:05d}", f"=P {number}"]


def test_what_was_chosen_once_is_proposed_only_for_the_same_columns(
    acme: Organization, mona_in: Client, monkeypatch: Any
) -> None:
    with acting_for(acme):
        AttributeFactory(key="spent", label="Spent", kind="number")
        first = upload(mona_in, [HEAD, *people()[1:3]], "spring.csv")
        run(
            mona_in,
            acme,
            first,
            **{f"to.{place}": to for place, to in enumerate(CHOSEN)},
            **{"kind.4": "date"},
        )
        other = upload(mona_in, [HEAD[:-1], *[row[:-1] for row in people()[1:3]]], "other.csv")
        assert other.preview["about"]["as_before"] == ""
        Attribute.objects.get(key="bought_on").delete()
        again = upload(mona_in, [HEAD, *people()[1:3]], "again.csv")
        assert importing.columns_of(again)[4].to == "new"  # the attribute of then is gone
