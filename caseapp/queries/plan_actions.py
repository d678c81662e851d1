"""An action as the case manager edits it, and who could do it. Only for those who see the whole case."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, exists, or_, select

from caseapp.extensions import db, read
from caseapp.models import (
    Action,
    Agency,
    Case,
    CaseAgency,
    ConsentExclusion,
    ConsentGrant,
    ConsentWithheld,
    Goal,
    User,
)
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import PRACTISES, Viewer
from caseapp.queries.plan_text import MINE, bound
from caseapp.vocabulary import (
    ActionKind,
    ActionStatus,
    Advocacy,
)


@dataclass(frozen=True, slots=True)
class ActionText:
    """An action as the case manager edits it. `waits` says why it is only proposed; "" otherwise."""

    id: int
    goal_id: int
    goal_number: int
    domain: str
    what: str
    kind: ActionKind
    owner_agency_id: int | None
    agency: str | None
    owner_user_id: int | None
    worker: str | None
    owner_name: str
    by_person: bool
    start_on: date | None
    due_on: date | None
    review_on: date | None
    advocacy: Advocacy
    advocacy_until: date | None
    status: ActionStatus
    status_reason: str
    asked_at: datetime | None
    clinic_talk_on: date | None
    clinic_talk_with: str
    clinic_talk_note: str
    version: int


_ACTION = (
    select(
        Action.id,
        Action.goal_id,
        Goal.number,
        Goal.domain,
        Action.what,
        Action.kind,
        Action.owner_agency_id,
        Agency.name.label("agency"),
        Action.owner_user_id,
        User.name.label("worker"),
        Action.owner_name,
        Action.by_person,
        Action.start_on,
        Action.due_on,
        Action.review_on,
        Action.advocacy,
        Action.advocacy_until,
        Action.status,
        Action.status_reason,
        Action.asked_at,
        Action.clinic_talk_on,
        Action.clinic_talk_with,
        Action.clinic_talk_note,
        Action.version,
    )
    .join(Goal, Goal.id == Action.goal_id)
    .join(Case, Case.id == Action.case_id)
    .outerjoin(Agency, Agency.id == Action.owner_agency_id)
    .outerjoin(User, User.id == Action.owner_user_id)
    .where(*MINE)
)
_ONE_ACTION = _ACTION.where(Action.id == bindparam("action_id", type_=Id))


def action(case: CaseFile, action_id: int, *, viewer: Viewer) -> ActionText | None:
    row = db.session.execute(_ONE_ACTION, bound(case, viewer, action_id=action_id)).first()
    return row and ActionText(*row)


@dataclass(frozen=True, slots=True)
class AgencyChoice:
    """An agency that could do something: the lead, or one known on the case and not excluded. `withheld` are the domains
    that the person keeps from it."""

    id: int
    name: str
    lead: bool
    consent: bool
    withheld: frozenset[str]


_AGENCIES = (
    select(
        Agency.id,
        Agency.name,
        (Agency.id == Case.lead_agency_id).label("lead"),
        exists()
        .where(
            ConsentGrant.case_id == Case.id,
            ConsentGrant.agency_id == Agency.id,
            scopes.in_force(ConsentGrant),
        )
        .correlate(Agency, Case)
        .label("consent"),
    )
    .select_from(Case)
    .join(
        Agency,
        or_(
            Agency.id == Case.lead_agency_id,
            exists()
            .where(
                CaseAgency.case_id == Case.id,
                CaseAgency.agency_id == Agency.id,
                CaseAgency.ended_at.is_(None),
            )
            .correlate(Agency, Case),
            exists()
            .where(
                ConsentGrant.case_id == Case.id,
                ConsentGrant.agency_id == Agency.id,
                scopes.in_force(ConsentGrant),
            )
            .correlate(Agency, Case),
        ),
    )
    .where(
        *MINE,
        Agency.active,
        ~exists()
        .where(
            ConsentExclusion.case_id == Case.id,
            ConsentExclusion.agency_id == Agency.id,
            ConsentExclusion.lifted_at.is_(None),
        )
        .correlate(Agency, Case),
    )
    .order_by((Agency.id != Case.lead_agency_id), Agency.name)
)


_WITHHELD = (
    select(ConsentGrant.agency_id, ConsentWithheld.domain)
    .join(ConsentWithheld, ConsentWithheld.grant_id == ConsentGrant.id)
    .join(Case, Case.id == ConsentGrant.case_id)
    .where(*MINE, scopes.in_force(ConsentGrant))
)


def agencies(case: CaseFile, *, viewer: Viewer) -> list[AgencyChoice]:
    """The agencies of the case from which the owner of an action is chosen, the lead agency first."""
    values = bound(case, viewer)
    withheld = defaultdict(set)
    for agency_id, domain in read(_WITHHELD, values):
        withheld[agency_id].add(domain)
    return [
        AgencyChoice(row.id, row.name, bool(row.lead), bool(row.consent), frozenset(withheld[row.id]))
        for row in read(_AGENCIES, values)
    ]


def who_could(case: CaseFile, *, viewer: Viewer) -> list:
    """As `agencies`, without what the person keeps from each: rows of id, name, lead, consent."""
    return read(_AGENCIES, bound(case, viewer))


def workers(agency_ids: list[int]) -> list:
    """Who works with people in these agencies: rows of id, name, agency_id."""
    return db.session.execute(
        select(User.id, User.name, User.agency_id)
        .where(
            User.agency_id.in_(agency_ids),
            User.disabled_at.is_(None),
            User.roles.op("&")(int(PRACTISES)) != 0,
        )
        .order_by(User.name, User.id)
    ).all()
