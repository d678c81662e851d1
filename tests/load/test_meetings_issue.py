"""Agencies update their actions while minutes are issued: nothing is lost, nothing doubled, nothing overwritten (F5, S2-40)."""

from datetime import timedelta

import pytest

from caseapp import clock, ids

UPDATES = 20

pytestmark = pytest.mark.slow


@pytest.fixture
def meeting(served):
    """A closed meeting with a decision on the hostel's letter, and its minutes not issued; its address."""
    from caseapp import create_app
    from caseapp.extensions import db
    from caseapp.services.meetings import decisions
    from caseapp.vocabulary import ChangeKind
    from tests import meetings_at

    app = create_app({"TESTING": True, "DATABASE_URL": served.url, "SECRET_KEY": "only for tests under load"})
    with app.app_context():
        found = meetings_at.begun(served.world)
        due = (clock.today() + timedelta(days=30)).isoformat()
        said = decisions.Said(
            text="A new day", kind=ChangeKind.ACTION_CHANGED, change={"do": "date", "due_on": due}
        )
        decisions.save(
            meetings_at.file(served.world, found),
            said,
            **meetings_at.by(served.world),
            action_id=served.world.actions["letter"],
            recorded=True,
        )
        meetings_at.closed(served.world, found)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return f"/meetings/{ids.written(found)}", due


def test_twenty_updates_while_minutes_are_issued_leave_nothing_lost_or_doubled(served, meeting, together):
    page, due = meeting
    act = f"/cases/{served.world.reference}/actions/{ids.written(served.world.actions['letter'])}"
    issuing = served.visitor("orla")
    issue = issuing.get(f"{page}/minutes").form("/issue")
    writers = [served.visitor(("tomasz", "amina")[n % 2]) for n in range(UPDATES)]
    forms = [writer.get(act).form(act).fields for writer in writers]

    def one(n):
        if n == UPDATES:
            return issuing.post(issue.action, issue.fields)
        return writers[n].post(act, forms[n] | {"note": f"Note {n}"}, htmx=True)

    *updates, issued = together(one, UPDATES + 1)
    # 503: the database was busy for longer than a request waits; nothing was taken, and the writer is told so
    assert {answer.status for answer in updates} <= {200, 409, 503}, [answer.status for answer in updates]
    if issued.status == 503:
        issued = issuing.post(issue.action, issue.fields)
    taken = [n for n, answer in enumerate(updates) if answer.status == 200]
    notes = [text for (text,) in served.rows("SELECT text FROM action_note")]
    assert sorted(text for text in notes if text.startswith("Note")) == sorted(f"Note {n}" for n in taken)
    versions = served.value("SELECT count(*) FROM plan_version")
    minutes = served.value("SELECT count(*) FROM minutes")
    day = served.value("SELECT due_on FROM action WHERE id = :a", a=served.world.actions["letter"])
    if issued.status == 303:
        assert (versions, minutes) == (1, 1) and str(day) == due and not taken
    else:  # the agency was first: nothing of the minutes was applied, and the chair is shown why
        assert issued.status == 422 and "Nothing was issued" in issued.text
        assert (versions, minutes) == (0, 0) and str(day) != due and len(taken) == 1
        again = issuing.get(f"{page}/minutes")
        assert f"Note {taken[0]}" in again.text


def test_minutes_issued_twenty_times_at_once_are_issued_once(served, meeting, together):
    page, due = meeting
    visitor = served.visitor("orla")
    forms = [visitor.get(f"{page}/minutes").form("/issue") for _ in range(3)]
    answers = together(lambda n: visitor.copy().post(forms[n % 3].action, forms[n % 3].fields), UPDATES)
    assert {answer.status for answer in answers} <= {303, 422, 503}, [answer.status for answer in answers]
    assert [answer.status for answer in answers].count(303) >= 1
    assert served.value("SELECT count(*) FROM minutes") == 1
    assert served.value("SELECT count(*) FROM plan_version") == 1
    assert (
        str(served.value("SELECT due_on FROM action WHERE id = :a", a=served.world.actions["letter"])) == due
    )
    told = served.value(
        "SELECT count(*) FROM notification WHERE kind = 'minutes_issued' AND user_id = :u",
        u=served.world.tomasz.user_id,
    )
    assert told == 1, "each is told once"
