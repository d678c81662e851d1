"""Everything that can hang on a case and its person, a row of each at least; and the foreign case, of Northgate Probation."""

from datetime import date, timedelta

from sqlalchemy import select

from caseapp import clock
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    Action,
    ActionNote,
    CarePlan,
    Case,
    CaseAssignment,
    CaseNote,
    CaseNoteShare,
    ConsentExclusion,
    ConsentGrant,
    Event,
    Goal,
    GoalStep,
    ImportBatch,
    Need,
    Notification,
    Person,
    PersonIdentifier,
    PersonRelative,
    PersonWarning,
    PlanAgreement,
    PlanIssue,
    PlanReview,
    PlanVersion,
    SavedView,
)
from caseapp.vocabulary import (
    ActionStatus,
    AgreementRoute,
    AssignmentRole,
    Audience,
    CaseStatus,
    ConsentKind,
    ConsentStatus,
    GoalStatus,
    NeedLevel,
    NoteKind,
    RelativeRole,
    WarningKind,
)
from tests import canary_gaps, canary_rights
from tests.world import LONG_AGO

FOREIGN_REFERENCE = "52830663"


def foreign_case(world):
    mark, nora = world.mark, world.nora
    northgate = world.agencies["northgate"]
    person = Person(
        given_name="Marta",
        family_name="Lis",
        born_on=date(1991, 2, 3),
        registered_by_agency_id=northgate,
        registered_by_id=mark.user_id,
        registered_at=LONG_AGO,
    )
    db.session.add(person)
    db.session.flush()
    case = Case(
        reference=FOREIGN_REFERENCE,
        person_id=person.id,
        lead_agency_id=northgate,
        line_manager_id=nora.user_id,
        protocol_key="ie-homeless-drug",
        status=CaseStatus.CASE_MANAGED,
        opened_at=LONG_AGO,
        opened_by_id=mark.user_id,
        last_activity_at=LONG_AGO,
    )
    db.session.add(case)
    db.session.flush()
    world.foreign_case_id, world.foreign_person_id = case.id, person.id
    db.session.add(
        CaseAssignment(
            case_id=case.id,
            user_id=mark.user_id,
            role=AssignmentRole.CASE_MANAGER,
            from_at=LONG_AGO,
            given_by_id=nora.user_id,
        )
    )
    db.session.add(CarePlan(case_id=case.id, next_review_on=clock.today() + timedelta(days=9)))
    goal = Goal(
        case_id=case.id,
        number=1,
        domain="drug_use",
        status=GoalStatus.ACTIVE,
        created_at=LONG_AGO,
        created_by_id=mark.user_id,
    )
    db.session.add(goal)
    db.session.flush()
    # asked of Harbour Hostel, which has no consent here: it must not even know that Marta exists
    for owner in ("northgate", "harbour", "clinic", "canal"):
        db.session.add(
            Action(
                case_id=case.id,
                goal_id=goal.id,
                what="",
                owner_agency_id=world.agencies[owner],
                due_on=clock.today() - timedelta(days=2),
                status=ActionStatus.REQUESTED,
                created_at=LONG_AGO,
                created_by_id=mark.user_id,
                changed_at=LONG_AGO,
                changed_by_id=mark.user_id,
            )
        )
    db.session.add(
        Need(
            case_id=case.id,
            domain="accommodation",
            level=NeedLevel.HIGH,
            changed_at=LONG_AGO,
            changed_by_id=mark.user_id,
        )
    )
    db.session.flush()


def fill(world, case_id, person_id, *, lead, cm, partner):
    """One row, at least, of everything that can hang on a case or a person."""
    session = db.session
    lead_id = world.agencies[lead]
    other = world.agencies[partner or "area"]
    goal_id = session.scalars(select(Goal.id).where(Goal.case_id == case_id).order_by(Goal.number)).first()
    by = {"recorded_by_id": cm.user_id, "recorded_at": LONG_AGO}
    session.add_all(
        [
            PersonIdentifier(person_id=person_id, scheme="LINK", value=""),
            PersonRelative(person_id=person_id, name="", role=RelativeRole.PARENT, engaged=True),
            PersonWarning(person_id=person_id, kind=WarningKind.SAFETY, text="", **by),
            GoalStep(goal_id=goal_id, position=1, text="", done_on=date(2026, 10, 1)),
            PlanVersion(
                case_id=case_id,
                number=1,
                agreed_at=LONG_AGO,
                recorded_by_id=cm.user_id,
                content={"goals": []},
            ),
            PlanAgreement(
                case_id=case_id,
                number=1,
                by_person=True,
                agreed_on=date(2026, 9, 2),
                route=AgreementRoute.IN_PERSON,
                **by,
            ),
            PlanReview(case_id=case_id, held_on=date(2026, 10, 9), next_on=date(2026, 12, 9), **by),
            ConsentExclusion(case_id=case_id, agency_id=world.agencies["area"], reason="", **by),
            ConsentGrant(
                case_id=case_id,
                agency_id=world.agencies["area"],
                kind=ConsentKind.ENQUIRY_PERMISSION,
                status=ConsentStatus.WITHDRAWN,
                withdrawn_at=LONG_AGO,
                starts_on=date(2026, 9, 1),
                **by,
            ),
        ]
    )
    plan = session.get(CarePlan, case_id)
    plan.agreed_version, plan.agreed_at = 1, LONG_AGO
    for share in (False, True):
        note = CaseNote(
            case_id=case_id,
            kind=NoteKind.CONTACT,
            happened_at=LONG_AGO,
            text="",
            place="",
            author_id=cm.user_id,
            agency_id=lead_id,
            written_at=LONG_AGO,
        )
        session.add(note)
        session.flush()
        if share and partner:
            session.add(
                CaseNoteShare(note_id=note.id, agency_id=other, shared_at=LONG_AGO, shared_by_id=cm.user_id)
            )
    for issue_agency in {partner or lead, "clinic" if partner else lead}:
        session.add(
            PlanIssue(
                case_id=case_id,
                agency_id=world.agencies[issue_agency],
                raised_by_id=cm.user_id,
                raised_at=LONG_AGO,
                text="",
                answer="x",
                answered_at=LONG_AGO,
                answered_by_id=cm.user_id,
            )
        )
    for action in session.scalars(select(Action).where(Action.case_id == case_id)):
        session.add(
            ActionNote(
                action_id=action.id,
                case_id=case_id,
                at=LONG_AGO,
                author_id=cm.user_id,
                agency_id=action.owner_agency_id or lead_id,
                text="",
            )
        )
        action.last_note_at = LONG_AGO
    session.flush()
    for audience, more in (
        (Audience.LEAD, {}),
        (Audience.ALL, {}),
        (Audience.PLAN, {}),
        (Audience.AGENCY, {"for_agency_id": other}),
        *(
            (Audience.ACTION, {"action_id": a})
            for a in session.scalars(select(Action.id).where(Action.case_id == case_id))
        ),
    ):
        event_id = new_id()
        session.add(
            Event(
                id=event_id,
                case_id=case_id,
                at=clock.now(),
                actor_id=cm.user_id,
                agency_id=lead_id,
                kind="action_changed",
                summary="",
                audience=audience,
                change={"words": ["was", "is"]},
                **more,
            )
        )
        session.flush()
        for viewer in world.viewers.values():
            session.add(
                Notification(
                    user_id=viewer.user_id,
                    at=clock.now(),
                    kind="action_changed",
                    case_id=case_id,
                    event_id=event_id,
                )
            )
    session.add(
        SavedView(user_id=cm.user_id, list_name="caseload", name="", query="status=open", created_at=LONG_AGO)
    )
    session.add(
        ImportBatch(
            agency_id=lead_id,
            uploaded_by_id=cm.user_id,
            uploaded_at=clock.now(),
            file_name="",
            digest="0" * 64,
            content=b"Name\r\nCANARY-FOREIGN-sheet\r\n"
            if lead == "northgate"
            else b"Name\r\nCANARY-LEAD-sheet\r\n",
            choices={"protocol": "ie-homeless-drug"},
        )
    )
    session.flush()
    canary_gaps.fill(world, case_id, person_id, lead=lead, cm=cm, partner=partner)
    canary_rights.fill(world, case_id, person_id, lead=lead, cm=cm)
