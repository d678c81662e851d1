"""Disclosures without consent, as far as a viewer reads them (policy.disclosures): the list of the own team, and one of them
with what was done since (X-5). What the person reads of them stands in disclosures_told."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, bindparam, exists, func, not_, select
from sqlalchemy.orm import aliased

from caseapp import clock, disclosure_grounds
from caseapp.extensions import db, read
from caseapp.models import Agency, Case, Disclosure, DisclosureStep, Person, User
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.disclosures import SEES_DISCLOSURE, DisclosureFile, find_disclosure
from caseapp.policy.restricted import SectionFile
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import DisclosureAct, DisclosureHow, DisclosureTold


@dataclass(frozen=True, slots=True)
class Line:
    """One disclosure in a list. Of one about the protection of a child a list says nothing but that it is there, when
    and by whom it was recorded: `kept_apart`, and the fields after `seen_by` are empty."""

    id: int
    disclosed_at: datetime
    author: str
    kept_apart: bool
    seen_at: datetime | None
    seen_by: str
    case_id: int | None = None
    person: str = ""
    ground: str = ""
    recipient_name: str = ""
    recipient_office: str = ""
    told: DisclosureTold | None = None
    withheld_until: date | None = None
    look_again: bool = False


_Author = aliased(User, name="disclosure_author")
_SeenBy = aliased(User, name="disclosure_seen_by")
_Later = aliased(Disclosure, name="disclosure_later")

#: No further one corrects it: a list shows what holds now, the page of each what it corrects.
STANDS = not_(exists().where(_Later.corrects_id == Disclosure.id).correlate(Disclosure))

_FROM = (
    select(
        Disclosure.id,
        Disclosure.disclosed_at,
        _Author.name.label("author"),
        Disclosure.child_protection,
        Disclosure.seen_at,
        func.coalesce(_SeenBy.name, "").label("seen_by"),
        Disclosure.case_id,
        Person.given_name,
        Person.family_name,
        Disclosure.ground_words,
        Disclosure.recipient_name,
        Disclosure.recipient_office,
        Disclosure.told,
        Disclosure.withheld_until,
    )
    .select_from(Disclosure)
    .outerjoin(Case, Case.id == Disclosure.case_id)
    .outerjoin(Person, and_(Person.id == Disclosure.person_id, scopes.SEES_PERSON))
    .join(_Author, _Author.id == Disclosure.author_id)
    .outerjoin(_SeenBy, _SeenBy.id == Disclosure.seen_by_id)
)
_ORDER = {"when": Disclosure.disclosed_at, "who": _Author.name, "seen": Disclosure.seen_at}
#: What the list can be narrowed to.
STATES = ("", "waiting", "look_again")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the list; `author_id` one worker, `apart` whether those about children are in it."""

    state: str = ""
    author_id: int | None = None
    order: str = "when"
    descending: bool = True
    apart: bool = True


def _which(wanted: Wanted):
    rules = [SEES_DISCLOSURE, STANDS]
    if wanted.state == "waiting":
        rules.append(Disclosure.seen_at.is_(None))
    if wanted.state == "look_again":
        rules.append(and_(Disclosure.withheld_until.is_not(None), Disclosure.withheld_until <= scopes.TODAY))
    if wanted.author_id is not None:
        rules.append(Disclosure.author_id == wanted.author_id)
    if not wanted.apart:
        rules.append(Disclosure.child_protection.is_(False))
    return rules


def team(wanted: Wanted, *, viewer: Viewer, limit: int, offset: int = 0) -> tuple[list[Line], int]:
    """The disclosures that the viewer reads: of their team for a line manager, else their own. And how many."""
    binds = scopes.binds(viewer)
    rules = _which(wanted)
    total = db.session.scalar(
        select(func.count())
        .select_from(Disclosure)
        .outerjoin(Case, Case.id == Disclosure.case_id)
        .where(*rules),
        binds,
    )
    column = _ORDER.get(wanted.order, Disclosure.disclosed_at)
    by = column.desc() if wanted.descending else column.asc()
    rows = db.session.execute(
        _FROM.where(*rules).order_by(by, Disclosure.id.desc()).limit(limit).offset(offset), binds
    )
    today = clock.today()
    return [_line(row, today) for row in rows], total


def of_section(section: SectionFile, *, viewer: Viewer) -> list[Line]:
    """The disclosures that live in a restricted section, newest first, for its list; in full."""
    rows = db.session.execute(
        _FROM.where(SEES_DISCLOSURE, STANDS, Disclosure.in_section, Disclosure.case_id == section.id)
        .order_by(Disclosure.disclosed_at.desc(), Disclosure.id.desc())
        .limit(50),
        scopes.binds(viewer),
    )
    today = clock.today()
    return [_line(row, today, full=True) for row in rows]


def _line(row, today, full=False):
    head = (row.id, row.disclosed_at, row.author, row.child_protection, row.seen_at, row.seen_by)
    if row.child_protection and not full:
        return Line(*head)
    person = f"{row.given_name or ''} {row.family_name or ''}".strip()
    return Line(
        *head,
        row.case_id,
        person,
        row.ground_words,
        row.recipient_name,
        row.recipient_office,
        row.told,
        row.withheld_until,
        bool(row.withheld_until and row.withheld_until <= today),
    )


_AUTHORS = (
    select(_Author.id, _Author.name)
    .select_from(Disclosure)
    .outerjoin(Case, Case.id == Disclosure.case_id)
    .join(_Author, _Author.id == Disclosure.author_id)
    .where(SEES_DISCLOSURE)
    .distinct()
    .order_by(_Author.name)
)


def authors(*, viewer: Viewer) -> list[tuple[int, str]]:
    """Whose disclosures stand in the viewer's list."""
    return [tuple(row) for row in read(_AUTHORS, scopes.binds(viewer))]


# --- one ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    at: datetime
    who: str
    act: DisclosureAct
    text: str
    until_on: date | None


@dataclass(frozen=True, slots=True)
class Whole:
    """One disclosure in full. `person` and `reference` are empty where the viewer no longer sees them."""

    id: int
    version: int
    person: str
    reference: str | None
    agency: str
    author: str
    ground_words: str
    ground_note: str
    child_protection: bool
    in_section: bool
    recipient_name: str
    recipient_office: str
    their_reference: str
    categories: tuple[str, ...]
    text: str
    disclosed_at: datetime
    how: DisclosureHow
    told: DisclosureTold
    told_on: date | None
    not_told_reason: str
    decided_by: str
    written_at: datetime
    seen_at: datetime | None
    seen_by: str
    manager: str
    withheld_until: date | None
    withheld_reason: str
    corrects_id: int | None
    #: A further one corrects it; its id where the viewer reads that one too.
    corrected: bool
    corrected_by_id: int | None
    steps: tuple[Step, ...]
    ground: str
    category_keys: tuple[str, ...]

    @property
    def look_again(self) -> bool:
        return self.withheld_until is not None and self.withheld_until <= clock.today()

    @property
    def told_since(self) -> bool:
        return any(step.act is DisclosureAct.TOLD for step in self.steps)


_Told = aliased(User, name="disclosure_manager")
_WHOLE = (
    select(
        Disclosure.id,
        Disclosure.version,
        Person.given_name,
        Person.family_name,
        Case.reference,
        Case.id.label("case_id"),
        Agency.name.label("agency"),
        _Author.name.label("author"),
        Disclosure.ground_words,
        Disclosure.ground_note,
        Disclosure.child_protection,
        Disclosure.in_section,
        Disclosure.recipient_name,
        Disclosure.recipient_office,
        Disclosure.their_reference,
        Disclosure.categories,
        Disclosure.text,
        Disclosure.disclosed_at,
        Disclosure.how,
        Disclosure.told,
        Disclosure.told_on,
        Disclosure.not_told_reason,
        Disclosure.decided_by,
        Disclosure.written_at,
        Disclosure.seen_at,
        func.coalesce(_SeenBy.name, "").label("seen_by"),
        func.coalesce(_Told.name, "").label("manager"),
        Disclosure.withheld_until,
        Disclosure.withheld_reason,
        Disclosure.corrects_id,
        select(func.max(_Later.id))
        .where(_Later.corrects_id == Disclosure.id)
        .correlate(Disclosure)
        .scalar_subquery()
        .label("corrected_by_id"),
        Disclosure.ground,
        scopes.SEES_CASE.label("sees_case"),
    )
    .select_from(Disclosure)
    .outerjoin(Case, Case.id == Disclosure.case_id)
    .outerjoin(Person, and_(Person.id == Disclosure.person_id, scopes.SEES_PERSON))
    .join(Agency, Agency.id == Disclosure.agency_id)
    .join(_Author, _Author.id == Disclosure.author_id)
    .outerjoin(_SeenBy, _SeenBy.id == Disclosure.seen_by_id)
    .outerjoin(_Told, _Told.id == Disclosure.manager_id)
    .where(Disclosure.id == bindparam("disclosure_id", type_=Id), SEES_DISCLOSURE)
)
_STEPS = (
    select(DisclosureStep.at, User.name, DisclosureStep.act, DisclosureStep.text, DisclosureStep.until_on)
    .join(User, User.id == DisclosureStep.user_id)
    .where(DisclosureStep.disclosure_id == bindparam("disclosure_id", type_=Id))
    .order_by(DisclosureStep.at, DisclosureStep.id)
)


def whole(disclosure: DisclosureFile, *, viewer: Viewer) -> Whole:
    """One disclosure with what was done since."""
    row = scopes.still_there(
        db.session.execute(_WHOLE, {"disclosure_id": disclosure.id} | scopes.binds(viewer)).first()
    )
    order = list(DisclosureAct)
    found = (Step(*step) for step in read(_STEPS, {"disclosure_id": disclosure.id}))
    steps = tuple(sorted(found, key=lambda step: (step.at, order.index(step.act))))
    keys = tuple(row.categories or ())
    words = disclosure_grounds.load().categories
    return Whole(
        row.id,
        row.version,
        f"{row.given_name or ''} {row.family_name or ''}".strip(),
        row.reference if row.sees_case else None,
        row.agency,
        row.author,
        row.ground_words,
        row.ground_note,
        bool(row.child_protection),
        bool(row.in_section),
        row.recipient_name,
        row.recipient_office,
        row.their_reference,
        tuple(words.get(key, key) for key in keys),
        row.text,
        row.disclosed_at,
        row.how,
        row.told,
        row.told_on,
        row.not_told_reason,
        row.decided_by,
        row.written_at,
        row.seen_at,
        row.seen_by,
        row.manager,
        row.withheld_until,
        row.withheld_reason,
        row.corrects_id if _read_too(row.corrects_id, viewer) else None,
        row.corrected_by_id is not None,
        row.corrected_by_id if _read_too(row.corrected_by_id, viewer) else None,
        steps,
        row.ground,
        keys,
    )


def _read_too(disclosure_id, viewer):
    return disclosure_id is not None and find_disclosure(viewer, disclosure_id) is not None


# --- what waits --------------------------------------------------------------------------------------------------


_WAITING = (
    select(func.count())
    .select_from(Disclosure)
    .outerjoin(Case, Case.id == Disclosure.case_id)
    .where(
        SEES_DISCLOSURE,
        STANDS,
        Disclosure.seen_at.is_(None),
        Disclosure.author_id != scopes.VIEWER_USER,
    )
)


def waiting(*, viewer: Viewer) -> int:
    """How many wait for this line manager to acknowledge them; 0 for anybody else."""
    return read(_WAITING, scopes.binds(viewer)).scalar() if viewer.manages else 0
