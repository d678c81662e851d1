"""The whole way from the bytes of a file to people, cases and actions, errors and notices."""

from datetime import date
from itertools import pairwise

from caseapp.sheets.grouping import group
from caseapp.sheets.headings import Columns, find_columns
from caseapp.sheets.reading import tables
from caseapp.sheets.rows import Findings, RowReader
from caseapp.sheets.shapes import Line, Notice, Sheet, SheetRefused, Table

MAX_ERRORS = 200
MAX_NOTICES = 200
_BLANKS_LISTED = 50


def read_caseload(data: bytes, *, today: date) -> Sheet:
    """Read a caseload sheet, CSV or XLSX (issue 2, section 7). `today` is the local date.

    Raises SheetRefused, with a sentence to show, when the file as a whole cannot be read. Everything wrong
    with a single row is in `errors` of the answer: the caller decides whether to import a sheet that has any.
    Nothing of the answer depends on anything but the bytes and `today`, and no text in it holds markup.
    """
    table, columns = find_columns(tables(data))
    findings = Findings(columns)
    reader = RowReader(findings, kind=table.kind, today=today, from_1904=table.from_1904)
    body = [row for row in table.rows if row.number > columns.row]
    if not body:
        raise SheetRefused("There are headings but no rows beneath them.")
    lines, typed = [], []
    for row in body:
        if columns.repeated_by(row):
            findings.guess(row.number, "The headings stand here again; this row is left out.")
            lines.append(Line(row.number, "left out"))
        elif (read := reader.read(row)) is not None:
            typed.append(read)
        else:
            lines.append(Line(row.number, "error", reader.name))
    people, grouped = group(typed, findings)
    errors = sorted(findings.errors, key=lambda error: error.row)
    notices = [*table.notices, *columns.notices, *_blank_rows(table, columns), *findings.notices]
    return Sheet(
        people=people,
        errors=tuple(errors[:MAX_ERRORS]),
        notices=tuple(notices[:MAX_NOTICES]),
        lines=tuple(sorted((*lines, *grouped), key=lambda line: line.row)),
        more_errors=max(0, len(errors) - MAX_ERRORS),
        more_notices=max(0, len(notices) - MAX_NOTICES),
    )


def _blank_rows(table: Table, columns: Columns) -> list[Notice]:
    numbers = [columns.row, *(row.number for row in table.rows if row.number > columns.row)]
    listed, count = [], 0
    for above, below in pairwise(numbers):
        count += below - above - 1
        listed.extend(range(above + 1, min(below, above + 1 + _BLANKS_LISTED - len(listed))))
    if not count:
        return []
    message = "1 blank row is left out." if count == 1 else f"{count:,} blank rows are left out."
    return [Notice(message, tuple(listed))]
