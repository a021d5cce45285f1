"""A file on its way in: every kind of file the world sends, and a process that may die at any chunk."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from accounts.acting import Actor
from accounts.models import Organization, Role
from accounts.tenancy.context import acting_for
from segments import importing
from segments.models import (
    Attribute,
    Customer,
    CustomerImport,
    CustomerKey,
    ImportRowError,
    ImportState,
)
from segments.sheets import BadFile, read_sheet
from tests.factories.accounts import member
from tests.factories.segments import AttributeFactory, CustomerFactory

PEOPLE = "Customer ID,E-mail,First name,Last name,Plan,Spent\n"


def table(*rows: str, head: str = PEOPLE) -> bytes:
    return (head + "".join(f"{row}\n" for row in rows)).encode()


def bring_in(raw: bytes, by: Actor, *, chunk: int = 2_000, **choices: Any) -> CustomerImport:
    """The whole way, with the proposal taken as it is."""
    begun = importing.begin(raw, name="people.csv", by=by)
    importing.choose(begun, importing.columns_of(begun), by=by, **choices)
    importing.start(begun, by=by)
    while importing.step(begun, chunk=chunk):
        pass
    begun.refresh_from_db()
    return begun


def checksum() -> str:
    """Everything an import leaves behind, but the numbers of rows and the times."""
    people = [
        [customer.name, customer.email, customer.phone, customer.attributes,
         sorted(customer.keys.values_list("kind", "value"))]
        for customer in Customer.objects.order_by("email_lower", "name")
    ]  # fmt: skip
    errors = list(ImportRowError.objects.order_by("row_number", "id").values_list("row_number", "message"))
    return hashlib.sha256(json.dumps([people, errors], sort_keys=True).encode()).hexdigest()


@pytest.mark.shared
@pytest.mark.row("B2", "import CSV")
def test_real_customers_come_in_and_what_was_blank_is_reported(
    in_acme: Organization, acme_system: Actor, shared: Path
) -> None:
    done = bring_in((shared / "data" / "telco_customers.csv").read_bytes(), acme_system)
    assert (done.state, done.created, done.refused, done.warned) == (ImportState.DONE, 7043, 0, 11)
    assert Customer.objects.count() == 7043
    warnings = ImportRowError.objects.filter(customer_import=done, warning=True)
    assert {warning.column for warning in warnings} == {"TotalCharges"}
    kinds = dict(Attribute.objects.values_list("key", "kind"))
    assert kinds["tenure"] == "number" and kinds["monthly_charges"] == "money" and kinds["churn"] == "yes_no"
    assert kinds["contract"] == "choice"
    contract = Attribute.objects.get(key="contract")
    assert contract.choices == ["Month-to-month", "One year", "Two year"]
    blank = Customer.objects.exclude(attributes__has_key="total_charges")
    assert blank.count() == 11
    total = sum(Customer.objects.values_list("attributes__tenure", flat=True))
    assert total == 227990


@pytest.mark.shared
def test_a_second_source_with_other_letters_and_names_is_merged_onto_the_first(
    in_acme: Organization, acme_system: Actor, shared: Path
) -> None:
    bring_in((shared / "data" / "telco_customers.csv").read_bytes(), acme_system)
    done = bring_in((shared / "data" / "telco_demographics_dirty.csv").read_bytes(), acme_system)
    assert done.delimiter == ";" and done.created == 0
    assert done.updated + done.refused == 7043
    assert Customer.objects.count() == 7043
    assert Customer.objects.filter(attributes__has_key="idade").count() > 6_900


@pytest.mark.row("B2", "column mapping with suggestions")
def test_columns_are_known_by_name_else_by_their_values(in_acme: Organization, acme_system: Actor) -> None:
    AttributeFactory(key="plan", label="Plan", kind="choice", choices=["Gold", "Silver"])
    raw = (
        b"Kundennummer;Kontakt;Vorname;Plan;Umsatz total;Letzter Kauf;Newsletter;Notiz\n"
        b"1;ann@x.example;Ann;Gold;1.234,50;31.01.2026;ja;ruft gern an\n"
        b"2;bob@x.example;Bob;Silver;7,25;28.02.2026;nein;-\n"
    )
    begun = importing.begin(raw, name="kunden.csv", by=acme_system)
    found = {
        name: (column.to, column.kind)
        for name, column in zip(begun.header, importing.columns_of(begun), strict=True)
    }
    assert found == {
        "Kundennummer": ("external_id", ""),
        "Kontakt": ("email", ""),
        "Vorname": ("first_name", ""),
        "Plan": ("attribute:plan", ""),
        "Umsatz total": ("new", "money"),
        "Letzter Kauf": ("new", "date"),
        "Newsletter": ("new", "yes_no"),
        "Notiz": ("new", "text"),
    }
    done = bring_in(raw, acme_system)
    assert done.created == 2
    ann = CustomerKey.objects.get(kind="external", value="1").customer
    assert ann.attributes == {
        "plan": "Gold", "umsatz_total": 1234.5, "letzter_kauf": "2026-01-31", "newsletter": True,
        "notiz": "ruft gern an",
    }  # fmt: skip


@pytest.mark.row("B2", "dry run")
def test_trying_counts_and_writes_nothing(in_acme: Organization, acme_system: Actor) -> None:
    bring_in(table("1,ann@x.example,Ann,Lee,Gold,5"), acme_system)
    begun = importing.begin(
        table("1,ann@x.example,Ann,Lee,Gold,6", "2,bob@x.example,Bob,Ray,Gold,7", "3,broken,Cy,Poe,Gold,8"),
        name="again.csv",
        by=acme_system,
    )
    ready = importing.choose(begun, importing.columns_of(begun), by=acme_system)
    tried = ready.preview["tried"]
    assert (tried["rows"], tried["created"], tried["updated"], tried["refused"]) == (3, 1, 1, 1)
    assert tried["examples"] == [
        {"row": 3, "column": "E-mail", "problem": "“broken” is not an e-mail address.", "refused": True}
    ]
    assert Customer.objects.count() == 1


@pytest.mark.row("B2", "one error per bad row in a file to download")
def test_bad_rows_are_reported_one_by_one_and_the_others_come_in(
    in_acme: Organization, acme_system: Actor
) -> None:
    rows = [
        "1,ann@x.example,Ann,Lee,Gold,5",
        ",,Nobody,None,Gold,5",
        "3,not an address,Cy,Poe,Gold,5",
        "4,dee@x.example,Dee,Fox,Gold,many",
        "5,eve@x.example,Eve,Ash,Gold,5,stray,cells",
        "6,fay@x.example,Fay,Elm,Gold,6",
    ]
    AttributeFactory(key="spent", label="Spent", kind="number")
    done = bring_in(table(*rows), acme_system)
    assert (done.created, done.refused) == (2, 4)
    told = list(
        ImportRowError.objects.order_by("row_number").values_list("row_number", "column", "message", "cells")
    )
    assert [line[:3] for line in told] == [
        (2, "Customer ID", "Give an external id, an e-mail address or a phone number."),
        (3, "E-mail", "“not an address” is not an e-mail address."),
        (4, "Spent", "“many” is not a number."),
        (5, "", "The row has 8 cells, the first row has 6."),
    ]
    assert told[1][3] == ["3", "not an address", "Cy", "Poe", "Gold", "5"]


def test_the_same_key_twice_in_a_file_is_applied_in_order_and_said(
    in_acme: Organization, acme_system: Actor
) -> None:
    rows = [
        "1,ann@x.example,Ann,Lee,Gold,5",
        "2,bob@x.example,Bob,Ray,Gold,5",
        "1,ann@x.example,Ann,Lee,Gold,9",
    ]
    for chunk in (1, 2, 100):
        Customer.objects.all().delete()
        Attribute.objects.all().delete()
        done = bring_in(table(*rows), acme_system, chunk=chunk)
        assert (done.created, done.updated, done.warned) == (2, 1, 1)
        assert CustomerKey.objects.get(value="1").customer.attributes["spent"] == 9
        warning = ImportRowError.objects.get(customer_import=done)
        assert warning.row_number == 3 and "earlier row" in warning.message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_the_letters_of_a_file_are_found_out(
    encoding: str, in_acme: Organization, acme_system: Actor
) -> None:
    raw = "Customer ID,Name\n1,Renée Müller\n".encode(encoding)
    done = bring_in(raw, acme_system)
    assert done.created == 1
    assert Customer.objects.get().name == "Renée Müller"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_separator_is_found_out(delimiter: str) -> None:
    sheet = read_sheet(f"id{delimiter}name\n1{delimiter}Lee\n2{delimiter}Ray".encode())
    assert (sheet.delimiter, sheet.header, sheet.rows) == (delimiter, ["id", "name"], 2)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"id,name\n", "no rows"),
        (b"1,ann@x.example,Ann\n2,bob@x.example,Bob\n", "must name the columns"),
        (b"id,name,NAME\n1,a,b\n", "Two columns"),
        (b"\x1f\x8bzipped", "neither a CSV file nor a workbook"),
        (b"id,name\n1,\x81\x8d\x9d\xff\n", "letters"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_plain_words(raw: bytes, sentence: str) -> None:
    with pytest.raises(BadFile, match=sentence):
        read_sheet(raw)


def test_a_cell_of_ten_megabytes_is_refused_with_its_row_and_the_rest_comes_in(
    in_acme: Organization, acme_system: Actor
) -> None:
    done = bring_in(
        table("1,ann@x.example,Ann,Lee,Gold,5", f"2,bob@x.example,{'B' * 10_485_760},Ray,Gold,5",
              "3,cy@x.example,Cy,Poe,Gold,5"),
        acme_system,
    )  # fmt: skip
    assert (done.created, done.refused) == (2, 1)
    error = ImportRowError.objects.get()
    assert error.column == "First name" and "10485760" in error.message
    assert len(json.dumps(error.cells)) < 500


def test_a_file_above_the_cap_is_refused() -> None:
    with pytest.raises(BadFile, match="50 MB"):
        read_sheet(b"id\n" + b"1" * (50 * 1024 * 1024))


def test_those_we_know_can_be_left_as_they_are(in_acme: Organization, acme_system: Actor) -> None:
    bring_in(table("1,ann@x.example,Ann,Lee,Gold,5"), acme_system)
    done = bring_in(
        table("1,other@x.example,Other,Name,Silver,9", "2,bob@x.example,Bob,Ray,Gold,5"),
        acme_system,
        existing="skip",
    )
    assert (done.created, done.skipped) == (1, 1)
    assert CustomerKey.objects.get(value="1").customer.name == "Ann Lee"


def test_a_column_must_tell_customers_apart(in_acme: Organization, acme_system: Actor) -> None:
    begun = importing.begin(b"name,plan\nAnn,Gold\n", name="people.csv", by=acme_system)
    with pytest.raises(importing.NotMapped, match="tell customers apart"):
        importing.choose(begun, importing.columns_of(begun), by=acme_system)


class Killed(Exception):
    pass


@pytest.mark.django_db(transaction=True)
@pytest.mark.row("B2", "resumable")
def test_killed_at_every_chunk_it_ends_as_if_undisturbed(acme: Organization, monkeypatch: Any) -> None:
    from accounts.acting import system_actor

    rows = [f"{n},p{n}@x.example,First{n},Last{n},{'Gold' if n % 3 else ''},{n}" for n in range(100)]
    rows[17] = "17,broken,A,B,Gold,1"
    rows[60] = rows[10]
    raw = table(*rows)

    def undisturbed() -> str:
        with acting_for(acme):
            bring_in(raw, system_actor(acme), chunk=9)
            result = checksum()
            for model in (ImportRowError, CustomerImport, CustomerKey, Customer, Attribute):
                model.objects.all().delete()
            return result

    wanted = undisturbed()
    with acting_for(acme):
        begun = importing.begin(raw, name="people.csv", by=system_actor(acme))
        importing.choose(begun, importing.columns_of(begun), by=system_actor(acme))
        importing.start(begun, by=system_actor(acme))
    kills = 0
    places = [(importing, "_settle"), (importing, "load"), (CustomerImport, "save")]
    more = True
    while more:
        for owner, name in places:
            real = getattr(owner, name)

            def dies(*args: Any, _real: Any = real, **kwargs: Any) -> Any:
                _real(*args, **kwargs)
                raise Killed

            with monkeypatch.context() as patch, pytest.raises(Killed), acting_for(acme):
                patch.setattr(owner, name, dies)
                importing.step(begun, chunk=9)
            kills += 1
        with acting_for(acme):
            more = importing.step(begun, chunk=9)
    assert kills == 36
    with acting_for(acme):
        assert checksum() == wanted
        # The control: a checksum that nothing could change would prove nothing.
        Customer.objects.filter(email="p5@x.example").update(name="Other")
        assert checksum() != wanted


def test_what_a_stranger_imports_stays_with_the_stranger(
    acme: Organization, globex: Organization, acme_system: Actor
) -> None:
    from accounts.acting import system_actor

    with acting_for(globex):
        bring_in(table("1,ann@x.example,Ann,Lee,Gold,5"), system_actor(globex))
    with acting_for(acme):
        assert Customer.objects.count() == 0
        CustomerFactory()
        assert bring_in(table("1,ann@x.example,Ann,Lee,Gold,5"), acme_system).created == 1


def test_a_member_of_a_branch_brings_in_customers_of_the_branch_and_changes_no_others(
    in_acme: Organization, acme_units: Any, actor_of: Any
) -> None:
    theirs = CustomerFactory(name="Theirs", email="theirs@customers.example", unit=acme_units.dover)
    CustomerKey.objects.create(customer=theirs, kind="external", value="c-1")
    by = actor_of(member(in_acme, "Nora North", Role.MANAGER, acme_units.north))
    done = bring_in(
        table("c-1,theirs@customers.example,Taken,Over,,", "c-2,new@customers.example,New,One,,"), by
    )
    assert (done.created, done.refused) == (1, 1)
    theirs.refresh_from_db()
    assert theirs.name == "Theirs"
    assert Customer.objects.get(email_lower="new@customers.example").unit == acme_units.north
    assert CustomerImport.objects.all().visible_to(by).count() == 1
    assert (
        CustomerImport.objects.all()
        .visible_to(actor_of(member(in_acme, "Sam South", Role.MANAGER, acme_units.south)))
        .count()
        == 0
    )
