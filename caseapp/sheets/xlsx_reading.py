"""XLSX by openpyxl, once the guard has looked through the file. Saved values, not formulas, wherever there are any.

The library is loaded with the first workbook: it is eight megabytes in a worker that may never meet one."""

import io
import warnings
from bisect import bisect_right
from datetime import date, datetime, time

from caseapp.sheets.limits import MAX_COLUMNS, MAX_ROWS, too_many_columns, too_many_rows
from caseapp.sheets.shapes import Cell, Notice, Row, SheetRefused, Table
from caseapp.sheets.xlsx_guard import BROKEN, Looked, look_through

_LAST_ROW = 1_048_576  # what the format allows; empty rows in between cost nothing


def xlsx_tables(data: bytes) -> list[Table]:
    """One table for each visible sheet, in order. Raises SheetRefused.

    Merged cells: the value stands in every row of the range, in its first column. A formula that was never
    calculated stands as its text. Hidden sheets are not read; hidden rows are.
    """
    looked = look_through(data)
    try:
        with warnings.catch_warnings():  # about drawings and rules that we do not want anyway
            warnings.simplefilter("ignore")
            return _tables(data, looked)
    except SheetRefused:
        raise
    except Exception:  # the library raises a dozen kinds on damaged files; all mean the same here
        raise SheetRefused(BROKEN) from None


def _tables(data: bytes, looked: Looked) -> list[Table]:
    from openpyxl import load_workbook
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    formulas = None
    if looked.formulas:
        formulas = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    try:
        visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
        if not visible:
            raise SheetRefused("This workbook has no sheet in it.")
        return [
            _table(
                sheet, formulas, looked.merges.get(sheet._worksheet_path, []), book.epoch == CALENDAR_MAC_1904
            )
            for sheet in visible[:10]
        ]
    finally:
        book.close()
        if formulas is not None:
            formulas.close()


def _values(sheet):
    sheet.reset_dimensions()  # what a file says of its own size is often wrong
    return sheet.iter_rows(min_row=1, max_row=_LAST_ROW, max_col=MAX_COLUMNS + 1, values_only=True)


def _table(sheet, formulas, merges: list[str], from_1904: bool) -> Table:
    rows = {}
    for number, values in enumerate(_values(sheet), start=1):
        if values.count(None) == len(values):
            continue
        cells = [_cell(value) for value in values]
        if any(cells):
            rows[number] = cells
            _within_limits(number, cells, len(rows))
    _fill_merged(rows, merges)
    notices = []
    if formulas is not None and (told := _fill_uncalculated(rows, formulas[sheet.title])):
        message = "A formula that was never calculated is taken as text. Open the file and save it to have its value."
        notices.append(Notice(message, told))
    found = (Row(number, tuple(rows[number][:MAX_COLUMNS])) for number in sorted(rows))
    return Table(tuple(found), "xlsx", tuple(notices), from_1904)


def _within_limits(number: int, cells: list[Cell], filled: int) -> None:
    if filled > MAX_ROWS + 1:  # the headings are one
        raise too_many_rows()
    if len(cells) > MAX_COLUMNS and cells[MAX_COLUMNS]:
        raise too_many_columns(number)


def _fill_uncalculated(rows: dict[int, list[Cell]], sheet) -> tuple[int, ...]:
    """Put the text of formulas where no program saved any value; an empty value among others is just empty."""
    texts = {}
    for number, values in enumerate(_values(sheet), start=1):
        if values.count(None) == len(values):
            continue
        for column, value in enumerate(values):
            text = value if isinstance(value, str) else getattr(value, "text", None)
            if not isinstance(text, str) or not text.startswith("="):
                continue
            if number in rows and rows[number][column] not in ("", text):
                return ()
            if number not in rows or not rows[number][column]:
                texts[number, column] = text
    for (number, column), text in texts.items():
        cells = rows.setdefault(number, [""] * (MAX_COLUMNS + 1))
        cells[column] = text
        _within_limits(number, cells, len(rows))
    return tuple(dict.fromkeys(number for number, _ in texts))


def _fill_merged(rows: dict[int, list[Cell]], merges: list[str]) -> None:
    """Down only, and only into rows that say something: a merged name is the name of each of its rows."""
    from openpyxl.utils.cell import range_boundaries

    numbers = sorted(rows)
    left = MAX_ROWS * MAX_COLUMNS  # ranges of a sound file do not overlap, so they are never more
    for reference in merges:
        try:
            column, top, _, bottom = range_boundaries(reference)
        except (ValueError, TypeError):
            continue
        if None in (column, top, bottom) or column > MAX_COLUMNS or top not in rows:
            continue
        below = numbers[bisect_right(numbers, top) : bisect_right(numbers, bottom)]
        left -= len(below)
        if left < 0:
            raise SheetRefused(BROKEN)
        for number in below:
            rows[number][column - 1] = rows[number][column - 1] or rows[top][column - 1]


def _cell(value) -> Cell:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, time):
        return value.isoformat(timespec="minutes")
    return value if isinstance(value, date) else str(value).strip()
