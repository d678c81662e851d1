"""My gaps and blocks and where they are; what waits for me; those of one case."""

from flask import request, url_for

from caseapp import dates
from caseapp.blueprints.escalations import bp
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import cases, escalations, saved_views
from caseapp.queries.escalations import Wanted
from caseapp.vocabulary import Role
from caseapp.web import lists, navigation, record
from caseapp.web.access import allowed, on_case
from caseapp.web.answers import page
from caseapp.web.lists import Choice, Column, ListSpec, Words
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer

#: Which lists there are; who manages or coordinates begins with what waits for them, a worker with their own.
WHICH = {
    "waits": "Waits for me",
    "mine": "Mine",
    "agency": "Of our agency",
    "all": "All I may read",
}

LIST = ListSpec(
    name="gaps",
    title="Gaps and blocks",
    endpoint="escalations.index",
    act=Do.SEE_GAPS,
    filters=(
        Choice("which", "Which", (("", ""),), in_bar=False),
        Choice("state", "Open or closed", (("open", "Open"), ("closed", "Closed"), ("any", "Both"))),
        Words("words", "Words"),
    ),
    columns=(
        Column("number", "What is missing or shut", sort=True, descending_first=True),
        Column("age", "Age", sort=True, numeric=True),
        Column("left", "Working days left", sort=True, numeric=True),
        Column("changed", "Last step", sort=True, descending_first=True),
    ),
    order="left",
)

HEADINGS = (
    "Number",
    "Kind",
    "What is missing or shut",
    "Part of life",
    "Area",
    "Raised by",
    "Raised on",
    "Where it is",
    "Age in days",
    "Working days held",
    "Working days left",
    "Urgent",
    "Last answer",
)


def which_lists(who) -> dict[str, str]:
    """The lists that a role has, the first as the way in."""
    if who.has(Role.COORDINATOR | Role.NATIONAL_COORDINATOR) and not who.practises:
        return {name: WHICH[name] for name in ("waits", "all")}
    if who.manages:
        return {name: WHICH[name] for name in ("waits", "agency", "mine", "all")}
    return {name: WHICH[name] for name in ("mine", "waits", "all")}


def _state(args, who):
    which = which_lists(who)
    first = next(iter(which))
    options = (("", which[first]), *((name, label) for name, label in which.items() if name != first))
    state = LIST.read(args, which=options)
    return state, state["which"] or first


def _wanted(state, which):
    return Wanted(which, state["state"], state["words"], state.order, state.descending)


@bp.get("/gaps-and-blocks")
@allowed(Do.SEE_GAPS)
def index():
    who = viewer()
    state, which = _state(request.args, who)
    wanted = _wanted(state, which)
    rows = escalations.rows(wanted, viewer=who, offset=state.offset, limit=LIST.per_page)
    total = escalations.total(wanted, viewer=who)
    lists.note_listed("gaps and blocks", [row.case_id for row in rows], escalations=[row.id for row in rows])
    return page(
        "escalations/index.html",
        rows=rows,
        state=state,
        which=which,
        lists=which_lists(who),
        pager=state.page(min(total, escalations.AT_MOST), total > escalations.AT_MOST),
        waits=escalations.waiting(viewer=who),
        views=saved_views.of_list(LIST.name, viewer=who),
        may_raise=rules.may(who, Do.RAISE_GAP),
        may_triage=rules.may(who, Do.TRIAGE_GAPS),
        reach=navigation.reach,
        grievances=navigation.reach("grievances.index") if rules.may(who, Do.SEE_GRIEVANCES) else None,
    )


@bp.get("/gaps-and-blocks.csv")
@allowed(Do.SEE_GAPS)
@proven
def index_csv():
    who = viewer()
    state, which = _state(request.args, who)
    rows = escalations.rows(_wanted(state, which), viewer=who, limit=lists.EXPORT_MOST + 1)
    return lists.csv_answer(
        "gaps-and-blocks",
        "gaps and blocks",
        HEADINGS,
        [_line(row) for row in rows],
        [row.case_id for row in rows],
    )


def _line(row):
    """One line of the file. It names nobody: a list on paper is passed on."""
    return (
        row.said,
        row.kind.short,
        row.title,
        row.domain,
        row.area,
        row.agency,
        dates.day(row.raised_on),
        row.place,
        row.days,
        row.held,
        "" if row.left is None else row.left,
        "yes" if row.urgent else "",
        row.answer,
    )


@bp.get("/cases/<ref:reference>/gaps-and-blocks")
@on_case(Do.VIEW_PLAN, "gaps and blocks")
def of_case(case):
    return page(
        "escalations/of_case.html",
        case=case,
        head=cases.head(case, viewer=viewer()),
        places=record.places(case, "escalations.of_case"),
        plan_url=url_for("plan.show", reference=case.reference),
        rows=escalations.of_case(case, viewer=viewer()),
        may_raise=rules.may(viewer(), Do.RAISE_FROM_CASE, case),
        reach=navigation.reach,
    )
