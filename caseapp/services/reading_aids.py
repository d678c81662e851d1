"""How somebody likes to read: kept with the account, so that it is there at the next sign-in (X-15)."""

from datetime import datetime

from caseapp.extensions import db
from caseapp.models import ReadingAids
from caseapp.policy.viewer import Viewer
from caseapp.services.transaction import use_case
from caseapp.vocabulary import PageTint, TextSize


@use_case
def choose(*, actor: Viewer, at: datetime, text_size: TextSize, tint: PageTint) -> None:
    """Keep the actor's own text size and page colour."""
    row = db.session.get(ReadingAids, actor.user_id)
    if row is None:
        db.session.add(ReadingAids(user_id=actor.user_id, text_size=text_size, tint=tint))
    else:
        row.text_size, row.tint = text_size, tint
