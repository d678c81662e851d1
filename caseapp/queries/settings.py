"""What counts for an agency: CFG-1 to CFG-16 as it has set them, and the catalogue's default where it has not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from caseapp import settings_catalogue as catalogue
from caseapp.extensions import db, read
from caseapp.models import AgencySetting, AuditEntry, User
from caseapp.models.base import Id
from caseapp.policy.viewer import Viewer
from caseapp.settings_catalogue import Setting, Value
from caseapp.vocabulary import AuditAct

_ONE = select(AgencySetting.value).where(
    AgencySetting.agency_id == bindparam("agency_id", type_=Id), AgencySetting.key == bindparam("key")
)
_ALL = select(AgencySetting.key, AgencySetting.value).where(
    AgencySetting.agency_id == bindparam("agency_id", type_=Id)
)


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a setting, as it was shown then."""

    at: datetime
    by: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class SettingLine:
    """A setting with what counts, who set it, and what it was before (latest first)."""

    setting: Setting
    value: Value
    own: bool
    changed_at: datetime | None
    changed_by: str
    changes: tuple[Change, ...]


def value(agency_id: int, key: str) -> Value:
    """What counts for this agency. Raises KeyError for a setting that there is not."""
    known = catalogue.catalogue()[key]
    row = read(_ONE, {"agency_id": agency_id, "key": key}).first()
    return known.default if row is None else catalogue.with_defaults({key: row[0]})[key]


def values(agency_id: int) -> Mapping[str, Value]:
    """Everything that counts for this agency, in one statement."""
    return catalogue.with_defaults(dict(read(_ALL, {"agency_id": agency_id})))


def lines(*, viewer: Viewer) -> list[SettingLine]:
    """Every setting of the viewer's own agency, in the order CFG-1 to CFG-16, each with its last ten changes."""
    stored: dict[str, Any] = {
        row.key: row
        for row in db.session.execute(
            select(AgencySetting.key, AgencySetting.value, AgencySetting.changed_at, User.name)
            .join(User, User.id == AgencySetting.changed_by_id)
            .where(AgencySetting.agency_id == viewer.agency_id)
        )
    }
    counting = catalogue.with_defaults({key: row.value for key, row in stored.items()})
    changes = _changes(viewer.agency_id)
    return [
        SettingLine(
            setting,
            counting[key],
            key in stored,
            stored[key].changed_at if key in stored else None,
            stored[key].name if key in stored else "",
            tuple(changes.get(key, ())[:10]),
        )
        for key, setting in catalogue.catalogue().items()
    ]


def line(key: str, *, viewer: Viewer) -> SettingLine | None:
    """One of `lines`; None if there is no such setting."""
    return next((one for one in lines(viewer=viewer) if one.setting.key == key), None)


def shown(setting: Setting, what: Value) -> str:
    """A value in words, as a page and the record show it."""
    if setting.choices:
        return dict(setting.choices).get(what, str(what))
    if isinstance(what, bool):
        return "Yes" if what else "No"
    if isinstance(what, tuple | list):
        return "; ".join(what) or "None"
    if what == "":
        return "Empty"
    unit = setting.unit.removesuffix("s") if what == 1 else setting.unit
    return str(what) if setting.unit == "weight" else f"{what} {unit}".strip()


def _changes(agency_id):
    rows = db.session.execute(
        select(AuditEntry.at, AuditEntry.user_name, AuditEntry.detail)
        .where(
            AuditEntry.about_id == agency_id,
            AuditEntry.act == AuditAct.CHANGED,
            AuditEntry.what.startswith("setting: "),
        )
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(500)
    )
    changes: dict[str, list[Change]] = {}
    for at, by, detail in rows:
        changes.setdefault(detail["key"], []).append(Change(at, by, detail["was"], detail["now"]))
    return changes
