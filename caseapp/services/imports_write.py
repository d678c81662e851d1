"""Writing what a caseload sheet says. People and cases are made by the use cases of the pages; goals and actions are
written here, many at once, with one line in each case's timeline. What a sheet says of a partner's action is only
proposed until consent is recorded; its notes go into a case note of the lead agency, because nobody wrote them to be
shared."""

from datetime import datetime

from sqlalchemy import func, insert, select

from caseapp import clock, dates
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Action, ConsentGrant, Goal
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries.people_search import code
from caseapp.services import actions, assignments, audit, case_notes, cases, events, people
from caseapp.services.consent import know_agency
from caseapp.services.imports_plan import CasePlan, Plan
from caseapp.services.plan_records import plan_of
from caseapp.vocabulary import Achievement, ActionStatus, Advocacy, GoalStatus, NoteKind

S = ActionStatus

#: A case note holds so many characters of a sheet's notes; more make another note.
_NOTE = 8_000

_ASKED = frozenset({S.REQUESTED, S.ACCEPTED, S.IN_PROGRESS, S.BLOCKED})
_ENDED = frozenset({S.COMPLETED, S.NOT_COMPLETED})


def write(now: Plan, file_name: str, actor: Viewer, at: datetime) -> dict[str, int]:
    """Write all of a plan in the transaction that is open. Returns how much."""
    for case_plan in now.cases:
        case = _case(case_plan, now.protocol_key, file_name, actor, at)
        _goals(case, case_plan, file_name, actor, at)
    return now.counts


def _case(case_plan: CasePlan, protocol_key, file_name, actor, at) -> CaseFile:
    entry, known = case_plan.entry, case_plan.known
    scheme = actor.agency_name[:40]
    if known is None:
        given, family = _two_names(case_plan.person.name)
        person_id = people.register(
            actor=actor,
            at=at,
            given_name=given,
            family_name=family,
            born_on=case_plan.person.date_of_birth,
            phone=case_plan.person.phone,
            identifiers=((scheme, case_plan.number),) if case_plan.number else (),
        )
    else:
        person_id = known.id
    person = scopes.find_person(actor, person_id)
    if known is not None and case_plan.number and code(case_plan.number):
        people.add_identifier(person, actor=actor, at=at, scheme=scheme, value=case_plan.number)
    if not case_plan.opens:
        return scopes.find_case_by_id(actor, known.case_id)
    day = clock.local_day(at)
    case = cases.open_case(
        person,
        actor=actor,
        at=at,
        protocol_key=protocol_key,
        case_manager_id=case_plan.case_manager_id,
        key_worker_id=None if case_plan.case_manager_id else case_plan.key_worker_id,
        first_contact_on=entry.opened_on if entry.opened_on and entry.opened_on <= day else None,
        taken_over=f"Taken over from the caseload sheet “{file_name}” on {dates.day(day)}",
    )
    if case_plan.case_manager_id and case_plan.key_worker_id:
        assignments.add_key_worker(case, actor=actor, at=at, user_id=case_plan.key_worker_id)
    return case


def _goals(case: CaseFile, case_plan: CasePlan, file_name, actor, at) -> None:
    plan_of(case)  # one at a time numbers the goals
    number = db.session.scalar(select(func.max(Goal.number)).where(Goal.case_id == case.id)) or 0
    priority = db.session.scalar(select(func.max(Goal.priority)).where(Goal.case_id == case.id)) or 0
    new_goals, new_actions, notes = [], [], []
    for goal in case_plan.goals:
        goal_id = goal.known_id
        if goal_id is None:
            number, priority, goal_id = number + 1, priority + 1, new_id()
            new_goals.append(_goal_row(goal, goal_id, case, number, priority, actor, at))
        for action in goal.actions:
            new_actions.append(_action_row(action, goal_id, case, actor, at))
            _note(notes, action, actor)
    if not new_goals and not new_actions:
        return
    for table, rows in ((Goal.__table__, new_goals), (Action.__table__, new_actions)):
        if rows:
            db.session.execute(insert(table), rows)
    agencies = {row["owner_agency_id"] for row in new_actions} - {None, case.lead_agency_id}
    for agency_id in sorted(agencies):
        know_agency(case, agency_id, on=clock.local_day(at))
    events.happened(
        case,
        "imported",
        f"From the caseload sheet “{file_name}”: {_many(len(new_goals), 'goal')}, {_many(len(new_actions), 'action')}"[
            :300
        ],
        actor=actor,
        at=at,
        tell_case_workers=True,
    )
    audit.record(actor, "caseload sheet: goals and actions added", at=at, case=case)
    _write_notes(case, notes, file_name, actor, at)
    for agency_id in sorted(agencies & _sharing(case, clock.local_day(at))):
        actions.release(case, agency_id, actor=actor, at=at)


def _goal_row(goal, goal_id, case, number, priority, actor, at):
    return (
        {
            "id": goal_id,
            "version": 1,
            "case_id": case.id,
            "number": number,
            "domain": goal.domain,
            "title": goal.entry.title,
            "priority": priority,
            "status": GoalStatus.PROPOSED,
            "achievement": Achievement.IN_PROGRESS,
            "created_at": at,
            "created_by_id": actor.user_id,
        }
        | dict.fromkeys(
            ("smart_specific", "smart_measurable", "smart_achievable", "smart_relevant", "smart_timed"), False
        )
        | dict.fromkeys(("words", "measure", "made_without_reason", "ended_reason"), "")
        | dict.fromkeys(("made_with_person", "person_agreed_to_drop"), False)
    )


def _action_row(action, goal_id, case, actor, at):
    entry, status, day = action.entry, action.status, clock.local_day(at)
    asked = status in _ASKED or status in _ENDED or status is S.DECLINED
    reason = ""
    if status in (S.DECLINED, S.NOT_COMPLETED, S.CANCELLED, S.BLOCKED):
        reason = f"{status.label} in the caseload sheet"
    return {
        "id": new_id(),
        "version": 1,
        "case_id": case.id,
        "goal_id": goal_id,
        "what": entry.what,
        "kind": action.kind,
        "owner_agency_id": action.agency_id,
        "owner_user_id": action.worker_id,
        "owner_name": action.owner_name,
        "by_person": False,
        "due_on": entry.due_on,
        "advocacy": Advocacy.PERSON,
        "status": status,
        "status_reason": reason,
        "asked_at": at if asked else None,
        "asked_by_id": actor.user_id if asked else None,
        "answered_at": at if asked and status is not S.REQUESTED else None,
        "ended_on": min(entry.due_on or day, day) if status in _ENDED else None,
        "clinic_talk_with": "",
        "clinic_talk_note": "",
        "last_note": "",
        "last_note_by": "",
        "created_at": at,
        "created_by_id": actor.user_id,
        "changed_at": at,
        "changed_by_id": actor.user_id,
    }


def _note(notes, action, actor):
    """What the sheet says of an action and the plan cannot hold, as a line for the lead agency alone."""
    said = []
    status = ActionStatus(action.entry.status)
    if status is not action.status and status not in (S.REQUESTED, S.PROPOSED):
        said.append(status.label)
    if action.entry.note:
        said.append(action.entry.note)
    if said:
        notes.append(f"{action.entry.what} ({action.entry.agency_text}): {'. '.join(said)}")


def _write_notes(case, notes, file_name, actor, at):
    part = ""
    for line in [*notes, None]:
        if part and (line is None or len(part) + len(line) > _NOTE):
            text = f"From the caseload sheet “{file_name}”:\n{part.strip()}"
            case_notes.write(case, actor=actor, at=at, kind=NoteKind.OTHER, text=text)
            part = ""
        if line is not None:
            part += line[: _NOTE - 1] + "\n"


def _sharing(case, day):
    return set(
        db.session.scalars(
            select(ConsentGrant.agency_id).where(ConsentGrant.case_id == case.id, scopes.in_force(today=day))
        )
    )


def _two_names(name):
    given, _, family = name.rpartition(" ")
    return (given, family) if given else (family, "")


def _many(n, thing):
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"
