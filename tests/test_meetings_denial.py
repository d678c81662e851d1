"""Whoever is shut out of a person is given no part in a meeting about them: not sent instead of somebody, not in the chair,
not taking the minutes, not at the table; neither by account nor by name (X-8). Nobody learns more by trying than by choosing
from the list."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from caseapp import clock, ids
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Attendee, Meeting
from caseapp.policy.meetings import find_meeting
from caseapp.services import denials
from caseapp.services.meetings import arranging, attendance, invitations
from caseapp.services.meetings.arranging import Plan
from caseapp.services.meetings.invitations import Guest
from caseapp.vocabulary import Answer, AttendeeKind, DenialGround
from tests.meetings import address, called, propose, seat, send
from tests.meetings_at import begun, by, file
from tests.test_denial import WHY, shut_out

SAYS = "may not know of this person"


def place(meeting, row, *more):
    return address(meeting, "people", ids.written(row.id), *more)


def test_no_substitute_is_named_who_is_shut_out_and_the_answer_stays_as_it_was(world, as_):
    meeting = called(as_, world)
    row = seat(world, meeting, "harbour")
    shut_out(world, "amina")
    tomasz = as_("tomasz")
    for typed in (
        {"substitute": ids.written(world.amina.user_id)},
        {"substitute_name": "Amina Yusuf"},
        {"substitute_name": "  amina YUSUF "},
    ):
        answer = send(tomasz, place(meeting, row, "answer"), answer="substitute", **typed)
        assert answer.status_code == 422 and f"Amina Yusuf {SAYS}" in answer.text, typed
        assert WHY not in answer.text
    row = seat(world, meeting, "harbour")
    assert (row.answer, row.substitute_id, row.substitute_name) == (Answer.INVITED, None, "")
    done = send(tomasz, place(meeting, row, "answer"), answer="substitute", substitute_name="Someone New")
    assert done.status_code == 303


def test_a_stranger_who_is_shut_out_is_refused_as_any_stranger_is(world, as_):
    meeting = called(as_, world)
    row = seat(world, meeting, "harbour")
    shut_out(world, "leah")
    for who in ("leah", "mark"):
        answer = send(
            as_("tomasz"),
            place(meeting, row, "answer"),
            answer="substitute",
            substitute=ids.written(world.viewers[who].user_id),
        )
        assert answer.status_code == 422 and SAYS not in answer.text, who
    by_name = send(
        as_("tomasz"), place(meeting, row, "answer"), answer="substitute", substitute_name="Leah Quigg"
    )
    assert by_name.status_code == 303, "of another agency’s staff nothing is told"


def plan(world, **more):
    starts = clock.now() + timedelta(days=9)
    return Plan(
        starts_at=starts,
        ends_at=starts + timedelta(hours=1),
        place="Room 2",
        person_not_invited_reason="He is away",
        **{"chair_id": world.orla.user_id, "minutes_by_name": "A minute-taker"} | more,
    )


@pytest.fixture
def agreed(world, as_):
    """The id of a meeting that Declan has agreed to, with nobody invited yet."""
    _, meeting = propose(as_("orla"), world.reference)
    send(as_("declan"), address(meeting, "decision"), agreed="yes")
    return meeting.id


def arrange(world, meeting_id, **more):
    arranging.arrange(
        find_meeting(world.orla, meeting_id), plan(world, **more), actor=world.orla, at=clock.now()
    )


@pytest.mark.parametrize("part", ["chair", "minutes_by"])
def test_nobody_chairs_or_writes_the_minutes_who_is_shut_out(world, agreed, part):
    shut_out(world, "shauna")
    shut_out(world, "tomasz")
    other = {"chair_id": None} if part == "chair" else {"minutes_by_name": ""}
    for who in ("shauna", "tomasz"):
        viewer = world.viewers[who]
        for more, field in (
            ({f"{part}_id": viewer.user_id}, part),
            ({f"{part}_name": viewer.name}, f"{part}_name"),
        ):
            with pytest.raises(RuleBroken, match=f"{viewer.name} {SAYS}") as refused:
                arrange(world, agreed, **other | more)
            assert refused.value.field == field
            db.session.rollback()
    assert db.session.get(Meeting, agreed).starts_at is None
    arrange(world, agreed, **other | {f"{part}_id": world.leah.user_id})


def test_of_an_agency_that_cannot_be_asked_nothing_is_told(world, agreed):
    """Mark's own manager has shut him out by the reference alone; nobody at the lead agency may learn of that."""
    denials.deny_by_reference(
        actor=world.nora,
        at=clock.now(),
        user_id=world.mark.user_id,
        reference=world.reference,
        ground=DenialGround.FAMILY,
        reason=WHY,
    )
    with pytest.raises(RuleBroken, match="No consent is in force for Northgate"):
        arrange(world, agreed, chair_id=world.mark.user_id)
    db.session.rollback()
    guest = Guest(agency_id=world.agencies["northgate"], user_id=world.mark.user_id)
    with pytest.raises(RuleBroken, match="No consent is in force for Northgate"):
        invitations.invite(find_meeting(world.orla, agreed), guest, actor=world.orla, at=clock.now())
    db.session.rollback()
    arrange(world, agreed, chair_id=None, chair_name="Mark Ellery")


def test_nobody_is_invited_as_a_guest_under_the_name_of_a_colleague_who_is_shut_out(world, agreed):
    shut_out(world, "leah")
    meeting = find_meeting(world.orla, agreed)
    with pytest.raises(RuleBroken, match=f"Leah Quigg {SAYS}"):
        invitations.invite(
            meeting, Guest(name="Leah Quigg", kind=AttendeeKind.GUEST), actor=world.orla, at=clock.now()
        )
    db.session.rollback()
    for name, kind in (("Leah Quick", AttendeeKind.GUEST), ("Leah Quigg", AttendeeKind.SUPPORTER)):
        assert invitations.invite(meeting, Guest(name=name, kind=kind), actor=world.orla, at=clock.now())


def test_nobody_sits_down_uninvited_who_is_shut_out(world):
    meeting_id = begun(world)
    shut_out(world, "amina")
    here = file(world, meeting_id)
    for agency_id in (world.agencies["harbour"], None):
        with pytest.raises(RuleBroken, match=f"Amina Yusuf {SAYS}"):
            attendance.add(here, **by(world), name="Amina Yusuf", agency_id=agency_id)
        db.session.rollback()
    names = set(db.session.scalars(select(Attendee.name).where(Attendee.meeting_id == meeting_id)))
    assert "Amina Yusuf" not in names
    assert attendance.add(here, **by(world), name="Amina Yusuf-Other", agency_id=world.agencies["harbour"])
    assert attendance.add(here, **by(world), name="Amina Yusuf", supporter=True), (
        "a namesake beside the person"
    )
