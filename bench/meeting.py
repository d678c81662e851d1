"""`python -m bench.meeting [--databases sqlite,postgresql] [--rounds 5]`: a meeting on a plan of 40 actions with 10 people at
the table. The chair's page, the agenda and the minutes are to open in the time of that plan's own page, in the same run: they
take turns with it, a second each, and of the rounds the one with the least disturbance counts."""

import argparse
import tempfile
from datetime import timedelta

from bench import client as browser
from bench import data, server
from caseapp import clock, create_app, ids
from tests import databases

PORT = 8977
ACTIONS, GUESTS = 40, 8
SECONDS = 1  # for each page in each round


def meeting(url: str, reference: str) -> tuple[str, str, str]:
    """A meeting in session on this case, a decision on every third action; its address, the key of a goal, and the id of an
    action of it. The person, the chair, and eight for agencies."""
    from sqlalchemy import select

    from caseapp.extensions import db
    from caseapp.models import Action, Attendee, Case, CaseAssignment, ConsentGrant, Meeting, User
    from caseapp.policy.meetings import find_meeting
    from caseapp.policy.viewer import Viewer
    from caseapp.services.meetings import attendance, decisions, room
    from caseapp.vocabulary import AttendeeKind, ChangeKind, MeetingKind, MeetingStatus, Presence

    app = create_app({"DATABASE_URL": url, "SECRET_KEY": "k" * 40})
    with app.app_context():
        case = db.session.scalars(select(Case).where(Case.reference == reference)).one()
        manager = db.session.scalar(select(CaseAssignment.user_id).where(CaseAssignment.case_id == case.id))
        user = db.session.get(User, manager)
        chair = Viewer(user.id, user.agency_id, user.roles, user.name, "Bench")
        now = clock.now()
        row = Meeting(
            case_id=case.id,
            agency_id=case.lead_agency_id,
            kind=MeetingKind.CASE_MEETING,
            status=MeetingStatus.SCHEDULED,
            status_at=now,
            proposed_at=now,
            proposed_by_id=user.id,
            starts_at=now - timedelta(minutes=5),
            chair_id=user.id,
            chair_name=user.name,
            invited_at=now,
        )
        db.session.add(row)
        db.session.flush()
        agencies = db.session.scalars(
            select(ConsentGrant.agency_id).where(ConsentGrant.case_id == case.id)
        ).all()
        seats = [(AttendeeKind.PERSON, None), (AttendeeKind.AGENCY, case.lead_agency_id)]
        seats += [(AttendeeKind.AGENCY, agencies[n % len(agencies)]) for n in range(GUESTS)]
        for number, (kind, agency) in enumerate(seats):
            db.session.add(
                Attendee(
                    meeting_id=row.id,
                    kind=kind,
                    agency_id=agency,
                    user_id=user.id if number == 1 else None,
                    name=f"Guest {number}" if number else "",
                    added_at=now,
                    added_by_id=user.id,
                    invited_at=now,
                    presence=Presence.THERE,
                )
            )
        db.session.commit()
        by = {"actor": chair, "at": now}
        room.begin(find_meeting(chair, row.id), **by)
        here = find_meeting(chair, row.id)
        attendance.mark_all(here, **by, marks={})
        actions = db.session.scalars(select(Action.id).where(Action.case_id == case.id)).all()
        for action_id in actions[::3]:
            said = decisions.Said(text="Kept", kind=ChangeKind.ACTION_CHANGED, change={"do": "keep"})
            decisions.save(here, said, **by, action_id=action_id)
        goal = db.session.scalar(select(Action.goal_id).where(Action.id == actions[0]))
        db.session.commit()
        db.engine.dispose()
        return f"/meetings/{ids.written(row.id)}", f"goal:{goal}", ids.written(actions[0])


def measure(place, kind, rounds) -> None:
    url = place.blank("benchmeeting")
    built = data.build(url, 100, ACTIONS)
    base, goal, action = meeting(url, built.manager_reference)
    pages = {
        "plan, case manager": f"/cases/{built.manager_reference}/plan",
        "the chair's page": f"{base}/room",
        "the chair's page, a goal open": f"{base}/room?point={goal}",
        "the chair's page, an action open": f"{base}/room/actions/{action}",
        "agenda": f"{base}/agenda",
        "minutes, draft": f"{base}/minutes",
    }
    best: dict[str, browser.Result] = {}
    with tempfile.TemporaryDirectory() as folder:
        environment = {"DATABASE_URL": url, "CASEAPP_DATA": folder, "SECRET_KEY": "k" * 40}
        with server.running("app:app", PORT, **environment) as ours:
            who = browser.Client(ours.url)
            who.sign_in(built.manager_email, data.PASSWORD)
            for path in pages.values():
                for _ in range(10):  # both workers have compiled what the page needs
                    who.get(path)
            for _ in range(rounds):
                for label, path in pages.items():
                    once = browser.one_after_another(ours, label, lambda p=path: who.get(p), SECONDS)
                    best[label] = once.better_of(best.get(label))
    place.drop("benchmeeting")
    print(f"\n== {kind}, one plan of {ACTIONS} actions, {GUESTS + 2} at the table")
    print(f"   {'page':34}{'CPU ms':>9}{'× plan':>9}{'p50 ms':>9}{'p95':>8}{'KB':>6}")
    plan = next(iter(best.values())).cpu
    for label, found in best.items():
        print(
            f"   {label:34}{found.cpu:9.2f}{found.cpu / plan:9.2f}{found.p50:9.1f}"
            f"{found.p95:8.1f}{found.size / 1024:6.0f}",
            flush=True,
        )


def main():
    arguments = argparse.ArgumentParser(prog="python -m bench.meeting")
    arguments.add_argument("--databases", default="sqlite,postgresql")
    arguments.add_argument("--rounds", type=int, default=5)
    chosen = arguments.parse_args()
    for kind in chosen.databases.split(","):
        place = databases.KINDS[kind]()
        try:
            measure(place, kind, chosen.rounds)
        finally:
            place.stop()


if __name__ == "__main__":
    main()
