"""A file in which the scanner found a virus: refused, written down, and told to those who can look at the computer it came
from (ASVS 5.4.3, 16.3.3)."""

import hashlib
from datetime import datetime

from sqlalchemy import select

from caseapp.extensions import db
from caseapp.models import User
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, events
from caseapp.services.transaction import use_case
from caseapp.vocabulary import AuditAct, Role

KIND = "infected_file"
NEWS = (
    "A file with a virus was uploaded in your agency. It was refused, and nothing of it is kept. The access record says by "
    "whom: have that computer looked at."
)


@use_case
def refused(*, actor: Viewer, at: datetime, data: bytes, virus: str, address: str = "") -> None:
    """Write down that a file was refused, with what was found and the file's SHA-256, never its name or content; tell the
    line managers and administrators of the agency, the one who uploaded it among them."""
    detail = {"found": virus[:120], "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    audit.write(
        [audit.entry(actor, AuditAct.REFUSED, "an infected file", at=at, address=address, detail=detail)]
    )
    events.notify(_answerable(actor.agency_id), KIND, at=at, plain=NEWS)


def _answerable(agency_id) -> set[int]:
    roles = int(Role.LINE_MANAGER | Role.AGENCY_ADMIN)
    return set(
        db.session.scalars(
            select(User.id).where(
                User.agency_id == agency_id, User.disabled_at.is_(None), User.roles.op("&")(roles) != 0
            )
        )
    )
