"""My reading: what is asked of me, and everything I confirmed."""

from flask import request

from caseapp import clock
from caseapp.blueprints.procedures import bp
from caseapp.policy.do import Do
from caseapp.queries import own_reading
from caseapp.vocabulary import ReadingPurpose
from caseapp.web.access import allowed
from caseapp.web.answers import page
from caseapp.web.lists import Choice, Column, ListSpec, csv_answer
from caseapp.web.sessions import viewer

MY_READING = ListSpec(
    name="my-reading",
    title="My reading",
    endpoint="procedures.my_reading",
    act=Do.READ_HANDBOOK,
    filters=(Choice("purpose", "Read for", (("", "All"), *ReadingPurpose.choices())),),
    columns=(Column("at", "Confirmed"),),
    order="at",
    per_page=40,
    saved=False,
)
COLUMNS = (
    "Receipt",
    "Entry",
    "Chapter",
    "Title",
    "Version",
    "Date read",
    "Confirmed at",
    "Read for",
    "Counts",
)


@bp.get("/my-reading")
@allowed(Do.READ_HANDBOOK)
def my_reading():
    state = MY_READING.read(request.args)
    lines, total = own_reading.lines(
        viewer=viewer(), purpose=state["purpose"], offset=state.offset, limit=MY_READING.per_page
    )
    given, _ = own_reading.feedback(viewer=viewer(), which="all", own=True, limit=10)
    return page(
        "procedures/my_reading.html",
        state=state,
        lines=lines,
        pager=state.page(total),
        total=total,
        to_read=own_reading.to_read(viewer=viewer()),
        given=given,
        who=own_reading.record(viewer=viewer()),
        today=clock.today(),
    )


@bp.get("/my-reading.csv")
@allowed(Do.READ_HANDBOOK)
def export_my_reading():
    """One's own record, for supervision and CPD."""
    state = MY_READING.read(request.args)
    lines, _ = own_reading.lines(viewer=viewer(), purpose=state["purpose"], limit=10_001)
    return csv_answer(
        "my-reading",
        "own reading exported",
        COLUMNS,
        [
            (
                f"R-{one.reference}",
                one.kind.label,
                one.number,
                one.title,
                one.version,
                one.read_on,
                one.at,
                one.purpose_other or one.purpose.label,
                "yes" if one.counts else "no",
            )
            for one in lines
        ],
        (),
    )
