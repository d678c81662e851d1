"""Nothing is given to somebody who may not know of the person (X-8): asked by every use case that names a worker."""

from sqlalchemy import bindparam, select

from caseapp import names
from caseapp.errors import RuleBroken
from caseapp.extensions import db, read
from caseapp.models import AccessDenial, Case, User
from caseapp.models.base import Id

_OF_PERSON = select(AccessDenial.user_id).where(
    AccessDenial.person_id == bindparam("of_person", type_=Id), AccessDenial.ended_at.is_(None)
)
_OF_CASE = (
    select(AccessDenial.user_id)
    .join(Case, Case.person_id == AccessDenial.person_id)
    .where(Case.id == bindparam("of_case", type_=Id), AccessDenial.ended_at.is_(None))
)
_OF_ANYBODY = (
    select(AccessDenial.id)
    .where(
        AccessDenial.user_id == bindparam("of_user", type_=Id),
        AccessDenial.person_id.is_not(None),
        AccessDenial.ended_at.is_(None),
    )
    .limit(1)
)


def of_person(person_id: int) -> set[int]:
    """Everybody who may not know of this person."""
    return {row[0] for row in read(_OF_PERSON, {"of_person": person_id})}


def of_case(case_id: int | None) -> set[int]:
    """Everybody who may not know of this case; nobody where there is none."""
    return {row[0] for row in read(_OF_CASE, {"of_case": case_id})} if case_id is not None else set()


def of_anybody(user_id: int) -> bool:
    """Whether this user is shut out of any person at all."""
    return bool(read(_OF_ANYBODY, {"of_user": user_id}).first())


def refuse(user_id: int | None, person_id: int, field: str | None = None) -> None:
    """Raise RuleBroken if this worker may not know of the person, so nothing about them can be given to the worker."""
    if user_id is not None and user_id in of_person(person_id):
        _refuse(db.session.scalar(select(User.name).where(User.id == user_id)), field)


def refuse_name(name: str, agency_ids: set[int], person_id: int, field: str | None = None) -> None:
    """The same for somebody who is written down by name: a name is no way round a denial. Asked only of the staff of these
    agencies, whom the actor could as well choose by their accounts, so that it tells nothing that choosing would not."""
    out = of_person(person_id) if name else None
    if not out:
        return
    wanted = names.fold(name)
    staff = select(User.name).where(User.id.in_(sorted(out)), User.agency_id.in_(sorted(agency_ids)))
    for known in db.session.scalars(staff.order_by(User.name)):
        if names.fold(known) == wanted:
            _refuse(known, field)


def _refuse(name, field):
    raise RuleBroken(
        f"{name} may not know of this person, so nothing can be given to them. Choose somebody else", field
    )
