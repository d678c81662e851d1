"""The settings of all agencies at once, for jobs that go through many; one agency's are in queries.settings."""

from sqlalchemy import select

from caseapp import settings_catalogue
from caseapp.extensions import db
from caseapp.models import AgencySetting

_OF_ALL = select(AgencySetting.agency_id, AgencySetting.key, AgencySetting.value)


class Limits:
    """What counts for each agency, read in one statement."""

    def __init__(self):
        stored: dict[int, dict] = {}
        for agency_id, key, value in db.session.execute(_OF_ALL):
            stored.setdefault(agency_id, {})[key] = value
        self._of = {agency_id: settings_catalogue.with_defaults(own) for agency_id, own in stored.items()}
        self._defaults = settings_catalogue.defaults()

    def get(self, agency_id: int, key: str):
        """One setting of one agency."""
        return self._of.get(agency_id, self._defaults)[key]

    def most(self, key: str) -> int:
        """The largest number that any agency has set, or the default."""
        return max([self._defaults[key], *(own[key] for own in self._of.values())])
