"""Figures of the own agency without a name, for its administrator."""

from flask import request

from caseapp.blueprints.reading import bp
from caseapp.blueprints.reading.views.matrix import over_time
from caseapp.policy.do import Do
from caseapp.queries import reading_figures
from caseapp.web import lists, navigation
from caseapp.web.access import allowed
from caseapp.web.answers import page
from caseapp.web.lists import ListSpec
from caseapp.web.sessions import viewer

CHAPTERS = ListSpec(
    name="reading_figures",
    title="Reading figures",
    endpoint="reading.figures",
    act=Do.SEE_READING_FIGURES,
    filters=(),
    columns=(),
    order="number",
    saved=False,
)
COLUMNS = ("Chapter", "Title", "Version", "Asked of", "Read, current", "Overdue", "Read an older version")


@bp.get("/figures")
@allowed(Do.SEE_READING_FIGURES)
def figures():
    me = viewer()
    state = CHAPTERS.read(request.args)
    rows, total = reading_figures.chapters(viewer=me, offset=state.offset, limit=CHAPTERS.per_page)
    if total and not rows:
        last = state.page(total).pages
        rows, total = reading_figures.chapters(viewer=me, offset=(last - 1) * CHAPTERS.per_page)
    agency = reading_figures.agency(viewer=me, chapters=total)
    weeks = reading_figures.weeks(viewer=me, own_team=False, now=None if agency.kept_on else agency.whole)
    return page(
        "reading/figures.html",
        agency=agency,
        fewest=reading_figures.FEWEST,
        rows=rows,
        pager=state.page(total),
        weeks=weeks,
        **over_time(weeks, "Share read, current, by week"),
        reach=navigation.reach,
    )


@bp.get("/figures.csv")
@allowed(Do.SEE_READING_FIGURES)
def figures_csv():
    rows, _ = reading_figures.chapters(viewer=viewer(), limit=lists.EXPORT_MOST + 1)
    return lists.csv_answer(
        "reading-figures",
        "reading figures",
        COLUMNS,
        [
            (
                one.number,
                one.title,
                one.version,
                *(
                    (f"fewer than {reading_figures.FEWEST}", "", "", "")
                    if one.few
                    else (one.figures.asked, one.figures.current, one.figures.overdue, one.figures.older)
                ),
            )
            for one in rows
        ],
        [],
    )
