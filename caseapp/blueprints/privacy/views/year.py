"""The report of a year, as page, CSV and XLSX: the same numbers."""

from flask import make_response, request

from caseapp import dates
from caseapp.blueprints.privacy import bp
from caseapp.policy.do import Do
from caseapp.queries import privacy_year
from caseapp.sheets import csv_bytes
from caseapp.sheets.xlsx_writing import xlsx_bytes
from caseapp.vocabulary import AuditAct
from caseapp.web.access import allowed, replace_reading
from caseapp.web.answers import page
from caseapp.web.sessions import viewer

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _report():
    years = privacy_year.years(viewer=viewer())
    asked = request.args.get("year", "")
    year = int(asked) if asked in {str(one) for one in years} else years[0]
    return privacy_year.report(year, viewer=viewer()), years


@bp.get("/year")
@allowed(Do.LOOK_AFTER_PRIVACY)
def year():
    report, years = _report()
    return page("privacy/year.html", report=report, years=years)


def _file(data, kind, report, suffix):
    replace_reading(
        AuditAct.EXPORTED, "the privacy officer’s report of the year", detail={"year": report.year}
    )
    response = make_response(data)
    response.headers["Content-Type"] = kind
    response.headers["Content-Disposition"] = f'attachment; filename="privacy-{report.year}.{suffix}"'
    return response


@bp.get("/year.csv")
@allowed(Do.LOOK_AFTER_PRIVACY)
def year_csv():
    report, _ = _report()
    lines = [
        (table.title, words, column, number)
        for table in report.tables
        for words, numbers in table.rows
        for column, number in zip(table.columns, numbers, strict=True)
    ]
    return _file(
        csv_bytes(("Table", "Row", "Figure", "Number"), lines), "text/csv; charset=utf-8", report, "csv"
    )


@bp.get("/year.xlsx")
@allowed(Do.LOOK_AFTER_PRIVACY)
def year_xlsx():
    report, _ = _report()
    about = f"{report.year}, counted until {dates.day(report.until)}" if report.until else str(report.year)
    pages = [
        (
            table.title,
            (table.of, *table.columns),
            [(words, *numbers) for words, numbers in table.rows],
            f"{about}. {table.note}".strip(),
        )
        for table in report.tables
    ]
    return _file(xlsx_bytes(pages), XLSX, report, "xlsx")
