"""The canaries of gaps and blocks, the register and grievances: rows for the world of tests/canaries.py, and their zones.

GAP: about the service, also for the agency whose action it stops. FORM: the form and the log, for its own side and the
levels above. REGISTER: what names nobody and is for all. GROUP: for those above the agencies. BETWEEN and PERSON: the
two kinds of grievance.
"""

from datetime import date

from sqlalchemy import select, update

from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    Action,
    Area,
    Escalation,
    EscalationHolding,
    EscalationNotice,
    EscalationPause,
    EscalationStep,
    GapTheme,
    GroupItem,
    GroupSitting,
    Notification,
    PersonGrievance,
    PersonGrievanceStep,
    ProviderGrievance,
    ProviderGrievanceStep,
    RegisterEntry,
)
from caseapp.vocabulary import EscalationKind, GrievanceAct, Rung, StepAct
from tests.world import LONG_AGO

#: What each persona may read beside what tests/canaries.py says.
MAY_READ = {
    "orla": {"GAP", "FORM", "PERSON"},
    "declan": {"GAP", "FORM", "BETWEEN"},
    "tomasz": {"GAP"},
    "amina": {"GAP", "PERSON"},
    "leah": {"GAP"},
    "nora": {"BETWEEN"},
    "sinead": {"GAP", "FORM", "GROUP"},
    "gearoid": {"GAP", "FORM", "GROUP"},
}
EVERYBODY = {"REGISTER"}
#: Their lines are only added to: they get their words when they are made.
WRITTEN_AT_ONCE = {"escalation_step"}
TABLES = {
    "escalation",
    "escalation_holding",
    "escalation_pause",
    "escalation_step",
    "escalation_notice",
    "gap_theme",
    "register_entry",
    "register_snapshot",
    "quarter_figures",
    "group_sitting",
    "group_item",
    "provider_grievance",
    "provider_grievance_step",
    "person_grievance",
    "person_grievance_step",
}
OF_THE_SERVICE = {"title", "service", "service_key", "concerned_name", "how"}


def fill(world, case_id, person_id, *, lead, cm, partner) -> None:
    """One gap or block of the case, with all that hangs on it; Niall's stands with the national coordinator, who is not
    told his name, the foreign one with its own manager."""
    own = partner is not None
    word = "FORM" if own else "FOREIGN"
    area_id = db.session.scalar(select(Area.id))
    at = LONG_AGO
    action_id = db.session.scalars(
        select(Action.id).where(
            Action.case_id == case_id, Action.owner_agency_id == world.agencies[partner or lead]
        )
    ).first()
    theme = db.session.scalars(select(GapTheme)).first() or GapTheme(name="", created_at=at)
    entry = RegisterEntry(
        title="",
        kind=EscalationKind.BLOCK,
        domain="accommodation",
        created_at=at,
        created_by_id=world.sinead.user_id,
        changed_at=at,
        changed_by_id=world.sinead.user_id,
    )
    db.session.add_all([theme, entry])
    db.session.flush()
    gap = Escalation(
        number=1 if own else 2,
        kind=EscalationKind.BLOCK,
        domain="accommodation",
        case_id=case_id,
        action_id=action_id,
        agency_id=world.agencies[lead],
        raised_by_id=cm.user_id,
        area_id=area_id,
        service="",
        service_key="",
        title="",
        noticed_on=date(2026, 9, 1),
        age_from=date(2026, 9, 1),
        raised_at=at,
        urgent=True,
        urgent_reason="x",
        meeting_not_convened=True,
        level=Rung.NATIONAL if own else Rung.MANAGER,
        reads_up_to=Rung.NATIONAL if own else Rung.MANAGER,
        holder_id=(world.gearoid if own else world.nora).user_id,
        held_since=at,
        paused_at=at,
        last_step_at=at,
        theme_id=theme.id,
        register_entry_id=entry.id if own else None,
    )
    db.session.add(gap)
    db.session.flush()
    rungs = [rung for rung in Rung if rung <= gap.level]
    for position, rung in enumerate(rungs):
        now = rung is gap.level
        holding = EscalationHolding(
            escalation_id=gap.id,
            position=position,
            level=rung,
            user_id=gap.holder_id if now else cm.user_id,
            from_at=at,
            starts_on=date(2026, 9, 2),
            to_at=None if now else at,
            allowed_days=5,
            due_on=date(2026, 9, 9),
            calendar="IE",
            came_by=StepAct.PASSED_UP,
        )
        db.session.add(holding)
        db.session.flush()
        for act, to_raisers in ((StepAct.PASSED_UP, True), (StepAct.CONSULTED, False)):
            label = word if not to_raisers or not own else "GAP"
            db.session.add(
                EscalationStep(
                    id=new_id(),
                    escalation_id=gap.id,
                    at=at,
                    act=act,
                    level=rung,
                    to_level=rung.above,
                    user_id=cm.user_id,
                    text=f"CANARY-{label}-step-text",
                    tried=f"CANARY-{word}-step-tried",
                    not_enough=f"CANARY-{word}-step-not-enough",
                    to_raisers=to_raisers,
                    minute=f"CANARY-{label}-step-minute",
                )
            )
    db.session.add(
        EscalationPause(
            escalation_id=gap.id,
            holding_id=holding.id,
            from_at=at,
            until_on=date(2027, 9, 1),
            reason="x",
            paused_by_id=cm.user_id,
        )
    )
    for viewer in world.viewers.values():
        notice = Notification(user_id=viewer.user_id, at=at, kind="gap", plain="GB-1: waits")
        db.session.add(notice)
        db.session.flush()
        db.session.add(EscalationNotice(notification_id=notice.id, escalation_id=gap.id))
    if own:
        _group(world, gap, area_id, at)
        _between(world, at)
    _of_person(world, case_id, person_id, world.agencies[partner or lead], cm, own, at)
    db.session.flush()


def _group(world, gap, area_id, at):
    sitting = GroupSitting(
        area_id=area_id, held_on=date(2026, 9, 20), created_at=at, created_by_id=world.sinead.user_id
    )
    db.session.add(sitting)
    db.session.flush()
    db.session.add(GroupItem(sitting_id=sitting.id, escalation_id=gap.id, position=1))


def _between(world, at):
    grievance = ProviderGrievance(
        agency_id=world.agencies["canal"],
        about_agency_id=world.agencies["northgate"],
        title="",
        what="",
        happened_on=date(2026, 9, 1),
        raised_at=at,
        raised_by_id=world.declan.user_id,
    )
    db.session.add(grievance)
    db.session.flush()
    db.session.add(
        ProviderGrievanceStep(
            grievance_id=grievance.id,
            at=at,
            user_id=world.declan.user_id,
            agency_id=world.agencies["canal"],
            act=GrievanceAct.RAISED,
        )
    )


def _of_person(world, case_id, person_id, agency_id, cm, own, at):
    grievance = PersonGrievance(
        agency_id=agency_id,
        person_id=person_id,
        case_id=case_id,
        about_user_id=world.tomasz.user_id if own else None,
        words="",
        received_on=date(2026, 9, 1),
        due_on=date(2026, 9, 29),
        recorded_at=at,
        recorded_by_id=cm.user_id,
        handler_id=(world.amina if own else world.nora).user_id,
    )
    db.session.add(grievance)
    db.session.flush()
    db.session.add(
        PersonGrievanceStep(grievance_id=grievance.id, at=at, user_id=cm.user_id, act=GrievanceAct.RAISED)
    )


def zone(world, table: str, row) -> str:
    """Who may read the words of this row."""
    if table in {"gap_theme", "register_entry", "register_snapshot", "quarter_figures"}:
        return "REGISTER"
    if table in {"group_sitting", "group_item"}:
        return "GROUP"
    if table.startswith("provider_grievance"):
        return "BETWEEN"
    if table.startswith("person_grievance"):
        one = row if table == "person_grievance" else db.session.get(PersonGrievance, row.grievance_id)
        return "FOREIGN" if one.case_id == world.foreign_case_id else "PERSON"
    gap = row if table == "escalation" else db.session.get(Escalation, row.escalation_id)
    return "FOREIGN" if gap.case_id == world.foreign_case_id else "FORM"


#: Within a gap or block, what is about the service.
NARROWER = {("escalation", name): "GAP" for name in OF_THE_SERVICE}


def keep_calendars() -> None:
    """What must stay a key of ours, whatever was written over it."""
    db.session.execute(update(EscalationHolding.__table__).values(calendar="IE"))


def ids(world, side: str) -> dict[str, list]:
    """Values for each parameter of an address."""
    case_id = world.case_id if side == "own" else world.foreign_case_id
    gaps = list(db.session.scalars(select(Escalation.id).where(Escalation.case_id == case_id)))
    found = {
        "escalation_id": gaps,
        "grievance_id": list(
            db.session.scalars(select(PersonGrievance.id).where(PersonGrievance.case_id == case_id))
        ),
        "entry_id": [],
        "sitting_id": [],
        "item_id": [],
        "way": ["up"],
        "kind": ["csv", "xlsx"],
        "theme_id": list(db.session.scalars(select(GapTheme.id))),
    }
    if side == "own":
        found["grievance_id"] += list(db.session.scalars(select(ProviderGrievance.id)))
    found["entry_id"] = list(db.session.scalars(select(RegisterEntry.id).order_by(RegisterEntry.id)))
    found["sitting_id"] = list(db.session.scalars(select(GroupSitting.id)))
    found["item_id"] = list(db.session.scalars(select(GroupItem.id)))
    return found
