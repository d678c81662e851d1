"""Access in an emergency (X-7): one person, to read, for 60 minutes, with a reason; told at once, reviewed within three
working days, and no way to learn who is known here without leaving one's name."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from caseapp import clock, ids
from caseapp.errors import NotAllowed, RuleBroken
from caseapp.extensions import db
from caseapp.models import (
    AuditEntry,
    EmergencyAccess,
    EmergencyRight,
    Notification,
    OutboxMessage,
    Person,
    PersonIdentifier,
    PersonWarning,
    User,
    UserSession,
)
from caseapp.policy import emergency as policy
from caseapp.policy import scopes
from caseapp.queries import emergency_reviews
from caseapp.services import denials, emergency, emergency_news
from caseapp.services.identification import Whom
from caseapp.vocabulary import AuditAct, DenialGround, EmergencyOutcome, EmergencyReason, WarningKind
from tests.test_privacy_findings import set_

NIALL = Whom("Niall Rafter", date(1989, 5, 11))
WHY = "He lies unconscious in our hall and we must know what he takes."


@pytest.fixture
def may(world):
    """Mark of Northgate, who sees nothing of Niall, may use emergency access; so may Tomasz, who sees his part."""
    for who in ("mark", "tomasz"):
        db.session.add(
            EmergencyRight(
                user_id=world.viewers[who].user_id,
                given_at=clock.now(),
                given_by_id=world.brid.user_id,
                reason="On call",
            )
        )
    db.session.add(
        PersonWarning(
            person_id=world.person_id,
            kind=WarningKind.SAFETY,
            text="Takes methadone, 60 ml",
            recorded_by_id=world.orla.user_id,
            recorded_at=clock.now(),
        )
    )
    db.session.commit()
    return world


def opened(world, who="mark", whom=NIALL, at=None, **more):
    return emergency.open_record(
        actor=world.viewers[who],
        at=at or clock.now(),
        whom=whom,
        kind=EmergencyReason.OVERDOSE,
        reason=more.pop("reason", WHY),
        **more,
    )


def typed(**more):
    return {
        "given_name": "Niall",
        "family_name": "Rafter",
        "born_on-day": "11",
        "born_on-month": "5",
        "born_on-year": "1989",
        "kind": "overdose",
        "reason": WHY,
    } | more


def test_it_opens_the_essentials_of_one_person_and_nothing_else(app, may, as_):
    browser = as_("mark")
    assert browser.get(f"/cases/{may.reference}/plan").status_code == 404
    answer = browser.submit("/emergency", "/emergency/open", **typed())
    assert answer.status_code == 303
    page = browser.get(answer.headers["Location"])
    for word in ("Niall Rafter", "methadone", "CANARY-LEAD-contingency", "CANARY-GOAL-home", "Orla Keaveney"):
        assert word in page.text, word
    for path in ("plan", "notes", "timeline", "needs", "print", "meetings", "consent"):
        assert browser.get(f"/cases/{may.reference}/{path}").status_code == 404, path
    assert browser.get(f"/people/{ids.written(may.person_id)}").status_code == 404
    assert "Rafter" not in browser.get("/people?q=Niall").text.split("<main")[1].replace("Niall", "")
    assert scopes.find_case(may.mark, may.reference) is None


def test_every_page_says_that_it_is_open_and_until_when(app, may, as_):
    browser = as_("mark")
    assert "Emergency access is open" not in browser.get("/directory").text
    opened(may)
    page = browser.get("/directory")
    assert "Emergency access is open until" in page.text and "(60 minutes left)" in page.text
    assert "Niall" not in page.text.split("</section>")[0]


def test_it_ends_after_sixty_minutes_in_the_database_itself(app, may, as_):
    access = opened(may)
    page = f"/emergency/{ids.written(access)}"
    browser = as_("mark")
    assert browser.get(page).status_code == 200
    now = clock.now()
    assert policy.find_emergency(may.mark, access, now + timedelta(minutes=59))
    assert policy.find_emergency(may.mark, access, now + timedelta(minutes=61)) is None
    db.session.execute(
        update(EmergencyAccess).values(
            opened_at=now - timedelta(minutes=61), ends_at=now - timedelta(seconds=1)
        )
    )
    db.session.commit()
    assert browser.get(page).status_code == 404
    assert "Emergency access is open" not in browser.get("/directory").text


def test_whoever_opened_it_ends_it_early_and_nobody_else_reads_it(app, may, as_):
    access = opened(may)
    page = f"/emergency/{ids.written(access)}"
    for who in ("tomasz", "orla", "femi", "nora", "brid"):
        assert as_(who).get(page).status_code == 404, who
    browser = as_("mark")
    assert browser.submit("/emergency", f"{page}/end").status_code == 303
    assert browser.get(page).status_code == 404


def test_taking_back_the_right_closes_what_is_open(app, may, as_):
    access = opened(may)
    db.session.execute(update(EmergencyRight).values(ended_at=clock.now(), ended_by_id=may.brid.user_id))
    db.session.commit()
    assert as_("mark").get(f"/emergency/{ids.written(access)}").status_code == 404


def test_each_look_is_in_the_audit_record_with_emergency_as_its_ground(app, may, as_):
    access = opened(may)
    as_("mark").get(f"/emergency/{ids.written(access)}")
    entries = db.session.scalars(
        select(AuditEntry)
        .where(AuditEntry.user_id == may.mark.user_id, AuditEntry.case_id == may.case_id)
        .order_by(AuditEntry.at)
    ).all()
    assert [(one.act, one.ground) for one in entries] == [
        (AuditAct.EMERGENCY, "emergency"),
        (AuditAct.READ, "emergency"),
    ]
    assert all(one.person_id == may.person_id for one in entries)


def test_the_officer_is_told_at_once_without_any_name_and_the_case_manager_who_and_why(app, may, as_):
    opened(may)
    [mail] = db.session.scalars(select(OutboxMessage)).all()
    assert mail.to_address == may.femi.email
    for word in ("Niall", "Rafter", may.reference, "Mark", WHY, "1989"):
        assert word not in mail.subject + mail.body
    told = db.session.scalars(select(Notification)).all()
    assert {row.user_id for row in told} == {may.femi.user_id, may.orla.user_id, may.declan.user_id}
    news = as_("orla").get("/news").text
    assert (
        "Mark Ellery, Northgate Probation, opened the record in an emergency" in news
        and "unconscious" in news
    )
    assert "Rafter" not in as_("femi").get("/news").text


def test_nobody_found_reads_the_same_whether_unknown_closed_or_denied(app, may, as_):
    denials.deny(
        may.case_for(may.orla),
        actor=may.orla,
        at=clock.now(),
        user_id=may.tomasz.user_id,
        ground=DenialGround.FAMILY,
        reason="They are brothers.",
    )
    browser, answers = as_("tomasz"), []
    for more in ({}, {"given_name": "Nobody", "family_name": "Atall"}):
        answer = browser.submit("/emergency", "/emergency/open", **typed(**more))
        assert answer.status_code == 422
        text = answer.text.split("<main")[1]
        for word in ("Niall", "Rafter", "Nobody", "Atall"):
            text = text.replace(word, "·")
        answers.append(re.sub(r'value="[^"]{12,}"', "", text))
    assert answers[0] == answers[1]
    refusals = db.session.scalars(
        select(AuditEntry).where(AuditEntry.what == emergency.NOBODY, AuditEntry.act == AuditAct.REFUSED)
    ).all()
    assert len(refusals) == 2 and {row.case_id for row in refusals} == {None}
    assert not db.session.scalars(select(EmergencyAccess)).all()


def test_nothing_is_looked_up_before_reason_and_identification_are_whole(app, may, as_):
    browser = as_("mark")
    for more, sentence in (
        ({"reason": "short"}, "at least 20 characters"),
        ({"reason": "aaaaaaaaaaaaaaaaaaaaaaaa"}, "in words"),
        ({"kind": ""}, "Say what the emergency is"),
        ({"born_on-day": "", "born_on-month": "", "born_on-year": ""}, "whole date of birth"),
        ({"family_name": ""}, "first name and family name"),
        (
            {
                "reference": "41729305",
                **{f"born_on-{p}": "" for p in ("day", "month", "year")},
                "given_name": "",
                "family_name": "",
            },
            "no reference",
        ),
    ):
        answer = browser.submit("/emergency", "/emergency/open", **typed(**more))
        assert answer.status_code == 422 and sentence in answer.text, more
        assert "No record can be opened" not in answer.text
    assert not db.session.scalars(select(AuditEntry).where(AuditEntry.what == emergency.NOBODY)).all()


def test_without_a_password_of_the_last_ten_minutes_nothing_is_looked_up(app, may, as_):
    browser = as_("mark")
    db.session.execute(update(UserSession).values(proved_at=clock.now() - timedelta(minutes=11)))
    db.session.commit()
    answer = browser.submit("/emergency", "/emergency/open", **typed())
    assert answer.status_code == 401 and "password" in answer.text
    assert not db.session.scalars(select(AuditEntry).where(AuditEntry.what == emergency.NOBODY)).all()
    assert not db.session.scalars(select(EmergencyAccess)).all()


def test_who_is_not_on_the_list_opens_nothing(app, may, as_):
    assert "not among those who may" in as_("leah").get("/emergency").text
    with pytest.raises(NotAllowed):
        opened(may, "leah")
    for who in ("femi", "brid", "sinead", "root"):
        assert as_(who).get("/emergency").status_code == 403, who


def test_guessing_is_braked_and_told(app, may):
    for _ in range(emergency.in_vain_most(may.mark.agency_id)):
        assert opened(may, whom=Whom("No Body", date(1990, 1, 1))) is None
    with pytest.raises(RuleBroken, match="Too many searches"):
        opened(may)
    plain = [row.plain for row in db.session.scalars(select(Notification))]
    assert plain == [], "Northgate has no privacy officer; nobody else is told of their staff"


def test_three_a_day_and_one_at_a_time(app, may):
    at = clock.now()
    first = opened(may, at=at)
    with pytest.raises(RuleBroken, match="You have one open until"):
        opened(may, at=at)
    emergency.end(policy.find_emergency(may.mark, first, at), actor=may.mark, at=at)
    for hours in (2, 4):
        assert opened(may, at=at + timedelta(hours=hours))
    with pytest.raises(RuleBroken, match="3 records in an emergency within a day"):
        opened(may, at=at + timedelta(hours=6))


def test_how_often_a_day_is_set_by_the_agency_whose_staff_open(app, may, as_):
    """A night service needs more than an office does, within bounds; the sixty minutes and the review are no setting."""
    set_(may, "northgate", emergency_openings_a_day=1, emergency_in_vain_a_day=2)
    assert "At most 1 in a day" in as_("mark").get("/emergency").text
    at = clock.now()
    first = opened(may, at=at)
    emergency.end(policy.find_emergency(may.mark, first, at), actor=may.mark, at=at)
    with pytest.raises(RuleBroken, match="You have opened 1 record in an emergency"):
        opened(may, at=at + timedelta(hours=1))
    for _ in range(2):
        assert opened(may, at=at + timedelta(hours=25), whom=Whom("No Body", date(1990, 1, 1))) is None
    with pytest.raises(RuleBroken, match="Too many searches"):
        opened(may, at=at + timedelta(hours=25))
    assert "At most 3 in a day" in as_("tomasz").get("/emergency").text, "another agency’s own"


def test_a_case_that_one_sees_whole_is_not_opened_this_way(app, may):
    db.session.add(
        EmergencyRight(
            user_id=may.orla.user_id, given_at=clock.now(), given_by_id=may.ciara.user_id, reason="x"
        )
    )
    db.session.commit()
    with pytest.raises(RuleBroken, match="You see this record anyway"):
        opened(may, "orla")


def test_found_by_reference_and_by_a_number_that_one_person_has(app, may):
    assert opened(may, whom=Whom(reference="41 72 93 04"))
    db.session.add(PersonIdentifier(person_id=may.person_id, scheme="LINK", value="AB1234"))
    other = Person(
        given_name="Other",
        family_name="One",
        registered_by_agency_id=may.agencies["canal"],
        registered_by_id=may.orla.user_id,
        registered_at=clock.now(),
    )
    db.session.add(other)
    db.session.commit()
    later = clock.now() + timedelta(hours=2)
    assert opened(may, whom=Whom(number="ab 1234"), at=later)


def test_review_within_three_working_days_with_its_history(app, may, as_):
    access = opened(may)
    officer = as_("femi")
    assert "Mark Ellery" in officer.get("/emergency/reviews").text
    page = f"/emergency/reviews/{ids.written(access)}"
    shown = officer.get(page).text
    assert "unconscious" in shown and "41 72 93 04" in shown and "Rafter" not in shown
    answer = officer.submit(page, page, outcome="justified", text="short")
    assert answer.status_code == 422
    assert (
        officer.submit(page, page, outcome="justified", text="The ambulance confirms the hour.").status_code
        == 303
    )
    assert (
        officer.submit(
            page, page, outcome="not_justified", text="The ambulance was for somebody else."
        ).status_code
        == 303
    )
    row = db.session.get(EmergencyAccess, access, populate_existing=True)
    assert row.outcome is EmergencyOutcome.NOT_JUSTIFIED
    shown = officer.get(page).text
    assert "confirms the hour" in shown and "somebody else" in shown
    told = db.session.scalars(
        select(Notification.plain).where(Notification.user_id == may.orla.user_id)
    ).all()
    assert "The emergency access to this case was reviewed: not justified" in told
    assert "Rafter" not in str(told)
    [quarter] = emergency_reviews.by_quarter(viewer=may.femi)
    assert (quarter.opened, quarter.justified, quarter.not_justified, quarter.waiting) == (1, 0, 1, 0)


def test_nobody_reviews_their_own_and_no_other_agency_s_officer_reads_it(app, may, as_):
    opened(may)
    for who in ("mark", "orla", "declan", "brid", "sinead"):
        assert as_(who).get("/emergency/reviews").status_code == 403, who
    db.session.execute(update(User).where(User.id == may.mark.user_id).values(roles=1 | 64))
    db.session.commit()
    assert "Mark Ellery, Northgate" not in as_("mark").get("/emergency/reviews").text


def test_what_nobody_reviewed_rises_to_the_administrators(app, may):
    at = clock.now() - timedelta(days=9)
    opened(may, at=at)
    emergency_news.run(at=clock.now())
    emergency_news.run(at=clock.now())
    late = db.session.scalars(select(OutboxMessage).where(OutboxMessage.subject == emergency_news.LATE)).all()
    assert {one.to_address for one in late} == {may.femi.email, may.ciara.email}
    assert len(late) == 2 and all("Rafter" not in one.body for one in late)


def test_the_administrator_keeps_the_list_of_who_may(app, may, as_):
    browser = as_("brid")
    page = browser.get("/emergency/rights").text
    assert "Tomasz Wilk" in page and "On call" in page
    answer = browser.submit(
        "/emergency/rights", "/emergency/rights", user_id=str(may.amina.user_id), reason="Manager on duty"
    )
    assert answer.status_code == 303 and "Manager on duty" in browser.get("/emergency/rights").text
    token = browser.token("/emergency/rights")
    answer = browser.post(
        "/emergency/rights/end", data={"csrf_token": token, "user_id": str(may.amina.user_id)}
    )
    assert answer.status_code == 303
    rights = db.session.scalars(
        select(EmergencyRight).where(EmergencyRight.user_id == may.amina.user_id)
    ).all()
    assert [bool(one.ended_at) for one in rights] == [True]
    other = browser.post(
        "/emergency/rights", data={"csrf_token": token, "user_id": str(may.mark.user_id), "reason": "x"}
    )
    assert other.status_code == 422, "another agency's staff"
