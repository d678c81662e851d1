"""Signing in and out, in the audit record (X-13, ASVS 16.3.1): who, when, from where, by what. In the chain of the
account, so that a person's chain holds only what concerns the person."""

from datetime import datetime

from caseapp.queries import accounts as reads
from caseapp.services.audit import entries
from caseapp.services.transaction import use_case
from caseapp.vocabulary import AuditAct

#: What ended a session, where it is not its owner who did.
_BY_ITS_OWNER = frozenset({"signed out", "signed in again", "ended from another session"})


@use_case
def signed_in(user_id: int, *, at: datetime, address: str = "", factor: str = "", via: str = "") -> None:
    """Somebody came in: with a password or through a directory (`via`), and with which second factor."""
    way = f"through {via}" if via else "with a password"
    _write(AuditAct.SIGNED_IN, f"signed in {way}{f' and {factor}' if factor else ''}", user_id, at, address)


@use_case
def proved(user_id: int, *, at: datetime, address: str = "") -> None:
    """Somebody who was in has shown once more who they are."""
    _write(AuditAct.SIGNED_IN, "showed again who they are", user_id, at, address)


@use_case
def signed_out(user_id: int, reason: str, *, at: datetime, sessions: int = 1, address: str = "") -> None:
    """A session, or several, of an account ended. Ended by something else than their owner, they are about the account
    and by nobody: what an administrator did to it stands beside it in its own words."""
    if reason in _BY_ITS_OWNER:
        _write(AuditAct.SIGNED_OUT, reason, user_id, at, address)
        return
    detail = {"sessions": sessions}
    said = f"signed out: {reason}"
    entries.write([entries.entry(None, AuditAct.SIGNED_OUT, said, at=at, about_id=user_id, detail=detail)])


def _write(act, what, user_id, at, address):
    who = reads.viewer_for(user_id)
    entries.write([entries.entry(who, act, what, at=at, address=address)])
