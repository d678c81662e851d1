"""Finding a person, and the list of those the agency works with."""

from flask import request

from caseapp.blueprints.people import bp
from caseapp.policy.do import Do
from caseapp.queries import people, people_search
from caseapp.vocabulary import AuditAct
from caseapp.web import sealed
from caseapp.web.access import allowed, note_reading
from caseapp.web.answers import page
from caseapp.web.forms import clean
from caseapp.web.lists import Choice, Column, ListSpec
from caseapp.web.sessions import viewer

LIST = ListSpec(
    name="people",
    title="People",
    endpoint="people.index",
    act=Do.SEARCH_PEOPLE,
    filters=(
        Choice(
            "which",
            "Show",
            (("open", "With an open case"), ("mine", "Those I work with"), ("all", "All, also closed cases")),
        ),
    ),
    columns=(Column("name", "Name", sort=True),),
    order="name",
)


@bp.get("/people")
@allowed(Do.SEARCH_PEOPLE)
def index():
    """S3 of the issue: one box for name, date of birth, reference or number; without words, those we work with."""
    words = clean(sealed.opened(request.args.get("q", "")))[: people_search.LONGEST]
    state = LIST.read(request.args)
    if words:
        return _found(words, state)
    lines, total = people.listed(state["which"], viewer=viewer(), most=LIST.per_page, after=state.offset)
    if lines:
        note_reading(AuditAct.LISTED, "people", detail=named(lines))
    return page(
        "people/index.html", words="", asked=None, lines=lines, state=state, pager_page=state.page(total)
    )


def _found(words, state):
    asked = people_search.understand(words)
    lines = people.with_cases(people_search.find(asked, viewer=viewer()), viewer=viewer())
    note_reading(AuditAct.SEARCHED, "people", detail=named(lines))
    return page(
        "people/index.html",
        words=words,
        asked=asked,
        lines=lines,
        state=state,
        pager_page=None,
        full=len(lines) >= people_search.SHOWN,
    )


def named(lines) -> dict:
    """Whom a list named, for the audit record; never the words that were typed."""
    return {
        "people": [line.id for line in lines],
        "cases": [case.id for line in lines for case in line.cases],
    }
