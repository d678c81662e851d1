"""Between the password and the session: a second step. And before dangerous acts: once more the password, or a key.

Halfway in, a browser holds nothing but a signed note of whose password was right (or who came through which directory),
and when; it opens no page, and is good for five minutes and only while that password stands. `@proven` is for acts that
do harm in the hands of somebody who found a browser open: they want a proof not older than ten minutes (design: security,
2b; ASVS 7.5).
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import wraps
from urllib.parse import urlsplit

from flask import current_app, redirect, render_template, request, session, url_for
from flask_login import current_user

from caseapp import clock
from caseapp.queries import accounts as reads
from caseapp.queries import agency_sign_in
from caseapp.queries.accounts import Credentials
from caseapp.services.security_keys import Site
from caseapp.vocabulary import Role
from caseapp.web import kept
from caseapp.web.sessions import viewer

HALF = "half"
HALFWAY_FOR = timedelta(minutes=5)
PROVED_FOR = timedelta(minutes=10)

#: What somebody may do who has to set up a second factor first.
_BEFORE_IT = {
    "auth.second_factor", "auth.begin_second_factor", "auth.confirm_second_factor", "auth.ask_new_key", "auth.add_key",
    "auth.sign_out", "auth.prove", "auth.prove_now", "auth.ask_key_to_prove", "auth.prove_with_directory",
    "auth.back_from_directory", "auth.back_from_directory_now", "auth.signed_out", "auth.sign_in", "static",
}  # fmt: skip


def install(app) -> None:
    app.before_request(_ask_for_a_second_factor)


# --- halfway in ---------------------------------------------------------------------------------------------


def remember(account: Credentials, via: str = "") -> None:
    """The password was right, or a directory sent this person; a second step is to come."""
    session[HALF] = (
        f"{account.user_id}.{int(clock.now().timestamp())}.{_fingerprint(account)}.{secrets.token_hex(8)}.{via}"
    )


def halfway() -> Credentials | None:
    """Whose password was right a moment ago, if it still is theirs and the account is live."""
    try:
        user_id, begun, print_, _once, _via = session.get(HALF, "").split(".")
        begun = datetime.fromtimestamp(int(begun), clock.now().tzinfo)
        account = reads.credentials_of(int(user_id))
    except ValueError:
        return None
    if account is None or not account.live or _fingerprint(account) != print_:
        return None
    return account if clock.now() - begun < HALFWAY_FOR else None


def came_via() -> str:
    """The directory through which whoever is halfway in came; nothing for a password."""
    return session.get(HALF, "").rpartition(".")[2]


def note() -> str:
    """What this browser is known by while it is halfway in."""
    return session.get(HALF, "")


def forget() -> None:
    session.pop(HALF, None)


def site() -> Site:
    """What security keys know us by: the host and the origin of PUBLIC_URL, or, where none is configured, of this very
    request."""
    origin = current_app.config["PUBLIC_URL"] or request.host_url.rstrip("/")
    parts = urlsplit(origin)
    return Site(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")


def _fingerprint(account):
    return hashlib.sha256((account.password_hash or "").encode()).hexdigest()[:16]


# --- everybody has one ---------------------------------------------------------------------------------------


def required() -> bool:
    """Whether nobody who asks now may be without a second factor: everybody (SECOND_FACTOR=required), or, where agencies
    say from when, those whose agency's day has come, and administrators and privacy officers in any case."""
    rule = current_app.config["SECOND_FACTOR"]
    if rule != "agencies" or not current_user.is_authenticated:
        return rule == "required"
    return needed_from(viewer().agency_id, viewer().roles) is None


def needed_from(agency_id: int, roles: Role) -> date | None:
    """The day to come from which somebody needs a second factor; None: they need it now, or none is asked for at all."""
    if current_app.config["SECOND_FACTOR"] != "agencies" or roles & agency_sign_in.ALWAYS_TWO_STEPS:
        return None
    day = agency_sign_in.of(agency_id).second_step_from
    return day if day is not None and day > clock.today() else None


def _ask_for_a_second_factor():
    """Where it is needed, whoever came in without one sets it up before anything else."""
    if current_app.config["SECOND_FACTOR"] == "offered" or request.endpoint in _BEFORE_IT:
        return None
    if not current_user.is_authenticated or viewer().factor or not required():
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
        if just_proved():
            return view(**kwargs)
        return ask_for_proof()

    asked.proven = True
    return asked


def ask_for_proof():
    """The answer in place of what was asked for: the page that wants to know that it is still the owner, with what was
    typed carried along."""
    if request.method in {"GET", "HEAD"}:
        door = url_for("auth.prove", next=request.full_path.rstrip("?"))
        if request.headers.get("HX-Request"):
            return "", 401, {"HX-Redirect": door}
        return redirect(door, 303)
    if request.accept_mimetypes.best == "application/json":
        return {"prove": True}, 401  # the script loads its page anew
    from caseapp.web.passwords import ProofForm

    return render_template(
        "auth/prove.html",
        form=ProofForm(formdata=None),
        later=Later(text=kept.typed()),
        **ways_to_prove(),
    ), 401


def just_proved() -> bool:
    """Whether whoever is signed in has shown within ten minutes that they are the owner."""
    me = viewer()
    return me.proved_at is not None and clock.now() - me.proved_at < PROVED_FOR


def ways_to_prove() -> dict:
    """What the page that asks for a proof offers: a password, a key, the agency's directory."""
    from caseapp.web import directories

    me = viewer()
    account = reads.credentials_of(me.user_id)
    way = agency_sign_in.of(me.agency_id)
    connected = agency_sign_in.connected(me.user_id)
    directory = directories.of_agency(way) if connected else None
    return {
        "by_password": bool(account and account.password_hash),
        "by_key": bool(account and account.keys),
        "directory": directory,
    }
