"""Files of rows: which letters, which separator, which columns; and the rows one by one from any byte on."""

import csv
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from django.utils.translation import gettext as _

from segments import workbooks

MOST_BYTES = 50 * 1024 * 1024
MOST_ROWS = 1_000_000
MOST_COLUMNS = 200
LONGEST_NAME = 200
# Longer cells are refused with their row, never cut.
LONGEST_CELL = 2_000
# Bytes of whole lines that are read at a time.
BLOCK = 64 * 1024
DELIMITERS = (",", ";", "\t", "|")

# Columns of our own report of errors, which come back when a mended file is brought in again.
OURS = ("Loopwell row", "Loopwell problem")

# A cell of any length is read, so that its row can be reported and the rows after it still come in.
csv.field_size_limit(sys.maxsize)


class BadFile(ValueError):
    """The whole file cannot be read; the sentence says why, and what to do."""


@dataclass
class Sheet:
    """What was found out about a file; `content` is its text as UTF-8, without a byte order mark.

    Of a workbook, `taken` is the name of the sheet that was read, `left` those of the others with rows.
    """

    content: bytes
    encoding: str
    delimiter: str
    header: list[str]
    rows: int = 0
    sample: list[list[str]] = field(default_factory=list)
    first_row_at: int = 0
    taken: str = ""
    left: list[str] = field(default_factory=list)


def read_sheet(raw: bytes, *, sample: int = 2_000) -> Sheet:
    """Find out everything a mapping needs. Raises BadFile."""
    check_size(len(raw))
    book = _workbook(raw)
    text, encoding = (book.text, "workbook") if book else decoded(raw)
    if not text.strip():
        raise BadFile(_("The file is empty."))
    delimiter = "," if book else separator_of(text[:200_000])
    text, delimiter = _as_given(text, delimiter)
    content = text.encode()
    rows = Rows(io.BytesIO(content), 0, delimiter)
    lines = iter(rows)
    header = next(lines)
    sheet = Sheet(content, encoding, delimiter, _checked_header(header), first_row_at=rows.end)
    if book:
        sheet.taken, sheet.left = book.sheet, book.others
    for cells in lines:
        sheet.rows += 1
        if sheet.rows > MOST_ROWS:
            raise BadFile(_("The file has more than a million rows. Split it."))
        if len(sheet.sample) < sample:
            sheet.sample.append(cells)
    if not sheet.rows:
        raise BadFile(_("The file has names of columns and no rows beneath them."))
    return sheet


def check_size(size: int) -> None:
    """Raises BadFile for a file of so many bytes, before it is read."""
    if size > MOST_BYTES:
        raise BadFile(_("The file is larger than 50 MB. Split it, or send the rows over the API."))


def _workbook(raw: bytes) -> workbooks.Taken | None:
    if not workbooks.is_workbook(raw):
        return None
    try:
        return workbooks.taken(raw)
    except workbooks.BadWorkbook as error:
        raise BadFile(str(error)) from None


def _as_given(text: str, delimiter: str) -> tuple[str, str]:
    """A report of ours that was mended, as the file it came from: without our columns and our apostrophes."""
    if not any(name in text[:100_000] for name in OURS):
        return text, delimiter
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = next(rows)
    kept = [place for place, name in enumerate(header) if name.strip() not in OURS]
    if len(kept) == len(header):
        return text, delimiter
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for cells in (header, *rows):
        writer.writerow(
            [plain(cell) for place, cell in enumerate(cells) if place in kept or place >= len(header)]
        )
    return out.getvalue(), ","


def decoded(raw: bytes) -> tuple[str, str]:
    """The text and the name of its encoding. Raises BadFile."""
    if raw[:2] == b"\x1f\x8b" or raw[:4] == b"%PDF":
        raise BadFile(_("This is neither a CSV file nor a workbook."))
    marks = [(b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")]
    for mark, encoding in marks:
        if raw.startswith(mark):
            return _decode(raw, encoding), encoding
    zeros = raw[:2000].count(0)
    if zeros > len(raw[:2000]) // 4:
        # Latin letters in UTF-16 are every other byte zero; which one tells the order.
        return _decode(raw, "utf-16-le" if raw[:2000][1::2].count(0) > zeros // 2 else "utf-16-be"), "utf-16"
    try:
        return raw.decode(), "utf-8"
    except UnicodeDecodeError:
        return _decode(raw, "cp1252"), "cp1252"


def _decode(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding).lstrip("\ufeff")
    except UnicodeDecodeError:
        raise BadFile(_("The letters of this file cannot be read. Save it as CSV with UTF-8.")) from None


def separator_of(text: str) -> str:
    """The separator that gives the most columns, the same number in every row; a comma if none does."""
    best, most = ",", 1
    for delimiter in DELIMITERS:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        widths = []
        for row in rows:
            if row:
                widths.append(len(row))
            if len(widths) == 25:
                break
        width = widths[0] if widths else 1
        same = sum(1 for other in widths if other == width) / max(len(widths), 1)
        if width > most and same >= 0.8:
            best, most = delimiter, width
    return best


class Rows:
    """The rows of a file from a byte on; `end` is the byte where the one after the last given begins.

    Rows without any cell are passed over. Everything that happens once a line is left to C.
    """

    def __init__(self, file: BinaryIO, offset: int, delimiter: str) -> None:
        # Not `for line in file`: a stored file would go back to its first byte.
        file.seek(offset)
        self._file = file
        # Bytes and lines before the lines at hand.
        self._byte, self._line = offset, 0
        self._at_hand: list[bytes] = []
        self._reader = csv.reader(self._lines(), delimiter=delimiter, strict=False)

    def _lines(self) -> Iterator[str]:
        while lines := self._file.readlines(BLOCK):
            self._at_hand = lines
            yield from map(bytes.decode, lines)
            self._byte += sum(map(len, lines))
            self._line += len(lines)

    def __iter__(self) -> Iterator[list[str]]:
        for cells in self._reader:
            if cells and (len(cells) > 1 or cells[0].strip()):
                yield cells

    @property
    def end(self) -> int:
        return self._byte + sum(map(len, self._at_hand[: self._reader.line_num - self._line]))


def _checked_header(header: list[str]) -> list[str]:
    names = [name.strip() for name in header]
    while names and not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        raise BadFile(_("The file has more than %(most)d columns.") % {"most": MOST_COLUMNS})
    if any(len(name) > LONGEST_NAME for name in names):
        raise BadFile(_("A name in the first row is longer than 200 characters. Is a quote missing?"))
    filled = [name for name in names if name]
    if not filled or any(_looks_like_data(name) for name in filled):
        raise BadFile(
            _("The first row must name the columns, and this one looks like a customer: “%(row)s”.")
            % {"row": ", ".join(filled[:4])[:120]}
        )
    seen: set[str] = set()
    for name in filled:
        if name.lower() in seen:
            raise BadFile(_("Two columns are called “%(name)s”. Give each its own name.") % {"name": name})
        seen.add(name.lower())
    return [name or _("Column %(number)d") % {"number": number} for number, name in enumerate(names, 1)]


def _looks_like_data(cell: str) -> bool:
    return bool(
        re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", cell)
        or re.fullmatch(r"[+-]?[\d.,\s]*\d[\d.,\s]*%?", cell)
        or re.fullmatch(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}", cell)
    )


def neutral(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula: one that begins like one gets an apostrophe in front.

    A plain number may begin with a minus.
    """
    text = "" if cell is None else str(cell)
    if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not re.fullmatch(r"-?\d+([.,]\d+)?", text):
        return "'" + text
    return text


def plain(cell: str) -> str:
    """The cell as it was before `neutral`."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@", "\t", "\r") else cell


def line_of(cells: list[object]) -> str:
    """One row as CSV text, neutralised."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([neutral(cell) for cell in cells])
    return out.getvalue()
