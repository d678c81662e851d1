"""Lists: saved views are the user's own; a file is exactly what is shown, and opens safely in a spreadsheet."""

import csv
import io
import re

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from caseapp import clock
from caseapp.blueprints.home.lists import CASELOAD, OUR_ACTIONS, TEAM
from caseapp.extensions import db
from caseapp.ids import written
from caseapp.models import Action, AuditEntry, SavedView
from caseapp.vocabulary import AuditAct
from caseapp.web import lists
from tests.caseloads import add_action, add_case


def cells(response):
    text = response.data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def save(browser, name, query="needs=review", **more):
    return browser.submit(f"/views/caseload/new?{query}", "/views/caseload/new", name=name, **more)


# --- saved views ---------------------------------------------------------------------------------------------------


def test_a_saved_view_brings_its_filters_back_and_marks_itself(world, as_):
    orla = as_("orla")
    assert (
        save(orla, "Reviews", "needs=review&sort=-review&page=3").location
        == "/caseload?needs=review&sort=-review"
    )
    page = orla.get("/caseload").text
    assert 'href="/caseload?needs=review&amp;sort=-review">Reviews</a>' in page
    assert 'aria-current="true">Reviews' in orla.get("/caseload?needs=review&sort=-review").text


def test_a_name_that_is_taken_is_refused_and_the_text_is_kept_until_it_is_to_be_replaced(world, as_):
    orla = as_("orla")
    save(orla, "Reviews")
    refused = save(orla, "Reviews", "needs=issue")
    assert refused.status_code == 422
    assert "You have a view with this name" in refused.text
    assert 'value="Reviews"' in refused.text
    assert save(orla, "Reviews", "needs=issue", replace="y").status_code == 303
    assert [(v.name, v.query) for v in db.session.scalars(select(SavedView))] == [("Reviews", "needs=issue")]


def test_a_view_without_a_name_or_with_too_long_a_one_is_refused(world, as_):
    orla = as_("orla")
    for name in ("", "   ", "x" * 81):
        assert save(orla, name).status_code == 422
    assert db.session.scalars(select(SavedView)).all() == []


def test_views_are_the_users_own(world, as_):
    save(as_("orla"), "Mine alone")
    view = db.session.scalar(select(SavedView.id))
    shauna = as_("shauna")
    assert "Mine alone" not in shauna.get("/caseload").text
    for path in (f"/views/{written(view)}/delete", f"/views/{written(view)}/rename"):
        assert shauna.get(path).status_code == 404
    assert save(shauna, "Mine alone").status_code == 303, "names are unique for each user, not for all"


def test_a_view_is_deleted_only_after_a_confirmation(world, as_):
    orla = as_("orla")
    save(orla, "Reviews")
    view = db.session.scalar(select(SavedView.id))
    orla.get(f"/views/{written(view)}/delete")
    assert db.session.scalar(select(SavedView.id)) == view
    address = f"/views/{written(view)}/delete"
    assert orla.submit(address, address).status_code == 303
    assert db.session.scalar(select(SavedView.id)) is None
    assert orla.get(address).status_code == 404


def test_a_view_is_renamed_but_not_to_a_name_that_is_taken(world, as_):
    orla = as_("orla")
    save(orla, "One")
    save(orla, "Two")
    ids = {view.name: view.id for view in db.session.scalars(select(SavedView))}
    address = f"/views/{written(ids['One'])}/rename"
    assert orla.submit(address, address, name="Two").status_code == 422
    assert orla.submit(address, address, name="Three").status_code == 303
    assert set(db.session.scalars(select(SavedView.name))) == {"Two", "Three"}


def test_saving_twice_by_a_double_click_makes_one_view(world, as_):
    orla = as_("orla")
    form = {"csrf_token": orla.token("/views/caseload/new"), "once": "a" * 20, "name": "Twice", "query": ""}
    for _ in range(2):
        assert orla.post("/views/caseload/new", data=form).status_code == 303
    assert db.session.scalars(select(SavedView.name)).all() == ["Twice"]


def test_no_view_of_a_list_that_is_not_there_or_not_theirs(world, as_):
    assert as_("orla").get("/views/nothing/new").status_code == 404
    assert as_("orla").get("/views/team/new").status_code == 404
    assert as_("brid").get("/views/caseload/new").status_code == 404
    assert as_("declan").get("/views/worker/new").status_code == 404, "one list for each worker has no views"


def test_what_a_view_keeps_is_only_what_its_list_knows(world, as_):
    orla = as_("orla")
    answer = orla.submit(
        "/views/caseload/new",
        "/views/caseload/new",
        name="x",
        query="needs=review&evil=<script>&next=//elsewhere",
    )
    assert answer.location == "/caseload?needs=review"
    assert db.session.scalar(select(SavedView.query)) == "needs=review"


# --- addresses -------------------------------------------------------------------------------------------------------


@given(
    st.dictionaries(st.sampled_from(["status", "needs", "words", "sort", "page", "x"]), st.text(max_size=40))
)
def test_any_address_is_read_as_something_that_the_list_knows(args):
    for spec in (CASELOAD, OUR_ACTIONS, TEAM):
        state = spec.read(args)
        assert state.order in {column.key for column in spec.columns if column.sort}
        assert 1 <= state.number <= lists.PAGE_MOST
        for one in spec.filters:
            if isinstance(one, lists.Choice):
                assert state[one.name] in {value for value, _ in one.options}
            else:
                assert len(state[one.name]) <= lists.WORDS_MOST
        assert spec.read(state.said).said == state.said
        assert spec.known(state.query) == state.query


# --- files -----------------------------------------------------------------------------------------------------------


def test_the_file_holds_exactly_the_rows_that_all_pages_show_in_their_order(world, as_):
    for at in range(60):
        add_case(world, 300 + at, name=f"N{at:02}", review=clock.today())
    db.session.commit()
    orla = as_("orla")
    shown = []
    for number in (1, 2, 3):
        page = orla.get(f"/caseload?sort=-person&words=n&page={number}").text
        shown += re.findall(r'class="title"[^>]*>([^<]+)<', page)
    file = cells(orla.get("/caseload.csv?sort=-person&words=n"))
    assert len(shown) == len(set(shown)) == 61
    assert [row[0] for row in file[1:]] == shown
    assert file[0][0] == "Person"


def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(world, as_):
    db.session.get(Action, world.actions["letter"]).what = '=HYPERLINK("http://x","y")'
    add_case(world, 400, name="+49 Danger")
    db.session.commit()
    rows = cells(as_("tomasz").get("/our-actions.csv"))
    assert any(row[1] == '\'=HYPERLINK("http://x","y")' for row in rows)
    assert "'+49 Danger Extra" in {row[0] for row in cells(as_("orla").get("/caseload.csv"))}
    for row in rows[1:]:
        assert not any(cell[:1] in "=+-@" for cell in row if cell)


def test_a_file_is_named_by_its_day_and_never_kept_by_the_browser(world, as_):
    response = as_("orla").get("/caseload.csv")
    assert (
        response.headers["Content-Disposition"] == f'attachment; filename="my-caseload-{clock.today()}.csv"'
    )
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"


def test_a_file_stops_at_its_limit_and_says_so(world, as_, monkeypatch):
    monkeypatch.setattr(lists, "EXPORT_MOST", 3)
    monkeypatch.setattr("caseapp.blueprints.home.views.caseload.EXPORT_MOST", 3)
    for at in range(5):
        add_case(world, 500 + at)
    db.session.commit()
    rows = cells(as_("orla").get("/caseload.csv"))
    assert len(rows) == 1 + 3 + 1
    assert rows[-1][0].startswith("Only the first 3 rows")
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == AuditAct.EXPORTED)).one()
    assert len(entry.detail["cases"]) == entry.detail["rows"] == 3


def test_the_team_file_is_what_the_team_page_shows(world, as_):
    add_action(world, world.case_id, world.goals["drugs"], worker="orla")
    db.session.commit()
    declan = as_("declan")
    shown = re.findall(r'class="title"[^>]*>([^<]+)<', declan.get("/team?sort=worker").text)
    assert [row[0] for row in cells(declan.get("/team.csv?sort=worker"))[1:]] == shown
    assert [row[0] for row in cells(declan.get("/team.csv?words=orla"))[1:]] == ["Orla Keaveney"]
