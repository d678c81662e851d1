"""The quarter's report as charts and files: the same numbers as on its page."""

from markupsafe import Markup

from caseapp import sheets
from caseapp.documents import charts
from caseapp.queries.quarterly import Report, Table
from caseapp.queries.register_published import Edition, PublishedEntry
from caseapp.sheets.xlsx_writing import xlsx_bytes

#: In a file a number that is left out is said, never an empty cell that looks like nothing.
NOT_SHOWN = "not shown"
#: A chart with more bars than this cannot be read; the table holds all.
BARS_MOST = 10


def bars(table: Table, column: str, title: str, name: str) -> Markup | None:
    """The largest numbers of one column as bars; None where there is none to draw."""
    rows = sorted(table.column(column), key=lambda pair: -pair[1])[:BARS_MOST]
    if not rows:
        return None
    return charts.bars(title, [(words, words, number, "bar") for words, number in rows], unit="", name=name)


def finding(table: Table, column: str, what: str) -> str:
    """What a chart of that column says, in a sentence."""
    rows = sorted(table.column(column), key=lambda pair: -pair[1])
    if not rows:
        return f"No {what} to be shown."
    words, number = rows[0]
    hidden = " Small numbers are left out." if table.left_out else ""
    return f"Most {what} under {words}: {number:,}.{hidden}"


def _cell(number):
    return NOT_SHOWN if number is None else number


def _lines(table: Table):
    yield from ((words, *map(_cell, row)) for words, row in table.rows)
    if table.totals:
        yield ("All", *map(_cell, table.totals))


def report_csv(report: Report) -> bytes:
    """Every table below the other, as lines of: table, row, figure, number."""
    lines = [
        (table.title, words, column, number)
        for table in report.tables
        for words, *row in _lines(table)
        for column, number in zip(table.columns, row, strict=True)
    ]
    return sheets.csv_bytes(("Table", "Row", "Figure", "Number"), lines)


def report_xlsx(report: Report) -> bytes:
    """One sheet for each table."""
    about = f"{report.of}, {report.quarter.said}"
    return xlsx_bytes(
        [
            (table.title, (table.of, *table.columns), list(_lines(table)), f"{about}. {table.note}".strip())
            for table in report.tables
        ]
    )


def register_rows(entries: list[PublishedEntry], domains: dict[str, str]) -> tuple[tuple, list[tuple]]:
    """The headings and the lines of a register's file."""
    headings = (
        "What is missing or shut",
        "Kind",
        "Part of life",
        "Theme",
        "How wide",
        "State",
        "Raised",
        "People",
        "Days lost",
        "People by area",
        "What was asked",
        "What was answered",
    )
    lines = [
        (
            one.title,
            one.kind.short,
            domains.get(one.domain, one.domain),
            one.theme,
            one.scope.label if one.scope else "",
            one.state.label,
            _cell(one.figures.raised),
            _cell(one.figures.people),
            _cell(one.figures.days),
            "; ".join(f"{name}: {_cell(people)}" for name, people in one.figures.areas),
            one.asked,
            one.answered,
        )
        for one in entries
    ]
    return headings, lines


def register_csv(entries: list[PublishedEntry], domains: dict[str, str]) -> bytes:
    return sheets.csv_bytes(*register_rows(entries, domains))


def register_xlsx(edition: Edition | None, entries: list[PublishedEntry], domains: dict[str, str]) -> bytes:
    headings, lines = register_rows(entries, domains)
    about = f"Register of gaps and blocks, {edition.said}" if edition else "Register of gaps and blocks"
    return xlsx_bytes([("Register", headings, lines, about)])
