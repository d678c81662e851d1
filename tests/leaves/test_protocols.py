"""The procedures as data: what each file says, what follows from it, and that a faulty file is named."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseapp import protocols
from caseapp.protocols import Fact, ProtocolError, add_months
from caseapp.vocabulary import NeedLevel

IE, UK, CA = "ie-homeless-drug", "uk-adult", "ca-assessment"
SOURCE = (protocols.FOLDER / f"{IE}.toml").read_text(encoding="utf-8")
UK_SOURCE = (protocols.FOLDER / f"{UK}.toml").read_text(encoding="utf-8")

days = st.dates(date(1990, 1, 1), date(2090, 12, 31))


def due(clocks):
    return {clock.name: clock.due_on for clock in clocks}


# ---- the three procedures


def test_there_are_three_families_of_procedure():
    assert {p.key for p in protocols.all_current()} == {IE, UK, CA}


def test_the_holistic_assessment_has_its_twelve_domains_B2():
    assert len(protocols.get(IE).domains) == 12


@pytest.mark.parametrize("key", [UK, CA])
def test_the_care_act_has_its_ten_outcomes_B14(key):
    assert len(protocols.get(key).domains) == 10


@pytest.mark.parametrize("key", [IE, UK, CA])
def test_each_has_the_four_levels_of_need_in_order_S2_41(key):
    levels = protocols.get(key).need_levels
    assert [level.key for level in levels] == [level.value for level in NeedLevel]
    assert [level.rank for level in levels] == [0, 1, 2, 3]


@pytest.mark.parametrize("key", [IE, UK, CA])
def test_no_procedure_has_two_case_managers_on_a_case_S3_23(key):
    holders = {role.key: role.holders for role in protocols.get(key).roles}
    assert holders["case_manager"] == "one"


@pytest.mark.parametrize("key", [IE, UK, CA])
def test_no_procedure_shares_without_consent_S3_40(key):
    assert protocols.get(key).plan.consent_before_sharing


def test_the_irish_procedure_asks_for_the_smart_check_a_crisis_plan_and_the_clinic_S3_16_S4_14_S2_45():
    plan = protocols.get(IE).plan
    assert plan.smart_check and plan.contingency and plan.clinic_check and plan.own_words


def test_only_substantial_and_critical_needs_enter_case_management_S0_19():
    bands = protocols.get(UK).eligibility.bands
    assert [(band.key, band.enters) for band in bands] == [
        ("low", False),
        ("moderate", False),
        ("substantial", True),
        ("critical", True),
    ]


@pytest.mark.parametrize("key", [UK, CA])
def test_a_no_is_recorded_as_advice_or_reablement_never_in_silence_S0_21(key):
    assert {way.key for way in protocols.get(key).eligibility.otherwise} == {"advice_given", "reablement"}


def test_the_national_criteria_ask_for_two_of_ten_outcomes_S1_7():
    eligibility = protocols.get(CA).eligibility
    assert (eligibility.scheme, eligibility.criteria_needed, len(eligibility.criteria)) == (
        "national_criteria",
        2,
        10,
    )


def test_seven_special_assessments_can_be_started_S0_14_S1_6():
    for key, clause in ((UK, "S0-14"), (CA, "S1-6")):
        assert len([a for a in protocols.get(key).assessment_types if a.clause == clause]) == 7


def test_a_full_assessment_is_signed_off_by_a_social_worker_in_adult_care_only_S0_4():
    def signed_off_by(key):
        return {a.signed_off_by for a in protocols.get(key).assessment_types if a.by_domain}

    assert signed_off_by(UK) == signed_off_by(CA) == {"social_worker"}
    assert signed_off_by(IE) == {""}


def test_the_case_page_shows_the_four_steps_of_the_guidebook_S2_1():
    assert [step.label for step in protocols.get(IE).steps] == [
        "Lead agency and case manager",
        "Assessment and plan",
        "Coordinate",
        "Monitor",
    ]


def test_the_uk_names_its_four_processes_S4_1():
    assert [step.label for step in protocols.get(UK).steps] == [
        "Assess",
        "Plan",
        "Coordinate",
        "Monitor and evaluate",
    ]


# ---- days that follow


def test_a_plan_agreed_on_31_december_is_reviewed_on_28_february_S3_17():
    assert protocols.get(IE).next_review(date(2026, 12, 31)) == date(2027, 2, 28)


def test_the_end_of_the_month_is_not_lost_after_a_short_one_S3_17():
    irish = protocols.get(IE)
    found = [irish.next_review(date(2026, 12, 31), held) for held in range(4)]
    assert found == [date(2027, 2, 28), date(2027, 4, 30), date(2027, 6, 30), date(2027, 8, 31)]


def test_in_a_leap_year_it_is_29_february_S3_17():
    assert protocols.get(IE).next_review(date(2027, 12, 31)) == date(2028, 2, 29)


def test_after_a_review_the_two_months_run_from_the_day_it_was_held_S3_17():
    assert protocols.get(IE).next_review(date(2026, 11, 20), 1, date(2027, 2, 3)) == date(2027, 4, 3)


def test_a_last_review_of_an_earlier_version_does_not_count_for_a_plan_just_agreed_S3_17():
    assert protocols.get(IE).next_review(date(2026, 11, 20), 0, date(2026, 9, 1)) == date(2027, 1, 20)


@pytest.mark.parametrize("key", [UK, CA])
def test_the_first_review_is_due_at_eight_weeks_opens_at_six_and_then_comes_yearly_X_10(key):
    protocol, agreed = protocols.get(key), date(2026, 11, 2)
    assert protocol.review_opens(agreed) == agreed + timedelta(weeks=6)
    assert protocol.next_review(agreed) == agreed + timedelta(weeks=8) == date(2026, 12, 28)
    assert protocol.review_opens(agreed, 1) is None
    assert protocol.next_review(agreed, 1, date(2026, 12, 14)) == date(2027, 12, 14)
    assert protocol.next_review(agreed, 1) == date(2027, 12, 28)
    assert protocol.next_review(agreed, 2) == date(2028, 12, 28)


def test_the_lead_agency_commits_for_six_months_S3_19():
    clocks = protocols.get(IE).clocks_for(lead_confirmed_on=date(2026, 8, 31))
    assert due(clocks) == {"lead_commitment": date(2027, 2, 28)}


def test_assessment_and_support_run_14_and_28_days_from_the_referral_S0_25_S0_26():
    clocks = protocols.get(UK).clocks_for(referral_on=date(2026, 11, 2), first_contact_on=date(2026, 11, 9))
    assert due(clocks) == {"assessment": date(2026, 11, 16), "support": date(2026, 11, 30)}


def test_community_assessment_runs_28_days_from_the_first_contact_not_the_referral_S1_8():
    clocks = protocols.get(CA).clocks_for(referral_on=date(2026, 11, 2), first_contact_on=date(2026, 11, 9))
    assert due(clocks) == {"assessment": date(2026, 12, 7)}


def test_community_support_has_no_fixed_days_S1_9():
    assert "support" not in {rule.key for rule in protocols.get(CA).clock_rules}


def test_a_safeguarding_concern_starts_its_own_clocks_and_pauses_none_F11():
    before = protocols.get(UK).clocks_for(referral_on=date(2026, 12, 18))
    after = protocols.get(UK).clocks_for(
        referral_on=date(2026, 12, 18), safeguarding_concern_on=date(2026, 12, 23)
    )
    assert set(before) < set(after)
    assert due(after)["safeguarding_decision"] == date(2026, 12, 24)
    assert due(after)["safeguarding_strategy"] == date(2027, 1, 4)  # five working days over Christmas


def test_an_agreed_plan_always_has_a_review_clock_S1_2():
    for protocol in protocols.all_current():
        clock = next(
            c for c in protocol.clocks_for(plan_agreed_on=date(2026, 11, 2)) if c.name == "plan_review"
        )
        assert clock.due_on == protocol.next_review(date(2026, 11, 2))
        assert clock.clause == protocol.reviews.clause


def test_clocks_stand_in_the_order_they_fall_due():
    clocks = protocols.get(UK).clocks_for(
        referral_on=date(2026, 11, 2),
        plan_agreed_on=date(2026, 11, 3),
        safeguarding_concern_on=date(2026, 11, 4),
    )
    assert [clock.due_on for clock in clocks] == sorted(clock.due_on for clock in clocks)


def test_no_clock_runs_before_anything_has_happened():
    assert [protocol.clocks_for() for protocol in protocols.all_current()] == [[], [], []]


@given(days, st.integers(0, 600))
def test_months_later_is_the_same_day_or_the_last_of_a_shorter_month(day, months):
    later = add_months(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)


@given(days, st.integers(0, 30), st.sampled_from([IE, UK, CA]))
def test_each_review_comes_after_the_one_before(agreed, held, key):
    protocol = protocols.get(key)
    assert agreed < protocol.next_review(agreed, held) < protocol.next_review(agreed, held + 1)


# ---- where a case stands


def test_a_new_case_first_waits_for_permission_to_ask_other_services_S2_3():
    step, need = protocols.get(IE).where(frozenset())
    assert (step.key, need.fact) == ("lead", Fact.PERMISSION_TO_ASK)


def test_the_case_page_names_the_next_required_step_S2_50():
    done = {Fact.PERMISSION_TO_ASK, Fact.OTHER_SERVICES_CHECKED, Fact.CASE_MANAGER, Fact.NEEDS_RECORDED}
    step, need = protocols.get(IE).where(done)
    assert step.key == "assess_and_plan"
    assert need.say == "Talk about confidentiality and record the consent to share"


def test_a_consent_that_falls_away_brings_the_case_back_to_its_step_S2_50():
    step, need = protocols.get(IE).where(set(Fact) - {Fact.SHARING_CONSENT})
    assert (step.key, need.fact) == ("assess_and_plan", Fact.SHARING_CONSENT)


def test_with_every_need_met_a_case_is_monitored_and_waits_for_nothing():
    for protocol in protocols.all_current():
        step, need = protocol.where(set(Fact))
        assert step == protocol.steps[-1]
        assert need is None


# ---- labels


def test_a_domain_is_shown_by_its_label_and_an_unknown_one_in_plain_letters():
    irish = protocols.get(IE)
    assert irish.domain_label("money") == "Income and money"
    assert irish.domain_label("long_gone") == "Long gone"


# ---- versions


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of protocol files of our own; the real ones are back afterwards."""
    real = protocols.load
    monkeypatch.setattr(protocols, "load", lambda: real(tmp_path))
    (tmp_path / f"{IE}.toml").write_text(SOURCE, encoding="utf-8")
    yield tmp_path
    real.cache_clear()


def test_an_open_case_keeps_the_version_it_started_under_S1_18(folder):
    second = SOURCE.replace("version = 1", "version = 2", 1)
    second = second.replace("effective_from = 2010-01-01", "effective_from = 2026-12-01", 1)
    second = second.replace("every = { months = 2 }", "every = { months = 3 }", 1)
    (folder / f"{IE}-2.toml").write_text(second, encoding="utf-8")

    assert [p.version for p in protocols.all_current(on=date(2026, 11, 30))] == [1]
    assert [p.version for p in protocols.all_current(on=date(2026, 12, 1))] == [2]
    assert protocols.get(IE, 1).next_review(date(2026, 12, 1)) == date(2027, 2, 1)
    assert protocols.get(IE, 2).next_review(date(2026, 12, 1)) == date(2027, 3, 1)


def test_a_protocol_that_is_not_yet_in_force_is_not_offered(folder):
    later = SOURCE.replace("effective_from = 2010-01-01", "effective_from = 9000-01-01", 1)
    (folder / f"{IE}.toml").write_text(later, encoding="utf-8")
    assert protocols.all_current() == []
    with pytest.raises(LookupError, match="No protocol ie-homeless-drug is in force"):
        protocols.get(IE)


def test_an_unknown_protocol_or_version_is_named():
    with pytest.raises(LookupError, match="no version 9 of a protocol ie-homeless-drug"):
        protocols.get(IE, 9)
    with pytest.raises(LookupError, match="No protocol mars is in force"):
        protocols.get("mars")


def test_two_files_with_one_version_are_refused(folder):
    (folder / f"{IE}-2.toml").write_text(SOURCE, encoding="utf-8")
    with pytest.raises(ProtocolError, match="stands in two files"):
        protocols.load()


def test_a_folder_without_protocols_is_refused(folder):
    (folder / f"{IE}.toml").unlink()
    with pytest.raises(ProtocolError, match="there is no protocol here"):
        protocols.load()


# ---- faults


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('calendar = "IE"', 'calendar = "FR"', "calendar: 'FR' is none of IE, UK"),
        ('calendar = "IE"', 'calender = "IE"', "calendar: is missing"),
        ('calendar = "IE"', 'calendar = "IE"\ncolour = "green"', "colour: is not a key that is known here"),
        ("version = 1", 'version = "1"', "version: must be a whole number"),
        ("version = 1", "version = true", "version: must be a whole number"),
        ("version = 1", "version = 0", "version: must be from 1 to 999"),
        ("effective_from = 2010-01-01", 'effective_from = "soon"', "effective_from: must be a day"),
        (
            "effective_from = 2010-01-01",
            "effective_from = 2010-01-01T09:00:00",
            "effective_from: must be a day",
        ),
        (
            'key = "ie-homeless-drug"',
            'key = "IE Homeless"',
            "key: 'IE Homeless' is not written as it must be",
        ),
        ('key = "ie-homeless-drug"', 'key = "mars"', "key: the file's name must begin with mars"),
        ('person = "person"', 'person = " "', "words.person: must be a text without blanks around it"),
        ('goal = "goal"\n', "", "words.goal: is missing"),
        ('label = "Formal plan review"', 'lable = "Formal plan review"', "reviews.label: is missing"),
        (
            "every = { months = 2 }",
            "every = { months = 2, weeks = 8 }",
            "reviews.every.days: give exactly one of",
        ),
        ("every = { months = 2 }", "every = { years = 2 }", "reviews.every.days: give exactly one of"),
        ("every = { months = 2 }", "every = { months = 0 }", "reviews.every.months: must be from 1 to 120"),
        (
            "every = { months = 2 }",
            "every = { months = 2 }\nfirst = { weeks = 6 }\nfirst_opens = { weeks = 6 }",
            "reviews.first_opens: must come before first",
        ),
        (
            'clause = "S3-17"',
            'clause = "somewhere"',
            "reviews.clause: 'somewhere' is not written as it must be",
        ),
        ('key = "money"', 'key = "accommodation"', "domain 2: key: 'accommodation' stands here twice"),
        (
            'key = "medium"',
            'key = "middling"',
            "need_level 3: key: 'middling' is none of none, low, medium, high",
        ),
        (
            'starts_from = "lead_confirmed"',
            'starts_from = "birth"',
            "clock 1: starts_from: 'birth' is none of",
        ),
        ("months = 6", "months = 6\nfortnights = 2", "clock 1: fortnights: is not a key that is known here"),
        ('holders = "one"', 'holders = "many"', "role 1: holders: a case has exactly one case manager"),
        ('key = "key_worker"\nlabel', 'key = "butler"\nlabel', "role 2: key: 'butler' is no role of a case"),
        ("smart_check = true", 'smart_check = "yes"', "plan.smart_check: must be true or false"),
        (
            "consent_before_sharing = true",
            "consent_before_sharing = false",
            "plan.consent_before_sharing: cannot be switched off",
        ),
        ('fact = "goals"', 'fact = "luck"', "step 2: need 3: fact: 'luck' is none of"),
        ('scheme = "none"', 'scheme = "lottery"', "eligibility.scheme: 'lottery' is none of"),
        ("[words]", "[words", "is not TOML"),
    ],
)
def test_a_fault_names_its_file_and_its_key(folder, old, new, message):
    assert old in SOURCE
    (folder / f"{IE}.toml").write_text(SOURCE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ProtocolError) as refused:
        protocols.load()
    assert str(refused.value).startswith(f"{IE}.toml: ")
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("eligibility.otherwise", "eligibility.other", "eligibility.otherwise: must say what is recorded"),
        ("enters = false", "enters = 0", "eligibility.band 1: enters: must be true or false"),
    ],
)
def test_a_fault_in_the_eligibility_names_its_file_and_its_key(folder, old, new, message):
    (folder / f"{UK}.toml").write_text(UK_SOURCE.replace(old, new), encoding="utf-8")
    with pytest.raises(ProtocolError) as refused:
        protocols.load()
    assert str(refused.value).startswith(f"{UK}.toml: {message}")


def test_a_file_that_is_not_text_is_refused(folder):
    (folder / f"{IE}.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ProtocolError, match="is not TOML"):
        protocols.load()
