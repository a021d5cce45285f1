"""Workbooks come in as the same rows would from a CSV file."""

import csv
import io
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from accounts.acting import Actor
from accounts.models import Organization
from segments import workbooks
from segments.models import Customer, CustomerKey
from segments.sheets import BadFile, read_sheet
from tests.segments.test_importing import bring_in


def workbook(**sheets: list[list[Any]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "remove_timezone": True}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            if name.startswith("Hidden"):
                sheet.hide()
            for row, cells in enumerate(rows):
                for column, value in enumerate(cells):
                    if isinstance(value, date):
                        sheet.write_datetime(row, column, value, day)
                    elif isinstance(value, str) and value.startswith("=FAULT"):
                        sheet.write_formula(row, column, "=1/0", None, "#DIV/0!")
                    else:
                        sheet.write(row, column, value)
    return out.getvalue()


@pytest.mark.shared
@pytest.mark.row("B2", "import XLSX")
def test_real_customers_come_in_from_a_workbook_as_from_csv(
    in_acme: Organization, acme_system: Actor, shared: Path
) -> None:
    raw = (shared / "data" / "telco_customers.csv").read_bytes()
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    typed = [rows[0], *([_typed(cell) for cell in row] for row in rows[1:])]
    bring_in(raw, acme_system)
    before = _known()
    assert len(before) == 7043
    Customer.objects.all().delete()
    from_workbook = bring_in(workbook(Customers=typed), acme_system)
    assert (from_workbook.created, from_workbook.refused, from_workbook.warned) == (7043, 0, 11)
    assert from_workbook.encoding == "workbook"
    assert _known() == before


def _known() -> dict[str, Any]:
    keys = CustomerKey.objects.filter(kind="external").select_related("customer")
    return {key.value: (key.customer.name, key.customer.attributes) for key in keys}


def _typed(cell: str) -> Any:
    try:
        return float(cell)
    except ValueError:
        return cell


def test_cells_read_as_somebody_would_have_typed_them() -> None:
    raw = workbook(
        People=[
            ["Id", "Since", "At", "Spent", "Share", "VIP", "Note", "Gone"],
            [
                12345678,
                date(2024, 2, 29),
                datetime(2024, 2, 29, 13, 5),
                12.0,
                0.1,
                True,
                "Grüße, “A”",
                "=FAULT",
            ],
        ]
    )
    assert read_sheet(raw).sample == [
        ["12345678", "2024-02-29", "2024-02-29 13:05:00", "12", "0.1", "yes", "Grüße, “A”", ""]
    ]


def test_the_first_sheet_with_rows_is_taken_and_the_others_are_named() -> None:
    raw = workbook(Cover=[], Hidden=[["id"], ["9"]], People=[["id"], ["1"], ["2"]], More=[["id"], ["3"]])
    sheet = read_sheet(raw)
    assert (sheet.taken, sheet.left, sheet.rows) == ("People", ["More"], 2)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"PK\x03\x04rest", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "cannot be read"),
        (b"PK\x03\x04" + bytes(workbooks.MOST_BYTES), "20 MB"),
    ],
)
def test_what_is_no_workbook_after_all_is_refused_in_plain_words(raw: bytes, sentence: str) -> None:
    with pytest.raises(BadFile, match=sentence):
        read_sheet(raw)


def test_an_archive_and_an_empty_workbook_are_refused() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("letters.txt", "hello")
    with pytest.raises(BadFile, match="cannot be read"):
        read_sheet(archive.getvalue())
    with pytest.raises(BadFile, match="No sheet"):
        read_sheet(workbook(Cover=[]))


def test_a_workbook_that_unpacks_to_a_giant_is_refused_before_it_is_read(monkeypatch: Any) -> None:
    raw = workbook(People=[["id"], *([number] for number in range(500))])
    monkeypatch.setattr(workbooks, "MOST_UNPACKED", 1_000)
    with pytest.raises(BadFile, match="Unpacked"):
        read_sheet(raw)
    monkeypatch.undo()
    monkeypatch.setattr(workbooks, "MOST_CELLS", 100)
    with pytest.raises(BadFile, match="too large"):
        read_sheet(raw)
