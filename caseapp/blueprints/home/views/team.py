"""The line manager's start: who carries how much, what is overdue, what waits."""

from flask import request

from caseapp import clock, dates
from caseapp.blueprints.home import bp
from caseapp.blueprints.home.lists import TEAM
from caseapp.documents import charts
from caseapp.policy.do import Do
from caseapp.queries import (
    meeting_followup,
    meeting_waiting,
    reading_figures,
    saved_views,
    settings,
    team,
    team_waiting,
    transfers,
)
from caseapp.web import lists, navigation
from caseapp.web.access import allowed
from caseapp.web.answers import page
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer

COLUMNS = ("Worker", "Role", "Profession", "Cases", "Weight in %", "Load", "Overdue", "Reviews in 14 days")
BARS = {"t-late": "bar-much", "t-wait": "bar-over"}
#: A chart with more bars than this cannot be read; the table holds all.
BARS_MOST = 15
#: Calendar days for which what meetings decided is counted here.
FOLLOWED = 90
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def _shown(state, found):
    words = state["words"].casefold().split()
    workers = [one for one in found.workers if all(word in one.name.casefold() for word in words)]
    return team.ordered(workers, state.order, state.descending)


@bp.get("/team", endpoint="team")
@allowed(Do.SEE_TEAM)
def show():
    me = viewer()
    limits = settings.values(me.agency_id)
    state = TEAM.read(request.args)
    found = team.team(viewer=me, limits=limits)
    workers = _shown(state, found)
    pager = state.page(len(workers))
    start = (pager.number - 1) * TEAM.per_page
    weeks = team.overdue_weeks(viewer=me)
    to_allocate, allocations = team_waiting.to_allocate(viewer=me)
    issues = team_waiting.late_issues(viewer=me, limits=limits)
    meetings = [
        *meeting_waiting.to_agree(viewer=me, limits=limits),
        *meeting_waiting.to_permit(viewer=me, limits=limits),
        *(one for one in meeting_waiting.clocks(viewer=me, limits=limits, ours=True) if one.late),
    ]
    transfers_waiting = transfers.waiting(viewer=me)
    named = (row for row in transfers_waiting if row.reference)
    lists.note_listed(
        "waiting for the manager", [row.case_id for row in (*allocations, *issues, *meetings, *named)]
    )
    heaviest = [one for one in team.ordered(found.workers, "weight", True) if one.weight is not None]
    return page(
        "home/team.html",
        state=state,
        pager=pager,
        workers=workers[start : start + TEAM.per_page],
        found=found,
        heaviest=heaviest,
        bars=charts.bars(
            "Weight by worker",
            [
                (one.name, one.name.split()[0], one.weight, BARS.get(one.tag, "bar"))
                for one in heaviest[:BARS_MOST]
            ],
            limit=100,
            limit_label="100%",
            name="weight",
        ),
        bars_most=BARS_MOST,
        weight_finding=_weight_finding(found.workers),
        weeks=[(dates.short_day(day), count) for day, count in weeks],
        weeks_chart=charts.line(
            "Overdue actions by week",
            [(dates.short_day(day), count) for day, count in weeks],
            name="weeks",
        ),
        weeks_finding=_weeks_finding(weeks),
        to_allocate=to_allocate,
        allocations=allocations,
        issues=issues,
        meeting_rows=meetings,
        transfer_rows=transfers_waiting,
        silent=team_waiting.silent_agencies(viewer=me, limits=limits),
        decided=meeting_followup.total(viewer=me, days=FOLLOWED)[1],
        beside=reading_figures.beside_the_work(viewer=me, late_actions=found.overdue),
        capacity=limits["workload_capacity"],
        issue_limit=limits["issue_answer_working_days"],
        views=saved_views.of_list(TEAM.name, viewer=me),
        today=clock.today(),
        reach=navigation.reach,
    )


@bp.get("/team.csv")
@allowed(Do.SEE_TEAM)
@proven
def export_team():
    state = TEAM.read(request.args)
    found = team.team(viewer=viewer(), limits=settings.values(viewer().agency_id))
    return lists.csv_answer(
        "my-team",
        "my team",
        COLUMNS,
        [
            (
                one.name,
                one.role,
                one.profession,
                one.cases,
                one.weight,
                one.band,
                one.overdue,
                one.reviews,
            )
            for one in _shown(state, found)
        ],
        [],
    )


def _weight_finding(workers):
    over = sum(1 for one in workers if one.weight is not None and one.weight > 100)
    all_of_them = len(workers)
    if not over:
        return "Nobody carries more than a full week."
    count = NUMBERS[over] if over < 10 else over
    of = NUMBERS[all_of_them].lower() if all_of_them < 10 else all_of_them
    return f"{count} of {of} {'carries' if over == 1 else 'carry'} more than a full week."


def _weeks_finding(weeks):
    now, week_ago, first = weeks[-1][1], weeks[-2][1], weeks[0][1]
    if not any(count for _, count in weeks):
        return "None in eight weeks."
    if now > first:
        long = f"up from {first} eight weeks ago"
    elif now < first:
        long = f"down from {first} eight weeks ago"
    else:
        long = "as many as eight weeks ago"
    short = (
        "the same as last week"
        if now == week_ago
        else f"{abs(now - week_ago)} {'more' if now > week_ago else 'fewer'} than last week"
    )
    return f"{now} today, {long}; {short}."
