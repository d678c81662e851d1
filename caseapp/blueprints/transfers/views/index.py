"""Transfers in a list: those asked of the own agency, and those that it hands over."""

from flask import request

from caseapp.blueprints.transfers import bp
from caseapp.blueprints.transfers.lists import TRANSFERS
from caseapp.policy.do import Do
from caseapp.queries import saved_views
from caseapp.queries import transfers as reads
from caseapp.web import lists
from caseapp.web.access import allowed
from caseapp.web.answers import page
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer

COLUMNS = ("Person", "Reference", "From", "To", "Why", "Stands", "Since", "Ended", "Waits for me")


def _wanted(state):
    return reads.Wanted(side=state["side"], state=state["state"], words=state["words"])


@bp.get("/transfers")
@allowed(Do.SEE_TRANSFERS)
def index():
    state, me = TRANSFERS.read(request.args), viewer()
    wanted = _wanted(state)
    pager = state.page(reads.total(wanted, viewer=me))
    rows = reads.rows(
        wanted,
        viewer=me,
        order=state.order,
        descending=state.descending,
        offset=(pager.number - 1) * state.spec.per_page,
        limit=state.spec.per_page,
    )
    lists.note_listed("transfers", [row.case_id for row in rows if row.person])
    return page(
        "transfers/index.html",
        state=state,
        pager=pager,
        rows=rows,
        views=saved_views.of_list(TRANSFERS.name, viewer=me),
        many=any(row.person for row in rows),
    )


@bp.get("/transfers.csv")
@allowed(Do.SEE_TRANSFERS)
@proven
def export():
    state = TRANSFERS.read(request.args)
    rows = reads.rows(
        _wanted(state),
        viewer=viewer(),
        order=state.order,
        descending=state.descending,
        limit=lists.EXPORT_MOST + 1,
    )
    return lists.csv_answer(
        "transfers",
        "transfers",
        COLUMNS,
        [reads.export_line(row) for row in rows],
        [row.case_id for row in rows if row.person],
    )
