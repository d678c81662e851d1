"""The canary world: every text field of every row holds a word that says who may read it.

`CANARY-<zone>-…`, and `MAY_READ` names the zones of each persona. Nothing outside its zones may ever reach a persona:
not on a page, in a fragment, a title, a header, an export, a print, a mail or an error (issue 2, section 8).
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import JSON, Enum, String, Text, select, update

from caseapp import clock
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    Action,
    ActionNote,
    AgencyContact,
    Base,
    CarePlan,
    Case,
    CaseAgency,
    CaseAssignment,
    CaseNote,
    CaseNoteShare,
    ConsentExclusion,
    ConsentGrant,
    ConsentWithheld,
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
from caseapp.policy import scopes
from caseapp.queries import plan_versions
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
from tests import (
    canary_doors,
    canary_gaps,
    canary_meetings,
    canary_privacy,
    canary_reading,
    canary_restricted,
    canary_rights,
    canary_transfers,
)
from tests import world as standing
from tests.world import LONG_AGO

FOREIGN_REFERENCE = "52830663"

#: Who may read which zones. LEAD: those who hold Niall's plan; PLAN: also the clinic with consent to all of it; NAME:
#: anyone in it; HARBOUR, CLINIC: that agency's own part; SHARED: a note shared with Harbour; FOREIGN: another agency's
#: case altogether; STAFF: an agency's own staff matters are in no zone, they hold no canary.
MAY_READ = {
    "orla": {"LEAD", "PLAN", "NAME", "HARBOUR", "CLINIC", "SHARED", "CANAL", "NORTHGATE"},
    "declan": {"LEAD", "PLAN", "NAME", "HARBOUR", "CLINIC", "SHARED", "CANAL", "NORTHGATE"},
    "shauna": {"NAME", "CANAL"},
    "tomasz": {"NAME", "HARBOUR", "SHARED"},
    "amina": {"NAME", "HARBOUR", "SHARED"},
    "leah": {"NAME", "PLAN", "CLINIC", "HARBOUR", "NORTHGATE", "CANAL"},
    "mark": {"FOREIGN"},
    "nora": {"FOREIGN"},
    "femi": set(),
    "ciara": set(),
    "brid": set(),
    "sinead": set(),
    "gearoid": set(),
    "root": set(),
    "dervla": set(),
    "esme": set(),
}

for _who in MAY_READ:
    MAY_READ[_who] |= canary_doors.MAY_READ.get(_who, set())
    MAY_READ[_who] |= canary_gaps.MAY_READ.get(_who, set()) | canary_gaps.EVERYBODY
    MAY_READ[_who] |= canary_meetings.MAY_READ.get(_who, set())
    MAY_READ[_who] |= canary_reading.MAY_READ.get(_who, set())
    MAY_READ[_who] |= canary_rights.MAY_READ.get(_who, set())
    MAY_READ[_who] |= canary_restricted.MAY_READ.get(_who, set())
    MAY_READ[_who] |= canary_privacy.MAY_READ.get(_who, set())
    MAY_READ[_who] |= canary_transfers.MAY_READ.get(_who, set())

#: Columns that hold no words about anyone: keys, codes, hashes, addresses of machines.
TECHNICAL = {
    "reference",
    "protocol_key",
    "domain",
    "kind",
    "status",
    "scheme",
    "list_name",
    "query",
    "digest",
    "trigram",
    "token_hash",
    "password_hash",
    "dedupe",
    "key",
    "ground",
    "plain",  # the sentence of a notice about no record, written in our code: it never holds anybody's words
}
#: Tables that are about agencies and staff, which every signed-in person may look up, or that have their own tests.
OUTSIDE = {
    "agency",
    "agency_contact",
    "agency_setting",
    "area",
    "user",
    "user_area",
    "user_session",
    "one_time_link",
    "attempt",
    "authenticator",
    "recovery_code",
    "security_key",
    "challenge",
    "directory_account",
    "agency_sign_in",
    "email_change",
    "person_trigram",
    "audit_entry",
    "job_run",
    "outbox_message",
    "submission",
    "consent_withheld",
    "alembic_version",
}


@dataclass
class CanaryWorld(standing.World):
    """The standing world and a second, foreign case led by Northgate Probation; `ids` by parameter name."""

    foreign_case_id: int = 0
    foreign_person_id: int = 0
    ids: dict[str, dict[str, list]] = field(default_factory=dict)


def build() -> CanaryWorld:
    """Write it all and commit it."""
    small = standing.build()
    world = CanaryWorld(**vars(small))
    session = db.session
    canary_doors.staff(world)
    _fill(world, world.case_id, world.person_id, lead="canal", cm=world.orla, partner="harbour")
    _foreign_case(world)
    _fill(
        world, world.foreign_case_id, world.foreign_person_id, lead="northgate", cm=world.mark, partner=None
    )
    session.flush()
    canary_reading.fill(world)
    _write_canaries(world)
    canary_restricted.fill(world)
    canary_transfers.fill(world)
    looked_into = canary_privacy.fill(world)
    meetings = canary_meetings.fill(world)
    doors = canary_doors.fill(world)
    session.commit()
    world.ids = {
        side: values | meetings[side] | looked_into[side] | doors[side]
        for side, values in _ids(world).items()
    }
    return world


def _foreign_case(world):
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


def _fill(world, case_id, person_id, *, lead, cm, partner):
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


def zone(world, table: str, row) -> str:
    """Who may read the words of this row."""
    if table in canary_gaps.TABLES:
        return canary_gaps.zone(world, table, row)
    case_id = getattr(row, "case_id", None) or (row.id if table == "case" else None)
    person_id = getattr(row, "person_id", None) or (row.id if table == "person" else None)
    if case_id == world.foreign_case_id or person_id == world.foreign_person_id:
        return "FOREIGN"
    if table in {"saved_view", "import_batch"}:
        owner = getattr(row, "user_id", None) or row.uploaded_by_id
        return "FOREIGN" if owner == world.mark.user_id else "LEAD"
    agency = {v: k.upper() for k, v in world.agencies.items()}
    if table == "action":
        return agency[row.owner_agency_id] if row.status != ActionStatus.PROPOSED else "PLAN"
    if table == "action_note":
        return zone(world, "action", db.session.get(Action, row.action_id))
    if table == "consent_grant":
        return agency[row.agency_id] if row.status == ConsentStatus.ACTIVE else "LEAD"
    if table == "plan_issue":
        return agency[row.agency_id]
    if table == "case_note":
        shared = db.session.scalar(select(CaseNoteShare.agency_id).where(CaseNoteShare.note_id == row.id))
        return "SHARED" if shared else "LEAD"
    if table == "event":
        if row.audience is Audience.ACTION:
            return zone(world, "action", db.session.get(Action, row.action_id))
        return {Audience.LEAD: "LEAD", Audience.ALL: "NAME", Audience.PLAN: "PLAN"}.get(
            row.audience, agency.get(row.for_agency_id)
        )
    if table == "goal_step":
        return zone(world, "goal", db.session.get(Goal, row.goal_id))
    if table == "goal":
        return "NAME" if row.case_id == world.case_id else "FOREIGN"
    if table == "care_plan":
        return "PLAN"
    return "LEAD"


#: Within a row that more people may read, the columns that stay with those who hold the plan.
NARROWER = (
    canary_gaps.NARROWER
    | canary_doors.NARROWER
    | {
        ("goal", "title"): "PLAN",
        ("goal", "measure"): "PLAN",
        ("goal", "made_without_reason"): "LEAD",
        ("goal", "ended_reason"): "PLAN",
        ("goal_step", "text"): "PLAN",
        ("consent_grant", "left_out"): "LEAD",
        ("consent_grant", "verbal_reason"): "LEAD",
        ("consent_grant", "giver_authority"): "LEAD",
        ("consent_grant", "giver_name"): "LEAD",
        ("consent_grant", "interpreter"): "LEAD",
        ("consent_grant", "withdrawn_how"): "LEAD",
        ("consent_grant", "ended_reason"): "LEAD",
        ("action", "clinic_talk_note"): "PLAN",
        ("action", "clinic_talk_with"): "PLAN",
        ("care_plan", "no_contingency_reason"): "LEAD",
        ("care_plan", "budget_source"): "LEAD",
    }
)


def _write_canaries(world):
    """Put the word into every text column of every row about people."""
    for mapper in Base.registry.mappers:
        table = mapper.local_table
        if (
            table.name
            in OUTSIDE
            | canary_gaps.WRITTEN_AT_ONCE
            | canary_meetings.TABLES
            | canary_reading.TABLES
            | canary_restricted.TABLES
            | canary_doors.TABLES
            | canary_privacy.TABLES
            | canary_rights.TABLES
            | canary_transfers.TABLES
        ):
            continue
        columns = [
            c
            for c in table.columns
            if isinstance(c.type, String | Text)
            and not isinstance(c.type, Enum | JSON)
            and c.name not in TECHNICAL
        ]
        for row in db.session.scalars(select(mapper.class_)).all():
            where = zone(world, table.name, row)
            values = {}
            for column in columns:
                if table.name == "person" and column.name in {"given_name", "family_name"}:
                    continue
                narrow = NARROWER.get((table.name, column.name))
                label = narrow if narrow and where != "FOREIGN" else where
                if table.name == "plan_version" and column.name == "content":
                    continue
                room = getattr(column.type, "length", None) or 200
                values[column.name] = f"CANARY-{label}-{table.name}-{column.name}"[:room]
            if values:
                keys = {c.name: getattr(row, c.key) for c in table.primary_key}
                statement = update(table).values(values)
                for name, value in keys.items():
                    statement = statement.where(table.c[name] == value)
                db.session.execute(statement)
    canary_gaps.keep_calendars()
    db.session.flush()
    for case_id, label, who in (
        (world.case_id, "LEAD", world.orla),
        (world.foreign_case_id, "FOREIGN", world.mark),
    ):
        db.session.execute(
            update(PlanVersion.__table__)
            .where(PlanVersion.__table__.c.case_id == case_id)
            .values(content=_kept(scopes.find_case_by_id(who, case_id), who, label))
        )
    names = {world.person_id: "NAME", world.foreign_person_id: "FOREIGN"}
    for person_id, label in names.items():
        db.session.execute(
            update(Person.__table__)
            .where(Person.__table__.c.id == person_id)
            .values(given_name=f"CANARY-{label}-person", known_as="")
        )
    event = Event.__table__
    for row in db.session.execute(select(event.c.id, event.c.summary)).all():
        label = row.summary.split("-")[1]
        db.session.execute(
            update(event)
            .where(event.c.id == row.id)
            .values(change={"words": [f"CANARY-{label}-was", f"CANARY-{label}-is"]})
        )
    db.session.expire_all()


def _kept(case, who, label) -> dict:
    """The plan as an agreed version keeps it, with words that only those who hold the plan may read."""
    content = plan_versions.snapshot(case, viewer=who)
    content["head"]["strengths"] = f"CANARY-{label}-version"
    for goal in content["goals"]:
        goal["words"] = goal["measure"] = f"CANARY-{label}-version"
        for action in goal["actions"]:
            action["what"] = f"CANARY-{label}-version"
    return content


def _ids(world) -> dict[str, dict[str, list]]:
    """Values for each parameter of an address: those of Niall's case (`own`) and of the foreign one (`foreign`)."""

    def of(model, case_id):
        return list(db.session.scalars(select(model.id).where(model.case_id == case_id)))

    found = {}
    for side, case_id, person_id, reference in (
        ("own", world.case_id, world.person_id, world.reference),
        ("foreign", world.foreign_case_id, world.foreign_person_id, FOREIGN_REFERENCE),
    ):
        goals = of(Goal, case_id)
        found[side] = {
            "reference": [reference],
            "case_id": [case_id],
            "person_id": [person_id],
            "action_id": of(Action, case_id),
            "goal_id": goals,
            "step_id": list(db.session.scalars(select(GoalStep.id).where(GoalStep.goal_id.in_(goals)))),
            "grant_id": of(ConsentGrant, case_id),
            "exclusion_id": of(ConsentExclusion, case_id),
            "note_id": of(CaseNote, case_id),
            "issue_id": of(PlanIssue, case_id),
            "row_id": of(CaseAgency, case_id),
            "part_id": of(CaseAssignment, case_id),
            "which": ["lost"],
            "number": [1],
            "domain": ["accommodation", "drug_use"],
            "relative_id": list(
                db.session.scalars(select(PersonRelative.id).where(PersonRelative.person_id == person_id))
            ),
            "warning_id": list(
                db.session.scalars(select(PersonWarning.id).where(PersonWarning.person_id == person_id))
            ),
            "number_id": list(
                db.session.scalars(select(PersonIdentifier.id).where(PersonIdentifier.person_id == person_id))
            ),
            "agency_id": [world.agencies["harbour"], world.agencies["northgate"]],
            "user_id": [world.orla.user_id, world.tomasz.user_id, world.mark.user_id],
            "area_id": [db.session.scalar(select(Base.metadata.tables["area"].c.id))],
            "contact_id": list(db.session.scalars(select(AgencyContact.id))) or [1],
            "batch_id": list(
                db.session.scalars(
                    select(ImportBatch.id).where(
                        ImportBatch.agency_id == world.agencies["canal" if side == "own" else "northgate"]
                    )
                )
            ),
            "view_id": list(
                db.session.scalars(
                    select(SavedView.id).where(
                        SavedView.user_id == (world.orla if side == "own" else world.mark).user_id
                    )
                )
            ),
            "notification_id": of(Notification, case_id)[:5],
            "token": ["x" * 43],
            "session_key": ["0" * 16],
            "key": ["protocol"],
            "key_id": [],
            "list_name": ["caseload"],
            "name": ["help"],
            "filename": ["app.css"],
            **canary_gaps.ids(world, side),
            **canary_reading.ids(world, side),
            **canary_restricted.ids(world, side),
            **canary_rights.ids(world, side),
            **canary_transfers.ids(world, side),
        }
    return found


__all__ = ["FOREIGN_REFERENCE", "MAY_READ", "CanaryWorld", "ConsentWithheld", "build"]
