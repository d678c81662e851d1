"""The group called together for its agenda: one meeting carries the sitting, each shown with the other (S3-74, B7)."""

import pytest
from sqlalchemy import func, select

from caseapp import clock, ids
from caseapp.errors import NotAllowed, NotVisible, RuleBroken
from caseapp.extensions import db
from caseapp.models import Area, Attendee, GroupSitting, Meeting, UserArea
from caseapp.queries import triage_options
from caseapp.services import triage
from caseapp.services.meetings import groups
from caseapp.vocabulary import MeetingKind, MeetingStatus
from tests.browser import fields_of
from tests.gaps import day, raised, up
from tests.meetings import address, newest

TITLE = "Letters of local connection"


@pytest.fixture
def now(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: day(19))
    return day(19)


def sitting_of(world, **more) -> int:
    """A sitting on 25 November with one block of Orla's, passed up to Sinéad."""
    gap = raised(world.orla, world.case_for(world.orla), title=TITLE, **more)
    up(gap, world.declan, day(10))
    return triage.put_on_agenda(
        [gap],
        actor=world.sinead,
        at=day(19),
        area_id=triage_options.areas(viewer=world.sinead)[0][0],
        held_on=day(25).date(),
        place="Town hall",
    )


def send(browser, page, **typed):
    """Fill in the page's own form; `submit` knows its address without the query."""
    return browser.submit(page, page.split("?")[0], **typed)


def page_of(sitting) -> str:
    return f"/triage/agenda/{ids.written(sitting)}"


def form_of(sitting) -> str:
    return f"/meetings/group/new?sitting={ids.written(sitting)}"


def meeting_id(sitting):
    return db.session.scalar(select(GroupSitting.meeting_id).where(GroupSitting.id == sitting))


def called(as_, sitting):
    assert send(as_("sinead"), form_of(sitting)).status_code == 303
    return newest()


def arranged(as_, world, sitting, *guests):
    meeting = called(as_, sitting)
    typed = {"starts": "10:00", "ends": "12:00", "chair": ids.written(world.sinead.user_id)}
    typed |= {f"guest_{ids.written(world.agencies[one])}": "any" for one in guests}
    answer = send(as_("sinead"), address(meeting, "arrangements"), **typed)
    assert answer.status_code == 303, answer.text
    return newest()


def test_a_sitting_calls_its_group_together_and_each_page_leads_to_the_other(world, as_, now):
    sitting = sitting_of(world)
    sinead = as_("sinead")
    assert "Call the group together" in sinead.get(page_of(sitting)).text
    form = sinead.get(form_of(sitting)).text
    assert "agenda of 25 Nov 2026" in form
    assert fields_of(form)["title"].startswith("Treatment and rehabilitation group")
    meeting = called(as_, sitting)
    assert (meeting.kind, meeting.status, meeting.id) == (
        MeetingKind.GROUP,
        MeetingStatus.APPROVED,
        meeting_id(sitting),
    )
    page = sinead.get(page_of(sitting)).text
    assert address(meeting) in page and "Call the group together" not in page
    for more in ((), ("agenda",)):
        page = sinead.get(address(meeting, *more)).text
        assert TITLE in page and page_of(sitting) in page
        assert "Niall" not in page and "Rafter" not in page
    assert TITLE in sinead.get(address(meeting, "agenda", "print")).text


def test_the_meeting_is_arranged_on_the_day_and_at_the_place_of_the_sitting_and_answers_stand_there(
    world, as_, now
):
    sitting = sitting_of(world)
    meeting = arranged(as_, world, sitting, "harbour")
    assert clock.local_day(meeting.starts_at) == day(25).date()
    assert meeting.place == "Town hall"
    page = as_("sinead").get(page_of(sitting)).text
    assert "10:00 to 12:00, Town hall" in page
    assert ">Invited<" in page
    row = db.session.scalars(
        select(Attendee).where(
            Attendee.meeting_id == meeting.id, Attendee.agency_id == world.agencies["harbour"]
        )
    ).one()
    assert row.answer.label in page


def test_an_invited_agency_reads_only_how_many_points_there_are_unless_one_is_its_own(world, as_, now):
    sitting = sitting_of(world)
    meeting = arranged(as_, world, sitting, "harbour", "clinic")
    for more in ((), ("agenda",), ("agenda", "print")):
        page = as_("tomasz").get(address(meeting, *more)).text
        assert TITLE not in page and "GB-" not in page and "/triage/agenda" not in page
        assert "1 on it, which" in page


def test_the_agency_that_raised_a_point_reads_it_and_no_link_to_the_sitting(world, as_, now):
    sitting = sitting_of(world)
    lead = next(key for key, value in world.agencies.items() if value == world.orla.agency_id)
    meeting = arranged(as_, world, sitting, lead)
    page = as_("orla").get(address(meeting)).text
    assert TITLE in page and "/triage/agenda" not in page


def test_a_click_twice_calls_one_meeting_and_a_second_call_is_refused(world, as_, now):
    sitting = sitting_of(world)
    sinead = as_("sinead")
    fields = fields_of(sinead.get(form_of(sitting)).text)
    first, second = (sinead.post(form_of(sitting), data=fields) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    late = send(sinead, form_of(sitting))
    assert late.status_code == 422 and "called together for this agenda already" in late.text
    assert db.session.scalar(select(func.count()).select_from(Meeting)) == 1


def test_a_sitting_of_another_group_answers_like_a_missing_one(world, as_, now):
    sitting = sitting_of(world)
    other = Area(name="Estuary", kind="local")
    db.session.add(other)
    db.session.flush()
    db.session.execute(
        UserArea.__table__.update().where(UserArea.user_id == world.sinead.user_id).values(area_id=other.id)
    )
    db.session.commit()
    sinead = as_("sinead")
    fields = fields_of(sinead.get("/meetings/group/new").text) | {"title": "Ours"}
    for one in (ids.written(sitting), ids.written(sitting + 99), "!", "0"):
        url = f"/meetings/group/new?sitting={one}"
        assert sinead.get(url).status_code == 404
        assert sinead.post(url, data=fields).status_code == 404
    with pytest.raises(NotVisible):
        groups.call_together(sitting, actor=world.sinead, at=now, title="Ours")
    assert meeting_id(sitting) is None


def test_only_who_coordinates_calls_a_group_together(world, as_, now):
    sitting = sitting_of(world)
    for who in ("orla", "declan"):
        assert as_(who).get(form_of(sitting)).status_code == 403
    with pytest.raises((NotVisible, NotAllowed)):
        groups.call_together(sitting, actor=world.declan, at=now, title="Ours")
    assert db.session.scalar(select(func.count()).select_from(Meeting)) == 0


def test_a_meeting_called_off_leaves_the_sitting_which_can_be_called_together_again(world, as_, now):
    sitting = sitting_of(world)
    meeting = called(as_, sitting)
    first = meeting.id
    sinead = as_("sinead")
    answer = send(sinead, address(meeting, "cancelled"), reason="The hall is shut")
    assert answer.status_code == 303, answer.text
    page = sinead.get(page_of(sitting)).text
    assert TITLE in page and "Called off" in page and "Call the group together" in page
    again = called(as_, sitting)
    assert again.id != first and meeting_id(sitting) == again.id


def test_a_closed_agenda_calls_nobody(world, as_, now):
    sitting = sitting_of(world)
    triage.close_agenda(sitting, actor=world.sinead, at=day(26))
    with pytest.raises(RuleBroken, match="agenda is closed"):
        groups.call_together(sitting, actor=world.sinead, at=day(26), title="Ours")
    assert "Call the group together" not in as_("sinead").get(page_of(sitting)).text


def test_the_agenda_follows_its_meeting_to_another_day(world, as_, now):
    sitting = sitting_of(world)
    meeting = arranged(as_, world, sitting, "harbour")
    assert db.session.get(GroupSitting, sitting).held_on == day(25).date()
    form = fields_of(as_("sinead").get(address(meeting, "arrangements")).text)
    days = {name: "27" for name in form if name.endswith("-day") and form[name] == "25"}
    typed = {"starts": "10:00", "ends": "12:00", "chair": ids.written(world.sinead.user_id)} | days
    sent = send(as_("sinead"), address(meeting, "arrangements"), **typed)
    assert sent.status_code == 303, sent.text
    db.session.expire_all()
    assert db.session.get(GroupSitting, sitting).held_on == day(27).date()
    page = as_("sinead").get(page_of(sitting)).text
    assert "27 November 2026" in page and "This agenda was made for" not in page
