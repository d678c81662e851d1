"""Single-use links: a forgotten password, an invitation."""

from caseapp.blueprints.auth import bp
from caseapp.web.access import public
from caseapp.web.answers import page


@bp.get("/password/forgotten")
@public
def forgotten():
    return page("errors/error.html", status=404)
