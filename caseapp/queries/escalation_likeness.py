"""The same gap raised twice: what is likely the same, offered for joining without showing another agency's words or
people (F6). Alike means: the same part of life, and a service of nearly the same name, or the same agency concerned."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from caseapp import clock, names
from caseapp.extensions import read
from caseapp.models import Agency, Escalation
from caseapp.models.base import Id
from caseapp.policy import escalations as policy
from caseapp.policy.viewer import Viewer
from caseapp.queries.escalation_clock import age
from caseapp.vocabulary import EscalationKind, EscalationState, Rung

#: Words that say nothing about which service it is.
EMPTY = frozenset("a an and at by for from in of on or our the their to with service services".split())
#: From here on two services are likely the same.
ALIKE = 0.5
OFFERED = 5
#: Newest first, so many are compared; older ones are joined by the coordinator.
COMPARED = 400


def key(text: str) -> str:
    """A service's name in plain words, in an order of its own: "The night bed" and "Bed, night" give one key."""
    words = {word for word in names.fold(text).split() if word not in EMPTY}
    return " ".join(sorted(words) or names.fold(text).split())[:160]


@dataclass(frozen=True, slots=True)
class Likely:
    """One that is likely the same. `title` only where the viewer may read it anyway; of any other nothing is shown but
    what is about the service."""

    id: int
    said: str
    kind: EscalationKind
    service: str
    concerned: str
    title: str
    own: bool
    level: Rung
    days: int
    raised: int


_Joined = aliased(Escalation)
_Concerned = aliased(Agency)
_CANDIDATES = (
    select(
        Escalation.id,
        Escalation.number,
        Escalation.kind,
        Escalation.service,
        Escalation.service_key,
        Escalation.concerned_agency_id,
        Escalation.concerned_name,
        _Concerned.name.label("concerned"),
        Escalation.title,
        policy.OWN_SIDE.label("own"),
        Escalation.level,
        Escalation.age_from,
        select(func.count())
        .where(_Joined.joined_to_id == Escalation.id)
        .correlate(Escalation)
        .scalar_subquery()
        .label("joined"),
    )
    .outerjoin(_Concerned, _Concerned.id == Escalation.concerned_agency_id)
    .where(
        Escalation.state == EscalationState.OPEN,
        Escalation.joined_to_id.is_(None),
        Escalation.domain == bindparam("domain"),
        or_(
            # of the own agency the manager has them all, so a colleague's may be joined at once
            Escalation.agency_id == bindparam("viewer_agency", type_=Id),
            # what stands above an agency is about services, no longer that agency's own affair
            and_(
                Escalation.reads_up_to >= Rung.COORDINATOR,
                or_(
                    Escalation.area_id
                    == select(Agency.area_id)
                    .where(Agency.id == bindparam("viewer_agency", type_=Id))
                    .scalar_subquery(),
                    Escalation.reads_up_to >= Rung.NATIONAL,
                ),
            ),
        ),
    )
    .order_by(Escalation.raised_at.desc())
    .limit(COMPARED)
)


def likely(
    *, viewer: Viewer, service: str, domain: str, concerned_agency_id: int | None = None, leave_out: int = 0
) -> list[Likely]:
    """Open gaps and blocks that are likely the same as one that is being raised, most alike first, at most five."""
    mine, today = key(service), clock.today()
    rows = read(_CANDIDATES, policy.binds(viewer) | {"domain": domain})
    found = []
    for row in rows:
        alike = names.likeness_of_folded(mine, row.service_key)
        if concerned_agency_id and row.concerned_agency_id == concerned_agency_id:
            alike += 0.2
        if alike >= ALIKE and row.id != leave_out:
            found.append((alike, row))
    found.sort(key=lambda one: one[0], reverse=True)
    return [_likely(row, today) for _, row in found[:OFFERED]]


def _likely(row, today: date) -> Likely:
    own = bool(row.own)
    return Likely(
        row.id,
        policy.said(row.number),
        row.kind,
        row.service,
        row.concerned or row.concerned_name,
        row.title if own else "",
        own,
        row.level,
        age(row.age_from, today),
        1 + row.joined,
    )
