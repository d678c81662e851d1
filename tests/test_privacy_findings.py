"""Unusual reading: what each rule finds, and what the privacy officer does about it (X-7, X-13)."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import DBAPIError

from caseapp import clock, dates
from caseapp.extensions import db
from caseapp.ids import written
from caseapp.models import (
    Agency,
    AgencySetting,
    AuditDay,
    AuditEntry,
    AuditTally,
    CaseAssignment,
    Notification,
    OutboxMessage,
    Person,
    PersonRelative,
    ReadingFinding,
    ReadingFindingStep,
    User,
)
from caseapp.policy import privacy
from caseapp.services import privacy_watch
from caseapp.services.transaction import unit_of_work
from caseapp.vocabulary import (
    AssignmentRole,
    AuditAct,
    FindingKind,
    FindingOutcome,
    FindingStepKind,
    RelativeRole,
)
from tests.privacy import NIGHT, THURSDAY, each, looked, night_after, officer, people

DAY = timedelta(days=1)


def look_through(moment=THURSDAY):
    """The rules look through one day, in the night after it."""
    with unit_of_work():
        db.session.execute(delete(AuditDay))
        db.session.execute(delete(AuditTally))
        privacy_watch.look_through(clock.local_day(moment), at=night_after(moment))


def findings(kind=None):
    statement = select(ReadingFinding).order_by(ReadingFinding.id)
    found = db.session.scalars(statement.execution_options(populate_existing=True)).all()
    return [one for one in found if kind is None or one.kind is kind]


def set_(world, agency, **values):
    for key, value in values.items():
        db.session.add(
            AgencySetting(
                agency_id=world.agencies[agency],
                key=key,
                value=value,
                changed_at=THURSDAY,
                changed_by_id=world.ciara.user_id,
            )
        )
    db.session.commit()


# --- the rules -----------------------------------------------------------------------------------------------------


def test_an_ordinary_day_finds_nothing(world):
    each(world.orla, THURSDAY, people(world, 12), minutes=20)
    look_through()
    assert not findings()


def test_many_more_records_than_the_same_person_usually_opens(world):
    some = people(world, 30)
    for back in (1, 2, 3):
        each(world.orla, THURSDAY - back * DAY, some[:5], minutes=10)
    each(world.orla, THURSDAY - timedelta(hours=2), some, minutes=15)
    look_through()
    (one,) = findings(FindingKind.MANY)
    assert (one.user_id, one.agency_id, one.count) == (world.orla.user_id, world.agencies["canal"], 30)
    assert one.why == "Opened 30 people’s records on 8 Oct 2026. Usual is 5 a day."
    assert one.detail["usual"] == 5.0
    assert len(one.detail["entries"]) == 30


def test_somebody_who_usually_opens_many_is_not_unusual(world):
    some = people(world, 30)
    for back in (1, 2, 3):
        each(world.declan, THURSDAY - back * DAY, some[:20], minutes=10)
    each(world.declan, THURSDAY - timedelta(hours=2), some, minutes=15)
    look_through()
    assert not findings(FindingKind.MANY)


def test_an_hour_can_be_unusual_in_an_ordinary_day(world):
    some = people(world, 16)
    for back in (1, 2, 3):
        each(world.orla, THURSDAY - back * DAY, some[:3], minutes=10)
    each(world.orla, THURSDAY, some, minutes=3)
    look_through()
    (one,) = findings(FindingKind.MANY)
    assert one.why == "Opened 16 people’s records within an hour on 8 Oct 2026. Usual is 3 a day."


def test_the_same_record_opened_many_times_is_one(world):
    looked_at = people(world, 1) * 40
    each(world.orla, THURSDAY, looked_at, minutes=1)
    look_through()
    assert not findings()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"given_name": "Anna", "family_name": "Keaveney"}, "with the reader’s family name"),
        ({"given_name": "Órla", "family_name": "KEAVENEY"}, "with the reader’s own name"),
        ({"phone": "+353 87 555 0199"}, "the reader’s own telephone number"),
        ({"address": "9 Linden Row, Liffey North"}, "where a person of the reader’s family name lives"),
    ],
)
def test_people_near_to_the_reader_are_asked_about_once(world, change, why):
    db.session.get(User, world.orla.user_id).phone = "087 555 0199"
    people(world, 1, given_name="Bea", family_name="Keaveney", address="9 Linden Row, Liffey North")
    one = people(world, 1, **change)[0]
    looked(world.orla, THURSDAY, one[:2])
    looked(world.shauna, THURSDAY, one[:2])
    look_through()
    (found,) = findings()
    assert (found.kind, found.user_id, found.person_id) == (FindingKind.OWN_NAME, world.orla.user_id, one[1])
    assert why in found.why
    assert "Keaveney" not in found.why and "Linden" not in found.why
    looked(world.orla, THURSDAY + DAY, one[:2])
    look_through(THURSDAY + DAY)
    assert len(findings()) == 1


def test_somebody_who_names_the_reader_among_their_family(world):
    one = people(world, 1)[0]
    db.session.add(PersonRelative(person_id=one[1], name="Orla Keaveney", role=RelativeRole.PARENT))
    db.session.commit()
    looked(world.orla, THURSDAY, one[:2])
    look_through()
    assert [f.why for f in findings()] == [
        "Opened the record of somebody who names the reader among their family."
    ]


def test_a_hostel_where_many_live_makes_no_neighbours(world):
    home = "14 Canal Street, Liffey North"
    db.session.get(Agency, world.agencies["harbour"]).address = home
    people(world, 1, family_name="Keaveney", address=home)
    big = "77 Many People House, Dublin"
    people(world, 7, family_name="Keaveney", address=big)
    for address in (home, big):
        looked(world.orla, THURSDAY, people(world, 1, address=address)[0][:2])
    look_through()
    assert not findings()


def test_out_of_hours_by_the_agencys_own_day_of_work(world):
    some = people(world, 3)
    each(world.orla, NIGHT, some)
    each(world.tomasz, NIGHT, some)
    set_(world, "harbour", office_from=0, office_until=24, office_weekends=True)
    each(world.shauna, THURSDAY + 2 * DAY, some)
    each(world.tomasz, THURSDAY + 2 * DAY, some)
    look_through()
    look_through(THURSDAY + 2 * DAY)
    night, saturday = findings(FindingKind.OUT_OF_HOURS)
    assert night.user_id == world.orla.user_id
    assert (
        night.why
        == "Opened 3 people’s records between 23:30 and 23:32 on Thursday 8 October 2026, out of hours."
    )
    assert saturday.user_id == world.shauna.user_id
    assert saturday.why.endswith("on Saturday 10 October 2026, a weekend or holiday.")


def test_a_public_holiday_is_a_day_off(world):
    holiday = THURSDAY.replace(day=26)  # the last Monday of October
    each(world.orla, holiday, people(world, 3))
    look_through(holiday)
    assert [one.kind for one in findings()] == [FindingKind.OUT_OF_HOURS]


def test_records_of_closed_cases_where_nothing_was_done(world):
    closed = people(world, 6, closed_at=THURSDAY - 30 * DAY)
    each(world.orla, THURSDAY, closed)
    each(world.shauna, THURSDAY, closed)
    each(world.shauna, THURSDAY, closed[:2], act=AuditAct.CHANGED, what="note written: Contact")
    look_through()
    (one,) = findings()
    assert (one.kind, one.user_id, one.count) == (FindingKind.CLOSED, world.orla.user_id, 6)


def test_refused_again_and_again(world):
    each(world.orla, THURSDAY, people(world, 5, lead="northgate"), act=AuditAct.REFUSED)
    each(world.shauna, THURSDAY, people(world, 4, lead="northgate"), act=AuditAct.REFUSED)
    look_through()
    (one,) = findings()
    assert (one.kind, one.why) == (FindingKind.REFUSED, "Was refused 5 times on 8 Oct 2026.")


def test_read_by_somebody_who_does_not_work_on_the_case_and_did_nothing_on_it_in_two_weeks(world):
    some = people(world, 9)
    each(world.shauna, THURSDAY, some)
    each(world.orla, THURSDAY, some)
    each(world.tomasz, THURSDAY, some)
    for case_id, *_ in some[:2]:
        db.session.add(
            CaseAssignment(
                case_id=case_id,
                user_id=world.orla.user_id,
                role=AssignmentRole.KEY_WORKER,
                from_at=THURSDAY,
                given_by_id=world.declan.user_id,
            )
        )
    db.session.commit()
    each(world.tomasz, THURSDAY + 9 * DAY, some[:2], act=AuditAct.CHANGED, what="action: accepted")
    look_through(THURSDAY + 13 * DAY)
    assert not findings(FindingKind.NO_ACT)
    look_through(THURSDAY + 14 * DAY)
    (one,) = findings(FindingKind.NO_ACT)
    assert (one.user_id, one.count, one.day) == (world.shauna.user_id, 9, THURSDAY.date())


# --- the nightly duty ------------------------------------------------------------------------------------------------


def test_the_night_counts_each_day_once_and_makes_up_for_days_that_were_missed(world):
    for back in (5, 3, 1):
        looked(world.orla, THURSDAY - back * DAY, (world.case_id, world.person_id))
    looked(None, THURSDAY - DAY, act=AuditAct.REFUSED, what="signing in")
    with unit_of_work():
        assert privacy_watch.run(at=THURSDAY) == "5 days looked through, 0 found"
    with unit_of_work():
        assert privacy_watch.run(at=THURSDAY + timedelta(hours=1)) == "0 days looked through, 0 found"
    tally = db.session.execute(select(AuditTally.agency_id, AuditTally.act, AuditTally.entries)).all()
    assert sorted(tally) == sorted(
        [(world.agencies["canal"], AuditAct.READ, 1)] * 3 + [(0, AuditAct.REFUSED, 1)]
    )


def test_officers_are_told_that_there_is_something_and_nothing_more(world):
    other = officer(world, "northgate")
    area = officer(world, "area")
    each(world.orla, NIGHT, people(world, 4))
    look_through()
    told = db.session.scalars(select(OutboxMessage)).all()
    assert {one.to_address for one in told} == {"femi@canal.example", area.email}
    assert other.email not in {one.to_address for one in told}
    for one in told:
        assert "Orla" not in one.subject + one.body and "Canal" not in one.subject + one.body
    assert set(
        db.session.scalars(select(Notification.user_id).where(Notification.kind == "privacy_finding"))
    ) == {
        world.femi.user_id,
        area.user_id,
    }
    look_through()
    assert len(db.session.scalars(select(OutboxMessage.id)).all()) == 2


def test_whom_it_is_about_and_their_manager_are_told_nothing_also_an_officer_about_themselves(world, as_):
    db.session.get(User, world.femi.user_id).roles |= world.orla.roles
    db.session.commit()
    each(world.femi, NIGHT, people(world, 4))
    look_through()
    (one,) = findings()
    assert not db.session.scalars(select(OutboxMessage.id)).all()
    assert not db.session.scalars(select(Notification.id).where(Notification.kind == "privacy_finding")).all()
    assert privacy.find_finding(world.femi, one.id) is None
    area = officer(world, "area")
    assert privacy.find_finding(area, one.id).id == one.id


# --- what the officer does -------------------------------------------------------------------------------------------


@pytest.fixture
def finding(world):
    each(world.orla, NIGHT, people(world, 4))
    look_through()
    return findings()[0].id


def test_a_finding_says_why_and_leads_to_its_entries(as_, finding, world):
    text_ = as_("femi").get(f"/privacy/findings/{written(finding)}").text
    assert "Opened 4 people’s records between 23:30 and 23:33" in text_
    assert "Orla Keaveney" in text_ and "The entries behind it" in text_
    assert f'href="/privacy/record?staff={written(world.orla.user_id)}&amp;since=2026-10-08' in text_
    assert "Person0" not in text_


def test_closed_with_an_outcome_opened_again_and_the_history_kept(as_, finding, world):
    femi, page = as_("femi"), f"/privacy/findings/{written(finding)}"
    silent = femi.submit(page, f"{page}/close", **{"close-outcome": "breach"})
    assert silent.status_code == 422 and "Write in a sentence" in silent.text
    done = femi.submit(
        page, f"{page}/close", **{"close-outcome": "explained", "close-text": "On call that night."}
    )
    assert done.status_code == 303
    (one,) = findings()
    assert (one.outcome, one.closed_by_id) == (FindingOutcome.EXPLAINED, world.femi.user_id)
    assert femi.submit(page, f"{page}/note", **{"note-text": "The rota agrees."}).status_code == 303
    assert (
        femi.submit(page, f"{page}/reopen", **{"reopen-reason": "The rota was of another week."}).status_code
        == 303
    )
    (one,) = findings()
    assert one.closed_at is None and one.outcome is None
    steps = db.session.scalars(select(ReadingFindingStep.kind).order_by(ReadingFindingStep.id)).all()
    assert steps == [
        FindingStepKind.FOUND,
        FindingStepKind.CLOSED,
        FindingStepKind.NOTED,
        FindingStepKind.REOPENED,
    ]
    shown = femi.get(page).text
    assert "On call that night." in shown and "The rota was of another week." in shown
    words = db.session.scalars(select(AuditEntry.what).where(AuditEntry.what.startswith("finding: "))).all()
    assert {
        "finding: closed, explained: it belonged to the work",
        "finding: noted",
        "finding: opened again",
    } <= set(words)


def test_of_two_officers_the_second_is_told_and_overwrites_nothing(as_, finding, world):
    officer(world, "canal", "Una Officer-Demo")
    page = f"/privacy/findings/{written(finding)}"
    femi, una = as_("femi"), as_("una.canal")
    old = femi.get(page).text
    una.submit(page, f"{page}/note", **{"note-text": "Looking."})
    una.submit(page, f"{page}/close", **{"close-outcome": "spoken_to", "close-text": "Spoken to."})
    una.submit(page, f"{page}/reopen", **{"reopen-reason": "Again."})
    from tests.browser import parse

    (form,) = [one for one in parse(old).forms if one.action.endswith("/close")]
    answer = femi.post(
        form.action, data=form.fields | {"close-outcome": "explained", "close-text": "My own long sentence."}
    )
    assert answer.status_code == 409
    assert "My own long sentence." in answer.text and "Una Officer-Demo was quicker (" in answer.text
    assert findings()[0].outcome is None


def test_another_agencys_officer_and_everybody_else_find_nothing_there(as_, finding, world):
    officer(world, "northgate")
    path = f"/privacy/findings/{written(finding)}"
    assert as_("olu.northgate").get(path).status_code == 404
    for name in ("orla", "declan", "ciara", "root", "tomasz"):
        assert as_(name).get(path).status_code in (403, 404), name
        browser = as_(name)
        sent = {"csrf_token": browser.token("/about/help"), "close-outcome": "explained", "close-text": "x"}
        assert browser.post(f"{path}/close", data=sent).status_code in (403, 404), name
    assert findings()[0].closed_at is None


def test_looking_at_a_finding_stands_in_the_officers_own_record_alone(as_, world):
    one = people(world, 1, family_name="Keaveney")[0]
    looked(world.orla, THURSDAY, one[:2])
    look_through()
    as_("femi").get(f"/privacy/findings/{written(findings()[0].id)}")
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.what == "finding: opened")).one()
    assert entry.person_id is None and entry.case_id is None


def test_the_database_itself_keeps_findings_and_their_history(finding):
    for statement in (
        "DELETE FROM reading_finding",
        "DELETE FROM reading_finding_step",
        "UPDATE reading_finding_step SET text = ''",
    ):
        with pytest.raises(DBAPIError):
            db.session.execute(text(statement))
        db.session.rollback()


def test_the_list_filters_sorts_and_saves_a_file(as_, finding, world):
    from tests.test_lists import cells

    femi = as_("femi")
    assert "Out of hours" in femi.get("/privacy/findings").text
    assert "Nothing fits." in femi.get("/privacy/findings?kind=refused").text
    assert "Nothing fits." in femi.get("/privacy/findings?state=closed").text
    assert (
        "Out of hours" in femi.get(f"/privacy/findings?staff={written(world.orla.user_id)}&sort=-count").text
    )
    rows = cells(femi.get("/privacy/findings.csv"))
    assert rows[1][1:4] == ["Out of hours", "Orla Keaveney", "Canal Street Drug Service"]


def test_each_rule_explains_itself_and_shows_what_the_agency_has_set(as_, world):
    set_(world, "canal", unusual_refused=9)
    text_ = as_("femi").get("/privacy/rules").text
    for kind in FindingKind:
        assert kind.label in text_
    assert "<b>9 refusals</b>" in text_ and "default: 5 refusals" in text_


def test_the_year_counts_by_ground_and_outcome_and_names_nobody(as_, finding, world):
    from tests.test_lists import cells

    femi = as_("femi")
    text_ = femi.get("/privacy/year?year=2026").text
    assert "Lead agency" in text_ and "Still open" in text_
    assert "Orla" not in text_
    lines = cells(femi.get("/privacy/year.csv?year=2026"))
    assert ["On what ground records were looked at", "Lead agency", "Looked", "4"] in lines
    assert ["Unusual reading, by agency", "Canal Street Drug Service", "Out of hours", "1"] in lines
    assert ["What came of it, by agency", "Canal Street Drug Service", "Still open", "1"] in lines
    assert femi.get("/privacy/year.xlsx?year=2026").data[:2] == b"PK"


def test_the_desk_says_what_waits_and_what_the_weeks_were(as_, finding, world):
    yesterday = clock.now() - DAY
    looked(world.orla, yesterday, (world.case_id, world.person_id))
    look_through(yesterday)
    text_ = as_("femi").get("/privacy").text
    assert "Unusual reading" in text_ and "Opened 4 people’s records" in text_
    assert f"Counted until {dates.day(clock.local_day(yesterday))}." in text_
    assert 'data-l="Records looked at:">1<' in text_


def test_persons_in_the_world_are_left_as_they_are(world, finding):
    """The rules only read."""
    assert db.session.scalars(select(Person.version).where(Person.version > 1)).all() == []
