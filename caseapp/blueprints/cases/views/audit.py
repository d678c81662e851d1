"""Who has looked at the record, changed it, or was refused."""

from flask import make_response, request

from caseapp import clock
from caseapp.blueprints.cases import bp
from caseapp.blueprints.cases.forms import AuditFilter
from caseapp.blueprints.cases.record import around, page_number, pages
from caseapp.policy.do import Do
from caseapp.queries import case_audit
from caseapp.sheets import csv_bytes
from caseapp.vocabulary import AuditAct
from caseapp.web.access import on_case, replace_reading
from caseapp.web.answers import page
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer

HEADINGS = ("When", "Who", "Agency", "What was done", "What", "On what ground")


def _filter(case):
    form = AuditFilter(request.args)
    names = case_audit.agencies(case, viewer=viewer())
    form.agency.choices = {"": "All"} | {name: name for name in names}
    form.act.choices = {"": "Everything"} | dict(AuditAct.choices())
    agency = form.agency.data if form.agency.data in form.agency.choices else ""
    return form, {"agency": agency, "act": form.act.data if form.act.data in set(AuditAct) else ""}


@bp.get("/cases/<ref:reference>/audit")
@on_case(Do.VIEW_AUDIT, "who has looked")
def audit(case):
    form, narrowed = _filter(case)
    number = page_number()
    looks, total = case_audit.looks(case, viewer=viewer(), page=number, **narrowed)
    return page(
        "cases/audit.html",
        form=form,
        looks=looks,
        narrowed=narrowed,
        pages=pages(number, total, case_audit.PAGE, "cases.audit", reference=case.reference, **narrowed),
        **around(case),
    )


@bp.get("/cases/<ref:reference>/audit.csv")
@on_case(Do.VIEW_AUDIT, "who has looked")
@proven
def audit_csv(case):
    replace_reading(AuditAct.EXPORTED, "who has looked", case=case)
    _, narrowed = _filter(case)
    looks, _ = case_audit.looks(case, viewer=viewer(), size=case_audit.MOST, **narrowed)
    rows = ((clock.local(x.at), x.who, x.agency, x.act.label, x.what, x.ground) for x in looks)
    response = make_response(csv_bytes(HEADINGS, rows))
    response.mimetype = "text/csv"
    response.headers["Content-Disposition"] = f'attachment; filename="who-has-looked-{case.reference}.csv"'
    return response
