"""Reads about consent: what stands with each agency, what withdrawing would do, what was shared with whom."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import and_, bindparam, func, or_, select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import (
    Action,
    Agency,
    AuditEntry,
    Case,
    CaseAgency,
    ConsentExclusion,
    ConsentGrant,
    ConsentWithheld,
    Goal,
    Need,
    Person,
    User,
)
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import OPEN_ACTIONS, AuditAct, ConsentKind, ConsentStatus, NeedLevel

_CASE = bindparam("case_id", type_=Id)


@dataclass(frozen=True, slots=True)
class GrantRow:
    """One row of consent, in words and days; `holds` says whether it opens anything today."""

    id: int
    version: int
    agency_id: int
    agency: str
    kind: ConsentKind
    status: ConsentStatus
    holds: bool
    full_plan: bool
    purpose: str
    contact_name: str
    left_out: str
    withheld: tuple[str, ...]
    starts_on: date
    expires_on: date | None
    expires_when: str
    talked_on: date | None
    mode: str
    written_due_on: date | None
    given_by: str
    giver_name: str
    copy_given: bool
    read_aloud: bool
    recorded_at: datetime
    recorded_by: str
    withdrawn_at: datetime | None
    withdrawn_how: str
    ended_reason: str

    @property
    def shares(self) -> bool:
        return self.kind is ConsentKind.INFORMATION_SHARING


@dataclass(slots=True)
class AgencyConsent:
    """One agency on the case and where consent with it stands."""

    agency_id: int
    agency: str
    kind: str
    in_force: list[GrantRow] = field(default_factory=list)
    past: list[GrantRow] = field(default_factory=list)
    actions: int = 0
    excluded: bool = False

    @property
    def sharing(self) -> GrantRow | None:
        return next((g for g in self.in_force if g.shares), None)


_GRANTS = (
    select(
        ConsentGrant.id,
        ConsentGrant.version,
        ConsentGrant.agency_id,
        Agency.name.label("agency"),
        ConsentGrant.kind,
        ConsentGrant.status,
        ConsentGrant.full_plan,
        ConsentGrant.purpose,
        ConsentGrant.contact_name,
        ConsentGrant.left_out,
        ConsentGrant.starts_on,
        ConsentGrant.expires_on,
        ConsentGrant.expires_when,
        ConsentGrant.talked_on,
        ConsentGrant.mode,
        ConsentGrant.written_due_on,
        ConsentGrant.given_by,
        ConsentGrant.giver_name,
        ConsentGrant.copy_given,
        ConsentGrant.read_aloud,
        ConsentGrant.recorded_at,
        User.name.label("recorded_by"),
        ConsentGrant.withdrawn_at,
        ConsentGrant.withdrawn_how,
        ConsentGrant.ended_reason,
    )
    .join(Agency, Agency.id == ConsentGrant.agency_id)
    .join(User, User.id == ConsentGrant.recorded_by_id)
    .join(Case, Case.id == ConsentGrant.case_id)
    .where(
        ConsentGrant.case_id == _CASE,
        or_(scopes.SEES_ALL, and_(scopes.SEES_CASE, ConsentGrant.agency_id == scopes.VIEWER_AGENCY)),
    )
    .order_by(Agency.name, ConsentGrant.recorded_at.desc())
)
_WITHHELD = (
    select(ConsentWithheld.grant_id, ConsentWithheld.domain)
    .join(ConsentGrant, ConsentGrant.id == ConsentWithheld.grant_id)
    .join(Case, Case.id == ConsentGrant.case_id)
    .where(ConsentGrant.case_id == _CASE, scopes.SEES_ALL)
    .order_by(ConsentWithheld.domain)
)


def grants(case: CaseFile, *, viewer: Viewer, today: date | None = None) -> list[GrantRow]:
    """Every row of consent on the case that the viewer may read: all of them for those who hold the plan, its own for
    an agency in it. What is withheld is shown only to those who hold the plan."""
    today = today or clock.today()
    binds = {"case_id": case.id} | scopes.binds(viewer, today)
    withheld = defaultdict(list)
    for grant_id, domain in db.session.execute(_WITHHELD, binds):
        withheld[grant_id].append(domain)
    rows = []
    for row in db.session.execute(_GRANTS, binds):
        values = row._asdict()
        holds = (
            row.status is ConsentStatus.ACTIVE
            and row.starts_on <= today
            and (row.expires_on is None or row.expires_on >= today)
        )
        values |= {"mode": row.mode.label, "given_by": row.given_by.label}
        rows.append(GrantRow(holds=holds, withheld=tuple(withheld[row.id]), **values))
    return rows


_KNOWN = (
    select(Agency.id, Agency.name, Agency.kind)
    .join(CaseAgency, CaseAgency.agency_id == Agency.id)
    .join(Case, Case.id == CaseAgency.case_id)
    .where(CaseAgency.case_id == _CASE, CaseAgency.ended_at.is_(None), scopes.SEES_ALL)
)
_OWNERS = (
    select(Action.owner_agency_id, func.count())
    .join(Case, Case.id == Action.case_id)
    .where(
        Action.case_id == _CASE,
        Action.owner_agency_id.is_not(None),
        Action.status.in_(sorted(OPEN_ACTIONS)),
        scopes.SEES_ALL,
    )
    .group_by(Action.owner_agency_id)
)
_EXCLUSIONS = (
    select(
        ConsentExclusion.id,
        ConsentExclusion.agency_id,
        Agency.name.label("agency"),
        ConsentExclusion.reason,
        ConsentExclusion.recorded_at,
        User.name.label("recorded_by"),
    )
    .join(Agency, Agency.id == ConsentExclusion.agency_id)
    .join(User, User.id == ConsentExclusion.recorded_by_id)
    .join(Case, Case.id == ConsentExclusion.case_id)
    .where(ConsentExclusion.case_id == _CASE, ConsentExclusion.lifted_at.is_(None), scopes.SEES_ALL)
    .order_by(Agency.name)
)


def exclusions(case: CaseFile, *, viewer: Viewer) -> list:
    """The agencies that are never to be told."""
    return list(db.session.execute(_EXCLUSIONS, {"case_id": case.id} | scopes.binds(viewer)))


def by_agency(case: CaseFile, *, viewer: Viewer, today: date | None = None) -> list[AgencyConsent]:
    """Each agency known on the case, the lead first, with its consents in force and past; those without a valid
    consent to share are in the list too, and that is the point of it."""
    binds = {"case_id": case.id} | scopes.binds(viewer, today)
    agencies: dict[int, AgencyConsent] = {}
    for agency_id, name, kind in db.session.execute(_KNOWN, binds):
        agencies[agency_id] = AgencyConsent(agency_id, name, kind.label)
    for grant in grants(case, viewer=viewer, today=today):
        entry = agencies.setdefault(grant.agency_id, AgencyConsent(grant.agency_id, grant.agency, ""))
        (entry.in_force if grant.holds else entry.past).append(grant)
    for agency_id, count in db.session.execute(_OWNERS, binds):
        if agency_id in agencies:
            agencies[agency_id].actions = count
        elif agency_id != case.lead_agency_id:
            name, kind = db.session.execute(
                select(Agency.name, Agency.kind).where(Agency.id == agency_id)
            ).one()
            agencies[agency_id] = AgencyConsent(agency_id, name, kind.label, actions=count)
    for row in exclusions(case, viewer=viewer):
        agencies.setdefault(row.agency_id, AgencyConsent(row.agency_id, row.agency, "")).excluded = True
    return sorted(agencies.values(), key=lambda a: (a.agency_id != case.lead_agency_id, a.agency))


@dataclass(frozen=True, slots=True)
class Effects:
    """What ending one consent will do; shown before it is confirmed (F7)."""

    agency: str
    staff: int
    actions: list[str]
    whole_plan: bool
    goals_without: list[str]
    needs_without: list[str]
    last_sight: bool


_AGENCY_ACTIONS = (
    select(Action.what, Action.goal_id, Goal.domain)
    .join(Goal, Goal.id == Action.goal_id)
    .join(Case, Case.id == Action.case_id)
    .where(
        Action.case_id == _CASE,
        Action.owner_agency_id == bindparam("agency_id", type_=Id),
        Action.status.in_(sorted(OPEN_ACTIONS)),
        scopes.SEES_ALL,
    )
    .order_by(Action.due_on, Action.id)
)
_SERVED_BY_OTHERS = (
    select(Goal.id, Goal.words, Goal.title, Goal.domain, func.count(Action.id))
    .join(Case, Case.id == Goal.case_id)
    .outerjoin(
        Action,
        and_(
            Action.goal_id == Goal.id,
            Action.status.in_(sorted(OPEN_ACTIONS)),
            or_(Action.owner_agency_id.is_(None), Action.owner_agency_id != bindparam("agency_id", type_=Id)),
        ),
    )
    .where(Goal.case_id == _CASE, scopes.SEES_ALL)
    .group_by(Goal.id, Goal.words, Goal.title, Goal.domain)
)
_STAFF = select(func.count()).where(
    User.agency_id == bindparam("agency_id", type_=Id),
    User.disabled_at.is_(None),
    User.roles.op("&")(3) != 0,
)


def effects_of_ending(case: CaseFile, grant: GrantRow, *, viewer: Viewer) -> Effects:
    """What would be hidden, from how many members of staff, and which goals and needs nobody else would serve."""
    binds = {"case_id": case.id, "agency_id": grant.agency_id} | scopes.binds(viewer)
    if not grant.shares:
        return Effects(grant.agency, 0, [], False, [], [], False)
    theirs = list(db.session.execute(_AGENCY_ACTIONS, binds))
    goals = {row[0]: row for row in db.session.execute(_SERVED_BY_OTHERS, binds)}
    served = {row.goal_id for row in theirs}
    alone = [goals[g] for g in goals if g in served and goals[g][4] == 0]
    left_domains = {row[3] for row in goals.values() if row[4]}
    levels = {
        domain: level
        for domain, level in db.session.execute(
            select(Need.domain, Need.level)
            .join(Case, Case.id == Need.case_id)
            .where(Need.case_id == _CASE, scopes.SEES_ALL),
            binds,
        )
    }
    needs = sorted(
        {
            row.domain
            for row in theirs
            if row.domain not in left_domains and levels.get(row.domain, NeedLevel.NONE) is not NeedLevel.NONE
        }
    )
    return Effects(
        agency=grant.agency,
        staff=db.session.scalar(_STAFF, binds),
        actions=[row.what for row in theirs],
        whole_plan=grant.full_plan,
        goals_without=[row[1] or row[2] for row in alone],
        needs_without=needs,
        last_sight=True,
    )


@dataclass(frozen=True, slots=True)
class Disclosed:
    """One agency's look at the record on one day, and on what ground (X-5)."""

    day: date
    agency: str
    who: str
    what: str
    ground: str
    times: int


_DISCLOSED = (
    select(
        AuditEntry.at,
        AuditEntry.agency_name,
        AuditEntry.user_name,
        AuditEntry.what,
        AuditEntry.ground,
        AuditEntry.act,
    )
    .join(Case, Case.id == AuditEntry.case_id)
    .where(
        AuditEntry.case_id == _CASE,
        AuditEntry.agency_id != Case.lead_agency_id,
        AuditEntry.act.in_([AuditAct.READ, AuditAct.PRINTED, AuditAct.EXPORTED]),
        scopes.SEES_ALL,
    )
    .order_by(AuditEntry.at.desc())
    .limit(5000)
)


def disclosures(case: CaseFile, *, viewer: Viewer) -> list[Disclosed]:
    """What other agencies were shown, with their names, newest first: one line for each person, thing and day."""
    lines: dict[tuple, int] = {}
    for at, agency, who, what, ground, act in db.session.execute(
        _DISCLOSED, {"case_id": case.id} | scopes.binds(viewer)
    ):
        words = what if act is AuditAct.READ else f"{what} ({act.label.lower()})"
        key = (clock.local_day(at), agency, who, words, ground)
        lines[key] = lines.get(key, 0) + 1
    return [Disclosed(*key, times=times) for key, times in lines.items()]


_TO_RENEW = (
    select(
        Case.reference,
        Person.given_name,
        Person.family_name,
        Agency.name.label("agency"),
        ConsentGrant.id.label("grant_id"),
        ConsentGrant.expires_on,
    )
    .join(Case, Case.id == ConsentGrant.case_id)
    .join(Person, Person.id == Case.person_id)
    .join(Agency, Agency.id == ConsentGrant.agency_id)
    .where(
        scopes.MY_CASE,
        ConsentGrant.kind == ConsentKind.INFORMATION_SHARING,
        ConsentGrant.status == ConsentStatus.ACTIVE,
        ConsentGrant.expires_on >= scopes.TODAY,
        ConsentGrant.expires_on <= bindparam("soon"),
        Case.closed_at.is_(None),
    )
    .order_by(ConsentGrant.expires_on)
    .limit(200)
)
_ACTIVE_SHARING = (
    select(ConsentGrant.id)
    .where(
        ConsentGrant.case_id == Case.id, ConsentGrant.agency_id == Action.owner_agency_id, scopes.in_force()
    )
    .correlate(Case, Action)
    .exists()
)
_MISSING = (
    select(
        Case.reference,
        Person.given_name,
        Person.family_name,
        Agency.name.label("agency"),
        func.count(Action.id),
    )
    .join(Action, Action.case_id == Case.id)
    .join(Person, Person.id == Case.person_id)
    .join(Agency, Agency.id == Action.owner_agency_id)
    .where(
        scopes.MY_CASE,
        Case.closed_at.is_(None),
        Action.owner_agency_id != Case.lead_agency_id,
        Action.status.in_(sorted(OPEN_ACTIONS)),
        ~_ACTIVE_SHARING,
    )
    .group_by(Case.reference, Person.given_name, Person.family_name, Agency.name)
    .order_by(Person.family_name, Person.given_name, Agency.name)
    .limit(200)
)


def expiring(*, viewer: Viewer, days: int = 30) -> list:
    """Consents on the viewer's own cases that end within so many days, soonest first."""
    return list(
        db.session.execute(_TO_RENEW, {"soon": clock.today() + timedelta(days=days)} | scopes.binds(viewer))
    )


def missing(*, viewer: Viewer) -> list:
    """Agencies that have actions on the viewer's own cases but no consent in force: they see nothing of them."""
    return list(db.session.execute(_MISSING, scopes.binds(viewer)))
