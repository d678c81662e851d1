"""From a filter's form to the list it filters, with what was typed sealed on the way (caseapp.web.sealed)."""

from urllib.parse import urlencode

from flask import abort, redirect, request

from caseapp.blueprints.home import bp
from caseapp.web import sealed
from caseapp.web.access import signed_in
from caseapp.web.forms import clean
from caseapp.web.sanity import LONGEST_QUERY
from caseapp.web.sessions import local_path

NOT_ASKED = {"to", "csrf_token"}


@bp.post("/look-for")
@signed_in
def look_for():
    """`to` is the list's own address; all other fields become its query. A page of ours, or nothing."""
    to = local_path(request.form.get("to"))
    if to is None or "?" in to or "#" in to:
        abort(400)
    asked = {
        name: sealed.seal(clean(value)[: sealed.LONGEST]) if name in sealed.NAMES else value
        for name, value in request.form.items()
        if name not in NOT_ASKED and value
    }
    query = urlencode({name: value for name, value in asked.items() if value})
    if len(query) > LONGEST_QUERY:
        abort(400)
    return redirect(f"{to}?{query}" if query else to, 303)
