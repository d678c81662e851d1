"""The canary world: every text field of every row holds a word that says who may read it.

`CANARY-<zone>-…`, and `MAY_READ` names the zones of each persona. Nothing outside its zones may ever reach a persona:
not on a page, in a fragment, a title, a header, an export, a print, a mail or an error (issue 2, section 8).
"""

from dataclasses import dataclass, field

from sqlalchemy import JSON, Enum, String, Text, select, update

from caseapp.extensions import db
from caseapp.models import (
    Action,
    AgencyContact,
    Base,
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
    Notification,
    Person,
    PersonIdentifier,
    PersonRelative,
    PersonWarning,
    PlanIssue,
    PlanVersion,
    SavedView,
)
from caseapp.policy import scopes
from caseapp.queries import plan_versions
from caseapp.vocabulary import ActionStatus, Audience, ConsentStatus
from tests import (
    canary_cases,
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
    "person_name_key",
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
    canary_cases.fill(world, world.case_id, world.person_id, lead="canal", cm=world.orla, partner="harbour")
    canary_cases.foreign_case(world)
    canary_cases.fill(
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
        ("foreign", world.foreign_case_id, world.foreign_person_id, canary_cases.FOREIGN_REFERENCE),
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


__all__ = ["MAY_READ", "CanaryWorld", "ConsentWithheld", "build"]
