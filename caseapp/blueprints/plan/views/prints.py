"""The plan on paper. Each print is written into the audit record as a print, with for whom it was."""

from flask import request, url_for

from caseapp import clock, ids
from caseapp.blueprints.plan import bp
from caseapp.documents import plan_prints
from caseapp.errors import NotVisible
from caseapp.policy import rules, scopes
from caseapp.policy.do import Do
from caseapp.queries import corrections, plan_part
from caseapp.vocabulary import AuditAct
from caseapp.web.access import on_case, replace_reading
from caseapp.web.answers import page
from caseapp.web.sessions import viewer


def _back(case):
    return url_for("plan.show", reference=case.reference)


@bp.get("/cases/<ref:reference>/print/plan")
@on_case(Do.PRINT_PLAN)
def print_plan(case):
    sheet = plan_prints.whole(case, viewer=viewer(), at=clock.now())
    replace_reading(AuditAct.PRINTED, "the whole plan", case=case)
    return page("plan/print_plan.html", sheet=sheet, beside=_beside(case, viewer()), back=_back(case))


@bp.get("/cases/<ref:reference>/print/part")
@on_case(Do.PRINT_PART)
def print_part(case):
    """One's own part; or, for those who lead the case, the part of the agency named, through that agency's sight."""
    who, file = viewer(), case
    if request.args.get("agency") and rules.may(viewer(), Do.SEE_AS, case):
        who = _agency(request.args["agency"])
        file = who and scopes.find_case(who, case.reference)
        if file is None:
            raise NotVisible
    elif (
        case.sees_all
    ):  # those who lead have the whole plan; their agency's part is what a colleague would see
        who = plan_part.as_agency(viewer().agency_id)
        file = scopes.find_case(who, case.reference)
    replace_reading(
        AuditAct.PRINTED, f"the plan, {who.agency_name}’s part", case=case, detail={"agency": who.agency_id}
    )
    if file.sees_whole_plan and who is not viewer():
        sheet = plan_prints.whole(file, viewer=who, at=clock.now(), printer=viewer())
        return page("plan/print_plan.html", sheet=sheet, beside=_beside(file, who), back=_back(case))
    sheet = plan_prints.part(file, viewer=who, at=clock.now(), printer=viewer())
    return page("plan/print_part.html", sheet=sheet, beside=_beside(file, who), back=_back(case))


def _beside(case, who):
    """What the person says about what this copy shows (X-12)."""
    return corrections.said(case, viewer=who)


def _agency(written):
    try:
        return plan_part.as_agency(ids.read(written))
    except ValueError:
        return None


@bp.get("/cases/<ref:reference>/print/person")
@on_case(Do.PRINT_PERSONS_COPY)
def print_person(case):
    copy = plan_prints.person(case, viewer=viewer(), at=clock.now())
    replace_reading(AuditAct.PRINTED, "the plan, the person’s own copy", case=case)
    return page("plan/print_person.html", copy=copy, beside=_beside(case, viewer()), back=_back(case))
