"""What stays with an agency that handed a case over has a day of its own: listed from the first moment, held, kept longer or
disposed of by that agency, without touching what went over; and nobody else's disposal takes it before (X-9, C10;
docs/decisions/0035)."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from caseapp import clock, ids
from caseapp.errors import NotAllowed
from caseapp.extensions import db
from caseapp.models import (
    AgencySetting,
    Case,
    CaseNote,
    Disposal,
    Event,
    Goal,
    LegalHold,
    Notification,
    Person,
    RestrictedAccess,
    RestrictedEntry,
    RetentionReview,
    Transfer,
)
from caseapp.policy import kept_apart, rights
from caseapp.protocols import add_months
from caseapp.queries import retention as reads
from caseapp.services import case_notes, disposals, legal_holds, retention
from caseapp.vocabulary import Audience, HoldGround, NoteKind, RetentionDecision, TransferKeeps
from tests import sections
from tests import transfers as way
from tests.kept_records import by, closed, in_a_fortnight, years_ago
from tests.world import LONG_AGO

pytestmark = pytest.mark.usefixtures("db_session")


def noted(world, words, days):
    case_notes.write(
        world.case_for(world.orla),
        **by(world.orla),
        kind=NoteKind.CONTACT,
        text=words,
        happened_at=clock.now() - timedelta(days=days),
    )


@pytest.fixture
def gone(world) -> int:
    """Northgate leads since today: one note of the two went over, one of the two entries kept apart was handed to it."""
    noted(world, "CANARY-OLD stayed", 40)
    noted(world, "CANARY-NEW went over", 2)
    sections.write(world, text="CANARY-APART stayed")
    handed = sections.write(world, text="CANARY-HANDED to them")
    sections.hand_over(world, entries=(handed,))
    transfer = way.begun(world)
    way.asked(world, transfer)
    way.accepted(world, transfer, worker="mark")
    way.agreed(world, transfer)
    way.arranged(world, transfer)
    way.handed_over(world, transfer, notes_from=clock.today() - timedelta(days=10))
    way.looked_through(world, transfer)
    way.taken_over(world, transfer)
    db.session.commit()
    return transfer


def of_canal(world):
    return db.session.scalars(
        select(RetentionReview)
        .where(RetentionReview.agency_id == world.agencies["canal"])
        .execution_options(populate_existing=True)
    ).all()


def seen(world, who):
    (row,) = of_canal(world)
    return rights.find_retention_review(world.viewers[who], row.id)


def went_over(transfer, years):
    """All of that lies so many years back."""
    then = clock.at_local(years_ago(years, 1), LONG_AGO.time())
    now = way.row(transfer).ended_at
    db.session.execute(update(Transfer).where(Transfer.id == transfer).values(ended_at=then))
    earlier = then - timedelta(days=30)
    db.session.execute(update(Event).values(at=earlier))
    db.session.execute(update(CaseNote).values(written_at=earlier))
    db.session.execute(update(RestrictedAccess).where(RestrictedAccess.ended_at == now).values(ended_at=then))
    db.session.execute(update(Case.__table__).values(lead_since=then))
    db.session.commit()
    db.session.expire_all()


def test_the_agency_that_led_sees_from_the_first_day_that_it_still_holds_a_part(world, as_, gone):
    (row,) = of_canal(world)
    assert (row.decision, row.years, row.due_on) == (
        RetentionDecision.WAITING,
        8,
        add_months(clock.today(), 96),
    )
    assert {who for who in world.viewers if seen(world, who)} == {"declan", "femi"}
    (line,), total = reads.reviews(viewer=world.femi, which="handed")
    assert total == 1 and line.ahead and line.name == ""
    assert line.handed == ((world.reference, "Northgate Probation", clock.today()),)
    assert reads.reviews(viewer=world.femi, which="waiting") == ([], 0)
    declan = as_("declan")
    page = declan.get("/retention?which=handed").text
    assert "Case 41 72 93 04" in page and "with Northgate Probation since" in page and "Niall" not in page
    one = declan.get(f"/retention/{ids.written(row.id)}").text
    assert "Niall" not in one and "It is put before the line managers on that day" in one
    assert "Dispose of it in" not in one and "Keep it longer" not in one
    assert retention.list_due(at=clock.now()) == 0 and len(of_canal(world)) == 1, "listed once"


def test_nothing_is_decided_before_its_day_but_a_hold_can_be_put_on_it(world, gone):
    with pytest.raises(NotAllowed):
        retention.approve(seen(world, "declan"), **by(world.declan))
    legal_holds.hold(seen(world, "femi"), **by(world.femi), ground=HoldGround.CLAIM, reason="A claim is made")
    assert db.session.scalar(select(func.count()).select_from(LegalHold)) == 1
    went_over(gone, 8)
    retention.list_due(at=clock.now())
    stops = retention.what_stops(world.agencies["canal"], world.person_id, clock.now())
    assert stops.startswith("A legal hold is on this record")


def test_on_its_day_those_who_decide_are_told_once(world, gone):
    db.session.execute(update(RetentionReview).values(listed_at=LONG_AGO.replace(year=2015)))
    went_over(gone, 8)
    told = select(func.count()).where(Notification.kind == "retention")
    assert db.session.scalar(told) == 0, "nothing is waiting before the day"
    assert [retention.list_due(at=clock.now()) for _ in range(2)] == [1, 0]
    assert db.session.scalar(told) == 2
    (row,) = of_canal(world)
    assert row.due_on <= clock.today() and reads.reviews(viewer=world.femi)[1] == 1


def test_its_disposal_takes_what_stayed_and_leaves_what_went_over(world, gone):
    db.session.execute(update(RetentionReview).values(listed_at=LONG_AGO.replace(year=2015)))
    went_over(gone, 8)
    retention.list_due(at=clock.now())
    counted = {one.section: one.count for one in reads.kept(seen(world, "declan"))}
    assert counted["Notes"] == 1 and counted["Disclosures and letters"] == 1
    assert kept_apart.find_kept_apart(world.declan, gone) is not None
    goals = db.session.scalar(select(func.count()).select_from(Goal))
    retention.approve(seen(world, "declan"), **by(world.declan))
    assert disposals.dispose_due(at=in_a_fortnight()) == (1, 0)
    db.session.expire_all()
    left = {one.split()[0] for one in db.session.scalars(select(CaseNote.text)) if one.startswith("CANARY-")}
    assert "CANARY-OLD" not in left and "CANARY-NEW" in left
    assert db.session.scalars(select(RestrictedEntry.text)).all() == ["CANARY-HANDED to them"]
    assert not db.session.scalar(
        select(func.count())
        .select_from(Event)
        .where(Event.audience == Audience.LEAD, Event.at < way.row(gone).ended_at)
    )
    assert db.session.scalar(select(func.count()).select_from(Goal)) == goals
    assert db.session.get(Person, world.person_id) is not None and way.row(gone).why == ""
    (certificate,) = db.session.scalars(select(Disposal)).all()
    assert certificate.agency_id == world.agencies["canal"] and not certificate.person_too
    assert world.case_for(world.mark).sees_all and sections.texts(world, "nora") == {"CANARY-HANDED to them"}
    assert of_canal(world) == [] and retention.list_due(at=in_a_fortnight()) == 0, "it is not listed again"


def test_the_lead_agencys_disposal_waits_for_the_day_of_the_part(world, gone):
    went_over(gone, 10)
    closed(world.case_id, years_ago(9))
    canal, northgate = world.agencies["canal"], world.agencies["northgate"]
    assert {one.agency_id for one in retention.due(clock.now())} == {canal, northgate}
    db.session.add(
        AgencySetting(
            agency_id=canal,
            key="retention_years",
            value=20,
            changed_at=LONG_AGO,
            changed_by_id=world.ciara.user_id,
        )
    )
    db.session.commit()
    assert retention.due(clock.now()) == []
    stops = retention.what_stops(northgate, world.person_id, clock.now())
    assert "an agency that led before keeps its part longer" in stops


def test_kept_longer_by_the_agency_that_led_it_holds_the_lead_agencys_too(world, gone):
    db.session.execute(update(RetentionReview).values(listed_at=LONG_AGO.replace(year=2015)))
    went_over(gone, 10)
    closed(world.case_id, years_ago(9))
    retention.list_due(at=clock.now())
    retention.keep(seen(world, "declan"), **by(world.declan), years=2, reason="A claim is likely")
    assert retention.due(clock.now()) == []


def test_an_own_part_under_consent_is_not_over_before_its_last_day(world):
    until = clock.today() + timedelta(days=60)
    transfer = way.ready(world, keeps=TransferKeeps.OWN_PART, keeps_until=until)
    way.taken_over(world, transfer)
    (row,) = of_canal(world)
    assert (row.ended_on, row.due_on) == (until, add_months(until, 96))


def test_a_case_that_came_back_leaves_no_part(world, gone):
    db.session.execute(update(Case.__table__).values(lead_agency_id=world.agencies["canal"]))
    db.session.commit()
    assert retention.list_due(at=clock.now()) == 0
    (row,) = of_canal(world)
    assert row.decision is RetentionDecision.LAPSED
