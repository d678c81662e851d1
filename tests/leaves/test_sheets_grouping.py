"""Rows become people, cases, goals and actions; a row that contradicts the others is an error on that row."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseapp.sheets import csv_bytes, read_caseload
from caseapp.sheets.caseload import MAX_ERRORS
from caseapp.sheets.rows import MAX_LENGTH

TODAY = date(2026, 11, 21)
HEADINGS = {
    "name": "Client name",
    "born": "D.O.B.",
    "ref": "Ref",
    "lead": "Lead agency",
    "manager": "Case manager",
    "opened": "Opened",
    "goal": "Goal",
    "action": "Action",
    "who": "Who",
    "worker": "Worker",
    "due": "By when",
    "status": "Status",
    "note": "Notes",
    "phone": "Phone",
}
ROW = {
    "name": "Rua Draftley",
    "born": "08/10/1979",
    "ref": "L1",
    "lead": "Harbour Hostel",
    "goal": "Home",
    "action": "View flat",
    "who": "Quayside",
}


def read(*rows):
    written = [[(ROW | row).get(field, "") for field in HEADINGS] for row in rows]
    return read_caseload(csv_bytes(HEADINGS.values(), written), today=TODAY)


def errors(sheet):
    return [(error.row, error.column) for error in sheet.errors]


def test_same_name_and_other_birth_are_two_people_and_told():
    sheet = read({"ref": ""}, {"ref": "", "born": "09/10/1979"})
    assert [person.rows for person in sheet.people] == [(2,), (3,)]
    assert "Read as 2 people called Rua Draftley, born 8 Oct 1979 and 9 Oct 1979." in [
        n.message for n in sheet.notices
    ]


def test_one_ref_with_two_births_is_an_error_on_the_odd_row_naming_both():
    sheet = read({}, {"action": "B"}, {"action": "C", "born": "09/10/1979"})
    [error] = sheet.errors
    assert (error.row, error.column, error.text) == (4, "D.O.B.", "9 Oct 1979")
    assert (
        error.message
        == "Ref L1 is Rua Draftley, born 8 Oct 1979, in row 2; here the same Ref is born 9 Oct 1979."
    )
    assert [person.rows for person in sheet.people] == [(2, 3)]
    assert [line.outcome for line in sheet.lines] == ["taken", "taken", "error"]


def test_the_odd_row_is_the_one_the_others_outnumber_even_when_it_stands_first():
    assert errors(read({"born": "09/10/1979"}, {"action": "B"}, {"action": "C"})) == [(2, "D.O.B.")]


def test_one_ref_for_two_names_is_an_error_on_the_odd_row():
    [error] = read({}, {"name": "Amara Draftley"}).errors
    assert (error.row, error.column) == (3, "Ref")
    assert error.message == "Ref L1 is Rua Draftley, born 8 Oct 1979, in row 2; here it is Amara Draftley."


def test_refs_differ_in_case_and_spacing_only_by_writing():
    assert len(read({"ref": "l1 "}, {"action": "B", "ref": "L1"}).people[0].cases) == 1


def test_a_missing_birth_is_taken_from_the_same_name_and_ref_only():
    sheet = read({}, {"action": "B", "born": ""}, {"action": "C", "born": "", "ref": ""})
    assert errors(sheet) == [(4, "D.O.B.")]
    assert sheet.people[0].rows == (2, 3)


def test_a_person_with_two_refs_has_two_cases_and_it_is_told():
    sheet = read({}, {"ref": "L2", "lead": "Riverbank"})
    [person] = sheet.people
    assert [(case.ref, case.lead_agency_text) for case in person.cases] == [
        ("L1", "Harbour Hostel"),
        ("L2", "Riverbank"),
    ]
    assert person.refs == ("L1", "L2")
    assert "read as 2 cases" in sheet.notices[-1].message


def test_a_row_without_ref_goes_to_the_case_it_agrees_with_or_is_an_error():
    rows = {}, {"ref": "L2", "lead": "Riverbank"}
    sheet = read(*rows, {"ref": "", "lead": "Riverbank", "action": "B"})
    assert [case.rows for case in sheet.people[0].cases] == [(2,), (3, 4)]
    assert errors(read(*rows, {"ref": "", "lead": "Somebody Else"})) == [(4, "Ref")]


def test_two_lead_agencies_of_one_case_are_an_error_on_the_odd_row_naming_both():
    sheet = read({}, {"action": "B", "lead": "HARBOUR hostel (demo)"}, {"action": "C", "lead": "Riverbank"})
    assert errors(sheet) == [(4, "Lead agency")]
    assert "“Harbour Hostel”, here “Riverbank”" in sheet.errors[0].message
    assert sheet.people[0].rows == (2, 3)


def test_a_lead_agency_left_empty_on_some_rows_is_taken_from_the_others():
    sheet = read({"lead": ""}, {"action": "B"})
    assert sheet.errors == ()
    assert sheet.people[0].cases[0].lead_agency_text == "Harbour Hostel"


def test_a_case_without_any_lead_agency_is_one_error():
    sheet = read({"lead": ""}, {"lead": "", "action": "B"})
    assert errors(sheet) == [(2, "Lead agency")]
    assert sheet.people == ()
    assert [line.outcome for line in sheet.lines] == ["error", "error"]


def test_case_values_that_disagree_are_taken_from_the_majority_and_told():
    sheet = read(
        {"manager": "A. One", "opened": "01/02/2026"},
        {"manager": "B. Two", "opened": "02/02/2026", "action": "B"},
        {"manager": "b. two", "action": "C"},
    )
    [case] = sheet.people[0].cases
    assert (case.case_manager_text, case.opened_on) == ("B. Two", date(2026, 2, 1))
    told = {(notice.column, notice.text): (notice.rows, notice.message) for notice in sheet.notices}
    assert told["Case manager", "A. One"] == (
        (2,),
        "Other rows of the same case say “B. Two”; that is taken.",
    )
    assert told["Opened", "2 Feb 2026"][0] == (3,)


def test_goals_and_actions_keep_the_order_of_the_sheet():
    sheet = read({"goal": "B", "action": "1"}, {"goal": "A", "action": "2"}, {"goal": "b ", "action": "3"})
    goals = sheet.people[0].cases[0].goals
    assert [(goal.title, [act.what for act in goal.actions]) for goal in goals] == [
        ("B", ["1", "3"]),
        ("A", ["2"]),
    ]


def test_a_row_that_differs_only_in_case_or_spacing_is_a_duplicate():
    sheet = read({}, {"name": "RUA DRAFTLEY", "action": " view  FLAT", "who": "quayside (demo)"}, {"ref": ""})
    assert [(line.outcome, line.of) for line in sheet.lines] == [
        ("taken", None),
        ("duplicate", 2),
        ("duplicate", 2),
    ]


@pytest.mark.parametrize(
    "other", [{"due": "01/01/2027"}, {"status": "done"}, {"note": "rang"}, {"worker": "J. Link"}]
)
def test_the_same_action_with_other_details_is_taken_twice_and_told(other):
    sheet = read({}, other)
    assert len(sheet.people[0].cases[0].goals[0].actions) == 2
    assert "in row 2, with other details: both are taken." in sheet.notices[-1].message


def test_a_row_with_neither_goal_nor_action_gives_the_person_and_the_case():
    sheet = read({"goal": "", "action": "", "who": ""})
    assert sheet.errors == ()
    assert sheet.people[0].cases[0].goals == ()


def test_a_goal_may_stand_without_an_action_but_no_action_without_goal_or_agency():
    sheet = read({"action": "", "who": ""}, {"goal": ""}, {"who": ""})
    assert sheet.people[0].cases[0].goals[0].actions == ()
    assert errors(sheet) == [(3, "Goal"), (4, "Who")]


def test_every_error_of_a_row_is_listed_in_one_go():
    assert errors(read({"name": "", "born": "31/02/1988", "due": "asap", "status": "mostly there"})) == [
        (2, "Client name"),
        (2, "D.O.B."),
        (2, "By when"),
        (2, "Status"),
    ]


LONG = {
    "name": "name",
    "ref": "ref",
    "lead": "lead_agency",
    "goal": "goal",
    "action": "action",
    "who": "agency",
    "note": "note",
}


@pytest.mark.parametrize(("column", "field"), LONG.items())
def test_a_text_too_long_is_an_error_with_its_length_and_the_limit(column, field):
    limit = MAX_LENGTH[field]
    assert read({column: "x" * limit}).errors == ()
    [error] = read({column: "x" * (limit + 1)}).errors
    assert (error.row, error.column) == (2, HEADINGS[column])
    assert error.message == f"This is {limit + 1:,} characters long; at most {limit:,} can be kept."
    assert len(error.text) <= 60


def test_errors_are_capped_and_the_rest_counted():
    sheet = read(*[{"due": "asap"}] * (MAX_ERRORS + 12))
    assert len(sheet.errors) == MAX_ERRORS
    assert sheet.more_errors_text == "and 12 more"
    assert sheet.error_count == MAX_ERRORS + 12
    assert len(sheet.lines) == MAX_ERRORS + 12


EVIL = "<script>alert(1)</script>"


def test_no_message_can_become_markup():
    sheet = read(
        {"due": EVIL, "status": EVIL},
        {"ref": EVIL},
        {"ref": EVIL, "name": f"Amara {EVIL}"},
        {"ref": "L3", "name": EVIL, "manager": EVIL},
        {"ref": "L3", "name": EVIL, "manager": "Other", "lead": EVIL},
    )
    assert len(sheet.errors) >= 4
    for said in (*sheet.errors, *sheet.notices):
        assert type(said.message) is str
        assert not {"<", ">"} & set(said.message + said.text + said.column)


@given(
    st.lists(
        st.fixed_dictionaries({}, optional={field: st.text(max_size=12) for field in HEADINGS}), max_size=6
    )
)
def test_whatever_stands_in_the_cells_every_row_is_accounted_for(rows):
    sheet = read({}, *rows)
    taken = {line.row for line in sheet.lines if line.outcome in ("taken", "duplicate")}
    assert taken == {row for person in sheet.people for row in person.rows}
    listed = {line.row for line in sheet.lines}
    assert {error.row for error in sheet.errors} <= listed
    assert all(error.message for error in sheet.errors)
    assert sheet == read({}, *rows)
