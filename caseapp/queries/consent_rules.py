"""The lead agency's own times for consent (CFG-16): how long one is proposed for, at most, and when a warning comes."""

from sqlalchemy import bindparam, select

from caseapp import settings_catalogue
from caseapp.extensions import db
from caseapp.models import AgencySetting
from caseapp.models.base import Id

_SET = select(AgencySetting.value).where(
    AgencySetting.agency_id == bindparam("agency_id", type_=Id), AgencySetting.key == bindparam("key")
)


def value(agency_id: int, key: str) -> int:
    """What counts in this agency for a setting that is a whole number; the catalogue's default where nothing, or
    nothing sensible, is set."""
    stored = db.session.scalar(_SET, {"agency_id": agency_id, "key": key})
    return int(settings_catalogue.with_defaults({} if stored is None else {key: stored})[key])
