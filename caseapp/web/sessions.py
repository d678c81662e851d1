"""Flask-Login over a session row that each request checks (queries.sessions)."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from flask import current_app, g, redirect, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from caseapp import clock
from caseapp.extensions import login
from caseapp.policy.viewer import Viewer
from caseapp.queries import own_reading
from caseapp.queries import sessions as reads
from caseapp.services import sessions
from caseapp.services.audit import sign_ins
from caseapp.services.transaction import unit_of_work
from caseapp.vocabulary import PageTint, TextSize

AIDS = "aids"  # how the reader likes pages to look
TOKEN = "_user_id"  # where Flask-Login keeps what user_loader is given; here the session's token

#: Activity is noted at most this often, in seconds, so that reading does not mean a write each time.
NOTE_ACTIVITY_EVERY = 60

#: How much typed text is carried over a sign-in, in characters.
KEPT_AT_MOST = 200_000


@dataclass(frozen=True, slots=True)
class SignedIn(Viewer):
    """A viewer as Flask-Login wants to meet one."""

    token: str = ""
    seen_at: datetime | None = None
    #: When they last showed who they are, and with which second factor they came in.
    proved_at: datetime | None = None
    factor: str = ""
    #: The directory that they came through; nothing for a password.
    via: str = ""
    #: An emergency access that they have open, and when it ends: for the banner on every page (X-7).
    emergency_id: int | None = None
    emergency_ends_at: datetime | None = None
    #: Who read very many records shows again who they are, or waits (web.pace).
    reading_proof_after: datetime | None = None
    reading_held_until: datetime | None = None

    @property
    def emergency_minutes(self) -> int:
        """Whole minutes left of the emergency access, the last one begun counted."""
        left = self.emergency_ends_at - clock.now()
        return max(1, -(-int(left.total_seconds()) // 60))

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self):
        return self.token


_VIEWER = tuple(field.name for field in fields(Viewer))

#: How many cookies, and tokens of forms, one process knows again.
KNOWN_AT_MOST = 4000


class Cookies(SecureCookieSessionInterface):
    """Flask's signed cookie. One whose signature and age were found good is known again for the rest of the day; that
    opens nothing by itself, as the session's row is read on every request."""

    def __init__(self):
        self._good: dict[tuple, dict] = {}

    def open_session(self, app, request):
        key = (request.cookies.get(self.get_cookie_name(app)), app.secret_key, clock.today())
        if (found := self._good.get(key)) is not None:
            return self.session_class(found)
        opened = super().open_session(app, request)
        if opened and all(type(value) in (str, bool, int) for value in opened.values()):
            if len(self._good) >= KNOWN_AT_MOST:
                self._good.clear()
            self._good[key] = dict(opened)
        return opened


_signed: dict[tuple, str] = {}


def csrf_token() -> str:
    """The token for this session's forms: Flask-WTF's, signed once for each session. Its age is not asked
    (WTF_CSRF_TIME_LIMIT), as it ends with the session."""
    secret = session.get("csrf_token")
    key = (current_app.secret_key, secret)
    if secret is None or current_app.config["WTF_CSRF_TIME_LIMIT"] is not None:
        return generate_csrf()
    if "csrf_token" not in g and key in _signed:
        g.csrf_token = _signed[key]  # where Flask-WTF keeps it for one request
    token = generate_csrf()
    if len(_signed) >= KNOWN_AT_MOST:
        _signed.clear()
    _signed[key] = token
    return token


def install(app) -> None:
    app.session_interface = Cookies()
    login.session_protection = None  # the row is the protection
    login.init_app(app, add_context_processor=False)
    login.user_loader(_load)


def _load(token: str) -> SignedIn | None:
    now = clock.now()
    idle = timedelta(seconds=current_app.config["SESSION_IDLE_SECONDS"])
    row = reads.live(sessions.digest(token), now=now, idle_since=now - idle)
    if row is None:
        return None
    known = (getattr(row.viewer, name) for name in _VIEWER)
    return SignedIn(
        *known,
        token,
        row.seen_at,
        row.proved_at,
        row.factor,
        row.via,
        row.emergency_id,
        row.emergency_ends_at,
        row.reading_proof_after,
        row.reading_held_until,
    )


def viewer() -> SignedIn:
    """Whoever is signed in; only for routes that require it."""
    return g.get("_login_user") or current_user._get_current_object()


def sign_in(user_id: int, factor: str = "", via: str = "", proved: bool = True) -> None:
    """Begin a session for a user whose password (or directory, `via`), and second factor where there is one, was right. A
    new token and a new CSRF secret each time. `proved`: they showed it just now; a directory may only have remembered."""
    old, now, address = session.get(TOKEN), clock.now(), request.remote_addr or ""
    with unit_of_work():
        if old:
            sessions.end(old, at=now, reason="signed in again", address=address)
        token = sessions.begin(
            user_id,
            at=now,
            lasts=timedelta(seconds=current_app.config["SESSION_ABSOLUTE_SECONDS"]),
            address=address,
            browser=request.user_agent.string,
            factor=factor,
            via=via,
            proved=proved,
        )
        sign_ins.signed_in(user_id, at=now, address=address, factor=factor, via=via)
    session.clear()
    session[TOKEN] = token
    keep_aids(*own_reading.aids(user_id))
    session.permanent = False
    _forget_user()


def keep_aids(text_size: TextSize, tint: PageTint) -> None:
    """Let the pages of this session look as their reader likes: classes of the page's root, kept in the cookie so that
    no page asks for them."""
    chosen = [f"aid-{text_size}"] * (text_size is not TextSize.NORMAL) + [f"tint-{tint}"] * (
        tint is not PageTint.PAPER
    )
    if chosen:
        session[AIDS] = " ".join(chosen)
    else:
        session.pop(AIDS, None)


def proved() -> None:
    """Whoever is signed in has just shown again who they are."""
    now = clock.now()
    with unit_of_work():
        session[TOKEN] = sessions.proved(session[TOKEN], at=now)
        sign_ins.proved(viewer().user_id, at=now, address=request.remote_addr or "")
    g.pop("_login_user", None)


def sign_out() -> None:
    """End the session in the database and empty the cookie."""
    if token := session.get(TOKEN):
        sessions.end(token, at=clock.now(), address=request.remote_addr or "")
    session.clear()
    _forget_user()


def _forget_user():
    g.pop("_login_user", None)
    g.pop("csrf_token", None)


def unauthorised():
    """Nobody is signed in. A page leads to the door and back; a form keeps what was typed (401)."""
    session.pop(TOKEN, None)
    _forget_user()
    if request.method in {"GET", "HEAD"}:
        door = url_for("auth.sign_in", next=request.full_path.rstrip("?"))
        if request.headers.get("HX-Request"):
            return "", 401, {"HX-Redirect": door}
        return redirect(door, 303)
    from caseapp.web.kept import keep

    return keep()


def local_path(target: str | None) -> str | None:
    """A path on this site, or None: the only kind of address that we send anyone on to."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return None
    return None if any(ord(c) < 33 or ord(c) == 127 for c in target) else target
