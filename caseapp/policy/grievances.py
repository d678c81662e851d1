"""Grievances: who may know of one. Between agencies: the line managers of both, and who raised it (S2-23). A person's
own: the line managers of the agency it is about, who handles it and who wrote it down; never the worker whom it is about,
whatever else they are."""

from dataclasses import dataclass

from sqlalchemy import Boolean, and_, bindparam, exists, not_, or_, select
from sqlalchemy.orm import aliased

from caseapp.extensions import read
from caseapp.models import AccessDenial, PersonGrievance, ProviderGrievance
from caseapp.models.base import Id
from caseapp.policy.do import Do
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import PersonGrievanceStage, ProviderGrievanceStage

_AGENCY = bindparam("grievance_agency", type_=Id)
_USER = bindparam("grievance_user", type_=Id)
_MANAGES = bindparam("grievance_manages", type_=Boolean())
_PRACTISES = bindparam("grievance_practises", type_=Boolean())
_UNDENIED = bindparam("grievance_undenied", type_=Boolean())
_Denial = aliased(AccessDenial, name="vis_grievance_denial")


def binds(viewer: Viewer) -> dict:
    """The values behind the predicates of this module."""
    return {
        "grievance_agency": viewer.agency_id,
        "grievance_user": viewer.user_id,
        "grievance_manages": viewer.manages,
        "grievance_practises": viewer.practises,
        "grievance_undenied": viewer.undenied,
    }


SEES_PROVIDER_GRIEVANCE = and_(
    _PRACTISES,
    or_(
        and_(
            _MANAGES,
            or_(ProviderGrievance.agency_id == _AGENCY, ProviderGrievance.about_agency_id == _AGENCY),
        ),
        and_(ProviderGrievance.agency_id == _AGENCY, ProviderGrievance.raised_by_id == _USER),
    ),
)

SEES_PERSON_GRIEVANCE = and_(
    _PRACTISES,
    or_(PersonGrievance.about_user_id.is_(None), PersonGrievance.about_user_id != _USER),
    #: whoever may not know of the person knows of no grievance of theirs either (X-8)
    or_(
        _UNDENIED,
        not_(
            exists()
            .where(
                _Denial.user_id == _USER,
                _Denial.person_id == PersonGrievance.person_id,
                _Denial.ended_at.is_(None),
            )
            .correlate_except(_Denial)
        ),
    ),
    or_(
        and_(_MANAGES, PersonGrievance.agency_id == _AGENCY),
        PersonGrievance.handler_id == _USER,
        PersonGrievance.recorded_by_id == _USER,
    ),
)


@dataclass(frozen=True, slots=True)
class ProviderGrievanceFile:
    """A grievance between agencies that the viewer sees."""

    id: int
    version: int
    agency_id: int
    about_agency_id: int
    raised_by_id: int
    stage: ProviderGrievanceStage

    @property
    def open(self) -> bool:
        return self.stage in (ProviderGrievanceStage.MANAGERS_TALK, ProviderGrievanceStage.PROCEDURE)


@dataclass(frozen=True, slots=True)
class PersonGrievanceFile:
    """A person's own grievance that the viewer sees."""

    id: int
    version: int
    agency_id: int
    person_id: int
    case_id: int | None
    handler_id: int
    recorded_by_id: int
    stage: PersonGrievanceStage

    @property
    def open(self) -> bool:
        return self.stage not in (PersonGrievanceStage.ENDED, PersonGrievanceStage.WITHDRAWN)


_PROVIDER = select(
    ProviderGrievance.id,
    ProviderGrievance.version,
    ProviderGrievance.agency_id,
    ProviderGrievance.about_agency_id,
    ProviderGrievance.raised_by_id,
    ProviderGrievance.stage,
).where(ProviderGrievance.id == bindparam("grievance_id", type_=Id), SEES_PROVIDER_GRIEVANCE)

_PERSON = select(
    PersonGrievance.id,
    PersonGrievance.version,
    PersonGrievance.agency_id,
    PersonGrievance.person_id,
    PersonGrievance.case_id,
    PersonGrievance.handler_id,
    PersonGrievance.recorded_by_id,
    PersonGrievance.stage,
).where(PersonGrievance.id == bindparam("grievance_id", type_=Id), SEES_PERSON_GRIEVANCE)


def find_provider_grievance(viewer: Viewer, grievance_id: int) -> ProviderGrievanceFile | None:
    """The grievance between agencies, or None where the viewer may not know that there is one."""
    row = read(_PROVIDER, binds(viewer) | {"grievance_id": grievance_id}).first()
    return row and ProviderGrievanceFile(*row)


def find_person_grievance(viewer: Viewer, grievance_id: int) -> PersonGrievanceFile | None:
    """The person's own grievance, or None where the viewer may not know that there is one."""
    row = read(_PERSON, binds(viewer) | {"grievance_id": grievance_id}).first()
    return row and PersonGrievanceFile(*row)


def _between(viewer, grievance):
    """A line manager of either agency."""
    return (
        grievance.open
        and viewer.manages
        and viewer.agency_id in (grievance.agency_id, grievance.about_agency_id)
    )


ON_PROVIDER_GRIEVANCE = {
    Do.VIEW_PROVIDER_GRIEVANCE: lambda viewer, grievance: True,
    Do.ANSWER_PROVIDER_GRIEVANCE: _between,
    Do.END_PROVIDER_GRIEVANCE: lambda viewer, grievance: (
        grievance.open and viewer.manages and viewer.agency_id == grievance.agency_id
    ),
}

ON_PERSON_GRIEVANCE = {
    Do.VIEW_PERSON_GRIEVANCE: lambda viewer, grievance: True,
    Do.ANSWER_PERSON_GRIEVANCE: lambda viewer, grievance: (
        grievance.open
        and viewer.agency_id == grievance.agency_id
        and (viewer.manages or viewer.user_id == grievance.handler_id)
    ),
    #: what the person says next, which whoever wrote it down may bring too
    Do.SPEAK_FOR_GRIEVANCE: lambda viewer, grievance: grievance.open,
}
