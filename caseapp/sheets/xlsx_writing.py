"""XLSX that holds numbers, days and texts only: nothing in it is a formula, whatever somebody typed."""

import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime

_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_IN_TITLE = re.compile(r"[\[\]:*?/\\']")
WIDEST = 60
LONGEST = 32_000


def xlsx_bytes(pages: Iterable[tuple[str, Sequence, Sequence[Sequence], str]]) -> bytes:
    """A workbook of (title, headings, rows, what it is): whole numbers stay numbers and days
    days, everything else is text. Moments are written as given: bring them to local time, without zone, first."""
    from openpyxl import Workbook  # loaded with the first workbook (see xlsx_reading)
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    book.remove(book.active)
    for title, headings, rows, about in pages:
        sheet = book.create_sheet(_NOT_IN_TITLE.sub(" ", title)[:31])
        _write(sheet, 1, [about])
        _write(sheet, 3, headings)
        for at, row in enumerate(rows, 4):
            _write(sheet, at, row)
        for cell in sheet[3]:
            cell.font = Font(bold=True)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        for at, heading in enumerate(headings):
            texts = [str(heading), *(str(row[at]) for row in rows[:200])]
            sheet.column_dimensions[get_column_letter(at + 1)].width = min(
                WIDEST, max(10, max(map(len, texts)) + 2)
            )
        sheet.freeze_panes = "B4"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write(sheet, row, values):
    for column, value in enumerate(values, 1):
        cell = sheet.cell(row=row, column=column)
        if isinstance(value, int) and not isinstance(value, bool):
            cell.value = value
        elif isinstance(value, date):
            cell.value = value
            cell.number_format = "yyyy-mm-dd hh:mm" if isinstance(value, datetime) else "yyyy-mm-dd"
        else:
            cell.value = _NOT_IN_XML.sub("", "" if value is None else str(value))[:LONGEST]
            cell.data_type = "s"  # a text that begins with = is a text
