"""XLSX that a spreadsheet opens without running anything in it: every text is written as a text, never as a formula."""

import io
import re
from collections.abc import Iterable
from datetime import date, datetime

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

# what XML 1.0 cannot hold
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_WIDEST = 48


def xlsx_bytes(sheets: Iterable[tuple[str, Iterable[str], Iterable[Iterable]]]) -> bytes:
    """A workbook of (name, headings, rows). Texts stay texts, days are days, numbers numbers, None empty; the first
    row of each sheet stays in sight.

    Datetimes are written as given: bring them to local time, without zone, first."""
    book = Workbook(write_only=True)
    for name, headings, rows in sheets:
        headings = [*headings]
        sheet = book.create_sheet(name[:31])
        sheet.freeze_panes = "A2"
        for at, heading in enumerate(headings, 1):
            sheet.column_dimensions[get_column_letter(at)].width = min(max(len(heading) + 4, 14), _WIDEST)
        sheet.append([_cell(sheet, heading, bold=True) for heading in headings])
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet, value, bold=False):
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if value is not None and not isinstance(value, (int, float, date, datetime)):
        value = _UNWRITABLE.sub("", str(value))[:32_000]
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"  # openpyxl would take "=1+1" for a formula
    elif isinstance(value, datetime):
        cell.number_format = "yyyy-mm-dd hh:mm"
    elif isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"
    if bold:
        cell.font = Font(bold=True)
    return cell
