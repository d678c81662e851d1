"""Answering an invitation, each agency for itself: permission, somebody else, a report, a call (C8, S3-67 … S3-69, S3-82)."""

from datetime import timedelta

from sqlalchemy import select

from caseapp import clock, ids
from caseapp.extensions import db
from caseapp.models import AttendeeReport, Meeting, MeetingStep, Notification, OutboxMessage, ReportProgress
from caseapp.policy.meetings import find_meeting
from caseapp.services import reminders
from caseapp.services.meetings import reminders as meeting_reminders
from caseapp.vocabulary import Answer, MeetingStatus
from tests.meetings import address, called, in_days, parts, seat, send


def place(meeting, row, *more):
    return address(meeting, "people", ids.written(row.id), *more)


def test_a_partner_says_that_it_comes_and_the_case_manager_is_told(world, as_):
    meeting = called(as_, world)
    row = seat(world, meeting, "harbour")
    tomasz = as_("tomasz")
    assert "Invited, no answer yet" in tomasz.get("/meetings").text
    assert send(tomasz, place(meeting, row, "answer"), answer="coming").status_code == 303
    row = seat(world, meeting, "harbour")
    assert (row.answer, row.user_id) == (Answer.COMING, world.tomasz.user_id)
    told = db.session.scalars(
        select(Notification.user_id).where(Notification.kind == "meeting_answered")
    ).all()
    assert world.orla.user_id in told
    assert "Tomasz Wilk" in as_("orla").get(address(meeting)).text
    assert "Invited, no answer yet" not in tomasz.get("/meetings").text


def test_each_agency_answers_only_for_itself(world, as_):
    """C8."""
    meeting = called(as_, world)
    clinic = seat(world, meeting, "clinic")
    assert as_("tomasz").get(place(meeting, clinic, "answer")).status_code == 404
    assert as_("orla").get(place(meeting, clinic, "answer")).status_code == 403
    token = as_("leah").token(place(meeting, clinic, "answer"))
    orla = as_("orla")
    answer = orla.post(
        place(meeting, clinic, "answer"),
        data={
            "csrf_token": orla.token(f"/cases/{world.reference}/meetings/new"),
            "answer": "declined",
            "note": "x",
        },
    )
    assert token
    assert answer.status_code == 403
    assert seat(world, meeting, "clinic").answer is Answer.INVITED


def test_a_key_worker_asks_the_manager_for_permission_and_the_reason_stays_within_the_agency(world, as_):
    """S3-67, S3-82."""
    meeting = called(as_, world)
    row = seat(world, meeting, "harbour")
    tomasz, amina = as_("tomasz"), as_("amina")
    send(tomasz, place(meeting, row, "answer"), answer="asking")
    asked = db.session.scalars(
        select(Notification.user_id).where(Notification.kind == "meeting_permission")
    ).all()
    assert asked == [world.amina.user_id]
    page = amina.get("/meetings").text
    assert "Your workers ask whether to go" in page
    assert "Tomasz Wilk asks whether to go" in page
    assert tomasz.get(place(meeting, row, "permission")).status_code == 403
    empty = send(amina, place(meeting, row, "permission"), given="no")
    assert empty.status_code == 422
    assert "it stays within your agency" in empty.text
    send(amina, place(meeting, row, "permission"), given="no", reason="Two are off sick")
    row = seat(world, meeting, "harbour")
    assert (row.answer, row.permission_given) == (Answer.DECLINED, False)
    assert "Two are off sick" in tomasz.get(address(meeting)).text
    assert "Two are off sick" not in as_("orla").get(address(meeting)).text
    assert "cannot release anybody" in as_("orla").get(address(meeting)).text


def test_permission_that_is_given_means_coming(world, as_):
    meeting = called(as_, world)
    row = seat(world, meeting, "harbour")
    send(as_("tomasz"), place(meeting, row, "answer"), answer="asking")
    send(as_("amina"), place(meeting, row, "permission"), given="yes")
    row = seat(world, meeting, "harbour")
    assert (row.answer, row.user_id) == (Answer.COMING, world.tomasz.user_id)


def test_an_agency_without_another_manager_cannot_ask(world, as_):
    meeting = called(as_, world)
    row = seat(world, meeting, "clinic")
    answer = send(as_("leah"), place(meeting, row, "answer"), answer="asking")
    assert answer.status_code == 422
    assert "nobody in your agency to ask" in answer.text


def test_a_substitute_is_named_the_handover_noted_and_the_invitation_passed_on(world, as_):
    """S3-69."""
    meeting = called(as_, world)
    row = seat(world, meeting, "harbour")
    tomasz = as_("tomasz")
    nobody = send(tomasz, place(meeting, row, "answer"), answer="substitute")
    assert nobody.status_code == 422
    assert "Say who comes instead" in nobody.text
    stranger = send(
        tomasz, place(meeting, row, "answer"), answer="substitute", substitute=ids.written(world.leah.user_id)
    )
    assert stranger.status_code == 422
    send(
        tomasz,
        place(meeting, row, "answer"),
        answer="substitute",
        substitute=ids.written(world.amina.user_id),
        **parts("handover_on", clock.today()),
        handover_note="The letter is late because of the template",
    )
    row = seat(world, meeting, "harbour")
    assert (row.answer, row.substitute_id) == (Answer.SUBSTITUTE, world.amina.user_id)
    mail = db.session.scalars(select(OutboxMessage).where(OutboxMessage.to_address.startswith("amina"))).one()
    assert mail.subject == "You are invited to a meeting"
    page = as_("orla").get(address(meeting)).text
    assert "Amina Yusuf" in page
    assert "Handed over on" in page


def test_who_does_not_come_says_why_and_writes_a_report_and_is_called(world, as_):
    """S3-68."""
    meeting = called(as_, world)
    row = seat(world, meeting, "harbour")
    tomasz, orla = as_("tomasz"), as_("orla")
    assert send(tomasz, place(meeting, row, "answer"), answer="declined").status_code == 422
    declined = send(tomasz, place(meeting, row, "answer"), answer="declined", note="In court that day")
    assert declined.headers["Location"].endswith("/report")
    report = place(meeting, row, "report")
    letter = world.actions["letter"]
    kept = send(tomasz, report, contribution="DRAFT he sleeps better", availability="")
    assert kept.status_code == 303
    assert orla.get(report).status_code == 404, "a draft is the agency’s own"
    early = tomasz.submit(report, report, send="yes", availability="")
    assert early.status_code == 422
    assert "Say when you can be called" in early.text
    sent = send(
        tomasz,
        report,
        send="yes",
        contribution="He sleeps better",
        issues="The template",
        availability="Tuesday after 14:00",
        **{f"action_{ids.written(letter)}": "The letter goes on Monday"},
    )
    assert sent.status_code == 303, sent.text
    kept = db.session.scalars(select(AttendeeReport)).one()
    assert kept.sent_at is not None
    assert db.session.scalars(select(ReportProgress.action_id)).all() == [letter]
    page = orla.get(report).text
    assert "He sleeps better" in page
    assert "The letter goes on Monday" in page
    assert as_("leah").get(report).status_code == 404
    assert send(orla, place(meeting, row, "call"), note="").status_code == 422
    logged = send(orla, place(meeting, row, "call"), hour="0:00", note="Agrees to Thursdays")
    assert logged.status_code == 303, logged.text
    assert tomasz.get(place(meeting, row, "call")).status_code == 403
    assert "Agrees to Thursdays" in orla.get(address(meeting)).text


def test_two_workers_of_an_agency_who_answer_at_once_overwrite_nothing(world, as_):
    meeting = called(as_, world)
    row = seat(world, meeting, "harbour")
    send(as_("amina"), place(meeting, row, "answer"), answer="coming")
    answer = send(as_("tomasz"), place(meeting, row, "answer"), version="1", answer="declined", note="mine")
    assert answer.status_code == 409
    assert "mine" in answer.text and "Amina Yusuf changed this at " in answer.text
    assert seat(world, meeting, "harbour").answer is Answer.COMING


def test_nothing_is_answered_once_the_meeting_has_begun(world, as_):
    meeting = called(as_, world)
    row = seat(world, meeting, "harbour")
    held = db.session.get(Meeting, meeting.id)
    held.status = MeetingStatus.HELD
    db.session.commit()
    assert send(as_("tomasz"), place(meeting, row, "answer"), answer="coming").status_code == 422


def test_every_step_stands_in_the_meetings_own_history(world, as_):
    meeting = called(as_, world)
    row = seat(world, meeting, "harbour")
    send(as_("tomasz"), place(meeting, row, "answer"), answer="coming")
    kinds = db.session.scalars(
        select(MeetingStep.kind).where(MeetingStep.meeting_id == meeting.id).order_by(MeetingStep.id)
    ).all()
    assert kinds[:2] == ["proposed", "agreed"]
    assert "scheduled" in kinds
    assert kinds[-1] == "answer_coming"
    assert find_meeting(world.tomasz, meeting.id).invited


def at_days(meeting, n):
    return clock.at_local(
        clock.local_day(meeting.starts_at) - timedelta(days=n), clock.local(meeting.starts_at).time()
    )


def run(at):
    with clock.standing_at(at):
        return reminders._told(meeting_reminders.due(at=at))


def kinds_for(user_id):
    return db.session.scalars(
        select(Notification.kind).where(Notification.user_id == user_id, Notification.dedupe.is_not(None))
    ).all()


def test_what_waits_is_flagged_before_the_day_and_only_once(world, as_):
    """S3-82: unanswered invitations to the agency, requests to its manager, the meeting itself to who comes."""
    meeting = called(as_, world, days=16)
    row = seat(world, meeting, "harbour")
    send(as_("tomasz"), place(meeting, row, "answer"), answer="asking")
    soon = at_days(meeting, 2)
    run(soon)
    first = len(db.session.scalars(select(Notification.id)).all())
    run(soon + timedelta(minutes=5))
    assert len(db.session.scalars(select(Notification.id)).all()) == first
    assert "meeting_permission_waits" in kinds_for(world.amina.user_id)
    assert "meeting_unanswered" in kinds_for(world.leah.user_id)
    assert "meeting_permission_waits" not in kinds_for(world.tomasz.user_id)
    run(at_days(meeting, 1))
    assert "meeting_soon" in kinds_for(world.orla.user_id)
    assert "To the meeting" in as_("leah").get("/news").text


def test_nobody_is_reminded_of_a_meeting_that_they_no_longer_see(world, as_):
    meeting = called(as_, world, days=16)
    from caseapp.services import consent

    case = world.case_for(world.orla)
    consent.withdraw(case, grant_id=world.grants["clinic"], actor=world.orla, at=clock.now(), how="by phone")
    run(at_days(meeting, 2))
    assert "meeting_unanswered" not in kinds_for(world.leah.user_id)


def test_decisions_and_minutes_that_are_late_go_to_the_chair_and_then_the_manager(world, as_):
    """B7."""
    meeting = called(as_, world)
    held = db.session.get(Meeting, meeting.id)
    held.status, held.begun_at, held.ended_at = MeetingStatus.MINUTES_DRAFT, clock.now(), clock.now()
    held.starts_at, held.ends_at = clock.now() - timedelta(days=30), None
    held.decisions_due_on, held.minutes_due_on = in_days(-9), in_days(-1)
    db.session.commit()
    run(clock.now())
    assert {"meeting_decisions_late", "meeting_minutes_late"} <= set(kinds_for(world.orla.user_id))
    assert "meeting_minutes_late" in kinds_for(world.declan.user_id)
    assert "Send the decisions" in as_("orla").get("/meetings").text
