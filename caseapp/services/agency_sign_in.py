"""How an agency's staff sign in: through which directory, with or without passwords, and from which day with a second
step. Set by the agency's administrator; roles are never taken from a directory."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import select

from caseapp import clock, dates
from caseapp.errors import RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import Agency, AgencySignIn, User
from caseapp.policy.viewer import Viewer
from caseapp.queries import accounts as account_reads
from caseapp.queries import agency_sign_in as reads
from caseapp.queries.accounts import holds
from caseapp.services import audit, outbox
from caseapp.services.transaction import use_case
from caseapp.vocabulary import Role

#: An agency may give its staff so many days to find a telephone or a key, once.
GRACE = timedelta(days=60)
_WORDS = {
    "directory": "directory",
    "passwords": "passwords",
    "directory_step_counts": "the directory’s second step is enough",
    "second_step_from": "second step needed from",
}


@use_case
def change(
    *,
    actor: Viewer,
    at: datetime,
    version: int,
    known: Mapping[str, str],
    directory: str,
    passwords: bool,
    directory_step_counts: bool,
    second_step_from: date | None,
) -> None:
    """Set how the actor's own agency signs in. `known`: issuer by key of the directories that the operator has set up.
    Raises Stale if somebody saved since `version`; RuleBroken where somebody would be locked out, and for a day that comes
    later than the one that was set."""
    db.session.execute(select(Agency.id).where(Agency.id == actor.agency_id).with_for_update(key_share=True))
    row = db.session.scalar(
        select(AgencySignIn)
        .where(AgencySignIn.agency_id == actor.agency_id)
        .execution_options(populate_existing=True)
    )
    wanted = {
        "directory": directory,
        "passwords": passwords,
        "directory_step_counts": directory_step_counts and bool(directory),
        "second_step_from": second_step_from,
    }
    if (row.version if row else 0) != version:
        saved = {name: getattr(row, name) for name in wanted} if row else {}
        saved = {name: _said(value) if isinstance(value, bool) else value for name, value in saved.items()}
        raise Stale(
            saved,
            by=account_reads.name_of(row.changed_by_id) if row else "",
            at=row.changed_at if row else None,
            version=row.version if row else 0,
        )
    _judge(actor, wanted, known)
    _judge_day(row.second_step_from if row else None, second_step_from)
    if row is None:
        row = AgencySignIn(
            agency_id=actor.agency_id, directory="", passwords=True, directory_step_counts=False,
            changed_at=at, changed_by_id=actor.user_id,
        )  # fmt: skip
        db.session.add(row)
    changed = {
        _WORDS[name]: [_said(getattr(row, name)), _said(value)]
        for name, value in wanted.items()
        if getattr(row, name) != value
    }
    for name, value in wanted.items():
        setattr(row, name, value)
    row.changed_at, row.changed_by_id = at, actor.user_id
    if changed:
        audit.record(actor, "agency: how staff sign in", at=at, about_id=actor.agency_id, detail=changed)


@use_case
def glass_broken(user_id: int, *, at: datetime) -> None:
    """An administrator came in with a password though the agency's staff have none: it stands on record, and every
    administrator of the agency is told by mail."""
    actor = account_reads.viewer_for(user_id)
    audit.record(actor, "account: signed in with a password, past the directory", at=at, about_id=user_id)
    told = db.session.execute(
        select(User.id, User.email).where(
            User.agency_id == actor.agency_id, User.disabled_at.is_(None), holds(Role.AGENCY_ADMIN)
        )
    )
    for row in told.all():
        outbox.enqueue(
            f"glass:{user_id}:{row.id}:{at:%Y%m%d%H%M%S}",
            to=row.email,
            subject="A sign-in past your directory",
            body="Good day,\n\nan administrator of your agency signed in to Caseapp with a password and a second step, not "
            "through your directory. Who it was stands in the record of the account, under Staff.\n\nIf none of you "
            "did, sign that account out everywhere and send its owner a link for a new password.\n",
            at=at,
        )


def _judge(actor, wanted, known):
    directory = wanted["directory"]
    if directory and directory not in known:
        raise RuleBroken("Choose among the directories that are listed", "directory")
    if wanted["passwords"]:
        return
    if not directory:
        raise RuleBroken("Without passwords and without a directory nobody could sign in", "passwords")
    own = reads.connected(actor.user_id)
    if own is None or own.issuer != known[directory]:
        raise RuleBroken(
            "First connect your own account with this directory, under Your account, so that you know that it works",
            "passwords",
        )


def _judge_day(was, day):
    if was is not None and (day is None or day > was):
        raise RuleBroken(f"It was {dates.day(was)}; the day may come sooner, never later", "second_step_from")
    if was is None and day is not None and day > clock.today() + GRACE:
        raise RuleBroken(f"At most {GRACE.days} days from today", "second_step_from")


def _said(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value or "none")
