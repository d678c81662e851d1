"""What is kept from the person's copy comes back on its day: to who holds the case, and once it is late to the line
manager (S2-43, X-5); never to somebody who may not read it, never with a name."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from caseapp import clock
from caseapp.models import Case, CaseAssignment, Disclosure, Notification, OutboxMessage, User
from caseapp.services import digests, disclosures, disclosures_again, reminders
from tests.test_denial import shut_out
from tests.test_disclosures_made import CHILD, file_for, made, record

DAY = timedelta(days=1)


@pytest.fixture
def kept(world, db_session):
    """kept("orla"): the id of a disclosure of hers, kept from the copy until in ten days."""

    def one(by="orla", **more):
        until = clock.today() + timedelta(days=10)
        made_ = record(
            world, by=by, withheld=True, withheld_reason="He could go there", withheld_until=until, **more
        )
        db_session.execute(update(Notification).values(read_at=clock.now()))
        db_session.commit()
        return made_

    return one


def run(db_session, days):
    """The duty on the tenth day, and so many days after it."""
    at = clock.now() + timedelta(days=10 + days)
    reminders._told(disclosures_again.due(at=at))
    db_session.commit()


def told(world, db_session):
    """(who, late) of every reminder."""
    names = {viewer.user_id: key for key, viewer in world.viewers.items()}
    rows = db_session.execute(
        select(Notification.user_id, Notification.kind).where(
            Notification.kind.in_((disclosures_again.DUE, disclosures_again.LATE))
        )
    )
    return sorted((names[row.user_id], row.kind == disclosures_again.LATE) for row in rows)


def test_on_its_day_the_case_manager_is_reminded_once_and_not_before(world, db_session, kept):
    kept("shauna")
    run(db_session, -1)
    assert told(world, db_session) == []
    run(db_session, 0)
    run(db_session, 0)
    assert told(world, db_session) == [("orla", False)]


def test_once_it_is_late_the_line_manager_is_told_too_and_again_each_week(world, db_session, kept):
    one = kept()
    run(db_session, 1)
    run(db_session, 6)
    assert told(world, db_session) == [("declan", True), ("orla", True)]
    run(db_session, 7)
    assert len(told(world, db_session)) == 4
    later = clock.today() + timedelta(days=60)
    disclosures.withhold(
        file_for(world, "declan", one),
        actor=world.declan,
        at=clock.now(),
        keep=True,
        reason="Still",
        until=later,
    )
    run(db_session, 21)
    assert len(told(world, db_session)) == 4, "it was looked at"
    run(db_session, 50)
    assert told(world, db_session).count(("orla", False)) == 1


def test_one_that_is_shown_now_or_was_corrected_comes_back_no_more(world, db_session, kept):
    shown, corrected = kept(), kept()
    disclosures.withhold(
        file_for(world, "declan", shown), actor=world.declan, at=clock.now(), keep=False, reason="He knows"
    )
    disclosures.correct(file_for(world, "orla", corrected), made(), actor=world.orla, at=clock.now())
    run(db_session, 3)
    assert told(world, db_session) == []


def test_what_a_partner_keeps_about_a_child_comes_back_to_the_partner_alone(world, db_session, kept):
    kept("tomasz", ground=CHILD)
    run(db_session, 0)
    run(db_session, 1)
    assert told(world, db_session) == [("amina", True), ("tomasz", False), ("tomasz", True)]


def test_one_of_the_restricted_section_comes_back_to_its_list_alone(world, db_session, kept):
    kept("shauna", ground=CHILD)
    run(db_session, 1)
    assert told(world, db_session) == [("declan", True), ("orla", True)]


def test_nobody_is_reminded_who_left_or_is_shut_out_and_somebody_always_is(world, db_session, kept):
    kept()
    db_session.execute(update(CaseAssignment).values(to_at=clock.now()))
    db_session.execute(update(User).where(User.id == world.orla.user_id).values(disabled_at=clock.now()))
    db_session.commit()
    run(db_session, 0)
    assert told(world, db_session) == [("declan", False)]


def test_a_case_manager_who_is_shut_out_since_hears_nothing_of_it(world, db_session, kept):
    kept("shauna")
    case = world.case_for(world.declan)
    from caseapp.services import assignments

    assignments.allocate(
        case, actor=world.declan, at=clock.now(), user_id=world.shauna.user_id, reason="For a while"
    )
    shut_out(world, "orla", by="declan")
    run(db_session, 1)
    assert told(world, db_session) == [("declan", True), ("shauna", True)]


def test_after_the_case_went_to_another_agency_who_disclosed_is_reminded(world, db_session, kept):
    kept()
    db_session.execute(
        update(Case).values(lead_agency_id=world.agencies["northgate"], line_manager_id=world.nora.user_id)
    )
    db_session.commit()
    run(db_session, 1)
    assert told(world, db_session) == [("declan", True), ("orla", True)]


def test_it_runs_with_the_daily_duties_and_neither_notice_nor_mail_names_anybody(
    world, db_session, kept, as_
):
    kept()
    at = clock.now() + timedelta(days=12)
    with clock.standing_at(at):
        done = {
            duty.name: duty.outcome
            for duty in reminders.run(now=lambda: at, server=_no_server(), public_url="")
        }
        assert done["disclosures to look at again"] == "2 told"
        again = {
            duty.name: duty.outcome
            for duty in reminders.run(now=lambda: at, server=_no_server(), public_url="")
        }
        assert again["disclosures to look at again"] == "0 told"
        page = as_("declan").get("/news").text
    assert disclosures_again.WORDS[disclosures_again.LATE] in page and 'href="/disclosures"' in page
    db_session.rollback()
    notices = db_session.scalars(
        select(Notification).where(Notification.kind == disclosures_again.LATE)
    ).all()
    assert {row.case_id for row in notices} == {None}
    digests.write(at=at + DAY, public_url="")
    mails = db_session.scalars(select(OutboxMessage)).all()
    assert mails
    for text in [row.plain for row in notices] + [mail.subject + mail.body for mail in mails]:
        for word in ("Niall", "Rafter", world.reference, "Garda", "Sergeant", "Canal"):
            assert word not in text
    assert db_session.scalars(select(Disclosure)).one().withheld_until, "a forgotten day shows nothing"


def _no_server():
    from caseapp.services.outbox import Server

    return Server()
