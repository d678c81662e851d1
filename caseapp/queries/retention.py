"""What has been kept long enough, what holds it, and what is left of it, as line managers and privacy officers read it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock, references
from caseapp.extensions import db
from caseapp.models import Agency, Case, Disposal, LegalHold, Person, RetentionReview, User
from caseapp.policy import former_leads
from caseapp.policy import rights as policy
from caseapp.policy.rights import RetentionFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import everything_held
from caseapp.vocabulary import HoldGround, RetentionDecision, RetentionRule

PER_PAGE = 25
_Decider = aliased(User)
_Lifter = aliased(User)


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """What an agency keeps of one person. `references` of the cases, `held` while something forbids its disposal."""

    id: int
    version: int
    name: str
    references: tuple[str, ...]
    rule: RetentionRule
    ended_on: date
    years: int
    due_on: date
    decision: RetentionDecision
    decided_at: datetime | None
    decided_by: str
    reason: str
    keep_until: date | None
    dispose_on: date | None
    held: bool
    #: Of cases that the agency handed over: (reference, who leads it now, since which local day). Then only what stayed
    #: with the agency is meant, besides the cases in `references`; the name is no longer its to read.
    handed: tuple[tuple[str, str, date], ...] = ()

    @property
    def called(self) -> str:
        """The person's name where the agency still reads it, else the reference of a case."""
        first = [*self.references, *(reference for reference, _lead, _on in self.handed)]
        return self.name or (f"Case {references.say(first[0])}" if first else "A record that was handed over")

    @property
    def ahead(self) -> bool:
        """Listed before its day."""
        return self.due_on > clock.today()


_HANDED = (
    select(Case.person_id, Case.reference, Agency.name, Case.lead_since)
    .join(Agency, Agency.id == Case.lead_agency_id)
    .where(former_leads.LED_BEFORE)
    .order_by(Case.lead_since)
)


def in_force(hold=LegalHold):
    """A hold that stands today: not lifted, and its last day has not passed."""
    return and_(hold.lifted_at.is_(None), or_(hold.until_on.is_(None), hold.until_on >= clock.today()))


def _held():
    return (
        select(LegalHold.id)
        .where(LegalHold.person_id == RetentionReview.person_id, in_force())
        .correlate(RetentionReview)
        .exists()
    )


def reviews(
    *, viewer: Viewer, which: str = "waiting", offset: int = 0, limit: int = PER_PAGE, only: int | None = None
) -> tuple[list[ReviewLine], int]:
    """A page of what has been kept long enough and how many there are, by the day since which it is due; `which` is
    waiting, dispose, keep, handed (what stayed of cases that were handed over, before its day) or all."""
    wanted = [policy.SEES_RETENTION]
    if only is not None:
        wanted.append(RetentionReview.id == only)
    elif which == "handed":
        wanted += [
            RetentionReview.decision == RetentionDecision.WAITING,
            RetentionReview.due_on > clock.today(),
        ]
    elif which in set(RetentionDecision):
        wanted += [
            RetentionReview.decision == RetentionDecision(which),
            RetentionReview.due_on <= clock.today(),
        ]
    total = db.session.scalar(
        select(func.count()).select_from(RetentionReview).where(*wanted), policy.binds(viewer)
    )
    rows = db.session.execute(
        select(
            RetentionReview.id,
            RetentionReview.version,
            RetentionReview.person_id,
            RetentionReview.agency_id,
            Person.given_name,
            Person.family_name,
            RetentionReview.rule,
            RetentionReview.ended_on,
            RetentionReview.years,
            RetentionReview.due_on,
            RetentionReview.decision,
            RetentionReview.decided_at,
            func.coalesce(_Decider.name, "").label("decided_by"),
            RetentionReview.reason,
            RetentionReview.keep_until,
            RetentionReview.dispose_on,
            _held().label("held"),
        )
        .join(Person, Person.id == RetentionReview.person_id)
        .outerjoin(_Decider, _Decider.id == RetentionReview.decided_by_id)
        .where(*wanted)
        .order_by(RetentionReview.due_on, RetentionReview.id)
        .offset(offset)
        .limit(limit),
        policy.binds(viewer),
    ).all()
    cases: dict[int, list] = {}
    for person_id, reference, lead in db.session.execute(
        select(Case.person_id, Case.reference, Case.lead_agency_id)
        .where(Case.person_id.in_([row.person_id for row in rows]))
        .order_by(Case.episode)
    ):
        cases.setdefault(person_id, []).append((reference, lead))
    handed: dict[int, list] = {}
    if rows:
        people = [row.person_id for row in rows]
        for person_id, *one, at in db.session.execute(
            _HANDED.where(Case.person_id.in_(people)), policy.binds(viewer)
        ):
            handed.setdefault(person_id, []).append((*one, clock.local_day(at)))
    found = []
    for row in rows:
        theirs = cases.get(row.person_id, [])
        own = tuple(reference for reference, lead in theirs if lead == row.agency_id)
        moved_on = bool(theirs) and theirs[-1][1] != row.agency_id
        name = "" if moved_on else f"{row.given_name} {row.family_name}".strip()
        gone = tuple(handed.get(row.person_id, ()))
        found.append(ReviewLine(row.id, row.version, name, own, *row[6:16], bool(row.held), gone))
    return found, total


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold on what is kept of a person."""

    id: int
    agency: str
    ground: HoldGround
    reason: str
    begun_at: datetime
    begun_by: str
    until_on: date | None
    lifted_at: datetime | None
    lifted_by: str
    lifted_reason: str
    own: bool
    holds: bool


def holds(person_id: int, *, viewer: Viewer) -> list[Hold]:
    """The holds on a person's record, newest first. That another agency holds it is said; why, only to that agency."""
    rows = db.session.execute(
        select(
            LegalHold.id,
            Agency.name,
            LegalHold.ground,
            LegalHold.reason,
            LegalHold.begun_at,
            User.name,
            LegalHold.until_on,
            LegalHold.lifted_at,
            func.coalesce(_Lifter.name, "").label("lifted_by"),
            LegalHold.lifted_reason,
            (LegalHold.agency_id == viewer.agency_id).label("own"),
            in_force().label("holds"),
        )
        .join(Agency, Agency.id == LegalHold.agency_id)
        .join(User, User.id == LegalHold.begun_by_id)
        .outerjoin(_Lifter, _Lifter.id == LegalHold.lifted_by_id)
        .where(LegalHold.person_id == person_id, LegalHold.agency_id == viewer.agency_id)
        .order_by(LegalHold.begun_at.desc())
    )
    return [Hold(*row[:10], bool(row.own), bool(row.holds)) for row in rows]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many records of one section are kept."""

    section: str
    count: int


def kept(review: RetentionFile) -> list[Counted]:
    """How much would be disposed of, by section; the search index and notices count as the last."""
    keeps = everything_held.kept_by(review.agency_id, review.person_id)
    counts: dict[str, int] = {}
    for name, rows in everything_held.walk(
        review.person_id if keeps.person_too else None, keeps.cases, whole_rows=False
    ):
        section = everything_held.SECTIONS.get(name)
        title = section.title if section else "What serves the work itself"
        counts[title] = counts.get(title, 0) + len(rows)
    if keeps.former:
        for name, rows in everything_held.stayed(review.agency_id, review.person_id, keeps.former).items():
            if name in everything_held.OWN_ONLY and (keeps.cases or keeps.person_too):
                continue
            section = everything_held.SECTIONS.get(name)
            title = section.title if section else "What serves the work itself"
            counts[title] = counts.get(title, 0) + len(rows)
    order = [
        *dict.fromkeys(one.title for one in everything_held.SECTIONS.values()),
        "What serves the work itself",
    ]
    return [Counted(title, counts[title]) for title in order if counts.get(title)]


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is left of a disposal."""

    id: int
    at: datetime
    decided_by: str
    decided_at: datetime
    rule: RetentionRule
    ended_on: date
    years: int
    cases: int
    person_too: bool
    removed: int
    loosened: int


def certificates(*, viewer: Viewer, offset: int = 0) -> tuple[list[Certificate], int]:
    """A page of the certificates of the viewer's own agency, newest first, and how many there are."""
    total = db.session.scalar(select(func.count()).where(Disposal.agency_id == viewer.agency_id))
    rows = db.session.execute(
        select(
            Disposal.id,
            Disposal.at,
            User.name,
            Disposal.decided_at,
            Disposal.rule,
            Disposal.ended_on,
            Disposal.years,
            Disposal.cases,
            Disposal.person_too,
            Disposal.removed,
            Disposal.loosened,
        )
        .join(User, User.id == Disposal.decided_by_id)
        .where(Disposal.agency_id == viewer.agency_id)
        .order_by(Disposal.at.desc(), Disposal.id.desc())
        .offset(offset)
        .limit(PER_PAGE)
    )
    return [
        Certificate(*row[:7], len(row.cases), row.person_too, sum(row.removed.values()), row.loosened)
        for row in rows
    ], total


@dataclass(frozen=True, slots=True)
class OfAgency:
    """How much of one agency is due, for whoever keeps the machine."""

    agency: str
    count: int
    first: date
    waiting: int
    to_go: int


def by_agency(due) -> list[OfAgency]:
    """What is due (services.retention_due.Due) and what of it waits, by agency and without a name."""
    found: dict[int, list] = {}
    for one in due:
        found.setdefault(one.agency_id, []).append(one.due_on)
    if not found:
        return []
    stands = {
        (agency_id, decision): count
        for agency_id, decision, count in db.session.execute(
            select(RetentionReview.agency_id, RetentionReview.decision, func.count())
            .where(RetentionReview.due_on <= clock.today())
            .group_by(RetentionReview.agency_id, RetentionReview.decision)
        )
    }
    rows = db.session.execute(
        select(Agency.id, Agency.name).where(Agency.id.in_(list(found))).order_by(Agency.name)
    )
    return [
        OfAgency(
            row.name,
            len(found[row.id]),
            min(found[row.id]),
            stands.get((row.id, RetentionDecision.WAITING), 0),
            stands.get((row.id, RetentionDecision.DISPOSE), 0),
        )
        for row in rows
    ]
