"""For tests of lists of work: cases and actions made and changed in a line, and what a page says counted."""

import re

from sqlalchemy import event

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import Action, CarePlan, Case, CaseAssignment, ConsentGrant, Goal, Person
from caseapp.services import events
from caseapp.vocabulary import ActionStatus, AssignmentRole, Audience, CaseStatus, ConsentStatus, GoalStatus
from tests.world import LONG_AGO

LEAD_PAGES = ("/caseload", "/caseload.csv", "/our-actions?whose=all", "/our-actions.csv?whose=all", "/news")


def canaries(text):
    return set(re.findall(r"CANARY-([A-Z]+)-", text))


def withdraw(world, agency):
    grant = db.session.get(ConsentGrant, world.grants[agency])
    grant.status, grant.withdrawn_at = ConsentStatus.WITHDRAWN, clock.now()
    db.session.commit()


def add_case(world, at=0, *, manager="orla", status=CaseStatus.CASE_MANAGED, name=None, review=None):
    """One more case of Canal Street, with a goal; returns (case_id, goal_id)."""
    orla, declan = world.orla, world.declan
    person = Person(
        given_name=name or f"Person{at:04}",
        family_name="Extra",
        registered_by_agency_id=orla.agency_id,
        registered_by_id=orla.user_id,
        registered_at=LONG_AGO,
    )
    db.session.add(person)
    db.session.flush()
    case = Case(
        reference=f"{at:08}",
        person_id=person.id,
        lead_agency_id=orla.agency_id,
        line_manager_id=declan.user_id,
        protocol_key="ie-homeless-drug",
        status=status,
        opened_at=LONG_AGO,
        opened_by_id=orla.user_id,
        last_activity_at=LONG_AGO,
    )
    db.session.add(case)
    db.session.flush()
    goal = Goal(
        case_id=case.id,
        number=1,
        domain="accommodation",
        words="w",
        status=GoalStatus.ACTIVE,
        created_at=LONG_AGO,
        created_by_id=orla.user_id,
    )
    db.session.add_all([goal, CarePlan(case_id=case.id, next_review_on=review)])
    if manager:
        db.session.add(
            CaseAssignment(
                case_id=case.id,
                user_id=world.viewers[manager].user_id,
                role=AssignmentRole.CASE_MANAGER,
                from_at=LONG_AGO,
                given_by_id=declan.user_id,
            )
        )
    db.session.flush()
    return case.id, goal.id


def add_action(world, case_id, goal_id, *, owner="canal", worker=None, status="accepted", due=None, **more):
    action = Action(
        case_id=case_id,
        goal_id=goal_id,
        what=more.pop("what", "Do it"),
        owner_agency_id=world.agencies[owner],
        owner_user_id=worker and world.viewers[worker].user_id,
        due_on=due,
        status=ActionStatus(status),
        asked_at=LONG_AGO,
        asked_by_id=world.orla.user_id,
        created_at=LONG_AGO,
        created_by_id=world.orla.user_id,
        changed_at=more.pop("changed_at", LONG_AGO),
        changed_by_id=world.orla.user_id,
        **more,
    )
    db.session.add(action)
    db.session.flush()
    return action.id


def change(world, key, *, by="orla", at=None, **values):
    """Somebody changes an action, with the event that plan's use cases write."""
    at = at or clock.now()
    action = db.session.get(Action, world.actions[key])
    action.changed_at = at
    case = world.case_for(world.viewers[by])
    events.happened(
        case,
        "action_changed",
        "By when changed",
        actor=world.viewers[by],
        at=at,
        audience=Audience.ACTION,
        action_id=action.id,
        goal_id=action.goal_id,
        change=values.get("change", {"by when": ["25 Nov", "2 Dec 2026"]}),
        tell_agency_id=action.owner_agency_id,
    )
    db.session.commit()


class Counting:
    """How many statements run inside."""

    def __enter__(self):
        self.count = 0
        event.listen(db.engine, "after_cursor_execute", self._one)
        return self

    def _one(self, *_):
        self.count += 1

    def __exit__(self, *_):
        event.remove(db.engine, "after_cursor_execute", self._one)
