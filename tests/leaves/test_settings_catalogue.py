"""The settings CFG-1 to CFG-16: each explained, each with a safe default, each answer judged in plain words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseapp import protocols
from caseapp.settings_catalogue import (
    KeyWorkingGoal,
    Kind,
    catalogue,
    clean,
    defaults,
    key_working_goals,
    own_names,
    with_defaults,
)

everything = st.sampled_from(sorted(catalogue()))


def test_no_blank_of_the_template_is_forgotten_A6():
    cfgs = list(dict.fromkeys(setting.cfg for setting in catalogue().values()))
    assert cfgs == [f"CFG-{n}" for n in range(1, 17)]


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_each_setting_explains_itself_and_names_its_clause(key):
    setting = catalogue()[key]
    assert setting.title and setting.explanation.endswith(".") and setting.clause
    assert len(key) <= 60


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_each_default_would_be_accepted_from_the_form(key):
    assert clean(key, defaults()[key]) == defaults()[key]


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_the_kind_of_the_value_never_changes(key):
    kind = catalogue()[key].kind
    value = defaults()[key]
    expected = {
        Kind.YES_NO: bool,
        Kind.NUMBER: int,
        Kind.DAYS: int,
        Kind.LIST: tuple,
        Kind.TEXT: str,
        Kind.LONGTEXT: str,
    }
    assert kind is Kind.CHOICE or type(value) is expected[kind]


def test_the_safe_defaults():
    safe = defaults()
    assert safe["audit_interval_months"] == 3  # CFG-3: the shorter one
    assert safe["harm_reduction"] is False  # CFG-6
    assert safe["key_working"] == "optional"  # CFG-5: nobody is turned away by default
    assert safe["issue_answer_working_days"] == 5  # S3-18
    assert [
        safe[f"escalation_{level}_working_days"] for level in ("manager", "coordinator", "group", "national")
    ] == [
        5,
        10,
        20,
        20,
    ]  # C9
    assert (safe["meeting_decisions_working_days"], safe["meeting_minutes_working_days"]) == (1, 10)  # B7
    assert (safe["retention_years"], safe["retention_contact_only_years"]) == (8, 2)
    assert safe["directory_check_months"] == 6  # S4-20


def test_the_procedures_on_offer_are_those_there_are():
    setting = catalogue()["protocol"]
    assert {key for key, _ in setting.choices} == {key for key, _ in protocols.load()}
    assert setting.default in {key for key, _ in setting.choices}


def test_every_domain_of_every_procedure_can_be_given_an_own_name_CFG_16():
    for protocol in protocols.load().values():
        for domain in protocol.domains:
            assert clean("need_domain_names", f"{domain.key} = Ours") == (f"{domain.key} = Ours",)


@pytest.mark.parametrize(
    ("key", "raw", "value"),
    [
        ("organisation_name", "  Harbour \n Hostel\0 ", "Harbour Hostel"),
        ("organisation_name", "Har\ud800bour", "Harbour"),
        ("organisation_name", None, ""),
        ("national_coordinator_address", " 1 Long Lane \r\n\r\n Dublin  1 \r\n", "1 Long Lane\n\nDublin 1"),
        ("audit_interval_months", "6", 6),
        ("audit_interval_months", 6, 6),
        ("key_working", "condition_of_entry", "condition_of_entry"),
        ("harm_reduction", "yes", True),
        ("harm_reduction", "No", False),
        ("harm_reduction", True, True),
        ("non_attendance_days", " 14 ", 14),
        ("non_attendance_days", 14, 14),
        (
            "minimum_services",
            "Needle exchange\r\n\r\n  Drop-in   centre \nNeedle exchange",
            ("Needle exchange", "Drop-in centre"),
        ),
        ("minimum_services", ["Drop-in"], ("Drop-in",)),
        ("minimum_services", "", ()),
        ("minimum_services", None, ()),
        ("key_working_goals", "21 days : Safer-use session\n7:Meet", ("21: Safer-use session", "7: Meet")),
        ("need_domain_names", "money=Income and benefits", ("money = Income and benefits",)),
    ],
)
def test_an_answer_becomes_its_value(key, raw, value):
    cleaned = clean(key, raw)
    assert cleaned == value
    assert type(cleaned) is type(value)


@pytest.mark.parametrize(
    ("key", "raw", "sentence"),
    [
        ("nonsense", "1", "There is no setting called nonsense."),
        ("organisation_name", "x" * 201, "This is 201 characters long. Use 200 at most."),
        ("unresolved_barriers_forum", "  ", "Fill in: Where barriers go that a manager could not resolve."),
        ("audit_interval_months", "4", "Choose one of: 3 months, 6 months."),
        ("audit_interval_months", "", "Choose one of: 3 months, 6 months."),
        ("harm_reduction", "", "Choose yes or no."),
        ("harm_reduction", None, "Choose yes or no."),
        ("non_attendance_days", "6", "Give a whole number from 7 to 180 (days)."),
        ("non_attendance_days", "181", "Give a whole number from 7 to 180 (days)."),
        ("non_attendance_days", "14.5", "Give a whole number from 7 to 180 (days)."),
        ("non_attendance_days", "-14", "Give a whole number from 7 to 180 (days)."),
        ("non_attendance_days", "soon", "Give a whole number from 7 to 180 (days)."),
        ("non_attendance_days", True, "Give a whole number from 7 to 180 (days)."),
        ("non_attendance_days", "9" * 5000, "Give a whole number from 7 to 180 (days)."),
        ("issue_answer_working_days", "0", "Give a whole number from 1 to 30 (working days)."),
        ("minimum_services", "\n".join(map(str, range(51))), "These are 51 lines. Use 50 at most."),
        ("minimum_services", "x" * 201, "One line is 201 characters long. Use 200 at most in each."),
        (
            "key_working_goals",
            "Meet the person",
            "Write each goal as days, a colon and the goal, for example 21: Safer-use session. "
            "This one is not: Meet the person",
        ),
        (
            "key_working_goals",
            "0: Meet",
            "Write each goal as days, a colon and the goal, for example 21: Safer-use session. This one is not: 0: Meet",
        ),
        (
            "need_level_names",
            "huge = Urgent",
            "There is nothing called huge here. Use one of: none, low, medium, high.",
        ),
        ("need_level_names", "high = A\nhigh = B", "high stands here twice."),
        (
            "need_level_names",
            "Urgent",
            "Write each as key = your name for it, for example money = Income. This one is not: Urgent",
        ),
    ],
)
def test_an_answer_that_cannot_be_is_refused_in_a_plain_sentence(key, raw, sentence):
    with pytest.raises(ValueError) as refused:
        clean(key, raw)
    assert str(refused.value) == sentence


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.lists(st.text(max_size=20), max_size=5),
)


@given(everything, anything)
def test_any_answer_is_either_refused_in_words_or_can_be_stored(key, raw):
    try:
        value = clean(key, raw)
    except ValueError as refused:
        assert str(refused)
    else:
        stored = json.loads(json.dumps(value))
        assert clean(key, stored) == value
        json.dumps(value, ensure_ascii=False).encode("utf-8")
        assert "\\u0000" not in json.dumps(value)


def test_what_is_stored_counts_and_the_rest_is_the_default():
    values = with_defaults({"non_attendance_days": 42, "minimum_services": ["Drop-in"]})
    assert values == defaults() | {"non_attendance_days": 42, "minimum_services": ("Drop-in",)}


def test_an_old_row_never_breaks_a_page():
    assert with_defaults({"long_gone": 1, "protocol": "mars", "non_attendance_days": "x"}) == defaults()


def test_key_working_goals_come_with_their_days_shortest_first_S3_64():
    lines = clean("key_working_goals", "21: Safer-use session\n7: Explain the service")
    assert key_working_goals(lines) == (
        KeyWorkingGoal(7, "Explain the service"),
        KeyWorkingGoal(21, "Safer-use session"),
    )
    assert key_working_goals(()) == ()


def test_own_names_are_found_by_the_key_of_the_protocol_CFG_16():
    assert own_names(clean("need_level_names", "high = Urgent\nlow = Some")) == {
        "high": "Urgent",
        "low": "Some",
    }
    assert own_names(()) == {}
