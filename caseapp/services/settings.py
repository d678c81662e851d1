"""Setting CFG-1 to CFG-16: judged by the catalogue, kept with who and when, every change in the audit record."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from caseapp import settings_catalogue as catalogue
from caseapp.errors import NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import Agency, AgencySetting
from caseapp.policy.viewer import Viewer
from caseapp.queries import settings as reads
from caseapp.queries.accounts import name_of
from caseapp.services import audit
from caseapp.services.transaction import use_case
from caseapp.vocabulary import Role


@use_case
def set(
    key: str, raw: Any, *, actor: Viewer, at: datetime, agency_id: int | None = None, seen: str | None = None
) -> None:
    """Set one of an agency's settings (the actor's own, unless a world names another) from what a form sent, or from
    plain data. `seen` is the value that the form showed, in words; if another counts by now, raises Stale. Raises
    RuleBroken with a sentence, beside the field `value`, for what cannot be."""
    setting, agency_id = _of(key, actor, agency_id)
    try:
        value = catalogue.clean(key, raw)
    except ValueError as wrong:
        raise RuleBroken(str(wrong), field="value") from wrong
    row = _row(agency_id, key)
    was = _was(setting, row, seen)
    now = reads.shown(setting, value)
    if row is None:
        db.session.add(
            AgencySetting(
                agency_id=agency_id, key=key, value=value, changed_at=at, changed_by_id=actor.user_id
            )
        )
    else:
        row.value, row.changed_at, row.changed_by_id = value, at, actor.user_id
    if was != now:
        _record(actor, setting, agency_id, at, was, now)


@use_case
def reset(key: str, *, actor: Viewer, at: datetime) -> None:
    """Go back to the default, also when the default changes later."""
    setting, agency_id = _of(key, actor, None)
    row = _row(agency_id, key)
    if row is None:
        return
    was = _was(setting, row, None)
    db.session.execute(delete(AgencySetting).where(AgencySetting.id == row.id))
    _record(actor, setting, agency_id, at, was, reads.shown(setting, setting.default))


def _of(key, actor, agency_id):
    setting = catalogue.catalogue().get(key)
    if setting is None:
        raise NotVisible
    if agency_id is None or not actor.has(Role.SYSTEM_ADMIN):
        agency_id = actor.agency_id
    # held, so that two first settings of the same thing take their turns
    db.session.execute(select(Agency.id).where(Agency.id == agency_id).with_for_update(key_share=True))
    return setting, agency_id


def _row(agency_id, key):
    return db.session.scalar(
        select(AgencySetting)
        .where(AgencySetting.agency_id == agency_id, AgencySetting.key == key)
        .execution_options(populate_existing=True)
    )


def _was(setting, row, seen):
    value = setting.default if row is None else catalogue.with_defaults({setting.key: row.value})[setting.key]
    was = reads.shown(setting, value)
    if seen is not None and seen != was:
        raise Stale(
            {"value": was}, by=name_of(row.changed_by_id) if row else "", at=row.changed_at if row else None
        )
    return was


def _record(actor, setting, agency_id, at, was, now):
    audit.record(
        actor,
        f"setting: {setting.title}",
        at=at,
        about_id=agency_id,
        detail={"key": setting.key, "was": was, "now": now},
    )
