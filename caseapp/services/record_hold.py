"""Holding the row behind a record that was looked up, while something is done with it."""

from caseapp.errors import NotAllowed, NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.viewer import Viewer


def hold(table, record, act: Do, *, actor: Viewer, version: int | None = None, even_ended: bool = True):
    """The row of a record, as it is now, held until the use case ends, where the actor may do this with it. Without
    `even_ended`, only while it goes on.

    Raises NotAllowed, NotVisible where it is gone, Stale where somebody saved since the form was drawn, RuleBroken."""
    if not rules.may(actor, act, record):
        raise NotAllowed
    row = db.session.get(table, record.id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotVisible
    if version is not None and row.version != version:
        raise Stale({}, version=row.version)
    if not even_ended and row.ended_at is not None:
        raise RuleBroken("It has ended already")
    return row
