"""The head of the plan as it is edited, and how the person is called in a sentence; what every read of an edited plan
selects by."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, select

from caseapp import names
from caseapp.extensions import db
from caseapp.models import CarePlan, Case, Person
from caseapp.models.base import Id
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import PlanStatus

CASE_ID = bindparam("case_id", type_=Id)
#: The one case, for those who see all of it.
MINE = (Case.id == CASE_ID, scopes.SEES_ALL)


def bound(case: CaseFile, viewer: Viewer, **more) -> dict:
    """The values behind a statement about this case."""
    return {"case_id": case.id} | scopes.binds(viewer) | more


_NAME = (
    select(Person.known_as, Person.given_name, Person.family_name)
    .join(Case, Case.person_id == Person.id)
    .where(Case.id == CASE_ID, scopes.SEES_CASE)
)


def first_name(case: CaseFile, *, viewer: Viewer) -> str:
    """How the person is called in a sentence."""
    row = db.session.execute(_NAME, bound(case, viewer)).first()
    return names.first_name(*row) if row else ""


@dataclass(frozen=True, slots=True)
class HeadText:
    """The head of the plan as it is edited; a case without a plan yet has an empty one."""

    version: int = 0
    status: PlanStatus = PlanStatus.DRAFT
    strengths: str = ""
    strengths_around: str = ""
    contingency: str = ""
    no_contingency_reason: str = ""
    budget_minor: int | None = None
    budget_source: str = ""
    agreed_version: int = 0
    agreed_at: datetime | None = None
    next_review_on: date | None = None


_HEAD = (
    select(*(getattr(CarePlan, name) for name in HeadText.__slots__))
    .join(Case, Case.id == CarePlan.case_id)
    .where(*MINE)
)


def head(case: CaseFile, *, viewer: Viewer) -> HeadText:
    row = db.session.execute(_HEAD, bound(case, viewer)).first()
    return HeadText(*row) if row else HeadText()
