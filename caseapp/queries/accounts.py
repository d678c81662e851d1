"""Reads about staff accounts."""

from sqlalchemy import exists, select

from caseapp.extensions import db
from caseapp.models import Agency, User
from caseapp.policy.viewer import Viewer


def demo_accounts_exist() -> bool:
    """Whether a demo world was ever loaded here."""
    return bool(db.session.scalar(select(exists().where(User.demo))))


def viewer_for(user_id: int) -> Viewer | None:
    """A member of staff as the one who acts, for jobs, imports and worlds; None if there is no such account."""
    row = db.session.execute(
        select(User.id, User.agency_id, User.roles, User.name, Agency.name, User.email, User.demo)
        .join(Agency, Agency.id == User.agency_id)
        .where(User.id == user_id)
    ).first()
    return row and Viewer(*row)
