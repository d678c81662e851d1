"""Saving a list's filters and order under a name."""

from datetime import datetime

from sqlalchemy import delete, func, select, update

from caseapp.errors import NotVisible, RuleBroken
from caseapp.extensions import db
from caseapp.models import SavedView
from caseapp.policy.viewer import Viewer
from caseapp.services.transaction import use_case

#: More views than this of one list are no help to anybody.
MOST = 50


@use_case
def save(list_name: str, *, name: str, query: str, replace: bool = False, actor: Viewer, at: datetime) -> int:
    """Keep a view; returns its id. A name that the user has for this list already is refused unless `replace`.

    Raises RuleBroken."""
    name = " ".join(name.split())
    if not name:
        raise RuleBroken("Give the view a name", field="name")
    if len(name) > 80 or len(query) > 1000:
        raise RuleBroken("At most 80 characters fit here", field="name")
    mine = (SavedView.user_id == actor.user_id, SavedView.list_name == list_name)
    same = db.session.scalar(select(SavedView.id).where(*mine, SavedView.name == name))
    if same is not None:
        if not replace:
            raise RuleBroken(
                "You have a view with this name. Choose another, or tick that it is to be replaced",
                field="name",
            )
        db.session.execute(update(SavedView).where(SavedView.id == same).values(query=query))
        return same
    if db.session.scalar(select(func.count()).select_from(SavedView).where(*mine)) >= MOST:
        raise RuleBroken(f"You have {MOST} views of this list. Delete one first", field="name")
    view = SavedView(user_id=actor.user_id, list_name=list_name, name=name, query=query, created_at=at)
    db.session.add(view)
    db.session.flush()
    return view.id


@use_case
def rename(view_id: int, *, name: str, actor: Viewer, at: datetime) -> int:
    """Give a view another name. Raises RuleBroken where the user has one of that name, NotVisible for others' views."""
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise RuleBroken("Give the view a name of at most 80 characters", field="name")
    view = db.session.execute(
        select(SavedView.list_name).where(SavedView.id == view_id, SavedView.user_id == actor.user_id)
    ).first()
    if view is None:
        raise NotVisible
    if db.session.scalar(
        select(SavedView.id).where(
            SavedView.user_id == actor.user_id,
            SavedView.list_name == view.list_name,
            SavedView.name == name,
            SavedView.id != view_id,
        )
    ):
        raise RuleBroken("You have a view with this name. Choose another", field="name")
    db.session.execute(update(SavedView).where(SavedView.id == view_id).values(name=name))
    return view_id


@use_case
def remove(view_id: int, *, actor: Viewer, at: datetime) -> None:
    """Delete one of the actor's own views; one that is gone already is no fault."""
    db.session.execute(delete(SavedView).where(SavedView.id == view_id, SavedView.user_id == actor.user_id))
