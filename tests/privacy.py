"""What tests of the privacy officer's work share: entries of the access record, people, officers of other agencies."""

from datetime import UTC, datetime, time, timedelta

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import Agency, Case, Person, User
from caseapp.policy.viewer import Viewer
from caseapp.references import new_reference
from caseapp.services import audit
from caseapp.services.transaction import unit_of_work
from caseapp.vocabulary import AuditAct, CaseStatus, Role
from tests.world import LONG_AGO

#: A Thursday in working hours, long enough ago that two weeks after it are over too.
THURSDAY = datetime(2026, 10, 8, 10, 0, tzinfo=UTC)
NIGHT = datetime(2026, 10, 8, 22, 30, tzinfo=UTC)


def night_after(moment):
    """A moment in the night after that local day, when the rules look through it."""
    return clock.at_local(clock.local_day(moment) + timedelta(days=1), time(2, 0))


def officer(world, agency, name="Olu Officer-Demo", roles=Role.PRIVACY_OFFICER):
    """Another privacy officer."""
    user = User(
        agency_id=world.agencies[agency],
        name=name,
        roles=roles,
        email=f"{name.split()[0].lower()}.{agency}@agency.example",
        created_at=LONG_AGO,
    )
    db.session.add(user)
    db.session.flush()
    agency_name = db.session.get(Agency, world.agencies[agency]).name
    made = Viewer(user.id, user.agency_id, roles, name, agency_name, user.email)
    world.viewers[user.email.split("@")[0]] = made
    db.session.commit()
    return made


def people(world, count, *, lead="canal", closed_at=None, **more):
    """So many people, each with a case: (case id, person id, reference)."""
    made = []
    boss = world.declan if lead == "canal" else world.nora
    for number in range(count):
        person = Person(
            **{"given_name": "Test", "family_name": f"Person{number}"}
            | more
            | {
                "registered_by_agency_id": world.agencies[lead],
                "registered_by_id": boss.user_id,
                "registered_at": LONG_AGO,
            }
        )
        db.session.add(person)
        db.session.flush()
        case = Case(
            reference=new_reference(),
            person_id=person.id,
            lead_agency_id=world.agencies[lead],
            line_manager_id=boss.user_id,
            protocol_key="ie-homeless-drug",
            status=CaseStatus.CLOSED_OTHER if closed_at else CaseStatus.KEY_WORKING,
            opened_at=LONG_AGO,
            opened_by_id=boss.user_id,
            last_activity_at=LONG_AGO,
            closed_at=closed_at,
            close_reason="moved away" if closed_at else "",
            closed_by_id=boss.user_id if closed_at else None,
        )
        db.session.add(case)
        db.session.flush()
        made.append((case.id, person.id, case.reference))
    db.session.commit()
    return made


def looked(
    who, at, on=(None, None), *, act=AuditAct.READ, what="plan:view", ground="lead agency", detail=None
):
    """One entry of the access record: on a case and its person, or on nobody."""
    values = audit.entry(who, act, what, at=at, case_id=on[0], person_id=on[1], detail=detail)
    with unit_of_work():
        audit.write([values | {"ground": ground if on[0] else ""}])


def each(who, at, some, *, minutes=1, **more):
    """The same on each of some people, one after the other."""
    for number, one in enumerate(some):
        looked(who, at + timedelta(minutes=minutes * number), one[:2], **more)
