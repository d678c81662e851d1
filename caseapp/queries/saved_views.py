"""A user's saved views of a list."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from caseapp.extensions import read
from caseapp.models import SavedView
from caseapp.policy import scopes
from caseapp.policy.viewer import Viewer


@dataclass(frozen=True, slots=True)
class View:
    """A list's filters and order under a name of the user's own; `query` is the list's address after the "?"."""

    id: int
    list_name: str
    name: str
    query: str


_COLUMNS = (SavedView.id, SavedView.list_name, SavedView.name, SavedView.query)
_OF_LIST = (
    select(*_COLUMNS)
    .where(SavedView.user_id == scopes.VIEWER_USER, SavedView.list_name == bindparam("list_name"))
    .order_by(SavedView.name)
    .limit(50)
)
_ONE = select(*_COLUMNS).where(SavedView.user_id == scopes.VIEWER_USER, SavedView.id == bindparam("view_id"))


def of_list(list_name: str, *, viewer: Viewer) -> list[View]:
    """The viewer's own views of one list, by name."""
    rows = read(_OF_LIST, {"list_name": list_name, "viewer_user": viewer.user_id})
    return [View(*row) for row in rows]


def find(view_id: int, *, viewer: Viewer) -> View | None:
    """One of the viewer's own views."""
    row = read(_ONE, {"view_id": view_id, "viewer_user": viewer.user_id}).first()
    return row and View(*row)
