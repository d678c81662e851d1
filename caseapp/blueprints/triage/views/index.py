"""The triage list: what is open in the areas of a coordinator, least time left first."""

from urllib.parse import parse_qsl

from flask import request

from caseapp.blueprints.triage import bp
from caseapp.blueprints.triage.lists import TRIAGE, VIEWS
from caseapp.policy.do import Do
from caseapp.queries import (
    need_domains,
    saved_views,
    settings,
    triage,
    triage_numbers,
    triage_options,
)
from caseapp.queries.triage_filters import Wanted
from caseapp.vocabulary import Role
from caseapp.web import lists, navigation
from caseapp.web.access import allowed
from caseapp.web.answers import page
from caseapp.web.lists import EXPORT_MOST
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer

COLUMNS = (
    "Number",
    "Kind",
    "What is missing or shut",
    "Raised by",
    "Joined raisings",
    "Urgent",
    "Theme",
    "Part of life",
    "Area",
    "Agency concerned",
    "Age in days",
    "Level",
    "Who holds it",
    "Time used",
    "Working days left",
)
#: Rows of a filtered list are counted, and paged through, up to here.
COUNT_MOST = 999
#: No more saved views than this are counted.
COUNTED = 12


def _state(options, args):
    every = "Both areas" if len(options.areas) == 2 else "All areas"
    return TRIAGE.read(
        args,
        theme=(("", "All themes"), ("none", "Without a theme"), *_pairs(options.themes)),
        area=(("", every), *_pairs(options.areas)),
        agency=(("", "All agencies"), *_pairs(options.agencies)),
    )


def _pairs(records):
    return [(str(record_id), name) for record_id, name in records]


def _wanted(state) -> Wanted:
    return Wanted(**state.values)


def _lead(numbers, areas, me):
    """The sentence under the heading."""
    if me.has(Role.COORDINATOR) and areas:
        names = [name for _, name in areas]
        where = " and ".join(names) if len(names) < 4 else f"{len(names)} areas"
    else:
        where = "all areas"
    if not numbers.all:
        return f"Nothing is open in {where}."
    over = (
        f"{_many(numbers.over)} over {'its' if numbers.over == 1 else 'their'} time" if numbers.over else ""
    )
    soon = f"{_many(numbers.soon)} with two days left or fewer" if numbers.soon else ""
    said = ", ".join(part for part in (over, soon) if part) or "none is over its time"
    return f"{numbers.all:,} open in {where}: {said}."


def _many(number):
    most = triage_numbers.AT_MOST
    return f"more than {most:,}" if number > most else f"{number:,}"


@bp.get("/triage")
@allowed(Do.TRIAGE_GAPS)
def index():
    me = viewer()
    options = triage_options.options(viewer=me)
    state = _state(options, request.args)
    wanted = _wanted(state)
    numbers = triage_numbers.numbers(viewer=me, calendar=settings.value(me.agency_id, "working_day_calendar"))
    plain = wanted == Wanted()
    pager = (
        state.page(numbers.all)
        if plain
        else _counted(state, triage_numbers.total(wanted, viewer=me, at_most=COUNT_MOST))
    )
    rows = triage.rows(
        wanted,
        viewer=me,
        domains=need_domains.labels(),
        order=state.order,
        descending=state.descending,
        offset=(pager.number - 1) * TRIAGE.per_page,
        limit=TRIAGE.per_page,
    )
    lists.note_listed("triage", [], escalations=[row.id for row in rows])
    views = saved_views.of_list(TRIAGE.name, viewer=me)[:COUNTED]
    counts = triage_numbers.totals(
        [_wanted(_state(options, dict(parse_qsl(one.query)))) for one in views], viewer=me
    )
    return page(
        "triage/index.html",
        state=state,
        pager=pager,
        rows=rows,
        lead=_lead(numbers, options.areas, me),
        places=[
            (
                state.url(view=name, page=""),
                words,
                triage_numbers.said(numbers.views[name]) if name else f"{numbers.all:,}",
                state["view"] == name,
            )
            for name, words in VIEWS.items()
        ],
        views=list(zip(views, map(triage_numbers.said, counts), strict=True)),
        first=next((row for row in rows if row.mine), None),
        reach=navigation.reach,
        too_many=pager.count > EXPORT_MOST,
        from_row=(pager.number - 1) * TRIAGE.per_page + 1,
    )


def _counted(state, number):
    """The pager of a filtered list: counting stops, the words say so."""
    return state.page(min(number, COUNT_MOST), more=number > COUNT_MOST)


@bp.get("/triage.csv")
@allowed(Do.TRIAGE_GAPS)
@proven
def export():
    me = viewer()
    state = _state(triage_options.options(viewer=me), request.args)
    rows = triage.rows(
        _wanted(state),
        viewer=me,
        domains=need_domains.labels(),
        order=state.order,
        descending=state.descending,
        limit=EXPORT_MOST + 1,
    )
    return lists.csv_answer(
        "gaps-and-blocks",
        "gaps and blocks, triage",
        COLUMNS,
        [
            (
                row.said,
                row.kind,
                row.title,
                row.agency,
                row.joined,
                "yes" if row.urgent else "",
                row.theme,
                row.domain,
                row.area,
                row.concerned,
                row.days,
                row.level.label,
                row.holder,
                row.held,
                row.left,
            )
            for row in rows
        ],
        [],
    )
