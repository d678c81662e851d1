"""The quarter's report: a line manager's own agency, a coordinator's area, all of the country."""

from flask import abort, request, url_for

from caseapp import clock
from caseapp.blueprints.triage import bp
from caseapp.blueprints.triage.views.register import file_answer
from caseapp.documents import register_sheets
from caseapp.policy.do import Do
from caseapp.queries import quarterly as query
from caseapp.queries import quarters
from caseapp.web.access import allowed
from caseapp.web.answers import page
from caseapp.web.sessions import viewer


def _asked():
    """The quarter and the scope that the address asks for, else the widest scope and the newest quarter that it shows."""
    offered = query.scopes_of(viewer())
    found = quarters.quarters()
    if not offered:
        return found[0], None, offered, ""
    key = request.args.get("of", offered[0][0])
    scope = query.scope(key, viewer=viewer())
    if scope is None:
        abort(404)
    newest = found[1] if scope.least else found[0]
    quarter = next((one for one in found if one.key == request.args.get("quarter")), newest)
    return quarter, scope, offered, key


@bp.get("/reports")
@allowed(Do.SEE_REPORTS)
def quarterly():
    quarter, scope, offered, key = _asked()
    report = query.report(quarter, scope) if scope else None
    charts = []
    if report and report.tables:
        needs, gaps = report.table("needs"), report.table("gaps")
        charts = [
            (
                "High needs",
                register_sheets.finding(needs, "High need", "high needs"),
                register_sheets.bars(needs, "High need", "People with a high need", "needs"),
            ),
            (
                "Gaps and blocks raised",
                register_sheets.finding(gaps, "All", "gaps and blocks"),
                register_sheets.bars(gaps, "All", "Gaps and blocks by theme", "gaps"),
            ),
        ]
    return page(
        "triage/quarterly.html",
        report=report,
        quarter=quarter,
        quarters=quarters.quarters(),
        running=quarter.ends > clock.today(),
        offered=offered,
        key=key,
        charts=charts,
        files=[
            (words, url_for("triage.export_quarterly", kind=kind, quarter=quarter.key, of=key))
            for kind, words in (("xlsx", "XLSX"), ("csv", "CSV"))
            if report and report.tables
        ],
    )


@bp.get("/reports/quarterly.<any(csv, xlsx):kind>")
@allowed(Do.SEE_REPORTS)
def export_quarterly(kind):
    quarter, scope, _, _ = _asked()
    if scope is None:
        abort(404)
    report = query.report(quarter, scope)
    if not report.tables:
        abort(404)
    body = register_sheets.report_csv(report) if kind == "csv" else register_sheets.report_xlsx(report)
    return file_answer(
        body,
        f"report-{quarter.key}",
        kind,
        f"report of {quarter.key}, {scope.of}",
        sum(len(table.rows) for table in report.tables),
    )
