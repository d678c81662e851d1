"""What tests of meetings share: a meeting called, agreed and arranged through the pages, and its rows."""

from datetime import timedelta

from sqlalchemy import select

from caseapp import clock, ids
from caseapp.extensions import db
from caseapp.models import Attendee, Meeting


def send(browser, page, **typed):
    """Fill in the page's own form and send it."""
    return browser.submit(page, page, **typed)


def parts(name, day) -> dict:
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


def in_days(n):
    """A local day so many calendar days from now."""
    return clock.today() + timedelta(days=n)


def propose(browser, reference, **more):
    """Propose a case meeting; gives the answer and the meeting."""
    typed = {
        "kind": "case_meeting",
        "triggers": ["unclear"],
        "note": "Two agencies do the same",
        "aim": "Settle who does what",
        "why_not_phone": "Six calls, no answer that fits another",
    } | more
    answer = send(browser, f"/cases/{reference}/meetings/new", **typed)
    return answer, newest()


def newest():
    return db.session.scalars(select(Meeting).order_by(Meeting.id.desc())).first()


def address(meeting, *more) -> str:
    return "/".join([f"/meetings/{ids.written(meeting.id)}", *(str(one) for one in more)])


def arrange(browser, meeting, world, *, guests=("harbour", "clinic"), days=14, **more):
    """Arrange it with Orla in the chair, and invite whoever these agencies send."""
    typed = {
        **parts("day", in_days(days)),
        "starts": "10:00",
        "ends": "11:30",
        "place": "Canal Street, room 2",
        "chair": ids.written(world.orla.user_id),
        "minutes_by": ids.written(world.shauna.user_id),
        "person_invited_how": "by phone",
        **parts("person_invited_on", clock.today()),
    }
    for key in ("harbour", "clinic"):
        typed[f"guest_{ids.written(world.agencies[key])}"] = "any" if key in guests else ""
    return send(browser, address(meeting, "arrangements"), **(typed | more))


def called(as_, world, **more):
    """A meeting that is proposed by Orla, agreed by Declan and arranged by Orla."""
    orla, declan = as_("orla"), as_("declan")
    _, meeting = propose(orla, world.reference)
    send(declan, address(meeting, "decision"), agreed="yes")
    answer = arrange(orla, meeting, world, **more)
    assert answer.status_code == 303, answer.text
    return newest()


def seat(world, meeting, agency, user=None):
    """The place of an agency at the table."""
    rows = db.session.scalars(
        select(Attendee).where(
            Attendee.meeting_id == meeting.id, Attendee.agency_id == world.agencies[agency]
        )
    ).all()
    return next(row for row in rows if user is None or row.user_id == world.viewers[user].user_id)
