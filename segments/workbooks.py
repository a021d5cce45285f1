"""Workbooks (XLSX, XLS, ODS) as the text of a CSV file, so that everything behind reads one kind of file."""

import csv
import io
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.utils.translation import gettext as _
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

# A sheet is read whole, and a packed file can be a thousand times what it weighs.
MOST_BYTES = 20 * 1024 * 1024
MOST_UNPACKED = 400 * 1024 * 1024
MOST_CELLS = 3_000_000

_PACKED, _OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# What a spreadsheet shows where a formula has no answer: nothing is known there.
_FAULTS = {"#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#GETTING_DATA"}


class BadWorkbook(ValueError):
    """The workbook cannot be read; the sentence says why, and what to do."""


@dataclass(frozen=True)
class Taken:
    """The text of the first sheet with rows, its name, and the names of further ones with rows."""

    text: str
    sheet: str
    others: list[str]


def is_workbook(raw: bytes) -> bool:
    return raw.startswith((_PACKED, _OLD))


def taken(raw: bytes) -> Taken:
    """The first visible sheet that has rows. Raises BadWorkbook."""
    _check_size(raw)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        names = [
            each.name
            for each in book.sheets_metadata
            if each.typ == SheetTypeEnum.WorkSheet and each.visible == SheetVisibleEnum.Visible
        ]
        sheets = [book.get_sheet_by_name(name) for name in names]
    except PasswordError:
        raise BadWorkbook(
            _("This workbook is locked with a password. Save it without one, or save it as CSV.")
        ) from None
    except (CalamineError, OSError, ValueError):
        raise BadWorkbook(
            _("This workbook cannot be read. Open it in the spreadsheet, choose “Save as” and CSV.")
        ) from None
    filled = [sheet for sheet in sheets if sheet.height > 0 and sheet.width > 0]
    if not filled:
        raise BadWorkbook(_("No sheet of this workbook has a row in it."))
    first, *others = filled
    if first.height * first.width > MOST_CELLS:
        raise BadWorkbook(_("This sheet is too large to be read as a workbook. Save it as CSV."))
    return Taken(_text(first), first.name, [each.name for each in others])


def _check_size(raw: bytes) -> None:
    if len(raw) > MOST_BYTES:
        raise BadWorkbook(_("A workbook may have up to 20 MB. Save it as CSV, which may have 50."))
    if not raw.startswith(_PACKED):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
    except (zipfile.BadZipFile, ValueError):
        raise BadWorkbook(_("This file is damaged. Save it anew, as a workbook or as CSV.")) from None
    if unpacked > MOST_UNPACKED:
        raise BadWorkbook(_("Unpacked, this workbook is too large to be read. Save it as CSV."))


def _text(sheet: CalamineSheet) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in sheet.iter_rows():
        writer.writerow([_cell(value) for value in row])
    return out.getvalue()


def _cell(value: Any) -> str:
    """As somebody would have typed it: whole numbers without a point, days without an hour."""
    if isinstance(value, str):
        return "" if value in _FAULTS else value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
