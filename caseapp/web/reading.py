"""Every request is one reading or one writing transaction, and no answer leaves before its audit row is safe."""

from flask import current_app, g, make_response, request

from caseapp import clock, reader
from caseapp.services import audit, sessions
from caseapp.services.audit import keys
from caseapp.vocabulary import AuditAct
from caseapp.web import error_pages, headers, pace
from caseapp.web.sessions import NOTE_ACTIVITY_EVERY
from caseapp.web.transactions import READS, begin_reading, begin_writing, end_reading, noting

SHOWN = {200, 409, 422}
REFUSED = {403, 404}


def install(app) -> None:
    keys.are_at(app.config["CASEAPP_DATA"], app.config.get("AUDIT_KEYS", ""))
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_request(lambda error: reader.ended())


def _begin():
    """A request that may write says so before its first query: SQLite cannot turn a reading transaction into a writing
    one once somebody else has written (design: data, section 5)."""
    if request.method in READS:
        begin_reading()
    else:
        begin_writing()


def _finish(response):
    """Write the audit rows of what this answer shows, and note activity. Where that fails, whatever the reason, the answer
    does not leave: a plain page with 503 goes in its place."""
    try:
        return _noted(response)
    except Exception as error:
        return headers.dressed(make_response(error_pages.closed(error)))


def _noted(response):
    user = getattr(g, "_login_user", None)
    now = clock.now()
    entries = g.pop("readings", None)
    if response.status_code in REFUSED:
        entries = _refusal(user, entries, now)
    elif response.status_code not in SHOWN:
        entries = None
    live = user is not None and user.is_authenticated and response.status_code < 400
    stale = live and (now - user.seen_at).total_seconds() > NOTE_ACTIVITY_EVERY
    if entries or stale:
        with noting():
            if entries:
                audit.write_now(entries)
            if stale:
                sessions.note(user.token, at=now)
    if entries:
        pace.count(entries)
    end_reading()
    return response


def _refusal(user, readings, now):
    """What a view did not give though its guard had let somebody as far as that: a part of a record that is not there, or
    not theirs. About the record that the guard had found."""
    access = getattr(current_app.view_functions.get(request.endpoint), "access", "public")
    if user is None or not user.is_authenticated or access == "public" or g.pop("refused", False):
        return None
    found = readings[0] if readings else {}
    asked = request.endpoint if access == "signed-in" else access
    about = {name: found.get(name) for name in ("case_id", "person_id", "detail")}
    address = request.remote_addr or ""
    return [audit.entry(user, AuditAct.REFUSED, asked, at=now, address=address, **about)]
