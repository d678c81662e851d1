"""What the viewer's agency has been asked to do."""

import secrets
from datetime import timedelta

from flask import flash, redirect, request, url_for

from caseapp import clock, dates
from caseapp.blueprints.home import bp
from caseapp.blueprints.home.forms import SeenForm
from caseapp.blueprints.home.lists import OUR_ACTIONS
from caseapp.policy.do import Do
from caseapp.queries import our_actions, our_changes, saved_views, settings
from caseapp.queries.our_actions import SECTIONS, SOON, Wanted
from caseapp.services import notifications
from caseapp.web import lists, navigation
from caseapp.web.access import allowed
from caseapp.web.answers import page
from caseapp.web.lists import EXPORT_MOST
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer

EACH = 10
COLUMNS = (
    "Part of the list",
    "Action",
    "For",
    "Reference",
    "By when",
    "How it stands",
    "Status",
    "Worker",
    "Case manager",
    "Asked by",
    "Asked on",
    "Last note",
    "Noted on",
)


def _asked():
    """What the address asks for, and who can be chosen in it."""
    people = our_actions.people(viewer=viewer())
    state = OUR_ACTIONS.read(request.args, person=(("", "Everybody"), *people))
    wanted = Wanted(
        mine=state["whose"] == "",
        reference=state["person"],
        status=state["status"],
        words=state["words"],
        within=state["within"],
    )
    return state, wanted, people


def _calendar():
    return settings.values(viewer().agency_id)["working_day_calendar"]


@bp.get("/our-actions", endpoint="our_actions")
@allowed(Do.SEE_OUR_ACTIONS)
def show():
    state, wanted, people = _asked()
    section, offered = state["section"], [reference for reference, _name in people]
    summary = our_actions.summary(wanted, viewer=viewer())
    context = {
        "state": state,
        "wanted": wanted,
        "people": people,
        "sections": SECTIONS,
        "summary": summary,
        "day_looked": dates.long_day(summary.looked_at and clock.local_day(summary.looked_at)),
        "changed_count": our_changes.count_changed(viewer=viewer()),
        "soon": clock.today() + timedelta(days=SOON),
        "views": saved_views.of_list(OUR_ACTIONS.name, viewer=viewer()),
        "reach": navigation.reach,
        "until": int(clock.now().timestamp()),
        "once": lambda: secrets.token_urlsafe(16),
    }
    if section == "changed":
        changes = our_changes.changed(viewer=viewer(), limit=200)
        lists.note_listed("changes in our actions", [row.case_id for row in changes], offered=offered)
        return page("home/our_changes.html", changes=changes, **context)
    if section:
        total = our_actions.total(wanted, section, viewer=viewer(), at_most=2000)
        pager = state.page(min(total, 2000), total > 2000)
        rows = our_actions.rows(
            wanted,
            section,
            viewer=viewer(),
            calendar=_calendar(),
            offset=(pager.number - 1) * OUR_ACTIONS.per_page,
            limit=OUR_ACTIONS.per_page,
            order=("-" if state.descending else "") + state.order,
        )
        lists.note_listed("our actions", [row.case_id for row in rows], offered=offered)
        return page("home/our_actions_part.html", rows=rows, pager=pager, section=section, **context)
    parts = our_actions.first_rows(wanted, viewer=viewer(), calendar=_calendar(), each=EACH)
    changes = our_changes.changed(viewer=viewer(), limit=EACH)
    shown = [row.case_id for rows in (*parts.values(), changes) for row in rows]
    lists.note_listed("our actions", shown, offered=offered)
    return page("home/our_actions.html", parts=parts, changes=changes, each=EACH, **context)


@bp.get("/our-actions/print")
@allowed(Do.SEE_OUR_ACTIONS)
def print_our_actions():
    state, wanted, people = _asked()
    section = state["section"] if state["section"] in SECTIONS else ""
    rows = our_actions.rows(wanted, section, viewer=viewer(), calendar=_calendar(), limit=501)
    lists.note_printed("our actions", [row.case_id for row in rows[:500]])
    return page(
        "home/our_actions_print.html",
        state=state,
        rows=rows[:500],
        more=len(rows) > 500,
        wanted=wanted,
        person=dict(people).get(state["person"], ""),
        printed_at=clock.now(),
    )


@bp.get("/our-actions.csv")
@allowed(Do.SEE_OUR_ACTIONS)
@proven
def export_our_actions():
    state, wanted, _people = _asked()
    section = state["section"] if state["section"] in SECTIONS else ""
    rows = []
    for name in [section] if section else SECTIONS:
        found = our_actions.rows(
            wanted,
            name,
            viewer=viewer(),
            calendar=_calendar(),
            limit=EXPORT_MOST + 1 - len(rows),
            order=("-" if state.descending else "") + state.order,
        )
        rows += [(SECTIONS[name], row) for row in found]
    return lists.csv_answer(
        "our-actions",
        "our actions",
        COLUMNS,
        [
            (
                part,
                row.what,
                row.person,
                row.reference,
                row.due_on,
                row.when,
                row.status_words,
                row.worker,
                row.manager,
                row.asked_by,
                row.asked_on,
                row.note,
                row.noted_on,
            )
            for part, row in rows
        ],
        [row.case_id for _, row in rows],
    )


@bp.post("/our-actions/seen")
@allowed(Do.SEE_OUR_ACTIONS)
def seen_our_actions():
    form = SeenForm()
    if form.validate_on_submit() and form.accepts(
        notifications.looked, actor=viewer(), at=clock.now(), until=form.moment
    ):
        flash("From now on “changed since you looked” counts from this moment.", "ok")
    return redirect(url_for("home.our_actions"), 303)
