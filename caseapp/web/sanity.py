"""The gate ahead of everything: junk, and requests that other sites make in a reader's name, are answered before any of
our code meets them and before a database is asked (design: security, A9; tests/test_doors.py holds the table).

What the server in front reads (gunicorn: request line 4,094 bytes, 100 headers of 8,190) is narrower still for some;
the limits stand here too, so that they hold behind whatever server it is.
"""

import re
from urllib.parse import unquote_to_bytes

from flask import abort, current_app, g, request
from werkzeug.exceptions import MethodNotAllowed, RequestEntityTooLarge

from caseapp.web.error_pages import nobody

SAFE = {"GET", "HEAD"}
VERBS = ("GET", "HEAD", "POST")
LONGEST_PATH = 1000
LONGEST_QUERY = 4000
MOST_PARAMETERS = 100
LONGEST_NAME = 200
MOST_FIELDS = 1000
MOST_HEADERS = 100
LONGEST_HEADER = 8190
URLENCODED = "application/x-www-form-urlencoded"

#: Names that an address may hold several times: ticked boxes of a page that asks with GET. All others stand once, or
#: two readers of one address could each take another value (ASVS 15.3.7).
SEVERAL = {"gap", "v"}
#: Fields that a form holds once.
ONCE = {"csrf_token", "once", "version"}

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_IN_PATH = re.compile(r"[\x00-\x1f\x7f\\]")


def install(app) -> None:
    app.before_request(_refuse_junk)
    app.before_request(_refuse_other_sites)


def _refuse_junk():
    _judge_headers()
    _judge_path()
    _judge_query()
    if request.routing_exception is not None:
        raise request.routing_exception  # no such page, or not with this verb: nothing more to look at
    if request.method not in VERBS:
        raise MethodNotAllowed(VERBS)
    if request.method not in SAFE:
        _judge_form()


def _judge_headers():
    environ = request.environ
    given = [value for name, value in environ.items() if name.startswith(("HTTP_", "CONTENT_"))]
    if len(given) > MOST_HEADERS:
        _refuse(400)
    for value in given:
        if len(value) > LONGEST_HEADER or _CONTROL.search(value):
            _refuse(400)


def _judge_path():
    path = request.path
    if len(path) > LONGEST_PATH or _IN_PATH.search(path) or _broken(path) or ".." in path.split("/"):
        _refuse(400)


def _judge_query():
    if not request.environ.get("QUERY_STRING"):
        return
    query = request.query_string
    if len(query) > LONGEST_QUERY or b"%00" in query or not _decodes(query):
        _refuse(400)
    count = 0
    for name, values in request.args.lists():
        count += len(values)
        if (
            count > MOST_PARAMETERS
            or len(name) > LONGEST_NAME
            or _broken(name)
            or any(_broken(value) for value in values)
            or (len(values) > 1 and name not in SEVERAL)
        ):
            _refuse(400)


def _judge_form():
    if request.mimetype == URLENCODED:
        if (request.content_length or 0) > _most_text():
            _refuse(413)  # Werkzeug keeps its own limit for multipart only
        if not _decodes(request.get_data(cache=True, parse_form_data=False)):
            _refuse(
                400
            )  # Werkzeug would put a mark in place of what it cannot read: never save a changed text
    try:
        fields = list(request.form.lists())
    except RequestEntityTooLarge:
        raise
    except ValueError:
        _refuse(400)
    if sum(len(values) for _name, values in fields) > MOST_FIELDS:
        _refuse(400)
    for name, values in fields:
        if _bad_name(name) or (len(values) > 1 and name in ONCE):
            _refuse(400)


def _decodes(body: bytes) -> bool:
    try:
        unquote_to_bytes(body).decode()
    except UnicodeDecodeError:
        return False
    return True


def _most_text() -> int:
    return current_app.config["MAX_FORM_MEMORY_SIZE"] or 0


def _bad_name(name: str | None) -> bool:
    return name is None or len(name) > LONGEST_NAME or _broken(name)


def _broken(text: str) -> bool:
    """NUL, the mark that Werkzeug leaves where bytes were not UTF-8, or half a surrogate pair."""
    if text.isascii():
        return "\x00" in text
    return "\x00" in text or "\ufffd" in text or any("\ud800" <= c <= "\udfff" for c in text)


def _refuse(status: int):
    """A page that names nobody, so that no session is looked up for it."""
    g.page_context = nobody()
    abort(status)


def _refuse_other_sites():
    """Ahead of the CSRF check, and before anybody is looked up. A request that writes must come from a page of ours.
    One that reads may come from elsewhere only as somebody following a link, never as a picture, a frame or a script
    of another site's page (ASVS 3.5.1, 3.5.8)."""
    site = request.headers.get("Sec-Fetch-Site")
    elsewhere = site in {"cross-site", "same-site"}
    if request.method in SAFE:
        followed = request.headers.get("Sec-Fetch-Mode") == "navigate" and (
            request.headers.get("Sec-Fetch-Dest") in {"document", None}
        )
        if elsewhere and not followed:
            _refuse(403)
        return
    if elsewhere:
        _refuse(400)
    origin = request.headers.get("Origin")
    if not origin or (origin == "null" and site == "same-origin"):
        return  # an old browser, or one that tells less: the CSRF token decides
    if origin != request.host_url.rstrip("/"):
        _refuse(400)
