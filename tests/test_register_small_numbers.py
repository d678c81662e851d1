"""Small numbers in what is published: none is shown, and none can be reckoned from what is (C14, issue 4).

The reader of a published table knows every number that is shown, that totals add up, and that no count is negative. The
tests take that reader's part: they try every table that fits, and look at what a left-out number could be.
"""

from datetime import date
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from caseapp.queries.register import figures
from caseapp.queries.register_published import beside_earlier
from caseapp.queries.register_small_numbers import alone, protect

LEAST = 3
TODAY = date(2026, 11, 20)
COUNTS = st.sampled_from([0, 0, 1, 1, 2, 2, 3, 5])
SHAPES = st.sampled_from([(1, 2), (1, 3), (2, 2), (3, 1), (4, 1)])
SIDES = st.sampled_from([(True, True), (True, False), (False, True), (False, False)])


@st.composite
def tables(draw):
    rows, columns = draw(SHAPES)
    return [[draw(COUNTS) for _ in range(columns)] for _ in range(rows)]


def fits(shown, cells, by_row, by_column) -> list:
    """Every table that a reader could think of; no left-out number is larger than a sum of a row or a column."""
    rows, columns = len(cells), len(cells[0])
    missing = [(r, c) for r in range(rows) for c in range(columns) if shown.cells[r][c] is None]
    highest = max(LEAST, *map(sum, cells), *map(sum, zip(*cells, strict=True)))
    found = []
    for values in product(range(highest + 1), repeat=len(missing)):
        table = [list(row) for row in shown.cells]
        for (r, c), value in zip(missing, values, strict=True):
            table[r][c] = value
        sums = [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]
        if by_row and any(t is not None and t != s for t, s in zip(shown.row_totals, sums[0], strict=True)):
            continue
        if by_column and any(
            t is not None and t != s for t, s in zip(shown.column_totals, sums[1], strict=True)
        ):
            continue
        if shown.total is not None and shown.total != sum(sums[0]):
            continue
        found.append((table, *sums))
    return found


@settings(max_examples=100)
@given(tables(), SIDES)
def test_no_small_number_can_be_reckoned_from_a_published_table(cells, sides):
    by_row, by_column = sides
    shown = protect(cells, LEAST, row_totals=by_row, column_totals=by_column)
    possible = fits(shown, cells, by_row, by_column)
    assert possible, "what is shown contradicts itself"
    rows, columns = len(cells), len(cells[0])
    for r, c in product(range(rows), range(columns)):
        if 0 < cells[r][c] < LEAST:
            assert shown.cells[r][c] is None
            could_be = {table[r][c] for table, _, _ in possible}
            assert max(could_be) >= LEAST, "the reader knows that it is small"
            assert min(could_be) < cells[r][c], "the reader knows that it is no smaller"
    for r in range(rows if by_row else 0):
        if 0 < sum(cells[r]) < LEAST:
            assert shown.row_totals[r] is None and max(sums[r] for _, sums, _ in possible) >= LEAST
    for c in range(columns if by_column else 0):
        if 0 < sum(row[c] for row in cells) < LEAST:
            assert shown.column_totals[c] is None and max(sums[c] for _, _, sums in possible) >= LEAST


def test_a_number_alone_left_out_beside_its_total_takes_another_with_it():
    shown = protect([[7, 2, 9]], LEAST, column_totals=False)
    assert shown.row_totals == (18,)
    assert shown.cells == ((None, None, 9),)


def test_where_nothing_is_small_everything_is_shown():
    shown = protect([[7, 0], [3, 9]], LEAST)
    assert (shown.cells, shown.row_totals, shown.column_totals, shown.total) == (
        ((7, 0), (3, 9)),
        (7, 12),
        (10, 9),
        19,
    )
    assert not shown.left_out and alone(0, LEAST) == 0 and alone(2, LEAST) is None


def test_the_sum_of_all_is_only_left_out_when_it_is_small_itself():
    assert protect([[2], [1]], LEAST, row_totals=False).column_totals == (3,)
    assert protect([[2], [0]], LEAST, row_totals=False).column_totals == (None,)


# --- one edition beside the next --------------------------------------------------------------------------------------


def raw(areas: dict[str, int]) -> dict:
    people = sum(areas.values())
    return {
        "raised": people,
        "days": people * 11,
        "areas": {name: n for name, n in areas.items() if n},
        "agencies": 5,
        "first": TODAY,
    }


def published(areas, earlier):
    return beside_earlier(figures(raw(areas), LEAST), earlier, LEAST, TODAY)


GROWTH = st.lists(
    st.fixed_dictionaries(
        {"East": st.integers(0, 4), "North": st.integers(0, 4), "South": st.integers(0, 4)}
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=200)
@given(GROWTH)
def test_no_two_editions_differ_by_a_small_number(growth):
    areas = {"East": 0, "North": 0, "South": 0}
    editions = []
    for more in growth:
        areas = {name: n + more[name] for name, n in areas.items()}
        editions.insert(0, published(areas, editions))
    for at, one in enumerate(editions):
        for other in editions[at + 1 :]:
            numbers = [("raised", "raised"), ("people", "people")]
            pairs = [(one[a], other[b]) for a, b in numbers]
            here, there = dict(one["areas"]), dict(other["areas"])
            pairs += [(here.get(name, 0), there.get(name, 0)) for name in areas]
            for now, before in pairs:
                if now is not None and before is not None:
                    assert now == before or abs(now - before) >= LEAST
            if one["people"] is not None and other["people"] is not None:
                rest = one["people"] - sum(n or 0 for n in here.values())
                rest -= other["people"] - sum(n or 0 for n in there.values())
                assert rest == 0 or abs(rest) >= LEAST


def test_figures_that_hardly_changed_stay_as_they_were_published():
    first = published({"East": 6, "North": 5, "South": 0}, [])
    assert (first["people"], first["areas"]) == (11, [["East", 6], ["North", 5]])
    assert published({"East": 7, "North": 5, "South": 0}, [first]) == first
    later = published({"East": 9, "North": 6, "South": 0}, [first])
    assert (later["people"], later["areas"]) == (15, [["East", None], ["North", None]])
    assert published({"East": 9, "North": 5, "South": 0}, [first])["areas"] == [["East", 9], ["North", 5]]
