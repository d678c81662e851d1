"""Errors fail closed, in plain words, and name nothing. A fragment asked for by htmx gets a status and no body to swap."""

import sqlite3

from flask import render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException

from caseapp.errors import NotAllowed, NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.services.audit import NotWritten
from caseapp.web.field_words import in_words
from caseapp.web.transactions import end_reading

KNOWN = {400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503}


def install(app) -> None:
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, lambda error: show(error.code or 500))
    app.register_error_handler(NotVisible, lambda error: show(404))
    app.register_error_handler(NotAllowed, lambda error: show(403))
    app.register_error_handler(RuleBroken, lambda error: show(422))
    app.register_error_handler(Stale, lambda error: show(409))
    app.register_error_handler(NotWritten, closed)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(NoConnection, closed)
    app.register_error_handler(sqlite3.Error, _file)  # where a transaction could not even begin
    app.register_error_handler(Exception, _unexpected(app))


def show(status: int):
    """The page of an error, or for htmx the bare status."""
    end_reading()
    if status not in KNOWN:
        status = 400 if 400 <= status < 500 else 500
    return render_template("errors/error.html", status=status, kept=_typed()), status


#: Fields of a form that nobody wrote by hand, or that must not come back: a password is `old`, `new` and `again` too.
NOT_TYPED = {"csrf_token", "once", "version", "password", "next", "back", "secret"}
SECRETS = {"old", "new", "again", "answer"}


def _typed():
    """What was typed, so that a refused form loses nothing: browsers do not keep our pages."""
    if request.method in {"GET", "HEAD"}:
        return []
    try:
        fields = list(request.form.items(multi=True))
    except HTTPException:
        return []
    return [
        (in_words(name, request.endpoint), text)
        for name, text in fields
        if len(text.strip()) > 15 and name not in SECRETS and not any(secret in name for secret in NOT_TYPED)
    ][:20]


def _csrf(_error):
    """The form is too old, or not ours. Typed text is kept where somebody was signed in (web.kept)."""
    from flask_login import current_user

    from caseapp.web.kept import carried, keep, show_again

    if request.endpoint == "auth.go_on_with_text" and current_user.is_authenticated and (text := carried()):
        return show_again(
            text
        )  # signed in in another tab, so the token of this page is of an earlier session
    return show(400) if current_user.is_authenticated or not request.form else keep()


#: PostgreSQL's words for a table that is not there, and for one that we may not touch.
NOT_OURS = {"42P01", "42501"}
#: How long, in seconds, a browser or a monitor waits before it asks again.
REST = 20


def _database(error):
    """503 where the database does not answer, its file cannot be read, or it is not the one that we need (a table or the
    right to it is missing: a restore, an upgrade half done); 500 where it answered and did not like what we asked."""
    if type(error.orig) is sqlite3.DatabaseError:
        return _file(error)
    gone = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
    gone = gone or getattr(error.orig, "sqlstate", None) in NOT_OURS
    return _plain(503 if gone else 500, error)


def _file(error):
    """SQLite's file is held by somebody else, or cannot be read: then no open connection is of use any more, and new
    ones find it as soon as it is back."""
    answer = _plain(503, error)
    db.session.remove()
    db.engine.dispose()
    return answer


def _unexpected(app):
    def handle(error):
        return _plain(500, error)

    return handle


def closed(error):
    """503: what was asked for cannot be had now, and nothing of it is shown; above all where it could not be written down
    that it was (docs/decisions/0006)."""
    return _plain(503, error)


def _plain(status, error):
    """The last resort: no viewer, no navigation, no query; the log says which kind of error, never with what data."""
    from flask import current_app, g

    current_app.logger.error("%s on %s: %s", status, request.endpoint, _kinds(error), exc_info=_trace(error))
    g.page_context = nobody()
    g.pop("_login_user", None)  # so that nothing is noted of whoever it was
    g.pop("readings", None)
    try:
        db.session.rollback()
    except Exception:
        db.session.remove()
    headers = {"Retry-After": str(REST)} if status == 503 else {}
    return render_template("errors/error.html", status=status, kept=_typed()), status, headers


def _kinds(error) -> str:
    """The kind of error, and what it came from: "NotWritten, of NoKey, of PermissionError"."""
    kinds = []
    while error is not None and len(kinds) < 4:
        kinds.append(type(error).__name__)
        error = error.__cause__
    return ", of ".join(dict.fromkeys(kinds))


def nobody() -> dict:
    """What a page needs that is made for nobody in particular, without a look at session or database."""
    return {"viewer": None, "nav": [], "nav_more": [], "demo": False, "csrf": "", "unread": 0}


def _trace(error):
    """Where it happened, without the values that a database error carries in its text."""
    if isinstance(error, DBAPIError):
        error.hide_parameters = True
        return None
    if not _plain_init(error):
        return None
    bare = type(error)("details left out").with_traceback(error.__traceback__)
    return (type(error), bare, error.__traceback__)


def _plain_init(error):
    try:
        type(error)("details left out")
    except Exception:
        return False
    return True
