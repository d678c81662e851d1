"""A barrier that a decision names is never lost: it waits with the case manager from the minutes on until it is raised in
gaps and blocks, or set aside with a reason (issue 3; S2-39)."""

import pytest
from sqlalchemy import select

from caseapp import ids
from caseapp.extensions import db
from caseapp.models import Escalation, MeetingDecision
from caseapp.queries import meeting_barriers
from caseapp.services.meetings import decisions
from caseapp.services.meetings.decisions import Said
from tests.browser import fields_of
from tests.meetings_at import begun, by, file
from tests.test_meetings_followup import issue

LIMITS = {"working_day_calendar": "IE"}
TEXT = "The council refuses the hostel letter"


@pytest.fixture
def meeting(world):
    """Issued minutes with one decision that names a barrier and one that does not."""
    meeting = begun(world)
    for text, barrier in ((TEXT, True), ("Orla rings the clinic", False)):
        said = Said(text=text, reason="Asked twice, by letter and by phone", for_all=True, to_gaps=barrier)
        decisions.save(file(world, meeting), said, recorded=True, **by(world))
    issue(world, meeting)
    return meeting


def decision():
    return db.session.scalar(select(MeetingDecision).where(MeetingDecision.to_gaps))


def minutes(meeting):
    return f"/meetings/{ids.written(meeting)}/minutes"


def waiting(viewer):
    return [row.what for row in meeting_barriers.waiting(viewer=viewer, limits=LIMITS)]


def test_it_waits_with_the_case_manager_until_it_is_raised_and_the_form_knows_what_was_said(
    world, meeting, as_
):
    assert waiting(world.orla) == ["Raise the barrier that the minutes name"]
    assert waiting(world.shauna) == waiting(world.tomasz) == []
    orla = as_("orla")
    assert "Raise the barrier that the minutes name" in orla.get("/caseload").text
    page = orla.get(minutes(meeting)).text
    assert "Waits to be raised" in page
    address = f"/cases/{world.reference}/gaps-and-blocks/new"
    form = fields_of(orla.get(f"{address}?decision={ids.written(decision().id)}").text)
    assert form["title"] == TEXT and form["decision"] == str(decision().id)
    kept = {
        name: form[name] for name in form if name.startswith("noticed_on") or name in ("title", "decision")
    }
    sent = orla.post(
        address,
        data=kept
        | {
            "csrf_token": form["csrf_token"],
            "once": form["once"],
            "kind": "gap",
            "service": "Housing application",
            "domain": "accommodation",
            "effect": "No application",
            "wanted": "The letter counts",
            "ask_colleagues": "manager",
        },
    )
    assert sent.status_code == 303, sent.text
    gap = db.session.scalar(select(Escalation))
    db.session.expire_all()
    assert decision().escalation_id == gap.id and waiting(world.orla) == []
    assert f"GB-{gap.number}" in orla.get(minutes(meeting)).text
    again = fields_of(orla.get(f"{address}?decision={ids.written(decision().id)}").text)
    assert again["title"] != TEXT


def test_it_is_set_aside_only_with_a_reason(world, meeting, as_):
    orla, one = as_("orla"), decision().id
    form = fields_of(orla.get(minutes(meeting)).text)
    address, prefix = (
        f"/meetings/{ids.written(meeting)}/decisions/{ids.written(one)}/not-raised",
        ids.written(one),
    )
    send = {"csrf_token": form["csrf_token"]}
    bad = orla.post(address, data=send | {f"b{prefix}-csrf_token": form["csrf_token"]})
    assert bad.status_code == 422 and "Say why it need not be raised" in bad.text
    sent = orla.post(
        address,
        data=send
        | {
            f"b{prefix}-csrf_token": form["csrf_token"],
            f"b{prefix}-reason": "The council gave way on the phone",
        },
    )
    assert sent.status_code == 303, sent.text
    assert waiting(world.orla) == []
    assert "Not raised: The council gave way on the phone" in orla.get(minutes(meeting)).text


def test_an_agency_reads_nothing_of_it_and_cannot_raise_from_it(world, meeting, as_):
    tomasz = as_("tomasz")
    assert "Waits to be raised" not in tomasz.get(minutes(meeting)).text
    case = world.case_for(world.tomasz)
    assert meeting_barriers.to_raise(case, decision().id, viewer=world.tomasz) is None
    address = f"/meetings/{ids.written(meeting)}/decisions/{ids.written(decision().id)}/not-raised"
    token = fields_of(tomasz.get("/our-actions").text)["csrf_token"]
    assert tomasz.post(address, data={"csrf_token": token, "reason": "x"}).status_code == 403
