"""Holding a case while it is changed, so that two use cases on one case take their turns on both databases."""

from sqlalchemy import Row, bindparam, select

from caseapp import names
from caseapp.errors import NotVisible, RuleBroken
from caseapp.extensions import db
from caseapp.models import Case, Person, User
from caseapp.models.base import Id
from caseapp.policy.viewer import PRACTISES
from caseapp.vocabulary import Role

_CASE = (
    select(
        Case.id,
        Case.reference,
        Case.version,
        Case.status,
        Case.person_id,
        Case.episode,
        Case.lead_agency_id,
        Case.line_manager_id,
        Case.protocol_key,
        Case.protocol_version,
        Case.intensive_needs,
        Case.lead_settled,
        Case.closed_at,
    )
    .where(Case.id == bindparam("case_id", type_=Id))
    .with_for_update()
)


def hold(case, *, even_closed: bool = False) -> Row:
    """The case as it is now, held until the transaction ends. Raises RuleBroken if it was closed meanwhile."""
    row = db.session.execute(_CASE, {"case_id": case.id}).first()
    if row is None:
        raise NotVisible
    if row.closed_at is not None and not even_closed:
        raise RuleBroken("This case was closed meanwhile, so nothing was changed.")
    return row


def first_name(person_id: int) -> str:
    """What the person is called in a sentence."""
    row = db.session.execute(
        select(Person.known_as, Person.given_name, Person.family_name).where(Person.id == person_id)
    ).one()
    return names.first_name(*row)


def live_worker(user_id: int | None, agency_id: int, *, field: str, manager: bool = False) -> Row:
    """A member of the agency's staff who works with people (or manages) and whose account is live, as (id, name).
    Raises RuleBroken for anybody else, in the same words whoever it is."""
    wanted = Role.LINE_MANAGER if manager else PRACTISES
    row = db.session.execute(
        select(User.id, User.name)
        .where(
            User.id == user_id,
            User.agency_id == agency_id,
            User.disabled_at.is_(None),
            User.roles.op("&")(int(wanted)) != 0,
        )
        # or the account could be switched off while the case is given to it (S3-20)
        .with_for_update(read=True)
    ).first()
    if row is None:
        raise RuleBroken(
            "Choose a line manager of your agency" if manager else "Choose a worker of your agency", field
        )
    return row
