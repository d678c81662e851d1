"""A small standing world for tests: two agencies that share, one that does not, one case, a dozen people.

`world.niall` is Niall's case (a CaseRow with id, reference, person_id …). `world.orla` and the others are Viewers.
Every text that belongs to one agency or to the lead alone holds a canary word that nobody else may ever read.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import (
    Action,
    Agency,
    Area,
    CarePlan,
    Case,
    CaseAgency,
    CaseAssignment,
    ConsentGrant,
    Goal,
    Need,
    Person,
    User,
    UserArea,
)
from caseapp.policy import scopes
from caseapp.policy.viewer import Viewer
from caseapp.services import people, sessions
from caseapp.vocabulary import (
    ActionStatus,
    AgencyKind,
    AreaKind,
    AssignmentRole,
    CaseStatus,
    ConsentKind,
    ConsentStatus,
    GoalStatus,
    NeedLevel,
    PlanStatus,
    Role,
)

LONG_AGO = datetime(2026, 9, 2, 9, 0, tzinfo=UTC)


@dataclass
class World:
    """Who and what there is; ids are plain integers."""

    agencies: dict[str, int] = field(default_factory=dict)
    viewers: dict[str, Viewer] = field(default_factory=dict)
    case_id: int = 0
    reference: str = "41729304"
    person_id: int = 0
    goals: dict[str, int] = field(default_factory=dict)
    actions: dict[str, int] = field(default_factory=dict)
    grants: dict[str, int] = field(default_factory=dict)

    def __getattr__(self, name):
        viewers = self.__dict__.get("viewers", {})
        if name in viewers:
            return viewers[name]
        raise AttributeError(name)

    def case_for(self, viewer) -> scopes.CaseFile:
        """Niall's case as this viewer may know it; None if not at all."""
        return scopes.find_case(viewer, self.reference)


STAFF = (
    # key, agency, name, roles
    ("orla", "canal", "Orla Keaveney", Role.WORKER),
    ("shauna", "canal", "Shauna Begley", Role.WORKER),
    ("declan", "canal", "Declan Moyne", Role.LINE_MANAGER),
    ("femi", "canal", "Femi Adeyemi", Role.PRIVACY_OFFICER),
    ("ciara", "canal", "Ciara Doyle-Demo", Role.AGENCY_ADMIN),
    ("tomasz", "harbour", "Tomasz Wilk", Role.WORKER),
    ("amina", "harbour", "Amina Yusuf", Role.WORKER | Role.LINE_MANAGER),
    ("brid", "harbour", "Bríd Colgan", Role.AGENCY_ADMIN),
    ("leah", "clinic", "Leah Quigg", Role.WORKER),
    ("mark", "northgate", "Mark Ellery", Role.WORKER),
    ("nora", "northgate", "Nora Stand-In", Role.LINE_MANAGER),
    ("sinead", "area", "Sinéad Varley", Role.COORDINATOR),
    ("gearoid", "area", "Gearóid Ashe", Role.NATIONAL_COORDINATOR),
    ("root", "area", "Rory Systems-Demo", Role.SYSTEM_ADMIN),
)

AGENCIES = (
    ("canal", "Canal Street Drug Service", AgencyKind.DRUG_SERVICE),
    ("harbour", "Harbour Hostel", AgencyKind.HOMELESS_SERVICE),
    ("clinic", "Mill Road Clinic", AgencyKind.PRESCRIBING_CLINIC),
    ("northgate", "Northgate Probation", AgencyKind.PROBATION),
    ("area", "Area Office", AgencyKind.COORDINATION),
)


def build() -> World:
    """Write the world into an empty database and commit it."""
    world = World()
    session = db.session
    area = Area(name="Liffey North", kind=AreaKind.LOCAL)
    session.add(area)
    session.flush()
    for key, name, kind in AGENCIES:
        agency = Agency(
            name=name, kind=kind, area_id=area.id, phone="020 915 0142", protocols_signed_on=date(2026, 1, 5)
        )
        session.add(agency)
        session.flush()
        world.agencies[key] = agency.id
    for key, agency, name, roles in STAFF:
        user = User(
            agency_id=world.agencies[agency],
            name=name,
            roles=roles,
            email=f"{key}@{agency}.example",
            phone="020 915 0142",
            created_at=LONG_AGO,
        )
        session.add(user)
        session.flush()
        agency_name = next(n for k, n, _ in AGENCIES if k == agency)
        world.viewers[key] = Viewer(user.id, user.agency_id, roles, name, agency_name, user.email, False)
    session.add(UserArea(user_id=world.viewers["sinead"].user_id, area_id=area.id))
    canal = world.agencies["canal"]
    orla = world.viewers["orla"]
    declan = world.viewers["declan"]

    person = Person(
        given_name="Niall",
        family_name="Rafter",
        born_on=date(1989, 5, 11),
        phone="020 915 0199",
        safe_contact="text first, after 10:00 CANARY-LEAD-safe",
        address="CANARY-LEAD-address",
        registered_by_agency_id=canal,
        registered_by_id=orla.user_id,
        registered_at=LONG_AGO,
    )
    session.add(person)
    session.flush()
    people.index_names(person)
    case = Case(
        reference=world.reference,
        person_id=person.id,
        lead_agency_id=canal,
        line_manager_id=declan.user_id,
        protocol_key="ie-homeless-drug",
        status=CaseStatus.CASE_MANAGED,
        opened_at=LONG_AGO,
        opened_by_id=orla.user_id,
        first_contact_on=date(2026, 9, 1),
        commitment_ends_on=date(2027, 3, 2),
        last_activity_at=LONG_AGO,
    )
    session.add(case)
    session.flush()
    world.case_id, world.person_id = case.id, person.id
    session.add(
        CaseAssignment(
            case_id=case.id,
            user_id=orla.user_id,
            role=AssignmentRole.CASE_MANAGER,
            from_at=LONG_AGO,
            given_by_id=declan.user_id,
        )
    )
    today = clock.today()
    session.add(
        CarePlan(
            case_id=case.id,
            status=PlanStatus.DRAFT,
            contingency="CANARY-LEAD-contingency Niall rings Tomasz first",
            next_review_on=today + timedelta(days=18),
        )
    )
    for key, full in (("harbour", False), ("clinic", True)):
        session.add(CaseAgency(case_id=case.id, agency_id=world.agencies[key], known_on=date(2026, 9, 2)))
        grant = ConsentGrant(
            case_id=case.id,
            agency_id=world.agencies[key],
            kind=ConsentKind.INFORMATION_SHARING,
            status=ConsentStatus.ACTIVE,
            full_plan=full,
            purpose="housing support" if key == "harbour" else "prescribing",
            starts_on=date(2026, 9, 2),
            expires_on=today + timedelta(days=100),
            talked_on=date(2026, 9, 2),
            talked_by_id=orla.user_id,
            understood=True,
            copy_given=True,
            recorded_at=LONG_AGO,
            recorded_by_id=orla.user_id,
        )
        session.add(grant)
        session.flush()
        world.grants[key] = grant.id
    session.add(CaseAgency(case_id=case.id, agency_id=world.agencies["northgate"], known_on=date(2026, 9, 2)))
    session.add(
        Need(
            case_id=case.id,
            domain="accommodation",
            level=NeedLevel.HIGH,
            priority=1,
            situation="CANARY-LEAD-situation",
            changed_at=LONG_AGO,
            changed_by_id=orla.user_id,
        )
    )
    for number, (key, domain, words) in enumerate(
        (
            ("home", "accommodation", "I want a key of my own and a door that shuts. CANARY-GOAL-home"),
            ("drugs", "drug_use", "I don’t want to wake up sick any more. CANARY-GOAL-drugs"),
        ),
        1,
    ):
        goal = Goal(
            case_id=case.id,
            number=number,
            domain=domain,
            words=words,
            measure="CANARY-LEAD-measure",
            priority=number,
            status=GoalStatus.ACTIVE,
            made_with_person=True,
            created_at=LONG_AGO,
            created_by_id=orla.user_id,
        )
        session.add(goal)
        session.flush()
        world.goals[key] = goal.id
    for key, goal, owner, worker, what, status in (
        (
            "letter",
            "home",
            "harbour",
            "tomasz",
            "Send the housing support letter CANARY-HARBOUR-letter",
            "accepted",
        ),
        ("bed", "home", "harbour", None, "Keep the bed CANARY-HARBOUR-bed", "requested"),
        ("dose", "drugs", "clinic", "leah", "Review the dose CANARY-CLINIC-dose", "in_progress"),
        ("keywork", "drugs", "canal", "orla", "Key work hour each week CANARY-LEAD-keywork", "in_progress"),
        ("detox", "drugs", "canal", "orla", "Refer to detox CANARY-LEAD-detox", "proposed"),
        ("probation", "home", "northgate", "mark", "Move supervision CANARY-NORTHGATE-thursday", "requested"),
    ):
        action = Action(
            case_id=case.id,
            goal_id=world.goals[goal],
            what=what,
            owner_agency_id=world.agencies[owner],
            owner_user_id=worker and world.viewers[worker].user_id,
            due_on=today - timedelta(days=5) if key == "letter" else today + timedelta(days=10),
            status=ActionStatus(status),
            asked_at=LONG_AGO,
            asked_by_id=orla.user_id,
            created_at=LONG_AGO,
            created_by_id=orla.user_id,
            changed_at=LONG_AGO,
            changed_by_id=orla.user_id,
        )
        session.add(action)
        session.flush()
        world.actions[key] = action.id
    session.commit()
    return world


def sign_in(client, viewer) -> None:
    """Let this test browser be the viewer: a real session row, without the cost of the password."""
    token = sessions.begin(viewer.user_id, at=clock.now(), lasts=timedelta(hours=12))
    with client.session_transaction() as cookie:
        cookie.clear()
        cookie["_user_id"] = token


@pytest.fixture
def world(app, database, db_session):
    """The standing world, committed."""
    return database.kept("world", build) if hasattr(database, "kept") else build()


@pytest.fixture
def as_(app, world, db_session):
    """as_("orla") is a test browser in which Orla is signed in."""

    def browser(name):
        client = app.test_client()
        sign_in(client, world.viewers[name])
        return client

    return browser
