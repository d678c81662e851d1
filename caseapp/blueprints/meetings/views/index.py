"""The list of meetings: what waits for an answer, what is to come, what has been."""

from flask import request, url_for

from caseapp import clock, dates
from caseapp.blueprints.meetings import bp
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.meetings import COORDINATES
from caseapp.queries import cases, meeting_triggers, meeting_waiting, meetings, settings
from caseapp.vocabulary import MeetingKind
from caseapp.web import lists, navigation, record
from caseapp.web.access import allowed, on_case
from caseapp.web.answers import page
from caseapp.web.lists import Choice, Column, ListSpec, Words
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer

MEETINGS = ListSpec(
    name="meetings",
    title="Meetings",
    endpoint="meetings.index",
    act=Do.SEE_MEETINGS,
    filters=(
        Choice(
            "which",
            "Which",
            (("coming", "To come"), ("past", "Held"), ("off", "Did not take place"), ("all", "All")),
            in_bar=False,
        ),
        Choice("whose", "Whose", (("mine", "Mine"), ("ours", "All of our agency")), in_bar=False),
        Choice("kind", "Kind", (("", "Any kind"), *MeetingKind.choices())),
        Words("words", "Name or reference"),
    ),
    columns=(
        Column("when", "When"),
        Column("name", "About"),
        Column("kind", "Kind"),
        Column("place", "Where"),
        Column("status", "Status"),
    ),
    order="when",
    saved=False,
)


def _wanted(state) -> dict:
    return {key: state[key] for key in ("which", "whose", "kind", "words")}


@bp.get("/meetings")
@allowed(Do.SEE_MEETINGS)
def index():
    me, state = viewer(), MEETINGS.read(request.args)
    wanted, limits = _wanted(state), settings.values(viewer().agency_id)
    total = meetings.total(viewer=me, **wanted)
    pager = state.page(total, more=total >= meetings.AT_MOST)
    rows = meetings.rows(
        viewer=me,
        offset=(pager.number - 1) * state.spec.per_page,
        limit=state.spec.per_page,
        **wanted,
    )
    to_answer = meeting_waiting.to_answer(viewer=me, limits=limits)
    to_permit = meeting_waiting.to_permit(viewer=me, limits=limits)
    to_agree = meeting_waiting.to_agree(viewer=me, limits=limits)
    clocks = meeting_waiting.clocks(viewer=me, limits=limits, ours=me.manages)
    everything = (*rows, *to_answer, *to_permit, *to_agree, *clocks)
    lists.note_listed("meetings", [row.case_id for row in everything])
    return page(
        "meetings/index.html",
        state=state,
        pager=pager,
        rows=rows,
        to_answer=to_answer,
        to_permit=to_permit,
        to_agree=to_agree,
        clocks=clocks,
        today=clock.today(),
        coordinates=me.has(COORDINATES),
        reach=navigation.reach,
    )


@bp.get("/meetings.csv")
@allowed(Do.SEE_MEETINGS)
@proven
def export():
    me, state = viewer(), MEETINGS.read(request.args)
    rows = meetings.rows(viewer=me, limit=lists.EXPORT_MOST + 1, **_wanted(state))
    return lists.csv_answer(
        "meetings",
        "meetings",
        ("Day", "Time", "About", "Reference", "Kind", "Called by", "Place", "Status"),
        [
            (
                dates.day(clock.local_day(row.starts_at)) if row.starts_at else "",
                dates.hour(row.starts_at) if row.starts_at else "",
                row.name,
                row.reference or "",
                row.kind.label,
                row.agency,
                row.place,
                row.status_words,
            )
            for row in rows
        ],
        [row.case_id for row in rows],
    )


@bp.get("/cases/<ref:reference>/meetings")
@on_case(Do.VIEW_PLAN, reads="the meetings")
def of_case(case):
    me = viewer()
    calls = rules.may(me, Do.CALL_MEETING, case)
    return page(
        "meetings/of_case.html",
        case=case,
        head=cases.head(case, viewer=me),
        places=record.places(case, "meetings.of_case"),
        plan_url=url_for("plan.show", reference=case.reference),
        rows=meetings.of_case(case, viewer=me),
        calling=meeting_triggers.calling(case, viewer=me),
        calls=calls,
        reach=navigation.reach,
    )
