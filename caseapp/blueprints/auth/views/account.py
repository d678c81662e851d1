"""The own account."""

from caseapp.blueprints.auth import bp
from caseapp.web.access import signed_in
from caseapp.web.answers import page


@bp.get("/account")
@signed_in
def account():
    return page("errors/error.html", status=404)
