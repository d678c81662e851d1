"""A case goes over to another lead agency (C10, S2-37, S2-49, S3-50 … S3-52, F8): the rules, one sentence each."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from caseapp import clock
from caseapp.errors import NotAllowed, NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import (
    AccessDenial,
    Action,
    Case,
    CaseAssignment,
    CaseNote,
    ConsentGrant,
    Escalation,
    Event,
    Notification,
    RestrictedAccess,
    Transfer,
    TransferApproach,
    TransferHandover,
    TransferStep,
)
from caseapp.policy import scopes
from caseapp.policy.viewer import Viewer
from caseapp.protocols import add_months
from caseapp.queries import case_notes, case_team, disclosures, plan_head, timeline
from caseapp.queries import transfers as transfer_reads
from caseapp.queries.waiting import counts
from caseapp.services import (
    assignments,
    cases,
    consent,
    transfer_approaches,
    transfer_handover,
    transfer_taking_over,
    transfers,
)
from caseapp.services import (
    case_notes as notes,
)
from caseapp.services.meetings import calling
from caseapp.vocabulary import (
    ActionStatus,
    AssignmentRole,
    CaseStatus,
    Closing,
    ConsentKind,
    ConsentStatus,
    DenialGround,
    MeetingKind,
    MeetingTrigger,
    NoteKind,
    TransferKeeps,
    TransferReason,
    TransferStage,
)
from tests import kept_records
from tests import transfers as way
from tests.world import LONG_AGO

pytestmark = pytest.mark.usefixtures("db_session")


def case_row(world) -> Case:
    return db.session.get(Case, world.case_id, populate_existing=True)


def managers_of(world) -> list:
    """Who is case manager, as names of the world."""
    by_id = {viewer.user_id: key for key, viewer in world.viewers.items()}
    found = db.session.scalars(
        select(CaseAssignment.user_id).where(
            CaseAssignment.case_id == world.case_id,
            CaseAssignment.role == AssignmentRole.CASE_MANAGER,
            CaseAssignment.to_at.is_(None),
        )
    )
    return [by_id[one] for one in found]


# --- it begins -----------------------------------------------------------------------------------------------------


def test_a_transfer_under_way_changes_nothing_in_who_answers(world):
    """S3-51: the old case manager stays responsible until the new one has accepted."""
    way.ready(world)
    row = case_row(world)
    assert (row.status, row.lead_agency_id) == (CaseStatus.TRANSFER_PENDING, world.agencies["canal"])
    assert managers_of(world) == ["orla"]
    assert world.case_for(world.orla).sees_all


def test_an_exclusion_says_from_which_day_and_a_second_transfer_is_refused(world):
    with pytest.raises(RuleBroken, match="from which day") as why:
        way.begun(world, reason=TransferReason.EXCLUDED)
    assert why.value.field == "excluded_on"
    way.begun(world, reason=TransferReason.EXCLUDED, excluded_on=clock.today())
    with pytest.raises(RuleBroken, match="under way already"):
        way.begun(world)


def test_only_who_answers_for_the_case_begins_one(world):
    """C10: the case manager and the managers."""
    for who in ("shauna", "tomasz", "leah"):
        with pytest.raises(NotAllowed):
            way.begun(world, who)


def test_calling_a_meeting_because_of_an_exclusion_begins_the_transfer_in_the_same_step(world):
    """S2-35 (5), S2-37; with a transfer under way none is begun twice."""
    for _ in range(2):
        calling.propose(
            world.case_for(world.orla),
            actor=world.orla,
            at=clock.now(),
            kind=MeetingKind.CASE_MEETING,
            aim="Who goes on",
            triggers={MeetingTrigger.EXCLUDED: "Barred since the fight"},
            why_not_phone="All must hear it",
        )
    (found,) = db.session.scalars(select(Transfer))
    assert (found.reason, found.why) == (TransferReason.EXCLUDED, "Barred since the fight")
    assert found.excluded_on == clock.today()
    assert case_row(world).status is CaseStatus.TRANSFER_PENDING


# --- asking and answering ------------------------------------------------------------------------------------------


def test_a_question_to_another_agency_names_nobody(world):
    """X-2, X-4: what is asked before consent is refused with the name in it; the answer too."""
    transfer = way.begun(world)
    with pytest.raises(RuleBroken, match="is the person’s name"):
        way.asked(world, transfer, words="Could you take Niall on?")
    way.asked(world, transfer)
    with pytest.raises(RuleBroken, match="is the person’s name"):
        way.accepted(world, transfer, text="Is this Mr Rafter?")


def test_an_agency_that_is_never_to_be_told_is_never_asked(world):
    """X-3."""
    transfer = way.begun(world)
    consent.exclude(
        world.case_for(world.orla),
        actor=world.orla,
        at=clock.now(),
        agency_id=world.agencies["northgate"],
    )
    with pytest.raises(RuleBroken, match="never told"):
        way.asked(world, transfer)


def test_a_decline_has_a_reason_and_the_next_agency_is_asked(world):
    """C10: declined → approached(next)."""
    transfer = way.begun(world)
    way.asked(world, transfer)
    with pytest.raises(RuleBroken, match="Say why not"):
        way.accepted(world, transfer, accepts=False, text="")
    way.accepted(world, transfer, accepts=False, text="No worker free")
    assert way.row(transfer).stage is TransferStage.REQUESTED
    way.asked(world, transfer, "harbour")
    assert way.row(transfer).stage is TransferStage.APPROACHED


def test_the_first_to_accept_takes_it_on_and_the_others_are_asked_no_longer(world):
    transfer = way.begun(world)
    way.asked(world, transfer)
    way.asked(world, transfer, "harbour")
    way.accepted(world, transfer, by="amina")
    assert way.row(transfer).stage is TransferStage.ACCEPTED_IN_PRINCIPLE
    with pytest.raises(NotAllowed):
        way.accepted(world, transfer, by="nora")


def test_nobody_who_may_not_know_of_the_person_becomes_case_manager(world):
    """X-8: neither named with the answer, nor when the case is taken over."""
    transfer = way.ready(world)
    db.session.add(
        AccessDenial(
            user_id=world.mark.user_id,
            person_id=world.person_id,
            agency_id=world.agencies["northgate"],
            set_by_agency_id=world.agencies["northgate"],
            ground=next(iter(DenialGround)),
            reference="",
            set_at=LONG_AGO,
            set_by_id=world.nora.user_id,
            looked_at=LONG_AGO,
        )
    )
    db.session.commit()
    with pytest.raises(RuleBroken, match="may not know of this person"):
        way.taken_over(world, transfer, "mark")
    assert way.seen(world.mark, transfer) is None
    assert managers_of(world) == ["orla"]


# --- the person's consent ------------------------------------------------------------------------------------------


def test_consent_comes_after_an_agency_has_accepted_and_before_the_handover(world):
    transfer = way.begun(world)
    way.asked(world, transfer)
    with pytest.raises(RuleBroken, match="accepted in principle first"):
        way.agreed(world, transfer)
    way.accepted(world, transfer)
    with pytest.raises(RuleBroken, match="agrees first"):
        way.arranged(world, transfer)
    way.agreed(world, transfer)
    way.arranged(world, transfer)
    assert way.row(transfer).stage is TransferStage.HANDOVER_SCHEDULED


def test_a_consent_taken_back_shuts_the_handover_at_once_and_stops_the_taking_over(world):
    """F7: judged anew on every look; the case stays where it is."""
    transfer = way.ready(world)
    assert way.seen(world.nora, transfer).named
    consent.withdraw(
        world.case_for(world.orla),
        actor=world.orla,
        at=clock.now(),
        grant_id=way.row(transfer).grant_id,
        how="By phone",
    )
    seen = way.seen(world.nora, transfer)
    assert not seen.named and not seen.knows_name
    with pytest.raises(NotAllowed):
        way.taken_over(world, transfer)
    way.agreed(world, transfer)
    way.taken_over(world, transfer)
    assert managers_of(world) == ["mark"]


def test_an_agency_that_helps_already_keeps_its_part_when_the_transfer_ends(world):
    """What the person keeps from it stays kept, and not leading takes nothing from it."""
    transfer = way.begun(world)
    way.asked(world, transfer, "harbour")
    way.accepted(world, transfer, by="amina")
    way.agreed(world, transfer)
    transfers.withdraw(
        way.seen(world.orla, transfer), actor=world.orla, at=clock.now(), reason="He stays with us"
    )
    assert world.case_for(world.tomasz) is not None
    assert not way.seen(world.amina, transfer).named
    assert case_row(world).status is CaseStatus.CASE_MANAGED


# --- the handover --------------------------------------------------------------------------------------------------


def test_a_handover_is_arranged_at_a_handover_meeting_of_this_case_or_on_a_day(world):
    """S3-52: no other kind of meeting, and not both."""
    transfer = way.begun(world)
    way.asked(world, transfer)
    way.accepted(world, transfer)
    way.agreed(world, transfer)

    def called(kind):
        return calling.propose(
            world.case_for(world.declan),
            actor=world.declan,
            at=clock.now(),
            kind=kind,
            aim="Meet",
        )

    def arrange(**when):
        return transfer_handover.schedule(
            way.seen(world.orla, transfer), actor=world.orla, at=clock.now(), **when
        )

    for wrong in (
        {"meeting_id": called(MeetingKind.EXIT)},
        {},
        {"meeting_id": called(MeetingKind.HANDOVER), "on": clock.today()},
        {"on": clock.today() - timedelta(days=1)},
    ):
        with pytest.raises(RuleBroken):
            arrange(**wrong)
    meeting = called(MeetingKind.HANDOVER)
    arrange(meeting_id=meeting)
    row = way.row(transfer)
    assert (row.stage, row.meeting_id) == (TransferStage.HANDOVER_SCHEDULED, meeting)


def test_it_waits_for_whoever_does_the_next_step_and_for_nobody_before_its_day(world):
    """D8, D9: the number beside the navigation, the case manager's and the managers' lists."""

    def waits():
        return {
            who
            for who in ("orla", "declan", "nora", "mark", "amina")
            if counts(viewer=world.viewers[who]).transfers
        }

    transfer = way.begun(world)
    assert waits() == {"orla", "declan"}
    way.asked(world, transfer)
    assert waits() == {"nora"}
    way.accepted(world, transfer, worker="mark")
    assert waits() == {"orla"}
    way.agreed(world, transfer)
    assert waits() == {"orla"}
    way.arranged(world, transfer, on=clock.today() + timedelta(days=3))
    assert waits() == set()
    way.arranged(world, transfer)
    assert waits() == {"orla"}
    way.handed_over(world, transfer)
    assert waits() == {"declan"}
    way.looked_through(world, transfer)
    assert waits() == {"nora"}
    assert [row.what for row in transfer_reads.waiting(viewer=world.nora)] == [
        "Canal Street Drug Service has handed a case over: take it over"
    ]
    way.taken_over(world, transfer)
    assert waits() == set()


def test_what_is_handed_over_stays_as_it_was(world):
    """X-12: the form is written once; the history is only added to, and the databases hold both."""
    transfer = way.ready(world)
    with pytest.raises(RuleBroken, match="handed over already"):
        way.handed_over(world, transfer)
    for change in (
        "UPDATE transfer_handover SET summary = 'other'",
        "UPDATE transfer_step SET text = 'other'",
        "DELETE FROM transfer_step",
        "UPDATE transfer_approach SET words = 'other'",
    ):
        with pytest.raises(Exception, match=r"append-only|stays as it"), db.session.begin_nested():
            db.session.execute(db.text(change))


def test_a_draft_saved_over_by_somebody_else_is_not_lost(world):
    transfer = way.begun(world)
    write = {"actor": world.orla, "at": clock.now(), "summary": "first"}
    transfer_handover.write(way.seen(world.orla, transfer), **write)
    with pytest.raises(Stale) as late:
        transfer_handover.write(way.seen(world.orla, transfer), **(write | {"summary": "second"}))
    assert late.value.saved["summary"] == "first"


def test_the_old_sides_manager_looks_through_it_before_it_can_be_taken_over(world):
    """B9."""
    transfer = way.begun(world)
    way.asked(world, transfer)
    way.accepted(world, transfer)
    way.agreed(world, transfer)
    way.arranged(world, transfer)
    way.handed_over(world, transfer)
    with pytest.raises(RuleBroken, match="looked through"):
        way.taken_over(world, transfer)
    with pytest.raises(NotAllowed):
        transfer_handover.review(way.seen(world.orla, transfer), actor=world.orla, at=clock.now())
    way.looked_through(world, transfer)
    way.taken_over(world, transfer)


def test_an_agency_that_gives_it_back_after_the_handover_leaves_a_draft_for_the_next(world):
    transfer = way.ready(world)
    way.accepted(world, transfer, accepts=False, text="The worker has left")
    assert way.row(transfer).stage is TransferStage.REQUESTED
    assert not way.seen(world.nora, transfer).named
    forms = db.session.scalars(select(TransferHandover).order_by(TransferHandover.id)).all()
    assert [(one.handed_over_at is None, one.superseded_at is None) for one in forms] == [
        (False, False),
        (True, True),
    ]
    assert forms[1].summary == way.FORM["summary"] and forms[1].attendees == ""


# --- it takes effect -----------------------------------------------------------------------------------------------


def test_lead_agency_case_manager_and_line_manager_change_in_one_moment(world):
    """C10, S3-51, S3-19."""
    transfer = way.ready(world)
    way.taken_over(world, transfer)
    row = case_row(world)
    assert (row.lead_agency_id, row.line_manager_id) == (world.agencies["northgate"], world.nora.user_id)
    assert row.status is CaseStatus.CASE_MANAGED
    assert row.commitment_ends_on == add_months(clock.today(), 6)
    assert managers_of(world) == ["mark"]
    parts = db.session.scalars(select(CaseAssignment).where(CaseAssignment.case_id == world.case_id)).all()
    old, new = sorted(parts, key=lambda part: part.from_at)
    assert old.to_at == new.from_at == row.lead_since
    assert world.case_for(world.orla) is None and world.case_for(world.declan) is None
    assert world.case_for(world.mark).sees_all and world.case_for(world.nora).sees_all


def test_everybody_in_the_plan_is_told_and_the_person_stands_open_until_told(world):
    """S2-49: agencies at once; the person with the day, or as something still to do."""
    transfer = way.ready(world)
    way.taken_over(world, transfer)
    event = db.session.scalar(select(Event).where(Event.kind == "transfer_effective"))
    told = set(db.session.scalars(select(Notification.user_id).where(Notification.event_id == event.id)))
    assert {world.tomasz.user_id, world.amina.user_id, world.leah.user_id, world.mark.user_id} <= told
    assert world.orla.user_id not in told
    plain = db.session.scalars(
        select(Notification.plain).where(
            Notification.user_id == world.orla.user_id, Notification.kind == "transfer"
        )
    ).all()
    assert any("taken over" in one for one in plain) and not any("Niall" in one for one in plain)
    team = case_team.team(world.case_for(world.mark), viewer=world.mark)
    assert team.case_manager.person_told_on is None


def test_other_agencies_go_on_and_the_lead_needs_no_consent_with_itself(world):
    transfer = way.ready(world)
    way.taken_over(world, transfer)
    assert world.case_for(world.tomasz) is not None
    grants = db.session.execute(
        select(ConsentGrant.agency_id, ConsentGrant.status).where(
            ConsentGrant.case_id == world.case_id, ConsentGrant.status == ConsentStatus.ACTIVE
        )
    ).all()
    assert {row.agency_id for row in grants} == {world.agencies["harbour"], world.agencies["clinic"]}


def test_what_the_agency_that_led_had_to_do_passes_to_the_one_that_leads(world):
    transfer = way.ready(world)
    way.taken_over(world, transfer)
    action = db.session.get(Action, world.actions["keywork"], populate_existing=True)
    assert (action.owner_agency_id, action.status) == (world.agencies["northgate"], ActionStatus.REQUESTED)
    assert action.owner_user_id is None


def test_with_consent_the_agency_that_led_keeps_its_own_part_and_no_more(world):
    until = clock.today() + timedelta(days=60)
    transfer = way.ready(world, keeps=TransferKeeps.OWN_PART, keeps_until=until)
    way.taken_over(world, transfer)
    case = world.case_for(world.orla)
    assert case.sight is scopes.Sight.PART
    action = db.session.get(Action, world.actions["keywork"], populate_existing=True)
    assert action.owner_agency_id == world.agencies["canal"]


def test_notes_and_the_own_timeline_of_the_agency_that_led_stay_with_it(world):
    """X-4, S3-29: only notes from the day that the form names go along; what the person asked of the old agency does
    not."""
    for text, day in (("CANARY-OLD note", 40), ("CANARY-NEW note", 2)):
        notes.write(
            world.case_for(world.orla),
            actor=world.orla,
            at=clock.now(),
            kind=NoteKind.CONTACT,
            text=text,
            happened_at=clock.now() - timedelta(days=day),
        )
    assignments.ask_for_change(
        world.case_for(world.orla), actor=world.orla, at=clock.now(), words="CANARY-WISH another worker"
    )
    transfer = way.begun(world)
    way.asked(world, transfer)
    way.accepted(world, transfer)
    way.agreed(world, transfer)
    way.arranged(world, transfer)
    way.handed_over(world, transfer, notes_from=clock.today() - timedelta(days=10))
    way.looked_through(world, transfer)
    way.taken_over(world, transfer)
    case = world.case_for(world.mark)
    shown, total = case_notes.notes(case, viewer=world.mark)
    assert ([note.text for note in shown], total) == (["CANARY-NEW note"], 1)
    assert shown[0].shares == ()  # it is theirs now, and shown to nobody
    kept = db.session.scalar(select(CaseNote.id).where(CaseNote.text == "CANARY-OLD note"))
    for_harbour = {"actor": world.mark, "at": clock.now(), "agency_id": world.agencies["harbour"]}
    with pytest.raises(NotVisible):
        notes.share(case, note_id=kept, **for_harbour)
    with pytest.raises(NotVisible):
        notes.stop_sharing(
            case, note_id=shown[0].id, **(for_harbour | {"agency_id": world.agencies["northgate"]})
        )
    lines, _ = timeline.events(case, viewer=world.mark, size=100)
    assert plan_head.head(case, viewer=world.mark).events == len(lines), (
        "a number would tell that there is more"
    )
    assert not [line for line in lines if "another worker" in line.summary or line.kind == "transfer_begun"]
    assert [line for line in lines if line.kind == "transfer_effective"]
    assert case_team.wishes(case, viewer=world.mark) == []
    assert db.session.scalar(select(func.count()).select_from(CaseNote)) == 2


def test_named_readers_of_the_restricted_section_end_with_the_lead(world):
    """X-6: services.restricted.lead_changed is called in that very transaction."""
    db.session.add(
        RestrictedAccess(
            case_id=world.case_id,
            agency_id=world.agencies["canal"],
            user_id=world.shauna.user_id,
            reason="x",
            given_at=LONG_AGO,
            given_by_id=world.declan.user_id,
            ended_reason="",
        )
    )
    transfer = way.ready(world)
    way.taken_over(world, transfer)
    places = db.session.scalars(select(RestrictedAccess).execution_options(populate_existing=True)).all()
    assert {one.user_id for one in places} == {world.shauna.user_id, world.declan.user_id}
    assert {one.ended_at for one in places} == {case_row(world).lead_since}


def test_what_was_handed_over_stands_on_the_persons_list_and_the_old_leads_own_looks_do_not(world, as_):
    """X-5: named recipient, day and ground; the agency that led did not disclose to itself."""
    as_("orla").get(f"/cases/{world.reference}/plan")
    transfer = way.ready(world)
    assert as_("nora").get(way.address(transfer, "handover", "read")).status_code == 200
    way.taken_over(world, transfer)
    db.session.commit()
    listed = disclosures.disclosures(world.case_for(world.mark), viewer=world.mark)
    assert [(one.agency, one.what) for one in listed] == [
        ("Northgate Probation", "The handover: form, plan and needs")
    ]
    assert listed[0].ground.startswith("Consent")


# --- edges (F8) ----------------------------------------------------------------------------------------------------


def test_no_service_accepts_so_a_gap_is_raised_and_the_case_is_never_without_its_manager(world):
    """S3-25, F8."""
    transfer = way.begun(world)
    way.asked(world, transfer)
    gap = {
        "actor": world.orla,
        "at": clock.now(),
        "interim": "Key work each week, and the phone",
        "domain": "accommodation",
        "title": "No agency leads",
        "service": "Lead agency",
        "effect": "Nobody goes on",
        "wanted": "One that leads",
        "noticed_on": clock.today(),
    }
    with pytest.raises(RuleBroken, match="has not answered"):
        transfers.no_service(way.seen(world.orla, transfer), **gap)
    way.accepted(world, transfer, accepts=False, text="No worker free")
    with pytest.raises(RuleBroken) as why:
        transfers.no_service(way.seen(world.orla, transfer), **(gap | {"interim": ""}))
    assert why.value.field == "interim"
    found = transfers.no_service(way.seen(world.orla, transfer), **gap)
    raised = db.session.get(Escalation, found)
    assert (raised.case_id, raised.meanwhile) == (world.case_id, gap["interim"])
    assert "Northgate Probation" in raised.one_to_one
    row = way.row(transfer)
    assert (row.stage, row.escalation_id) == (TransferStage.NO_SERVICE_FOUND, found)
    assert case_row(world).status is CaseStatus.CASE_MANAGED
    assert managers_of(world) == ["orla"]


def test_the_case_manager_may_leave_post_while_it_is_under_way(world):
    """F8, S3-20: naming the next one within the old lead works, and the next one goes on with the transfer."""
    transfer = way.begun(world)
    way.asked(world, transfer)
    way.accepted(world, transfer)
    assignments.allocate(
        world.case_for(world.declan),
        actor=world.declan,
        at=clock.now(),
        user_id=world.shauna.user_id,
        reason="Orla leaves",
    )
    assert case_row(world).status is CaseStatus.TRANSFER_PENDING
    assert way.seen(world.orla, transfer) is None
    assert way.seen(world.shauna, transfer).leads
    assert managers_of(world) == ["shauna"]


def test_contact_lost_and_found_again_leaves_the_transfer_under_way(world):
    way.begun(world)
    cases.contact(world.case_for(world.orla), actor=world.orla, at=clock.now(), lost=True, how="No answer")
    assert case_row(world).status is CaseStatus.CONTACT_LOST
    cases.contact(world.case_for(world.orla), actor=world.orla, at=clock.now(), lost=False, how="Rang")
    assert case_row(world).status is CaseStatus.TRANSFER_PENDING


def test_closing_the_case_ends_the_transfer_and_whoever_was_asked_is_told(world):
    transfer = way.begun(world)
    way.asked(world, transfer)
    cases.close(
        world.case_for(world.declan),
        actor=world.declan,
        at=clock.now(),
        kind=Closing.REFERRED_ON,
        reason="Moved away",
    )
    assert way.row(transfer).stage is TransferStage.WITHDRAWN
    said = db.session.scalars(select(Notification.plain).where(Notification.user_id == world.nora.user_id))
    assert any("no longer asks" in one for one in said)


def test_the_person_says_no_and_that_is_kept(world):
    """X-2."""
    transfer = way.begun(world)
    asked = way.asked(world, transfer)
    way.accepted(world, transfer)
    transfer_approaches.take_back(
        way.seen(world.orla, transfer),
        actor=world.orla,
        at=clock.now(),
        approach_id=asked,
        reason="Not with them",
        person_refused=True,
    )
    refused = db.session.scalar(select(ConsentGrant).where(ConsentGrant.status == ConsentStatus.REFUSED))
    assert (refused.agency_id, refused.kind) == (world.agencies["northgate"], ConsentKind.SERVICE_DELIVERY)
    assert way.row(transfer).stage is TransferStage.REQUESTED


def test_an_old_page_overwrites_nothing(world):
    transfer = way.begun(world)
    seen = way.row(transfer).version
    way.asked(world, transfer)
    with pytest.raises(Stale):
        transfers.withdraw(
            way.seen(world.orla, transfer), actor=world.orla, at=clock.now(), reason="x", version=seen
        )
    assert way.row(transfer).ended_at is None


def test_taking_over_twice_takes_over_once(world):
    """The second finds it is over; a worker of another agency is refused."""
    transfer = way.ready(world)
    file = way.seen(world.nora, transfer)
    with pytest.raises(RuleBroken, match="worker of your agency"):
        way.taken_over(world, transfer, "orla")
    way.taken_over(world, transfer)
    with pytest.raises(RuleBroken, match="is over"):
        transfer_taking_over.take_over(
            file, actor=world.nora, at=clock.now(), case_manager_id=world.nora.user_id
        )
    assert managers_of(world) == ["mark"]
    assert (
        db.session.scalar(
            select(func.count()).select_from(TransferStep).where(TransferStep.act == "effective")
        )
        == 1
    )


def test_nobody_else_even_knows_that_there_is_one(world):
    transfer = way.ready(world)
    for who in ("shauna", "tomasz", "amina", "leah", "ciara", "femi", "sinead", "root"):
        assert way.seen(world.viewers[who], transfer) is None, who
    with pytest.raises(NotVisible):
        transfers.withdraw(way.seen(world.orla, transfer), actor=world.amina, at=clock.now(), reason="x")
    assert isinstance(world.amina, Viewer)


def test_a_record_that_is_disposed_of_takes_its_transfers_with_it(world):
    """X-9: what is only added to lets go through the door of a disposal, and through no other."""
    transfer = way.ready(world)
    transfers.withdraw(way.seen(world.orla, transfer), actor=world.orla, at=clock.now(), reason="x")
    kept_records.listed(world)
    assert kept_records.disposed(world) == (1, 0)
    for table in (Transfer, TransferApproach, TransferHandover, TransferStep):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0, table
