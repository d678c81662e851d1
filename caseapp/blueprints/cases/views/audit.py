"""Who has looked at the record, changed it, or was refused, and why they could; on the page, on paper, as a file."""

from flask import make_response, request, url_for

from caseapp import clock, ids
from caseapp.blueprints.cases import bp
from caseapp.blueprints.cases.forms import AuditFilter
from caseapp.blueprints.cases.record import around, page_number, pages
from caseapp.policy.do import Do
from caseapp.queries import case_audit, former_leads
from caseapp.sheets import csv_bytes
from caseapp.vocabulary import AuditAct
from caseapp.web import navigation
from caseapp.web.access import on_case, replace_reading
from caseapp.web.answers import page
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer

HEADINGS = ("When", "Who", "Agency", "What was done", "What", "Why they could")
#: A print holds at most this many entries.
PRINTED = 500


def _filter(case):
    """The form, what is wanted, and how an address says it."""
    form = AuditFilter(request.args)
    form.validate()
    there = case_audit.staff(case, viewer=viewer())
    form.who.choices = {"": "Everybody"} | {ids.written(one): name for one, name, _agency in there}
    form.agency.choices = {"": "All"} | {name: name for name in sorted({one[2] for one in there} - {""})}
    form.act.choices = {"": "Everything"} | dict(AuditAct.choices())
    said = {
        name: field.data
        for name, field in (("who", form.who), ("agency", form.agency), ("act", form.act))
        if field.data and field.data in field.choices
    }
    for name, field in (("since", form.since), ("until", form.until)):
        if field.data:
            said[name] = field.data.isoformat()
    who = ids.read(said["who"]) if "who" in said else None
    wanted = case_audit.Wanted(
        who, said.get("agency", ""), said.get("act", ""), form.since.data, form.until.data
    )
    return form, wanted, said


@bp.get("/cases/<ref:reference>/audit")
@on_case(Do.VIEW_AUDIT, "who has looked")
def audit(case):
    form, wanted, said = _filter(case)
    number = page_number()
    looks, total = case_audit.looks(case, viewer=viewer(), wanted=wanted, page=number)
    return page(
        "cases/audit.html",
        form=form,
        looks=looks,
        former=former_leads.of_case(case, viewer=viewer()),
        said=said,
        pages=pages(number, total, case_audit.PAGE, "cases.audit", reference=case.reference, **said),
        disclosures_url=navigation.reach("consent.disclosures", reference=case.reference),
        **around(case),
    )


@bp.get("/cases/<ref:reference>/audit/print")
@on_case(Do.VIEW_AUDIT, "who has looked")
def print_audit(case):
    replace_reading(AuditAct.PRINTED, "who has looked", case=case)
    form, wanted, said = _filter(case)
    looks, total = case_audit.looks(case, viewer=viewer(), wanted=wanted, size=PRINTED)
    return page(
        "cases/audit_print.html",
        looks=looks,
        former=former_leads.of_case(case, viewer=viewer()),
        total=total,
        wanted=wanted,
        who=form.who.choices.get(said.get("who", "")) if "who" in said else "",
        act=form.act.choices.get(said.get("act", "")) if "act" in said else "",
        back=url_for("cases.audit", reference=case.reference, **said),
        now=clock.now(),
        **around(case),
    )


@bp.get("/cases/<ref:reference>/audit.csv")
@on_case(Do.VIEW_AUDIT, "who has looked")
@proven
def audit_csv(case):
    replace_reading(AuditAct.EXPORTED, "who has looked", case=case)
    _, wanted, _ = _filter(case)
    looks, _ = case_audit.looks(case, viewer=viewer(), wanted=wanted, size=case_audit.MOST)
    rows = ((clock.local(x.at), x.who, x.agency, x.act.label, x.what, x.ground) for x in looks)
    response = make_response(csv_bytes(HEADINGS, rows))
    response.mimetype = "text/csv"
    response.headers["Content-Disposition"] = f'attachment; filename="who-has-looked-{case.reference}.csv"'
    return response
