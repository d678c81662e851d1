"""The viewer's own cases, and, for a line manager, those of one worker of the team."""

from flask import abort, request

from caseapp import clock
from caseapp.blueprints.home import bp
from caseapp.blueprints.home.lists import CASELOAD, WORKER
from caseapp.ids import written
from caseapp.policy.do import Do
from caseapp.queries import (
    caseload,
    caseload_waiting,
    consent,
    meeting_barriers,
    meeting_waiting,
    saved_views,
    settings,
    transfers,
)
from caseapp.queries.caseload import NEEDS, Wanted
from caseapp.web import lists, navigation
from caseapp.web.access import allowed
from caseapp.web.answers import page
from caseapp.web.lists import EXPORT_MOST
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer

COLUMNS = (
    "Person",
    "Reference",
    "Status",
    "Next review",
    "Review stands",
    "Agencies",
    "Open actions",
    "Late actions",
    "Not answered",
    "Last contact",
    "Last change",
)


def _wanted(state):
    return Wanted(status=state["status"], needs=state["needs"], words=state["words"])


@bp.get("/caseload", endpoint="caseload")
@allowed(Do.SEE_CASELOAD)
def show():
    state = CASELOAD.read(request.args)
    limits = settings.values(viewer().agency_id)
    me = viewer()
    return _list(
        "home/caseload.html",
        state,
        limits,
        me.user_id,
        what="my caseload",
        export_url=state.url("home.export_caseload"),
        ending=consent.expiring(viewer=me, days=limits["consent_warning_days"])[:5],
        missing=consent.missing(viewer=me)[:5],
        meeting_rows=[
            *meeting_waiting.clocks(viewer=me, limits=limits),
            *meeting_barriers.waiting(viewer=me, limits=limits),
            *meeting_waiting.to_answer(viewer=me, limits=limits),
        ][:6],
        transfer_rows=transfers.waiting(viewer=me),
    )


@bp.get("/team/<id:user_id>")
@allowed(Do.SEE_TEAM)
def worker(user_id):
    colleague = caseload.worker(user_id, viewer=viewer()) or abort(404)
    state = WORKER.read(request.args, {"user_id": user_id})
    limits = settings.values(viewer().agency_id)
    return _list(
        "home/worker.html",
        state,
        limits,
        user_id,
        what=f"caseload of {colleague.name}",
        export_url=state.url("home.export_worker"),
        colleague=colleague,
    )


def _list(template, state, limits, worker_id, *, what, **more):
    me, wanted = viewer(), _wanted(state)
    about = {"viewer": me, "limits": limits, "worker_id": worker_id}
    pager = state.page(caseload.total(wanted, **about))
    rows = caseload.rows(
        wanted,
        order=state.order,
        descending=state.descending,
        offset=(pager.number - 1) * state.spec.per_page,
        limit=state.spec.per_page,
        **about,
    )
    issues = caseload_waiting.open_issues(**about)
    others = caseload_waiting.overdue_of_others(**about)
    named = [row for row in more.get("transfer_rows", ()) if row.person]
    lists.note_listed(
        what, [row.id for row in (*rows,)] + [row.case_id for row in (*issues, *others, *named)]
    )
    return page(
        template,
        state=state,
        pager=pager,
        rows=rows,
        summary=caseload.summary(**about),
        needs=NEEDS,
        issues=issues,
        others=others,
        limits=limits,
        views=saved_views.of_list(state.spec.name, viewer=me) if state.spec is CASELOAD else [],
        reach=navigation.reach,
        too_many=pager.count > EXPORT_MOST,
        **more,
    )


@bp.get("/caseload.csv")
@allowed(Do.SEE_CASELOAD)
@proven
def export_caseload():
    return _export(CASELOAD.read(request.args), viewer().user_id, "my-caseload", "my caseload")


@bp.get("/team/<id:user_id>.csv")
@allowed(Do.SEE_TEAM)
@proven
def export_worker(user_id):
    colleague = caseload.worker(user_id, viewer=viewer()) or abort(404)
    state = WORKER.read(request.args, {"user_id": user_id})
    return _export(state, user_id, f"caseload-{written(user_id)}", f"caseload of {colleague.name}")


def _export(state, worker_id, name, what):
    rows = caseload.rows(
        _wanted(state),
        viewer=viewer(),
        limits=settings.values(viewer().agency_id),
        worker_id=worker_id,
        order=state.order,
        descending=state.descending,
        limit=EXPORT_MOST + 1,
    )
    return lists.csv_answer(
        name,
        what,
        COLUMNS,
        [
            (
                row.person,
                row.reference,
                row.status.label,
                row.review_on,
                row.review_when,
                row.agencies,
                row.open,
                row.late,
                row.unanswered,
                row.contact_at and clock.local_day(row.contact_at),
                clock.local_day(row.active_at),
            )
            for row in rows
        ],
        [row.id for row in rows],
    )
