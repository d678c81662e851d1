"""What became of what meetings decided: the line manager's list over the meetings of the agency's cases."""

from flask import request

from caseapp.blueprints.meetings import bp
from caseapp.policy.do import Do
from caseapp.queries import meeting_followup
from caseapp.web import lists
from caseapp.web.access import allowed
from caseapp.web.answers import page
from caseapp.web.lists import Choice, Column, ListSpec
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer

FOLLOWUP = ListSpec(
    name="meetings_followup",
    title="Decided in meetings",
    endpoint="meetings.followup",
    act=Do.SEE_TEAM,
    filters=(
        Choice(
            "days",
            "Minutes issued",
            (
                ("90", "In the last 90 days"),
                ("30", "In the last 30 days"),
                ("365", "In the last 12 months"),
                ("all", "At any time"),
            ),
        ),
    ),
    columns=(
        Column("when", "Meeting"),
        Column("decided", "Decided", numeric=True),
        *(Column(key, words, numeric=True) for key, (words, _) in meeting_followup.STANDINGS.items()),
    ),
    order="when",
    saved=False,
)


def _days(state) -> int | None:
    return int(state["days"]) if state["days"] != "all" else None


@bp.get("/meetings/followup")
@allowed(Do.SEE_TEAM)
def followup():
    me, state = viewer(), FOLLOWUP.read(request.args)
    count, counts = meeting_followup.total(viewer=me, days=_days(state))
    pager = state.page(count)
    rows = meeting_followup.rows(
        viewer=me,
        days=_days(state),
        offset=(pager.number - 1) * FOLLOWUP.per_page,
        limit=FOLLOWUP.per_page,
    )
    lists.note_listed("what meetings decided", [row.case_id for row in rows])
    return page("meetings/followup.html", state=state, pager=pager, rows=rows, counts=counts)


@bp.get("/meetings/followup.csv")
@allowed(Do.SEE_TEAM)
@proven
def export_followup():
    state = FOLLOWUP.read(request.args)
    rows = meeting_followup.rows(viewer=viewer(), days=_days(state), limit=lists.EXPORT_MOST + 1)
    return lists.csv_answer(
        "decided-in-meetings",
        "what meetings decided",
        ("Day", "About", "Reference", "Kind", *(column.label for column in FOLLOWUP.columns[1:])),
        [
            (
                row.when,
                row.person,
                row.reference,
                row.kind.label,
                row.counts.decided,
                *(getattr(row.counts, name) for name in meeting_followup.STANDINGS),
            )
            for row in rows
        ],
        [row.case_id for row in rows],
    )
