"""The handbook as a list, its search, and what was amended."""

from datetime import timedelta

from flask import request

from caseapp import clock
from caseapp import procedures_library as library
from caseapp.blueprints.procedures import bp
from caseapp.chapter_text import as_plain, search_words, snippet
from caseapp.policy import chapters as policy
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import chapter_list, handbook, own_reading
from caseapp.vocabulary import ChapterChange, PracticeArea
from caseapp.web.access import allowed
from caseapp.web.answers import page
from caseapp.web.lists import Choice, Column, ListSpec, Words, csv_answer
from caseapp.web.sessions import viewer

HANDBOOK = ListSpec(
    name="procedures",
    title="Procedures",
    endpoint="procedures.index",
    act=Do.READ_HANDBOOK,
    filters=(
        Words("words", "Words in the text"),
        Choice("area", "Area of practice", (("", "All"), *PracticeArea.choices())),
        Choice("family", "Procedure", (("", "All"),)),
        Choice("which", "Reading", (("", "All"),)),
    ),
    columns=(
        Column("number", "Number"),
        Column("title", "Chapter"),
        Column("version", "Version"),
        Column("reading", "Your reading"),
    ),
    order="number",
    per_page=40,
)
AMENDMENTS = ListSpec(
    name="amendments",
    title="What was amended",
    endpoint="procedures.amendments",
    act=Do.READ_HANDBOOK,
    filters=(
        Choice("change", "Kind", (("", "All"), *ChapterChange.choices())),
        Choice(
            "since",
            "Since",
            (("", "Always"), ("30", "30 days"), ("90", "90 days"), ("365", "A year")),
        ),
    ),
    columns=(Column("published_at", "Out since"),),
    order="published_at",
    per_page=40,
    saved=False,
)


def _state():
    families = (("", "All"), *library.families().items())
    return HANDBOOK.read(request.args, family=families, which=chapter_list.states(viewer()))


@bp.get("")
@allowed(Do.READ_HANDBOOK)
def index():
    state = _state()
    rows, total = _page(state)
    pager = state.page(total)
    if not rows and total:
        rows, _ = _page(state, (pager.number - 1) * HANDBOOK.per_page)
    open_, _ = (
        own_reading.feedback(viewer=viewer(), limit=1) if rules.may(viewer(), Do.EDIT_HANDBOOK) else ([], 0)
    )
    return page(
        "procedures/index.html",
        state=state,
        rows=rows,
        pager=pager,
        snippets=_snippets(rows, state["words"]),
        to_read=own_reading.to_read(viewer=viewer(), limit=6),
        edits=policy.edits(viewer()),
        has_handbook=handbook.families(viewer=viewer()) is not None or bool(total),
        waiting=bool(open_),
        families=library.families(),
        today=clock.today(),
    )


@bp.get("/list.csv")
@allowed(Do.READ_HANDBOOK)
def export():
    """The list as it is shown, with where the reader stands."""
    rows, _ = _page(_state(), 0, 10_001)
    return csv_answer(
        "procedures",
        "procedures: list exported",
        ("Number", "Chapter", "Area of practice", "Version", "Holds from", "Your reading", "Next revision"),
        [
            (
                one.number,
                one.title,
                one.area.label,
                one.version or "",
                one.effective_on or "",
                one.reading.words,
                one.next_revision_on or "",
            )
            for one in rows
        ],
        (),
    )


@bp.get("/amendments")
@allowed(Do.READ_HANDBOOK)
def amendments():
    state = AMENDMENTS.read(request.args)
    days = int(state["since"] or 0)
    rows, total = chapter_list.amendments(
        viewer=viewer(),
        change=state["change"],
        since=clock.today() - timedelta(days=days) if days else None,
        offset=state.offset,
        limit=AMENDMENTS.per_page,
    )
    return page("procedures/amendments.html", state=state, rows=rows, pager=state.page(total))


def _page(state, offset=None, limit=HANDBOOK.per_page):
    return chapter_list.listed(
        viewer=viewer(),
        area=state["area"],
        family=state["family"],
        which=state["which"],
        words=state["words"],
        offset=state.offset if offset is None else offset,
        limit=limit,
    )


def _snippets(rows, words):
    typed = search_words(words)
    if not typed:
        return {}
    texts = chapter_list.texts([row.version_id for row in rows], viewer=viewer())
    return {
        row.id: snippet(as_plain(texts.get(row.version_id, "")).replace("\n", " "), typed) for row in rows
    }
