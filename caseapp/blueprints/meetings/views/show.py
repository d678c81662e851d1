"""One meeting: what it is, who is at the table, what is to be done next; its calendar file."""

from flask import abort, make_response

from caseapp import clock, dates
from caseapp.blueprints.meetings import bp
from caseapp.blueprints.meetings.record import around, mail_link
from caseapp.calendar_files import CANCEL, REQUEST, Invitation, calendar_file
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import (
    group_meetings,
    meeting_choices,
    meeting_followup,
    meeting_page,
    meeting_seats,
    settings,
)
from caseapp.services.meetings import mail
from caseapp.vocabulary import Answer, AttendeeKind, MeetingKind, MeetingStatus
from caseapp.web import record
from caseapp.web.access import on_meeting
from caseapp.web.answers import page
from caseapp.web.sessions import viewer

ACTS = (
    Do.DECIDE_MEETING,
    Do.ARRANGE_MEETING,
    Do.ANSWER_INVITATION,
    Do.PERMIT_ATTENDANCE,
    Do.ADD_AGENDA_POINT,
    Do.RUN_MEETING,
    Do.VIEW_MINUTES,
)
OFF = (MeetingStatus.CANCELLED, MeetingStatus.NOT_CONVENED, MeetingStatus.REFUSED)


@bp.get("/meetings/<id:meeting_id>")
@on_meeting(Do.VIEW_MEETING, reads="a meeting")
def show(meeting):
    me = viewer()
    context = around(meeting)
    details = context["details"]
    seats = meeting_seats.seats(meeting, viewer=me)
    may = {act.name: rules.may(me, act, meeting) for act in ACTS}
    own = [
        seat
        for seat in seats
        if seat.own
        and seat.sent
        and seat.removed_at is None
        and seat.kind is AttendeeKind.AGENCY
        and (not meeting.hosts or me.user_id in (seat.user_id, seat.substitute_id))
        and not (meeting.hosts and seat.answer is Answer.COMING)
    ]
    if may["PERMIT_ATTENDANCE"]:
        own += [seat for seat in seats if seat.own and seat.answer is Answer.ASKING and seat not in own]
    return page(
        "meetings/show.html",
        **context,
        may=may,
        seats=seats,
        own=own,
        reasons=meeting_page.reasons(meeting),
        history=meeting_page.history(meeting, viewer=me),
        lost=meeting_choices.without_consent_now(meeting) if not meeting.held else [],
        decided=_decided(meeting, me),
        facts=_facts(meeting, details),
        places=record.places(meeting.case, "meetings.of_case") if meeting.case else [],
        coming=meeting.status is MeetingStatus.SCHEDULED and meeting.starts_at > clock.now(),
        waiting=[seat for seat in seats if seat.waits],
        off=meeting.status in OFF,
        sitting=group_meetings.of_meeting(meeting, viewer=me),
        conference=meeting.kind is MeetingKind.CONFERENCE,
        today=clock.today(),
    )


def _decided(meeting, me):
    """How the decided actions stand, as far as they are seen; nothing before the minutes are issued."""
    if meeting.case is None or meeting.status not in (MeetingStatus.ISSUED, MeetingStatus.AMENDED):
        return []
    days = settings.values(me.agency_id)["working_day_calendar"]
    return meeting_followup.of_meeting(meeting, viewer=me, calendar=days)


def _facts(meeting, details):
    if meeting.starts_at is None:
        when = ("No day yet", "")
    else:
        when = (dates.long_day(details.day), details.hours)
    joins = (
        f"{details.manager_name} joins at {dates.hour(details.manager_joins_at)}"
        if details.manager_joins_at
        else ""
    )
    if meeting.kind is MeetingKind.CONFERENCE:
        invited = "the case manager is invited" if details.invited_at else "the case manager is not invited"
        return [
            ("When", *when),
            ("Where", details.place, ""),
            ("Chair", details.chair_name or "Not said", ""),
            ("Called by", details.agency, invited),
        ]
    return [
        ("When", *when),
        (
            "Where",
            details.place or ("By video" if details.link else "Not settled yet"),
            "" if not details.link or not details.place else "and by video",
        ),
        ("Chair", details.chair_name or "Nobody named yet", joins),
        ("Minutes", details.minutes_by_name or "Nobody named yet", f"Called by {details.agency}"),
    ]


@bp.get("/meetings/<id:meeting_id>/meeting.ics")
@on_meeting(Do.VIEW_MEETING, reads="a meeting’s calendar file")
def calendar(meeting):
    """The same file that the mail carries: it names nobody."""
    details = meeting_page.details(meeting, viewer=viewer())
    if meeting.starts_at is None or not meeting.called:
        abort(404)
    off = meeting.status in (MeetingStatus.CANCELLED, MeetingStatus.POSTPONED)
    own = next(
        (
            seat.joins_at
            for seat in meeting_seats.seats(meeting, viewer=viewer())
            if seat.user_id == viewer().user_id and seat.joins_at
        ),
        None,
    )
    text = calendar_file(
        Invitation(
            uid=mail.uid(meeting.id),
            sequence=details.sequence,
            method=CANCEL if off else REQUEST,
            starts_at=own or meeting.starts_at,
            ends_at=meeting.ends_at,
            made_at=clock.now(),
            link=mail_link(meeting.id),
        )
    )
    response = make_response(text)
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="meeting.ics"'
    return response
