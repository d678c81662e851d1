"""What was asked, one assignment, and withdrawing it."""

from flask import request, url_for

from caseapp import clock
from caseapp.blueprints.reading import bp
from caseapp.blueprints.reading.forms import WithdrawForm
from caseapp.blueprints.reading.lists import ASKED
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import reading_asked
from caseapp.services import reading_assign
from caseapp.web.access import allowed, on_assignment
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("/asked")
@allowed(Do.ASSIGN_READING)
def asked():
    state = ASKED.read(request.args)
    rows, total = reading_asked.listed(viewer=viewer(), which=state["which"], offset=state.offset)
    if total and not rows:
        rows, total = reading_asked.listed(viewer=viewer(), which=state["which"])
    return page(
        "reading/asked.html", state=state, rows=rows, pager=state.page(total), which=ASKED.filters[0].options
    )


def _context(assignment):
    one, chapters = reading_asked.one(assignment.id, viewer=viewer())
    return {
        "one": one,
        "chapters": chapters,
        "ends": not assignment.ended and rules.may(viewer(), Do.END_ASSIGNMENT, assignment),
    }


@bp.get("/asked/<id:assignment_id>")
@on_assignment(Do.SEE_ASSIGNMENT)
def assignment(assignment):
    form = WithdrawForm(formdata=None, version=assignment.version)
    return page("reading/assignment.html", form=form, **_context(assignment))


@bp.post("/asked/<id:assignment_id>/withdraw")
@on_assignment(Do.END_ASSIGNMENT)
def withdraw(assignment):
    form = WithdrawForm()
    if form.validate_on_submit() and form.accepts(
        reading_assign.withdraw,
        assignment,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        reason=form.reason.data,
    ):
        return saved(
            url_for("reading.assignment", assignment_id=assignment.id),
            say="Withdrawn. What was confirmed stays on the record.",
        )
    form.catch_up()
    return refused("reading/assignment.html", form=form, **_context(assignment))
