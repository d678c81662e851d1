"""Between the password and the session: a code. And before dangerous acts: once more the password.

Halfway in, a browser holds nothing but a signed note of whose password was right, and when; it opens no page, and is
good for five minutes and only while that password stands. `@proven` is for acts that do harm in the hands of somebody
who found a browser open: they want a password not older than ten minutes (design: security, 2b; ASVS 7.5).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps

from flask import current_app, redirect, render_template, request, session, url_for
from flask_login import current_user

from caseapp import clock
from caseapp.queries import accounts as reads
from caseapp.queries.accounts import Credentials
from caseapp.web import kept
from caseapp.web.sessions import viewer

HALF = "half"
HALFWAY_FOR = timedelta(minutes=5)
PROVED_FOR = timedelta(minutes=10)

#: What somebody may do who has to set up a second factor first.
_BEFORE_IT = {
    "auth.second_factor", "auth.begin_second_factor", "auth.confirm_second_factor", "auth.sign_out", "auth.prove",
    "auth.prove_now", "auth.signed_out", "auth.sign_in", "static",
}  # fmt: skip


def install(app) -> None:
    app.before_request(_ask_for_a_second_factor)


# --- halfway in ---------------------------------------------------------------------------------------------


def remember(account: Credentials) -> None:
    """The password was right; a code is to come."""
    session[HALF] = f"{account.user_id}.{int(clock.now().timestamp())}.{_fingerprint(account)}"


def halfway() -> Credentials | None:
    """Whose password was right a moment ago, if it still is theirs and the account is live."""
    try:
        user_id, begun, print_ = session.get(HALF, "").split(".")
        begun = datetime.fromtimestamp(int(begun), clock.now().tzinfo)
        account = reads.credentials_of(int(user_id))
    except ValueError:
        return None
    if account is None or not account.live or _fingerprint(account) != print_:
        return None
    return account if clock.now() - begun < HALFWAY_FOR else None


def forget() -> None:
    session.pop(HALF, None)


def _fingerprint(account):
    return hashlib.sha256((account.password_hash or "").encode()).hexdigest()[:16]


# --- everybody has one ---------------------------------------------------------------------------------------


def required() -> bool:
    """Whether this system asks everybody for a second factor (SECOND_FACTOR)."""
    return current_app.config["SECOND_FACTOR"] == "required"


def _ask_for_a_second_factor():
    """Where it is required, whoever came in without one sets it up before anything else."""
    if not required() or request.endpoint in _BEFORE_IT or not current_user.is_authenticated:
        return None
    if viewer().factor:
        return None
    if request.method in {"GET", "HEAD"}:
        return redirect(url_for("auth.second_factor"), 303)
    text = kept.typed()
    return render_template("errors/error.html", status=403, kept=text.readable if text else []), 403


# --- once more ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Later:
    """What was about to be done when the password was asked for: a page to go to, or a form to send."""

    to: str = ""
    text: kept.Kept | None = None


def proven(view):
    """Below a guard: the view runs only for somebody who has shown within ten minutes that they are the owner. Else
    the password comes first; what was typed is carried along."""

    @wraps(view)
    def asked(**kwargs):
        me = viewer()
        if me.proved_at is not None and clock.now() - me.proved_at < PROVED_FOR:
            return view(**kwargs)
        if request.method in {"GET", "HEAD"}:
            return redirect(url_for("auth.prove", next=request.full_path.rstrip("?")), 303)
        from caseapp.web.passwords import ProofForm

        return render_template(
            "auth/prove.html", form=ProofForm(formdata=None), later=Later(text=kept.typed())
        ), 401

    return asked
