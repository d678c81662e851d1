"""Who in an agency is to be told or asked: those with a role whose accounts are live."""

from sqlalchemy import and_, select

from caseapp.extensions import db
from caseapp.models import User
from caseapp.policy.viewer import PRACTISES
from caseapp.vocabulary import Role

#: Works with people or manages, with an account that is live.
PRACTISING = and_(User.disabled_at.is_(None), User.roles.op("&")(int(PRACTISES)) != 0)


def having(agency_id: int, roles: Role) -> set[int]:
    """Everybody of the agency who has one of these roles and whose account is live."""
    return set(
        db.session.scalars(
            select(User.id).where(
                User.agency_id == agency_id,
                User.disabled_at.is_(None),
                User.roles.op("&")(int(roles)) != 0,
            )
        )
    )


def managers(agency_id: int) -> set[int]:
    """The line managers of an agency whose accounts are live."""
    return having(agency_id, Role.LINE_MANAGER)
