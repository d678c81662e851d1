"""Calling a meeting, agreeing to it, arranging it, inviting; what an invitation shows and to whom (F5, S2-20 … S2-38)."""

from datetime import timedelta

from icalendar import Calendar
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from caseapp import clock, ids
from caseapp.extensions import db
from caseapp.models import (
    Agency,
    Attendee,
    ConsentGrant,
    Meeting,
    MeetingReason,
    Need,
    Notification,
    OutboxMessage,
)
from caseapp.policy import meetings as policy
from caseapp.services import consent as consents
from caseapp.vocabulary import Answer, AttendeeKind, MeetingKind, MeetingStatus, NeedLevel
from tests.meetings import address, arrange, called, in_days, newest, parts, propose, seat, send


def sees(browser, meeting) -> int:
    return browser.get(address(meeting)).status_code


def mails(to=None):
    rows = db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
    return [row for row in rows if to is None or row.to_address.startswith(to)]


def test_a_worker_proposes_a_meeting_and_the_line_manager_agrees_before_it_is_arranged(world, as_):
    """S3-63."""
    orla, declan = as_("orla"), as_("declan")
    answer, meeting = propose(orla, world.reference)
    assert answer.status_code == 303
    assert meeting.status is MeetingStatus.PROPOSED
    told = db.session.scalars(select(Notification).where(Notification.meeting_id == meeting.id)).all()
    assert [one.user_id for one in told] == [world.declan.user_id]
    refused = arrange(orla, meeting, world)
    assert refused.status_code == 422
    assert "agreed by the line manager first" in refused.text
    assert "Waiting for your agreement" in declan.get("/meetings").text
    assert orla.get(address(meeting, "decision")).status_code == 403
    assert send(declan, address(meeting, "decision"), agreed="yes").status_code == 303
    assert newest().status is MeetingStatus.APPROVED
    assert newest().decided_by_id == world.declan.user_id
    assert arrange(orla, newest(), world).status_code == 303
    assert newest().status is MeetingStatus.SCHEDULED


def test_a_refusal_has_a_reason_and_the_proposal_can_be_put_again(world, as_):
    """S3-63."""
    orla, declan = as_("orla"), as_("declan")
    _, meeting = propose(orla, world.reference)
    without = send(declan, address(meeting, "decision"), agreed="no")
    assert without.status_code == 422
    assert "Say why not" in without.text
    send(declan, address(meeting, "decision"), agreed="no", note="Phone the clinic first")
    assert newest().status is MeetingStatus.REFUSED
    assert "Phone the clinic first" in orla.get(address(meeting)).text
    send(
        orla, address(meeting, "proposal"), triggers=["unclear"], aim="Settle it, the clinic does not answer"
    )
    assert newest().status is MeetingStatus.PROPOSED


def test_what_a_line_manager_calls_is_agreed_at_once(world, as_):
    _, meeting = propose(as_("declan"), world.reference)
    assert meeting.status is MeetingStatus.APPROVED


def test_a_case_meeting_needs_a_reason_an_aim_and_why_phone_was_not_enough(world, as_):
    """B7, S2-26."""
    answer, meeting = propose(
        as_("orla"), world.reference, triggers=[], aim="", why_not_phone="", note="kept"
    )
    assert answer.status_code == 422
    assert meeting is None
    assert "Say what the meeting is to reach" in answer.text
    assert "kept" in answer.text
    answer, _ = propose(as_("orla"), world.reference, triggers=[])
    assert "Say what makes the meeting necessary" in answer.text
    answer, _ = propose(as_("orla"), world.reference, why_not_phone="")
    assert "Say why phone and mail were not enough" in answer.text


def test_the_system_notices_an_unmet_need_and_shows_what_was_tried(world, as_):
    """S2-35, S2-36."""
    need = Need(
        case_id=world.case_id,
        domain="physical_health",
        level=NeedLevel.HIGH,
        changed_at=clock.now(),
        changed_by_id=world.orla.user_id,
    )
    db.session.add(need)
    db.session.commit()
    page = as_("orla").get(f"/cases/{world.reference}/meetings").text
    assert "A case meeting is called for" in page
    assert "One need is medium or high with nothing in the plan that meets it" in page
    form = as_("orla").get(f"/cases/{world.reference}/meetings/new").text
    assert "What was tried one to one already" in form
    _, meeting = propose(as_("orla"), world.reference, triggers=["unmet_needs"])
    kept = db.session.scalars(select(MeetingReason).where(MeetingReason.meeting_id == meeting.id)).one()
    assert kept.noticed
    # a meeting on its way quiets the banner
    assert "A case meeting is called for" not in as_("orla").get(f"/cases/{world.reference}/meetings").text


def test_only_an_agency_with_consent_in_force_can_be_invited(world, as_):
    """Issue 3; F5."""
    orla, declan = as_("orla"), as_("declan")
    _, meeting = propose(orla, world.reference)
    send(declan, address(meeting, "decision"), agreed="yes")
    form = orla.get(address(meeting, "arrangements")).text
    assert f'name="guest_{ids.written(world.agencies["harbour"])}"' in form
    assert f'name="guest_{ids.written(world.agencies["northgate"])}"' not in form
    assert "Northgate Probation (no consent in force)" in form
    arrange(orla, meeting, world)
    sent = send(
        orla, address(meeting, "people", "new"), who="agency", agency=ids.written(world.agencies["northgate"])
    )
    assert sent.status_code == 422
    assert not db.session.scalars(
        select(Attendee).where(Attendee.agency_id == world.agencies["northgate"])
    ).all()


def test_an_invited_agency_sees_the_meeting_and_an_uninvited_one_or_colleague_does_not(world, as_):
    meeting = called(as_, world, guests=("harbour",))
    assert sees(as_("tomasz"), meeting) == 200
    assert sees(as_("leah"), meeting) == 404, "consent to the whole plan is no invitation"
    assert sees(as_("mark"), meeting) == 404
    assert sees(as_("sinead"), meeting) == 404
    assert sees(as_("shauna"), meeting) == 200, "she takes the minutes"
    assert sees(as_("declan"), meeting) == 200


def test_a_proposal_is_not_seen_by_anybody_who_may_be_invited(world, as_):
    _, meeting = propose(as_("orla"), world.reference)
    assert sees(as_("tomasz"), meeting) == 404


def test_an_invitation_shows_a_partner_its_own_place_and_nothing_of_the_reasons(world, as_):
    """S2-40, C14."""
    meeting = called(as_, world, message="Bring your diary")
    page = as_("tomasz").get(address(meeting)).text
    assert "Bring your diary" in page
    assert "Canal Street, room 2" in page
    for secret in ("Settle who does what", "Two agencies do the same", "Six calls", "Mill Road Clinic"):
        assert secret not in page
    assert "Harbour Hostel" in as_("leah").get(address(meeting)).text, "the clinic sees the whole plan"


def test_a_withdrawn_consent_closes_the_meeting_on_the_next_request_and_a_new_one_does_not_open_it(
    world, as_
):
    """F5, F7."""
    meeting = called(as_, world)
    tomasz = as_("tomasz")
    assert sees(tomasz, meeting) == 200
    case = world.case_for(world.orla)
    consents.withdraw(
        case, grant_id=world.grants["harbour"], actor=world.orla, at=clock.now(), how="by phone"
    )
    assert sees(tomasz, meeting) == 404
    for page in ("meeting.ics", f"people/{ids.written(seat(world, meeting, 'harbour').id)}/answer"):
        assert tomasz.get(address(meeting, page)).status_code == 404
    assert "Niall" not in tomasz.get("/meetings?whose=ours&which=all").text
    assert "Consent has ended since the invitation: Harbour Hostel" in as_("orla").get(address(meeting)).text
    db.session.add(
        ConsentGrant(
            case_id=world.case_id,
            agency_id=world.agencies["harbour"],
            kind="information_sharing",
            status="active",
            purpose="again",
            starts_on=clock.today(),
            talked_on=clock.today(),
            recorded_at=clock.now() + timedelta(seconds=5),
            recorded_by_id=world.orla.user_id,
        )
    )
    db.session.commit()
    assert tomasz.get(f"/cases/{world.reference}/plan").status_code == 200
    assert sees(tomasz, meeting) == 404, "it must be invited again"


def test_a_consent_whose_last_day_has_passed_closes_the_meeting(world, as_):
    meeting = called(as_, world)
    grant = db.session.get(ConsentGrant, world.grants["harbour"])
    grant.starts_on = in_days(-20)
    grant.expires_on = in_days(-1)
    db.session.commit()
    assert sees(as_("tomasz"), meeting) == 404


def test_an_invitation_that_is_taken_back_closes_the_meeting(world, as_):
    meeting = called(as_, world)
    row = seat(world, meeting, "harbour")
    answer = send(
        as_("orla"), address(meeting, "people", ids.written(row.id), "removal"), reason="Not needed"
    )
    assert answer.status_code == 303
    assert sees(as_("tomasz"), meeting) == 404
    assert "Not needed" in as_("orla").get(address(meeting)).text


def test_the_person_is_invited_or_it_is_said_why_not(world, as_):
    orla, declan = as_("orla"), as_("declan")
    _, meeting = propose(orla, world.reference)
    send(declan, address(meeting, "decision"), agreed="yes")
    nothing = {f"person_invited_on-{part}": "" for part in ("day", "month", "year")}
    answer = arrange(orla, meeting, world, **nothing)
    assert answer.status_code == 422
    assert "Invite the person, or say why not" in answer.text
    assert (
        arrange(orla, meeting, world, **nothing, person_not_invited_reason="In hospital").status_code == 303
    )
    kinds = db.session.scalars(select(Attendee.kind).where(Attendee.meeting_id == meeting.id)).all()
    assert AttendeeKind.PERSON in kinds


def test_the_chair_does_not_take_the_minutes(world, as_):
    orla, declan = as_("orla"), as_("declan")
    _, meeting = propose(orla, world.reference)
    send(declan, address(meeting, "decision"), agreed="yes")
    answer = arrange(orla, meeting, world, minutes_by=ids.written(world.orla.user_id))
    assert answer.status_code == 422
    assert "does not take the minutes" in answer.text


def test_child_or_family_matters_put_the_social_worker_on_the_list(world, as_):
    """S2-22."""
    orla, declan = as_("orla"), as_("declan")
    _, meeting = propose(orla, world.reference, touches_family="y")
    send(declan, address(meeting, "decision"), agreed="yes")
    answer = arrange(orla, meeting, world)
    assert answer.status_code == 422
    assert "invite the social worker" in answer.text
    assert arrange(orla, meeting, world, social_worker="Maeve Stand-In").status_code == 303
    assert "Maeve Stand-In" in orla.get(address(meeting)).text


def test_the_manager_joins_an_exit_meeting_for_its_last_half_hour(world, as_):
    """S3-56."""
    orla, declan = as_("orla"), as_("declan")
    _, meeting = propose(orla, world.reference, kind="exit", triggers=[], why_not_phone="")
    send(declan, address(meeting, "decision"), agreed="yes")
    assert arrange(orla, meeting, world).status_code == 303
    row = seat(world, meeting, "canal", "declan")
    meeting = newest()
    assert row.joins_at == meeting.manager_joins_at == meeting.ends_at - timedelta(minutes=30)
    assert "joins at 11:00" in declan.get(address(meeting)).text
    text = mails("declan")[-1].calendar
    start = Calendar.from_ical(text).walk("VEVENT")[0]["DTSTART"].dt
    assert start == meeting.manager_joins_at


def test_mail_and_calendar_file_name_nobody_and_nothing(world, as_):
    """No personal data in subject, body or file."""
    meeting = called(
        as_,
        world,
        guests=(),
        message="About Niall and his dose",
        place="Niall’s room",
        **{f"guest_{ids.written(world.agencies['harbour'])}": ids.written(world.tomasz.user_id)},
    )
    (mail,) = mails("tomasz")
    everything = mail.subject + mail.body + mail.calendar
    for word in (
        "Niall",
        "Rafter",
        world.reference,
        "Canal",
        "Harbour",
        "dose",
        "room",
        "ase meeting",
    ):
        assert word not in everything, word
    event = Calendar.from_ical(mail.calendar).walk("VEVENT")[0]
    assert event["DTSTART"].dt == meeting.starts_at
    assert str(event["SEQUENCE"]) == "0"
    assert "METHOD:REQUEST" in mail.calendar
    assert ids.written(meeting.id) in mail.body
    file = as_("tomasz").get(address(meeting, "meeting.ics"))
    assert file.headers["Content-Type"].startswith("text/calendar")
    assert "Niall" not in file.text
    assert "room" not in file.text


def test_a_new_day_raises_the_sequence_and_asks_for_the_answers_again(world, as_):
    orla = as_("orla")
    worker = {f"guest_{ids.written(world.agencies['harbour'])}": ids.written(world.tomasz.user_id)}
    meeting = called(as_, world, guests=(), **worker)
    row = seat(world, meeting, "harbour")
    send(as_("tomasz"), address(meeting, "people", ids.written(row.id), "answer"), answer="coming")
    assert seat(world, meeting, "harbour").answer is Answer.COMING
    answer = send(orla, address(meeting, "arrangements"), **parts("day", in_days(21)))
    assert answer.status_code == 303, answer.text
    assert newest().sequence == 1
    assert seat(world, meeting, "harbour").answer is Answer.INVITED
    last = mails("tomasz")[-1]
    assert last.subject == "A meeting has changed"
    assert "SEQUENCE:1" in last.calendar
    uids = {str(Calendar.from_ical(one.calendar).walk("VEVENT")[0]["UID"]) for one in mails("tomasz")}
    assert len(uids) == 1


def test_another_place_is_told_and_keeps_the_answers(world, as_):
    meeting = called(as_, world)
    row = seat(world, meeting, "harbour")
    send(as_("tomasz"), address(meeting, "people", ids.written(row.id), "answer"), answer="coming")
    send(as_("orla"), address(meeting, "arrangements"), place="Mill Road, room 1")
    assert seat(world, meeting, "harbour").answer is Answer.COMING
    assert newest().sequence == 1
    assert "Mill Road, room 1" in as_("tomasz").get(address(meeting)).text


def test_putting_off_and_calling_off_cancel_the_calendar_entry_and_keep_the_reason_inside(world, as_):
    worker = {f"guest_{ids.written(world.agencies['harbour'])}": ids.written(world.tomasz.user_id)}
    meeting = called(as_, world, guests=(), **worker)
    orla = as_("orla")
    assert send(orla, address(meeting, "postponed")).status_code == 422
    send(orla, address(meeting, "postponed"), reason="Niall is in hospital", message="Another day follows")
    assert newest().status is MeetingStatus.POSTPONED
    assert "METHOD:CANCEL" in mails("tomasz")[-1].calendar
    page = as_("tomasz").get(address(meeting)).text
    assert "Another day follows" in page
    assert "hospital" not in page
    assert send(orla, address(meeting, "arrangements"), **parts("day", in_days(20))).status_code == 303
    assert newest().status is MeetingStatus.SCHEDULED
    send(orla, address(meeting, "cancelled"), reason="No longer needed")
    assert newest().status is MeetingStatus.CANCELLED
    sequences = [
        str(Calendar.from_ical(one.calendar).walk("VEVENT")[0]["SEQUENCE"]) for one in mails("tomasz")
    ]
    assert sequences == ["0", "1", "2", "3"]
    assert send(orla, address(meeting, "cancelled"), reason="again").status_code == 422


def test_failing_to_convene_is_recorded_and_goes_to_the_line_manager(world, as_):
    """S2-38."""
    orla, declan = as_("orla"), as_("declan")
    _, meeting = propose(orla, world.reference)
    send(declan, address(meeting, "decision"), agreed="yes")
    assert send(orla, address(meeting, "not-convened")).status_code == 422
    send(orla, address(meeting, "not-convened"), reason="Neither the clinic nor the council came to a day")
    assert newest().status is MeetingStatus.NOT_CONVENED
    told = db.session.scalars(
        select(Notification.user_id).where(
            Notification.meeting_id == meeting.id, Notification.kind == "meeting_not_convened"
        )
    ).all()
    assert world.declan.user_id in told
    assert "Neither the clinic nor the council" in declan.get(address(meeting)).text


def test_a_stale_arrangement_overwrites_nothing(world, as_):
    meeting = called(as_, world)
    answer = send(as_("orla"), address(meeting, "arrangements"), version="1", place="Somewhere else")
    assert answer.status_code == 409
    assert "You changed this yourself at " in answer.text
    assert newest().place == "Canal Street, room 2"
    assert "Somewhere else" in answer.text


def test_a_doubled_click_proposes_once(world, as_):
    orla = as_("orla")
    page = f"/cases/{world.reference}/meetings/new"
    from tests.browser import fields_of

    typed = fields_of(orla.get(page).text) | {
        "triggers": ["unclear"],
        "aim": "Settle it",
        "why_not_phone": "No answer",
    }
    first, second = orla.post(page, data=typed), orla.post(page, data=typed)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(db.session.scalars(select(Meeting.id)).all()) == 1


def test_only_social_work_records_a_conference_and_what_it_was_told_stays_with_it(world, as_):
    """S2-20, F12, X-6."""
    agency = db.session.get(Agency, world.agencies["harbour"])
    page = f"/cases/{world.reference}/meetings/conference"
    assert as_("orla").get(page).status_code == 403
    assert as_("tomasz").get(page).status_code == 403
    agency.kind = "social_work"
    db.session.commit()
    answer = send(
        as_("tomasz"),
        page,
        **parts("day", in_days(3)),
        hour="14:00",
        place="Area office",
        invited="yes",
        message="Conference about the family",
        aim="SECRET what the family said",
    )
    assert answer.status_code == 303, answer.text
    meeting = newest()
    assert meeting.kind is MeetingKind.CONFERENCE
    assert "SECRET" in as_("tomasz").get(address(meeting)).text
    lead = as_("orla").get(address(meeting)).text
    assert "Conference about the family" in lead
    assert "SECRET" not in lead
    assert sees(as_("leah"), meeting) == 404
    assert as_("orla").get(address(meeting, "arrangements")).status_code == 403
    past = {**parts("day", in_days(-3)), "hour": "14:00", "place": "Area office", "invited": "no"}
    assert send(as_("tomasz"), page, **past).status_code == 303
    for who in ("tomasz", "orla"):
        head = as_(who).get(address(newest())).text.split("</nav>")[1].split("ca-cols")[0]
        assert "held" in head and "the case manager is not invited" in head and "Not said" in head
        assert (
            "in session" not in head.lower() and "Minutes" not in head and "can be read together" not in head
        )
        assert "In session" not in as_(who).get("/meetings").text


def test_a_coordinator_calls_a_group_meeting_about_no_person(world, as_):
    """T&R group: the same machinery without a plan."""
    sinead = as_("sinead")
    assert as_("orla").get("/meetings/group/new").status_code == 403
    send(sinead, "/meetings/group/new", title="T&R group, December", aim="Three blocks")
    meeting = newest()
    assert meeting.case_id is None
    answer = send(
        sinead,
        address(meeting, "arrangements"),
        **parts("day", in_days(9)),
        starts="14:00",
        place="Area office",
        chair=ids.written(world.sinead.user_id),
        **{f"guest_{ids.written(world.agencies['harbour'])}": "any"},
    )
    assert answer.status_code == 303, answer.text
    assert sees(as_("tomasz"), meeting) == 200
    assert sees(as_("leah"), meeting) == 404
    assert "T&amp;R group, December" in as_("tomasz").get("/meetings").text
    row = seat(world, meeting, "harbour")
    send(as_("tomasz"), address(meeting, "people", ids.written(row.id), "answer"), answer="coming")
    assert seat(world, meeting, "harbour").user_id == world.tomasz.user_id


def test_a_lead_meeting_keeps_its_steps_in_order_and_wants_a_neutral_chair(world, as_):
    """S3-43, S3-44, S3-80, S2-13."""
    orla, declan = as_("orla"), as_("declan")
    _, meeting = propose(orla, world.reference, kind="lead_agency", triggers=["no_lead"])
    send(declan, address(meeting, "decision"), agreed="yes")
    answer = arrange(orla, meeting, world)
    assert answer.status_code == 422
    assert "Choose a chair from neither side" in answer.text
    assert arrange(orla, meeting, world, chair=ids.written(world.leah.user_id)).status_code == 303
    steps = address(meeting, "lead", "steps")
    early = send(orla, steps, **parts("managers_on", in_days(-1)))
    assert "The staff speak first" in early.text
    settled = send(orla, steps, agreed_agency=ids.written(world.agencies["harbour"]), agreed_how="agreed")
    assert "The principles are agreed before the lead is" in settled.text
    mine = address(meeting, "lead", "claims", ids.written(world.agencies["harbour"]))
    answer = send(as_("tomasz"), mine, most_contact="yes", has_time="yes", six_months="no", words="Daily")
    assert answer.status_code == 303
    theirs = address(meeting, "lead", "claims", ids.written(world.agencies["canal"]))
    assert as_("tomasz").get(theirs).status_code == 404
    page = orla.get(address(meeting, "lead")).text
    assert "Daily" in page
    assert "Contacts noted" in page
    assert "Daily" not in as_("leah").get(address(meeting, "lead")).text


def test_the_list_costs_the_same_number_of_statements_for_one_meeting_as_for_many(world, as_):
    called(as_, world)
    orla = as_("orla")
    _, one = statements(orla, "/meetings")
    for days in range(15, 20):
        called(as_, world, days=days)
    page, many = statements(orla, "/meetings")
    assert page.count("Canal Street, room 2") >= 6
    assert many == one


def statements(browser, page):
    """The page, and how many statements it took; the second time, when nothing is looked up for the first."""
    browser.get(page)
    found = []

    def note(_connection, _cursor, statement, *_more):
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        return browser.get(page).text, len(found)
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_find_meeting_says_what_the_page_may_know(world, as_):
    meeting = called(as_, world)
    mine = policy.find_meeting(world.orla, meeting.id)
    theirs = policy.find_meeting(world.tomasz, meeting.id)
    assert mine.hosts
    assert not theirs.hosts
    assert theirs.invited
    assert theirs.case.grant_id == world.grants["harbour"]
    assert policy.find_meeting(world.root, meeting.id) is None
