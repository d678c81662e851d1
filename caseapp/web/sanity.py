"""The gate ahead of everything: junk is answered with 400 before any of our code meets it."""

from flask import abort, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

SAFE = {"GET", "HEAD", "OPTIONS"}
MOST_FIELDS = 1000
LONGEST_QUERY = 4000
URLENCODED = "application/x-www-form-urlencoded"


def install(app) -> None:
    app.before_request(_refuse_junk)
    app.before_request(_refuse_other_sites)


def _refuse_junk():
    if len(request.query_string) > LONGEST_QUERY or b"%00" in request.query_string.lower():
        abort(400)
    if any(_broken(text) for text in (request.path, *request.args.keys(), *request.args.values())):
        abort(400)
    if request.method not in SAFE:
        if request.mimetype == URLENCODED and (request.content_length or 0) > _most_text():
            abort(413)  # Werkzeug keeps its own limit for multipart only
        try:
            count = sum(len(values) for _name, values in request.form.lists())
        except RequestEntityTooLarge:
            raise
        except ValueError:
            abort(400)
        if count > MOST_FIELDS or any(_bad_name(name) for name in request.form):
            abort(400)


def _most_text() -> int:
    return current_app.config["MAX_FORM_MEMORY_SIZE"] or 0


def _bad_name(name: str | None) -> bool:
    return name is None or len(name) > 200 or _broken(name)


def _broken(text: str) -> bool:
    """NUL, the mark that Werkzeug leaves where bytes were not UTF-8, or half a surrogate pair."""
    return "\x00" in text or "\ufffd" in text or any("\ud800" <= c <= "\udfff" for c in text)


def _refuse_other_sites():
    """An unsafe request sent by a page of another site is refused before anybody is looked up (ahead of CSRF)."""
    if request.method in SAFE:
        return
    if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
        abort(400)
    origin = request.headers.get("Origin")
    if origin and origin != "null" and origin != request.host_url.rstrip("/"):
        abort(400)
