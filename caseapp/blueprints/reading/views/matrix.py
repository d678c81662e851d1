"""The line manager's matrix, with the figures over it, over the weeks, and beside the work."""

from caseapp import clock, dates
from caseapp.blueprints.reading import bp
from caseapp.blueprints.reading.lists import WHICH, across, asked_across, read, steps
from caseapp.documents import charts
from caseapp.policy.do import Do
from caseapp.queries import reading_figures, reading_matrix, saved_views
from caseapp.queries.reading_cells import soon
from caseapp.web import navigation
from caseapp.web.access import allowed
from caseapp.web.answers import page
from caseapp.web.sessions import viewer


@bp.get("", endpoint="index")
@allowed(Do.SEE_READING)
def index():
    me = viewer()
    state, wanted = read()
    found = reading_matrix.matrix(
        wanted,
        viewer=me,
        down=state.offset,
        across=(asked_across() - 1) * reading_matrix.ACROSS,
    )
    if (found.people and not found.readers) or (found.chapters and not found.columns):
        # past the end in one direction: the last page of it
        last = max(1, -(-found.people // reading_matrix.PER_PAGE))
        found = reading_matrix.matrix(
            wanted,
            viewer=me,
            down=(min(state.number, last) - 1) * reading_matrix.PER_PAGE,
            across=(across(found.chapters) - 1) * reading_matrix.ACROSS,
        )
    right = across(found.chapters)
    down = min(state.number, max(1, -(-found.people // reading_matrix.PER_PAGE)))
    plain = not (state.filtered or wanted.chapters or wanted.area)
    whole = found.whole if plain or found.kept_on else reading_figures.own_team(viewer=me)
    weeks = reading_figures.weeks(viewer=me, own_team=True, now=None if found.kept_on else whole)
    return page(
        "reading/index.html",
        state=state,
        wanted=wanted,
        matrix=found,
        which=WHICH,
        down=steps(state, "page", down, found.people, reading_matrix.PER_PAGE, across=right),
        right=steps(state, "across", right, found.chapters, reading_matrix.ACROSS, page=down),
        soon=dates.full_day(soon(clock.today())).rsplit(" ", 1)[0],
        views=saved_views.of_list("reading", viewer=me),
        weeks=weeks,
        **over_time(weeks, "Share read, current, by week"),
        beside=reading_figures.beside_the_work(viewer=me),
        reach=navigation.reach,
    )


def over_time(weeks, title: str) -> dict:
    """The chart of the share over the weeks with its finding in words."""
    return {
        "weeks_chart": charts.line(
            title,
            [(dates.short_day(one.on), one.percent) for one in weeks],
            name="weeks",
            most=100,
            unit="%",
            calm=True,
        )
        if len(weeks) > 1
        else "",
        "weeks_finding": _finding(weeks),
    }


def _finding(weeks):
    if not weeks:
        return "Nothing was asked yet."
    now = weeks[-1].percent
    if len(weeks) == 1:
        return f"{now}% today. Each day adds one figure; the line begins with the second."
    first = weeks[0]
    since = dates.day(first.on)
    if now == first.percent:
        return f"{now}% today, as on {since}."
    return f"{now}% today, {'up' if now > first.percent else 'down'} from {first.percent}% on {since}."
