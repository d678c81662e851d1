"""The canaries of the doors of a case, and two more people: rows for the world of tests/canaries.py.

Dervla is key worker of Niall's case, line manager of the lead agency, at the table of nothing, and shut out of him: she
reads nothing of him at all. Esme of a night shelter that nobody knows of has his record open in an emergency: the essentials and nothing else.

DOORS: why somebody is shut out, and what a colleague asked, read by who answers for the case. ASKED: what Shauna asked.
CONFLICT: what Canal's administrator recorded by reference. EMERG: why a record was opened, read by the privacy officer.
SAFETY and CRISIS: what the page for an emergency shows beside the plan.
"""

from datetime import date, timedelta

from sqlalchemy import select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import (
    AccessDenial,
    AccessDenialStep,
    AccessRequest,
    Agency,
    Area,
    CaseAssignment,
    EmergencyAccess,
    EmergencyReview,
    EmergencyRight,
    Notification,
    User,
)
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import (
    AgencyKind,
    AssignmentRole,
    DenialAct,
    DenialGround,
    EmergencyOutcome,
    EmergencyReason,
    Role,
)
from tests.world import LONG_AGO

STAFF = (
    ("dervla", "canal", "Dervla Shut-Out", Role.WORKER | Role.LINE_MANAGER),
    ("esme", "quay", "Esme Night-Worker", Role.WORKER),
)
MAY_READ = {
    "orla": {"DOORS", "SAFETY", "CRISIS"},
    "declan": {"DOORS", "SAFETY", "CRISIS", "CONFLICT"},
    "leah": {"CRISIS"},
    "shauna": {"ASKED"},
    "ciara": {"CONFLICT"},
    "femi": {"EMERG"},
    "esme": {"NAME", "SAFETY", "CRISIS", "CANAL", "HARBOUR", "CLINIC", "NORTHGATE"},
    "dervla": {"BETWEEN", "CONFLICT"},
}
MAY_READ["orla"] |= {"ASKED"}
MAY_READ["declan"] |= {"ASKED"}
TABLES = {
    "access_denial",
    "access_denial_step",
    "access_request",
    "emergency_right",
    "emergency_access",
    "emergency_review",
}
#: What the page for an emergency shows of rows whose other words stay with those who hold the plan.
NARROWER = {
    ("person", "phone"): "SAFETY",
    ("person", "address"): "SAFETY",
    ("person", "safe_contact"): "SAFETY",
    ("person", "language"): "SAFETY",
    ("person", "access_needs"): "SAFETY",
    ("person_warning", "text"): "SAFETY",
    ("person_relative", "name"): "SAFETY",
    ("person_relative", "phone"): "SAFETY",
    ("person_relative", "may_be_told"): "SAFETY",
    ("need", "situation"): "SAFETY",
    ("care_plan", "contingency"): "CRISIS",
}


def staff(world) -> None:
    """The two, before anything is written about cases."""
    quay = Agency(
        name="Quay Night Shelter",
        kind=AgencyKind.HOMELESS_SERVICE,
        area_id=db.session.scalar(select(Area.id)),
        protocols_signed_on=date(2026, 1, 5),
    )
    db.session.add(quay)
    db.session.flush()
    world.agencies["quay"] = quay.id
    for key, agency, name, roles in STAFF:
        user = User(
            agency_id=world.agencies[agency],
            name=name,
            roles=roles,
            email=f"{key}@{agency}.example",
            created_at=LONG_AGO,
        )
        db.session.add(user)
        db.session.flush()
        world.viewers[key] = Viewer(user.id, user.agency_id, roles, name, agency, user.email, False)


def fill(world) -> dict[str, dict[str, list]]:
    """Rows for Niall's case and for the foreign one; the ids by parameter."""
    now = clock.now()
    dervla, esme = world.viewers["dervla"], world.viewers["esme"]
    db.session.add(
        CaseAssignment(
            case_id=world.case_id,
            user_id=dervla.user_id,
            role=AssignmentRole.KEY_WORKER,
            from_at=LONG_AGO,
            given_by_id=world.declan.user_id,
        )
    )
    db.session.add(Notification(user_id=dervla.user_id, at=now, kind="action_changed", case_id=world.case_id))
    ids = {"own": {}, "foreign": {}}
    for side, who, by, person_id, zone, reference in (
        ("own", dervla, world.orla, world.person_id, "DOORS", ""),
        ("own", world.tomasz, world.ciara, None, "CONFLICT", "10000022"),
        ("foreign", dervla, world.mark, world.foreign_person_id, "FOREIGN", ""),
    ):
        row = AccessDenial(
            user_id=who.user_id if zone != "CONFLICT" else world.shauna.user_id,
            agency_id=who.agency_id if zone != "CONFLICT" else world.shauna.agency_id,
            person_id=person_id,
            reference=reference,
            ground=DenialGround.FAMILY,
            reason=f"CANARY-{zone}-denial",
            set_at=LONG_AGO,
            set_by_id=by.user_id,
            set_by_agency_id=by.agency_id,
            looked_at=LONG_AGO,
        )
        db.session.add(row)
        db.session.flush()
        db.session.add(
            AccessDenialStep(
                denial_id=row.id,
                at=LONG_AGO,
                user_id=by.user_id,
                act=DenialAct.SET,
                text=f"CANARY-{zone}-denial-step",
            )
        )
        ids[side].setdefault("denial_id", []).append(row.id)
    for side, case_id, who, zone in (
        ("own", world.case_id, world.shauna, "ASKED"),
        ("foreign", world.foreign_case_id, world.nora, "FOREIGN"),
    ):
        row = AccessRequest(
            asker_id=who.user_id,
            agency_id=who.agency_id,
            case_id=case_id,
            purpose=f"CANARY-{zone}-purpose",
            needed_until=clock.today() + timedelta(days=9),
            asked_at=now,
            lapses_on=clock.today() + timedelta(days=21),
        )
        db.session.add(row)
        db.session.flush()
        ids[side]["request_id"] = [row.id]
    db.session.add(
        EmergencyRight(
            user_id=esme.user_id, given_at=LONG_AGO, given_by_id=world.root.user_id, reason="On call"
        )
    )
    for side, case_id, lead, who, zone, over in (
        ("own", world.case_id, "canal", esme, "EMERG", False),
        ("foreign", world.foreign_case_id, "northgate", world.tomasz, "FOREIGN", True),
    ):
        row = EmergencyAccess(
            user_id=who.user_id,
            agency_id=who.agency_id,
            case_id=case_id,
            lead_agency_id=world.agencies[lead],
            kind=EmergencyReason.LIFE,
            reason=f"CANARY-{zone}-emergency",
            found_by="case reference",
            opened_at=now if not over else LONG_AGO,
            ends_at=(now if not over else LONG_AGO) + timedelta(hours=12),
            ended_at=LONG_AGO if over else None,
            review_due_on=clock.today(),
        )
        db.session.add(row)
        db.session.flush()
        db.session.add(
            EmergencyReview(
                access_id=row.id,
                at=now,
                user_id=world.femi.user_id,
                outcome=EmergencyOutcome.JUSTIFIED,
                text=f"CANARY-{zone}-emergency-review",
            )
        )
        ids[side]["emergency_id"] = [row.id]
    db.session.flush()
    return ids
