"""All that a viewer's agency has to do with, by index: where lists and the search start looking.

It holds everybody whom the viewer may know of, and some whom they may not: the viewer rule of `policy.scopes` decides in
each statement that starts from here (`tests/test_people_search.py` holds the first half).
"""

from sqlalchemy import func, select, union

from caseapp.models import Case, ConsentGrant, Person
from caseapp.policy import scopes
from caseapp.vocabulary import ConsentStatus

_LED = Case.lead_agency_id == scopes.VIEWER_AGENCY
_GRANTED = (ConsentGrant.agency_id == scopes.VIEWER_AGENCY, ConsentGrant.status == ConsentStatus.ACTIVE)
_REGISTERED = Person.registered_by_agency_id == scopes.VIEWER_AGENCY

#: Their ids, each once.
AROUND_US = union(
    select(Case.person_id).where(_LED),
    select(Case.person_id).join(ConsentGrant, ConsentGrant.case_id == Case.id).where(*_GRANTED),
    select(Person.id).where(_REGISTERED),
)

_COUNTED = (
    select(func.count()).select_from(Case).where(_LED),
    select(func.count()).select_from(ConsentGrant).where(*_GRANTED),
    select(func.count()).select_from(Person).where(_REGISTERED),
)
#: How many they are at most: counted on the indexes alone, so that whoever is there twice counts twice.
AT_MOST = select(sum((one.scalar_subquery() for one in _COUNTED[1:]), _COUNTED[0].scalar_subquery()))
