"""Reads about consent: what stands with each agency, and what ends soon or is missing."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, func, select

from caseapp import clock
from caseapp.errors import NotVisible
from caseapp.extensions import db
from caseapp.models import (
    Action,
    Agency,
    Case,
    CaseAgency,
    ConsentExclusion,
    ConsentGrant,
    ConsentWithheld,
    Goal,
    Person,
    User,
)
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import (
    OPEN_ACTIONS,
    ConsentGiver,
    ConsentKind,
    ConsentMode,
    ConsentStatus,
    SharingDirection,
)

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
    to_come: bool
    full_plan: bool
    purpose: str
    contact_name: str
    direction: SharingDirection
    left_out: str
    withheld: tuple[str, ...]
    starts_on: date
    expires_on: date | None
    expires_when: str
    talked_on: date | None
    mode: ConsentMode
    verbal_reason: str
    written_due_on: date | None
    given_by: ConsentGiver
    giver_name: str
    giver_authority: str
    copy_given: bool
    read_aloud: bool
    interpreter: str
    recorded_at: datetime
    recorded_by: str
    withdrawn_at: datetime | None
    withdrawn_how: str
    ended_reason: str

    @property
    def shares(self) -> bool:
        return self.kind is ConsentKind.INFORMATION_SHARING

    @property
    def spoken(self) -> bool:
        return self.mode is ConsentMode.VERBAL

    @property
    def state(self) -> str:
        """How it stands, in a word or two: the calendar counts before the row does."""
        if self.to_come:
            return "Still to begin"
        if self.status is ConsentStatus.ACTIVE and not self.holds:
            return ConsentStatus.EXPIRED.label
        return self.status.label


@dataclass(frozen=True, slots=True)
class ExclusionRow:
    """An agency that is never to be told."""

    id: int
    agency_id: int
    agency: str
    reason: str
    recorded_at: datetime
    recorded_by: str


@dataclass(slots=True)
class AgencyConsent:
    """One agency on the case and where consent with it stands."""

    agency_id: int
    agency: str
    kind: str
    in_force: list[GrantRow] = field(default_factory=list)
    to_come: list[GrantRow] = field(default_factory=list)
    past: list[GrantRow] = field(default_factory=list)
    actions: int = 0
    #: open actions that it cannot see, because they are about something the person keeps from it
    unseen: int = 0
    known_on: date | None = None
    aware_on: date | None = None
    exclusion: ExclusionRow | None = None

    @property
    def sharing(self) -> GrantRow | None:
        return next((g for g in self.in_force if g.shares), None)

    @property
    def excluded(self) -> bool:
        return self.exclusion is not None

    @property
    def refused(self) -> GrantRow | None:
        """The newest no to sharing, as long as nothing has been recorded since."""
        newest = next((g for g in self.past if g.shares), None)
        return newest if newest and newest.status is ConsentStatus.REFUSED and not self.sharing else None


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
        ConsentGrant.direction,
        ConsentGrant.left_out,
        ConsentGrant.starts_on,
        ConsentGrant.expires_on,
        ConsentGrant.expires_when,
        ConsentGrant.talked_on,
        ConsentGrant.mode,
        ConsentGrant.verbal_reason,
        ConsentGrant.written_due_on,
        ConsentGrant.given_by,
        ConsentGrant.giver_name,
        ConsentGrant.giver_authority,
        ConsentGrant.copy_given,
        ConsentGrant.read_aloud,
        ConsentGrant.interpreter,
        ConsentGrant.recorded_at,
        User.name.label("recorded_by"),
        ConsentGrant.withdrawn_at,
        ConsentGrant.withdrawn_how,
        ConsentGrant.ended_reason,
    )
    .join(Agency, Agency.id == ConsentGrant.agency_id)
    .join(User, User.id == ConsentGrant.recorded_by_id)
    .join(Case, Case.id == ConsentGrant.case_id)
    .where(ConsentGrant.case_id == _CASE, scopes.SEES_ALL)
    .order_by(Agency.name, ConsentGrant.recorded_at.desc(), ConsentGrant.id.desc())
)
_ONE = _GRANTS.where(ConsentGrant.id == bindparam("grant_id", type_=Id))
_NEWEST = (
    select(ConsentGrant.id, ConsentGrant.version)
    .join(Case, Case.id == ConsentGrant.case_id)
    .where(
        ConsentGrant.case_id == _CASE,
        ConsentGrant.agency_id == bindparam("agency_id", type_=Id),
        ConsentGrant.kind == bindparam("kind", type_=ConsentGrant.kind.type),
        scopes.SEES_ALL,
    )
    .order_by(ConsentGrant.recorded_at.desc(), ConsentGrant.id.desc())
    .limit(1)
)
_WITHHELD = (
    select(ConsentWithheld.grant_id, ConsentWithheld.domain)
    .join(ConsentGrant, ConsentGrant.id == ConsentWithheld.grant_id)
    .join(Case, Case.id == ConsentGrant.case_id)
    .where(ConsentGrant.case_id == _CASE, scopes.SEES_ALL)
    .order_by(ConsentWithheld.domain)
)


def grants(case: CaseFile, *, viewer: Viewer, today: date | None = None) -> list[GrantRow]:
    """Every row of consent on the case, newest first within each agency, for those who hold the plan; nothing for
    anybody else (an agency reads own_consent.own)."""
    return _rows(_GRANTS, case, viewer, today, {})


def grant(case: CaseFile, grant_id: int, *, viewer: Viewer, today: date | None = None) -> GrantRow:
    """One row of this case's consent. Raises NotVisible for any other."""
    rows = _rows(_ONE, case, viewer, today, {"grant_id": grant_id})
    if not rows:
        raise NotVisible
    return rows[0]


def newest(case: CaseFile, agency_id: int, kind: ConsentKind, *, viewer: Viewer) -> str:
    """A mark of the newest row with an agency, "" for none: it changes with anything that happens to the row, so a
    form that was opened before can tell (F7)."""
    binds = {"case_id": case.id, "agency_id": agency_id, "kind": kind} | scopes.binds(viewer)
    row = db.session.execute(_NEWEST, binds).first()
    return f"{row.id}.{row.version}" if row else ""


def _rows(statement, case, viewer, today, more):
    today = today or clock.today()
    binds = {"case_id": case.id} | scopes.binds(viewer, today)
    withheld = defaultdict(list)
    for grant_id, domain in db.session.execute(_WITHHELD, binds):
        withheld[grant_id].append(domain)
    rows = []
    for row in db.session.execute(statement, binds | more):
        active = row.status is ConsentStatus.ACTIVE
        to_come = active and row.starts_on > today
        holds = active and not to_come and (row.expires_on is None or row.expires_on >= today)
        rows.append(GrantRow(holds=holds, to_come=to_come, withheld=tuple(withheld[row.id]), **row._asdict()))
    return rows


_KNOWN = (
    select(Agency.id, Agency.name, Agency.kind, CaseAgency.known_on, CaseAgency.person_aware_on)
    .join(CaseAgency, CaseAgency.agency_id == Agency.id)
    .join(Case, Case.id == CaseAgency.case_id)
    .where(CaseAgency.case_id == _CASE, CaseAgency.ended_at.is_(None), scopes.SEES_ALL)
)
_LEAD = (
    select(Agency.id, Agency.name, Agency.kind)
    .join(Case, Case.lead_agency_id == Agency.id)
    .where(Case.id == _CASE, scopes.SEES_ALL)
)
_OWNERS = (
    select(Action.owner_agency_id, Agency.name, Agency.kind, Goal.domain, func.count())
    .join(Case, Case.id == Action.case_id)
    .join(Goal, Goal.id == Action.goal_id)
    .join(Agency, Agency.id == Action.owner_agency_id)
    .where(Action.case_id == _CASE, Action.status.in_(sorted(OPEN_ACTIONS)), scopes.SEES_ALL)
    .group_by(Action.owner_agency_id, Agency.name, Agency.kind, Goal.domain)
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


def exclusions(case: CaseFile, *, viewer: Viewer) -> list[ExclusionRow]:
    """The agencies that are never to be told."""
    rows = db.session.execute(_EXCLUSIONS, {"case_id": case.id} | scopes.binds(viewer))
    return [ExclusionRow(*row) for row in rows]


def by_agency(case: CaseFile, *, viewer: Viewer, today: date | None = None) -> list[AgencyConsent]:
    """Each agency known on the case, the lead first, with its consents in force and past; those without a valid
    consent to share are in the list too, and that is the point of it."""
    binds = {"case_id": case.id} | scopes.binds(viewer, today)
    agencies: dict[int, AgencyConsent] = {}
    for agency_id, name, kind in db.session.execute(_LEAD, binds):
        agencies[agency_id] = AgencyConsent(agency_id, name, kind.label)
    for agency_id, name, kind, known_on, aware_on in db.session.execute(_KNOWN, binds):
        agencies[agency_id] = AgencyConsent(agency_id, name, kind.label, known_on=known_on, aware_on=aware_on)
    for row in grants(case, viewer=viewer, today=today):
        entry = agencies.setdefault(row.agency_id, AgencyConsent(row.agency_id, row.agency, ""))
        (entry.in_force if row.holds else entry.to_come if row.to_come else entry.past).append(row)
    for agency_id, name, kind, domain, count in db.session.execute(_OWNERS, binds):
        entry = agencies.setdefault(agency_id, AgencyConsent(agency_id, name, kind.label))
        entry.actions += count
        if entry.sharing and domain in entry.sharing.withheld:
            entry.unseen += count
    for exclusion in exclusions(case, viewer=viewer):
        entry = agencies.setdefault(
            exclusion.agency_id, AgencyConsent(exclusion.agency_id, exclusion.agency, "")
        )
        entry.exclusion = exclusion
    return sorted(agencies.values(), key=lambda a: (a.agency_id != case.lead_agency_id, a.excluded, a.agency))


_ACTION_DOMAINS = (
    select(Goal.domain)
    .join(Action, Action.goal_id == Goal.id)
    .join(Case, Case.id == Goal.case_id)
    .where(
        Action.case_id == _CASE,
        Action.owner_agency_id == bindparam("agency_id", type_=Id),
        Action.status.in_(sorted(OPEN_ACTIONS)),
        scopes.SEES_ALL,
    )
    .distinct()
)


def domains_of_actions(case: CaseFile, agency_id: int, *, viewer: Viewer) -> set[str]:
    """The domains of life that this agency's open actions are about: the least it has to see."""
    return set(
        db.session.scalars(
            _ACTION_DOMAINS, {"case_id": case.id, "agency_id": agency_id} | scopes.binds(viewer)
        )
    )


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
