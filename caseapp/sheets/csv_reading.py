"""CSV as it comes: any of the usual encodings and separators, line breaks in cells, careless quote marks."""

import codecs
import csv
import io
import re

from caseapp.sheets.limits import MAX_COLUMNS, MAX_ROWS, too_many_columns, too_many_rows
from caseapp.sheets.shapes import Notice, Row, SheetRefused, Table
from caseapp.sheets.writing import unguarded

_NOT_TEXT = (
    "This is not a text file that can be read. Save it again as “CSV UTF-8” or as Excel workbook (.xlsx)."
)
_SEPARATORS = (",", ";", "\t", "|")
_LOOK_AT = 5_000  # characters
_DECLARED = re.compile(r'"?sep=(.)"?(?:\r\n|\r|\n)', re.IGNORECASE)


def csv_tables(data: bytes) -> list[Table]:
    """One table for each separator that occurs (the caller takes the one whose headings it knows best).

    Row numbers count records, as a spreadsheet does, so a line break inside a cell does not shift them.
    Raises SheetRefused.
    """
    text, notices = _decoded(data)
    separators = [separator for separator in _SEPARATORS if separator in text] or [","]
    if declared := _DECLARED.match(text):  # Excel takes this line away and does not count it
        text, separators = text[declared.end() :], [declared.group(1)]
    beginning = text[:_LOOK_AT]
    likeliest = max(separators, key=beginning.count)
    found = []
    for separator in separators:
        try:
            rows, careless = _rows(text, separator)
        except SheetRefused:
            if separator == likeliest:
                raise
            continue
        found.append(Table(rows, "csv", (*notices, *careless)))
    return found


def _decoded(data: bytes) -> tuple[str, list[Notice]]:
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        encodings = ["utf-32"]
    elif data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        guessed = encoding == "cp1252"
        notice = Notice(
            "The file is not UTF-8; it was read as Windows-1252. Look at the accents and the € sign."
        )
        return text, [notice] if guessed else []
    raise SheetRefused(_NOT_TEXT)


class _Lines:
    """The lines of the text, remembering those that the current record took."""

    def __init__(self, text: str):
        self._lines = io.StringIO(text, newline="")
        self.taken: list[str] = []

    def __iter__(self):
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.taken.append(line)
        return line


def _rows(text: str, separator: str) -> tuple[tuple[Row, ...], list[Notice]]:
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    rows, careless, number = [], [], 0
    while True:
        lines.taken.clear()
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                raise SheetRefused(
                    f"In row {number} a quote mark opens a cell and is never closed. Close it or take it out."
                ) from None
            cells = _leniently(lines.taken, separator, number)
            careless.append(number)
        cells = tuple(unguarded(cell.strip()) for cell in cells)
        if not any(cells):
            continue
        rows.append(Row(number, cells[:MAX_COLUMNS]))
        if len(rows) > MAX_ROWS + 1:  # the headings are one
            raise too_many_rows()
        if any(cells[MAX_COLUMNS:]):
            raise too_many_columns(number)
    message = (
        "There is a single quote mark inside a cell; look whether the cells are split where they should be."
    )
    return tuple(rows), [Notice(message, tuple(careless))] if careless else []


def _leniently(lines: list[str], separator: str, number: int) -> list[str]:
    try:
        return next(csv.reader(lines, delimiter=separator))
    except csv.Error:
        raise SheetRefused(f"Row {number} cannot be read: a cell in it is far too long.") from None
