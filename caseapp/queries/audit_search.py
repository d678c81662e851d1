"""Searching the audit record: two to five million entries a year (D6), a page of it always at the same cost.

Pages go on from the last entry shown (keyset), never by counting from the start. Each search goes along one index, the
narrowest that what is asked for allows: a record's own chain, a member of staff, a kind of act that is rare, an agency,
else the time. What no index serves (a ground, words, whose case it is) is looked for on the way, among at most LOOKED_AT
entries; where these are used up before the page is full, it ends there and says how far back it reached.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import Agency, AuditEntry, Case, User
from caseapp.models.privacy import EVERYDAY, IS_RARE
from caseapp.policy import privacy
from caseapp.policy.case_sight import not_denied
from caseapp.policy.privacy import RecordFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import audit_words
from caseapp.vocabulary import AuditAct

PER_PAGE = 50
#: So many entries are looked at for one page, at most.
LOOKED_AT = 20_000

#: Whose acts: those of the agencies that the viewer answers for, or of others on cases that these lead.
OURS, OTHERS = "", "others"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. `agency` is OURS, OTHERS or the id of one that the viewer answers for; days are local."""

    record: RecordFile | None = None
    user_id: int | None = None
    agency: str | int = OURS
    act: AuditAct | None = None
    ground: str = ""
    since: date | None = None
    until: date | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """The place in the record where a page ends."""

    at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One act, as a privacy officer reads it."""

    id: int
    at: datetime
    user_id: int | None
    who: str
    agency: str
    act: AuditAct
    what: str
    size: str
    ground: str
    case_id: int | None
    #: None where it was about no case, or one that the viewer does not look after.
    reference: str | None
    about_person: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A page of entries, newest first. `older` is where the next page goes on, None at the end; `reached` how far back
    was looked, where that is nearer than the end."""

    entries: list[Entry]
    older: Mark | None
    reached: datetime | None = None


_E = AuditEntry
_ORDER = (_E.at.desc(), _E.id.desc())


def search(wanted: Wanted, *, viewer: Viewer, before: Mark | None = None, limit: int = PER_PAGE) -> Found:
    """One page of what is asked for."""
    words = wanted.words.casefold().split()
    binds = privacy.binds(viewer)
    along = [*_way(wanted), *_days(wanted), *([_older_than(before)] if before else [])]
    # most pages are full after a short stretch; SQLite works a stretch out as a whole
    longest = max(LOOKED_AT, 2 * limit)
    for stretch in dict.fromkeys((min(8 * limit, longest), longest)):
        rows = db.session.execute(_among(along, wanted, words, stretch, limit), binds).all()
        more = len(rows) > limit
        if more:
            break
        bound = db.session.execute(
            select(_E.at, _E.id).where(*along).order_by(*_ORDER).offset(stretch - 1).limit(1), binds
        ).first()
        if bound is None:
            break
    rows = rows[:limit]
    entries = _entries([row for row in rows if not words or audit_words.matches(row.what, words)], viewer)
    if more:
        return Found(entries, Mark(rows[-1].at, rows[-1].id))
    if bound is None:
        return Found(entries, None)
    return Found(entries, Mark(*bound), bound.at)


def _among(along, wanted, words, stretch, limit):
    """What is asked for, among the first entries of a stretch of the way."""
    inner = select(_E).where(*along).order_by(*_ORDER).limit(stretch).subquery()
    entry = aliased(_E, inner)
    return (
        select(
            entry.id,
            entry.at,
            entry.user_id,
            entry.user_name,
            entry.agency_name,
            entry.act,
            entry.what,
            entry.detail,
            entry.ground,
            entry.case_id,
            entry.person_id,
        )
        .where(*_rest(wanted, words, entry))
        .order_by(entry.at.desc(), entry.id.desc())
        .limit(limit + 1)
    )


def by_ids(ids: tuple[int, ...], *, viewer: Viewer) -> list[Entry]:
    """These entries, newest first, as far as the viewer may see them."""
    rows = db.session.execute(
        select(
            _E.id,
            _E.at,
            _E.user_id,
            _E.user_name,
            _E.agency_name,
            _E.act,
            _E.what,
            _E.detail,
            _E.ground,
            _E.case_id,
            _E.person_id,
        )
        .where(_E.id.in_(ids), privacy.SEES_ENTRY)
        .order_by(*_ORDER),
        privacy.binds(viewer),
    ).all()
    return _entries(rows, viewer)


def _way(wanted):
    """The conditions that lead along one index."""
    if wanted.record is not None:
        of_case = or_(_E.case_id == wanted.record.id, _E.case_id.is_(None))
        return [_E.chain == wanted.record.person_id, of_case]
    if wanted.user_id is not None:
        return [_E.user_id == wanted.user_id]
    if wanted.act is not None and wanted.act not in EVERYDAY:
        return [IS_RARE, _E.act == wanted.act]
    if isinstance(wanted.agency, int):
        return [_E.agency_id == wanted.agency]
    return []


def _rest(wanted, words, entry):
    """What is looked for among the entries on the way; whether the viewer may see them is part of it always."""
    own = entry.agency_id.in_(privacy.SERVED)
    led = (
        select(Case.id)
        .where(Case.id == entry.case_id, Case.lead_agency_id.in_(privacy.SERVED))
        .correlate(entry)
        .exists()
    )
    if wanted.agency == OTHERS:
        yield or_(entry.agency_id.is_(None), ~own)
        yield led
    elif isinstance(wanted.agency, int):
        yield own
        yield entry.agency_id == wanted.agency
    elif wanted.record is not None or wanted.user_id is not None:
        yield or_(own, led)
    else:
        yield own
    yield or_(entry.person_id.is_(None), not_denied(entry.person_id))
    if wanted.user_id is not None:
        yield entry.user_id == wanted.user_id
    if wanted.act is not None:
        yield entry.act == wanted.act
    if wanted.ground:
        yield entry.ground == wanted.ground
    if words:
        plain = and_(*(func.lower(entry.what).contains(word, autoescape=True) for word in words))
        stored = audit_words.standing_for(words)
        yield or_(plain, entry.what.in_(stored)) if stored else plain


def _days(wanted):
    if wanted.since:
        yield _E.at >= clock.at_local(wanted.since, time())
    if wanted.until:
        yield _E.at < clock.at_local(wanted.until + timedelta(days=1), time())


def _older_than(mark):
    return and_(_E.at <= mark.at, or_(_E.at < mark.at, _E.id < mark.id))


#: Whether an agency leads the case that the viewer answers for: of others a refusal does not say that they are there.
_REFERENCES = select(Case.id, Case.reference, Case.lead_agency_id.in_(privacy.SERVED).label("led"))


def _entries(rows, viewer):
    references = {}
    if ids := {row.case_id for row in rows if row.case_id}:
        statement = _REFERENCES.where(Case.id.in_(ids))
        references = {
            (case_id, refused): reference
            for case_id, reference, led in db.session.execute(statement, privacy.binds(viewer))
            for refused in ((False, True) if led else (False,))
        }
    return [
        Entry(
            row.id,
            row.at,
            row.user_id,
            row.user_name,
            row.agency_name,
            row.act,
            audit_words.said(row.what),
            audit_words.size(row.act, row.detail),
            row.ground,
            row.case_id if (row.case_id, row.act is AuditAct.REFUSED) in references else None,
            references.get((row.case_id, row.act is AuditAct.REFUSED)),
            row.person_id is not None and row.act is not AuditAct.REFUSED,
        )
        for row in rows
    ]


# --- what the filter offers ------------------------------------------------------------------------------------------

STAFF_MOST = 500


@dataclass(frozen=True, slots=True)
class Served:
    """An agency that the viewer answers for."""

    id: int
    name: str


def agencies(*, viewer: Viewer) -> list[Served]:
    """The agencies that the viewer answers for, by name."""
    rows = db.session.execute(
        select(Agency.id, Agency.name).where(Agency.id.in_(privacy.SERVED)).order_by(Agency.name),
        privacy.binds(viewer),
    )
    return [Served(*row) for row in rows]


def staff(*, viewer: Viewer, agency_id: int | None = None) -> list[tuple[int, str]]:
    """Staff of the agencies that the viewer answers for, or of one of them; who left stays, with a
    word."""
    which = [User.agency_id.in_(privacy.SERVED)]
    if agency_id is not None:
        which.append(User.agency_id == agency_id)
    rows = db.session.execute(
        select(User.id, User.name, User.disabled_at)
        .where(*which)
        .order_by(User.disabled_at.is_not(None), User.name)
        .limit(STAFF_MOST),
        privacy.binds(viewer),
    )
    return [(row.id, row.name + (" (left)" if row.disabled_at else "")) for row in rows]


def one_of_staff(user_id: int, *, viewer: Viewer) -> tuple[int, str, int] | None:
    """Id, name and agency of a member of staff of an agency that the viewer answers for."""
    row = db.session.execute(
        select(User.id, User.name, User.agency_id).where(
            User.id == user_id, User.agency_id.in_(privacy.SERVED)
        ),
        privacy.binds(viewer),
    ).first()
    return tuple(row) if row else None
