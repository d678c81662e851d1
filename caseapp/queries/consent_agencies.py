"""The agencies of the directory that a consent may be recorded with, also those not yet known on the case."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from caseapp import names
from caseapp.extensions import db
from caseapp.models import Agency, AgencyContact, Area
from caseapp.models.base import Id
from caseapp.vocabulary import AgencyKind


@dataclass(frozen=True, slots=True)
class AgencyChoice:
    """An agency of the directory that a consent may be recorded with."""

    id: int
    name: str
    kind: AgencyKind
    area: str
    contacts: tuple[str, ...] = ()

    @property
    def clinic(self) -> bool:
        return self.kind is AgencyKind.PRESCRIBING_CLINIC


_DIRECTORY = (
    select(Agency.id, Agency.name, Agency.short_name, Agency.kind, Area.name)
    .join(Area, Area.id == Agency.area_id)
    .where(Agency.active)
    .order_by(Agency.name)
)
_CONTACTS = (
    select(AgencyContact.name)
    .where(AgencyContact.agency_id == bindparam("agency_id", type_=Id), AgencyContact.active)
    .order_by(AgencyContact.name)
)


def agency(agency_id: int | None) -> AgencyChoice | None:
    """One agency of the directory, with its named contacts; None if there is none or it has closed."""
    row = agency_id and db.session.execute(_DIRECTORY.where(Agency.id == agency_id)).first()
    if not row:
        return None
    contacts = tuple(db.session.scalars(_CONTACTS, {"agency_id": agency_id}))
    return AgencyChoice(row[0], row[1], row[3], row[4], contacts)


def agencies_named(words: str) -> list[AgencyChoice]:
    """The live agencies whose name, kind or area holds all these words, accents and case aside; all for no words."""
    wanted = names.fold(words).split()
    return [
        AgencyChoice(agency_id, name, kind, area)
        for agency_id, name, short, kind, area in db.session.execute(_DIRECTORY)
        if all(w in names.fold(f"{name} {short} {kind.label} {area}") for w in wanted)
    ]
